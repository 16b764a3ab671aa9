"""Receipts are no way to mail one's own words to strangers: no links, one line, ten an hour per order."""

from datetime import timedelta

import build
import factories
import pytest
from actors import outcome
from django.db.models import F
from letters import text_of

from saleor_esd_plugin.events.models import Throttle
from saleor_esd_plugin.orders.approval import approve_license_order
from saleor_esd_plugin.orders.models import LicenseOrder

pytestmark = pytest.mark.django_db

RECEIPT = """mutation($input: LicenseOrderReceiptSendInput!) { licenseOrderReceiptSend(input: $input) {
    emails errors { field code message params { name value } } } }"""
LURE = "You won! Log in at www.evil.example"


def words_of(message):
    return text_of(message).replace("\r\n", "\n")


@pytest.fixture
def owner():
    return build.make_user()


@pytest.fixture
def ordered(owner):
    """`ordered(comment="…")`: a released order of the owner."""

    def make(notification_email="", **words):
        details = {"notification_email": notification_email, **words}
        order = factories.make_license_order(1, user=owner, email=owner.email, details=details)
        approve_license_order(order.pk, actor=factories.STAFF)
        return order

    return make


@pytest.fixture
def receipts(api, owner, gid, mailed):
    """`receipts(order, "a@x.example, …")`: address -> text of the receipts that arrived."""

    def send(order, emails, *, asker=owner):
        mailed()
        answer = api(asker)(
            RECEIPT, {"input": {"order": gid("LicenseOrder", order), "emails": emails}}
        )
        assert outcome(answer, "licenseOrderReceiptSend") == "OK", answer
        return {recipient: words_of(message) for recipient, message in mailed()}

    return send


def test_to_others_no_word_of_the_buyer_goes_along_with_a_link(ordered, receipts, owner):
    """A link in one of them, and both stay away; the buyer reads all of it."""
    order = ordered(comment=LURE, purchase_order_reference="PO-7")

    found = receipts(order, f"victim@x.example, {owner.email}")

    assert sorted(found) == sorted(["victim@x.example", owner.email])
    for word in ("evil", "You won", "PO-7"):
        assert word not in found["victim@x.example"]
    assert f"Your reference: PO-7\nComment: {LURE}\n" in found[owner.email]


def test_a_reference_is_no_way_either(ordered, receipts):
    order = ordered()
    for word in ("https://evil.example", "evil.example/pay", "evil．example"):
        LicenseOrder.objects.filter(pk=order.pk).update(purchase_order_reference=word)
        found = receipts(order, "victim@x.example")
        assert "evil" not in found["victim@x.example"], word


def test_to_others_words_without_a_link_are_shown(ordered, receipts):
    """K16: who pays needs the reference."""
    order = ordered(comment="Bitte bis Freitag. Danke!", purchase_order_reference="PO-2024/17")
    text = receipts(order, "pay@x.example")["pay@x.example"]
    assert "Your reference: PO-2024/17\nComment: Bitte bis Freitag. Danke!\n" in text


def test_who_asks_is_not_others(ordered, receipts, owner):
    """A member of the account, or staff, who sends it to themselves."""
    order = ordered(comment=LURE)
    colleague = build.make_user()
    factories.make_member(order.account, colleague, "BILLING")
    found = receipts(order, f"{colleague.email}, x@x.example", asker=colleague)
    assert LURE in found[colleague.email]
    assert "evil" not in found["x@x.example"]


def test_the_notification_address_gets_no_link_either(ordered, owner, mailed):
    """The buyer names it at checkout, so it is others too."""
    ordered(comment=LURE, notification_email="victim@x.example")
    texts = [(recipient, words_of(message)) for recipient, message in mailed()]
    assert sum(recipient == "victim@x.example" for recipient, _ in texts) == 1
    assert not any("evil" in text for recipient, text in texts if recipient == "victim@x.example")
    assert any(LURE in text for recipient, text in texts if recipient == owner.email)


def test_what_was_stored_with_line_ends_is_one_line(ordered, receipts):
    """Stored before there was the rule."""
    order = ordered()
    LicenseOrder.objects.filter(pk=order.pk).update(
        comment="Dear customer,\r\n\r\npay\u2028now", purchase_order_reference="PO-7\n-- \nAcme"
    )
    text = receipts(order, "pay@x.example")["pay@x.example"]
    assert "Your reference: PO-7 -- Acme\nComment: Dear customer, pay now\n" in text


def test_every_bad_address_is_named(api, owner, ordered, gid, unchanged):
    """Also those that are refused for another reason than the first."""
    order = ordered()
    emails = "a@x.example\uff0c nonsense; \u200bb@x.example\u2060, Foo <c@x.example>, ü@x.example"
    with unchanged():
        answer = api(owner)(
            RECEIPT, {"input": {"order": gid("LicenseOrder", order), "emails": emails}}
        )
    (error,) = answer["data"]["licenseOrderReceiptSend"]["errors"]
    assert (error["field"], error["code"]) == ("emails", "DISPLAY_NAME_NOT_ALLOWED")
    assert error["params"] == [
        {"name": "addresses", "value": bad}
        for bad in ("Foo <c@x.example>", "nonsense", "ü@x.example")
    ]


def test_a_full_width_comma_separates_and_the_invisible_is_trimmed(ordered, receipts):
    found = receipts(ordered(), "a@x.example\uff0c\u200bb@x.example\u2060")
    assert sorted(found) == ["a@x.example", "b@x.example"]


def test_ten_an_hour_for_each_order(api, owner, ordered, gid, unchanged):
    """Of 500 in one request 480 had left before, each with 20 addresses."""
    order, other = ordered(), ordered()
    ask = api(owner)
    given = {"input": {"order": gid("LicenseOrder", order), "emails": "a@x.example"}}
    for _ in range(10):
        assert outcome(ask(RECEIPT, given), "licenseOrderReceiptSend") == "OK"
    with unchanged():
        assert outcome(ask(RECEIPT, given), "licenseOrderReceiptSend") == "RATE_LIMITED"
    given["input"]["order"] = gid("LicenseOrder", other)
    assert outcome(ask(RECEIPT, given), "licenseOrderReceiptSend") == "OK"

    used = Throttle.objects.filter(rule="order_receipt")
    used.update(used_at=F("used_at") - timedelta(hours=1))
    given["input"]["order"] = gid("LicenseOrder", order)
    assert outcome(ask(RECEIPT, given), "licenseOrderReceiptSend") == "OK"
