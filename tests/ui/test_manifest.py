"""The app's manifest: installed by it, the app is the one that `esd_dashboard install` makes."""

from __future__ import annotations

from unittest import mock

import build
import pytest
from django.core.management import call_command

from saleor_esd_plugin.host.db import writing

pytestmark = pytest.mark.django_db

ADDRESS = "/plugins/global/esd/manifest"


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = str(tmp_path)


def shape(app):
    fields = ["identifier", "label", "url", "mount", "target", "settings", "permissions__codename"]
    extensions = app.extensions.order_by("identifier").values_list(*fields)
    own = (app.identifier, app.name, app.type, app.version, app.app_url)
    return own, set(app.permissions.values_list("codename", flat=True)), list(extensions)


@pytest.mark.only_on("2.10", reason="3.x installs apps")
def test_a_shop_that_shows_no_apps_has_none(client):
    assert client.get(ADDRESS).status_code == 404


@pytest.mark.only_on("3.21", reason="2.10 installs no apps")
def test_both_ways_make_the_same_app(client):
    pytest.importorskip(
        "saleor.app.manifest_schema", reason="it has no token's address: from 3.23 on"
    )
    from saleor.app import installation_utils
    from saleor.app.models import App, AppInstallation
    from saleor.permission.models import Permission

    manifest = client.get(ADDRESS).json()
    assert client.get(manifest["brand"]["logo"]["default"]).status_code == 200
    with writing():
        asked = AppInstallation.objects.create(
            app_name=manifest["name"], manifest_url=f"http://shop.example{ADDRESS}"
        )
        names = [name.lower() for name in manifest["permissions"]]
        asked.permissions.set(Permission.objects.filter(codename__in=names))
        # Saleor reads no address of its own network.
        read = {"fetch_manifest": mock.DEFAULT, "fetch_brand_data_async": mock.DEFAULT}
        with mock.patch.multiple(installation_utils, **read) as patched:
            patched["fetch_manifest"].return_value = manifest
            app, token = installation_utils.install_app(asked, activate=True)
        assert token is None
        by_manifest = shape(app)
        app.delete()

    call_command("esd_dashboard", "install")

    assert by_manifest == shape(App.objects.get(identifier="esd"))


@pytest.mark.only_on("3.21", reason="2.10 shows no apps")
def test_it_says_nothing_of_anybody(client):
    manifest = client.get(ADDRESS, **build.auth_headers(build.make_user(is_staff=True))).json()

    assert set(manifest) == {
        "id",
        "version",
        "name",
        "appUrl",
        "permissions",
        "brand",
        "extensions",
    }
