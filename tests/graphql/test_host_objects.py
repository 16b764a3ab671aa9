"""The shop's own objects behind our types: given only to those to whom the shop itself gives them.

An account's BILLING or SUPPORT, and staff with one permission of ours, read the owner's addresses, orders and
order tokens through `LicenseAccount { user }` before.
"""

import actors
import build
import factories
import lane
import pytest
from graphql.type import GraphQLList, GraphQLNonNull, GraphQLObjectType

pytestmark = pytest.mark.django_db

HOST_TYPES = {"User", "Order", "OrderLine", "ProductVariant"}
# All that there are: whoever adds one says here who gets it.
WAYS = {
    "LicenseAccount.user",
    "LicenseMember.user",
    "LicenseOrder.order",
    "LicenseOrderLine.orderLine",
    "LicenseOrderLine.productVariant",
    "License.orderLine",
    "License.productVariant",
    "LicensePolicy.variant",
    "LicenseRenewalOffer.variant",
}


@pytest.fixture(scope="module")
def schema():
    from saleor.graphql.api import schema

    return schema


def bare(type_):
    while isinstance(type_, (GraphQLList, GraphQLNonNull)):
        type_ = type_.of_type
    return type_


def _is_ours(type_):
    return isinstance(type_, GraphQLObjectType) and type_.name.startswith("License")


def selections(type_, steps=3, above=()):
    """All ways of so many steps from `type_` through our types to the shop's, as a selection; "" if there is none.

    What a field answers follows from its row and from who asks, and maybe from the row before it: longer ways show the
    same. No way comes through the same type twice: from there on it is one that begins at another query.
    """
    found, above = [], (*above, type_.name)
    for name, field in type_.fields.items():
        below = bare(field.type)
        if below.name in HOST_TYPES:
            found.append(name + " { __typename id }")
        elif steps and _is_ours(below) and below.name not in above:
            is_page = below.name.endswith(("Connection", "Edge"))
            inner = selections(below, steps if is_page else steps - 1, above)
            paging = "(first: 2)" if "first" in field.args else ""
            found += [f"{name}{paging} {inner}"] if inner else []
    return "{ %s }" % " ".join(found) if found else ""


def objects(answer):
    """{(type name, global id)} of the shop's objects anywhere in an answer."""
    if isinstance(answer, list):
        return set().union(*map(objects, answer)) if answer else set()
    if not isinstance(answer, dict):
        return set()
    here = {(answer["__typename"], answer["id"])} if "__typename" in answer else set()
    return here.union(*map(objects, answer.values()))


def test_every_way_to_an_object_of_the_shop_is_known(schema):
    found = {
        f"{name}.{field_name}"
        for name, type_ in schema.get_type_map().items()
        if _is_ours(type_)
        for field_name, field in type_.fields.items()
        if bare(field.type).name in HOST_TYPES
    }
    assert found == WAYS


@pytest.fixture
def shop_of_one(gid):
    """A user's order of one license; what each of the shop's objects is called in answers."""
    owner = build.make_user()
    factories.make_member(factories.make_account(), owner, "SUPPORT")
    license = factories.make_assigned(1, user=owner)[0]
    line = license.order_line
    host_order = build.find_order(line.order.order_uuid)
    return {
        "owner": owner,
        "account": license.account,
        "roots": {
            "license": gid("License", license),
            "licenseAccount": gid("LicenseAccount", license.account),
            "licenseOrder": gid("LicenseOrder", line.order),
            "licensePolicy": gid("LicensePolicy", license.policy),
        },
        "User": {("User", gid("User", owner.pk))},
        "Order": {
            ("Order", gid("Order", host_order.pk)),
            ("OrderLine", gid("OrderLine", line.order_line_ref)),
        },
        "ProductVariant": {("ProductVariant", gid("ProductVariant", line.variant_ref))},
    }


def walked(schema, ask, roots):
    """Every object of the shop that is reached from every query of ours."""
    single, lists = [], []
    for name, field in schema.get_query_type().fields.items():
        inner = selections(bare(field.type)) if name.startswith("license") else ""
        if inner and name in roots:
            single.append(f'{name}(id: "{roots[name]}") {inner}')
        elif inner and "first" in field.args:
            lists.append(f"{name}(first: 2) {inner}")
    assert len(single) == len(roots)
    # A list that is refused takes all of its answer along; one object that is refused is null beside the others.
    return set().union(
        *(objects(ask("{ %s }" % each)["data"]) for each in (" ".join(single), *lists))
    )


@pytest.fixture(autouse=True)
def all_at_once(monkeypatch):
    monkeypatch.setenv("ESD_MAX_NODES", "1000000000")


def test_a_role_and_a_permission_of_ours_give_no_object_of_the_shop(api, schema, shop_of_one):
    """But for the variant of a published product, which everybody may see, and oneself."""
    for who, make in actors.ACTORS.items():
        found = walked(schema, api(make(shop_of_one["account"])), shop_of_one["roots"])

        assert found & (shop_of_one["User"] | shop_of_one["Order"]) == set(), who


def test_the_user_gets_what_is_its_own(api, schema, shop_of_one):
    found = walked(schema, api(shop_of_one["owner"]), shop_of_one["roots"])

    expected = shop_of_one["User"] | shop_of_one["Order"] | shop_of_one["ProductVariant"]
    assert found == expected


def test_staff_get_what_the_shop_gives_them(api, schema, staff, shop_of_one):
    everything = shop_of_one["User"] | shop_of_one["Order"] | shop_of_one["ProductVariant"]
    given = {
        "MANAGE_USERS": ["User"],
        "MANAGE_ORDERS": ["Order"],
        "MANAGE_STAFF": [],
        "MANAGE_PRODUCTS": ["ProductVariant"],
    }
    for permission, names in given.items():
        ours = ("MANAGE_LICENSES", "APPROVE_LICENSES", permission)
        user, app = staff(*ours), build.make_app(*ours)
        if lane.host() != "2.10":
            _join_group(user, is_restricted=False)
        expected = set().union(*(shop_of_one[name] for name in names))
        # Published products are everybody's; on Saleor 3 who manages orders sees who ordered.
        more = {"ProductVariant"} | ({"User"} if permission == "MANAGE_ORDERS" else set())
        allowed = expected.union(*(shop_of_one[name] for name in more))
        for asker in (user, app):
            found = walked(schema, api(asker), shop_of_one["roots"])

            assert expected <= found & everything <= allowed, (permission, asker)


def _join_group(user, *, is_restricted):
    from saleor.account.models import Group

    group = Group.objects.create(
        name=factories.unique("group"), restricted_access_to_channels=is_restricted
    )
    user.groups.add(group)


@pytest.mark.only_on("3.21", reason="Saleor 2.10 has no channels")
def test_staff_get_no_order_of_a_channel_that_is_not_theirs(api, schema, staff, shop_of_one):
    asker = staff("MANAGE_LICENSES", "MANAGE_ORDERS")
    _join_group(asker, is_restricted=True)

    found = walked(schema, api(asker), shop_of_one["roots"])

    assert found & shop_of_one["Order"] == set()


def test_what_is_null_has_fields_of_our_own(api, staff, shop_of_one, gid):
    document = """query($id: ID!) { licenseAccount(id: $id) { name email user { id }
        members { name email user { id } } } }"""
    owner, email = shop_of_one["owner"], shop_of_one["account"].email
    type(owner).objects.filter(pk=owner.pk).update(first_name="Ada", last_name="King")

    answer = api(staff("MANAGE_LICENSES"))(
        document, {"id": gid("LicenseAccount", shop_of_one["account"])}
    )

    assert answer["data"]["licenseAccount"] == {
        "name": email,
        "email": email,
        "user": None,
        "members": [{"name": "Ada King", "email": email, "user": None}],
    }
