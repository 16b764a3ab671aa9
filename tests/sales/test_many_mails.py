"""Without a worker a request sends a bounded number of mails itself; the others leave with the sweep."""

from __future__ import annotations

import json

import build
import factories
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from saleor_esd_plugin import reactions, tasks
from saleor_esd_plugin.emails import messages
from saleor_esd_plugin.emails.models import Delivery
from saleor_esd_plugin.events.models import Dispatch
from saleor_esd_plugin.graphql.global_ids import encode
from saleor_esd_plugin.host import broker
from saleor_esd_plugin.licenses.units import assign_licenses

ASSIGN = """mutation($input: LicenseAssignInput!) { licenseAssign(input: $input) {
    licenses { fulfillment } mailsToCome errors { code } } }"""
REPLACE = """mutation($input: LicenseKeyReplaceInput!) { licenseKeyReplace(input: $input) {
    licenses { id } errors { code } } }"""


@pytest.fixture(autouse=True)
def a_mail_for_each_license(live_db, monkeypatch):
    monkeypatch.setattr(messages, "LICENSES_PER_MAIL", 1)


@pytest.fixture
def two_mails(monkeypatch):
    """A request may send two instead of twenty, so that few licenses are too many."""
    assert reactions.MAILS_PER_REQUEST == 20
    monkeypatch.setattr(reactions, "MAILS_PER_REQUEST", 2)


@pytest.fixture
def sell():
    """`sell(25)`: so many released licenses of a reseller, and an end customer."""

    def sold(quantity, orders=1):
        user = build.make_user(email=factories.unique("r") + "@reseller.example")
        account = factories.make_account(user, is_reseller=True)
        policy = factories.make_policy(keys=2 * quantity * orders)
        licenses = [
            license
            for _ in range(orders)
            for license in factories.make_released(quantity, user=user, policy=policy)
        ]
        return licenses, factories.make_end_customer(account)

    return sold


@pytest.fixture
def ask():
    staff = build.make_user(email=factories.unique("s") + "@shop.example", is_staff=True)
    build.grant(staff, "MANAGE_LICENSES", "MANAGE_LICENSE_KEYS")

    def asked(document, **given):
        body = json.dumps({"query": document, "variables": {"input": given}})
        headers = build.auth_headers(staff)
        answer = Client().post("/graphql/", body, content_type="application/json", **headers)
        ((_, payload),) = answer.json()["data"].items()
        assert payload["errors"] == [], payload
        return payload

    return asked


def states(customer):
    mails = Delivery.objects.filter(account_id=customer.account_id, kind="LICENSE_ASSIGNED")
    return sorted(mails.order_by().values_list("status", flat=True))


def assign(ask, licenses, customer):
    return ask(
        ASSIGN,
        licenses=[encode("License", one.pk) for one in licenses],
        endCustomer=encode("LicenseEndCustomer", customer.pk),
    )


def test_some_leave_with_the_request_and_the_rest_with_the_sweep(sell, ask, smtp, two_mails):
    """I14: none is lost, and the answer says how many are still to come."""
    licenses, customer = sell(6)
    smtp.messages.clear()

    # Few leave at once.
    assert assign(ask, licenses[:2], customer)["mailsToCome"] == 0
    assert states(customer) == ["SENT"] * 2

    payload = assign(ask, licenses[2:], customer)

    assert payload["mailsToCome"] == 2
    assert [one["fulfillment"] for one in payload["licenses"]] == ["ASSIGNED"] * 4
    assert states(customer) == ["QUEUED"] * 2 + ["SENT"] * 4
    assert len(smtp.messages) == 4

    tasks.reconcile_all()
    assert states(customer) == ["SENT"] * 6
    assert len(smtp.messages) == 6
    # Assigning again changes nothing.
    assert assign(ask, licenses, customer)["mailsToCome"] == 0


def test_what_a_request_does_does_not_grow_with_its_mails(sell, ask, smtp, two_mails):
    """In statements; before, each mail cost a request about thirty."""
    licenses, customer = sell(12)
    counts = []
    for some in (licenses[:4], licenses[4:]):
        with CaptureQueriesContext(connection) as captured:
            assert assign(ask, some, customer)["mailsToCome"] == len(some) - 2
        counts.append(len(captured))
    assert counts[0] == counts[1]


def test_the_mails_of_many_events_share_the_bound(sell, ask, smtp, two_mails):
    """New keys for licenses of three orders: an event and a mail for each."""
    licenses, customer = sell(1, orders=3)
    assign(ask, licenses, customer)
    tasks.reconcile_all()
    smtp.messages.clear()

    reason = "refused by the publisher"
    ask(REPLACE, licenses=[encode("License", one.pk) for one in licenses], reason=reason)

    assert len(smtp.messages) == 2
    tasks.reconcile_all()
    assert len(smtp.messages) == 3


def test_what_is_no_request_waits_for_all_of_them(sell, smtp, two_mails):
    """A command, or a worker."""
    licenses, customer = sell(3)
    smtp.messages.clear()

    assign_licenses(
        [one.pk for one in licenses], end_customer_id=customer.pk, actor=factories.STAFF
    )

    assert states(customer) == ["SENT"] * 3


def test_with_a_worker_all_of_them_are_handed_to_it(
    sell, ask, smtp, two_mails, monkeypatch, settings
):
    """The answer counts what the worker has not come to, before it has made a mail and afterwards."""
    licenses, customer = sell(3)
    events, mails = [], []
    settings.CELERY_TASK_ALWAYS_EAGER = False
    assert tasks.send_delivery.app.conf.task_always_eager is False
    handed_over = {"dispatch_event": events, "send_delivery": mails}
    monkeypatch.setattr(broker, "start", lambda task, id_: handed_over[task].append(id_))

    assert assign(ask, licenses, customer)["mailsToCome"] == 3
    assert (len(events), mails) == (1, [])
    (event_id,) = events
    reactions.begin_request()
    tasks.dispatch_event(event_id)
    reactions.end_request()

    assert len(mails) == 3
    assert Dispatch.objects.get(pk=event_id).told_at is not None
    assert assign(ask, licenses, customer)["mailsToCome"] == 3
