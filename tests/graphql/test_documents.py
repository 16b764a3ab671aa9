"""What the text of a document may not do with secrets."""

from types import SimpleNamespace

import pytest
from graphql import parse

from saleor_esd_plugin.graphql import documents
from saleor_esd_plugin.graphql.documents import refuse_literal_secrets, refuse_several_secrets
from saleor_esd_plugin.graphql.errors import LiteralSecret, OnePerOperation

CLAIM = "licenseKeyClaim(input: {token: $token}) { errors { code } }"


def info_of(document):
    definition = parse(document).definitions[0]
    return SimpleNamespace(
        operation=definition,
        field_asts=definition.selection_set.selections,
        context=SimpleNamespace(),
    )


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
    info = SimpleNamespace(
        operation=document.definitions[0], fragments={}, context=SimpleNamespace()
    )

    with pytest.raises(OnePerOperation):
        refuse_several_secrets(info)


class Counting(dict):
    """Fragments that note which of them are looked into."""

    looked_into = 0

    def __getitem__(self, name):
        self.looked_into += 1
        return super().__getitem__(name)


def test_fragments_that_name_each_other_twice_are_looked_into_once():
    """24 of them, under 1 kB, were followed 16,777,215 times: 21 s of a worker, doubling with each."""
    chain = ["fragment F%d on Mutation { ...F%d ...F%d }" % (n, n + 1, n + 1) for n in range(23)]
    document = parse(
        "mutation { a: licenseKeyClaim ...F0 } %s fragment F23 on Mutation { b: licenseOrderApprove }"
        % " ".join(chain)
    )
    fragments = Counting((one.name.value, one) for one in document.definitions[1:])
    info = SimpleNamespace(
        operation=document.definitions[0], fragments=fragments, context=SimpleNamespace()
    )

    assert refuse_several_secrets(info) is None

    assert fragments.looked_into == 24


def test_a_secret_in_a_fragment_that_is_named_twice_is_one_secret():
    """The execution runs it once."""
    document = parse(
        "mutation { ...F ...F } fragment F on Mutation { a: licenseKeyClaim ...G } "
        "fragment G on Mutation { __typename }"
    )
    fragments = {one.name.value: one for one in document.definitions[1:]}
    info = SimpleNamespace(
        operation=document.definitions[0], fragments=fragments, context=SimpleNamespace()
    )

    assert refuse_several_secrets(info) is None


def test_the_default_of_a_variable_is_looked_through_once(monkeypatch):
    """A list of 25,000 uses of a variable with 25,000 values as its default was 625,000,000 looks."""
    looks = []
    search = documents._Search.literal
    monkeypatch.setattr(
        documents._Search, "literal", lambda *args: looks.append(1) or search(*args)
    )
    document = "query($v: [Int] = [%s]) { f(filter: {many: [%s]}) }" % ("1 " * 300, "$v " * 300)

    assert refuse_literal_secrets(info_of(document), ("key",)) is None

    assert len(looks) == 2 + 300 + 300


@pytest.mark.django_db
def test_asking_for_one_is_fine(api):
    answer = api()("mutation($token: String!) { %s }" % CLAIM, {"token": "x" * 43})

    (error,) = answer["data"]["licenseKeyClaim"]["errors"]
    assert error["code"] == "NOT_FOUND"


def test_a_document_is_read_once_for_all_of_its_fields(monkeypatch):
    """10,000 fields that each look for their name among all of them would look 100,000,000 times."""
    reads, read = [], documents.root_fields
    monkeypatch.setattr(
        documents, "root_fields", lambda info: reads.append(info.operation) or read(info)
    )
    first = info_of("{ a: f b: f }")
    second = SimpleNamespace(**{**vars(first), "operation": parse("{ c: f }").definitions[0]})

    found = [documents.once(info, documents.roots_by_key) for info in (first, first, second)]

    assert [set(roots) for roots in found] == [{"a", "b"}, {"a", "b"}, {"c"}]
    assert reads == [first.operation, second.operation]
