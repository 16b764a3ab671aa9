"""One e-mail: how it would read, and trying it once more."""

import actors
import factories
import pytest
from actors import outcome

from saleor_esd_plugin.emails import catalog, send
from saleor_esd_plugin.emails.models import Delivery
from saleor_esd_plugin.events.models import Event
from saleor_esd_plugin.keys.formats import masked

pytestmark = pytest.mark.django_db

ONE = """query($id: ID!) { licenseDelivery(id: $id) { kind status licenses { id } }
    licenseDeliveryPreview(id: $id) { subject text problem } }"""
PREVIEW = "query($id: ID!) { licenseDeliveryPreview(id: $id) { subject text problem } }"
RETRY = """mutation($input: LicenseDeliveryRetryInput!) { licenseDeliveryRetry(input: $input) {
    delivery { status error attempts } errors { field code message } } }"""
SUSPEND = """mutation($input: LicenseSuspendInput!) { licenseSuspend(input: $input) { errors { code } } }"""
FIND = """query($filter: LicenseDeliveryFilterInput) {
    licenseDeliveries(filter: $filter, first: 100) { edges { node { kind } } } }"""


def mail(kind, **found):
    """The one e-mail of this kind that follows from what has happened."""
    for event in Event.objects.all():
        catalog.deliveries_of(event)
    return Delivery.objects.get(kind=kind, **found)


@pytest.fixture
def clerk(api, staff):
    return api(staff("MANAGE_LICENSES"))


@pytest.fixture
def preview(clerk, gid, unchanged):
    """What is told of an e-mail; asking changes nothing."""

    def preview(delivery):
        with unchanged():
            answer = clerk(PREVIEW, {"id": gid("LicenseDelivery", delivery)})
        assert "errors" not in answer, answer
        return answer["data"]["licenseDeliveryPreview"]

    return preview


def test_a_key_is_masked_in_what_its_reader_gets(preview):
    """I18: the product's instructions, and of the key what lists show."""
    (license,) = factories.make_assigned(1)

    shown = preview(mail("LICENSE_ASSIGNED"))

    assert shown["problem"] == ""
    assert shown["subject"].startswith(license.order_line.product_name)
    assert f"Product key: {masked(license.key)}" in shown["text"]
    assert "How to activate" in shown["text"]


def test_dots_stand_for_a_link_to_a_key(preview):
    policy = factories.make_policy(keys=1, delivery="CLAIM_LINK")
    factories.make_assigned(1, policy=policy)

    shown = preview(mail("LICENSE_ASSIGNED"))

    assert "/plugins/global/esd/claim/?token=•••••" in shown["text"]


def test_dots_stand_for_the_way_into_a_guest_s_account(preview):
    factories.make_license_order(1, email="guest@x.example")

    shown = preview(mail("ORDER_CONFIRMED", recipient="guest@x.example"))

    assert "/plugins/global/esd/invitation/?token=•••••" in shown["text"]


def test_it_is_told_why_nothing_would_leave(clerk, preview, gid):
    (license,) = factories.make_assigned(1)
    given = {"licenses": [gid("License", license)], "reason": "PAYMENT_OVERDUE"}
    assert outcome(clerk(SUSPEND, {"input": given}), "licenseSuspend") == "OK"

    shown = preview(mail("LICENSE_ASSIGNED"))

    assert shown == {"subject": "", "text": "", "problem": "The licenses are suspended."}


def test_only_some_staff_read_how_it_reads(api, gid):
    (license,) = factories.make_assigned(1)
    asked = {"id": gid("LicenseDelivery", mail("LICENSE_ASSIGNED"))}
    for who, sees in {"MASTER": True, "APPROVE_LICENSES": True, "MANAGE_LICENSES": True}.items():
        answer = api(actors.ACTORS[who](license.account))(ONE, asked)
        may_read = who == "MANAGE_LICENSES"
        assert bool(answer["data"]["licenseDelivery"]) is sees, who
        assert bool(answer["data"]["licenseDeliveryPreview"]) is may_read, who
        assert ("errors" in answer) is not may_read, who


def test_ids_that_are_none(clerk, bad_ids):
    for bad in bad_ids:
        found = clerk(ONE, {"id": bad})
        assert "errors" not in found, bad
        assert found["data"] == {"licenseDelivery": None, "licenseDeliveryPreview": None}, bad


def test_what_has_failed_is_tried_once_more(clerk, gid, smtp):
    (license,) = factories.make_assigned(1)
    delivery = mail("LICENSE_ASSIGNED")
    Delivery.objects.filter(pk=delivery.pk).update(status="FAILED", error="Refused 550", attempts=1)

    answer = clerk(RETRY, {"input": {"id": gid("LicenseDelivery", delivery)}})

    assert answer["data"]["licenseDeliveryRetry"] == {
        "delivery": {"status": "QUEUED", "error": "", "attempts": 1},
        "errors": [],
    }
    event = Event.objects.get(type="delivery.retried")
    assert (event.subject_id, event.order_id) == (delivery.pk, license.order_line.order_id)
    assert catalog.deliveries_of(event) == [delivery.pk]
    send.send_delivery(delivery.pk)
    delivery.refresh_from_db()
    assert (delivery.status, delivery.attempts) == ("SENT", 2)
    (letter,) = smtp.messages
    assert license.end_customer.email in str(letter["To"])


@pytest.mark.parametrize("status", ["QUEUED", "SENT", "SUPPRESSED"])
def test_what_has_not_failed_is_left_alone(clerk, gid, unchanged, status):
    factories.make_assigned(1)
    delivery = mail("LICENSE_ASSIGNED")
    Delivery.objects.filter(pk=delivery.pk).update(status=status)
    with unchanged():
        answer = clerk(RETRY, {"input": {"id": gid("LicenseDelivery", delivery)}})
    assert outcome(answer, "licenseDeliveryRetry") == "INVALID_TRANSITION"


def test_an_address_that_no_mail_can_go_to_is_refused(clerk, gid, unchanged):
    factories.make_license_order(1, details={"notification_email": "books@x.example"})
    delivery = mail("ORDER_CONFIRMED", recipient="books@x.example")
    Delivery.objects.filter(pk=delivery.pk).update(status="FAILED", recipient="Books <b@x.example>")
    with unchanged():
        answer = clerk(RETRY, {"input": {"id": gid("LicenseDelivery", delivery)}})
    assert outcome(answer, "licenseDeliveryRetry") == "DISPLAY_NAME_NOT_ALLOWED"


def test_who_may_try_once_more(api, gid, unchanged):
    (license,) = factories.make_assigned(1)
    delivery = mail("LICENSE_ASSIGNED")
    Delivery.objects.filter(pk=delivery.pk).update(status="FAILED")
    given = {"input": {"id": gid("LicenseDelivery", delivery)}}
    for who in set(actors.ACTORS) - {"MANAGE_LICENSES", "app MANAGE_LICENSES"}:
        somebody = actors.ACTORS[who](license.account)
        with unchanged():
            assert outcome(api(somebody)(RETRY, given), "licenseDeliveryRetry") != "OK", who


def test_e_mails_are_found_by_the_number_of_their_order(clerk):
    """P05"""
    first, _ = factories.make_license_order(1), factories.make_license_order(1)
    mail("ORDER_CONFIRMED", order_id=first.pk, data__is_buyer=True)

    def found(number):
        return clerk(FIND, {"filter": {"orderNumber": number}})["data"]["licenseDeliveries"][
            "edges"
        ]

    assert len(found(first.number)) == Delivery.objects.filter(order_id=first.pk).count() > 0
    assert found("no such number") == []
