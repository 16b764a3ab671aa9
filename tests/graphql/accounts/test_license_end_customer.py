"""End customers: created first, listed and edited (I12, I17), deleted without losing a license."""

import actors
import build
import factories
import pytest

from saleor_esd_plugin.accounts.models import EndCustomer
from saleor_esd_plugin.events.models import Event
from saleor_esd_plugin.licenses.units import assign_licenses
from saleor_esd_plugin.orders.returns import return_units

pytestmark = pytest.mark.django_db

CREATE = """mutation($input: LicenseEndCustomerCreateInput!) {
    licenseEndCustomerCreate(input: $input) {
        endCustomer { id code name email country language isArchived }
        errors { field code params { name value } } } }"""
UPDATE = """mutation($input: LicenseEndCustomerUpdateInput!) {
    licenseEndCustomerUpdate(input: $input) {
        endCustomer { code name email country language } errors { field code } } }"""
DELETE = """mutation($input: LicenseEndCustomerDeleteInput!) {
    licenseEndCustomerDelete(input: $input) {
        endCustomer { code } errors { field code params { name value } } } }"""
LIST = """query($id: ID!, $filter: LicenseEndCustomerFilterInput,
        $sortBy: LicenseEndCustomerSortingInput, $first: Int, $after: String, $last: Int,
        $before: String) {
    licenseAccount(id: $id) {
        endCustomers(filter: $filter, sortBy: $sortBy, first: $first, after: $after, last: $last,
                before: $before) {
            totalCount pageInfo { hasNextPage hasPreviousPage endCursor startCursor }
            edges { node { code } } } } }"""


@pytest.fixture
def user():
    return build.make_user()


@pytest.fixture
def account(user):
    return factories.make_account(user, is_reseller=True)


@pytest.fixture
def given(account, gid):
    return {
        "account": gid("LicenseAccount", account),
        "code": "C-1",
        "name": "Müller & Söhne 株式会社 🚀",
        "email": "Chef@Bücher.example",
        "country": "de",
        "language": "pt_BR",
    }


def payload(answer):
    ((name, found),) = answer["data"].items()
    return found


def test_a_reseller_creates_an_end_customer(api, user, account, given, gid):
    """I12"""
    created = payload(api(user)(CREATE, {"input": given}))

    row = EndCustomer.objects.get(account=account)
    assert created["errors"] == []
    assert created["endCustomer"] == {
        "id": gid("LicenseEndCustomer", row),
        "code": "C-1",
        "name": "Müller & Söhne 株式会社 🚀",
        "email": row.email,
        "country": "DE",
        "language": "pt-br",
        "isArchived": False,
    }
    assert row.email.lower() == "chef@xn--bcher-kva.example"
    assert Event.objects.get(subject_id=row.pk).type == "end_customer.created"


def test_a_code_is_unique_within_its_account(api, user, given, unchanged):
    ask = api(user)
    ask(CREATE, {"input": given})

    with unchanged():
        refused = payload(ask(CREATE, {"input": given}))
    elsewhere = factories.make_end_customer(factories.make_account(build.make_user()), code="C-1")

    assert [(e["field"], e["code"]) for e in refused["errors"]] == [("code", "DUPLICATE_CODE")]
    assert elsewhere.code == "C-1"


def test_codes_differ_by_more_than_case(api, user, account, given, gid, unchanged):
    """I12: "ACME" and "acme" would be mixed up; who has a code may write it in another case."""
    ask = api(user)
    other = factories.make_end_customer(account, code="B-2")
    created = payload(ask(CREATE, {"input": {**given, "code": "Acme"}}))["endCustomer"]

    with unchanged():
        taken = payload(ask(CREATE, {"input": {**given, "code": " ACME"}}))
        renamed = payload(ask(UPDATE, {"input": {"id": created["id"], "code": "b-2"}}))
    assert [(e["field"], e["code"]) for e in taken["errors"]] == [("code", "DUPLICATE_CODE")]
    assert [(e["field"], e["code"]) for e in renamed["errors"]] == [("code", "DUPLICATE_CODE")]

    own = payload(ask(UPDATE, {"input": {"id": created["id"], "code": "ACME"}}))
    assert (own["errors"], own["endCustomer"]["code"]) == ([], "ACME")
    ask(DELETE, {"input": {"id": gid("LicenseEndCustomer", other)}})
    freed = payload(ask(UPDATE, {"input": {"id": created["id"], "code": "b-2"}}))
    assert (freed["errors"], freed["endCustomer"]["code"]) == ([], "b-2")


def test_pairs_from_before_stay_as_they_are(api, user, account, gid):
    pair = [factories.make_end_customer(account, code=code) for code in ("Acme", "other")]
    EndCustomer.objects.filter(pk=pair[1].pk).update(code="ACME")
    ask = api(user)

    for customer, code in zip(pair, ("Acme", "ACME")):
        given = {"id": gid("LicenseEndCustomer", customer), "code": code, "name": "New"}
        updated = payload(ask(UPDATE, {"input": given}))
        assert updated["errors"] == []
        assert (updated["endCustomer"]["code"], updated["endCustomer"]["name"]) == (code, "New")


WRONG = [
    ({"code": ""}, "code", "REQUIRED"),
    ({"code": "\u200b "}, "code", "REQUIRED"),
    ({"code": "x" * 65}, "code", "INVALID"),
    ({"code": "a\0"}, "code", "INVALID"),
    ({"name": " "}, "name", "REQUIRED"),
    ({"name": "x" * 129}, "name", "INVALID"),
    ({"email": ""}, "email", "REQUIRED"),
    ({"email": "nobody"}, "email", "INVALID_EMAIL"),
    ({"email": "a@x.example\r\nBcc: b@y.example"}, "email", "INVALID_EMAIL"),
    ({"email": "a@x.example, b@y.example"}, "email", "INVALID_EMAIL"),
    ({"email": "Foo <a@x.example>"}, "email", "DISPLAY_NAME_NOT_ALLOWED"),
    ({"email": "ü@x.example"}, "email", "NON_ASCII_LOCAL_PART"),
    ({"country": "GER"}, "country", "INVALID"),
    ({"country": "XX"}, "country", "INVALID"),
    ({"country": "ß"}, "country", "INVALID"),
    ({"language": "?"}, "language", "INVALID"),
    ({"language": "xx"}, "language", "INVALID"),
    ({"language": "pt-xx"}, "language", "INVALID"),
]


def test_bad_values_change_nothing(api, user, account, given, gid, unchanged, refusals):
    """T-EML-02 to T-EML-04, T-AUTHZ-02"""
    existing = {"id": gid("LicenseEndCustomer", factories.make_end_customer(account))}
    expected = [(field, code) for _, field, code in WRONG]

    for mutation, right in (
        ("licenseEndCustomerCreate", given),
        ("licenseEndCustomerUpdate", existing),
    ):
        with unchanged():
            found = refusals(api(user), mutation, [{**right, **wrong} for wrong, *_ in WRONG])
        assert found == expected, mutation


def test_only_what_is_given_changes(api, user, account, gid):
    """I17"""
    customer = factories.make_end_customer(account, code="C-7", country="BR", language="en")

    updated = payload(
        api(user)(
            UPDATE,
            {
                "input": {
                    "id": gid("LicenseEndCustomer", customer),
                    "country": "",
                    "name": "New",
                    "code": None,
                }
            },
        )
    )

    assert updated["endCustomer"] == {
        "code": "C-7",
        "name": "New",
        "email": customer.email,
        "country": "",
        "language": "en",
    }


def test_one_without_licenses_is_deleted(api, user, account, gid):
    customer = factories.make_end_customer(account, code="C-1")

    deleted = payload(api(user)(DELETE, {"input": {"id": gid("LicenseEndCustomer", customer)}}))

    assert deleted == {"endCustomer": {"code": "C-1"}, "errors": []}
    assert not EndCustomer.objects.exists()


def test_one_who_holds_licenses_stays(api, staff, gid, unchanged):
    customer = factories.make_assigned(2)[0].end_customer

    with unchanged():
        refused = payload(
            api(staff("MANAGE_LICENSES"))(
                DELETE, {"input": {"id": gid("LicenseEndCustomer", customer)}}
            )
        )

    (error,) = refused["errors"]
    assert error["code"] == "INVALID"
    assert error["params"] == [{"name": "count", "value": "2"}]


def test_the_others_change_nothing(api, staff, account, given, gid, unchanged):
    """T-AUTHZ-01: the row "end customers: create, edit, delete" of the matrix."""
    customer = gid("LicenseEndCustomer", factories.make_end_customer(account))
    others = ("APPROVE_LICENSES", "MANAGE_LICENSE_KEYS", "REVEAL_LICENSE_KEYS")
    for who, somebody, code in (
        ("SUPPORT", actors.member("SUPPORT")(account), "FORBIDDEN_ROLE"),
        ("BILLING", actors.member("BILLING")(account), "NOT_FOUND"),
        ("stranger", build.make_user(), "NOT_FOUND"),
        ("staff", staff(*others), "NOT_FOUND"),
        ("nobody", None, "LOGIN_REQUIRED"),
    ):
        ask = api(somebody)
        with unchanged():
            found = [
                payload(ask(CREATE, {"input": given})),
                payload(ask(UPDATE, {"input": {"id": customer, "name": "x"}})),
                payload(ask(DELETE, {"input": {"id": customer}})),
            ]

        assert [[error["code"] for error in each["errors"]] for each in found] == [[code]] * 3, who


def test_administrators_and_staff_may(api, staff, account, given):
    administrator = build.make_user()
    factories.make_member(account, administrator, "ADMINISTRATOR")
    everybody = [administrator, staff("MANAGE_LICENSES"), build.make_app("MANAGE_LICENSES")]

    for number, somebody in enumerate(everybody):
        created = payload(api(somebody)(CREATE, {"input": {**given, "code": f"N-{number}"}}))
        assert created["errors"] == []


def test_an_app_without_the_permission_is_refused(api, given, unchanged):
    with unchanged():
        answer = api(build.make_app("APPROVE_LICENSES"))(CREATE, {"input": given})

    assert answer["errors"][0]["extensions"]["exception"]["code"] == "PermissionDenied"


def test_ids_that_are_none(api, user, account, given, bad_ids, unchanged, refusals):
    for mutation, field, others in (
        ("licenseEndCustomerCreate", "account", given),
        ("licenseEndCustomerUpdate", "id", {"name": "x"}),
        ("licenseEndCustomerDelete", "id", {}),
    ):
        inputs = [{**others, field: bad} for bad in bad_ids]
        with unchanged():
            found = refusals(api(user), mutation, inputs)
        assert found == [(field, "NOT_FOUND")] * len(bad_ids), mutation


def test_they_are_listed_searched_and_paged(api, user, account, gid):
    """I17, P05: forward and backward, below their account."""
    for code in ("b", "a", "C", "d", "e"):
        factories.make_end_customer(account, code=code, name="Zed" if code == "d" else "Name")
    ask = api(user)

    def page(**arguments):
        answer = ask(LIST, {"id": gid("LicenseAccount", account), **arguments})
        found = answer["data"]["licenseAccount"]["endCustomers"]
        return (
            [edge["node"]["code"] for edge in found["edges"]],
            found["pageInfo"],
            found["totalCount"],
        )

    everything, info, total = page(first=100)
    assert (sorted(everything), total) == (sorted("baCde"), 5)
    assert (info["hasNextPage"], info["hasPreviousPage"]) == (False, False)

    first, info, total = page(first=2)
    assert (first, total) == (everything[:2], 5)
    assert (info["hasNextPage"], info["hasPreviousPage"]) == (True, False)
    second, info, _ = page(first=2, after=info["endCursor"])
    assert second == everything[2:4]
    assert (info["hasNextPage"], info["hasPreviousPage"]) == (True, True)
    back, back_info, _ = page(last=2, before=info["startCursor"])
    assert back == everything[:2]
    assert (back_info["hasNextPage"], back_info["hasPreviousPage"]) == (True, False)
    last, _, _ = page(last=2)
    assert last == everything[3:]

    assert page(first=9, filter={"text": "zED"})[0] == ["d"]
    newest = page(first=9, sortBy={"field": "CREATED_AT", "direction": "DESC"})[0]
    assert newest == ["e", "d", "C", "a", "b"]


HELD = """query($id: ID!, $first: Int!, $after: String) { licenseAccount(id: $id) {
    endCustomers(first: 10) { edges { node { code licenses(first: $first, after: $after) {
        totalCount pageInfo { hasNextPage endCursor } edges { node { id unitIndex } } } } } } } }"""


def held_by(answer):
    """Code -> (how many licenses it holds, the ids of the page)."""
    assert "errors" not in answer, answer
    edges = answer["data"]["licenseAccount"]["endCustomers"]["edges"]
    return {
        edge["node"]["code"]: (
            edge["node"]["licenses"]["totalCount"],
            [one["node"]["id"] for one in edge["node"]["licenses"]["edges"]],
        )
        for edge in edges
    }


@pytest.fixture
def holders(user, account, staff):
    """Two end customers: "A" holds three licenses and gave one back to the shop, "B" holds one."""
    licenses = factories.make_released(5, user=user)
    a, b = (factories.make_end_customer(account, code=code) for code in "AB")
    assign_licenses([one.pk for one in licenses[:4]], end_customer_id=a.pk, actor=factories.STAFF)
    assign_licenses([licenses[4].pk], end_customer_id=b.pk, actor=factories.STAFF)
    return_units(
        licenses[0].order_line.order_id,
        license_ids=[licenses[0].pk],
        quantities={},
        reason="broken",
        actor=factories.STAFF,
    )
    return licenses[1:]


def test_an_end_customer_leads_to_the_licenses_that_it_holds(
    api, staff, user, account, holders, gid
):
    wanted = {
        "A": (3, [gid("License", one) for one in holders[:3]]),
        "B": (1, [gid("License", holders[3])]),
    }
    given = {"id": gid("LicenseAccount", account), "first": 10}

    for somebody in (user, staff("MANAGE_LICENSES")):
        assert held_by(api(somebody)(HELD, given)) == wanted

    page = api(user)(HELD, {**given, "first": 2})["data"]["licenseAccount"]["endCustomers"]
    of_a = page["edges"][0]["node"]["licenses"]
    assert of_a["pageInfo"]["hasNextPage"] is True
    rest = held_by(api(user)(HELD, {**given, "after": of_a["pageInfo"]["endCursor"]}))
    assert rest["A"] == (3, [gid("License", holders[2])])


OF_HOLDER = """query($id: ID!) { license(id: $id) { endCustomer { code
    licenses(first: 10) { totalCount edges { node { id } } } } } }"""


def test_support_comes_by_a_license_and_sees_its_own_accounts_only(api, account, holders, gid):
    """T-AUTHZ-01: SUPPORT lists no end customers, and reaches them by their licenses."""
    support = build.make_user()
    factories.make_member(account, support, "SUPPORT")
    given = {"id": gid("License", holders[0])}

    seen = api(support)(OF_HOLDER, given)["data"]["license"]["endCustomer"]["licenses"]

    assert seen["totalCount"] == 3
    assert api(build.make_user())(OF_HOLDER, given)["data"] == {"license": None}


def test_the_licenses_of_many_cost_as_many_queries_as_of_one(
    api, user, account, holders, gid, queries
):
    """PF20"""
    ask, given = api(user), {"id": gid("LicenseAccount", account), "first": 10}
    ask(HELD, given)
    of_two = queries(lambda: ask(HELD, given))

    for code in "CDEF":
        customer = factories.make_end_customer(account, code=code)
        (license,) = factories.make_released(1, user=user)
        assign_licenses([license.pk], end_customer_id=customer.pk, actor=factories.STAFF)

    assert len(held_by(ask(HELD, given))) == 6
    assert queries(lambda: ask(HELD, given)) == of_two
