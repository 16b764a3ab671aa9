"""Saleor 3.21 and later: an app and its extensions as rows, with the fields that the running version has."""

from __future__ import annotations

import logging
from typing import Any, Optional

from django.core.files.base import ContentFile
from django.db import transaction
from django.utils import timezone
from saleor.app import models, types
from saleor.app.models import App, AppExtension
from saleor.permission.models import Permission

__all__ = ["HAS_APP_PROBLEMS", "install_app", "remove_app", "show_problems", "update_app"]

logger = logging.getLogger(__name__)

# Since 3.22.
_AppProblem: Any = getattr(models, "AppProblem", None)
HAS_APP_PROBLEMS = _AppProblem is not None


def install_app(wanted: Any) -> None:
    """The app is there as `wanted`, whether it was before, or had been removed."""
    if not update_app(wanted):
        with transaction.atomic():
            app = App.objects.create(identifier=wanted.identifier, type=types.AppType.THIRDPARTY)
            _write(app, wanted)
        _give_logo(app, wanted.logo)


def update_app(wanted: Any) -> bool:
    """The app as `wanted`, if it is there; whether it is. One that somebody has removed stays so."""
    with transaction.atomic():
        app = _find(wanted.identifier)
        if app is not None:
            _write(app, wanted)
    if app is not None:
        _give_logo(app, wanted.logo)
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


def show_problems(identifier: str, wanted: Any) -> int:
    """These are the problems that the Dashboard shows of the app, and no others; how many came, changed or went.

    One that staff have dismissed stays so as long as it lasts; if it comes back later, it is shown again. 0 if
    there is no such app.
    """
    with transaction.atomic():
        # Saleor's own mutations of problems lock the app as well.
        app = _find(identifier)
        if app is None:
            return 0
        rows = _AppProblem.objects.filter(app=app)
        gone, _ = rows.exclude(key__in=list(wanted)).delete()
        known = {row.key: row for row in rows}
        new = [
            _AppProblem(app=app, key=key, message=each.message, is_critical=each.is_critical)
            for key, each in wanted.items()
            if key not in known
        ]
        _AppProblem.objects.bulk_create(new)
        changed = [row for key, row in known.items() if row.message != wanted[key].message]
        for row in changed:
            row.message = wanted[row.key].message
            row.save(update_fields=["message", "updated_at"])
        return gone + len(new) + len(changed)


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


def _give_logo(app: App, logo: bytes) -> None:
    """Once, and last: nothing takes a file back. An app without one works as well."""
    if app.brand_logo_default:
        return
    try:
        app.brand_logo_default.save(f"{app.identifier}.png", ContentFile(logo), save=False)
        app.save(update_fields=["brand_logo_default"])
    except Exception as error:
        logger.warning("The app in the Dashboard has no logo: %s", type(error).__name__)


def _is_known(enum: str, value: str) -> bool:
    """Until 3.22 the API answers with an enum, which breaks on what is not among it; later it is free text."""
    found = getattr(types, enum, None)
    return found is None or value in dict(found.CHOICES)


def _permissions(*names: str) -> Any:
    return Permission.objects.filter(codename__in=[name.lower() for name in names])
