"""What the mails say, as they arrive at a real server."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from uuid import UUID

import build
import factories as make
import pytest

from saleor_esd_plugin.accounts.invitations import accept_invitation
from saleor_esd_plugin.accounts.models import Invitation
from saleor_esd_plugin.events.record import record
from saleor_esd_plugin.events.types import EventType
from saleor_esd_plugin.exports.columns import LICENSE_COLUMNS
from saleor_esd_plugin.exports.license_rows import LicenseRows
from saleor_esd_plugin.exports.requests import export_licenses, fetch_clear
from saleor_esd_plugin.host.db import now
from saleor_esd_plugin.host.types import SYSTEM, Actor
from saleor_esd_plugin.keys.ring.vault import decrypt
from saleor_esd_plugin.licenses.claim_links import find_claim
from saleor_esd_plugin.licenses.models import License
from saleor_esd_plugin.licenses.policies.models import LicensePolicy
from saleor_esd_plugin.licenses.units import assign_licenses
from saleor_esd_plugin.orders.approval import approve_license_order, reject_license_order
from saleor_esd_plugin.orders.models import LicenseOrder, LicenseOrderLine
from saleor_esd_plugin.orders.settlement import settle_license_order

pytestmark = pytest.mark.django_db

NOTIFIED = {
    "notification_email": "books@example.com",
    "purchase_order_reference": "PO-7 🚀",
    "comment": "Für <b>Bücher</b>",
}
LINK = re.compile(r"https?://\S+token=(\S+)")


def order(quantity=6, **fields):
    fields.setdefault("email", "buyer@example.com")
    return make.make_license_order(quantity, details=NOTIFIED, **fields)


def release(made, **approval):
    approve_license_order(made.pk, actor=make.STAFF, **approval)
    settle_license_order(made.pk)
    return made


def keys_of(made):
    return [decrypt(license.key).reveal() for license in make.licenses_of(made)]


def only(letters, to):
    (letter,) = [letter for letter in letters if letter.to == to]
    return letter


def test_the_confirmation_says_none_of_six_and_why(deliveries_for, letters):
    """I04, I05, I06, I09: number, reference, comment, "0 of 6", what is missing."""
    made = order()
    arrived = letters(deliveries_for("license_order.recorded"))

    assert sorted(letter.to for letter in arrived) == ["books@example.com", "buyer@example.com"]
    for letter in arrived:
        assert letter.subject == f"Order {made.number}: we have received it"
        assert "Your reference: PO-7 🚀" in letter.text
        assert "Comment: Für <b>Bücher</b>" in letter.text
        assert "0 of 6 available" in letter.text
        assert "waiting for the shop's approval: 6" in letter.text
        assert "Für &lt;b&gt;Bücher&lt;/b&gt;" in letter.html
        assert "0 of 6" in letter.html


def test_the_approval_notice_says_six_of_six_and_holds_no_key(deliveries_for, letters):
    """I04, I10, I11: to buyer and notification address; only the buyer gets keys."""
    made = release(order())
    arrived = letters(deliveries_for("license.released"))

    notices = [
        one for one in arrived if one.subject == f"Order {made.number}: 6 of 6 licenses are ready"
    ]
    assert sorted(letter.to for letter in notices) == ["books@example.com", "buyer@example.com"]
    clear = keys_of(made)
    assert len(clear) == 6
    for letter in notices:
        assert not any(key in letter.text + letter.html for key in clear)
    keys = [letter for letter in arrived if letter not in notices]
    assert [letter.to for letter in keys] == ["buyer@example.com"]
    assert all(key in keys[0].text and key in keys[0].html for key in clear)
    assert not License.objects.filter(key__revealed_at=None).exists()


def test_a_part_of_an_order_is_told_as_such(deliveries_for, letters):
    """ "4 of 6"."""
    made = order()
    line = LicenseOrderLine.objects.get(order=made)
    release(made, quantities={line.pk: 4})
    letter = only(letters(deliveries_for("license.released")[-1:]), "buyer@example.com")
    assert letter.subject == f"Order {made.number}: 4 of 6 licenses are ready"
    assert "waiting for the shop's approval: 2" in letter.text


def test_what_is_approved_but_missing_is_explained(deliveries_for, letters):
    made = order(3, keys=1, paid=False)
    approve_license_order(made.pk, actor=make.STAFF)
    settle_license_order(made.pk)
    letter = only(letters(deliveries_for("license_order.approved")), "buyer@example.com")
    assert letter.subject == f"Order {made.number}: approved, not complete yet"
    assert "waiting for payment: 3" in letter.text
    assert "waiting for new keys: 2" in letter.text


def test_backorder_rejection_and_end_are_told(deliveries_for, letters):
    made = order(3, keys=1)
    letter = only(letters(deliveries_for("license_order.backordered")), "buyer@example.com")
    assert letter.subject == f"Order {made.number}: some licenses come later"
    assert "waiting for new keys: 2" in letter.text

    reject_license_order(made.pk, reason="Not our <customer>", actor=make.STAFF)
    letter = only(letters(deliveries_for("license_order.rejected")), "books@example.com")
    assert letter.subject == f"Order {made.number}: not approved"
    assert "Reason: Not our <customer>" in letter.text
    assert "Not our &lt;customer&gt;" in letter.html
    # Of nothing that is left there is no "0 of 0".
    assert "- 3 x Product-" in letter.text and "0 of 0" not in letter.text + letter.html

    LicenseOrder.objects.update(cancelled_at=now())
    for type, words in (("cancelled", "cancelled"), ("refunded", "refunded")):
        event_type = EventType(f"license_order.{type}")
        record(event_type, made.pk, actor=SYSTEM, order_id=made.pk, account_id=made.account_id)
        letter = only(letters(deliveries_for(event_type.value)), "buyer@example.com")
        assert letter.subject == f"Order {made.number}: {words}"


def test_staff_learn_how_many_orders_wait(deliveries_for, letters, staff_address):
    staff_address("approvals@shop.example")
    before = LicenseOrder.objects.filter(approval="PENDING").count()
    order()
    made = order()
    (letter,) = letters(deliveries_for("license_order.allocated"))
    assert letter.to == "approvals@shop.example"
    assert letter.subject == f"License orders waiting for approval: {before + 2}"
    assert f"Order {made.number}" in letter.text
    assert "Buyer: buyer@example.com" in letter.text

    make.make_license_order(1)
    (waiting,) = deliveries_for("license_order.allocated")
    approve_license_order(waiting.order_id, actor=make.STAFF)
    assert letters([waiting]) == []
    assert waiting.status == "SUPPRESSED"


def test_the_activation_mail_has_key_and_instructions_in_the_readers_language(
    deliveries_for, in_each_language
):
    """I14, I18: text in HTML is escaped, T-EML-07; names of every script (issue, section 8)."""
    words = {
        "en": ("Hello", "Product key", "license valid until", "How to activate"),
        "pt-br": ("Olá", "Chave do produto", "licença válida até", "Como ativar"),
        "es": ("Hola", "Clave de producto", "licencia válida hasta el", "Cómo activar"),
    }
    policy = make.make_policy(keys=2, term="P1Y")
    LicensePolicy.objects.filter(pk=policy.pk).update(
        instructions={one: f"{one}: open <Setup> & https://x.example/" for one in words}
    )
    made = release(order(2, policy=policy))
    licenses = make.licenses_of(made)
    name = "<img src=x onerror=alert(1)> 株式会社 🚀"
    customer = make.make_end_customer(
        licenses[0].account, email="it@end.example", name=name, language="pt-br"
    )
    assign_licenses([one.pk for one in licenses], end_customer_id=customer.pk, actor=make.STAFF)
    (delivery,) = deliveries_for("license.assigned")
    assert delivery.language == "pt-br"

    arrived = dict(in_each_language([delivery]))

    assert set(arrived) == set(words)
    for language, letter in arrived.items():
        assert letter.to == "it@end.example"
        assert [word for word in words[language] if word not in letter.text] == [], language
        assert name in letter.text
        assert "<img" not in letter.html
        assert "&lt;img src=x onerror=alert(1)&gt; 株式会社 🚀" in letter.html
        assert f"{language}: open <Setup> & https://x.example/" in letter.text
        assert "open &lt;Setup&gt; &amp;" in letter.html
        assert '<a href="https://x.example/"' in letter.html
        assert f'<html lang="{language}">' in letter.html
        for key in keys_of(made):
            assert key in letter.text and key in letter.html


def test_every_mail_to_the_buyer_comes_in_three_languages(deliveries_for, in_each_language):
    made = order(3, keys=2)
    LicenseOrder.objects.filter(pk=made.pk).update(language="pt-br")
    subjects = {"en": set(), "es": set(), "pt-br": set()}
    for event_type in (
        "license_order.recorded",
        "license_order.backordered",
        "license_order.approved",
        "license.released",
    ):
        # Once something is released, that the order was received is no news any more.
        if event_type == "license_order.approved":
            release(made)
        deliveries = deliveries_for(event_type)
        assert {row.language for row in deliveries} == {"pt-br"}
        for language, letter in in_each_language(deliveries):
            subjects[language].add(letter.subject)
            if language != "en":
                assert "Hello" not in letter.text + letter.html
            if language != "en" and event_type != "license.released":
                assert ("Pedido " + made.number) in letter.text
    assert [len(different) for different in subjects.values()] == [5, 5, 5]
    assert len(set.union(*subjects.values())) == 15


def test_when_it_expires_and_what_to_do_without_instructions(deliveries_for, letters):
    """Issue, section 8: without instructions of the policy something sensible."""
    release(order(1, policy=make.make_policy(keys=1, term="P1Y")))
    license = License.objects.get()
    make.expire(license, ago=now() - datetime(2031, 1, 31, 12, tzinfo=timezone.utc))
    (keys,) = [row for row in deliveries_for("license.released") if row.kind == "LICENSE_KEYS"]
    (letter,) = letters([keys])
    assert "valid until Jan. 31, 2031" in letter.text
    assert "Install the product and enter the key when it asks for it." in letter.text


def test_a_claim_link_leads_to_the_key_and_reveals_none(deliveries_for, letters, monkeypatch):
    """Section 2.5, CLAIM_LINK: no key in the mail; our page, or the storefront's."""
    ours, theirs = (
        r"https?://[^/\s]+/plugins/global/esd/claim/\?token=",
        "https://front.example/claim#",
    )
    policy = make.make_policy(keys=3, delivery="CLAIM_LINK")
    for quantity, claim_url, start in ((2, "", ours), (1, theirs, re.escape(theirs))):
        monkeypatch.setenv("ESD_CLAIM_URL", claim_url)
        made = release(order(quantity, policy=policy))
        rows = deliveries_for("license.released")
        (letter,) = letters([row for row in rows if row.kind == "LICENSE_KEYS"])

        assert not any(key in letter.text + letter.html for key in keys_of(made))
        tokens = re.findall(start + r"(\S{43})\s", letter.text)
        assert letter.text.count("(works once, within 14 days):") == quantity
        licenses = make.licenses_of(made)
        assert {find_claim(token).pk for token in tokens} == {one.pk for one in licenses}
        assert [one.key.revealed_at for one in licenses] == [None] * quantity


def test_a_guest_gets_an_invitation_the_notification_address_does_not(deliveries_for, letters):
    """Issue, section 4; T-AUTHZ-06: the link makes the member, whoever signs in."""
    release(order(1))
    arrived = letters(deliveries_for("license.released"))
    with_link = [letter for letter in arrived if "/plugins/global/esd/invitation/" in letter.text]
    assert {letter.to for letter in with_link} == {"buyer@example.com"}
    assert len(with_link) == 2
    assert set(Invitation.objects.values_list("email", "role")) == {("buyer@example.com", "MASTER")}

    token = LINK.search(with_link[0].text).group(1)
    account = accept_invitation(token, actor=Actor("USER", "77", "somebody@else.example"))
    assert account.pk == make.licenses_of(LicenseOrder.objects.get())[0].account_id


def test_a_buyer_with_an_account_needs_no_invitation(deliveries_for, letters):
    user = build.make_user("ana@example.com")
    release(order(1, user=user, email=user.email))
    arrived = letters(deliveries_for("license.released"))
    assert not any("invitation" in letter.text for letter in arrived)
    assert Invitation.objects.count() == 0


def test_the_storefronts_invitation_page_may_take_our_place(deliveries_for, letters, monkeypatch):
    monkeypatch.setenv("ESD_INVITATION_URL", "https://front.example/join?token=")
    order(1)
    letter = only(letters(deliveries_for("license_order.recorded")), "buyer@example.com")
    assert "https://front.example/join?token=" in letter.text
    assert "https://front.example/join?token=" in letter.html


def test_an_assigned_license_is_not_mailed_to_the_buyer(deliveries_for, letters):
    made = release(order(2))
    keys, *_ = deliveries_for("license.released")
    one, two = make.licenses_of(made)
    customer = make.make_end_customer(one.account)
    assign_licenses([one.pk], end_customer_id=customer.pk, actor=make.STAFF)
    (letter,) = letters([keys])
    assert decrypt(one.key).reveal() not in letter.text
    assert decrypt(two.key).reveal() in letter.text


def test_the_account_is_told_what_staff_read(deliveries_for, letters):
    """Section 2.5: reason and moment, the key masked."""
    made = release(order(1))
    (license,) = make.licenses_of(made)
    record(
        EventType.LICENSE_KEY_REVEALED,
        license.pk,
        actor=make.STAFF,
        reason="Customer lost the e-mail",
        account_id=license.account_id,
        by_staff=True,
    )
    (letter,) = letters(deliveries_for("license_key.revealed"))
    assert letter.to == license.account.email
    assert "Reason: Customer lost the e-mail" in letter.text
    assert f"•••••-•••••-•••••-•••••-{license.key.suffix}" in letter.text
    assert decrypt(license.key).reveal() not in letter.text + letter.html
    assert make.STAFF.label not in letter.text


def test_each_account_is_told_which_of_its_keys_left_in_a_file(deliveries_for, letters):
    """Section 2.5, P1: a file in clear of two accounts' licenses writes to both, of their own keys only."""
    mine, theirs = release(order(2)), release(order(1, email="other@example.com"))
    wanted = License.objects.filter(order_line__order__in=[mine, theirs]).order_by("pk")
    source = LicenseRows(wanted, list(LICENSE_COLUMNS), is_clear=True)
    reason = "Asked for by the auditors"
    issued = export_licenses(
        source, actor=make.STAFF, wanted={}, columns=None, is_clear=True, reason=reason
    )
    assert len(fetch_clear(issued.export, source, actor=make.STAFF).secrets) == 3
    sent = letters(deliveries_for("export.revealed"))
    assert len(sent) == 2
    for made, count in ((mine, 2), (theirs, 1)):
        letter = only(sent, made.account.email)
        keys = [license.key for license in make.licenses_of(made)]
        assert letter.text.count("•••••-•••••-•••••-•••••-") == count
        assert all(f"•••••-{key.suffix}" in letter.text for key in keys)
        assert f"Reason: {reason}" in letter.text
        assert not any(decrypt(key).reveal() in letter.text + letter.html for key in keys)
    assert only(sent, mine.account.email).subject == "The shop's staff have read 2 of your keys"


def test_no_letter_holds_a_remote_image_or_an_unset_variable(deliveries_for, letters, settings):
    """Section 6; under DEBUG the host prints a marker for what is not set."""
    from copy import deepcopy

    templates = deepcopy(settings.TEMPLATES)
    templates[0]["OPTIONS"]["string_if_invalid"] = "<< MISSING %s >>"
    settings.TEMPLATES = templates
    user = build.make_user("ana@example.com")
    made = make.make_license_order(3, keys=2, user=user, email=user.email)
    received = letters(deliveries_for("license_order.recorded"))
    release(made)
    licenses = make.licenses_of(made)
    customer = make.make_end_customer(licenses[0].account)
    released = deliveries_for("license.released")
    assert letters(released)
    assign_licenses([licenses[0].pk], end_customer_id=customer.pk, actor=make.STAFF)
    types = ["license_order.backordered", "license_order.approved", "license.assigned"]
    for arrived in (received, *(letters(deliveries_for(one)) for one in types)):
        assert arrived
        for letter in arrived:
            assert "MISSING" not in letter.subject + letter.text + letter.html
            assert "<img" not in letter.html
            assert letter.message["Subject"].strip()


def test_a_name_cannot_write_a_header(deliveries_for, letters, configure):
    """T-EML-04: no control character in any header."""
    configure(sender_name="Acme\r\nBcc: evil@example.com", sender_address="licenses@acme.example")
    made = order(1)
    LicenseOrder.objects.filter(pk=made.pk).update(number="7\r\nBcc: evil@example.com")
    letter = only(letters(deliveries_for("license_order.recorded")), "buyer@example.com")
    assert letter.message["Bcc"] is None
    assert letter.message.envelope_to == ["buyer@example.com"]
    assert letter.subject == "Order 7 Bcc: evil@example.com: we have received it"


def test_license_ids_are_all_that_a_delivery_keeps(deliveries_for, letters):
    """Section 6: a delivery holds ids, the text is made when it is sent."""
    made = release(order(2))
    rows = deliveries_for("license.released")
    letters(rows)
    held = str([vars(row) for row in rows])
    assert not any(key in held for key in keys_of(made))
    assert {UUID(one) for one in rows[0].license_ids} == {one.pk for one in make.licenses_of(made)}
    assert timedelta(0) <= now() - rows[0].sent_at < timedelta(minutes=1)
