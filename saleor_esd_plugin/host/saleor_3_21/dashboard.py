"""Saleor 3.21 and later: an app and its extensions as rows, with the fields that the running version has."""

from __future__ import annotations

from typing import Any, Optional

from django.db import transaction
from django.utils import timezone
from saleor.app import types
from saleor.app.models import App, AppExtension
from saleor.permission.models import Permission

__all__ = ["install_app", "remove_app", "update_app"]


def install_app(wanted: Any) -> None:
    """The app is there as `wanted`, whether it was before, or had been removed."""
    if not update_app(wanted):
        with transaction.atomic():
            app = App.objects.create(identifier=wanted.identifier, type=types.AppType.THIRDPARTY)
            _write(app, wanted)


def update_app(wanted: Any) -> bool:
    """The app as `wanted`, if it is there; whether it is. One that somebody has removed stays so."""
    with transaction.atomic():
        app = _find(wanted.identifier)
        if app is not None:
            _write(app, wanted)
        return app is not None


def remove_app(identifier: str) -> bool:
    """Gone as Saleor's own `appDelete` leaves it, to be deleted by its task; whether it was there."""
    with transaction.atomic():
        app = _find(identifier)
        if app is not None:
            app.is_active = False
            app.removed_at = timezone.now()
            app.save(update_fields=["is_active", "removed_at"])
        return app is not None


def _find(identifier: str) -> Optional[App]:
    rows = App.objects.select_for_update().filter(identifier=identifier, removed_at=None)
    return rows.order_by("pk").first()


def _write(app: App, wanted: Any) -> None:
    """Whether it is active stays as staff have set it."""
    app.name, app.version, app.app_url = wanted.name, wanted.version, wanted.url
    app.is_installed = True
    app.save(update_fields=["name", "version", "app_url", "is_installed"])
    app.permissions.set(_permissions(*wanted.permissions))
    known = {field.name for field in AppExtension._meta.get_fields()}
    app.extensions.all().delete()
    for each in wanted.extensions:
        if not _is_known("AppExtensionMount", each.mount) or not _is_known(
            "AppExtensionTarget", each.target
        ):
            continue
        fields = {"label": each.label, "url": each.url, "mount": each.mount, "target": each.target}
        if "identifier" in known:
            fields["identifier"] = each.identifier
        if "settings" in known and each.target == "widget":
            fields["settings"] = {"widgetTarget": {"method": "GET"}}
        extension = AppExtension.objects.create(app=app, **fields)
        extension.permissions.set(_permissions(each.permission))


def _is_known(enum: str, value: str) -> bool:
    """Until 3.22 the API answers with an enum, which breaks on what is not among it; later it is free text."""
    found = getattr(types, enum, None)
    return found is None or value in dict(found.CHOICES)


def _permissions(*names: str) -> Any:
    return Permission.objects.filter(codename__in=[name.lower() for name in names])
