"""licenseCancel: the end of a license, for good."""

import build
import factories
import pytest

from saleor_esd_plugin.events.models import Event
from saleor_esd_plugin.keys.models import AvailableKey, LicenseKey
from saleor_esd_plugin.licenses.models import Assignment, ClaimLink, License

pytestmark = pytest.mark.django_db

CANCEL = """mutation($input: LicenseCancelInput!) { licenseCancel(input: $input) {
    licenses { id lifecycle displayColor fulfillment stateReason { code text note } endCustomer { code } }
    errors { field code message params { name value } } } }"""
RENAME = """mutation($input: LicenseSuspendInput!) { licenseSuspend(input: $input) {
    licenses { id } errors { field code } } }"""
ORDER = """query($id: ID!) { licenseOrder(id: $id) { status availability { text } } }"""


@pytest.fixture
def manager(staff):
    return staff("MANAGE_LICENSES")


@pytest.fixture
def cancel(api, manager, gid):
    def call(licenses, **given):
        input = {
            "licenses": [gid("License", one) for one in licenses],
            "reason": "CONTRACT_TERMINATION",
        }
        return api(manager)(CANCEL, {"input": {**input, **given}})["data"]["licenseCancel"]

    return call


def test_everything_ends_in_one_step(cancel, api, manager, gid):
    """P08, decision 3: the key goes nowhere, seen or not; holder, links and suspension end."""
    policy = factories.make_policy(keys=3, term="P1Y", delivery="CLAIM_LINK")
    licenses = factories.make_assigned(3, policy=policy)
    cancelled, other = licenses[:2], licenses[2]
    order = other.order_line.order

    payload = cancel(cancelled, note="letter of May 3")

    assert payload["errors"] == []
    for shown in payload["licenses"]:
        assert (shown["lifecycle"], shown["displayColor"]) == ("CANCELLED", "RED")
        assert shown["stateReason"] == {
            "code": "CONTRACT_TERMINATION",
            "text": "The contract was terminated.",
            "note": "letter of May 3",
        }
    keys = LicenseKey.objects.filter(pk__in=[one.key_id for one in cancelled])
    assert keys.exclude(revoked_at=None).count() == 2
    assert not AvailableKey.objects.filter(pool=policy.pool).exists()
    assert Assignment.objects.filter(ended_at=None).get().license_id == other.pk
    assert not ClaimLink.objects.filter(license__in=cancelled, voided_at=None).exists()
    (event,) = Event.objects.filter(type="license.cancelled")
    assert sorted(event.data["licenses"]) == sorted(str(one.pk) for one in cancelled)
    assert (event.reason, event.data["reason_code"]) == ("letter of May 3", "CONTRACT_TERMINATION")
    shown = api(manager)(ORDER, {"id": gid("LicenseOrder", order)})["data"]["licenseOrder"]
    assert shown == {"status": "DONE", "availability": {"text": "1 of 1"}}


def test_it_is_final(cancel, api, manager, gid, unchanged):
    """P08: it cannot be released again."""
    licenses = factories.make_released(1)
    cancel(licenses)
    with unchanged():
        (error,) = cancel(licenses)["errors"]
        ask = api(manager)(
            RENAME,
            {"input": {"licenses": [gid("License", licenses[0])], "reason": "CUSTOMER_REQUEST"}},
        )
    assert (error["code"], error["field"]) == ("INVALID_TRANSITION", "licenses")
    assert error["params"][0] == {"name": "before", "value": "CANCELLED"}
    assert ask["data"]["licenseSuspend"]["errors"][0]["code"] == "INVALID_TRANSITION"


def test_a_suspended_one_may_be_cancelled_and_a_pending_one_is_rejected_instead(cancel, unchanged):
    (held,) = factories.make_released(1)
    License.objects.filter(pk=held.pk).update(
        suspension_causes=["PAYMENT"], suspended_at=held.created_at
    )
    (shown,) = cancel([held])["licenses"]
    assert shown["lifecycle"] == "CANCELLED"
    assert License.objects.get(pk=held.pk).suspension_causes == []

    pending = factories.licenses_of(factories.make_license_order(1))
    with unchanged():
        (error,) = cancel(pending)["errors"]
    assert error["params"][0] == {"name": "before", "value": "PENDING_APPROVAL"}


def test_a_refund_of_what_was_cancelled_takes_no_other_unit(cancel):
    """Invariant 8: stock and refunds count it once."""
    from provider import refund, tell

    from saleor_esd_plugin.orders.models import RefundState
    from saleor_esd_plugin.orders.settlement import settle_license_order

    payment = factories.unique("pi")
    licenses = factories.make_released(3, payment_ref=payment)
    order = licenses[0].order_line.order
    cancel(licenses[:1])

    tell(refund(10, RefundState.SUCCEEDED, ref="re-1", payment=payment))
    settle_license_order(order.pk)

    line = order.lines.get()
    assert (line.quantity, line.withdrawn, line.approved) == (3, 1, 2)
    assert License.objects.filter(fulfillment="RELEASED").count() == 2


def test_money_that_went_back_before_finds_the_unit(cancel):
    """An open refund waits for staff to say for which unit it was."""
    from provider import refund, tell

    from saleor_esd_plugin.orders.models import RefundState

    payment = factories.unique("pi")
    licenses = factories.make_released(3, payment_ref=payment)
    order = licenses[0].order_line.order
    tell(refund(7, RefundState.SUCCEEDED, ref="re-1", payment=payment))
    order.refresh_from_db()
    assert order.open_refund == 7

    cancel(licenses[:1])

    order.refresh_from_db()
    assert order.open_refund == 0
    assert License.objects.filter(fulfillment="RELEASED").count() == 2


def test_owners_cannot(api, gid, unchanged):
    """P03: blocking and releasing is for staff."""
    owner = build.make_user()
    (license,) = factories.make_released(1, user=owner)
    input = {"licenses": [gid("License", license)], "reason": "CUSTOMER_REQUEST"}
    with unchanged():
        answer = api(owner)(CANCEL, {"input": input})
    assert answer["errors"][0]["extensions"]["exception"]["code"] == "PermissionDenied"
