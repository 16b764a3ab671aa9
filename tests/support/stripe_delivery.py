"""Stripe's messages on their way into the shop, to our endpoint and to Saleor's own."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import Any, Iterable, Iterator, List
from wsgiref.simple_server import WSGIRequestHandler, make_server

from django.core.handlers.wsgi import WSGIHandler
from django.db import connections
from django.test import Client
from stripe_lane import Message, StandIn, signed

ADDRESS = "/plugins/global/esd/stripe/"
SECRET = "whsec_" + "9z8Y" * 8


class Delivery:
    """What the stand-in has to tell, brought to the shop through its real addresses."""

    def __init__(self, stand_in: StandIn):
        self.stand_in = stand_in

    def take(self) -> List[Message]:
        """What is pending, oldest first; it is brought by nobody then."""
        return self.stand_in.take(SECRET)

    def bring(self, messages: Iterable[Message]) -> None:
        """To our endpoint, signed now; each is answered with 200."""
        for message in messages:
            assert _post(ADDRESS, message.body, SECRET) == 200, message.event["type"]

    def bring_all(self) -> List[Message]:
        """Everything that is pending; what that was."""
        messages = self.take()
        self.bring(messages)
        return messages

    def bring_to_saleor(self, messages: Iterable[Message], url: str, secret: str) -> None:
        """To the address at which Saleor's own plugin wants messages, with the secret it was given."""
        path = url[url.index("/", len("https://")) :]
        for message in messages:
            assert _post(path, message.body, secret) == 200, message.event["type"]


def _post(path: str, body: bytes, secret: str) -> int:
    answer = Client().post(
        path,
        body,
        content_type="application/json",
        HTTP_STRIPE_SIGNATURE=signed(body, secret),
    )
    return answer.status_code


class _Quiet(WSGIRequestHandler):
    def log_message(self, *args: Any) -> None:
        """Nothing is told on the terminal."""


@contextmanager
def open_to_stripe() -> Iterator[str]:
    """The URL of our endpoint in a shop that listens at a port of this machine."""
    application = WSGIHandler()

    def answer(environ: Any, start_response: Any) -> Any:
        response = application(environ, start_response)
        # This thread's own connections: nobody closes them after the last request.
        for connection in connections.all():
            connection.close()
        return response

    with make_server("127.0.0.1", 0, answer, handler_class=_Quiet) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}{ADDRESS}"
        server.shutdown()
        thread.join(10)
