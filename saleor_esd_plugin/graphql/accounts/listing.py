"""What loaders fetch for accounts: the lists below many accounts at once."""

from __future__ import annotations

from typing import Any, Dict, List, NamedTuple, Optional
from uuid import UUID

from django.db.models import QuerySet

from ...accounts import queries
from ...accounts.models import Account, Member
from ...criteria import contains, identified
from ...host.types import Actor
from ...orders.license_search import LicenseFilter
from ..filters import id_within
from ..licenses.filters import license_filter
from ..licenses.listing import licenses_wanted


class EndCustomerFilter(NamedTuple):
    """Conditions on end customers; those that are given must all hold."""

    text: str = ""
    account: Optional[UUID] = None
    licenses: Optional[LicenseFilter] = None


def end_customer_filter(input: Any) -> EndCustomerFilter:
    """What a LicenseEndCustomerFilterInput (None: no condition) says."""
    if input is None:
        return EndCustomerFilter()
    licenses = None if input.licenses is None else license_filter(input.licenses)
    return EndCustomerFilter(input.text or "", id_within(input.account, "LicenseAccount"), licenses)


def end_customers_wanted(filter: EndCustomerFilter, actor: Actor) -> QuerySet:
    """The end customers that match, that the actor may see and that are not archived. Raises Invalid."""
    found = queries.end_customers_visible_to(actor).filter(
        contains(filter.text, "code", "name", "email"),
        identified(filter.account, "account_id"),
        archived_at=None,
    )
    if filter.licenses is None:
        return found
    licenses = licenses_wanted(filter.licenses, actor).exclude(end_customer=None)
    return found.filter(pk__in=licenses.order_by().values("end_customer_id"))


def end_customers_below(
    account_ids: List[UUID], actor: Actor, filter: EndCustomerFilter
) -> QuerySet:
    """Those of these accounts."""
    return end_customers_wanted(filter, actor).filter(account_id__in=account_ids)


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
