"""What loaders fetch for accounts: the lists below many accounts at once."""

from __future__ import annotations

from typing import Dict, List
from uuid import UUID

from django.db.models import QuerySet

from ...accounts import queries
from ...accounts.models import Account, Member
from ...criteria import contains
from ...host.types import Actor


def end_customers_below(account_ids: List[UUID], actor: Actor, text: str) -> QuerySet:
    """The end customers of these accounts that the actor may see and that are not archived."""
    return queries.end_customers_visible_to(actor).filter(
        contains(text, "code", "name", "email"), account_id__in=account_ids, archived_at=None
    )


def members_of(account_ids: List[UUID], actor: Actor) -> Dict[UUID, List[Member]]:
    """The members of these accounts, none for accounts whose members the actor does not manage."""
    found: Dict[UUID, List[Member]] = {account_id: [] for account_id in account_ids}
    for member in queries.members_visible_to(actor).filter(account_id__in=account_ids):
        found[member.account_id].append(member)
    return found


def accounts_of_users(user_refs: List[str], actor: Actor) -> Dict[str, List[Account]]:
    """The accounts that these users are members of, as far as the actor may see them."""
    found: Dict[str, List[Account]] = {user_ref: [] for user_ref in user_refs}
    members = Member.objects.filter(
        user_ref__in=user_refs, account__in=queries.visible_to(actor)
    ).select_related("account")
    for member in members:
        found[member.user_ref].append(member.account)
    return found
