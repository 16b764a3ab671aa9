"""A mail server for tests: keeps what it is sent, refuses whom it is told to."""

from __future__ import annotations

import logging
import socket
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP

from aiosmtpd.controller import Controller

# Each connection would be told on the terminal.
logging.getLogger("mail.log").setLevel(logging.ERROR)


class MailServer:
    """`messages`: each an EmailMessage with `envelope_from` and `envelope_to` besides.

    Put addresses into `refused` and they are answered with 550; set `refuses_all` to an answer such as
    "451 try later" and everybody gets it.
    """

    def __init__(self) -> None:
        self.messages: list[EmailMessage] = []
        self.refused: set[str] = set()
        self.refuses_all = ""
        self.host, self.port = "127.0.0.1", _free_port()
        self._controller = Controller(self, hostname=self.host, port=self.port)

    def __enter__(self) -> MailServer:
        self._controller.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._controller.stop()

    async def handle_RCPT(self, server, session, envelope, address, options):
        if self.refuses_all:
            return self.refuses_all
        if address in self.refused:
            return "550 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        message = message_from_bytes(envelope.content, _class=EmailMessage, policy=SMTP)
        message.envelope_from = envelope.mail_from
        message.envelope_to = list(envelope.rcpt_tos)
        self.messages.append(message)
        return "250 OK"


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]
