"""The door to the host's schema: who asks, ids, objects in and out, mounting."""

from __future__ import annotations

import base64
from types import SimpleNamespace
from uuid import UUID, uuid4

import build
import graphene
import pytest
from django.core.exceptions import ImproperlyConfigured
from django.utils.functional import SimpleLazyObject

from saleor_esd_plugin.host import graphql as door
from saleor_esd_plugin.host import shop
from saleor_esd_plugin.permissions import STAFF_PERMISSIONS

pytestmark = pytest.mark.django_db


def context_of(user=None, app=None, **meta):
    return SimpleNamespace(user=user, app=app, META={"REMOTE_ADDR": "192.0.2.1", **meta})


# Who asks


def test_nobody():
    """2.10 has a truthy AnonymousUser, 3.x a lazy nothing, some contexts have no app."""
    lazy = SimpleLazyObject(lambda: None)
    anonymous = SimpleNamespace(is_authenticated=False, is_active=False, pk=None)
    without_app = SimpleNamespace(user=anonymous, META={})

    for context in (context_of(), context_of(anonymous), context_of(lazy, lazy), without_app):
        actor = door.actor_of(context)
        assert (actor.kind, actor.ref, actor.label) == ("ANONYMOUS", "", "")
        assert (actor.permissions, actor.user_ref) == (frozenset(), "")


def test_a_shopper():
    user = build.make_user("ada@buyer.example")

    actor = door.actor_of(context_of(SimpleLazyObject(lambda: user)))

    assert (actor.kind, actor.ref, actor.label) == ("USER", str(user.pk), "ada@buyer.example")
    assert (actor.permissions, actor.user_ref) == (frozenset(), str(user.pk))


def test_staff_have_those_of_our_permissions_that_they_were_given():
    """None implies another."""
    user = build.make_user(is_staff=True)
    build.grant(user, "MANAGE_LICENSES", "REVEAL_LICENSE_KEYS", "MANAGE_ORDERS")

    actor = door.actor_of(context_of(user))

    assert actor.permissions == {"MANAGE_LICENSES", "REVEAL_LICENSE_KEYS"}


def test_superusers_have_all_of_them():
    user = build.make_user(is_staff=True, is_superuser=True)

    assert door.actor_of(context_of(user)).permissions == set(STAFF_PERMISSIONS)


def test_of_an_app_and_a_user_the_app_asks():
    """Its rights only, and no account of the user's."""
    user = build.make_user(is_staff=True, is_superuser=True)
    app = build.make_app("APPROVE_LICENSES", "MANAGE_ORDERS")

    actor = door.actor_of(context_of(user, app))

    assert (actor.kind, actor.ref, actor.label) == ("APP", str(app.pk), app.name)
    assert (actor.permissions, actor.user_ref) == ({"APPROVE_LICENSES"}, "")


def test_whoever_was_deactivated_is_nobody():
    user = build.make_user(is_staff=True, is_superuser=True)
    app = build.make_app("APPROVE_LICENSES")
    user.is_active = app.is_active = False
    user.save()
    app.save()

    for context in (context_of(user), context_of(app=app)):
        actor = door.actor_of(context)
        assert (actor.kind, actor.permissions) == ("ANONYMOUS", frozenset())


@pytest.mark.only_on("3.21", reason="2.10 has one database, and reads the user in each request")
def test_rights_are_those_of_the_primary_not_of_a_replica_that_lags():
    """H15."""
    user = build.make_user(is_staff=True, is_superuser=True)
    build.grant(user, "MANAGE_LICENSES")
    as_replica_has_it = type(user).objects.get(pk=user.pk)
    type(user).objects.filter(pk=user.pk).update(is_superuser=False)

    assert door.actor_of(context_of(as_replica_has_it)).permissions == {"MANAGE_LICENSES"}
    type(user).objects.filter(pk=user.pk).update(is_active=False)
    assert door.actor_of(context_of(as_replica_has_it)).kind == "ANONYMOUS"


@pytest.mark.only_on("3.21", reason="2.10 has no tokens with fewer rights than their user")
def test_a_token_may_allow_less_than_its_user():
    from saleor.permission.enums import get_permissions

    user = build.make_user(is_staff=True, is_superuser=True)
    user.effective_permissions = get_permissions(["esd.approve_licenses"])

    assert door.actor_of(context_of(user)).permissions == {"APPROVE_LICENSES"}


def test_rights_are_read_once_per_request_and_anew_in_the_next(django_assert_num_queries):
    user = build.make_user(is_staff=True)
    context = context_of(user)
    before = door.actor_of(context)

    with django_assert_num_queries(0):
        assert door.actor_of(context) is before
    build.grant(user, "MANAGE_LICENSES")

    assert door.actor_of(context_of(type(user).objects.get(pk=user.pk))).permissions == {
        "MANAGE_LICENSES"
    }
    # A token obtained within the same request makes somebody else of it.
    context.user = build.make_user("other@buyer.example")
    assert door.actor_of(context).label == "other@buyer.example"


@pytest.mark.parametrize(
    "proxies, forwarded, ip",
    [
        (0, "203.0.113.9", "192.0.2.1"),
        (1, "6.6.6.6, 203.0.113.9", "203.0.113.9"),
        (2, "6.6.6.6, 203.0.113.9, 10.0.0.1", "203.0.113.9"),
        (3, "203.0.113.9", "192.0.2.1"),
        (1, "", "192.0.2.1"),
        (1, "6.6.6.6, <script>", "192.0.2.1"),
        (1, "2001:DB8::0001", "2001:db8::1"),
    ],
)
def test_the_clients_address_is_the_one_our_proxies_saw(proxies, forwarded, ip):
    """H12: the hosts believe the first entry, which is the attacker's."""
    meta = {"REMOTE_ADDR": "192.0.2.1", "HTTP_X_FORWARDED_FOR": forwarded}

    assert door.client_ip(meta, proxies) == ip
    assert door.actor_of(context_of(**meta), proxies).ip == ip


def test_no_address_at_all():
    assert door.client_ip({}, 0) == ""
    assert door.client_ip({"REMOTE_ADDR": "unix:"}, 0) == ""


def test_the_request_has_an_id():
    given = door.actor_of(context_of(HTTP_X_REQUEST_ID="edge-17.a_B"))
    bad = door.actor_of(context_of(HTTP_X_REQUEST_ID="x\n" * 9))
    long = door.actor_of(context_of(HTTP_X_REQUEST_ID="x" * 65))

    assert given.request_id == "edge-17.a_B"
    assert len(bad.request_id) == len(long.request_id) == 32
    assert bad.request_id != long.request_id


def test_permission_denied_is_the_hosts_own():
    error = door.permission_denied("MANAGE_LICENSES", "APPROVE_LICENSES")

    assert isinstance(error, door.PermissionDenied)
    assert str(error) == ("You need one of these permissions: MANAGE_LICENSES, APPROVE_LICENSES")
    assert isinstance(door.permission_denied(), door.PermissionDenied)


# Ids


def encoded(type_name, ref):
    return base64.b64encode(f"{type_name}:{ref}".encode()).decode()


def test_ids_of_the_hosts_objects_and_back():
    user = build.make_user()
    variant = build.make_variant()
    order = build.make_order([(variant, 1)], user=user)
    line = order.lines.get()
    ids = {
        "Order": graphene.Node.to_global_id("Order", order.pk),
        "OrderLine": graphene.Node.to_global_id("OrderLine", line.pk),
        "User": graphene.Node.to_global_id("User", user.pk),
        "ProductVariant": graphene.Node.to_global_id("ProductVariant", variant.pk),
    }

    refs = {type_name: door.ref_of(id_, type_name) for type_name, id_ in ids.items()}

    assert refs == {
        "Order": str(shop.order_uuid_of(order)),
        "OrderLine": str(line.pk),
        "User": str(user.pk),
        "ProductVariant": str(variant.pk),
    }
    assert {type_name: door.global_id(type_name, ref) for type_name, ref in refs.items()} == ids


def test_ids_of_our_own_types_hold_a_uuid():
    uuid = str(uuid4())

    assert door.ref_of(encoded("License", uuid), "License") == uuid
    assert door.global_id("License", uuid) == encoded("License", uuid)
    assert door.ref_of(encoded("License", "17"), "License") is None


@pytest.mark.parametrize("type_name", ["Order", "OrderLine", "User", "ProductVariant", "License"])
@pytest.mark.parametrize(
    "ref", ["", "x", "-1", "0", "1e3", "' OR 1=1 --", "\x00", "9" * 400, f"{UUID(int=1)}0", "²"]
)
def test_malformed_ids_are_none(type_name, ref):
    """Never an exception, never a query that fails."""
    assert door.ref_of(encoded(type_name, ref), type_name) is None
    assert door.ref_of(ref, type_name) is None


def test_an_id_of_another_type_is_none():
    assert door.ref_of(encoded("Order", "17"), "User") is None
    assert door.ref_of(None, "User") is None


def test_an_order_that_does_not_exist():
    assert door.ref_of(encoded("Order", "2147483647"), "Order") is None


@pytest.mark.only_on("3.21", reason="only an upgraded shop has orders with an old id")
def test_an_orders_id_from_before_the_upgrade():
    order = build.make_order([])
    old_id = encoded("Order", order.number)
    assert door.ref_of(old_id, "Order") is None

    type(order).objects.filter(pk=order.pk).update(use_old_id=True)

    assert door.ref_of(old_id, "Order") == str(order.pk)


# Objects in and out


def test_objects_go_out_as_the_hosts_types_want_them_and_come_back():
    user, variant = build.make_user(), build.make_variant()
    order = build.make_order([(variant, 1)], user=user)
    context = context_of(user)
    uuid, line = shop.order_uuid_of(order), order.lines.get()
    missing = uuid4()

    orders = door.load_orders([uuid, missing], context)
    lines = door.load_order_lines([str(line.pk), "x"], context)
    variants = door.load_variants([str(variant.pk), "999999999", "x"], context)
    users = door.load_users([str(user.pk), ""], context)

    assert [*orders, *lines, *variants, *users] == [
        uuid,
        str(line.pk),
        str(variant.pk),
        str(user.pk),
    ]
    assert door.unwrap(orders[uuid]) == order
    assert door.order_uuid_of_root(orders[uuid]) == uuid
    assert isinstance(door.order_uuid_of_root(orders[uuid]), UUID)
    assert door.order_line_ref(lines[str(line.pk)]) == str(line.pk)
    assert door.variant_ref(variants[str(variant.pk)]) == str(variant.pk)
    assert door.user_ref(users[str(user.pk)]) == str(user.pk)


def test_many_objects_cost_one_query(django_assert_num_queries):
    user = build.make_user()
    orders = [build.make_order([], user=user) for _ in range(3)]
    context = context_of(app=build.make_app("MANAGE_ORDERS"))
    door.load_orders([], context)  # its rights
    uuids = [shop.order_uuid_of(order) for order in orders]

    with django_assert_num_queries(1):
        assert len(door.load_orders(uuids, context)) == 3


@pytest.mark.only_on("3.21", reason="2.10 has one database")
def test_within_a_query_they_come_from_where_the_host_reads():
    user = build.make_user()
    order = build.make_order([], user=user)
    context = SimpleNamespace(user=user, app=None, allow_replica=True)

    (replica,) = door.load_orders([order.pk], context).values()
    context.allow_replica = False
    (primary,) = door.load_orders([order.pk], context).values()

    assert (replica.node._state.db, primary.node._state.db) == ("replica", "default")


def test_the_file_of_an_upload():
    file = object()
    context = SimpleNamespace(FILES={"0": file})

    assert door.uploaded_file(context, "0") is file
    assert door.uploaded_file(context, "1") is None
    assert door.uploaded_file(context, None) is None
    assert door.uploaded_file(context, ["0"]) is None


# Mounting


def test_types_that_a_schema_holds_once_are_the_hosts():
    """A second class of the same name fails when the schema is built."""
    from saleor.graphql.api import schema

    for name in ("Date", "DateTime", "Money", "Upload"):
        assert schema.get_type(name).graphene_type is getattr(door, name), name
    types = door.host_types()
    for name in ("Order", "OrderLine", "ProductVariant", "User"):
        assert schema.get_type(name).graphene_type is getattr(types, name), name


def test_mounting_too_late_is_an_error_not_a_silence():
    import saleor.graphql.api  # noqa: F401

    with pytest.raises(ImproperlyConfigured, match="before saleor_esd_plugin was ready"):
        door.mount({"late": graphene.String()}, {}, {}, {})

    from saleor.graphql.core.schema import CoreQueries

    assert not hasattr(CoreQueries, "late")


@pytest.mark.only_on("3.21", reason="2.10 counts no cost and reports no answers")
def test_the_host_is_told_what_fields_cost_and_which_to_blank_out(monkeypatch):
    """H7; T-PERM-01: and once more which permissions there are, without losing one."""
    from saleor.graphql.core.enums import PermissionEnum

    from saleor_esd_plugin.host.saleor_3_21 import graphql as host

    cost, sensitive = {"Query": {"theirs": {"complexity": 2}}}, {"User": {"email"}}
    monkeypatch.setattr(host, "COST_MAP", cost)
    monkeypatch.setattr(host, "SENSITIVE_GQL_FIELDS", sensitive)
    before = PermissionEnum._meta.enum

    host.prepare_schema(
        {"Query": {"licenses": {"complexity": 1, "multipliers": ["first", "last"]}}},
        {"LicenseKeyReveal": ["key"], "User": ["licenseAccounts"]},
    )
    after = PermissionEnum._meta.enum
    object.__setattr__(PermissionEnum._meta, "enum", before)

    assert cost == {
        "Query": {
            "theirs": {"complexity": 2},
            "licenses": {"complexity": 1, "multipliers": ["first", "last"]},
        }
    }
    assert sensitive == {"User": {"email", "licenseAccounts"}, "LicenseKeyReveal": {"key"}}
    assert [(m.name, m.value) for m in after] == [(m.name, m.value) for m in before]
    assert set(STAFF_PERMISSIONS) < set(after.__members__)
