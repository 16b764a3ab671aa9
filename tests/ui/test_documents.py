"""What the scripts ask is what the shop's schema answers, on each host: the schema and nothing else."""

from __future__ import annotations

import re

import lane
import pytest
from graphql import parse
from graphql.validation import validate
from saleor.graphql.api import schema

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


def errors_of(document):
    return [error.message for error in validate(schema, parse(document))]


@pytest.mark.parametrize("document", documents())
def test_the_schema_answers_what_a_script_asks(document):
    if "tokenRefresh(refreshToken" in document and lane.host() == "2.10":
        # Asked only where there are refresh tokens.
        assert errors_of(document)
        return
    assert errors_of(document) == []


def test_a_control_finds_an_unknown_field():
    assert errors_of("query Q { licenseOrders(first: 1) { edges { node { nothing } } } }")
