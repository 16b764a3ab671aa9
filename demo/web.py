"""The demo shop over HTTP, with the standard library only."""

from __future__ import annotations

import json
import os
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass
from typing import Any, Dict, Tuple

TIMEOUT = 180  # seconds; the first request of all builds the schema
_BOUNDARY = "between-two-parts"


@dataclass(frozen=True)
class File:
    """A file to upload: the value of `input.file` among the variables of a document."""

    name: str
    content: bytes


def api_url() -> str:
    """Where the shop's API is, ending in /graphql/."""
    return os.environ.get("ESD_DEMO_URL") or "http://127.0.0.1:8000/graphql/"


def post(document: str, variables: Dict[str, Any], authorization: str) -> Dict[str, Any]:
    """One GraphQL request; the whole answer, refusals too."""
    # A file is null in the text and comes behind it.
    text = json.dumps({"query": document, "variables": variables}, default=lambda file: None)
    file = (variables.get("input") or {}).get("file")
    if file is None:
        body, headers = text.encode(), {"Content-Type": "application/json"}
    else:
        body = _with_file(text, file)
        headers = {"Content-Type": f"multipart/form-data; boundary={_BOUNDARY}"}
    if authorization:
        headers["Authorization"] = authorization
    _, text = _request(urllib.request.Request(api_url(), body, headers))
    return json.loads(text)


def _with_file(operations: str, file: File) -> bytes:
    """The body of an upload, as the GraphQL multipart request specification has it."""
    parts = {
        '"operations"': operations.encode(),
        '"map"': b'{"0": ["variables.input.file"]}',
        f'"0"; filename="{file.name}"': file.content,
    }
    lines = [
        b"--%s\r\nContent-Disposition: form-data; name=%s\r\n\r\n%s\r\n"
        % (_BOUNDARY.encode(), name.encode(), content)
        for name, content in parts.items()
    ]
    return b"".join(lines) + b"--%s--\r\n" % _BOUNDARY.encode()


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
