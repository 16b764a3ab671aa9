"""One e-mail leaves: C5 to C7, T-EML-06, K03. The mail server is real."""

from __future__ import annotations

import logging
from datetime import timedelta

import factories as make
import pytest

from saleor_esd_plugin.emails import send
from saleor_esd_plugin.emails.models import Delivery
from saleor_esd_plugin.emails.send import due_deliveries, send_delivery
from saleor_esd_plugin.events.models import Event
from saleor_esd_plugin.host.db import now
from saleor_esd_plugin.keys.models import LicenseKey
from saleor_esd_plugin.orders.models import LicenseOrder


class Killed(BaseException):
    """Stands for kill -9: nothing catches it."""


@pytest.fixture
def mail(configure, deliveries_for):
    """The key mail of a released license."""
    configure(sender_name="Acme Shop", sender_address="licenses@acme.example")
    make.make_released(1, email="buyer@example.com")
    return deliveries_for("license.released")[0]


def later(delivery, **ago):
    """Let time pass for a delivery."""
    delivery.refresh_from_db()
    delivery.due_at -= timedelta(**ago)
    if delivery.leased_until:
        delivery.leased_until -= timedelta(**ago)
    delivery.save()


def test_a_mail_has_one_recipient_and_comes_from_the_one_sender(mail, smtp):
    """T-EML-06, K03: one To, no Cc or Bcc, From as configured, a Message-ID that stays."""
    send_delivery(mail.pk)

    (message,) = smtp.messages
    assert message.envelope_to == ["buyer@example.com"]
    assert message.envelope_from == "licenses@acme.example"
    assert message.get_all("To") == ["buyer@example.com"]
    assert (message["Cc"], message["Bcc"]) == (None, None)
    assert message["From"] == "Acme Shop <licenses@acme.example>"
    assert message["Message-ID"] == f"<esd.{mail.pk}@acme.example>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message.get_content_type() == "multipart/alternative"
    mail.refresh_from_db()
    assert (mail.status, mail.attempts, mail.error, mail.leased_until) == ("SENT", 1, "", None)
    assert mail.sent_at is not None


def test_sent_once_however_often_the_task_comes(mail, smtp):
    """C7, invariant 5."""
    for _ in range(3):
        send_delivery(mail.pk)
    assert len(smtp.messages) == 1
    assert mail.pk not in due_deliveries(10)


def test_a_leased_delivery_is_left_to_its_worker(mail, smtp):
    """C6: until the lease ends."""
    Delivery.objects.update(leased_until=now() + timedelta(minutes=4))
    send_delivery(mail.pk)
    assert (smtp.messages, due_deliveries(10)) == ([], [])

    Delivery.objects.filter(pk=mail.pk).update(leased_until=now() - timedelta(seconds=1))
    assert due_deliveries(10) == [mail.pk]


@pytest.mark.parametrize("point", ["before the server", "after the server"])
def test_a_killed_worker_loses_nothing(mail, smtp, monkeypatch, point):
    """C5, C6: twice only between the server's yes and our mark, with the same Message-ID."""
    original = send._hand_to_server

    def die(*args):
        if point == "after the server":
            original(*args)
        raise Killed

    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(send, "_hand_to_server", die)
        send_delivery(mail.pk)
    mail.refresh_from_db()
    assert (mail.status, mail.attempts) == ("QUEUED", 1)
    send_delivery(mail.pk)
    assert len(smtp.messages) == (1 if point == "after the server" else 0)

    later(mail, minutes=6)
    send_delivery(mail.pk)

    assert len(smtp.messages) == (2 if point == "after the server" else 1)
    assert {message["Message-ID"] for message in smtp.messages} == {f"<esd.{mail.pk}@acme.example>"}
    mail.refresh_from_db()
    assert (mail.status, mail.attempts) == ("SENT", 2)


def test_keys_are_revealed_with_the_lease(mail, smtp, monkeypatch):
    """Section 2.5: REVEALED commits with the lease, so before the mail leaves."""
    seen = []
    monkeypatch.setattr(
        send,
        "_hand_to_server",
        lambda *args: (
            seen.append(LicenseKey.objects.filter(revealed_at=None).count()) or "",
            False,
        ),
    )
    assert LicenseKey.objects.filter(revealed_at=None).count() == 1
    send_delivery(mail.pk)
    assert seen == [0]
    event = Event.objects.get(type="license_key.revealed")
    assert (event.actor_kind, event.reason) == ("SYSTEM", "e-mail")


def test_waiting_grows_and_ends(mail, smtp):
    """C6: 1, 5, 15, 60 minutes, 4, 24 hours, then FAILED and an event; always the same Message-ID."""
    smtp.refuses_all = "451 try later"
    waits = []
    for attempt in range(1, 8):
        send_delivery(mail.pk)
        mail.refresh_from_db()
        assert (mail.attempts, mail.leased_until) == (attempt, None)
        assert mail.error == "SMTPRecipientsRefused 451"
        waits.append(round((mail.due_at - now()).total_seconds() / 60))
        later(mail, hours=25)

    assert waits[:6] == [1, 5, 15, 60, 240, 1440]
    assert mail.status == "FAILED"
    event = Event.objects.get(type="delivery.failed")
    assert (event.subject_id, event.order_id, event.account_id) == (
        mail.pk,
        mail.order_id,
        mail.account_id,
    )
    assert event.data == {"kind": "LICENSE_KEYS", "error": "SMTPRecipientsRefused 451"}
    smtp.refuses_all = ""
    send_delivery(mail.pk)
    assert smtp.messages == []


def test_before_its_time_nothing_is_tried(mail, smtp):
    smtp.refuses_all = "451 try later"
    send_delivery(mail.pk)
    smtp.refuses_all = ""
    send_delivery(mail.pk)
    assert smtp.messages == []
    later(mail, minutes=2)
    send_delivery(mail.pk)
    assert len(smtp.messages) == 1


def test_a_refused_address_fails_at_once(mail, smtp):
    """C6: 5xx for the recipient is final."""
    smtp.refused.add("buyer@example.com")
    send_delivery(mail.pk)
    mail.refresh_from_db()
    assert (mail.status, mail.attempts, mail.error) == ("FAILED", 1, "SMTPRecipientsRefused 550")
    assert Event.objects.filter(type="delivery.failed").count() == 1


def test_a_server_that_is_down_is_tried_again(mail, settings, smtp):
    settings.EMAIL_PORT = 1
    send_delivery(mail.pk)
    mail.refresh_from_db()
    assert (mail.status, mail.attempts, mail.error) == ("QUEUED", 1, "ConnectionRefusedError")


@pytest.mark.parametrize(
    "backend, error",
    [
        ("", "EMAIL_BACKEND is not set: set EMAIL_URL."),
        (
            "django.core.mail.backends.console.EmailBackend",
            "EMAIL_BACKEND would write keys to a log or file: set EMAIL_URL.",
        ),
        (
            "django.core.mail.backends.filebased.EmailBackend",
            "EMAIL_BACKEND would write keys to a log or file: set EMAIL_URL.",
        ),
    ],
)
def test_without_a_mail_server_the_mail_waits_and_no_key_is_opened(
    mail, settings, backend, error, capfd
):
    """Section 6: console and file backends are refused without DEBUG. 3.x has none unless EMAIL_URL is set."""
    settings.EMAIL_BACKEND = backend
    send_delivery(mail.pk)
    mail.refresh_from_db()
    assert (mail.status, mail.attempts, mail.error) == ("QUEUED", 0, error)
    assert timedelta(minutes=14) < mail.due_at - now() < timedelta(minutes=16)
    assert LicenseKey.objects.filter(revealed_at=None).count() == 1
    assert capfd.readouterr().out == ""


def test_a_locked_key_ring_keeps_the_mail_waiting(mail, smtp, monkeypatch):
    """Section 2.6: it leaves when the ring is back; nobody counts these as attempts."""
    from saleor_esd_plugin.keys.errors import KeyringLocked

    def locked(*args, **kwargs):
        raise KeyringLocked(["ESD_ENC_KEYS is not set."] * 20)

    with monkeypatch.context() as patch:
        patch.setattr("saleor_esd_plugin.emails.mails.keys.open_keys", locked)
        send_delivery(mail.pk)
    mail.refresh_from_db()
    assert (mail.status, mail.attempts) == ("QUEUED", 0)
    assert mail.error.startswith("The license keys are locked.")
    later(mail, hours=1)
    send_delivery(mail.pk)
    assert len(smtp.messages) == 1


def test_while_the_plugin_is_off_everything_stays_queued(mail, smtp, configure):
    configure(active=False)
    send_delivery(mail.pk)
    mail.refresh_from_db()
    assert (mail.status, mail.attempts, mail.error, smtp.messages) == ("QUEUED", 0, "", [])
    configure(active=True, sender_address="licenses@acme.example")
    send_delivery(mail.pk)
    assert len(smtp.messages) == 1


def test_what_was_taken_back_is_not_mailed(mail, smtp):
    """C6: no longer released, so SUPPRESSED; no key is revealed for it."""
    LicenseOrder.objects.update(cancelled_at=now())
    send_delivery(mail.pk)
    mail.refresh_from_db()
    assert (mail.status, smtp.messages) == ("SUPPRESSED", [])
    assert mail.error == "The order was cancelled or refunded."
    assert LicenseKey.objects.filter(revealed_at=None).count() == 1


def test_a_broken_template_reveals_nothing_and_is_tried_again(mail, smtp, monkeypatch, caplog):
    """T-LOG-02: neither key nor address in log, error or exception; the reveal is rolled back."""
    canary = make.licenses_of(LicenseOrder.objects.get())[0].key
    from saleor_esd_plugin.keys.ring.vault import decrypt

    clear = decrypt(canary).reveal()

    def broken(name, values):
        raise ValueError(f"cannot print {values['licenses'][0]['key'].reveal()}")

    monkeypatch.setattr("saleor_esd_plugin.emails.render._text", broken)
    with caplog.at_level(logging.DEBUG):
        send_delivery(mail.pk)
    mail.refresh_from_db()
    assert (mail.status, mail.attempts, mail.error) == (
        "QUEUED",
        1,
        "CannotRender license_keys: ValueError",
    )
    assert clear not in caplog.text and "buyer@example.com" not in caplog.text
    assert "ValueError" in caplog.text
    assert LicenseKey.objects.filter(revealed_at=None).count() == 1


def test_no_key_and_no_address_in_the_log_when_the_server_quotes_the_mail(mail, smtp, caplog):
    """T-LOG: the server's own words are not kept."""
    smtp.refuses_all = "550 buyer@example.com said something secret"
    with caplog.at_level(logging.WARNING):
        send_delivery(mail.pk)
    mail.refresh_from_db()
    assert mail.error == "SMTPRecipientsRefused 550"
    assert "secret" not in caplog.text and "buyer" not in caplog.text


def test_due_ones_come_in_order(mail):
    make.make_released(1)
    from saleor_esd_plugin.emails.catalog import deliveries_of

    deliveries_of(Event.objects.filter(type="license.released").latest("pk"))
    ids = list(Delivery.objects.order_by("due_at", "pk").values_list("pk", flat=True))
    assert len(ids) == 4
    assert due_deliveries(10) == ids
    assert due_deliveries(2) == ids[:2]
    Delivery.objects.filter(pk=ids[0]).update(due_at=now() + timedelta(minutes=1))
    Delivery.objects.filter(pk=ids[1]).update(status="SENT")
    assert due_deliveries(10) == ids[2:]


def test_two_workers_send_one_mail(live_db, smtp, monkeypatch):
    """C6, C7: eight at once; the lease lets one through."""
    from concurrent.futures import ThreadPoolExecutor

    from django.db import connection, transaction

    from saleor_esd_plugin.emails.catalog import deliveries_of
    from saleor_esd_plugin.events.record import record
    from saleor_esd_plugin.events.types import EventType

    # Otherwise the commit itself would send it.
    monkeypatch.setattr("saleor_esd_plugin.events.record._wake", lambda event_id: None)
    address = live_db("buyer") + "@example.com"
    with transaction.atomic():
        order = make.make_license_order(1, email=address)
        event = record(
            EventType.LICENSE_ORDER_REJECTED, order.pk, actor=make.STAFF, order_id=order.pk
        )
        (delivery_id,) = deliveries_of(Event.objects.get(pk=event))

    def work(_):
        try:
            send_delivery(delivery_id)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(work, range(8)))

    assert [message["To"] for message in smtp.messages] == [address]
    assert Delivery.objects.get(pk=delivery_id).attempts == 1
