"""Reading what belongs to accounts."""

from __future__ import annotations

from typing import Collection, Dict, Tuple
from uuid import UUID

from django.db.models import QuerySet

from ..host.types import Actor
from ..permissions import MANAGE_LICENSES, Right
from .access import account_ids_with, is_staff, visible_to
from .models import Account, EndCustomer, Member

__all__ = [
    "accounts_in_use_by",
    "accounts_with_hints",
    "end_customers_visible_to",
    "has_member",
    "members_visible_to",
    "memberships",
    "name_for_actor",
    "visible_to",
]

# What others read instead of the name of a member of the shop's staff, or of an app of the shop.
SOMEBODY_OF_THE_SHOP = "staff"


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


def accounts_in_use_by(actor: Actor) -> "QuerySet[Account]":
    """Accounts whose licenses the actor may see: who may not even do that is told of no end customer."""
    if actor.has(MANAGE_LICENSES):
        return Account.objects.all()
    return Account.objects.filter(pk__in=account_ids_with(actor, Right.SEE_LICENSES))


def memberships(pairs: Collection[Tuple[UUID, str]]) -> Dict[Tuple[UUID, str], bool]:
    """(account, user) -> True for those of these that are members; the others are left out."""
    found = Member.objects.filter(
        account_id__in={account_id for account_id, _ in pairs},
        user_ref__in={user_ref for _, user_ref in pairs},
    )
    return dict.fromkeys(found.values_list("account_id", "user_ref"), True)


def accounts_with_hints(account_ids: Collection[UUID], actor: Actor) -> Dict[UUID, bool]:
    """Account -> True for those of these in which the actor sees the last characters of keys."""
    owned = account_ids_with(actor, Right.SEE_KEY_HINT).filter(account_id__in=account_ids)
    return dict.fromkeys(owned.values_list("account_id", flat=True), True)


def name_for_actor(name: str, actor: Actor, *, is_member: bool) -> str:
    """`name`, of a member of an account or not, as the actor may read it: no member reads the names of staff."""
    return name if is_member or is_staff(actor) else SOMEBODY_OF_THE_SHOP


def has_member(account_id: UUID) -> bool:
    """False for the account of a guest who has not accepted the invitation yet."""
    return Member.objects.filter(account_id=account_id).exists()
