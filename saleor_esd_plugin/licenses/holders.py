"""Changing an end customer moves unused links and mails along; deleting one never loses a license."""

from __future__ import annotations

from typing import Any, Optional
from uuid import UUID

from django.db import transaction

from ..accounts import end_customers
from ..accounts.models import EndCustomer
from ..errors import NotFound
from ..events.record import record
from ..events.types import EventType
from ..host.types import Actor
from ..permissions import MANAGE_LICENSES
from ..text import clean_reason
from .claim_links import void_claim_links_to
from .disclosure import note_staff_sending
from .errors import StillInUse
from .handover import records_blocks
from .models import Assignment, Fulfillment, License


@records_blocks
@transaction.atomic
def update_end_customer(
    end_customer_id: UUID,
    *,
    is_staff: bool = False,
    reason: str = "",
    besides: Optional[UUID] = None,
    actor: Actor,
    **given: Any,
) -> EndCustomer:
    """Change what is given; see `accounts.end_customers.change_end_customer`, also for what is raised.

    With another address, unused claim links that went to the old one are useless, and new ones follow by
    mail, but for the license `besides`. A key that was mailed in clear is not mailed again. `is_staff` who
    change the address while licenses are held have that noted, with the `reason`: see `sending`, also for what
    is raised besides.
    """
    reason = clean_reason(reason)
    before = end_customers.lock_end_customer(
        end_customer_id, with_account=given.get("code") is not None
    ).email
    customer = end_customers.change_end_customer(
        end_customer_id, by_staff=is_staff, actor=actor, **given
    )
    if customer.email == before:
        return customer
    held = License.objects.filter(
        end_customer=customer, fulfillment=Fulfillment.ASSIGNED.value
    ).order_by("pk")
    ids = list(held.values_list("pk", flat=True))
    if is_staff:
        note_staff_sending({customer: ids}, reason=reason, permission=MANAGE_LICENSES, actor=actor)
    if customer.email.lower() == before.lower():
        return customer
    lost_links = void_claim_links_to(before, ids)
    record(
        EventType.END_CUSTOMER_ADDRESS_CHANGED,
        customer.pk,
        actor=actor,
        account_id=customer.account_id,
        before=before,
        after=customer.email,
        licenses=[str(pk) for pk in lost_links if pk != besides],
    )
    return customer


@transaction.atomic
def delete_end_customer(end_customer_id: UUID, *, actor: Actor) -> None:
    """The end customer is gone, or archived if licenses were once theirs.

    Raises StillInUse with the count while they hold licenses, NotFound.
    """
    customer = (
        EndCustomer.objects.select_for_update().filter(pk=end_customer_id, archived_at=None).first()
    )
    if customer is None:
        raise NotFound()
    held = License.objects.filter(end_customer=customer).exclude(fulfillment="RETURNED").count()
    if held:
        raise StillInUse("end customer", held)
    has_history = (
        Assignment.objects.filter(end_customer=customer).exists()
        or License.objects.filter(end_customer=customer).exists()
    )
    end_customers.remove_end_customer(customer, keep_row=has_history, actor=actor)
