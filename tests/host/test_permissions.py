"""Our permissions are given through Saleor's own groups and apps, and can be taken away with the plugin."""

from __future__ import annotations

import build
import lane
import pytest
from django.core.management import CommandError, call_command

from saleor_esd_plugin.host.db import permission_model
from saleor_esd_plugin.permissions import STAFF_PERMISSIONS

pytestmark = pytest.mark.django_db

GROUP_CREATE = """
mutation($input: PermissionGroupCreateInput!) {
  permissionGroupCreate(input: $input) { group { id permissions { code } } %s }
}
"""
APP_CREATE = """
mutation($permissions: [PermissionEnum]) {
  appCreate(input: {name: "robot", permissions: $permissions}) { app { permissions { code } } %s }
}
"""
if lane.host() == "2.10":
    GROUP_CREATE %= "errors: permissionGroupErrors { field message code }"
    APP_CREATE %= "errors: appErrors { field message code }"
else:
    GROUP_CREATE %= "errors { field message code }"
    APP_CREATE = APP_CREATE.replace("[PermissionEnum]", "[PermissionEnum!]")
    APP_CREATE %= "errors { field message code }"


@pytest.fixture
def ask(client):
    """Ask the shop's API as somebody: `ask(headers, document, **variables)` gives `data`."""

    def ask(headers, document, **variables):
        answer = client.post(
            "/graphql/",
            {"query": document, "variables": variables},
            content_type="application/json",
            **headers,
        ).json()
        assert "errors" not in answer, answer["errors"]
        return answer["data"]

    return ask


@pytest.fixture
def boss():
    """Headers of a superuser."""
    return build.auth_headers(build.make_user(is_staff=True, is_superuser=True))


def rows():
    return permission_model().objects.filter(content_type__app_label="esd")


def codes(permissions):
    return {permission["code"] for permission in permissions}


def test_there_is_a_row_for_each_and_no_other():
    """Four and no `add_license`, `change_license`, … beside them."""
    found = dict(rows().values_list("codename", "name"))

    assert found == {name.lower(): text for name, text in STAFF_PERMISSIONS.items()}


def test_the_schema_offers_them(ask, boss):
    """T-PERM-01."""
    data = ask(boss, '{ __type(name: "PermissionEnum") { enumValues { name } } }')

    names = [value["name"] for value in data["__type"]["enumValues"]]
    assert set(STAFF_PERMISSIONS) < set(names)
    assert "MANAGE_ORDERS" in names
    assert len(names) == len(set(names))


def test_the_shop_lists_them(ask, boss):
    data = ask(boss, "{ shop { permissions { code name } } me { userPermissions { code } } }")

    found = {entry["code"]: entry["name"] for entry in data["shop"]["permissions"]}
    assert {code: found.get(code) for code in STAFF_PERMISSIONS} == STAFF_PERMISSIONS
    assert set(STAFF_PERMISSIONS) < codes(data["me"]["userPermissions"])


def test_a_group_of_the_shop_gives_them(ask, boss):
    """T-PERM-02: Saleor's own groups."""
    staff = build.make_user(is_staff=True)
    given = {"name": "licenses", "addPermissions": ["MANAGE_LICENSES", "APPROVE_LICENSES"]}
    if lane.host() != "2.10":
        given["restrictedAccessToChannels"] = False

    data = ask(boss, GROUP_CREATE, input={**given, "addUsers": [_user_id(staff)]})
    mine = ask(build.auth_headers(staff), "{ me { userPermissions { code } } }")

    answer = data["permissionGroupCreate"]
    assert answer["errors"] == []
    assert codes(answer["group"]["permissions"]) == {"MANAGE_LICENSES", "APPROVE_LICENSES"}
    assert codes(mine["me"]["userPermissions"]) == {"MANAGE_LICENSES", "APPROVE_LICENSES"}


def test_apps_get_them(ask, boss):
    """T-PERM-02: Saleor's own apps."""
    data = ask(boss, APP_CREATE, permissions=["MANAGE_LICENSE_KEYS"])

    answer = data["appCreate"]
    assert answer["errors"] == []
    assert codes(answer["app"]["permissions"]) == {"MANAGE_LICENSE_KEYS"}


def _user_id(user):
    import graphene

    return graphene.Node.to_global_id("User", user.pk)


def test_uninstalling_explains_itself_first(capsys):
    with pytest.raises(CommandError, match="Nothing was changed. Add --yes"):
        call_command("esd_uninstall")

    assert "before you take the plugin out of the settings" in capsys.readouterr().out
    assert rows().count() == 4


def test_uninstalling_removes_the_rows_and_every_grant(ask, boss, capsys):
    """H14: a row that somebody holds and Saleor no longer knows makes its own lists fail."""
    user, app = build.make_user(is_staff=True), build.make_app("MANAGE_LICENSES", "MANAGE_ORDERS")
    build.grant(user, "APPROVE_LICENSES", "MANAGE_ORDERS")

    call_command("esd_uninstall", "--yes")
    call_command("esd_uninstall", "--yes")

    assert capsys.readouterr().out.splitlines() == [
        "Removed 4 permissions and everything that granted them.",
        "Removed 0 permissions and everything that granted them.",
    ]
    assert rows().count() == 0
    assert list(user.user_permissions.values_list("codename", flat=True)) == ["manage_orders"]
    assert list(app.permissions.values_list("codename", flat=True)) == ["manage_orders"]
    assert permission_model().objects.filter(codename="manage_orders").count() == 1
