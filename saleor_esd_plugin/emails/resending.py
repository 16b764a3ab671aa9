"""The mail with a key once more, to its person (I16), perhaps to a corrected address."""

from __future__ import annotations

from datetime import timedelta
from typing import Optional
from uuid import UUID

from django.db import transaction

from ..accounts.end_customers import update_end_customer
from ..errors import Invalid
from ..events.record import record
from ..events.throttle import throttle
from ..events.types import EventType
from ..host.types import Actor
from ..licenses.errors import NotReleased
from ..licenses.locks import lock_license
from ..licenses.models import Fulfillment, License
from .models import DeliveryKind
from .rules import goes_to_buyer

LIMITS = ((3, timedelta(hours=1)), (10, timedelta(days=1)))


@transaction.atomic
def resend_license_email(license_id: UUID, *, email: Optional[str] = None, actor: Actor) -> License:
    """Mail the key of a license again: to its end customer, or to the buyer who keeps it himself.

    `email` corrects the end customer's address and stays there; a buyer's address is the order's and
    cannot be changed here (Invalid). Raises NotFound, NotReleased, Invalid if the buyer is to get no key
    by mail (a reseller's, or as the policy says), the errors of parse_address, RateLimited (3 an hour, 10 a day per license).
    """
    license = lock_license(license_id)
    if not license.is_usable:
        raise NotReleased(license.standing)
    if license.fulfillment == Fulfillment.ASSIGNED.value:
        kind, recipient = DeliveryKind.LICENSE_ASSIGNED, license.end_customer.email
        if email is not None:
            recipient = update_end_customer(license.end_customer_id, email=email, actor=actor).email
    else:
        if not goes_to_buyer(license.policy, license.account):
            raise Invalid(
                "The buyer gets this key by no e-mail. Assign it to an end customer first.",
                field="license",
            )
        if email is not None:
            raise Invalid("The buyer's address is that of the order.", field="email")
        kind, recipient = DeliveryKind.LICENSE_KEYS, license.order_line.order.buyer_email
    throttle("resend", str(license.pk), LIMITS)
    record(
        EventType.LICENSE_EMAIL_RESENT,
        license.pk,
        actor=actor,
        order_id=license.order_line.order_id,
        account_id=license.account_id,
        email=recipient,
        kind=kind.value,
        end_customer=str(license.end_customer_id) if license.end_customer_id else None,
    )
    return license
