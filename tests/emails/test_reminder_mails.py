"""What a reminder says, as it arrives at a real server, and how its reader stops them (RFC 8058)."""

from __future__ import annotations

import base64
import re
from datetime import datetime, timedelta, timezone

import build
import factories as make
import pytest
from django.test import Client, RequestFactory

from saleor_esd_plugin import pages
from saleor_esd_plugin.emails import reminding
from saleor_esd_plugin.emails.delivery_preview import preview_delivery
from saleor_esd_plugin.emails.mails import reminders as mail
from saleor_esd_plugin.emails.models import Delivery, ReminderOptOut
from saleor_esd_plugin.events.models import Event
from saleor_esd_plugin.keys.formats import masked
from saleor_esd_plugin.licenses.models import License
from saleor_esd_plugin.licenses.units import assign_licenses

pytestmark = pytest.mark.django_db

TODAY = datetime(2031, 3, 10, 10, tzinfo=timezone.utc)
DAY = timedelta(days=1)
UNSUBSCRIBE = re.compile(r"<(https?://[^/]+/plugins/global/esd(/unsubscribe/\S+))>")


@pytest.fixture(autouse=True)
def clock(monkeypatch, settings):
    settings.TIME_ZONE = "UTC"
    monkeypatch.setattr(reminding, "now", lambda: TODAY)
    monkeypatch.setattr(mail, "now", lambda: TODAY)
    reminding.signs.note_reminded((TODAY - DAY).date())


def released(quantity=1, *, expires_in=30 * DAY, **fields):
    variant = build.make_variant("Office", sku=make.unique("SKU"))
    policy = make.make_policy(keys=quantity, variant=variant, term="P1Y", reminder_offsets=[30, 0])
    made = make.make_released(quantity, policy=policy, email="buyer@x.example", **fields)
    at = TODAY + expires_in
    License.objects.filter(order_line__order=made[0].order_line.order).update(
        expires_at=at,
        grace_until=at + 30 * DAY,
        retained_until=at + 120 * DAY,
        term_set_at=TODAY - 300 * DAY,
    )
    return make.licenses_of(made[0].order_line.order)


def assigned(quantity=1, *, name="Müller & Söhne", **fields):
    made = released(quantity, **fields)
    customer = make.make_end_customer(made[0].account, email="it@end.example", name=name)
    assign_licenses([one.pk for one in made], end_customer_id=customer.pk, actor=make.STAFF)
    return make.licenses_of(made[0].order_line.order)


@pytest.fixture
def reminded(deliveries_for):
    def reminded():
        reminding.remind_of_expiries()
        return deliveries_for("license.reminded")

    return reminded


def of(arrived, to):
    (letter,) = [letter for letter in arrived if letter.to == to]
    return letter


def test_it_names_product_key_holder_and_what_stops_when(reminded, letters, configure):
    """M15, M17, M18: key masked, until when it may be used and renewed, a button to renew."""
    configure(
        sender_address="licenses@acme.example",
        renewal_address="https://shop.example/renew?license={license}",
    )
    (license,) = assigned()

    arrived = letters(reminded())

    assert sorted(letter.to for letter in arrived) == ["buyer@x.example", "it@end.example"]
    global_id = base64.b64encode(f"License:{license.pk}".encode()).decode().rstrip("=")
    for letter in arrived:
        assert letter.subject == "Office (Standard): the license expires on April 9, 2031"
        assert "This license is about to expire:" in letter.text
        assert f"Key: {masked(license.key)}" in letter.text
        assert "Holder: Müller & Söhne" in letter.text
        assert "Expires on: April 9, 2031" in letter.text
        assert "Can be used until: May 9, 2031" in letter.text
        assert "Can be renewed until: Aug. 7, 2031" in letter.text
        link = f"https://shop.example/renew?license={global_id}"
        assert link in letter.text and f'<a class="button" href="{link}' in letter.html
        assert "Müller &amp; Söhne" in letter.html and masked(license.key) in letter.html
    license.key.refresh_from_db()
    assert license.key.revealed_at is None


def test_who_looks_at_one_gets_no_link_that_stops_them(reminded):
    """It works for ever, and for whoever has it."""
    assigned()
    for delivery in reminded():
        shown = preview_delivery(delivery)
        assert shown.problem == "" and "•••••" in shown.text
        assert "/unsubscribe/" not in shown.text


def test_what_has_expired_is_told_so(reminded, letters):
    released(expires_in=-timedelta(hours=2))
    (letter,) = letters(reminded())
    assert letter.subject == "Office (Standard): the license expired on March 10, 2031"
    assert "This license has expired:" in letter.text
    assert "Expired on: March 10, 2031" in letter.text


def test_the_way_to_renew_is_the_portal_for_members_only(reminded, letters, configure):
    """Without a page of the storefront; an end customer has no account there."""
    configure(sender_address="licenses@acme.example", has_portal=True)
    (license,) = assigned(user=build.make_user("buyer@x.example"))

    arrived = letters(reminded())

    order = f"/plugins/global/esd/portal/purchases/{license.order_line.order_id}"
    assert order in of(arrived, "buyer@x.example").text
    assert order not in of(arrived, "it@end.example").text
    assert "To renew, ask whoever sold you the license." in of(arrived, "it@end.example").text
    assert 'class="button"' not in of(arrived, "it@end.example").html


def test_more_than_five_are_one_list(reminded, letters, configure, monkeypatch):
    configure(sender_address="a@acme.example", renewal_address="https://shop.example/{license}")
    made = released(7)
    monkeypatch.setattr(mail, "LICENSES_PER_MAIL", 6)

    (letter,) = letters(reminded())

    assert letter.subject == "7 licenses have expired or are about to"
    assert "And 1 more." in letter.text and "And 1 more." in letter.html
    listed = [one for one in made if masked(one.key) in letter.text]
    assert len({masked(one.key) for one in listed}) == 6
    assert letter.html.count('href="https://shop.example/') == 6
    assert 'class="button"' not in letter.html


def test_what_renewing_costs_is_looked_up_once_and_written_as_its_reader_does(
    reminded, in_each_language, configure, monkeypatch
):
    """M15: by the license's own term; the shop's list price where nothing else renews it."""
    released(7)
    asked, price_of_term = [], mail.price_of_term
    monkeypatch.setattr(mail, "price_of_term", lambda *by: asked.append(by) or price_of_term(*by))

    (english, spanish, _) = [letter for _, letter in in_each_language(reminded())]

    assert english.text.count("Price of renewing: $10.00") == 7
    assert english.html.count("Price of renewing: $10.00") == 7
    assert "Precio de la renovación: 10,00" in spanish.text
    assert len(asked) == 3


def test_customers_of_a_reseller_do_not_read_what_the_reseller_pays(reminded, letters):
    license, _ = assigned(2)
    type(license.account).objects.update(is_reseller=True)

    arrived = letters(reminded())

    for letter in arrived:
        assert ("Price of renewing: $10.00" in letter.text) == (letter.to == "buyer@x.example")
    assert len(arrived) == 4


def test_it_comes_in_each_language(reminded, in_each_language):
    released(6)
    assert [letter.subject for _, letter in in_each_language(reminded())] == [
        "6 licenses have expired or are about to",
        "6 licencias han vencido o están a punto de vencer",
        "6 licenças venceram ou estão prestes a vencer",
    ]


def test_a_name_that_holds_a_link_is_left_out(reminded, letters):
    assigned(name="win.example/now")
    for letter in letters(reminded()):
        assert "win.example" not in letter.text + letter.html


LATER = {
    "renewed": {"expires_at": TODAY + 400 * DAY},
    "suspended": {"suspended_at": TODAY, "suspension_causes": ["PAYMENT"]},
    "cancelled": {"fulfillment": "RETURNED", "ended_at": TODAY},
    "given on": {"fulfillment": "RELEASED", "end_customer": None},
}


@pytest.mark.parametrize("what", LATER)
def test_what_changed_before_the_mail_left_is_not_told(reminded, letters, what):
    assigned()
    made = reminded()
    change = dict(LATER[what])
    if "expires_at" in change:
        change.update(grace_until=change["expires_at"], retained_until=change["expires_at"])
    License.objects.update(**change)

    to = {letter.to for letter in letters(made)}

    assert to == ({"buyer@x.example"} if what == "given on" else set())
    stopped = Delivery.objects.get(kind="LICENSES_EXPIRE", recipient="it@end.example")
    assert stopped.status == "SUPPRESSED" and stopped.error.startswith("All of these licenses")


def unsubscribe_path(letter):
    """What stands in the header, which the link in the text leads to as well."""
    found = UNSUBSCRIBE.fullmatch(letter.message["List-Unsubscribe"].strip())
    assert found.group(1) in letter.text and found.group(1) in letter.html
    return found.group(2)


def ask(path, method="get", data=None, **headers):
    request = getattr(RequestFactory(), method)("/plugins/global/esd" + path, data, **headers)
    return pages.respond(request, path)


def test_one_click_stops_reminders_and_nothing_else(reminded, letters):
    """RFC 8058: a POST without cookies, to the address in the header, with this very body."""
    assigned()
    arrived = letters(reminded())
    letter = of(arrived, "it@end.example")
    assert letter.message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"

    answer = ask(unsubscribe_path(letter), "post", {"List-Unsubscribe": "One-Click"})

    assert answer.status_code == 200
    assert list(ReminderOptOut.objects.values_list("address", flat=True)) == ["it@end.example"]
    # Its next reminder does not leave, though it was made before; the buyer's does.
    Delivery.objects.filter(kind="LICENSES_EXPIRE").update(status="QUEUED")
    queued = list(Delivery.objects.filter(kind="LICENSES_EXPIRE"))
    assert [letter.to for letter in letters(queued)] == ["buyer@x.example"]
    # A mail that brings a key has no such header, and leaves.
    (keys,) = letters(make_deliveries("license.assigned"))
    assert keys.to == "it@end.example" and keys.message["List-Unsubscribe"] is None


def test_the_shop_routes_the_click_of_a_mail_program(reminded, letters):
    """Through the host's own routes, or ours on Saleor 2.10; without a cookie, from elsewhere."""
    released()
    (letter,) = letters(reminded())
    address = "/plugins/global/esd" + unsubscribe_path(letter)

    assert Client().get(address).status_code == 200
    click = Client(enforce_csrf_checks=True).post(address, {"List-Unsubscribe": "One-Click"})

    assert click.status_code == 200
    assert ReminderOptOut.objects.get().address == "buyer@x.example"


def make_deliveries(type):
    from saleor_esd_plugin.emails.catalog import deliveries_of

    event = Event.objects.filter(type=type).latest("pk")
    return list(Delivery.objects.filter(pk__in=deliveries_of(event)))


@pytest.mark.parametrize(
    "language, words",
    [
        ("en", "No more reminders go to"),
        ("es", "Ya no se envían recordatorios a"),
        ("pt-br", "Nenhum lembrete será mais enviado para"),
    ],
)
def test_the_page_asks_first_and_speaks_three_languages(reminded, letters, language, words):
    released()
    (letter,) = letters(reminded())
    path = unsubscribe_path(letter)

    page = ask(path, HTTP_ACCEPT_LANGUAGE=language)

    assert page.status_code == 200 and not ReminderOptOut.objects.exists()
    assert page["Cache-Control"] == "no-store" and page["Referrer-Policy"] == "no-referrer"
    html = page.content.decode()
    assert "buyer@x.example" in html and words not in html
    assert f'<form method="post" action="/plugins/global/esd{path}">' in html
    done = ask(path, "post", HTTP_ACCEPT_LANGUAGE=language).content.decode()
    assert words in done and "<form" not in done
    assert ReminderOptOut.objects.count() == 1


@pytest.mark.parametrize("token", ["x", "ImFAeC5leGFtcGxlIg:1abc:forged", "a:b:c:d"])
def test_a_forged_link_stops_nothing(token):
    for method in ("get", "post"):
        assert ask(f"/unsubscribe/{token}", method).status_code == 404
    assert not ReminderOptOut.objects.exists()
    assert ask("/unsubscribe/", "get") is None
    assert ask("/claim/more", "get") is None


def test_other_methods_are_refused(reminded, letters):
    released()
    (letter,) = letters(reminded())
    assert ask(unsubscribe_path(letter), "put").status_code == 405
