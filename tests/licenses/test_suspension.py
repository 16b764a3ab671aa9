"""A suspended license hands nothing over, whoever asks; what staff take back they still can."""

import json

import build
import pytest
from django.test import Client, RequestFactory
from factories import (
    STAFF,
    licenses_of,
    make_assigned,
    make_end_customer,
    make_license_order,
    make_policy,
    make_released,
    table_digest,
)

from saleor_esd_plugin import pages
from saleor_esd_plugin.emails.resending import resend_license_email
from saleor_esd_plugin.errors import DeadLink
from saleor_esd_plugin.host.db import now
from saleor_esd_plugin.host.types import ANONYMOUS
from saleor_esd_plugin.keys.ring.vault import decrypt
from saleor_esd_plugin.licenses.claim_links import claim_license_key, find_claim, issue_claim_link
from saleor_esd_plugin.licenses.errors import NotEnoughLicenses, NotReleased
from saleor_esd_plugin.licenses.handover import open_keys, reveal_license_key
from saleor_esd_plugin.licenses.lifecycle import reinstate_order_licenses, suspend_order_licenses
from saleor_esd_plugin.licenses.models import ClaimLink, License, SuspensionCause
from saleor_esd_plugin.licenses.units import assign_licenses, assign_order_line, recall_licenses

pytestmark = pytest.mark.django_db

STAFF_CAUSE, DISPUTE = SuspensionCause.STAFF, SuspensionCause.DISPUTE


def suspend(license, cause=DISPUTE):
    """Suspend all licenses of the order that this one is of."""
    return suspend_order_licenses(license.order_line.order_id, cause=cause, moment=now())


def reinstate(license, cause=DISPUTE):
    return reinstate_order_licenses(license.order_line.order_id, cause=cause)


def of(license):
    """(causes, whether suspended) of each license of the same order."""
    found = licenses_of(license.order_line.order)
    return [(one.suspension_causes, one.suspended_at is not None) for one in found]


def refused(call):
    """The refusal, which names SUSPENDED; nothing changed."""
    before = table_digest()
    with pytest.raises(NotReleased) as refusal:
        call()
    assert refusal.value.params == {"fulfillment": "SUSPENDED"}
    assert refusal.value.message == "The license is SUSPENDED; only a released one can be used."
    assert table_digest() == before
    return refusal.value


def test_a_suspension_is_a_cause_and_a_moment_and_is_told_once():
    """P03."""
    license = make_released(2)[0]

    assert suspend(license) == {license.order_line_id: [0, 1]}
    first = License.objects.get(pk=license.pk).suspended_at
    assert suspend(license) == {}

    assert of(license) == [(["DISPUTE"], True)] * 2
    assert License.objects.get(pk=license.pk).suspended_at == first
    assert reinstate(license) == {license.order_line_id: [0, 1]}
    assert reinstate(license) == {}
    assert of(license) == [([], False)] * 2


def test_of_two_causes_lifting_one_keeps_the_other():
    """P11."""
    license = make_released(1)[0]
    suspend(license)
    began = License.objects.get(pk=license.pk).suspended_at
    assert suspend(license, STAFF_CAUSE) == {license.order_line_id: [0]}
    assert of(license) == [(["DISPUTE", "STAFF"], True)]

    assert reinstate(license) == {license.order_line_id: [0]}

    assert of(license) == [(["STAFF"], True)]
    assert License.objects.get(pk=license.pk).suspended_at == began
    refused(lambda: reveal_license_key(license.pk, actor=STAFF, reason="asked for by phone"))
    reinstate(license, STAFF_CAUSE)
    assert of(license) == [([], False)]


def test_what_is_not_issued_is_not_suspended():
    """Pending units have nothing to suspend; they are kept from being released."""
    license = licenses_of(make_license_order(1))[0]

    assert suspend(license) == {}
    assert of(license) == [([], False)]


@pytest.mark.parametrize("make", [make_released, make_assigned])
def test_its_key_is_not_revealed(make):
    license = make(1)[0]
    suspend(license)

    error = refused(lambda: reveal_license_key(license.pk, actor=STAFF, reason="asked by phone"))

    assert error.field == "license"
    reinstate(license)
    clear = reveal_license_key(license.pk, actor=STAFF, reason="asked by phone")
    assert clear.reveal() == decrypt(license.key).reveal()


def test_one_that_is_suspended_while_its_key_is_opened_is_not_revealed(monkeypatch):
    """C9: looked at again under the lock."""
    license = make_released(1)[0]

    def opened(key):
        suspend(license)
        return decrypt(key)

    monkeypatch.setattr("saleor_esd_plugin.licenses.handover.vault.decrypt", opened)

    with pytest.raises(NotReleased):
        reveal_license_key(license.pk, actor=STAFF, reason="asked for by phone")
    license.key.refresh_from_db()
    assert license.key.revealed_at is None


def test_its_link_is_dead_until_it_is_reinstated():
    """T-CLM-01: nothing tells a suspended link from one that never was; afterwards it works, once."""
    policy = make_policy(keys=1, delivery="CLAIM_LINK")
    license = make_released(1, policy=policy)[0]
    token = issue_claim_link(license.pk, email="a@x.example")
    suspend(license)
    before = table_digest()

    assert find_claim(token) is None
    with pytest.raises(DeadLink):
        claim_license_key(token, actor=ANONYMOUS)
    assert table_digest() == before

    reinstate(license)
    assert find_claim(token) == license
    _, secret = claim_license_key(token, actor=ANONYMOUS)
    assert secret.reveal() == decrypt(license.key).reveal()
    with pytest.raises(DeadLink):
        claim_license_key(token, actor=ANONYMOUS)


def test_a_link_is_not_used_up_by_one_that_is_suspended_while_it_is_claimed(monkeypatch):
    license = make_released(1)[0]
    token = issue_claim_link(license.pk, email="a@x.example")

    def opened(key):
        suspend(license)
        return decrypt(key)

    with monkeypatch.context() as patch:
        patch.setattr("saleor_esd_plugin.licenses.claim_links.vault.decrypt", opened)
        with pytest.raises(DeadLink):
            claim_license_key(token, actor=ANONYMOUS)

    assert ClaimLink.objects.get().claimed_at is None
    reinstate(license)
    assert claim_license_key(token, actor=ANONYMOUS)[0] == license


def test_the_page_of_its_link_is_that_of_a_dead_one():
    license = make_released(1)[0]
    token = issue_claim_link(license.pk, email="a@x.example")
    suspend(license)
    before = table_digest()

    def answer(method, token):
        request = getattr(RequestFactory(), method)("/plugins/global/esd/claim/", {"token": token})
        found = pages.respond(request, "/claim/")
        return found.status_code, found.content

    for method in ("get", "post"):
        assert answer(method, token) == answer(method, "x" * 43)
        assert answer(method, token)[0] == 404
    assert table_digest() == before

    reinstate(license)
    status, html = answer("post", token)
    assert (status, decrypt(license.key).reveal() in html.decode()) == (200, True)


def test_the_operation_that_claims_says_no_more_than_the_page():
    license = make_released(1)[0]
    token = issue_claim_link(license.pk, email="a@x.example")
    suspend(license)
    before = table_digest()

    def claim(token):
        document = (
            "mutation Claim($token: String!) {"
            " licenseKeyClaim(input: {token: $token}) { key errors { field message code } } }"
        )
        body = {"query": document, "variables": {"token": token}}
        answer = Client().post("/graphql/", json.dumps(body), content_type="application/json")
        return answer.json()["data"]["licenseKeyClaim"]

    assert claim(token) == claim("x" * 43)
    assert claim(token)["key"] is None
    assert table_digest() == before

    reinstate(license)
    assert claim(token)["key"] == decrypt(license.key).reveal()


def test_it_is_not_assigned_by_id():
    """I13: all or none, so a free one beside it stays free."""
    user = build.make_user("ana@example.com")
    suspended, free = make_released(1, user=user)[0], make_released(1, user=user)[0]
    suspend(suspended)
    customer = make_end_customer(suspended.account)

    error = refused(
        lambda: assign_licenses([free.pk, suspended.pk], end_customer_id=customer.pk, actor=STAFF)
    )

    assert error.field == "licenses"


def test_it_is_not_assigned_by_line():
    """The refusal tells suspended ones from too few."""
    license = make_released(2)[0]
    line, customer = license.order_line, make_end_customer(license.account)
    suspend(license)

    def assign(quantity):
        assign_order_line(line.pk, quantity=quantity, end_customer_id=customer.pk, actor=STAFF)

    assert refused(lambda: assign(2)).field == "quantity"
    before = table_digest()
    with pytest.raises(NotEnoughLicenses) as refusal:
        assign(3)
    assert refusal.value.params == {"wanted": 3, "available": 0}
    assert table_digest() == before

    reinstate(license)
    assign(2)
    assert [one.fulfillment for one in licenses_of(line.order)] == ["ASSIGNED"] * 2


def test_of_a_line_the_usable_ones_are_assigned():
    line = make_released(3)[0].order_line
    License.objects.filter(order_line=line, unit_index=0).update(
        suspended_at=now(), suspension_causes=["STAFF"]
    )
    customer = make_end_customer(line.order.account)

    given = assign_order_line(line.pk, quantity=2, end_customer_id=customer.pk, actor=STAFF)

    assert [one.unit_index for one in given] == [1, 2]


@pytest.mark.parametrize("make", [make_released, make_assigned])
def test_its_mail_is_not_sent_again(make):
    """I16; also not to a corrected address, which is not kept."""
    license = make(1)[0]
    suspend(license)

    refused(lambda: resend_license_email(license.pk, actor=STAFF))
    error = refused(lambda: resend_license_email(license.pk, email="new@end.example", actor=STAFF))
    assert error.field == "license"


def test_its_key_is_opened_for_no_mail():
    suspended, usable = make_released(1)[0], make_released(1)[0]
    suspend(suspended)

    found = open_keys([suspended.pk, usable.pk])

    assert {pk: secret.reveal() for pk, secret in found.items()} == {
        usable.pk: decrypt(usable.key).reveal()
    }
    suspended.key.refresh_from_db()
    assert suspended.key.revealed_at is None


def test_staff_still_recall_it_and_it_stays_suspended():
    license = make_assigned(1)[0]
    suspend(license)

    recall_licenses([license.pk], actor=STAFF, is_staff=True, reason="sent to the wrong firm")

    license.refresh_from_db()
    assert (license.fulfillment, license.end_customer_id) == ("RELEASED", None)
    assert of(license) == [(["DISPUTE"], True)]
