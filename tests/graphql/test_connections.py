"""Pages: keyset cursors, their limits, what they cost."""

import base64
import json

import factories
import pytest

pytestmark = pytest.mark.django_db

LIST = """query($first: Int, $after: String, $last: Int, $before: String,
        $sortBy: LicenseKeyPoolSortingInput) {
    licenseKeyPools(first: $first, after: $after, last: $last, before: $before, sortBy: $sortBy) {
        pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
        edges { cursor node { name } } } }"""
COUNTED = "query($first: Int) { licenseKeyPools(first: $first) { totalCount } }"
NAMES = ["b", "A", "ä", "b", "c", "b"]


@pytest.fixture
def ask(api, staff):
    return api(staff("MANAGE_LICENSE_KEYS"))


@pytest.fixture
def pools():
    from saleor_esd_plugin.keys.models import KeyPool

    made = [factories.make_pool() for _ in NAMES]
    for pool, name in zip(made, NAMES):
        KeyPool.objects.filter(pk=pool.pk).update(name=name)
    return made


def page(ask, **arguments):
    answer = ask(LIST, arguments)
    assert "errors" not in answer, answer
    found = answer["data"]["licenseKeyPools"]
    return [(edge["cursor"], edge["node"]["name"]) for edge in found["edges"]], found["pageInfo"]


def refusal(answer):
    (error,) = answer["errors"]
    return error["extensions"]["exception"]["code"], error["message"]


def test_pages_are_complete_both_ways_also_among_equals(ask, pools):
    for field, direction, sizes in (
        ("CREATED_AT", "ASC", (1, 6)),
        ("CREATED_AT", "DESC", (2, 7)),
        ("NAME", "ASC", (1, 5, 7)),
        ("NAME", "DESC", (2, 6)),
    ):
        sort_by = {"field": field, "direction": direction}
        everything, _ = page(ask, first=100, sortBy=sort_by)
        assert len(everything) == len(NAMES)
        for size in sizes:
            assert forward(ask, size, sort_by) == everything, (sort_by, size)
            assert backward(ask, size, sort_by) == everything, (sort_by, size)


def forward(ask, size, sort_by):
    found, after = [], None
    while True:
        edges, info = page(ask, first=size, after=after, sortBy=sort_by)
        found += edges
        assert info["hasPreviousPage"] is (after is not None), size
        after = info["endCursor"]
        if not info["hasNextPage"]:
            return found


def backward(ask, size, sort_by):
    found, before = [], None
    while True:
        edges, info = page(ask, last=size, before=before, sortBy=sort_by)
        found = edges + found
        assert info["hasNextPage"] is (before is not None), size
        before = info["startCursor"]
        if not info["hasPreviousPage"]:
            return found


def test_both_ends_may_be_given(ask, pools):
    everything, _ = page(ask, first=100)
    cursors = [cursor for cursor, _ in everything]

    between, _ = page(ask, first=100, after=cursors[1], before=cursors[4])

    assert between == everything[2:4]


def test_a_row_that_comes_meanwhile_moves_no_page(ask, pools):
    edges, info = page(ask, first=3)
    factories.make_pool()

    rest, _ = page(ask, first=100, after=info["endCursor"])

    assert len(edges) + len(rest) == len(NAMES)


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"first": 0},
        {"first": -1},
        {"first": 101},
        {"last": 0},
        {"last": -1},
        {"last": 101},
        {"first": 1, "last": 1},
    ],
)
def test_sizes_out_of_range_are_an_error(ask, pools, arguments):
    code, message = refusal(ask(LIST, arguments))

    assert code == "INVALID"
    assert "first" in message or "last" in message


def cursor(*parts):
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode()


UUID_TEXT = "018f3a5e-0000-7000-8000-000000000000"


FOREIGN_CURSORS = [
    "garbage",
    "é",
    " ",
    "W10=",
    cursor(),
    cursor("CREATED_AT", None, UUID_TEXT),
    cursor("NAME", None, UUID_TEXT),
    cursor("NAME", 5, UUID_TEXT),
    cursor("NAME", ["x"], UUID_TEXT),
    cursor("NAME", "a\0b", UUID_TEXT),
    cursor("NAME", "\ud800", UUID_TEXT),
    cursor("NAME", "x", "1"),
    cursor("NAME", "x", None),
    cursor("NAME", "x", {}),
    cursor("NAME", "x" * 3000, UUID_TEXT),
    "[" * 100_000,
    base64.urlsafe_b64encode(b"[" * 1400).decode(),
]


def test_a_foreign_cursor_is_an_error(ask, pools):
    sort_by = {"field": "NAME", "direction": "ASC"}

    for bad in FOREIGN_CURSORS:
        for arguments in ({"first": 1, "after": bad}, {"last": 1, "before": bad}):
            code, message = refusal(ask(LIST, {**arguments, "sortBy": sort_by}))
            assert code == "INVALID" and "cursor" in message, bad[:80]


def test_a_cursor_tells_nothing_but_the_place(ask, pools):
    ((cursor, _),), _ = page(ask, first=1)

    name, value, pk = json.loads(base64.urlsafe_b64decode(cursor))
    assert (name, value, pk) == ("CREATED_AT", None, str(pools[-1].pk))


def test_counting_costs_one_query_and_only_if_it_is_selected(ask, pools, queries):
    ask(COUNTED, {"first": 1})

    with_count = queries(lambda: ask(COUNTED, {"first": 1}))
    without = queries(lambda: page(ask, first=1))

    assert with_count == without + 1
    assert ask(COUNTED, {"first": 1})["data"]["licenseKeyPools"]["totalCount"] == len(NAMES)


def test_counting_ends_at_the_limit(ask, pools, monkeypatch):
    """A filtered list is counted up to a cap."""
    monkeypatch.setattr("saleor_esd_plugin.graphql.connections.MOST_COUNTED", 4)

    assert ask(COUNTED, {"first": 1})["data"]["licenseKeyPools"]["totalCount"] == 4


def test_the_database_compares_rows(pools):
    """The form `a < x OR (a = x AND id < y)` would read everything before the page."""
    from saleor_esd_plugin.graphql.cursors import Place, beyond, sorted_by
    from saleor_esd_plugin.graphql.sorting import Order
    from saleor_esd_plugin.keys.models import KeyPool

    order = Order("NAME", "name", str, False)
    rows = beyond(
        sorted_by(KeyPool.objects, order, backward=False), Place("b", pools[0].pk), greater=True
    )

    found = str(rows.query)
    assert '("esd_keypool"."name", "esd_keypool"."id") > (' in found
    assert ' AND "esd_keypool"."name" >= ' in found
