"""What the text of a document may not do with secrets."""

from types import SimpleNamespace

import pytest
from graphql import parse

from saleor_esd_plugin.graphql.documents import refuse_literal_secrets, refuse_several_secrets
from saleor_esd_plugin.graphql.errors import LiteralSecret, OnePerOperation

CLAIM = "licenseKeyClaim(input: {token: $token}) { errors { code } }"


def info_of(document):
    definition = parse(document).definitions[0]
    return SimpleNamespace(operation=definition, field_asts=definition.selection_set.selections)


@pytest.mark.parametrize(
    "document",
    [
        '{ f(filter: {key: "SECRET"}) }',
        "{ f(filter: {key: 12345}) }",
        '{ f(key: "SECRET") }',
        '{ f(filter: {deep: [{key: ["SECRET"]}]}) }',
        'query($k: String = "SECRET") { f(filter: {key: $k}) }',
        'query($f: F = {key: "SECRET"}) { f(filter: $f) }',
        'query($k: String) { f(filter: {key: [$k, "SECRET"]}) }',
        '{ f(filter: {key: {inner: "SECRET"}}) }',
        '{ f(other: 1, filter: {key: ""}) }',
    ],
)
def test_a_secret_that_is_written_out_is_refused(document):
    """H7"""
    with pytest.raises(LiteralSecret) as refused:
        refuse_literal_secrets(info_of(document), ("key",))

    assert refused.value.field == "key"
    assert "SECRET" not in refused.value.message


@pytest.mark.parametrize(
    "document",
    [
        "query($k: String) { f(filter: {key: $k}) }",
        "query($f: F) { f(filter: $f) }",
        "query($k: String) { f(filter: {key: [$k]}) }",
        '{ f(filter: {name: "text"}) }',
        'query($f: F = {name: "text"}) { f(filter: $f) }',
        "{ f }",
    ],
)
def test_variables_and_other_literals_are_fine(document):
    assert refuse_literal_secrets(info_of(document), ("key",)) is None


@pytest.mark.django_db
@pytest.mark.parametrize(
    "selections",
    [
        "a: %s b: %s" % (CLAIM, CLAIM),
        " ".join("a%d: %s" % (number, CLAIM) for number in range(4)),
        "a: %s ...More" % CLAIM,
    ],
)
def test_an_operation_asks_for_one_secret(api, unchanged, selections):
    """H16: aliases and fragments would multiply what a limit counts."""
    document = "mutation($token: String!) { %s }" % selections
    if "...More" in document:
        document += " fragment More on Mutation { b: %s }" % CLAIM

    with unchanged():
        answer = api()(document, {"token": "x" * 43})

    assert {error["code"] for found in answer["data"].values() for error in found["errors"]} == {
        "ONE_PER_OPERATION"
    }


def test_secrets_in_inline_fragments_count_too():
    """Saleor 3.23 itself fails on these at the root; 2.10 does not."""
    document = parse(
        "mutation { a: licenseKeyClaim ... on Mutation { ... { b: licenseKeyReveal } } }"
    )
    info = SimpleNamespace(operation=document.definitions[0], fragments={})

    with pytest.raises(OnePerOperation):
        refuse_several_secrets(info)


@pytest.mark.django_db
def test_asking_for_one_is_fine(api):
    answer = api()("mutation($token: String!) { %s }" % CLAIM, {"token": "x" * 43})

    (error,) = answer["data"]["licenseKeyClaim"]["errors"]
    assert error["code"] == "NOT_FOUND"
