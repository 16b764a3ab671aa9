"""Door to the host's schema: who asks, ids, host objects in and out, and `mount()`.

Loaded in `ready()`, before the schema is built. `Date`, `DateTime`, `Decimal`, `Money`, `TaxedMoney` and `Upload` are the
host's, since a schema holds one type of a name.
"""

from __future__ import annotations

import base64
import re
import sys
from ipaddress import ip_address
from types import SimpleNamespace
from typing import Any, Dict, FrozenSet, Iterable, Mapping, Optional, Tuple
from uuid import UUID, uuid4

from django.core.exceptions import ImproperlyConfigured

from . import IS_V3
from .db import writing
from .headers import header, last_entries
from .redaction import keep_out_of_log
from .refs import decimal_ref, split_global_id, uuid_ref
from .types import ANONYMOUS, Actor

if IS_V3:
    from .saleor_3_21.graphql import (
        ORDER_TOKENS,
        Date,
        DateTime,
        Decimal,
        InvalidTokenError,
        Money,
        PermissionDenied,
        TaxedMoney,
        Upload,
        current_rights,
        line_ref,
        order_pk,
        order_uuid_text,
        orders_by_uuid,
        orders_given_to,
        prepare_schema,
        read_alias,
        unwrap,
        users_given_to,
        variants_given_to,
        wrap_order,
        wrap_variant,
    )
    from .saleor_3_21.orders import order_uuid_of
else:
    from .saleor_2_10.graphql import (
        ORDER_TOKENS,
        Date,
        DateTime,
        Decimal,
        InvalidTokenError,
        Money,
        PermissionDenied,
        TaxedMoney,
        Upload,
        current_rights,
        line_ref,
        order_pk,
        order_uuid_text,
        orders_by_uuid,
        orders_given_to,
        prepare_schema,
        read_alias,
        unwrap,
        users_given_to,
        variants_given_to,
        wrap_order,
        wrap_variant,
    )
    from .saleor_2_10.orders import order_uuid_of

__all__ = [
    "Date",
    "DateTime",
    "Decimal",
    "Money",
    "ORDER_TOKENS",
    "InvalidTokenError",
    "PermissionDenied",
    "TaxedMoney",
    "Upload",
    "actor_of",
    "actor_of_today",
    "client_ip",
    "global_id",
    "host_types",
    "keep_out_of_log",
    "load_order_lines",
    "load_orders",
    "load_user_names",
    "load_users",
    "load_variants",
    "mount",
    "order_line_ref",
    "order_uuid_of_root",
    "permission_denied",
    "ref_of",
    "unwrap",
    "uploaded_file",
    "user_ref",
    "variant_ref",
]

_ACTOR = "_license_actor"
# The host's types whose primary key is a number.
_NUMBERED = ("User", "Product", "ProductVariant")
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


def actor_of(context: Any, trusted_proxy_count: int = 0) -> Actor:
    """Who makes this request: the app, else the signed-in user, else nobody.

    Rights are read from the primary, once per request and requestor. `ip` is that of `client_ip`.
    """
    kind, requestor = _requestor(context)
    key = (kind, getattr(requestor, "pk", None), trusted_proxy_count)
    known = getattr(context, _ACTOR, None)
    if known is None or known[0] != key:
        known = (key, _actor(context, kind, requestor, trusted_proxy_count))
        setattr(context, _ACTOR, known)
    return known[1]


def _requestor(context: Any) -> Tuple[str, Any]:
    # Both may be lazy objects around nothing, and 2.10 has a truthy AnonymousUser.
    app = getattr(context, "app", None)
    if app:
        return "APP", app
    user = getattr(context, "user", None)
    if getattr(user, "is_authenticated", False) and getattr(user, "is_active", False):
        return "USER", user
    return ANONYMOUS.kind, None


def _actor(context: Any, kind: str, requestor: Any, trusted_proxy_count: int) -> Actor:
    ref, label = "", ""
    rights: FrozenSet[str] = frozenset()
    if requestor is not None:
        with writing():
            held = current_rights(kind, requestor)
        if held is None:
            kind = ANONYMOUS.kind
        else:
            ref, rights = str(requestor.pk), held
            label = requestor.name if kind == "APP" else requestor.email
    request_id = header(context.META, "HTTP_X_REQUEST_ID")
    return Actor(
        kind=kind,
        ref=ref,
        label=label or "",
        permissions=rights,
        ip=client_ip(context.META, trusted_proxy_count),
        request_id=request_id if _REQUEST_ID.fullmatch(request_id) else uuid4().hex,
    )


def actor_of_today(
    kind: str, ref: str, meta: Mapping[str, str], trusted_proxy_count: int = 0
) -> Optional[Actor]:
    """The USER or APP with this primary key as it is now, for a request that names nobody itself.

    With the rights of this moment, and address and id of the request with these headers; None if it is gone or
    no longer active.
    """
    if kind == "APP":
        from saleor.app.models import App as model
    elif kind == "USER":
        from saleor.account.models import User as model
    else:
        return None
    requestor = model.objects.filter(pk=decimal_ref(ref)).first()
    held = current_rights(kind, requestor) if requestor is not None else None
    if held is None:
        return None
    label = requestor.name if kind == "APP" else requestor.email
    ip = client_ip(meta, trusted_proxy_count)
    return Actor(kind, str(requestor.pk), label or "", held, ip, uuid4().hex)


def client_ip(meta: Mapping[str, str], trusted_proxy_count: int) -> str:
    """The client's address, as the outermost of our own proxies saw it; empty if it is none.

    The n-th entry of X-Forwarded-For from the right: what stands further left anybody can write (H12).
    Without proxies, or with fewer entries than proxies, it is whoever is connected.
    """
    hops = last_entries(meta, "HTTP_X_FORWARDED_FOR")
    peer = meta.get("REMOTE_ADDR", "")
    address = hops[-trusted_proxy_count] if 0 < trusted_proxy_count <= len(hops) else peer
    for candidate in (address, peer):
        try:
            return str(ip_address(candidate))
        except ValueError:
            continue
    return ""


def permission_denied(*names: str) -> Exception:
    """What the host itself raises, to be raised: one of the permissions `names` is missing."""
    wanted = ", ".join(names)
    return PermissionDenied(
        f"You need one of these permissions: {wanted}" if wanted else "You may not do that."
    )


def ref_of(id: Optional[str], type_name: str) -> Optional[str]:
    """The ref within a global id of that type; None for whatever is malformed or of another type.

    "Order" gives the uuid as text, for which 2.10 is asked; "OrderLine", "User", "Product" and "ProductVariant" the
    host's primary key; any other type a uuid. Whether it exists is not checked.
    """
    parts = split_global_id(id or "")
    if parts is None or parts[0] != type_name:
        return None
    if type_name == "Order":
        with writing():
            return order_uuid_text(parts[1])
    if type_name == "OrderLine":
        return line_ref(parts[1])
    return (decimal_ref if type_name in _NUMBERED else uuid_ref)(parts[1])


def global_id(type_name: str, ref: str) -> Optional[str]:
    """The opposite of `ref_of`. None for an order that is gone, as 2.10 has to be asked for its number."""
    if type_name == "Order":
        with writing():
            pk = order_pk(ref)
        if pk is None:
            return None
        ref = pk
    return base64.b64encode(f"{type_name}:{ref}".encode()).decode("ascii")


def order_uuid_of_root(root: Any) -> UUID:
    """In a resolver on the host's Order: which order it is."""
    return order_uuid_of(unwrap(root))


def order_line_ref(root: Any) -> str:
    """In a resolver on the host's OrderLine: which line it is."""
    return str(unwrap(root).pk)


def user_ref(root: Any) -> str:
    """In a resolver on the host's User: which user it is."""
    return str(unwrap(root).pk)


def variant_ref(root: Any) -> str:
    """In a resolver on the host's ProductVariant: which variant it is."""
    return str(unwrap(root).pk)


def load_orders(uuids: Iterable[UUID], context: Any) -> Dict[UUID, Any]:
    """What a resolver may return where the schema says Order: those orders that the host itself gives.

    To whom the request `context` is from, by a way of its own. One query, besides the asker's rights, from
    where the host would read.
    """
    given = orders_given_to(_requestor(context)[1])
    with writing():
        orders = (given & orders_by_uuid(uuids)).using(read_alias(context))
        return {order_uuid_of(order): wrap_order(order) for order in orders}


def load_order_lines(refs: Iterable[str], context: Any) -> Dict[str, Any]:
    """Like `load_orders`, for OrderLine: those of orders that the host gives."""
    from saleor.order.models import OrderLine

    given = OrderLine.objects.filter(order__in=orders_given_to(_requestor(context)[1]))
    found = _by_ref(given, map(line_ref, refs), context)
    return {ref: wrap_order(line) for ref, line in found.items()}


def load_variants(refs: Iterable[str], context: Any) -> Dict[str, Any]:
    """Like `load_orders`, for ProductVariant; of no channel in particular."""
    given = variants_given_to(_requestor(context)[1])
    found = _by_ref(given, map(decimal_ref, refs), context)
    return {ref: wrap_variant(variant) for ref, variant in found.items()}


def load_users(refs: Iterable[str], context: Any) -> Dict[str, Any]:
    """Like `load_orders`, for User."""
    return _by_ref(users_given_to(_requestor(context)[1]), map(decimal_ref, refs), context)


def load_user_names(refs: Iterable[str]) -> Dict[str, str]:
    """First and last name of these users, empty if they gave none."""
    from saleor.account.models import User

    users = User.objects.filter(pk__in=[ref for ref in map(decimal_ref, refs) if ref])
    with writing():
        names = users.values_list("pk", "first_name", "last_name")
        return {str(pk): f"{first} {last}".strip() for pk, first, last in names}


def _by_ref(given: Any, refs: Iterable[Optional[str]], context: Any) -> Dict[str, Any]:
    with writing():
        rows = given.using(read_alias(context)).filter(pk__in=[ref for ref in refs if ref])
        return {str(row.pk): row for row in rows}


def uploaded_file(context: Any, value: Any) -> Optional[Any]:
    """The file that the request sent for an `Upload`; None if it sent none under that name."""
    return context.FILES.get(value) if isinstance(value, str) else None


def host_types() -> SimpleNamespace:
    """The host's graphene types that ours refer to: `Order`, `OrderLine`, `ProductVariant`, `User`."""
    from saleor.graphql.account.types import User
    from saleor.graphql.order.types import Order, OrderLine
    from saleor.graphql.product.types import ProductVariant

    return SimpleNamespace(
        Order=Order, OrderLine=OrderLine, ProductVariant=ProductVariant, User=User
    )


def mount(
    queries: Mapping[str, Any],
    mutations: Mapping[str, Any],
    fields: Mapping[str, Mapping[str, Any]],
    cost: Mapping[str, Mapping[str, dict]],
    sensitive: Optional[Mapping[str, Iterable[str]]] = None,
) -> None:
    """Put our part into the host's schema; call once, in `ready()`.

    `queries` and `mutations`: name -> field; `fields`: name of a host type -> name -> field; names in
    snake_case, fields with their own resolvers. In the schema's names (camelCase): `cost`, type -> field
    -> {"complexity", "multipliers"}, and `sensitive`, type -> fields that a host which reports answers
    to others blanks out.
    """
    # graphene reads the classes when the schema is built: what comes later would be missing silently.
    if "saleor.graphql.api" in sys.modules:
        raise ImproperlyConfigured(
            "saleor.graphql.api was imported before saleor_esd_plugin was ready: no licenses in its schema."
        )
    from saleor.graphql.core.schema import CoreMutations, CoreQueries

    for root, ours in ((CoreQueries, queries), (CoreMutations, mutations)):
        for name, field in ours.items():
            setattr(root, name, field)
    types = host_types()
    for type_name, ours in fields.items():
        getattr(types, type_name)._meta.fields.update(ours)
    prepare_schema(cost, sensitive or {})
