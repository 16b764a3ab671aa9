"""Accounts: who sees which, and changing them."""

import build
import factories
import pytest
from graphene import Node

from saleor_esd_plugin.accounts.models import Account
from saleor_esd_plugin.events.models import Event
from saleor_esd_plugin.permissions import ROLE_RIGHTS

pytestmark = pytest.mark.django_db

ONE = """query($id: ID!) { licenseAccount(id: $id) { id name email language isReseller isActive
    user { email } members { role email user { email } }
    endCustomers(first: 10) { totalCount edges { node { code account { id } } } } } }"""
LIST = """query($filter: LicenseAccountFilterInput, $first: Int!) {
    licenseAccounts(filter: $filter, first: $first, sortBy: {field: NAME, direction: ASC}) {
        totalCount edges { node { name rights user { email } members { user { email } }
            endCustomers(first: 3) { totalCount edges { node { code } } } } } } }"""
RIGHTS = "query($id: ID!) { licenseAccount(id: $id) { rights } }"
UPDATE = """mutation($input: LicenseAccountUpdateInput!) { licenseAccountUpdate(input: $input) {
    account { name language isReseller } errors { field code } } }"""
CREATE = """mutation($input: LicenseAccountCreateInput!) { licenseAccountCreate(input: $input) {
    account { name email isReseller user { email } } errors { field code } } }"""
MINE = "{ me { licenseAccounts { id name } } }"
OF_USER = "query($id: ID!) { user(id: $id) { licenseAccounts { id } } }"


def code_of(answer):
    return answer["errors"][0]["extensions"]["exception"]["code"]


@pytest.fixture
def user():
    return build.make_user()


@pytest.fixture
def account(user):
    return factories.make_account(user)


def names(answer):
    return {edge["node"]["name"] for edge in answer["data"]["licenseAccounts"]["edges"]}


def test_its_master_sees_all_of_an_account(api, user, account, gid):
    factories.make_end_customer(account, code="C-1")
    support = build.make_user()
    factories.make_member(account, support, "SUPPORT")

    found = api(user)(ONE, {"id": gid("LicenseAccount", account)})["data"]["licenseAccount"]

    assert found == {
        "id": gid("LicenseAccount", account),
        "name": user.email,
        "email": user.email,
        "language": "en",
        "isReseller": False,
        "isActive": True,
        "user": {"email": user.email},
        "members": [
            {"role": "MASTER", "email": user.email, "user": {"email": user.email}},
            # The shop gives one user to no other.
            {"role": "SUPPORT", "email": support.email, "user": None},
        ],
        "endCustomers": {
            "totalCount": 1,
            "edges": [{"node": {"code": "C-1", "account": {"id": gid("LicenseAccount", account)}}}],
        },
    }


@pytest.mark.parametrize("who", ["MASTER", "ADMINISTRATOR", "BILLING", "SUPPORT"])
def test_what_a_member_may_do_is_told_to_him_alone(api, account, gid, who):
    """So that a page need not guess rules; of the account that it is about, not of another."""
    member = build.make_user()
    factories.make_member(account, member, who)
    factories.make_member(factories.make_account(build.make_user()), member, "MASTER")

    found = api(member)(RIGHTS, {"id": gid("LicenseAccount", account)})["data"]["licenseAccount"]

    assert found["rights"] == sorted(ROLE_RIGHTS[who])


def test_staff_have_no_rights_of_members(api, staff, account, gid):
    found = api(staff("MANAGE_LICENSES"))(RIGHTS, {"id": gid("LicenseAccount", account)})

    assert found["data"]["licenseAccount"]["rights"] == []


@pytest.mark.parametrize(
    ("role", "members", "end_customers"),
    [("ADMINISTRATOR", 0, 1), ("BILLING", 0, 0), ("SUPPORT", 0, 0)],
)
def test_other_roles_see_less(api, account, gid, role, members, end_customers):
    """B13 to B15: what a role may not use, it does not see."""
    factories.make_end_customer(account)
    member = build.make_user()
    factories.make_member(account, member, role)

    found = api(member)(ONE, {"id": gid("LicenseAccount", account)})["data"]["licenseAccount"]

    assert len(found["members"]) == members
    assert found["endCustomers"]["totalCount"] == end_customers


def test_strangers_see_no_account(api, staff, account, gid):
    """An equal address is no identity; staff without MANAGE_LICENSES are shoppers."""
    stranger = build.make_user()
    for somebody in (stranger, staff("APPROVE_LICENSES", "MANAGE_LICENSE_KEYS")):
        ask = api(somebody)
        assert ask(ONE, {"id": gid("LicenseAccount", account)})["data"] == {"licenseAccount": None}
        assert names(ask(LIST, {"first": 10})) == set()
    assert code_of(api()(ONE, {"id": gid("LicenseAccount", account)})) == "LOGIN_REQUIRED"
    assert code_of(api()(LIST, {"first": 10})) == "LOGIN_REQUIRED"
    assert code_of(api(build.make_app())(LIST, {"first": 10})) == "PermissionDenied"


def test_a_member_of_an_inactive_account_is_a_stranger(api, user, account, gid):
    Account.objects.filter(pk=account.pk).update(is_active=False)

    answer = api(user)(ONE, {"id": gid("LicenseAccount", account)})

    assert answer["data"] == {"licenseAccount": None}


def test_what_is_no_id_of_an_account(api, staff, bad_ids, unchanged, refusals, each_of):
    ask = api(staff("MANAGE_LICENSES"))

    with unchanged():
        seen = each_of(ask, "query", "licenseAccount(id: $it) { id }", "ID!", bad_ids)
        inputs = [{"id": bad, "name": "x"} for bad in bad_ids]
        found = refusals(ask, "licenseAccountUpdate", inputs)
    assert seen == [None] * len(bad_ids)
    assert found == [("id", "NOT_FOUND")] * len(bad_ids)


def test_staff_list_and_filter_all_accounts(api, staff, user, account):
    """P05"""
    guest = factories.make_account(email="guest@example.com")
    reseller = factories.make_account(build.make_user(), is_reseller=True)
    ask = api(staff("MANAGE_LICENSES"))

    def listed(**filter):
        return names(ask(LIST, {"first": 100, "filter": filter}))

    assert listed() == {user.email, "guest@example.com", reseller.name}
    assert listed(text="GUEST@") == {guest.name}
    assert listed(isReseller=True) == {reseller.name}
    assert listed(isReseller=False) == {user.email, guest.name}
    assert listed(user=Node.to_global_id("User", user.pk)) == {user.email}
    assert listed(user="garbage") == set()
    assert listed(createdAt={"lte": "2001-01-01T00:00:00Z"}) == set()


def test_a_page_of_accounts_costs_as_many_queries_as_one(api, staff, queries):
    """PF20: members, users and end customers included."""
    for _ in range(5):
        factories.make_end_customer(factories.make_account(build.make_user()))
    ask = api(staff("MANAGE_LICENSES", "MANAGE_USERS"))
    answers = []
    ask(LIST, {"first": 1})

    of_one = queries(lambda: ask(LIST, {"first": 1}))
    of_five = queries(lambda: answers.append(ask(LIST, {"first": 5})))

    assert of_five == of_one
    for edge in answers[0]["data"]["licenseAccounts"]["edges"]:
        assert edge["node"]["user"]["email"] == edge["node"]["members"][0]["user"]["email"]
        assert edge["node"]["endCustomers"]["totalCount"] == 1
        assert len(edge["node"]["endCustomers"]["edges"]) == 1


def test_a_user_finds_the_own_accounts(api, user, account, gid):
    other = factories.make_account(email="guest@example.com")
    factories.make_member(other, user, "BILLING")
    factories.make_account(build.make_user())

    found = api(user)(MINE)["data"]["me"]["licenseAccounts"]

    assert {each["id"] for each in found} == {
        gid("LicenseAccount", account),
        gid("LicenseAccount", other),
    }


def test_the_accounts_of_others_are_for_staff_with_the_permission(api, staff, user, account, gid):
    asked = {"id": Node.to_global_id("User", user.pk)}

    refused = api(staff("MANAGE_USERS"))(OF_USER, asked)
    found = api(staff("MANAGE_USERS", "MANAGE_LICENSES"))(OF_USER, asked)

    assert refused["data"] == {"user": {"licenseAccounts": None}}
    assert code_of(refused) == "PermissionDenied"
    assert found["data"] == {"user": {"licenseAccounts": [{"id": gid("LicenseAccount", account)}]}}


def test_its_master_changes_name_and_language(api, user, account, gid):
    answer = api(user)(
        UPDATE,
        {"input": {"id": gid("LicenseAccount", account), "name": "Müller 🚀", "language": "pt_BR"}},
    )

    assert answer["data"]["licenseAccountUpdate"] == {
        "account": {"name": "Müller 🚀", "language": "pt-br", "isReseller": False},
        "errors": [],
    }
    assert Event.objects.filter(type="account.updated", account_id=account.pk).count() == 1


def test_only_staff_make_a_reseller(api, staff, user, account, gid, unchanged):
    given = {"id": gid("LicenseAccount", account), "isReseller": True}

    with unchanged():
        refused = api(user)(UPDATE, {"input": {**given, "name": "Sneaky"}})
    done = api(staff("MANAGE_LICENSES"))(UPDATE, {"input": given})

    assert code_of(refused) == "PermissionDenied"
    assert done["data"]["licenseAccountUpdate"]["account"]["isReseller"] is True


@pytest.mark.parametrize(
    ("who", "code"),
    [
        ("ADMINISTRATOR", "FORBIDDEN_ROLE"),
        ("BILLING", "FORBIDDEN_ROLE"),
        ("SUPPORT", "FORBIDDEN_ROLE"),
        ("stranger", "NOT_FOUND"),
        ("nobody", "LOGIN_REQUIRED"),
    ],
)
def test_nobody_else_changes_an_account(api, account, gid, unchanged, who, code):
    """T-AUTHZ-01"""
    somebody = None if who == "nobody" else build.make_user()
    if who.isupper():
        factories.make_member(account, somebody, who)

    with unchanged():
        answer = api(somebody)(
            UPDATE, {"input": {"id": gid("LicenseAccount", account), "name": "x"}}
        )

    assert [error["code"] for error in answer["data"]["licenseAccountUpdate"]["errors"]] == [code]


@pytest.mark.parametrize(
    ("wrong", "field", "code"),
    [
        ({"name": ""}, "name", "REQUIRED"),
        ({"name": "\u200b"}, "name", "REQUIRED"),
        ({"name": "x" * 129}, "name", "INVALID"),
        ({"name": "a\0"}, "name", "INVALID"),
        ({"language": "x" * 11}, "language", "INVALID"),
        ({"language": "?"}, "language", "INVALID"),
        ({"language": "xx"}, "language", "INVALID"),
    ],
)
def test_bad_values_change_nothing(api, user, account, gid, unchanged, wrong, field, code):
    with unchanged():
        answer = api(user)(UPDATE, {"input": {"id": gid("LicenseAccount", account), **wrong}})

    assert answer["data"]["licenseAccountUpdate"]["errors"] == [{"field": field, "code": code}]


def test_staff_make_a_reseller_before_the_first_purchase(api, staff, user, unchanged):
    """M03: or the keys of the first order would be mailed to the reseller."""
    given = {"user": Node.to_global_id("User", user.pk), "name": "Rita & Söhne", "isReseller": True}

    done = api(staff("MANAGE_LICENSES", "MANAGE_USERS"))(CREATE, {"input": given})
    with unchanged():
        again = api(staff("MANAGE_LICENSES"))(CREATE, {"input": given})

    assert done["data"]["licenseAccountCreate"] == {
        "account": {
            "name": "Rita & Söhne",
            "email": user.email,
            "isReseller": True,
            "user": {"email": user.email},
        },
        "errors": [],
    }
    assert again["data"]["licenseAccountCreate"]["errors"] == [{"field": "user", "code": "INVALID"}]
    account = factories.make_account(user)
    assert (account.is_reseller, account.members.get().role) == (True, "MASTER")


def test_an_account_is_made_by_staff_and_for_a_user_who_exists(api, staff, user, unchanged):
    given = {"user": Node.to_global_id("User", user.pk)}
    with unchanged():
        for asker in (None, user, staff("APPROVE_LICENSES")):
            assert code_of(api(asker)(CREATE, {"input": given})) == "PermissionDenied"
        for wrong in ("", "x", "VXNlcjow", "1", Node.to_global_id("Order", user.pk)):
            answer = api(staff("MANAGE_LICENSES"))(CREATE, {"input": {"user": wrong}})
            assert answer["data"]["licenseAccountCreate"]["errors"] == [
                {"field": "user", "code": "NOT_FOUND"}
            ]
