"""The demo shop over HTTP, with the standard library only."""

from __future__ import annotations

import json
import os
import urllib.error
import urllib.parse
import urllib.request
from typing import Any, Dict, Tuple

TIMEOUT = 180  # seconds; the first request of all builds the schema


def api_url() -> str:
    """Where the shop's API is, ending in /graphql/."""
    return os.environ.get("ESD_DEMO_URL") or "http://127.0.0.1:8000/graphql/"


def post(document: str, variables: Dict[str, Any], authorization: str) -> Dict[str, Any]:
    """One GraphQL request; the whole answer, refusals too."""
    headers = {"Content-Type": "application/json"}
    if authorization:
        headers["Authorization"] = authorization
    body = json.dumps({"query": document, "variables": variables}).encode()
    _, text = _request(urllib.request.Request(api_url(), body, headers))
    return json.loads(text)


def open_page(url: str, **form: str) -> Tuple[int, str]:
    """The status and text of a page of this shop; with `form` it is posted as a browser does.

    Only the path of `url` counts: the shop may know itself by another name than we do.
    """
    path = urllib.parse.urlsplit(url)._replace(scheme="", netloc="").geturl()
    body = urllib.parse.urlencode(form).encode() if form else None
    return _request(urllib.request.Request(urllib.parse.urljoin(api_url(), path), body))


def deliver(path: str, body: bytes, headers: Dict[str, str]) -> Tuple[int, str]:
    """The status and text of the answer to a message that another server sends."""
    headers = {"Content-Type": "application/json", **headers}
    url = urllib.parse.urljoin(api_url(), path)
    return _request(urllib.request.Request(url, body, headers))


def _request(request: urllib.request.Request) -> Tuple[int, str]:
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        # Saleor answers refusals with 400, and a page that is not there is an answer too.
        return error.code, error.read().decode()
