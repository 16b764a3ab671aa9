"""licenseTransfer: from one end customer to another in one step."""

from datetime import timedelta

import build
import factories
import pytest

from saleor_esd_plugin.events.models import Event
from saleor_esd_plugin.host.db import now
from saleor_esd_plugin.keys.stock.lifecycle import mark_revealed
from saleor_esd_plugin.licenses.models import Assignment, ClaimLink, License

pytestmark = pytest.mark.django_db

TRANSFER = """mutation($input: LicenseTransferInput!) { licenseTransfer(input: $input) {
    licenses { fulfillment endCustomer { code } assignments { endCustomer { code } endedAt } }
    errors { field code params { name value } } } }"""


@pytest.fixture
def owner():
    return build.make_user()


@pytest.fixture
def held(owner):
    """Two licenses that one end customer has."""
    return factories.make_assigned(2, policy=factories.make_policy(keys=2, term="P1Y"), user=owner)


@pytest.fixture
def transfer(api, owner, gid):
    def call(licenses, customer, by=None, **given):
        input = {
            "licenses": [gid("License", one) for one in licenses],
            "endCustomer": gid("LicenseEndCustomer", customer),
        }
        return api(by or owner)(TRANSFER, {"input": {**input, **given}})["data"]["licenseTransfer"]

    return call


def customer_of(licenses):
    return factories.make_end_customer(licenses[0].account)


def test_the_history_keeps_both_and_the_term_goes_on(transfer, held):
    new = customer_of(held)

    payload = transfer(held, new)

    assert payload["errors"] == []
    for shown in payload["licenses"]:
        assert (shown["fulfillment"], shown["endCustomer"]) == ("ASSIGNED", {"code": new.code})
        latest, first = shown["assignments"]
        assert (latest["endCustomer"]["code"], latest["endedAt"]) == (new.code, None)
        assert first["endCustomer"]["code"] == held[0].end_customer.code
        assert first["endedAt"]
    assert set(License.objects.values_list("expires_at", flat=True)) == {held[0].expires_at}
    (event,) = Event.objects.filter(type="license.transferred")
    assert event.data["end_customers"] == [str(held[0].end_customer_id)]
    assert Event.objects.filter(type="license.assigned", subject_id=new.pk).count() == 1
    assert not ClaimLink.objects.filter(voided_at=None).exists()


def test_a_key_that_was_read_needs_a_word(transfer, held, unchanged, staff):
    mark_revealed([held[1].key_id], now())
    new = customer_of(held)
    manager = staff("MANAGE_LICENSES")
    with unchanged():
        (error,) = transfer(held, new, manager)["errors"]
    assert (error["field"], error["code"]) == ("acceptRevealedKey", "KEY_REVEALED")

    assert transfer(held, new, manager, acceptRevealedKey=True)["errors"] == []
    assert Event.objects.get(type="license.transferred").data["accepts_revealed_key"] is True


def test_members_give_a_known_key_on_only_as_often_as_the_policy_says(transfer, held, unchanged):
    """As with a recall: without a number, staff only."""
    mark_revealed([held[1].key_id], now())
    new = customer_of(held)
    with unchanged():
        (error,) = transfer(held, new, acceptRevealedKey=True)["errors"]
    assert (error["field"], error["code"]) == ("licenses", "INVALID_TRANSITION")

    policy = held[0].policy
    policy.transfers_per_30_days = 1
    policy.save()
    assert transfer(held, new, acceptRevealedKey=True)["errors"] == []


def test_as_often_as_the_policy_says(transfer, held, unchanged, gid):
    """Within 30 days; assigning for the first time, or again after a recall, is none."""
    policy = held[0].policy
    policy.transfers_per_30_days = 1
    policy.save()
    transfer(held[:1], customer_of(held))
    new = customer_of(held)
    with unchanged():
        (error,) = transfer(held, new)["errors"]
    assert (error["field"], error["code"]) == ("licenses", "RATE_LIMITED")
    assert error["params"] == [{"name": "licenses", "value": gid("License", held[0])}]

    long_ago = now() - timedelta(days=31)
    Assignment.objects.filter(license=held[0]).update(started_at=long_ago)
    assert transfer(held, customer_of(held))["errors"] == []


def test_what_cannot_be_given_on(transfer, held, unchanged, staff):
    """All or none; another account's end customer is nobody."""
    foreign = factories.make_end_customer(factories.make_account())
    suspended = factories.make_assigned(1, user=None)
    License.objects.filter(pk=suspended[0].pk).update(
        suspension_causes=["STAFF"], suspended_at=now()
    )
    free = factories.make_released(1)
    manager = staff("MANAGE_LICENSES")
    cases = [
        (held, foreign, None, "endCustomer", "NOT_FOUND"),
        (held, held[0].end_customer, None, "endCustomer", "INVALID"),
        (suspended, customer_of(suspended), manager, "licenses", "INVALID_TRANSITION"),
        (free, customer_of(free), manager, "licenses", "NOT_RELEASED"),
        (suspended, customer_of(suspended), None, "licenses", "NOT_FOUND"),
    ]
    for licenses, customer, by, field, code in cases:
        with unchanged():
            (error,) = transfer(licenses, customer, by)["errors"]
        assert (error["field"], error["code"]) == (field, code)
