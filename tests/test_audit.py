"""T-AUD-01, T-AUD-02, invariant 6: each operation leaves exactly its event; without the event nothing happens."""

from __future__ import annotations

from contextlib import contextmanager
from decimal import Decimal
from typing import Any, Callable, Dict, Iterator, List, Tuple
from uuid import UUID

import build
import factories as make
import pytest
from django.db import DatabaseError, connection
from import_files import import_at_once, import_file
from provider import refund, tell

from saleor_esd_plugin.accounts.end_customers import create_end_customer
from saleor_esd_plugin.accounts.invitations import accept_invitation, issue_invitation
from saleor_esd_plugin.accounts.models import Account
from saleor_esd_plugin.accounts.services import create_account, update_account
from saleor_esd_plugin.emails.catalog import deliveries_of
from saleor_esd_plugin.emails.models import Delivery
from saleor_esd_plugin.emails.receipts import send_license_order_receipt
from saleor_esd_plugin.emails.resending import resend_license_email
from saleor_esd_plugin.emails.send import send_delivery
from saleor_esd_plugin.errors import EsdError
from saleor_esd_plugin.events.models import Event
from saleor_esd_plugin.exports.columns import KEY_COLUMNS, LICENSE_COLUMNS
from saleor_esd_plugin.exports.key_rows import KeyRows
from saleor_esd_plugin.exports.license_rows import LicenseRows
from saleor_esd_plugin.exports.requests import (
    export_import_report,
    export_license_keys,
    export_licenses,
)
from saleor_esd_plugin.graphql.schema import MUTATIONS
from saleor_esd_plugin.host.db import now
from saleor_esd_plugin.host.types import ANONYMOUS, Actor
from saleor_esd_plugin.keys.importing.progress import resume_key_import, stop_key_import
from saleor_esd_plugin.keys.models import KeyBatch, KeyImport, KeyPool, LicenseKey
from saleor_esd_plugin.keys.ring import vault
from saleor_esd_plugin.keys.stock.pools import create_key_pool, quarantine_key_batch
from saleor_esd_plugin.licenses.claim_links import claim_license_key, issue_claim_link
from saleor_esd_plugin.licenses.handover import reveal_license_key
from saleor_esd_plugin.licenses.holders import delete_end_customer, update_end_customer
from saleor_esd_plugin.licenses.models import ClaimLink
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
from saleor_esd_plugin.orders.models import FactKind, LicenseOrder, RefundState
from saleor_esd_plugin.orders.restoration import restore_units
from saleor_esd_plugin.orders.returns import return_units

pytestmark = pytest.mark.django_db

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


@leaves("license_email_resend", "license_email.resent")
def resend() -> Operation:
    license = make.make_assigned(1)[0]
    return lambda: resend_license_email(license.pk, actor=ACTOR)


@leaves(
    "license_email_resend",
    "end_customer.updated",
    "end_customer.address_changed",
    "license_email.resent",
)
def resend_corrected() -> Operation:
    license = make.make_assigned(1)[0]
    return lambda: resend_license_email(license.pk, email="new@example.com", actor=ACTOR)


@leaves("license_order_receipt_send", "license_order.receipt_sent")
def receipt() -> Operation:
    order = make.make_released(2)[0].order_line.order
    return lambda: send_license_order_receipt(
        order.pk, emails="a@example.com, b@example.com", actor=ACTOR
    )


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


# What a second call does once more; all other operations have nothing left to do.
NEW_ACTS = {
    "license_key_pool_create": ["key_pool.created"],
    "license_key_replace": ["license_key.replaced"],
    "license_key_reveal": ["license_key.revealed"],
    "licenses_export": ["export.requested"],
    "license_key_pool_export": ["export.requested"],
    "license_key_import_report_export": ["export.requested"],
    "license_email_resend": ["license_email.resent"],
    "license_email_resend resend_corrected": ["license_email.resent"],
    "license_order_receipt_send": ["license_order.receipt_sent"],
    "license_order_return return_by_line": ["license.returned"],
}

operations = pytest.mark.parametrize("name", list(OPERATIONS))


@contextmanager
def events_refused() -> Iterator[None]:
    """The database takes no event."""
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION pg_temp.refuse() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN RAISE EXCEPTION 'disk full'; END $$"
        )
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(
            "CREATE TRIGGER refuse BEFORE INSERT ON esd_event"
            " FOR EACH ROW EXECUTE FUNCTION pg_temp.refuse()"
        )
    yield
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER refuse ON esd_event; DROP FUNCTION pg_temp.refuse()")


def test_the_table_holds_every_operation_of_the_api():
    """G16: 100 %. The buyer's words at checkout are the shop's until the order takes them over."""
    named = {name.split(" ")[0] for name in OPERATIONS}

    assert set(MUTATIONS) - named == {"license_checkout_details_set"}
    assert named <= set(MUTATIONS)


@operations
def test_each_operation_leaves_exactly_its_event(name):
    """T-AUD-01, T-AUD-02, invariants 5 to 7: never without its event, and none for what does not happen again."""
    prepare, types = OPERATIONS[name]
    operation = prepare()

    nothing_changes_without_its_event(operation)
    exactly_its_event_is_left(operation, types)
    a_second_time_is_a_new_act_or_nothing(operation, name)
    no_event_holds_a_key()


def nothing_changes_without_its_event(operation: Operation) -> None:
    """Both are written or neither."""
    before = make.table_digest()

    with events_refused(), pytest.raises(DatabaseError):
        operation()

    assert make.table_digest() == before


def exactly_its_event_is_left(operation: Operation, types: List[str]) -> None:
    """In the order in which it happened, with actor, time, address and request."""
    before, events = make.table_digest(), events_of(operation)

    assert make.table_digest() != before
    assert [event.type for event in events] == types
    for event in events:
        assert event.dispatch.told_at is None
    # What follows from an approval at once is the plugin's own doing.
    by_actor = [event for event in events if event.actor_kind != "SYSTEM"]
    assert len(by_actor) == len(events) - types.count("license.released")
    for event in by_actor:
        assert (event.actor_kind, event.actor_ref, event.actor_label) == (
            "USER",
            "9000001",
            "staff@shop.example",
        )
        assert (event.ip, event.request_id) == ("192.0.2.0/24", "r-1")


def a_second_time_is_a_new_act_or_nothing(operation: Operation, name: str) -> None:
    """What does not happen again, because it is so already or is refused, is not recorded."""
    before = make.table_digest()

    def again() -> None:
        try:
            operation()
        except EsdError:
            assert name not in NEW_ACTS

    assert [event.type for event in events_of(again)] == (NEW_ACTS.get(name) or [])
    assert (make.table_digest() == before) is (name not in NEW_ACTS)


def no_event_holds_a_key() -> None:
    """Invariant 7: not one clear key, plain or canonical."""
    clear = [vault.decrypt(key).reveal() for key in LicenseKey.objects.select_related("pool")]
    text = " ".join(
        str(list(row)) for row in Event.objects.values_list("data", "reason", "actor_label", "ip")
    )
    assert [key for key in clear if key in text or key.replace("-", "") in text] == []
    assert not Account.objects.filter(name__in=clear).exists()


def events_of(operation: Operation) -> List[Event]:
    """What it records, at the moment when it happens."""
    known, began = set(Event.objects.values_list("pk", flat=True)), now()
    operation()
    events = list(Event.objects.exclude(pk__in=known).order_by("pk"))
    assert all(began <= event.created_at <= now() for event in events)
    return events


def test_without_the_event_no_key_is_seen():
    """T-AUD-02: no clear key leaves, none is marked as revealed, the link can still be used."""
    license = make.make_released(1)[0]
    token = issue_claim_link(license.pk, email="a@example.com")
    seen: List[Any] = []

    with events_refused():
        with pytest.raises(DatabaseError):
            seen.append(reveal_license_key(license.pk, actor=ACTOR, reason=REASON))
        with pytest.raises(DatabaseError):
            seen.append(claim_license_key(token, actor=ANONYMOUS))

    assert seen == []
    assert LicenseKey.objects.get(pk=license.key_id).revealed_at is None
    assert ClaimLink.objects.get(license=license).claimed_at is None
    assert claim_license_key(token, actor=ANONYMOUS)[1].reveal()


def test_without_the_event_no_mail_with_a_key_leaves(smtp):
    """T-AUD-02: an INLINE mail is a reveal."""
    license = make.make_released(1)[0]
    deliveries_of(Event.objects.get(type="license.released"))
    delivery = Delivery.objects.get(kind="LICENSE_KEYS")

    with events_refused():
        send_delivery(delivery.pk)

    assert smtp.messages == []
    assert LicenseKey.objects.get(pk=license.key_id).revealed_at is None
    delivery.refresh_from_db()
    assert (delivery.status, delivery.sent_at) == ("QUEUED", None)
    assert "disk full" not in delivery.error
