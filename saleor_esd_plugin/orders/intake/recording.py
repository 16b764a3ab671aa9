"""The host's order becomes our rows. Runs inside the host's hooks, so it only records: no key is touched.

Everything here may run twice, late and in any order (invariant 5): a unique constraint or a condition in
the UPDATE decides, not a look before. It is part of every checkout, hence the one statement: it reads the
lines of the host's order, and writes ours and the event.
"""

from __future__ import annotations

from typing import Dict, Optional, Tuple
from uuid import UUID

from django.db import connection, transaction
from django.db.models import QuerySet

from ...events.record import event_values, tell_after_commit, with_event
from ...events.types import EventType
from ...host import shop
from ...host.types import SYSTEM, Order
from ...ids import uuid7
from ...licenses.policies.models import LicensePolicy
from ..buyer_address import note_buyer_address
from ..models import LicenseOrder
from ..money.state import note_named_returns, note_state
from .checkout_details import usable_details
from .line_sync import follow_lines, note_origin

_ENDED = ("CANCELLED", "EXPIRED")

# Nothing is recorded of an order without a licensed line: most of a shop's orders, perhaps.
_RECORD = f"""
WITH licensed AS (
    SELECT line.*, policy.id AS policy_id, policy.kind = 'RENEWAL' AS is_renewal
    FROM ({shop.LINES_OF_ORDER}) AS line
    JOIN esd_licensepolicy policy ON policy.variant_ref = line.variant AND policy.archived_at IS NULL
    WHERE %(at_checkout)s OR policy.created_at <= %(ordered_at)s::timestamptz
), recorded AS (
    INSERT INTO esd_licenseorder (
        id, order_uuid, number, buyer_user_ref, buyer_email, follows_user, language, notification_email,
        purchase_order_reference, comment, checkout_token, is_duplicate_checkout, approval,
        decided_by, decision_reason, unpaid_release_reason, ordered_at, recorded_at,
        confirmed_at, paid_at, currency, total, captured, refunded, charged_back, open_refund,
        settled_refund, failed_refund, peak_refund, channel, country
    )
    SELECT %(id)s::uuid, %(order_uuid)s::uuid, %(number)s, %(user_ref)s, %(email)s, %(follows_user)s,
        %(language)s, %(notification_email)s, %(reference)s, %(comment)s, %(checkout_token)s, FALSE, 'PENDING',
        '', '', '', %(ordered_at)s::timestamptz, moment,
        CASE WHEN %(is_confirmed)s THEN moment END,
        CASE WHEN %(is_paid)s THEN moment END,
        %(currency)s, %(total)s::numeric, %(captured)s::numeric, 0, 0, 0, 0, 0, 0, %(channel)s, %(country)s
    FROM (SELECT clock_timestamp() AS moment) AS clock
    WHERE EXISTS (SELECT FROM licensed)
    ON CONFLICT (order_uuid) DO NOTHING
    RETURNING id
), lines AS (
    INSERT INTO esd_licenseorderline (
        id, order_id, order_line_ref, policy_id, variant_ref, sku, product_name, variant_name,
        is_renewal, quantity, approved, withdrawn, fulfilled
    )
    SELECT (%(line_id_head)s::text || lpad(to_hex(%(line_id_tail)s::bigint + place), 12, '0'))::uuid,
        recorded.id, ref, policy_id, variant, sku, product, variant_name, is_renewal,
        quantity, 0, 0, 0
    FROM recorded, licensed
    ON CONFLICT (order_line_ref) DO NOTHING
), {with_event("recorded", "jsonb_build_object('units', (SELECT sum(quantity) FROM licensed))")}
SELECT EXISTS (SELECT FROM recorded), EXISTS (SELECT FROM licensed)
"""


@transaction.atomic(savepoint=False)
def observe_order(order: Optional[Order], *, at_checkout: bool = False) -> Optional[LicenseOrder]:
    """Take note of what the host says of an order; None if it has no licensed line.

    `at_checkout` is the moment of the order's making: only then a policy may be younger than the order
    (a draft that was begun before), and nobody looks first whether the order is known.
    """
    if order is None or order.status == "DRAFT":
        return None
    known = None if at_checkout else _known(order.uuid).first()
    if known is None:
        if order.status in _ENDED:
            return None
        license_order_id, is_licensed = _record_license_order(order, at_checkout=at_checkout)
        if license_order_id is not None:
            # The other fields are read if somebody asks for them; the hook does not.
            known_fields, values = ["id", "order_uuid"], [license_order_id, order.uuid]
            return LicenseOrder.from_db(connection.alias, known_fields, values)
        if not is_licensed:
            return None
        # Another call has recorded it, this moment or long ago. An order in hand does not tell enough.
        known = _known(order.uuid).get()
        if at_checkout:
            order = shop.read_order(order.uuid)
        if order is None:
            return known
    # First: it takes the order's lock, which comes before the row's.
    note_buyer_address(known, order)
    note_origin(known, order)
    follow_lines(known, order, _policies(order, at_checkout=at_checkout))
    money = note_state(known, order)
    note_named_returns(known, order, money)
    return known


def is_recorded(order_uuid: UUID, *, settled: bool) -> bool:
    """Whether we know the order; with `settled` False only if its payment or confirmation is open."""
    known = _known(order_uuid)
    if not settled:
        known = known.filter(paid_at=None) | known.filter(confirmed_at=None)
    return known.exists()


def _known(order_uuid: UUID) -> QuerySet:
    return LicenseOrder.objects.filter(order_uuid=order_uuid)


def _policies(order: Order, *, at_checkout: bool) -> Dict[str, LicensePolicy]:
    """Variant -> live policy, for the variants of the order."""
    refs = {line.variant_ref for line in order.lines if line.variant_ref}
    found = LicensePolicy.objects.filter(variant_ref__in=refs, archived_at=None)
    if not at_checkout:
        found = found.filter(created_at__lte=order.created_at)
    return {policy.variant_ref: policy for policy in found.only("variant_ref", "kind")}


def _record_license_order(order: Order, *, at_checkout: bool) -> Tuple[Optional[UUID], bool]:
    """(The id of the new record, None if there is one already; whether any line is licensed.)"""
    license_order_id, event_id = uuid7(), uuid7()
    details = usable_details(order.details)
    values = {
        "id": str(license_order_id),
        "order_uuid": str(order.uuid),
        "number": order.number,
        "user_ref": order.user_ref,
        "email": order.email,
        "follows_user": order.has_users_email,
        "language": order.language,
        "notification_email": details.get("notification_email", ""),
        "reference": details.get("purchase_order_reference", ""),
        "comment": details.get("comment", ""),
        "checkout_token": order.checkout_token,
        "ordered_at": order.created_at,
        "at_checkout": at_checkout,
        "is_confirmed": order.status != "UNCONFIRMED",
        "is_paid": order.is_paid,
        "currency": order.currency,
        "total": order.total,
        "captured": sum(payment.captured for payment in order.payments),
        "channel": order.channel,
        "country": order.country,
        # Lines have the id of their order, but for the last 12 digits: these are counted up. Without the
        # first bit, so that there is room to count.
        "line_id_head": str(license_order_id)[:24],
        "line_id_tail": license_order_id.int & 0x7FFF_FFFF_FFFF,
    }
    event = event_values(
        event_id,
        EventType.LICENSE_ORDER_RECORDED,
        license_order_id,
        actor=SYSTEM,
        order_id=license_order_id,
        number=order.number,
    )
    with connection.cursor() as cursor:
        cursor.execute(_RECORD, {**values, **event})
        is_recorded, is_licensed = cursor.fetchone()
    if not is_recorded:
        return None, is_licensed
    tell_after_commit(event_id)
    return license_order_id, True
