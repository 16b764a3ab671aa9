"""Saleor 3.21 and later: plugins are known to a manager that may read from a replica."""

from __future__ import annotations

from typing import Any, AsyncIterator, Iterator, Optional

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, StreamingHttpResponse
from saleor.plugins.manager import get_plugins_manager

__all__ = ["current_plugin", "streamed"]


def current_plugin(plugin_id: str) -> Optional[Any]:
    """The plugin of that id with its configuration of this moment, active or not; None if not installed."""
    return get_plugins_manager(allow_replica=False).get_plugin(plugin_id)


def streamed(
    request: HttpRequest, pieces: Iterator[bytes], content_type: str
) -> StreamingHttpResponse:
    """An answer that sends each piece as it is made."""
    # Under ASGI, as this host runs, Django makes a list of all pieces unless they come asynchronously.
    content = _in_turn(pieces) if isinstance(request, ASGIRequest) else pieces
    return StreamingHttpResponse(content, content_type=content_type)


async def _in_turn(pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    # In the thread of the request, which owns the connection to the database.
    following = sync_to_async(next, thread_sensitive=True)
    while True:
        piece = await following(pieces, None)
        if piece is None:
            return
        yield piece
