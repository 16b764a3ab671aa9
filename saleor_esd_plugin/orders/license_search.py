"""Which licenses somebody looks for (P05): what a filter means, for lists and for the files that are made of them.

Errors name fields as the API does ("filter.createdAt").
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Dict, List, Mapping, Optional, Sequence, Set
from uuid import UUID

from django.db.models import DateTimeField, F, Q, QuerySet, Value
from django.db.models.functions import Coalesce

from ..accounts import access
from ..accounts.models import Account, EndCustomer
from ..criteria import Between, any_of, contains, identified, one_of, searchable, within, yes_no
from ..host.db import now
from ..host.types import Actor
from ..licenses.models import License
from ..licenses.queries import in_lifecycle, renewable
from ..licenses.rules import Lifecycle
from ..licenses.search import count_search, licenses_with_key
from ..permissions import LICENSE_STAFF, Right
from .blockers import licenses_waiting
from .models import LicenseOrder, LicenseOrderLine
from .order_search import padded
from .queries import OrderRef, is_order

_NEVER = datetime.fromisoformat("9999-12-31T00:00:00+00:00")
_ORDER = "order_line__order__"
# So many licenses are named by their ids rather than looked for again.
_FEW = 2_000


@dataclass(frozen=True)
class LicenseFilter:
    """Conditions on licenses; those that are given (not None) must all hold. Texts are as they were typed.

    `fulfillment`, `lifecycle`, `waiting_for` and `suspension_causes` hold the values of `Fulfillment`, `Lifecycle`,
    `blockers.REASONS` and `SuspensionCause`, `state_reason` codes of the table of reasons: one of them; an empty list leaves nothing. `variant` is the shop's primary key.
    `text`, `product`, `buyer` and `end_customer_text` are parts of what is looked at, in any case;
    `key_suffix` is the end of the key, `key` the whole one, or one that was replaced since.
    """

    text: Optional[str] = None
    fulfillment: Optional[Sequence[str]] = None
    lifecycle: Optional[Sequence[str]] = None
    waiting_for: Optional[Sequence[str]] = None
    suspension_causes: Optional[Sequence[str]] = None
    state_reason: Optional[Sequence[str]] = None
    is_renewable: Optional[bool] = None
    variant: Optional[str] = None
    product: Optional[str] = None
    sku: Optional[str] = None
    order: Optional[OrderRef] = None
    order_number: Optional[str] = None
    buyer: Optional[str] = None
    account: Optional[UUID] = None
    end_customer: Optional[UUID] = None
    end_customer_text: Optional[str] = None
    key_suffix: Optional[str] = None
    key: Optional[str] = None
    created_at: Optional[Between] = None
    released_at: Optional[Between] = None
    expires_at: Optional[Between] = None

    def given(self) -> Dict[str, Any]:
        """The conditions that are given, by their names."""
        found = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: value for name, value in found.items() if value is not None}


def matching(filter: LicenseFilter, actor: Actor) -> Q:
    """The condition on licenses that `filter` says, within what the actor may see otherwise.

    A search for a whole key is counted, for all but staff. Raises Invalid, KeyringLocked, RateLimited.
    """
    return (
        _by_state(filter)
        & _by_order(filter)
        & _by_people(filter)
        & _by_key(filter, actor)
        & within(filter.created_at, "created_at", field="filter.createdAt")
        & within(filter.released_at, "released_at", field="filter.releasedAt")
        & within(filter.expires_at, "expires_at", field="filter.expiresAt")
        & _by_text(filter)
    )


def _by_text(filter: LicenseFilter) -> Q:
    if not searchable(filter.text, field="filter.text"):
        return Q()
    orders = contains(filter.text, "number", "purchase_order_reference", "buyer_email")
    lines = contains(filter.text, "product_name", "variant_name", "sku")
    holders = contains(filter.text, "code", "name", "email")
    return _one_of_few(
        _of_orders(orders),
        Q(order_line__in=LicenseOrderLine.objects.filter(lines).values("pk")),
        Q(end_customer__in=EndCustomer.objects.filter(holders).values("pk")),
    )


def _of_orders(condition: Q) -> Q:
    orders = LicenseOrder.objects.filter(condition)
    return Q(order_line__in=LicenseOrderLine.objects.filter(order__in=orders).values("pk"))


def _one_of_few(*conditions: Q) -> Q:
    """One of these holds: by the ids of the licenses, if these are few.

    PostgreSQL looks at all licenses for conditions on several tables of which one must hold. Each by itself it finds
    by an index; and of what many licenses have, a page is full soon.
    """
    found: Set[UUID] = set()
    for condition in conditions:
        rows = License.objects.filter(condition).order_by()
        found.update(rows.values_list("pk", flat=True)[: _FEW + 1])
        if len(found) > _FEW:
            return any_of(conditions)
    return Q(pk__in=found)


def _by_state(filter: LicenseFilter) -> Q:
    found = one_of(filter.fulfillment, "fulfillment")
    if filter.waiting_for is not None:
        found &= any_of(map(licenses_waiting, filter.waiting_for))
    by_clock = (
        *(filter.lifecycle, filter.suspension_causes),
        *(filter.state_reason, filter.is_renewable),
    )
    return found if all(each is None for each in by_clock) else found & _by_clock(filter, now())


def _by_clock(filter: LicenseFilter, moment: datetime) -> Q:
    found = yes_no(filter.is_renewable, renewable(moment))
    if filter.lifecycle is not None:
        found &= any_of(in_lifecycle(state, moment) for state in filter.lifecycle)
    suspended = in_lifecycle(Lifecycle.SUSPENDED, moment)
    if filter.suspension_causes is not None:
        found &= suspended & Q(suspension_causes__overlap=list(filter.suspension_causes))
    if filter.state_reason is not None:
        codes = list(filter.state_reason)
        found &= Q(reason_code__in=codes) | suspended & Q(suspension_reason__in=codes)
    return found


def _by_order(filter: LicenseFilter) -> Q:
    found = contains(
        filter.product,
        "order_line__product_name",
        "order_line__variant_name",
        field="filter.product",
    )
    if filter.variant is not None:
        found &= Q(order_line__variant_ref=filter.variant)
    if filter.sku is not None:
        found &= Q(order_line__sku__iexact=searchable(filter.sku, field="filter.sku"))
    if filter.order_number is not None:
        number = searchable(filter.order_number, field="filter.orderNumber")
        found &= Q(**{_ORDER + "number": number})
    if filter.order is not None:
        found &= is_order(filter.order, _ORDER)
    return found


def _by_people(filter: LicenseFilter) -> Q:
    found = _by_buyer(filter) & contains(
        filter.end_customer_text,
        "end_customer__code",
        "end_customer__name",
        "end_customer__email",
        field="filter.endCustomerText",
    )
    found &= identified(filter.account, "account_id")
    return found & identified(filter.end_customer, "end_customer_id")


def _by_buyer(filter: LicenseFilter) -> Q:
    if not searchable(filter.buyer, field="filter.buyer"):
        return Q()
    accounts = Account.objects.filter(contains(filter.buyer, "email", "name"))
    return _one_of_few(
        _of_orders(contains(filter.buyer, "buyer_email")), Q(account__in=accounts.values("pk"))
    )


def _by_key(filter: LicenseFilter, actor: Actor) -> Q:
    found = Q()
    if filter.key_suffix is not None:
        suffix = searchable(filter.key_suffix, field="filter.keySuffix")
        # Keys whose case does not matter are kept in upper case.
        found &= Q(key__suffix__in=[suffix, suffix.upper()]) & ~Q(key__suffix="")
    if filter.key is not None:
        if not actor.has(*LICENSE_STAFF):
            count_search(actor)
        found &= Q(pk__in=licenses_with_key(filter.key))
    if found and not actor.has(*LICENSE_STAFF):
        # Trying endings until one is found would tell SUPPORT what it may not see.
        found &= Q(account_id__in=access.account_ids_with(actor, Right.SEE_KEY_HINT))
    return found


def as_json(filter: LicenseFilter) -> Dict[str, Any]:
    """The conditions that are given, by name, as JSON."""
    return {name: _plain(value) for name, value in filter.given().items()}


def _plain(value: Any) -> Any:
    if isinstance(value, (OrderRef, Between)):
        return {name: part and _plain(part) for name, part in value._asdict().items()}
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    return value if isinstance(value, str) else list(value)


def from_json(stored: Mapping[str, Any]) -> LicenseFilter:
    """The filter that `as_json` gave `stored` for."""
    values = dict(stored)
    for name in ("account", "end_customer"):
        if name in values:
            values[name] = UUID(values[name])
    if "order" in values:
        values["order"] = OrderRef(
            *(ref and UUID(ref) for ref in _sides(values["order"], OrderRef))
        )
    for name in ("created_at", "released_at", "expires_at"):
        if name in values:
            sides = _sides(values[name], Between)
            values[name] = Between(*(side and datetime.fromisoformat(side) for side in sides))
    return LicenseFilter(**values)


def _sides(stored: Mapping[str, Any], type: Any) -> List[Any]:
    return [stored.get(name) for name in type._fields]


def sortable(licenses: QuerySet, column: str) -> QuerySet:
    """`licenses` with `column`, which is never NULL: one of their own, or one of these.

    `sorted_released_at` and `sorted_expires_at`: what has none comes last. `sorted_end_customer`: what
    nobody holds comes first. `sorted_order_number`: 9 comes before 10.
    """
    # Made only if asked for: each costs joins.
    if column == "sorted_end_customer":
        return licenses.annotate(sorted_end_customer=Coalesce(F("end_customer__name"), Value("")))
    if column == "sorted_order_number":
        return licenses.annotate(sorted_order_number=padded(_ORDER + "number"))
    if column in ("sorted_released_at", "sorted_expires_at"):
        never = Value(_NEVER, output_field=DateTimeField())
        return licenses.annotate(**{column: Coalesce(F(column[len("sorted_") :]), never)})
    return licenses
