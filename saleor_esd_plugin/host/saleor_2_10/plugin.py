"""Saleor 2.10: plugins are known to a manager that is made anew for each use."""

from __future__ import annotations

from typing import Any, Iterator, Optional

from django.http import HttpRequest, StreamingHttpResponse
from saleor.plugins.manager import get_plugins_manager

__all__ = ["current_plugin", "streamed"]


def current_plugin(plugin_id: str) -> Optional[Any]:
    """The plugin of that id with its configuration of this moment, active or not; None if not installed."""
    return get_plugins_manager().get_plugin(plugin_id)


def streamed(
    request: HttpRequest, pieces: Iterator[bytes], content_type: str
) -> StreamingHttpResponse:
    """An answer that sends each piece as it is made."""
    return StreamingHttpResponse(pieces, content_type=content_type)
