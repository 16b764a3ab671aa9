"""The GraphQL documents in the scripts of our pages, as a browser sends them."""

from __future__ import annotations

import re

import lane
import pytest

from saleor_esd_plugin.ui import assets

_TEXT = r"(?:`((?:[^`\\]|\\.)*)`|\"((?:[^\"\\]|\\.)*)\")"
_CONSTANT = re.compile(rf"^(?:export )?const (\w+) =\s*{_TEXT};", re.M)
_DOCUMENT = re.compile(r"`((?:query|mutation) \w[^`]*)`")


def documents():
    """(script, document) for all GraphQL in the scripts, constants filled in."""
    found = []
    shared = constants((assets.FOLDER / "core" / "change.js").read_text())
    for name in sorted(assets.all_assets()):
        if not name.endswith(".js") or name.startswith("vendor/"):
            continue
        source = (assets.FOLDER / name).read_text()
        known = {**shared, **constants(source)}
        for document in _DOCUMENT.findall(source):
            whole = filled_in(document, known)
            found.append(pytest.param(whole, id=f"{name}: {re.split('[({]', whole)[0]}"))
    return found


def filled_in(document, known):
    while "${" in document:
        document = re.sub(r"\$\{(\w+)\}", lambda match: known[match[1]], document)
    return document


def constants(source):
    known = {name: first or second for name, first, second in _CONSTANT.findall(source)}
    # The one that depends on the host: core/session.js.
    either = re.search(r'const MORE = settings\.refreshes \? "([^"]*)" : "([^"]*)";', source)
    if either:
        known["MORE"] = either[2] if lane.host() == "2.10" else either[1]
    return known
