"""`/plugins/global/esd/stripe/`: what is taken in, what is refused, and what Stripe is answered."""

import json
import sys
import time

import factories
import pytest
from saleor.plugins.models import PluginConfiguration
from stripe_lane import as_body, signed

from saleor_esd_plugin.events.models import Event
from saleor_esd_plugin.orders.approval import approve_license_order
from saleor_esd_plugin.orders.models import LicenseOrder
from saleor_esd_plugin.webhooks.models import InboundEvent
from saleor_esd_plugin.webhooks.stripe import inbound

# What is taken in


@pytest.mark.django_db
def test_a_message_is_taken_in_through_the_shops_own_routes(
    paid, secret, make_unpaid, states, through_the_shop
):
    """On Saleor 2.10 through our urls.py, on 3.x through the host's."""
    order = make_unpaid("pi_1")

    answers = [through_the_shop(paid(id="evt_1")) for _ in range(2)]

    assert [(one.status_code, one.json()) for one in answers] == [(200, {"received": True})] * 2
    assert answers[0]["Content-Type"] == "application/json"
    assert answers[0]["Cache-Control"] == "no-store"
    assert states(order) == ["RELEASED"] * 6
    assert InboundEvent.objects.count() == 1


@pytest.mark.django_db
def test_what_is_not_of_interest_is_acknowledged_and_not_kept(post, stripe_says):
    before = factories.table_digest()

    for type in ("customer.created", "charge.succeeded", "payment_intent.processing"):
        answer = post(stripe_says.event(type, {"id": "x"}))
        assert (answer.status_code, json.loads(answer.content)) == (200, {"received": True})

    assert factories.table_digest() == before


@pytest.mark.django_db
def test_a_dispute_suspends_and_a_refund_returns(post, stripe_says, states):
    order = factories.make_license_order(6, payment_ref="pi_1")
    approve_license_order(order.pk, actor=factories.STAFF)

    post(stripe_says.event("charge.dispute.created", stripe_says.dispute("pi_1", id="dp_1")))
    assert all(one.suspended_at for one in factories.licenses_of(order))

    post(stripe_says.event("charge.dispute.closed", stripe_says.dispute("pi_1", "won", id="dp_1")))
    assert not any(one.suspended_at for one in factories.licenses_of(order))

    post(stripe_says.event("charge.refunded", stripe_says.charge("pi_1", 2000)))
    assert states(order).count("RETURNED") == 2


@pytest.mark.django_db
def test_switched_off_it_is_not_there(paid, secret, through_the_shop):
    """The host's 404, so that Stripe sends it again; afterwards it is taken in."""
    row = PluginConfiguration.objects.create(identifier="esd", active=False, configuration=[])
    before = factories.table_digest()
    assert through_the_shop(paid(id="evt_1")).status_code == 404
    assert factories.table_digest() == before

    row.active = True
    row.save()

    assert through_the_shop(paid(id="evt_1")).status_code == 200
    assert InboundEvent.objects.count() == 1


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_only_post(refused, post, paid, method):
    assert refused(paid(), method=method) == 405
    assert post(paid(), method=method)["Allow"] == "POST"


# T-WH-01 to T-WH-07


@pytest.mark.parametrize("value", [None, "", " ", ",", " , ,"])
def test_without_a_secret_nothing_is_taken_in(refused, paid, monkeypatch, value):
    """T-WH-01: unset or empty, and signed with the empty secret: 503, 0 rows."""
    monkeypatch.delenv("ESD_STRIPE_WEBHOOK_SECRETS")
    if value is not None:
        monkeypatch.setenv("ESD_STRIPE_WEBHOOK_SECRETS", value)

    for key in ("", "whsec_any", ","):
        assert refused(paid(), key=key) == 503
    assert InboundEvent.objects.count() == 0


def test_secrets_may_stand_in_a_file(refused, post, paid, secret, monkeypatch, tmp_path):
    """Several, by line or comma. One that cannot be read: 503, so that nothing gets lost."""
    monkeypatch.delenv("ESD_STRIPE_WEBHOOK_SECRETS")
    file = tmp_path / "secrets"
    monkeypatch.setenv("ESD_STRIPE_WEBHOOK_SECRETS_FILE", str(file))
    assert refused(paid()) == 503
    file.write_bytes(b"\xff\xfe")
    assert refused(paid()) == 503

    file.write_text(f"whsec_new\n{secret},whsec_third\n")

    for key in (secret, "whsec_new", "whsec_third"):
        assert post(paid(), key=key).status_code == 200
    assert refused(paid(), key="whsec_fourth") == 400


def test_a_signature_of_another_form_is_refused(refused, paid, secret):
    """T-WH-02: no header, `t=` only, `v0` only."""
    message = paid()
    t, v1 = signed(as_body(message), secret).split(",")
    for header in ("", t, v1, f"{t},{v1.replace('v1', 'v0')}", f"{t},{t},{v1}", f"{t},{v1[:-1]}é"):
        assert refused(message, header=header) == 400


def test_two_signatures_one_of_them_valid(post, paid, secret, db):
    """T-WH-02."""
    message = paid()
    t, v1 = signed(as_body(message), secret).split(",")

    assert post(message, header=f"{t},v1={'0' * 64},{v1}").status_code == 200


@pytest.mark.parametrize("seconds", [-302, 302, 10 * 365 * 86400, -10 * 365 * 86400])
def test_another_moment_is_refused(refused, paid, seconds):
    """T-WH-04: five minutes either way; the exact seconds are in test_verification."""
    assert refused(paid(), at=int(time.time()) + seconds) == 400


def test_metadata_that_names_another_order(post, paid, db, make_unpaid, states):
    """T-WH-05: 200, as Stripe need not try again; nothing is released, and there is an event."""
    cheap, dear = make_unpaid("pi_cheap", 1), make_unpaid("pi_dear", 6)
    metadata = {"order_token": str(dear.order_uuid)}

    answer = post(paid("pi_cheap", intent={"amount": 1000, "metadata": metadata}))

    assert answer.status_code == 200
    assert "RELEASED" not in states(cheap) + states(dear)
    assert Event.objects.filter(type="webhook.mismatch").count() == 1
    assert LicenseOrder.objects.exclude(paid_at=None).count() == 0


def test_the_other_mode_is_refused(refused, post, paid, monkeypatch):
    """T-WH-06: test on live and live on test; a mode that is neither refuses all until it is corrected."""
    assert refused(paid(livemode=False)) == 400

    monkeypatch.setenv("ESD_STRIPE_MODE", "TEST")
    assert refused(paid()) == 400
    assert post(paid(livemode=False)).status_code == 200

    monkeypatch.setenv("ESD_STRIPE_MODE", "sandbox")
    for livemode in (True, False):
        assert refused(paid(livemode=livemode)) == 503


def test_a_foreign_account_is_refused(refused, post, paid, monkeypatch):
    """T-WH-06: of connected accounts only the one that is set."""
    assert refused(paid(account="acct_1")) == 400
    assert refused({**paid(), "account": 7}) == 400

    monkeypatch.setenv("ESD_STRIPE_ACCOUNT", "acct_1")

    assert refused(paid(account="acct_2")) == 400
    assert post(paid(account="acct_1")).status_code == 200
    assert post({**paid(), "account": None}).status_code == 200


def test_a_failure_of_ours_is_503_and_works_again_later(
    post, refused, paid, db, monkeypatch, caplog, make_unpaid, states
):
    """C10: Stripe sends it again; the log has the kind of the error, not its text."""
    order = make_unpaid("pi_1")

    def fail(facts, *, actor):
        raise RuntimeError("values of the database")

    monkeypatch.setattr(inbound, "note_payment_facts", fail)
    assert refused(paid(id="evt_1")) == 503
    assert "RuntimeError" in caplog.text and "values" not in caplog.text
    monkeypatch.undo()
    monkeypatch.setenv("ESD_STRIPE_WEBHOOK_SECRETS", "whsec_x")

    assert post(paid(id="evt_1"), key="whsec_x").status_code == 200
    assert states(order) == ["RELEASED"] * 6


def test_without_the_sdk_the_shop_starts_and_nothing_is_lost(refused, paid, monkeypatch, caplog):
    """It comes with the shop; one that has none gets 503 and a line in the log, not a crash."""
    monkeypatch.setitem(sys.modules, "stripe", None)

    assert refused(paid()) == 503
    assert "ModuleNotFoundError" in caplog.text
