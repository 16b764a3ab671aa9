"""Queries for accounts."""

from __future__ import annotations

from typing import Any, Optional

import graphene
from django.db.models import Q
from promise import Promise

from ...accounts import queries
from ...accounts.models import Account, EndCustomer, Member
from ...criteria import contains, within, yes_no
from ...host.graphql import permission_denied, ref_of, user_ref
from ...host.types import Actor
from ...permissions import MANAGE_LICENSES
from ..base import current_actor, nested, owner_or_staff, root_query
from ..connections import KeysetConnection, connect, connection_field
from ..documents import refuse_literal_secrets
from ..filters import between
from ..global_ids import find_or_none
from ..licenses.filters import license_filter
from ..licenses.listing import licenses_wanted
from ..loaders import load
from .inputs import (
    ACCOUNT_SORTING,
    END_CUSTOMER_SORTING,
    LicenseAccountFilterInput,
    LicenseEndCustomerFilterInput,
)
from .listing import accounts_of_users, end_customer_filter, end_customers_wanted
from .types import (
    LicenseAccount,
    LicenseAccountConnection,
    LicenseEndCustomer,
    LicenseEndCustomerConnection,
)


@root_query(owner_or_staff(MANAGE_LICENSES))
def resolve_license_account(actor: Actor, info: Any, id: str) -> Optional[Account]:
    return find_or_none(queries.visible_to(actor), id, "LicenseAccount")


@root_query(owner_or_staff(MANAGE_LICENSES))
def resolve_license_accounts(
    actor: Actor, info: Any, filter: Any = None, sort_by: Any = None, **paging: Any
) -> KeysetConnection:
    refuse_literal_secrets(info, ("key",))
    accounts = queries.visible_to(actor)
    if filter is not None:
        accounts = accounts.filter(
            contains(filter.text, "name", "email"),
            yes_no(filter.is_reseller, Q(is_reseller=True)),
            within(between(filter.created_at), "created_at", field="filter.createdAt"),
        )
        if filter.user is not None:
            member = Member.objects.filter(user_ref=ref_of(filter.user, "User") or "")
            accounts = accounts.filter(pk__in=member.values("account_id"))
        if filter.licenses is not None:
            licenses = licenses_wanted(license_filter(filter.licenses), actor)
            accounts = accounts.filter(pk__in=licenses.order_by().values("account_id"))
    return connect(LicenseAccountConnection, accounts, ACCOUNT_SORTING.chosen(sort_by), **paging)


@root_query(owner_or_staff(MANAGE_LICENSES))
def resolve_license_end_customer(actor: Actor, info: Any, id: str) -> Optional[EndCustomer]:
    return find_or_none(queries.end_customers_visible_to(actor), id, "LicenseEndCustomer")


@root_query(owner_or_staff(MANAGE_LICENSES))
def resolve_license_end_customers(
    actor: Actor, info: Any, filter: Any = None, sort_by: Any = None, **paging: Any
) -> KeysetConnection:
    refuse_literal_secrets(info, ("key",))
    found = end_customers_wanted(end_customer_filter(filter), actor)
    order = END_CUSTOMER_SORTING.chosen(sort_by)
    return connect(LicenseEndCustomerConnection, found, order, **paging)


@nested
def resolve_user_license_accounts(root: Any, info: Any) -> Promise:
    actor, ref = current_actor(info), user_ref(root)
    if ref != actor.user_ref and not actor.has(MANAGE_LICENSES):
        raise permission_denied(MANAGE_LICENSES)
    return load(info.context, accounts_of_users, ref, actor)


QUERIES = {
    "license_account": graphene.Field(
        LicenseAccount,
        id=graphene.ID(required=True, description="The account."),
        resolver=resolve_license_account,
        description="One account. For its members, and staff with MANAGE_LICENSES.",
    ),
    "license_accounts": connection_field(
        LicenseAccountConnection,
        resolve_license_accounts,
        "The accounts that you are a member of; all for staff with MANAGE_LICENSES.",
        filter=LicenseAccountFilterInput(description="Which ones."),
        sort_by=ACCOUNT_SORTING.argument(),
    ),
    "license_end_customer": graphene.Field(
        LicenseEndCustomer,
        id=graphene.ID(required=True, description="The end customer."),
        resolver=resolve_license_end_customer,
        description="One end customer. For members of its account who may assign licenses, and staff with "
        "MANAGE_LICENSES.",
    ),
    "license_end_customers": connection_field(
        LicenseEndCustomerConnection,
        resolve_license_end_customers,
        "End customers of all accounts where you may assign licenses, without archived ones; all for staff with "
        "MANAGE_LICENSES.",
        filter=LicenseEndCustomerFilterInput(description="Which ones."),
        sort_by=END_CUSTOMER_SORTING.argument(),
    ),
}

USER_FIELDS = {
    "license_accounts": graphene.Field(
        graphene.List(graphene.NonNull(LicenseAccount)),
        resolver=resolve_user_license_accounts,
        description="License accounts that the user is a member of. For the user, and staff with "
        "MANAGE_LICENSES.",
    ),
}
