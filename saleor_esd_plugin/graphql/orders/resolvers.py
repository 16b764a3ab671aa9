"""Queries for license orders, and what we add to the shop's Order and OrderLine."""

from __future__ import annotations

from typing import Any, Optional

import graphene
from django.db.models import Q
from promise import Promise

from ...errors import Invalid
from ...host.graphql import order_line_ref, order_uuid_of_root
from ...host.types import Actor
from ...orders import queries
from ...orders.models import LicenseOrder as OrderRow
from ...orders.models import LicenseOrderLine as LineRow
from ...permissions import APPROVE_LICENSES, MANAGE_LICENSES
from ..base import asker, nested, owner_or_staff, root_query
from ..connections import KeysetConnection, connect, connection_field
from ..licenses.listing import visible_lines
from ..licenses.types import LicenseConnection
from ..licenses.visibility import knows_token
from ..loaders import load
from .filters import ORDER_SORTING, LicenseOrderFilterInput, chosen_order, sortable, wanted
from .listing import visible_orders
from .lookup import order_condition
from .types import LicenseOrder, LicenseOrderConnection, resolve_line_licenses

_WHO = owner_or_staff(MANAGE_LICENSES, APPROVE_LICENSES)


@root_query(_WHO)
def resolve_license_order(
    actor: Actor, info: Any, id: Optional[str] = None, order: Optional[str] = None
) -> Optional[OrderRow]:
    if (id is None) == (order is None):
        raise Invalid("Give either “id” or “order”.", field="id")
    found = order_condition(id if order is None else order)
    return queries.visible_to(actor).filter(found).first()


@root_query(_WHO)
def resolve_license_orders(
    actor: Actor, info: Any, filter: Any = None, sort_by: Any = None, **paging: Any
) -> KeysetConnection:
    order = chosen_order(filter, sort_by)
    found = queries.visible_to(actor).filter(wanted(filter) if filter is not None else Q())
    return connect(LicenseOrderConnection, sortable(found, order), order, **paging)


@nested
def resolve_order_license_order(root: Any, info: Any) -> Optional[Promise]:
    actor, order_uuid = asker(info), order_uuid_of_root(root)
    if actor.is_anonymous and not knows_token(info, order_uuid):
        return None
    return load(info.context, visible_orders, order_uuid, actor)


@nested
def resolve_order_line_licenses(root: Any, info: Any, **paging: Any) -> Promise:
    actor = asker(info)

    def licenses_of(line: Optional[LineRow]) -> Optional[Promise]:
        if line is None or actor.is_anonymous and not knows_token(info, line.order.order_uuid):
            return None
        return resolve_line_licenses(line, info, **paging)

    return load(info.context, visible_lines, order_line_ref(root), actor).then(licenses_of)


def _connection_or_null() -> graphene.Field:
    """The field `OrderLine.licenses`: a connection, null where there is nothing that one may see."""
    paging = connection_field(LicenseConnection, resolve_order_line_licenses, "").args
    return graphene.Field(
        LicenseConnection,
        args=paging,
        resolver=resolve_order_line_licenses,
        description="Licenses of this line; null if it is not licensed, or not for you to see.",
    )


QUERIES = {
    "license_order": graphene.Field(
        LicenseOrder,
        id=graphene.ID(description="The id of a LicenseOrder; or give `order`."),
        order=graphene.ID(description="The id of the shop's Order."),
        resolver=resolve_license_order,
        description="One license order. For members of its account, and staff with MANAGE_LICENSES or "
        "APPROVE_LICENSES.",
    ),
    "license_orders": connection_field(
        LicenseOrderConnection,
        resolve_license_orders,
        "License orders of the accounts that you are a member of, newest first; all for staff with "
        "MANAGE_LICENSES or APPROVE_LICENSES.",
        filter=LicenseOrderFilterInput(description="Which ones."),
        sort_by=ORDER_SORTING.argument(),
    ),
}

ORDER_FIELDS = {
    "license_order": graphene.Field(
        LicenseOrder,
        resolver=resolve_order_license_order,
        description="The licensed part of this order; null if there is none, or not for you to see.",
    ),
}

ORDER_LINE_FIELDS = {"licenses": _connection_or_null()}
