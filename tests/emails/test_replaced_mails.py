"""A replaced key reaches whoever had the old one; nobody else, and nobody who is not to have it yet."""

from __future__ import annotations

import re

import build
import factories as make
import pytest

from saleor_esd_plugin.emails.catalog import deliveries_of
from saleor_esd_plugin.emails.models import Delivery
from saleor_esd_plugin.events.models import Event
from saleor_esd_plugin.host.db import now
from saleor_esd_plugin.keys.ring.vault import decrypt
from saleor_esd_plugin.licenses.claim_links import find_claim
from saleor_esd_plugin.licenses.lifecycle import reinstate_order_licenses, suspend_order_licenses
from saleor_esd_plugin.licenses.models import SuspensionCause
from saleor_esd_plugin.licenses.replacement import replace_license_keys
from saleor_esd_plugin.licenses.units import assign_licenses
from saleor_esd_plugin.orders.approval import approve_license_order

pytestmark = pytest.mark.django_db

REPLACED = "license_key.replaced"
LINK = re.compile(r"https?://\S+/claim/\?token=(\S+)")
WORDS = {
    "en": ("your new key", "This replaces the key that you had, which is not valid any more."),
    "es": ("su nueva clave", "Sustituye a la clave que tenía, que ya no es válida."),
    "pt-br": ("sua nova chave", "Substitui a chave que você tinha, que não é mais válida."),
}


def replace(licenses):
    ids = [license.pk for license in licenses]
    return replace_license_keys(ids, reason="posted in a forum", actor=make.STAFF)


def released(quantity=1, **policy):
    made = make.make_policy(keys=2 * quantity, **policy)
    return make.make_released(quantity, policy=made, email="buyer@example.com")


def keys_of(licenses):
    return [decrypt(license.key).reveal() for license in licenses]


def test_the_buyer_who_keeps_the_license_gets_the_new_key(deliveries_for, letters):
    """Invariant 4: what was mailed counts as seen; the old key is in no letter."""
    licenses = released(2)
    old = keys_of(licenses)

    after = replace(licenses)
    (letter,) = letters(deliveries_for(REPLACED))

    assert letter.to == "buyer@example.com"
    number = licenses[0].order_line.order.number
    assert re.fullmatch(rf"Product-\w+.*: your new key \(Order {number}\)", letter.subject)
    for text in (letter.text, letter.html):
        assert WORDS["en"][1] in text
        assert all(key in text for key in keys_of(after))
        assert not any(key in text for key in old)
    for license in after:
        license.key.refresh_from_db()
        assert license.key.revealed_at is not None


@pytest.mark.parametrize("language", list(WORDS))
def test_the_end_customer_gets_it_in_their_language(language, deliveries_for, letters):
    """I14: the activation e-mail once more, with the key of now."""
    license = released(1)[0]
    customer = make.make_end_customer(license.account, email="end@example.com", language=language)
    assign_licenses([license.pk], end_customer_id=customer.pk, actor=make.STAFF)

    after = replace([license])
    (letter,) = letters(deliveries_for(REPLACED))

    subject, sentence = WORDS[language]
    assert letter.to == "end@example.com"
    assert letter.subject.endswith(f": {subject}")
    assert sentence in letter.text and sentence in letter.html
    assert keys_of(after)[0] in letter.text


def test_a_letter_that_replaces_nothing_does_not_say_so(deliveries_for, letters):
    released(1)
    for letter in letters(deliveries_for("license.released")):
        assert "new key" not in letter.subject
        assert "replaces" not in letter.text + letter.html


def test_a_claim_link_leads_to_the_new_key(deliveries_for, letters):
    license = released(1, delivery="CLAIM_LINK")[0]
    (first,) = [one for one in letters(deliveries_for("license.released")) if LINK.search(one.text)]

    (after,) = replace([license])
    (letter,) = letters(deliveries_for(REPLACED))

    assert keys_of([after])[0] not in letter.text + letter.html
    assert find_claim(LINK.search(first.text).group(1)) is None
    assert find_claim(LINK.search(letter.text).group(1)).key_id == after.key_id
    after.key.refresh_from_db()
    assert after.key.revealed_at is None


def test_who_gets_no_key_by_mail_gets_none_now(deliveries_for):
    """A reseller assigns it; a policy may keep keys from the buyer."""
    user = build.make_user("reseller@example.com")
    make.make_account(user, is_reseller=True)
    policy = make.make_policy(keys=2)
    replace(make.make_released(1, policy=policy, user=user, email=user.email))
    assert deliveries_for(REPLACED) == []

    replace(released(1, sends_key_to_buyer=False))
    assert deliveries_for(REPLACED) == []


def test_of_a_pending_license_the_release_tells(deliveries_for, letters):
    policy = make.make_policy(keys=2)
    order = make.make_license_order(1, policy=policy, email="buyer@example.com")
    after = replace(make.licenses_of(order))
    approve_license_order(order.pk, actor=make.STAFF)

    assert deliveries_for(REPLACED) == []
    told = letters(deliveries_for("license.released"))
    assert [one.subject for one in told if keys_of(after)[0] in one.text] != []


def test_while_it_is_suspended_the_new_key_waits(deliveries_for, letters):
    """P03: it leaves once, when the license is reinstated."""
    license = released(1)[0]
    order_id = license.order_line.order_id
    suspend_order_licenses(order_id, cause=SuspensionCause.DISPUTE, moment=now())
    after = replace([license])

    waiting = deliveries_for(REPLACED)
    assert letters(waiting) == []
    assert [(one.status, one.error) for one in waiting] == [
        ("QUEUED", "The licenses are suspended.")
    ]
    reinstate_order_licenses(order_id, cause=SuspensionCause.DISPUTE)
    Delivery.objects.update(due_at=now())

    (letter,) = letters(waiting)
    assert keys_of(after)[0] in letter.text


def test_one_mail_per_product_and_holder_and_per_fifty(deliveries_for):
    """I18, invariant 5: told again, nothing more is made."""
    licenses = released(52)
    customer = make.make_end_customer(licenses[0].account, email="end@example.com")
    assign_licenses([licenses[0].pk], end_customer_id=customer.pk, actor=make.STAFF)

    replace(licenses)

    found = deliveries_for(REPLACED)
    assert sorted((one.kind, one.recipient, len(one.license_ids)) for one in found) == [
        ("LICENSE_ASSIGNED", "end@example.com", 1),
        ("LICENSE_KEYS", "buyer@example.com", 1),
        ("LICENSE_KEYS", "buyer@example.com", 50),
    ]
    assert {one.order_id for one in found} == {licenses[0].order_line.order_id}
    deliveries_of(Event.objects.get(type=REPLACED))
    assert Delivery.objects.filter(event__type=REPLACED).count() == 3


def test_a_mail_that_was_queued_before_carries_the_new_key(deliveries_for, letters):
    """What a mail says is read when it is sent."""
    license = released(1)[0]
    queued = [one for one in deliveries_for("license.released") if one.kind == "LICENSE_KEYS"]

    after = replace([license])

    (letter,) = letters(queued)
    assert keys_of(after)[0] in letter.text
    assert keys_of([license])[0] not in letter.text
