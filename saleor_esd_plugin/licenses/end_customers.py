"""Deleting an end customer never loses a license."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction

from ..accounts import end_customers
from ..accounts.models import EndCustomer
from ..errors import NotFound
from ..host.types import Actor
from .errors import StillInUse
from .models import Assignment, License


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
