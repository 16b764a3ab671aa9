"""What becomes of a buyer's mails when the shop corrects the address."""

from __future__ import annotations

from datetime import timedelta
from importlib import import_module

import build
import factories as make
import pytest
from django.db import connection

from saleor_esd_plugin import tasks
from saleor_esd_plugin.accounts.invitations import accept_invitation, issue_invitation
from saleor_esd_plugin.emails import invariants, send
from saleor_esd_plugin.emails.catalog import deliveries_of
from saleor_esd_plugin.emails.contents import contents_of
from saleor_esd_plugin.emails.models import Delivery
from saleor_esd_plugin.emails.resending import resend_license_email
from saleor_esd_plugin.emails.send import send_delivery
from saleor_esd_plugin.errors import Required
from saleor_esd_plugin.events.models import Event
from saleor_esd_plugin.host.db import now
from saleor_esd_plugin.keys.ring.vault import decrypt
from saleor_esd_plugin.licenses.handover import reveal_license_key
from saleor_esd_plugin.licenses.models import ClaimLink
from saleor_esd_plugin.licenses.replacement import replace_license_keys
from saleor_esd_plugin.orders.approval import approve_license_order
from saleor_esd_plugin.orders.buyer_address import read_buyer_address

pytestmark = pytest.mark.django_db

OLD, NEW, STAFF = "bayer@example.com", "buyer@example.com", "staff@acme.example"
CHANGED = "license_order.buyer_address_changed"


def ordered(quantity=1, *, email=OLD, **policy):
    """A guest's order that nobody has approved."""
    return make.make_license_order(
        quantity, policy=make.make_policy(keys=quantity + 2, **policy), email=email
    )


def approve(order):
    approve_license_order(order.pk, actor=make.STAFF)


def correct(order, email=NEW):
    build.set_email(build.find_order(order.order_uuid), email)


def clear(license):
    return decrypt(license.key).reveal()


def key_mail(order):
    return Delivery.objects.filter(order_id=order.pk, kind="LICENSE_KEYS").latest("pk")


def test_a_mail_that_waits_goes_to_the_new_address(follow, smtp):
    """It was made before the correction, and is read again when it leaves."""
    order = ordered()
    approve(order)
    for event in Event.objects.filter(type="license.released"):
        deliveries_of(event)
    mail = key_mail(order)
    correct(order)

    send_delivery(mail.pk)

    (message,) = smtp.messages
    assert message["To"] == NEW
    mail.refresh_from_db()
    assert (mail.recipient, mail.status) == (NEW, "SENT")
    assert order.account.invitations.get().email == NEW
    assert Event.objects.get(type=CHANGED).facts["after"] == NEW


@pytest.mark.parametrize("answer", ["550 no such mailbox", "451 try later"])
def test_what_the_old_address_did_not_take_leaves_at_once_for_the_new_one(follow, smtp, answer):
    """A mistyped address mostly ends so: given up, or waiting for hours to be tried there again."""
    order = ordered()
    smtp.refuses_all = answer
    approve(order)
    assert follow() == []
    # The confirmation was not tried: it waits for its minute, and says nothing new once there is a release.
    tried = Delivery.objects.filter(order_id=order.pk).exclude(kind="ORDER_CONFIRMED")
    assert {row.status for row in tried} == {"FAILED" if answer.startswith("550") else "QUEUED"}
    smtp.refuses_all = ""
    correct(order)

    read_buyer_address(order.pk)

    assert follow() == [
        (NEW, "ADDRESS_CHANGED"),
        (NEW, "LICENSE_KEYS"),
        (NEW, "ORDER_RELEASED"),
    ]
    assert follow.text.count(clear(make.licenses_of(order)[0])) == 1
    # Told again, nothing leaves again.
    assert deliveries_of(Event.objects.get(type=CHANGED)) == []


def test_an_order_that_had_no_address_gets_its_keys_when_it_has_one(follow):
    """Entered by staff, who add the address later; until then there is nobody to mail."""
    policy = make.make_policy(keys=4)
    entered = build.make_order([(build.find_variant(policy.variant_ref), 2)], email="", paid=True)
    order = make.record(entered)
    approve(order)
    assert follow() == []
    (license, _) = make.licenses_of(order)
    with pytest.raises(Required) as error:
        resend_license_email(license.pk, actor=make.STAFF)
    assert error.value.field == "license"
    correct(order)

    read_buyer_address(order.pk)

    assert follow() == [(NEW, "LICENSE_KEYS"), (NEW, "ORDER_RELEASED")]
    assert list(invariants.violations()) == []
    order.account.refresh_from_db()
    assert (order.account.email, order.account.name) == (NEW, order.number)


def test_an_address_that_was_taken_away_fails_the_mail(follow):
    """So that staff see it; it leaves when the order has one again."""
    order = ordered()
    assert follow() == [(OLD, "ORDER_CONFIRMED"), (STAFF, "ORDER_WAITS")]
    correct(order, "")
    # Released by a worker that was told before.
    approve(order)
    for event in Event.objects.filter(type="license.released"):
        assert deliveries_of(event) == []
    assert follow() == []

    correct(order)
    read_buyer_address(order.pk)

    assert follow() == [(NEW, "LICENSE_KEYS"), (NEW, "ORDER_RELEASED")]


def test_an_address_that_no_mail_can_go_to(follow, smtp):
    order = ordered()
    approve(order)
    for event in Event.objects.filter(type="license.released"):
        deliveries_of(event)
    mail = key_mail(order)
    correct(order, "buyer@localhost")

    send_delivery(mail.pk)

    mail.refresh_from_db()
    assert (mail.status, mail.error, smtp.messages) == ("FAILED", "INVALID_EMAIL", [])
    assert make.licenses_of(order)[0].key.revealed_at is None
    assert Event.objects.get(type="delivery.failed").data["error"] == "INVALID_EMAIL"
    correct(order)
    read_buyer_address(order.pk)
    assert (NEW, "LICENSE_KEYS") in follow()


def test_a_key_that_is_on_its_way_counts_as_gone(follow, smtp, monkeypatch):
    """Staff correct the address while the mail server listens."""
    order = ordered()
    approve(order)
    for event in Event.objects.filter(type="license.released"):
        deliveries_of(event)
    mail = key_mail(order)
    original = send._hand_to_server

    def corrected_meanwhile(*args):
        correct(order)
        read_buyer_address(order.pk)
        return original(*args)

    with monkeypatch.context() as patch:
        patch.setattr(send, "_hand_to_server", corrected_meanwhile)
        send_delivery(mail.pk)

    assert [message["To"] for message in smtp.messages] == [OLD]
    assert (STAFF, "KEYS_AT_OLD_ADDRESS") in follow()


def test_a_link_that_is_on_its_way_is_dead_on_arrival(follow, smtp, monkeypatch):
    order = ordered(delivery="CLAIM_LINK")
    approve(order)
    for event in Event.objects.filter(type="license.released"):
        deliveries_of(event)
    mail = key_mail(order)
    original = send._hand_to_server

    def corrected_meanwhile(*args):
        correct(order)
        read_buyer_address(order.pk)
        return original(*args)

    with monkeypatch.context() as patch:
        patch.setattr(send, "_hand_to_server", corrected_meanwhile)
        # Its reaction comes while this mail is leased.
        send_delivery(mail.pk)
    deliveries_of(Event.objects.get(type=CHANGED))

    assert not ClaimLink.objects.filter(voided_at=None).exists()
    assert (NEW, "LICENSE_KEYS") in follow()
    assert ClaimLink.objects.get(voided_at=None).email == NEW


def test_one_mail_with_one_link_however_many_are_due(follow):
    """A link died, and its mail is sent again, at the same moment: the second must not kill the first."""
    order = ordered(2, delivery="CLAIM_LINK")
    approve(order)
    follow()
    first, second = make.licenses_of(order)
    correct(order)

    resend_license_email(first.pk, actor=make.STAFF)

    assert follow() == [
        (NEW, "ADDRESS_CHANGED"),
        (NEW, "LICENSE_KEYS"),
        (NEW, "LICENSE_KEYS"),
    ]
    links = ClaimLink.objects.filter(voided_at=None)
    assert {link.license_id: link.email for link in links} == {first.pk: NEW, second.pk: NEW}
    assert ClaimLink.objects.filter(email=NEW).count() == 2


def test_a_mail_that_waits_brings_the_new_link_itself(follow, smtp, run_commits):
    """The first try issued a link for the old address, and the server took it not. By the tasks and the sweep."""
    order = ordered(delivery="CLAIM_LINK")
    smtp.refuses_all = "451 try later"
    approve(order)
    run_commits()
    smtp.refuses_all = ""
    assert ClaimLink.objects.get().email == OLD
    correct(order)
    Delivery.objects.update(due_at=now() - timedelta(seconds=1))

    tasks.reconcile_all()
    run_commits()

    assert follow.arrived().count((NEW, "LICENSE_KEYS")) == 1
    assert ClaimLink.objects.get(voided_at=None).email == NEW


def test_a_replaced_key_is_no_matter_any_more(follow):
    """Of two keys at the old address one was replaced before the correction, the other after the notice."""
    order = ordered(2)
    approve(order)
    follow()
    first, second = make.licenses_of(order)
    replace_license_keys([first.pk], reason="read by a stranger", actor=make.STAFF)
    # It went to the old address as well.
    assert follow() == [(OLD, "LICENSE_KEYS")]
    replace_license_keys([first.pk], reason="and once more", actor=make.STAFF)
    correct(order)

    read_buyer_address(order.pk)

    assert follow() == [
        (NEW, "ADDRESS_CHANGED"),
        (NEW, "LICENSE_KEYS"),
        (STAFF, "KEYS_AT_OLD_ADDRESS"),
    ]
    notice = Delivery.objects.get(kind="KEYS_AT_OLD_ADDRESS")
    told = contents_of(notice)
    assert (told["old_address"], told["has_account"]) == (OLD, False)
    assert [each["masked_key"][-5:] for each in told["licenses"]] == [clear(second)[-5:]]


def test_mails_that_left_before_the_upgrade_are_known_too(follow):
    """Migration 0016 notes which keys were in them, by the policy of the order's lines."""
    inline, by_link = ordered(2), ordered(delivery="CLAIM_LINK", email="other@example.com")
    for order in (inline, by_link):
        approve(order)
    follow()
    as_later = {row.pk: row.data.get("in_clear") for row in Delivery.objects.all()}
    for row in Delivery.objects.all():
        row.data.pop("in_clear", None)
        row.save()
    migration = import_module("saleor_esd_plugin.migrations.0016_buyer_address")

    with connection.cursor() as cursor:
        cursor.execute(migration.KEYS_IN_CLEAR)

    noted = {row.pk: row.data.get("in_clear") for row in Delivery.objects.all()}
    assert noted == {pk: keys or None for pk, keys in as_later.items()}
    assert sorted(map(len, filter(None, noted.values()))) == [2]


def test_an_account_taken_over_at_the_old_address_is_told(follow):
    """Whoever has it can read keys of any mail, so staff hear of it though no key was mailed."""
    order = ordered(delivery="CLAIM_LINK")
    approve(order)
    follow()
    stranger = build.make_user()
    token = issue_invitation(order.account_id, email=OLD)
    accept_invitation(token, actor=make.actor_for(stranger))
    correct(order)

    read_buyer_address(order.pk)

    assert follow() == [(NEW, "LICENSE_KEYS"), (STAFF, "KEYS_AT_OLD_ADDRESS")]
    assert "Somebody took the buyer's account over" in follow.text


def test_staff_who_read_a_key_are_told_to_the_accounts_address_of_now(follow):
    order = ordered()
    approve(order)
    follow()
    (license,) = make.licenses_of(order)
    reveal_license_key(license.pk, actor=make.STAFF, reason="asked by telephone")
    correct(order)
    read_buyer_address(order.pk)

    assert (NEW, "KEY_REVEALED") in follow()


def test_the_letters_in_each_language(follow, settings, in_each_language):
    """The staff's is in the shop's language."""
    settings.LANGUAGE_CODE = "es"
    order = make.make_license_order(1, email=OLD, language="pt-br")
    approve(order)
    follow()
    correct(order)
    read_buyer_address(order.pk)
    follow()
    notices = Delivery.objects.filter(kind__in=["ADDRESS_CHANGED", "KEYS_AT_OLD_ADDRESS"])
    notices = list(notices.order_by("kind"))
    assert [(row.recipient, row.language) for row in notices] == [(NEW, "pt-br"), (STAFF, "es")]

    arrived = in_each_language(notices)

    assert [(language, letter.to, letter.subject.strip()) for language, letter in arrived] == [
        (language, to, f"{words} {order.number}: {subject}")
        for language, words, *subjects in (
            (
                *("en", "Order"),
                "we write to this address from now on",
                "the buyer's old address has keys",
            ),
            (
                *("es", "Pedido"),
                "a partir de ahora escribimos a esta dirección",
                "la dirección anterior del comprador tiene claves",
            ),
            (
                *("pt-br", "Pedido"),
                "a partir de agora escrevemos para este endereço",
                "o endereço anterior do comprador tem chaves",
            ),
        )
        for to, subject in zip((NEW, STAFF), subjects)
    ]
    for _, letter in arrived:
        assert "{{" not in letter.text and "{%" not in letter.text
        assert OLD in letter.text or letter.to == NEW
