"""The mail with a key once more, to its person (I16), perhaps to a corrected address."""

from __future__ import annotations

from datetime import timedelta
from typing import Optional
from uuid import UUID

from django.db import transaction

from ..accounts.addresses import parse_address
from ..errors import Invalid, NotFound, Required
from ..events.record import record
from ..events.throttle import throttle
from ..events.types import EventType
from ..host.db import now
from ..host.types import Actor
from ..licenses.disclosure import note_staff_sending
from ..licenses.errors import NotReleased
from ..licenses.handover import records_blocks
from ..licenses.holders import update_end_customer
from ..licenses.locks import lock_license
from ..licenses.models import Fulfillment, License
from ..orders.buyer_address import follow_buyer_address, read_head
from ..orders.locks import lock_order
from ..orders.models import LicenseOrder
from ..permissions import MANAGE_LICENSES
from ..text import clean_reason
from .delivery_rules import goes_to_buyer
from .models import DeliveryKind

LIMITS = ((3, timedelta(hours=1)), (10, timedelta(days=1)))


@records_blocks
@transaction.atomic
def resend_license_email(
    license_id: UUID,
    *,
    email: Optional[str] = None,
    is_staff: bool = False,
    reason: str = "",
    actor: Actor,
) -> License:
    """Mail the key of a license again: to its end customer, or to the buyer who keeps it himself.

    `email` corrects the end customer's address and stays there; a buyer's address is the order's, as the shop
    has it now, and cannot be changed here (Invalid). `is_staff` may need a `reason` to send to an end customer: see
    `licenses.sending`. Raises NotFound, NotReleased, Invalid if the buyer is to get no key by mail (a reseller's, or
    as the policy says), the errors of parse_address, Required (an order without an address), ReasonRequired,
    RevealsUsedUp, RateLimited (3 an hour, 10 a day per license).
    """
    reason = clean_reason(reason)
    order = _locked_order_of(license_id)
    license = lock_license(license_id)
    moment = now()
    if not license.is_usable_at(moment):
        raise NotReleased(license.standing_at(moment))
    if license.fulfillment == Fulfillment.ASSIGNED.value:
        kind, customer = DeliveryKind.LICENSE_ASSIGNED, license.end_customer
        before = customer.email
        if email is not None:
            customer = update_end_customer(
                customer.pk,
                email=email,
                is_staff=is_staff,
                reason=reason,
                besides=license.pk,
                actor=actor,
            )
        recipient = customer.email
        # A new address was noted just now, with all that goes there.
        if is_staff and recipient == before:
            note_staff_sending(
                {customer: [license.pk]}, reason=reason, permission=MANAGE_LICENSES, actor=actor
            )
    else:
        if not goes_to_buyer(license.policy, license.account):
            raise Invalid(
                "The buyer gets this key by no e-mail. Assign it to an end customer first.",
                field="license",
            )
        if email is not None:
            raise Invalid("The buyer's address is that of the order.", field="email")
        follow_buyer_address(order, read_head(order), besides=license.pk)
        if not order.buyer_email:
            raise Required(
                "The order has no e-mail address. Enter one in the shop.", field="license"
            )
        kind = DeliveryKind.LICENSE_KEYS
        recipient = parse_address(order.buyer_email, field="license")
    throttle("resend", str(license.pk), LIMITS)
    record(
        EventType.LICENSE_EMAIL_RESENT,
        license.pk,
        actor=actor,
        reason=reason,
        order_id=license.order_line.order_id,
        account_id=license.account_id,
        email=recipient,
        kind=kind.value,
        end_customer=str(license.end_customer_id) if license.end_customer_id else None,
    )
    return license


def _locked_order_of(license_id: UUID) -> LicenseOrder:
    """Its lock comes before the license's. Raises NotFound."""
    order_ids = License.objects.filter(pk=license_id).values_list("order_line__order_id", flat=True)
    order_id = order_ids.first()
    if order_id is None:
        raise NotFound(field="license")
    return lock_order(order_id)
