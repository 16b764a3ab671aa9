"""Every operation of the API, with the events that it leaves."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Callable, Dict, List, Tuple
from uuid import UUID

import build
import factories as make
import pytest
from import_files import import_at_once, import_file
from provider import refund, tell

from saleor_esd_plugin.accounts.end_customers import create_end_customer
from saleor_esd_plugin.accounts.invitations import accept_invitation, issue_invitation
from saleor_esd_plugin.accounts.services import create_account, update_account
from saleor_esd_plugin.exports.columns import KEY_COLUMNS, LICENSE_COLUMNS
from saleor_esd_plugin.exports.key_rows import KeyRows
from saleor_esd_plugin.exports.license_rows import LicenseRows
from saleor_esd_plugin.exports.requests import (
    export_import_report,
    export_license_keys,
    export_licenses,
)
from saleor_esd_plugin.host.types import Actor
from saleor_esd_plugin.keys.importing.progress import resume_key_import, stop_key_import
from saleor_esd_plugin.keys.models import KeyBatch, KeyImport, KeyPool
from saleor_esd_plugin.keys.stock.pools import create_key_pool, quarantine_key_batch
from saleor_esd_plugin.licenses.claim_links import claim_license_key, issue_claim_link
from saleor_esd_plugin.licenses.handover import reveal_license_key
from saleor_esd_plugin.licenses.holders import delete_end_customer, update_end_customer
from saleor_esd_plugin.licenses.policies.pools import update_key_pool
from saleor_esd_plugin.licenses.policies.services import (
    create_license_policy,
    delete_license_policy,
    update_license_policy,
)
from saleor_esd_plugin.licenses.replacement import replace_license_keys
from saleor_esd_plugin.licenses.units import assign_licenses, assign_order_line, recall_licenses
from saleor_esd_plugin.orders.approval import approve_license_order, reject_license_order
from saleor_esd_plugin.orders.facts import Fact, note_payment_facts
from saleor_esd_plugin.orders.grants import grant_licenses
from saleor_esd_plugin.orders.models import FactKind, LicenseOrder, RefundState
from saleor_esd_plugin.orders.restoration import restore_units
from saleor_esd_plugin.orders.returns import return_units

ACTOR = Actor(
    "USER",
    ref="9000001",
    label="staff@shop.example",
    permissions=make.STAFF.permissions,
    ip="192.0.2.7",
    request_id="r-1",
)
REASON = "asked for by phone"

Operation = Callable[[], Any]
OPERATIONS: Dict[str, Tuple[Callable[[], Operation], List[str]]] = {}


def leaves(field: str, *types: str) -> Callable:
    """The function makes what is needed and gives the operation of that field of the API."""

    def decorate(prepare: Callable[[], Operation]) -> Callable[[], Operation]:
        OPERATIONS[field if field not in OPERATIONS else f"{field} {prepare.__name__}"] = (
            prepare,
            list(types),
        )
        return prepare

    return decorate


@leaves("license_key_pool_create", "key_pool.created")
def create_pool() -> Operation:
    return lambda: create_key_pool(name="Editor", format="5X5_25", kind="PRODUCT_KEY", actor=ACTOR)


@leaves("license_key_pool_update", "key_pool.updated")
def update_pool() -> Operation:
    pool = make.make_pool()
    return lambda: update_key_pool(pool.pk, name="Editor 2", archived=True, actor=ACTOR)


@leaves("license_keys_import", "key_batch.imported")
def import_keys() -> Operation:
    pool, keys = make.make_pool(), make.fresh_keys(3)
    return lambda: import_at_once(pool, keys, actor=ACTOR)


def large_import(pool: KeyPool, keys: List[str]) -> KeyImport:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ESD_IMPORT_AT_ONCE", "0")
        return import_file(pool, "\n".join(keys), actor=ACTOR)


@leaves("license_keys_import", "key_import.started")
def start_large_import() -> Operation:
    pool, keys = make.make_pool(), make.fresh_keys(3)
    return lambda: large_import(pool, keys)


@leaves("license_key_import_stop", "key_import.stopped")
def stop_import() -> Operation:
    key_import = large_import(make.make_pool(), make.fresh_keys(3))
    return lambda: stop_key_import(key_import.pk, actor=ACTOR)


@leaves("license_key_import_resume", "key_import.resumed")
def resume_import() -> Operation:
    key_import = large_import(make.make_pool(), make.fresh_keys(3))
    stop_key_import(key_import.pk, actor=ACTOR)
    return lambda: resume_key_import(key_import.pk, actor=ACTOR)


@leaves("license_key_batch_quarantine", "key_batch.quarantined")
def quarantine() -> Operation:
    batch = KeyBatch.objects.get(pool=make.make_pool(keys=3))
    return lambda: quarantine_key_batch(batch.pk, reason=REASON, actor=ACTOR)


@leaves("license_policy_create", "license_policy.created")
def create_policy() -> Operation:
    pool, variant = make.make_pool(), build.make_variant("Editor", sku="EDITOR-1")
    return lambda: create_license_policy(variant_ref=str(variant.pk), pool_id=pool.pk, actor=ACTOR)


@leaves("license_policy_update", "license_policy.updated")
def update_policy() -> Operation:
    policy = make.make_policy()
    return lambda: update_license_policy(policy.pk, term="P1Y", grace_days=0, actor=ACTOR)


@leaves("license_policy_delete", "license_policy.deleted")
def delete_policy() -> Operation:
    policy = make.make_policy()
    return lambda: delete_license_policy(policy.pk, actor=ACTOR)


@leaves("license_policy_delete", "license_policy.deleted")
def archive_policy() -> Operation:
    policy = make.make_released(1)[0].policy
    return lambda: delete_license_policy(policy.pk, actor=ACTOR)


@leaves("license_account_create", "account.created", "account.updated")
def new_reseller() -> Operation:
    user = build.make_user()
    return lambda: create_account(user_ref=str(user.pk), is_reseller=True, actor=ACTOR)


@leaves("license_account_update", "account.updated")
def change_account() -> Operation:
    account = make.make_account()
    return lambda: update_account(account.pk, is_reseller=True, name="Acme", actor=ACTOR)


@leaves("license_end_customer_create", "end_customer.created")
def create_customer() -> Operation:
    account = make.make_account()
    return lambda: create_end_customer(
        account.pk, code="C1", name="Acme", email="it@acme.example", actor=ACTOR
    )


@leaves("license_end_customer_update", "end_customer.updated")
def update_customer() -> Operation:
    customer = make.make_end_customer(make.make_account())
    return lambda: update_end_customer(customer.pk, name="Acme 2", country="DE", actor=ACTOR)


@leaves("license_end_customer_delete", "end_customer.deleted")
def delete_customer() -> Operation:
    customer = make.make_end_customer(make.make_account())
    return lambda: delete_end_customer(customer.pk, actor=ACTOR)


@leaves("license_end_customer_delete", "end_customer.deleted")
def archive_customer() -> Operation:
    licenses = make.make_assigned(2)
    customer = licenses[0].end_customer
    recall_licenses([one.pk for one in licenses], actor=make.STAFF, is_staff=True)
    return lambda: delete_end_customer(customer.pk, actor=ACTOR)


@leaves("license_invitation_accept", "invitation.accepted")
def accept() -> Operation:
    token = issue_invitation(make.make_account().pk, email="guest@example.com")
    return lambda: accept_invitation(token, actor=ACTOR)


@leaves("license_order_approve", "license_order.approved", "license.released")
def approve_paid() -> Operation:
    order = make.make_license_order(3)
    return lambda: approve_license_order(order.pk, actor=ACTOR)


@leaves("license_order_approve", "license_order.approved")
def approve_unpaid() -> Operation:
    order = make.make_license_order(3, paid=False)
    return lambda: approve_license_order(order.pk, actor=ACTOR)


@leaves("license_order_reject", "license_order.rejected")
def reject() -> Operation:
    order = make.make_license_order(3)
    return lambda: reject_license_order(order.pk, reason=REASON, actor=ACTOR)


@leaves("license_order_return", "license.returned")
def return_named() -> Operation:
    licenses = make.make_released(3)
    order, ids = licenses[0].order_line.order, [license.pk for license in licenses[:2]]
    return lambda: return_units(order.pk, license_ids=ids, reason=REASON, actor=ACTOR)


@leaves("license_order_return", "license.returned")
def return_by_line() -> Operation:
    order = make.make_license_order(3)
    quantities = {order.lines.get().pk: 1}
    return lambda: return_units(order.pk, quantities=quantities, reason=REASON, actor=ACTOR)


@leaves("license_order_return", "license_order.refund_settled")
def keep_what_was_refunded() -> Operation:
    order = refunded_in_part()
    return lambda: return_units(order.pk, covers_refund=True, reason=REASON, actor=ACTOR)


@leaves("license_order_return", "license.returned", "license_order.refund_settled")
def return_one_for_a_larger_refund() -> Operation:
    order = refunded_in_part()
    ids = [make.licenses_of(order)[0].pk]
    return lambda: return_units(
        order.pk, license_ids=ids, covers_refund=True, reason=REASON, actor=ACTOR
    )


def refunded_in_part() -> LicenseOrder:
    """Three units for 10.00 each and a box for 100.00; what the 50.00 that went back are for, nobody knows."""
    variant = build.find_variant(make.make_policy(keys=3).variant_ref)
    lines = [(variant, 3), (build.make_variant(price=100), 1)]
    payment = make.unique("pi")
    order = make.record(build.make_order(lines, paid=True, payment_ref=payment))
    fact = Fact("stripe", payment, FactKind.REFUNDED, f"ch-{payment}", "USD", Decimal(50))
    note_payment_facts([fact], actor=Actor("PROVIDER", label="stripe", request_id="evt_1"))
    return order


@leaves("license_order_restore", "license.restored")
def restore_all_that_left() -> Operation:
    order, quantities = with_a_refund_that_failed(2)
    return lambda: restore_units(order.pk, quantities=quantities, reason=REASON, actor=ACTOR)


@leaves("license_order_restore", "license_order.refund_failure_settled")
def restore_nothing() -> Operation:
    order, _ = with_a_refund_that_failed(2)
    return lambda: restore_units(
        order.pk, quantities={}, covers_failed_refund=True, reason=REASON, actor=ACTOR
    )


@leaves("license_order_restore", "license.restored", "license_order.refund_failure_settled")
def restore_one_and_no_more() -> Operation:
    order, quantities = with_a_refund_that_failed(1)
    return lambda: restore_units(
        order.pk, quantities=quantities, covers_failed_refund=True, reason=REASON, actor=ACTOR
    )


def with_a_refund_that_failed(units: int) -> Tuple[LicenseOrder, Dict[UUID, int]]:
    """Of three units for 10.00 each two left for it. So many of its line are to come back."""
    payment = make.unique("pi")
    order = make.make_released(3, payment_ref=payment)[0].order_line.order
    for state in (RefundState.SUCCEEDED, RefundState.FAILED):
        tell(refund(20, state, ref=f"re-{payment}", payment=payment))
    return order, {order.lines.get().pk: units}


@leaves("license_grant", "license.granted", "license.released")
def grant() -> Operation:
    policy, account = make.make_policy(keys=4), make.make_account()
    return lambda: grant_licenses(
        policy.pk, quantity=2, account_id=account.pk, reason=REASON, actor=ACTOR
    )


@leaves("license_grant", "account.created", "license.granted", "license.released")
def grant_to_address() -> Operation:
    policy = make.make_policy(keys=4)
    return lambda: grant_licenses(
        policy.pk, quantity=2, email="friend@example.com", reason=REASON, actor=ACTOR
    )


@leaves("license_grant", "license.granted", "license.released", "license.assigned")
def grant_to_end_customer() -> Operation:
    policy, customer = make.make_policy(keys=4), make.make_end_customer(make.make_account())
    return lambda: grant_licenses(
        policy.pk,
        quantity=2,
        account_id=customer.account_id,
        end_customer_id=customer.pk,
        reason=REASON,
        actor=ACTOR,
    )


@leaves("license_assign", "license.assigned")
def assign() -> Operation:
    licenses = make.make_released(3)
    customer = make.make_end_customer(licenses[0].account)
    ids = [license.pk for license in licenses]
    return lambda: assign_licenses(ids, end_customer_id=customer.pk, actor=ACTOR)


@leaves("license_assign", "license.assigned")
def assign_by_line() -> Operation:
    license = make.make_released(3)[0]
    customer = make.make_end_customer(license.account)
    return lambda: assign_order_line(
        license.order_line_id, quantity=2, end_customer_id=customer.pk, actor=ACTOR
    )


@leaves("license_recall", "license.recalled")
def recall() -> Operation:
    ids = [license.pk for license in make.make_assigned(3)]
    return lambda: recall_licenses(ids, actor=ACTOR, is_staff=True, reason=REASON)


@leaves("license_key_replace", "license_key.replaced")
def replace_keys() -> Operation:
    ids = [license.pk for license in make.make_released(2, policy=make.make_policy(keys=6))]
    return lambda: replace_license_keys(ids, reason=REASON, actor=ACTOR)


@leaves("license_key_reveal", "license_key.revealed")
def reveal() -> Operation:
    license = make.make_released(1)[0]
    return lambda: reveal_license_key(license.pk, actor=ACTOR, reason=REASON)


@leaves("license_key_claim", "license_key.claimed")
def claim() -> Operation:
    token = issue_claim_link(make.make_released(1)[0].pk, email="a@example.com")
    return lambda: claim_license_key(token, actor=ACTOR)


@leaves("licenses_export", "export.requested")
def export_of_licenses() -> Operation:
    licenses = type(make.make_released(2)[0]).objects.all()
    rows = LicenseRows(licenses, list(LICENSE_COLUMNS), is_clear=True)
    return lambda: export_licenses(
        rows, actor=ACTOR, wanted={}, columns=None, is_clear=True, reason=REASON
    )


@leaves("license_key_pool_export", "export.requested")
def export_of_keys() -> Operation:
    pool = make.make_pool(2)
    rows, wanted = KeyRows(pool, list(KEY_COLUMNS)), {"pool": str(pool.pk)}
    return lambda: export_license_keys(rows, actor=ACTOR, wanted=wanted, columns=None)


@leaves("license_key_import_report_export", "export.requested")
def export_of_a_report() -> Operation:
    batch = make.make_pool(2).batches.get()
    return lambda: export_import_report(batch.pk, actor=ACTOR)
