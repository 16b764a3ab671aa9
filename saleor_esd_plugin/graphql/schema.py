"""Table of contents: everything that we add to the host's schema."""

from __future__ import annotations

from typing import Any, Dict, Tuple, Type

import graphene
from graphene.utils.str_converters import to_camel_case, to_snake_case

from ..host.graphql import keep_out_of_log, mount
from . import about
from .accounts import mutations as account_mutations
from .accounts import resolvers as accounts
from .base import BaseMutation
from .emails import mutations as email_mutations
from .emails import resolvers as emails
from .events import resolvers as events
from .exports import mutations as export_mutations
from .keys import mutations as key_mutations
from .keys import resolvers as keys
from .licenses import mutations as license_mutations
from .licenses import resolvers as licenses
from .lifecycle import mutations as lifecycle_mutations
from .lifecycle import resolvers as lifecycle
from .orders import mutations as order_mutations
from .orders import resolvers as orders
from .policies import mutations as policy_mutations
from .policies import resolvers as policies
from .reasons import mutations as reason_mutations
from .reasons import resolvers as reasons
from .reports import resolvers as reports
from .views import mutations as view_mutations
from .views import resolvers as views

Fields = Dict[str, graphene.Field]

QUERIES: Fields = {
    **keys.QUERIES,
    **policies.QUERIES,
    **accounts.QUERIES,
    **licenses.QUERIES,
    **reasons.QUERIES,
    **lifecycle.QUERIES,
    **orders.QUERIES,
    **emails.QUERIES,
    **events.QUERIES,
    **reports.QUERIES,
    **views.QUERIES,
    **about.QUERIES,
}

_MUTATIONS: Tuple[Type[BaseMutation], ...] = (
    *key_mutations.MUTATIONS,
    *policy_mutations.MUTATIONS,
    *account_mutations.MUTATIONS,
    *order_mutations.MUTATIONS,
    *license_mutations.MUTATIONS,
    *lifecycle_mutations.MUTATIONS,
    *reason_mutations.MUTATIONS,
    *email_mutations.MUTATIONS,
    *export_mutations.MUTATIONS,
    *view_mutations.MUTATIONS,
)

MUTATIONS: Fields = {to_snake_case(each.__name__): each.Field() for each in _MUTATIONS}

# Answers with a clear key: a host that reports answers to others blanks these fields out (H7).
# Input fields that hold a clear key or a token; `key` is a filter.
SECRET_INPUTS = {"key", *(name for each in _MUTATIONS for name in each.secret_inputs)}

SENSITIVE = {each.__name__: each.secret_outputs for each in _MUTATIONS if each.returns_secret}

# The host's types -> the fields that we add to them.
FIELDS: Dict[str, Fields] = {
    "Order": orders.ORDER_FIELDS,
    "OrderLine": orders.ORDER_LINE_FIELDS,
    "User": accounts.USER_FIELDS,
    "ProductVariant": policies.PRODUCT_VARIANT_FIELDS,
}


def costs() -> Dict[str, Dict[str, Dict[str, Any]]]:
    """What our fields cost in the host's limit on queries: 1 each, lists as often as they have rows.

    Fields that are not named cost nothing: those that come with their row.
    """
    found = {"Query": QUERIES, **FIELDS}
    waiting = [field for fields in found.values() for field in fields.values()]
    while waiting:
        type_ = _named_type(waiting.pop())
        if _is_ours(type_) and type_._meta.name not in found:
            fields = type_._meta.fields
            found[type_._meta.name] = {k: v for k, v in fields.items() if v.args}
            waiting += fields.values()
    return {
        type_name: {to_camel_case(name): _cost(field) for name, field in fields.items()}
        for type_name, fields in found.items()
        if fields
    }


def _cost(field: graphene.Field) -> Dict[str, Any]:
    multipliers = [name for name in ("first", "last") if name in field.args]
    return {"complexity": 1, **({"multipliers": multipliers} if multipliers else {})}


def _named_type(field: Any) -> Any:
    type_ = field.type
    while isinstance(type_, (graphene.NonNull, graphene.List)):
        type_ = type_.of_type
    return type_


def _is_ours(type_: Any) -> bool:
    return issubclass(type_, graphene.ObjectType) and type_.__module__.startswith(__package__)


def mount_schema() -> None:
    """Put it all into the host's schema. Before the host builds that: in `AppConfig.ready()`."""
    mount(queries=QUERIES, mutations=MUTATIONS, fields=FIELDS, cost=costs(), sensitive=SENSITIVE)
    keep_out_of_log(SECRET_INPUTS)
