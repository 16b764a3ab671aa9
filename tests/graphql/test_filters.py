"""What the filters of lists have in common."""

import factories
import pytest

pytestmark = pytest.mark.django_db

LIST = """query($createdAt: LicenseDateTimeRange) {
    licenseKeyPools(first: 10, filter: {createdAt: $createdAt}) { totalCount } }"""


@pytest.fixture
def ask(api, staff):
    factories.make_pool()
    return lambda moments: api(staff("MANAGE_LICENSE_KEYS"))(LIST, {"createdAt": moments})


@pytest.mark.parametrize(
    ("moments", "count"),
    [
        (None, 1),
        ({}, 1),
        ({"gte": None}, 1),
        ({"gte": "2000-01-01T00:00:00Z", "lte": "2200-12-31T23:59:59+14:00"}, 1),
        ({"gte": "2200-12-31T23:59:59-14:00"}, 0),
        ({"gte": "2000-01-01T00:00:00+23:59", "lte": "2200-12-31T23:59:59-23:59"}, 1),
        ({"lte": "2024-02-29T12:00:00-03:00"}, 0),
        ({"gte": "2100-01-01T00:00:00Z", "lte": "2001-01-01T00:00:00Z"}, 0),
    ],
)
def test_a_range_of_moments(ask, moments, count):
    assert ask(moments)["data"]["licenseKeyPools"]["totalCount"] == count


@pytest.mark.parametrize(
    "moment",
    [
        "2024-01-01T00:00:00",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
        "2024-01-01T00:00:00+99:99",
        "2023-02-29T00:00:00Z",
        "yesterday",
        "",
        20240101,
    ],
)
def test_moments_without_zone_or_out_of_range_are_an_error(ask, moment):
    answer = ask({"gte": moment})

    assert answer["errors"]
    assert not answer.get("data")
