"""Licenses grouped under their buyer or their end customer, with counts by state (P05)."""

from datetime import timedelta

import actors
import build
import factories
import pytest

from saleor_esd_plugin.orders.suspension import suspend_licenses

pytestmark = pytest.mark.django_db

BUYERS = """query($filter: LicenseAccountFilterInput, $licenses: LicenseFilterInput) {
    licenseAccounts(first: 10, filter: $filter, sortBy: {field: NAME, direction: ASC}) { totalCount
        edges { node { id licenseCounts(filter: $licenses) { lifecycle count } } } } }"""
CUSTOMERS = """query($filter: LicenseEndCustomerFilterInput, $licenses: LicenseFilterInput) {
    licenseEndCustomers(first: 10, filter: $filter) { totalCount
        edges { node { id code licenseCounts(filter: $licenses) { lifecycle count } } } } }"""
ONE = "query($id: ID!) { licenseEndCustomer(id: $id) { code email } }"
NESTED = """query($id: ID!, $filter: LicenseEndCustomerFilterInput) { licenseAccount(id: $id) {
    endCustomers(first: 10, filter: $filter) { edges { node { id } } } } }"""
WRITTEN_OUT = (
    """{ licenseEndCustomers(first: 1, filter: {licenses: {key: "AAAAA"}}) { totalCount } }"""
)


def groups(answer):
    """Id -> state -> count."""
    assert "errors" not in answer, answer
    (found,) = answer["data"].values()
    return {
        edge["node"]["id"]: {
            each["lifecycle"]: each["count"] for each in edge["node"]["licenseCounts"]
        }
        for edge in found["edges"]
    }


@pytest.fixture
def clerk(api, staff):
    return api(staff("MANAGE_LICENSES"))


@pytest.fixture
def licenses():
    """One account with three assigned licenses, of which one is in grace and one suspended."""
    made = factories.make_assigned(3, policy=factories.make_policy(keys=3, term="P1Y"))
    factories.expire(made[0], ago=timedelta(days=1))
    suspend_licenses([made[1].pk], reason="PAYMENT_OVERDUE", actor=factories.STAFF)
    return made


@pytest.fixture
def other():
    """The only license of another account; nobody has it."""
    return factories.make_released(1)[0]


ALL = {"ACTIVE": 1, "GRACE": 1, "SUSPENDED": 1}


def test_by_buyer(clerk, gid, licenses, other):
    mine, theirs = (gid("LicenseAccount", one.account) for one in (licenses[0], other))

    assert groups(clerk(BUYERS)) == {mine: ALL, theirs: {"ACTIVE": 1}}
    suspended = {"lifecycle": ["SUSPENDED"]}
    found = groups(clerk(BUYERS, {"filter": {"licenses": suspended}, "licenses": suspended}))
    assert found == {mine: {"SUSPENDED": 1}}
    assert groups(clerk(BUYERS, {"filter": {"licenses": {"lifecycle": ["LAPSED"]}}})) == {}


def test_by_end_customer(clerk, gid, licenses, other):
    holder = gid("LicenseEndCustomer", licenses[0].end_customer)
    idle = gid("LicenseEndCustomer", factories.make_end_customer(other.account))

    assert groups(clerk(CUSTOMERS)) == {holder: ALL, idle: {}}
    with_some = {"licenses": {}}
    assert groups(clerk(CUSTOMERS, {"filter": with_some})) == {holder: ALL}
    in_grace = {"lifecycle": ["GRACE"], "orderNumber": licenses[0].order_line.order.number}
    found = groups(clerk(CUSTOMERS, {"filter": {"licenses": in_grace}, "licenses": in_grace}))
    assert found == {holder: {"GRACE": 1}}
    of_other = {"account": gid("LicenseAccount", other.account)}
    assert groups(clerk(CUSTOMERS, {"filter": of_other})) == {idle: {}}
    assert groups(clerk(CUSTOMERS, {"filter": {"text": licenses[0].end_customer.code}})) == {
        holder: ALL
    }


def test_below_an_account_the_same_conditions_hold(clerk, gid, licenses):
    account = gid("LicenseAccount", licenses[0].account)
    factories.make_end_customer(licenses[0].account)

    def found(**filter):
        answer = clerk(NESTED, {"id": account, "filter": filter})
        return len(answer["data"]["licenseAccount"]["endCustomers"]["edges"])

    assert found() == 2
    assert found(licenses={"lifecycle": ["GRACE"]}) == 1
    assert found(licenses={"lifecycle": ["LAPSED"]}) == 0
    assert found(account="nonsense") == 0


def test_members_find_their_own_only(api, gid, licenses, other):
    """T-AUTHZ-01, for each role."""
    factories.make_end_customer(other.account)
    holder, account = licenses[0].end_customer, licenses[0].account
    for who, sees_account, sees_customer in (
        ("MASTER", True, True),
        ("ADMINISTRATOR", True, True),
        ("SUPPORT", True, False),
        ("BILLING", True, False),
        ("shopper", False, False),
        ("staff", False, False),
    ):
        ask = api(actors.ACTORS[who](account))
        buyers, customers = groups(ask(BUYERS)), groups(ask(CUSTOMERS))
        assert list(buyers) == [gid("LicenseAccount", account)] * sees_account, who
        assert list(customers) == [gid("LicenseEndCustomer", holder)] * sees_customer, who
        one = ask(ONE, {"id": gid("LicenseEndCustomer", holder)})["data"]["licenseEndCustomer"]
        assert bool(one) is sees_customer, who
        if who == "BILLING":
            assert buyers == {gid("LicenseAccount", account): {}}
        elif sees_account:
            assert buyers == {gid("LicenseAccount", account): ALL}, who


def test_a_key_is_no_literal(api):
    error = api(build.make_user())(WRITTEN_OUT)["errors"][0]
    assert error["extensions"]["exception"]["code"] == "LITERAL_SECRET_FORBIDDEN"


def test_the_statements_do_not_grow_with_the_groups(clerk, queries, licenses):
    """PF20"""
    asked = {"filter": {"licenses": {}}, "licenses": {"lifecycle": ["ACTIVE"]}}

    def cost(document):
        clerk(document, asked)
        return queries(lambda: clerk(document, asked))

    before = [cost(BUYERS), cost(CUSTOMERS)]
    for _ in range(3):
        factories.make_assigned(1)
    assert [cost(BUYERS), cost(CUSTOMERS)] == before
