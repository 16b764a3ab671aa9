"""The GraphQL documents in the scripts of our pages, as a browser sends them."""

from __future__ import annotations

import posixpath
import re

import lane
import pytest

from saleor_esd_plugin.ui import assets

_TEXT = r"(?:`((?:[^`\\]|\\.)*)`|\"((?:[^\"\\]|\\.)*)\")"
_CONSTANT = re.compile(rf"^(?:export )?const (\w+) =\s*{_TEXT};", re.M)
_IMPORT = re.compile(r"^import \{([^}]*)\} from \"([^\"]*)\";", re.M)
_DOCUMENT = re.compile(r"`((?:query|mutation) \w[^`]*)`")


def documents():
    """(script, document) for all GraphQL in the scripts, constants filled in."""
    found = []
    for name in sorted(assets.all_assets()):
        if not name.endswith(".js") or name.startswith("vendor/"):
            continue
        for document in _DOCUMENT.findall((assets.FOLDER / name).read_text()):
            whole = filled_in(document, name)
            found.append(pytest.param(whole, id=f"{name}: {re.split('[({]', whole)[0]}"))
    return found


def filled_in(text, script):
    return re.sub(r"\$\{(\w+)\}", lambda match: constant(match[1], script), text)


def constant(name, script):
    """The text that `name` stands for in `script`, or in the one that it is imported from."""
    source = (assets.FOLDER / script).read_text()
    known = {name: first or second for name, first, second in _CONSTANT.findall(source)}
    # The one that depends on the host: core/session.js.
    either = re.search(r'const MORE = settings\.refreshes \? "([^"]*)" : "([^"]*)";', source)
    if either:
        known["MORE"] = either[2] if lane.host() == "2.10" else either[1]
    if name in known:
        return filled_in(known[name], script)
    for names, place in _IMPORT.findall(source):
        if name in re.findall(r"\w+", names):
            return constant(name, posixpath.normpath(posixpath.join(script, "..", place)))
    raise KeyError(f"{name} in {script}")
