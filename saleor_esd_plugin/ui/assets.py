"""The files that our pages load: scripts and styles, as they stand in `assets/`, without a build.

A digest of all of them stands in their addresses, so that browsers keep them for a year and never see two versions mixed.
"""

from __future__ import annotations

import gzip
import hashlib
import re
from functools import lru_cache
from pathlib import Path
from typing import Dict, List, NamedTuple, Optional

from django.http import HttpRequest, HttpResponse

from ..host.headers import header

FOLDER = Path(__file__).resolve().parent / "assets"
_TYPES = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
}
_IMPORT = re.compile(r'^(?:import|export)\b[^;"]*"(\.[^"]+)";', re.M)


class Asset(NamedTuple):
    content_type: str
    content: bytes
    compressed: bytes


@lru_cache(maxsize=None)
def all_assets() -> Dict[str, Asset]:
    """Each file by its path below `assets/` ("portal/purchases.js")."""
    found = {}
    for file in sorted(FOLDER.rglob("*")):
        if file.suffix in _TYPES:
            content = file.read_bytes()
            # Without a time, so that two web servers send the same bytes.
            packed = gzip.compress(content, 9, mtime=0)
            name = file.relative_to(FOLDER).as_posix()
            found[name] = Asset(_TYPES[file.suffix], content, packed)
    return found


@lru_cache(maxsize=None)
def digest() -> str:
    """What changes when one of the files does."""
    sum_ = hashlib.sha256()
    for name, asset in all_assets().items():
        sum_.update(name.encode() + b"\0" + asset.content + b"\0")
    return sum_.hexdigest()[:16]


@lru_cache(maxsize=None)
def modules_of(entry: str) -> List[str]:
    """The scripts that this one needs before it runs, itself first: those that it imports, and so on."""
    found = [entry]
    for name in found:
        source = all_assets()[name].content.decode()
        for relative in _IMPORT.findall(source):
            imported = (FOLDER / name).parent.joinpath(relative).resolve()
            path = imported.relative_to(FOLDER).as_posix()
            if path not in found:
                found.append(path)
    return found


def respond(request: HttpRequest, path: str) -> Optional[HttpResponse]:
    """The file at "<digest>/<path>"; None if there is none, or another version was asked for."""
    version, _, name = path.partition("/")
    asset = all_assets().get(name)
    if asset is None or version != digest():
        return None
    packs = "gzip" in header(request.META, "HTTP_ACCEPT_ENCODING")
    answer = HttpResponse(
        asset.compressed if packs else asset.content, content_type=asset.content_type
    )
    if packs:
        answer["Content-Encoding"] = "gzip"
    answer["Vary"] = "Accept-Encoding"
    answer["Cache-Control"] = "public, max-age=31536000, immutable"
    answer["X-Content-Type-Options"] = "nosniff"
    return answer
