"""C20: the shop deletes orders, users, variants, channels; what was sold stays, readable and usable."""

from __future__ import annotations

import json
import logging
from types import SimpleNamespace
from typing import Any, Callable, Dict

import build
import factories as make
import lane
import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client

from saleor_esd_plugin import tasks
from saleor_esd_plugin.emails.resending import resend_license_email
from saleor_esd_plugin.errors import Invalid
from saleor_esd_plugin.events.models import Event
from saleor_esd_plugin.graphql.global_ids import encode
from saleor_esd_plugin.host.types import Actor
from saleor_esd_plugin.licenses import queries as licenses
from saleor_esd_plugin.licenses.units import assign_licenses
from saleor_esd_plugin.orders import queries as orders
from saleor_esd_plugin.orders.approval import approve_license_order
from saleor_esd_plugin.orders.counts import order_availability
from saleor_esd_plugin.orders.settlement import settle_license_order

pytestmark = pytest.mark.django_db

EVERYTHING = """query($license: ID!, $order: ID!, $account: ID!) {
  license(id: $license) { keyMask fulfillment productName variantName sku policy { name }
    account { email } endCustomer { code } licenseOrder { number } orderLine { quantity }
    productVariant { name } deliveries { kind } }
  licenseOrder(id: $order) { number buyerEmail isPaid availability { text } order { number }
    lines { productName quantity productVariant { name } orderLine { quantity } } }
  licenseAccount(id: $account) { email name }
  licenses(first: 10) { totalCount edges { node { productVariant { id } orderLine { id } } } }
  licenseOrders(first: 10) { totalCount edges { node { order { id } } } }
  licensePolicies(first: 10) { totalCount edges { node { name variant { id } } } }
  licenseEvents(first: 100) { totalCount edges { node { type actor { label } order { number } } } }
}"""
REVEAL = """mutation($license: ID!) {
  licenseKeyReveal(input: {license: $license}) { key errors { code } } }"""


@pytest.fixture
def sold() -> SimpleNamespace:
    """Two assigned licenses and a released one of one order; another order of the same buyer waits."""
    user = build.make_user()
    policy = make.make_policy(keys=10, name="Editor for one")
    released = make.make_released(3, policy=policy, user=user)
    customer = make.make_end_customer(released[0].account)
    assign_licenses([one.pk for one in released[:2]], end_customer_id=customer.pk, actor=make.STAFF)
    waiting = make.make_license_order(2, policy=policy, user=user)
    order = released[0].order_line.order
    return SimpleNamespace(
        user=user,
        policy=policy,
        customer=customer,
        order=order,
        waiting=waiting,
        licenses=make.licenses_of(order),
        host_orders=[build.find_order(each.order_uuid) for each in (order, waiting)],
    )


def delete_orders(sold: SimpleNamespace) -> None:
    from saleor.payment.models import Payment

    Payment.objects.filter(order__in=sold.host_orders).delete()
    for order in sold.host_orders:
        order.delete()


def delete_user(sold: SimpleNamespace) -> None:
    sold.user.delete()


def delete_variant(sold: SimpleNamespace) -> None:
    build.find_variant(sold.policy.variant_ref).product.delete()


def delete_channel(sold: SimpleNamespace) -> None:
    delete_orders(sold)
    build.make_channel().delete()


def delete_all(sold: SimpleNamespace) -> None:
    delete_orders(sold)
    delete_variant(sold)
    delete_user(sold)


DELETIONS = [delete_orders, delete_user, delete_variant, delete_all]
if lane.host() != "2.10":
    DELETIONS.append(delete_channel)


@pytest.fixture(params=DELETIONS, ids=lambda delete: delete.__name__)
def deleted(request, sold) -> str:
    request.param(sold)
    with connection.cursor() as cursor:
        # A foreign key of ours to a row of the shop's would refuse now what only a commit would.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    return request.param.__name__


def ask(asker: Any, document: str, **variables: str) -> Dict[str, Any]:
    answer = Client().post(
        "/graphql/",
        json.dumps({"query": document, "variables": variables}),
        content_type="application/json",
        **(build.auth_headers if hasattr(asker, "is_staff") else build.app_headers)(asker),
    )
    return answer.json()


def test_no_foreign_key_of_ours_leads_into_the_shop():
    """H18: the shop's tables may lose rows and change their keys."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT conrelid::regclass::text, confrelid::regclass::text FROM pg_constraint"
            " WHERE contype = 'f' AND conrelid::regclass::text LIKE 'esd\\_%'"
        )
        keys = cursor.fetchall()

    assert len(keys) > 15
    assert [key for key in keys if not key[1].startswith("esd_")] == []


def test_everything_stays_readable_and_usable(sold, deleted, smtp, run_commits, caplog):
    """T-CON-20."""
    everything_is_read(sold, deleted)
    what_was_sold_is_used(sold, deleted)
    # Other tables change: the mails reveal keys, and what Saleor was told of is counted on the lines.
    tables = ("esd_license", "esd_availablekey", "esd_assignment")
    before = make.table_digest(*tables)
    with caplog.at_level(logging.WARNING, logger="saleor_esd_plugin"):
        run_commits()
        the_sweep_and_the_check_go_on(run_commits)

    said = [entry.getMessage() for entry in caplog.records if entry.name.startswith("saleor_esd")]
    assert said == []
    assert make.table_digest(*tables) == before
    to_the_end_customer = [m for m in smtp.messages if m.envelope_to == [sold.customer.email]]
    # Two assignments and what was asked for again.
    assert len(to_the_end_customer) == 3


def everything_is_read(sold: SimpleNamespace, deleted: str) -> None:
    """By the services and through the API; what the shop lost is null, what we copied stays."""
    ours = ("MANAGE_LICENSES", "MANAGE_LICENSE_KEYS", "APPROVE_LICENSES")
    staff = build.make_app(*ours, "MANAGE_ORDERS", "MANAGE_PRODUCTS", "MANAGE_USERS")
    license, line = sold.licenses[0], sold.licenses[0].order_line
    assert licenses.visible_to(make.STAFF).count() == 5
    assert orders.visible_to(make.STAFF).count() == 2
    assert str(order_availability(sold.order)) == "3 of 3"

    answer = ask(
        staff,
        EVERYTHING,
        license=encode("License", license.pk),
        order=encode("LicenseOrder", sold.order.pk),
        account=encode("LicenseAccount", license.account_id),
    )

    assert "errors" not in answer, answer
    found = answer["data"]
    has_order = deleted in ("delete_user", "delete_variant")
    has_variant = deleted in ("delete_orders", "delete_user", "delete_channel")
    variant = {"name": "Standard"} if has_variant else None
    assert found["license"]["fulfillment"] == "ASSIGNED"
    assert found["license"]["keyMask"].endswith(license.key.suffix)
    assert found["license"]["productName"] == line.product_name != ""
    assert (found["license"]["sku"], found["license"]["endCustomer"]) == (
        line.sku,
        {"code": sold.customer.code},
    )
    assert found["license"]["orderLine"] == ({"quantity": 3} if has_order else None)
    assert found["license"]["productVariant"] == variant
    order = found["licenseOrder"]
    assert (order["number"], order["buyerEmail"]) == (sold.order.number, sold.order.buyer_email)
    assert order["availability"] == {"text": "3 of 3"}
    assert order["order"] == ({"number": sold.order.number} if has_order else None)
    assert [each["productVariant"] for each in order["lines"]] == [variant]
    assert found["licenseAccount"]["email"] == license.account.email
    assert [
        found[name]["totalCount"] for name in ("licenses", "licenseOrders", "licensePolicies")
    ] == [5, 2, 1]
    assert found["licenseEvents"]["totalCount"] == Event.objects.count()
    assert len(found["licenseEvents"]["edges"]) == Event.objects.count()


def what_was_sold_is_used(sold: SimpleNamespace, deleted: str) -> None:
    """Revealed, assigned, mailed again."""
    last = sold.licenses[2]
    if deleted not in ("delete_user", "delete_all"):
        answer = ask(sold.user, REVEAL, license=encode("License", last.pk))["data"][
            "licenseKeyReveal"
        ]
        assert answer["errors"] == [] and answer["key"].endswith(last.key.suffix)
    owner = Actor("USER", ref=str(sold.order.buyer_user_ref), label="owner@example.com")

    assign_licenses([last.pk], end_customer_id=sold.customer.pk, actor=owner)
    resend_license_email(last.pk, actor=owner)

    last.refresh_from_db()
    assert last.fulfillment == "ASSIGNED"


def the_sweep_and_the_check_go_on(run_commits: Callable[[], int]) -> None:
    """Nothing crashes, `esd_verify` is clean, twice."""
    for _ in range(2):
        tasks.reconcile_all()
        run_commits()
        call_command("esd_verify")


def test_an_order_that_the_shop_deleted_is_not_approved(sold, run_commits):
    """Invariant 3: whether it is paid is asked of the shop at that moment, and nobody answers."""
    delete_orders(sold)
    before = make.table_digest()

    with pytest.raises(Invalid) as refusal:
        approve_license_order(sold.waiting.pk, actor=make.STAFF)

    assert (refusal.value.field, make.table_digest()) == ("id", before)
    settle_license_order(sold.waiting.pk)
    run_commits()
    sold.waiting.refresh_from_db()
    assert sold.waiting.approval == "PENDING"
    states = {license.fulfillment for license in make.licenses_of(sold.waiting)}
    assert states == {"PENDING_APPROVAL"}
    call_command("esd_verify")
