"""The app as Saleor's manifest: a second way into the Dashboard, for shops whose apps are installed by their address."""

from __future__ import annotations

from typing import Any, Dict, List

from ..host import shop
from ..host.dashboard import DashboardApp
from .registration import wanted_app
from .shells import address_of


def manifest() -> Dict[str, Any]:
    """What `appInstall` reads, from Saleor 3.23 on: earlier ones insist on `tokenTargetUrl`, and we want no token."""
    wanted = wanted_app()
    return {
        "id": wanted.identifier,
        "version": wanted.version,
        "name": wanted.name,
        "appUrl": wanted.url,
        "permissions": list(wanted.permissions),
        "brand": {"logo": {"default": shop.absolute_url(address_of("icon.png"))}},
        "extensions": _extensions(wanted),
    }


def _extensions(wanted: DashboardApp) -> List[Dict[str, Any]]:
    return [
        {
            "identifier": each.identifier,
            "label": each.label,
            "mount": each.mount.upper(),
            "target": each.target.upper(),
            "url": each.url,
            "permissions": [each.permission],
            **({"options": {"widgetTarget": {"method": "GET"}}} if each.target == "widget" else {}),
        }
        for each in wanted.extensions
    ]
