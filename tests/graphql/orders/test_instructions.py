"""`LicenseOrderLine.instructions`: how to activate, for whoever bought (I18)."""

import build
import factories
import pytest

pytestmark = pytest.mark.django_db

INSTRUCTIONS = """query($id: ID!, $language: String) { licenseOrder(id: $id) {
    lines { instructions(language: $language) } } }"""
BY_TOKEN = """query($token: UUID!) { orderByToken(token: $token) {
    licenseOrder { lines { instructions } } } }"""
TEXTS = {"en": "Run setup.exe", "pt-br": "Execute setup.exe"}


@pytest.fixture
def owner():
    return build.make_user()


@pytest.fixture
def told(api, gid, owner):
    """`told(order, "es")`: the texts of its lines, to its owner."""

    def ask(order, language=None):
        variables = {"id": gid("LicenseOrder", order), "language": language}
        answer = api(owner)(INSTRUCTIONS, variables)
        assert "errors" not in answer, answer
        return [line["instructions"] for line in answer["data"]["licenseOrder"]["lines"]]

    return ask


def ordered(owner, instructions, **fields):
    policy = factories.make_policy(keys=1, instructions=instructions)
    return factories.make_license_order(
        1, policy=policy, user=owner, email=owner.email, language="pt-br", **fields
    )


def test_they_come_in_the_readers_language_or_in_that_of_the_order(told, owner):
    order = ordered(owner, TEXTS)

    assert told(order) == ["Execute setup.exe"]
    assert told(order, "en") == ["Run setup.exe"]
    assert told(order, "pt-PT") == ["Execute setup.exe"]
    assert told(order, "fr") == ["Run setup.exe"]


def test_where_the_shop_wrote_nothing_there_are_none(told, owner):
    assert told(ordered(owner, {})) == [None]


def test_visitors_do_not_read_them(api, owner):
    order = ordered(owner, TEXTS)

    answer = api()(BY_TOKEN, {"token": str(order.order_uuid)})

    found = answer["data"]["orderByToken"]["licenseOrder"]
    assert [line["instructions"] for line in found["lines"]] == [None]
