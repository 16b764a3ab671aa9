"""What one HTTP request may ask of us, counted before the first statement."""

import json
from types import SimpleNamespace

import build
import factories
import lane
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from graphql import parse
from graphql.language import ast
from test_docs import BLOCKS

from saleor_esd_plugin.graphql import budget
from saleor_esd_plugin.graphql.schema import FIELDS

pytestmark = pytest.mark.django_db

NESTED = "licenses(first: 100) { edges { node { licenseOrder { %s } } } }"
# 198 bytes.
DEEP = "{ %s }" % (NESTED % (NESTED % "licenses(first: 100) { edges { node { id } } }"))


@pytest.fixture(scope="module")
def info_of():
    """`info_of(document, **variables)`: what a resolver of its operation gets."""
    from saleor.graphql.api import schema

    def read(document, **variables):
        definitions = parse(document).definitions
        return SimpleNamespace(
            schema=schema,
            operation=definitions[0],
            fragments={
                one.name.value: one
                for one in definitions
                if isinstance(one, ast.FragmentDefinition)
            },
            variable_values=variables,
            context=SimpleNamespace(),
        )

    return read


def parse_operations(text):
    return [one for one in parse(text).definitions if isinstance(one, ast.OperationDefinition)]


@pytest.fixture
def cost(info_of):
    return lambda document, **variables: budget._Reader(info_of(document, **variables)).operation()


LIST = "edges { node { id } }"


@pytest.mark.parametrize(
    ("document", "variables", "nodes", "counts"),
    [
        ("{ licenses(first: 7) { %s } }" % LIST, {}, 7, 0),
        ("{ licenses(last: 7) { totalCount %s } }" % LIST, {}, 7, 1),
        ("query($n: Int) { licenses(first: $n) { %s } }" % LIST, {"n": 30}, 30, 0),
        ("{ licenses { %s } }" % LIST, {}, 100, 0),
        ("{ licenses(first: -1000000) { %s } }" % LIST, {}, 100, 0),
        ("{ licenses(first: 5000) { %s } }" % LIST, {}, 100, 0),
        ("{ a: licenses(first: 7) { %s } b: licenses(first: 8) { %s } }" % (LIST, LIST), {}, 15, 0),
        ("{ licenses(first: 7) { edges { node { account { id } } } } }", {}, 14, 0),
        ("{ licenses(first: 7) { edges { node { a: sku b: sku sku } } } }", {}, 21, 0),
        ("{ licenseOrders(first: 2) { edges { node { lines { sku } } } } }", {}, 22, 0),
        ("{ licenseOrders(first: 2) { edges { node { waiting { reason } } } } }", {}, 4, 0),
        # Each filter is another statement.
        (
            "{ licenseAccounts(first: 3) { edges { node { licenseCounts { count } } } } }",
            {},
            6,
            0,
        ),
        (
            """{ licenseAccounts(first: 3) { edges { node {
                a: licenseCounts(filter: {text: "a"}) { count } b: licenseCounts(filter: {text: "b"}) { count } } } } }""",
            {},
            303,
            0,
        ),
        (DEEP, {}, 1_020_200, 0),
        ("{ ...F ...F } fragment F on Query { licenses(first: 7) { %s } }" % LIST, {}, 7, 0),
        (
            "query($no: Boolean) { licenses(first: 7) @include(if: $no) { %s } }" % LIST,
            {"no": False},
            0,
            0,
        ),
        ("{ orders(first: 50) { edges { node { licenseOrder { id } } } } }", {}, 50, 0),
        (
            "{ orders { edges { node { lines { licenses(first: 2) { %s } } } } } }" % LIST,
            {},
            2000,
            0,
        ),
        ("{ shop { name } products(first: 100) { edges { node { name } } } }", {}, 0, 0),
        ("{ __typename __schema { types { name } } }", {}, 0, 0),
        (
            (
                "mutation($i: LicenseAssignInput!) { licenseAssign(input: $i) {"
                " licenses { id endCustomer { id } } errors { code } } }"
            ),
            {"i": {"licenses": ["x"] * 300}},
            300,
            0,
        ),
        (
            (
                'mutation { licenseAssign(input: {orderLine: "x", quantity: 400, endCustomer: "y"})'
                " { licenses { ...F } } } fragment F on License { endCustomer { id } }"
            ),
            {},
            400,
            0,
        ),
    ],
)
def test_what_a_document_costs(cost, document, variables, nodes, counts):
    assert cost(document, **variables) == (nodes, counts)


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: f"{block.page}:{block.line}")
def test_what_the_guides_show_is_far_within_the_budget(block, info_of):
    """Whatever is left out of the variables counts as a page of 100."""
    if lane.host() not in block.hosts or not parse_operations(block.text):
        pytest.skip("for the other host, or no operation")
    info = info_of(block.text)

    cost = budget._Reader(info).operation()

    assert cost.nodes <= 5000 and cost.counts <= 5 and budget._mutations(info) <= 5


def refusal(answer):
    (error,) = {
        (one["message"], one["extensions"]["exception"]["code"]) for one in answer["errors"]
    }
    return error


def statements(ask, *args):
    """The answer, and the statements that touched a table of ours."""
    with CaptureQueriesContext(connection) as captured:
        answer = ask(*args)
    return answer, [one["sql"] for one in captured if "esd_" in one["sql"]]


def test_two_hundred_bytes_are_refused_before_the_first_statement(api, staff):
    """They gave 10 MB in 47 s. The deepest of them Saleor 3 refuses by its own cost."""
    factories.make_released(2)
    flat = "{ %s }" % (NESTED % "licenses(first: 100) { edges { node { id } } }")
    document, nodes = (DEEP, "1,020,200") if lane.host() == "2.10" else (flat, "10,200")

    answer, ours = statements(api(staff("MANAGE_LICENSES")), document)

    assert refusal(answer) == (
        f"The request asks for {nodes} nodes; 10,000 are allowed. Ask for less at once.",
        "TOO_COMPLEX",
    )
    assert (answer["data"], ours) == (None, [])


@pytest.mark.parametrize(
    ("what", "asked"),
    [
        ("licenses(first: 1) { totalCount }", "90 totalCounts; 20"),
        ("licenses(first: 100) { edges { node { sku account { id } } } }", "18,000 nodes; 10,000"),
    ],
)
def test_aliases_of_a_list_share_one_budget(api, staff, what, asked):
    """500 of them took 124 s. (Saleor 3 itself lets 100 through.)"""
    document = "{ %s }" % " ".join(f"a{number}: {what}" for number in range(90))

    answer, ours = statements(api(staff("MANAGE_LICENSES")), document)

    message, code = refusal(answer)
    assert (code, ours) == ("TOO_COMPLEX", [])
    assert message == f"The request asks for {asked} are allowed. Ask for less at once."


def test_a_list_of_the_shops_own_objects_multiplies(api):
    """A page of orders is 100 orders, and the rest of the answer is the shop's."""
    owner = build.make_user()
    factories.make_released(1, user=owner)
    document = """{ me { orders(first: 100) { edges { node { id
        licenseOrder { licenses(first: 100) { edges { node { id } } } } } } } } }"""

    answer, ours = statements(api(owner), document)

    assert "10,100 nodes" in refusal(answer)[0] and ours == []
    (edge,) = answer["data"]["me"]["orders"]["edges"]
    assert edge["node"]["licenseOrder"] is None and edge["node"]["id"]


def test_mutations_are_counted_and_none_is_done(api, staff, unchanged, monkeypatch):
    """500 of a receipt were 480 mails."""
    monkeypatch.setenv("ESD_MAX_MUTATIONS", "3")
    document = (
        "mutation($i: LicenseOrderReceiptSendInput!) { %s ...F } fragment F on Mutation { %s }"
    )
    one = "%s: licenseOrderReceiptSend(input: $i) { errors { code params { name value } } }"
    document %= (" ".join(one % name for name in "abc"), one % "d")
    given = {"i": {"order": factories.unique("x"), "emails": "a@x.example"}}

    with unchanged():
        answer, ours = statements(api(staff("MANAGE_LICENSES")), document, given)

    params = [("limit", "mutations"), ("requested", "4"), ("allowed", "3")]
    for name in "abcd":
        (error,) = answer["data"][name]["errors"]
        assert error["code"] == "TOO_COMPLEX"
        assert [(one["name"], one["value"]) for one in error["params"]] == params
    assert ours == []


@pytest.mark.only_on("2.10", reason="Saleor 3 takes one document per request")
def test_the_documents_of_an_array_share_it(staff):
    body = {"query": "query($n: Int!) { licenses(first: $n) { edges { node { id } } } }"}
    many = [{**body, "variables": {"n": 100}} for _ in range(150)]
    headers = build.auth_headers(staff("MANAGE_LICENSES"))

    with CaptureQueriesContext(connection) as captured:
        answers = Client().post(
            "/graphql/", json.dumps(many), content_type="application/json", **headers
        )

    refused = ["errors" in answer for answer in answers.json()]
    assert refused == [False] * 100 + [True] * 50
    assert sum('FROM "esd_license"' in one["sql"] for one in captured) == 100
    (again,) = (
        Client()
        .post("/graphql/", json.dumps(many[:1]), content_type="application/json", **headers)
        .json()
    )
    assert "errors" not in again


def test_the_same_document_twice_counts_twice(info_of, monkeypatch):
    """A host may have parsed equal documents once; their variables are each their own."""
    monkeypatch.setenv("ESD_MAX_NODES", "150")
    first = info_of("{ licenses(first: 100) { edges { node { id } } } }")
    second = SimpleNamespace(**{**vars(first), "variable_values": {}})

    budget.require_budget(first)
    budget.require_budget(first)
    with pytest.raises(budget.TooComplex) as refused:
        budget.require_budget(second)

    assert refused.value.params == {"limit": "nodes", "requested": 200, "allowed": 150}


def test_each_fragment_is_counted_once(info_of, monkeypatch):
    """24 that name each other twice by two aliases are 16,777,216 lists, and 50 looks."""
    looks = []
    below = budget._Reader._below
    monkeypatch.setattr(budget._Reader, "_below", lambda *args: looks.append(1) or below(*args))
    chain = " ".join(
        "fragment F%d on LicenseOrder { a: licenses(first: 1) { edges { node { licenseOrder { ...F%d } } } }"
        " b: licenses(first: 1) { edges { node { licenseOrder { ...F%d } } } } }"
        % (n, n + 1, n + 1)
        for n in range(24)
    )
    document = (
        "{ licenseOrder(id: 1) { ...F0 } } %s fragment F24 on LicenseOrder { number }" % chain
    )

    cost = budget._Reader(info_of(document)).operation()

    assert cost.nodes > 2**24
    assert len(looks) < 24 * 9 + 10


def test_the_types_of_the_shop_that_have_fields_of_ours_are_known():
    assert set(budget.EXTENDED) == set(FIELDS)


def test_who_asks_for_nothing_of_ours_is_not_looked_at(api, monkeypatch):
    monkeypatch.setattr(budget, "_asked", lambda *args: pytest.fail("it was looked at"))
    assert "errors" not in api()("{ shop { name } products(first: 1) { edges { node { id } } } }")


@pytest.mark.parametrize(("allowed", "is_refused"), [("6", True), ("7", False), ("x", False)])
def test_the_budget_is_a_setting(api, staff, monkeypatch, allowed, is_refused):
    monkeypatch.setenv("ESD_MAX_NODES", allowed)
    answer = api(staff("MANAGE_LICENSES"))("{ licenses(first: 7) { edges { node { id } } } }")
    assert ("errors" in answer) is is_refused
