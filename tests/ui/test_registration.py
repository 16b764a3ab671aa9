"""Our pages in Saleor's Dashboard: an app and its extensions as rows, put there and taken out by staff."""

from __future__ import annotations

from io import StringIO

import build
import lane
import pytest
from django.core.management import CommandError, call_command

from saleor_esd_plugin.host.db import writing
from saleor_esd_plugin.permissions import STAFF_PERMISSIONS
from saleor_esd_plugin.ui import registration

pytestmark = pytest.mark.django_db

on_3 = pytest.mark.only_on("3.21", reason="the Dashboard of 2.10 shows no apps")
ROOT = "/plugins/global/esd/staff"


def run(step):
    out = StringIO()
    call_command("esd_dashboard", step, stdout=out)
    return out.getvalue()


def living():
    from saleor.app.models import App

    return App.objects.filter(identifier="esd", removed_at=None)


@pytest.mark.only_on("2.10", reason="3.x shows apps")
def test_the_dashboard_of_2_10_shows_no_apps():
    with pytest.raises(CommandError, match="/plugins/global/esd/staff"):
        run("install")


@on_3
def test_installed_it_is_an_app_without_a_token_whose_extensions_name_a_permission_each():
    """A token in a frame holds what app and user both have; an extension without a permission would be everybody's."""
    assert f"{ROOT}\n" in run("install")

    (app,) = living()
    assert (app.type, app.is_active, app.tokens.count()) == ("thirdparty", True, 0)
    assert app.app_url.endswith(ROOT)
    assert {each.codename for each in app.permissions.all()} == {
        name.lower() for name in STAFF_PERMISSIONS
    }
    found = {each.mount: each for each in app.extensions.all()}
    assert {"navigation_orders", "order_details_more_actions"} <= set(found)
    for extension in app.extensions.all():
        assert [each.codename for each in extension.permissions.all()] == ["approve_licenses"]
    assert found["order_details_more_actions"].url == f"{app.app_url}/popup"


@on_3
def test_again_it_is_the_same_app_and_one_of_another_address_is_brought_up_to_date(settings):
    run("install")
    (app,) = living()
    run("install")
    settings.PUBLIC_URL = "https://new.example"

    run("sync")

    (again,) = living()
    assert (again.pk, again.app_url) == (app.pk, f"https://new.example{ROOT}")
    assert again.extensions.count() == app.extensions.count()


@on_3
def test_one_that_somebody_removed_stays_so_until_it_is_installed_again(client):
    run("install")
    owner = build.make_user(is_staff=True, is_superuser=True)
    (app,) = living()
    with writing():
        app.removed_at = app.created_at
        app.save()

    with pytest.raises(CommandError, match="`install` puts it there"):
        run("sync")
    assert run("remove") == "It was not there.\n"
    assert not living().exists()
    run("install")
    assert living().count() == 1
    assert owner


@on_3
def test_uninstalling_takes_it_out():
    run("install")

    call_command("esd_uninstall", "--yes", stdout=StringIO())

    assert not living().exists()


@on_3
def test_the_switch_in_the_settings_puts_it_there_and_takes_it_out(client):
    owner = build.make_user(is_staff=True)
    build.grant(owner, "MANAGE_PLUGINS")
    document = """mutation($on: String!) { pluginUpdate(id: "esd", input: {configuration:
        [{name: "Pages in the Dashboard", value: $on}]}) { errors { field message } } }"""

    def switch(value):
        answer = client.post(
            "/graphql/",
            {"query": document, "variables": {"on": value}},
            content_type="application/json",
            **build.auth_headers(owner),
        ).json()
        assert answer["data"]["pluginUpdate"]["errors"] == []

    switch("true")
    assert living().count() == 1
    (app,) = living()
    with writing():
        app.removed_at = app.created_at
        app.save()
    # Saved again without a change, it stays removed.
    switch("true")
    assert not living().exists()
    switch("false")
    switch("true")
    assert living().count() == 1
    switch("false")
    assert not living().exists()


@on_3
def test_a_version_shows_only_what_it_knows():
    from saleor.app import types

    run("install")

    known = getattr(types, "AppExtensionMount", None)
    if known is not None:
        mounts = set(living().get().extensions.values_list("mount", flat=True))
        assert mounts <= set(dict(known.CHOICES))
    assert lane.host() == "3.21"
    assert len(registration.wanted_app().extensions) == 4
