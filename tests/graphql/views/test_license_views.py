"""Views of the list of licenses: each of the staff has their own."""

import actors
import build
import factories
import pytest
from actors import expectations, outcome

from saleor_esd_plugin.licenses.saved_views import MOST_VIEWS
from saleor_esd_plugin.licenses.view_models import SavedView

pytestmark = pytest.mark.django_db

LIST = "{ licenseViews { id name query } }"
SAVE = """mutation($input: LicenseViewSaveInput!) { licenseViewSave(input: $input) {
    licenseView { id name query } errors { field code } } }"""
DELETE = """mutation($input: LicenseViewDeleteInput!) { licenseViewDelete(input: $input) {
    licenseView { name } errors { field code } } }"""


@pytest.fixture
def clerk(api, staff):
    return api(staff("MANAGE_LICENSES"))


def save(ask, name, query="state=SUSPENDED"):
    return ask(SAVE, {"input": {"name": name, "query": query}})


def views(ask):
    return {view["name"]: view["query"] for view in ask(LIST)["data"]["licenseViews"]}


def test_views_are_kept_replaced_and_deleted(clerk, unchanged):
    """P05"""
    save(clerk, " Overdue ")
    answer = save(clerk, "By buyer", "group=buyer&state=GRACE")["data"]["licenseViewSave"]
    assert list(views(clerk).items()) == [
        ("By buyer", "group=buyer&state=GRACE"),
        ("Overdue", "state=SUSPENDED"),
    ]
    save(clerk, "Overdue", "")
    assert views(clerk)["Overdue"] == ""

    given = {"input": {"id": answer["licenseView"]["id"]}}
    gone = clerk(DELETE, given)["data"]["licenseViewDelete"]
    assert gone == {"licenseView": {"name": "By buyer"}, "errors": []}
    assert views(clerk) == {"Overdue": ""}
    with unchanged():
        assert outcome(clerk(DELETE, given), "licenseViewDelete") == "NOT_FOUND"


def test_nobody_has_somebody_elses(api, staff, clerk, unchanged):
    """T-AUTHZ-01"""
    mine = save(clerk, "Mine")["data"]["licenseViewSave"]["licenseView"]["id"]
    other = api(staff("MANAGE_LICENSES"))
    assert views(other) == {}
    with unchanged():
        assert outcome(other(DELETE, {"input": {"id": mine}}), "licenseViewDelete") == "NOT_FOUND"
    save(other, "Mine", "state=GRACE")
    assert (views(clerk)["Mine"], views(other)["Mine"]) == ("state=SUSPENDED", "state=GRACE")


@pytest.mark.parametrize(
    "name, query, refused",
    [
        ("", "", ("name", "REQUIRED")),
        ("n" * 65, "", ("name", "INVALID")),
        ("Long", "q" * 1001, ("query", "INVALID")),
        ("Nul", "\0", ("query", "INVALID")),
    ],
)
def test_values_that_are_refused(clerk, unchanged, name, query, refused):
    with unchanged():
        (error,) = save(clerk, name, query)["data"]["licenseViewSave"]["errors"]
    assert (error["field"], error["code"]) == refused


def test_their_number_is_bounded(clerk, staff, unchanged):
    save(clerk, "First")
    user_ref = SavedView.objects.get().user_ref
    SavedView.objects.bulk_create(
        SavedView(user_ref=user_ref, name=f"View {number}") for number in range(MOST_VIEWS - 1)
    )
    with unchanged():
        assert outcome(save(clerk, "One more"), "licenseViewSave") == "INVALID"
    assert outcome(save(clerk, "First", "state=GRACE"), "licenseViewSave") == "OK"


def test_who_may_keep_views(api):
    account = factories.make_account(build.make_user())
    expected = expectations(
        OK="MANAGE_LICENSES, REVEAL_LICENSE_KEYS",
        LOGIN_REQUIRED="app MANAGE_LICENSES, app REVEAL_LICENSE_KEYS",
        DENIED="anonymous, shopper, MASTER, ADMINISTRATOR, BILLING, SUPPORT, staff, APPROVE_LICENSES, "
        "MANAGE_LICENSE_KEYS, app, app APPROVE_LICENSES, app MANAGE_LICENSE_KEYS",
    )
    for who, make in actors.ACTORS.items():
        assert outcome(save(api(make(account)), "Mine"), "licenseViewSave") == expected[who], who
    assert SavedView.objects.count() == 2
    assert list(views(api(build.make_app("MANAGE_LICENSES")))) == []
