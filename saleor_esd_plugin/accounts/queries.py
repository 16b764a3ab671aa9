"""Reading what belongs to accounts."""

from __future__ import annotations

from uuid import UUID

from django.db.models import QuerySet

from ..host.types import Actor
from ..permissions import MANAGE_LICENSES, Right
from .access import account_ids_with, visible_to
from .models import EndCustomer, Member

__all__ = ["end_customers_visible_to", "has_member", "members_visible_to", "visible_to"]


def end_customers_visible_to(actor: Actor) -> QuerySet:
    """End customers of the accounts where the actor may assign, archived ones included (I17)."""
    if actor.has(MANAGE_LICENSES):
        return EndCustomer.objects.all()
    return EndCustomer.objects.filter(account_id__in=account_ids_with(actor, Right.ASSIGN))


def members_visible_to(actor: Actor) -> QuerySet:
    """Members of the accounts whose members the actor manages."""
    if actor.has(MANAGE_LICENSES):
        return Member.objects.all()
    return Member.objects.filter(account_id__in=account_ids_with(actor, Right.MANAGE_MEMBERS))


def has_member(account_id: UUID) -> bool:
    """False for the account of a guest who has not accepted the invitation yet."""
    return Member.objects.filter(account_id=account_id).exists()
