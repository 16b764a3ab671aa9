"""licenseRecall: taking licenses back from an end customer."""

import build
import factories
import pytest
from actors import outcome

from saleor_esd_plugin.events.models import Event
from saleor_esd_plugin.host.db import now
from saleor_esd_plugin.keys.stock.lifecycle import mark_revealed
from saleor_esd_plugin.licenses.models import Assignment

pytestmark = pytest.mark.django_db

RECALL = """mutation($input: LicenseRecallInput!) { licenseRecall(input: $input) {
    licenses { fulfillment endCustomer { code } assignments { endedAt } }
    errors { field code message } } }"""


@pytest.fixture
def owner():
    return build.make_user()


@pytest.fixture
def two(owner):
    return factories.make_assigned(2, user=owner)


@pytest.fixture
def given(two, gid):
    return {"input": {"licenses": [gid("License", license) for license in two]}}


def test_the_owner_takes_back_what_nobody_has_seen(api, owner, two, given):
    answer = api(owner)(RECALL, given)

    recalled = answer["data"]["licenseRecall"]["licenses"]
    assert [(one["fulfillment"], one["endCustomer"]) for one in recalled] == [
        ("RELEASED", None)
    ] * 2
    assert all(one["assignments"][0]["endedAt"] for one in recalled)
    assert not Assignment.objects.filter(ended_at=None).exists()
    assert Event.objects.filter(type="license.recalled").count() == 1


def test_once_a_key_was_seen_the_owner_asks_the_shop(api, owner, two, given, unchanged):
    """Once the key was revealed or mailed: staff only, with a reason; all or none."""
    mark_revealed([two[1].key_id], now())
    with unchanged():
        answer = api(owner)(RECALL, given)
    assert outcome(answer, "licenseRecall") == "INVALID_TRANSITION"


def test_staff_take_back_what_was_seen_with_a_reason(api, staff, two, given, unchanged):
    mark_revealed([two[1].key_id], now())
    ask = api(staff("MANAGE_LICENSES"))

    with unchanged():
        assert outcome(ask(RECALL, given), "licenseRecall") == "REASON_REQUIRED"

    given["input"]["reason"] = "given to the wrong person"
    assert outcome(ask(RECALL, given), "licenseRecall") == "OK"
    assert Event.objects.get(type="license.recalled").reason == "given to the wrong person"


def test_what_nobody_holds_stays_as_it_is(api, owner, two, given, unchanged):
    ask = api(owner)
    ask(RECALL, given)
    with unchanged():
        answer = ask(RECALL, given)
    assert outcome(answer, "licenseRecall") == "OK"


def test_reasons_that_cannot_be_kept(api, staff, given, unchanged):
    ask = api(staff("MANAGE_LICENSES"))
    with unchanged():
        for reason in ("x" * 501, "nul \0"):
            given["input"]["reason"] = reason
            assert outcome(ask(RECALL, given), "licenseRecall") == "INVALID", reason


def test_none_at_all(api, owner, unchanged):
    with unchanged():
        answer = api(owner)(RECALL, {"input": {"licenses": []}})
    assert outcome(answer, "licenseRecall") == "INVALID_QUANTITY"
