"""Our pages in Saleor's Dashboard: an app and its extensions as rows, put there and taken out by staff."""

from __future__ import annotations

from io import BytesIO, StringIO

import build
import lane
import pytest
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.core.management.sql import emit_post_migrate_signal
from PIL import Image

from saleor_esd_plugin.host import shop
from saleor_esd_plugin.host.db import writing
from saleor_esd_plugin.permissions import STAFF_PERMISSIONS
from saleor_esd_plugin.ui import registration

pytestmark = pytest.mark.django_db

on_3 = pytest.mark.only_on("3.21", reason="the Dashboard of 2.10 shows no apps")
ROOT = "/plugins/global/esd/staff"


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = str(tmp_path)


def run(step):
    out = StringIO()
    call_command("esd_dashboard", step, stdout=out)
    return out.getvalue()


def living():
    from saleor.app.models import App

    return App.objects.filter(identifier="esd", removed_at=None)


def migrated():
    """As `manage.py migrate` does at its end, with nothing to migrate."""
    with writing():
        emit_post_migrate_signal(0, False, "default")


@pytest.fixture
def switched_on(client):
    """The switch in the settings is on, and an older version put the pages there."""
    owner = build.make_user(is_staff=True)
    build.grant(owner, "MANAGE_PLUGINS")
    switch(client, owner, "true")
    (app,) = living()
    with writing():
        app.version, app.name = "0.0.1", "As it was called"
        app.save()
        app.extensions.filter(mount="order_details_more_actions").delete()
    return app


def switch(client, owner, value):
    document = """mutation($on: String!) { pluginUpdate(id: "esd", input: {configuration:
        [{name: "Pages in the Dashboard", value: $on}]}) { errors { field message } } }"""
    answer = client.post(
        "/graphql/",
        {"query": document, "variables": {"on": value}},
        content_type="application/json",
        **build.auth_headers(owner),
    ).json()
    assert answer["data"]["pluginUpdate"]["errors"] == []


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
        of_keys = extension.mount == "product_details_widgets"
        wanted = "manage_license_keys" if of_keys else "approve_licenses"
        assert [each.codename for each in extension.permissions.all()] == [wanted]
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
    switch(client, owner, "true")
    assert living().count() == 1
    (app,) = living()
    with writing():
        app.removed_at = app.created_at
        app.save()
    # Saved again without a change, it stays removed.
    switch(client, owner, "true")
    assert not living().exists()
    switch(client, owner, "false")
    switch(client, owner, "true")
    assert living().count() == 1
    switch(client, owner, "false")
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
    assert len(registration.wanted_app().extensions) == 5


@on_3
def test_the_app_has_our_logo(client):
    run("install")
    owner = build.make_user(is_staff=True)
    build.grant(owner, "MANAGE_APPS")

    answer = client.post(
        "/graphql/",
        {
            "query": "{ apps(first: 5) { edges { node { identifier brand { logo { default } } } } } }"
        },
        content_type="application/json",
        **build.auth_headers(owner),
    ).json()

    logos = {
        edge["node"]["identifier"]: edge["node"]["brand"]["logo"]["default"]
        for edge in answer["data"]["apps"]["edges"]
    }
    assert logos["esd"].startswith("http")
    (app,) = living()
    picture = Image.open(BytesIO(app.brand_logo_default.read()))
    assert (picture.format, *picture.size) == ("PNG", 256, 256)
    name = app.brand_logo_default.name
    run("sync")
    assert living().get().brand_logo_default.name == name


@on_3
def test_without_a_place_for_its_logo_the_app_is_there_all_the_same(monkeypatch, caplog):
    def full(*_arguments, **_options):
        raise OSError("no space left")

    with monkeypatch.context() as patch:
        patch.setattr(type(default_storage._wrapped or default_storage), "save", full)
        assert f"{ROOT}\n" in run("install")

    assert not living().get().brand_logo_default
    assert "has no logo: OSError" in caplog.text
    run("sync")
    assert living().get().brand_logo_default


@on_3
def test_an_update_of_the_plugin_brings_the_pages_up_to_date(switched_on):
    migrated()

    (app,) = living()
    wanted = registration.wanted_app()
    assert (app.pk, app.version, app.name) == (switched_on.pk, wanted.version, wanted.name)
    assert app.extensions.filter(mount="order_details_more_actions").exists()


@on_3
def test_an_update_brings_nothing_back_that_somebody_removed(switched_on):
    with writing():
        switched_on.removed_at = switched_on.created_at
        switched_on.save()

    migrated()

    assert not living().exists()


@on_3
def test_an_update_changes_nothing_where_the_switch_is_off():
    run("install")
    (app,) = living()
    with writing():
        app.version = "0.0.1"
        app.save()

    migrated()

    assert living().get().version == "0.0.1"


@on_3
@pytest.mark.parametrize("place", ["plugin_settings", "absolute_url"])
def test_no_migration_fails_for_it(switched_on, monkeypatch, caplog, place):
    def breaks(*_arguments):
        from saleor.app.models import App

        # A table as it was, or will be, in another version of the shop.
        return App.objects.extra(where=["nothing = 1"]).first()

    monkeypatch.setattr(shop, place, breaks)

    migrated()

    assert "run `manage.py esd_dashboard sync`: ProgrammingError" in caplog.text
    assert living().get().version == "0.0.1"
