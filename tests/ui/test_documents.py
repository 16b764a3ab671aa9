"""What the scripts ask is what the shop's schema answers, on each host: the schema and nothing else."""

from __future__ import annotations

import lane
import pytest
from graphql import parse
from graphql.validation import validate
from page_documents import documents
from saleor.graphql.api import schema


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
