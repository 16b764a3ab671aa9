"""End customers who hold licenses: deleting one loses none, another address takes unused links back."""

from __future__ import annotations

from typing import Optional
from uuid import UUID

from django.db import transaction

from ..accounts import end_customers
from ..accounts.models import EndCustomer
from ..errors import NotFound
from ..events.record import record
from ..events.types import EventType
from ..host.types import Actor
from .claiming import void_claim_links_to
from .errors import StillInUse
from .models import Assignment, Fulfillment, License


@transaction.atomic
def update_end_customer(
    end_customer_id: UUID,
    *,
    actor: Actor,
    besides: Optional[UUID] = None,
    **given: Optional[str],
) -> EndCustomer:
    """Change what is given; see `accounts.end_customers.update_end_customer`, also for what is raised.

    With another address, unused claim links that went to the old one are useless, and new ones follow by
    mail, but for the license `besides`. A key that was mailed in clear is not mailed again.
    """
    before = end_customers.lock_end_customer(end_customer_id).email
    customer = end_customers.update_end_customer(end_customer_id, actor=actor, **given)
    if customer.email.lower() == before.lower():
        return customer
    held = License.objects.filter(
        end_customer=customer, fulfillment=Fulfillment.ASSIGNED.value
    ).values("pk")
    lost_links = void_claim_links_to(before, held)
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
