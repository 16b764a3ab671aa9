"""Our pages inside Saleor's Dashboard: what stands where, and its registration."""

from __future__ import annotations

import logging
from typing import Any

from django.db import DEFAULT_DB_ALIAS, transaction
from django.utils import translation
from django.utils.translation import pgettext

from .. import __version__
from ..conf import PLUGIN_ID
from ..emails.languages import best_of
from ..host import shop
from ..host.dashboard import (
    HAS_DASHBOARD_APPS,
    DashboardApp,
    Extension,
    install_app,
    remove_app,
    update_app,
)
from ..host.db import writing
from ..permissions import APPROVE_LICENSES, MANAGE_LICENSE_KEYS, STAFF_PERMISSIONS
from .assets import all_assets
from .shells import ROOT

logger = logging.getLogger(__name__)

IDENTIFIER = PLUGIN_ID


def wanted_app() -> DashboardApp:
    """The app with labels in the shop's language: the Dashboard has one text for everybody."""
    root = shop.absolute_url(f"{ROOT}/staff")
    with translation.override(best_of([shop.default_language()])):
        approvals, overview = (
            pgettext("esd ui", "License approvals"),
            pgettext("esd ui", "Licenses"),
        )
        approve = pgettext("esd ui", "Approve licenses")
    return DashboardApp(
        identifier=IDENTIFIER,
        name=overview,
        version=__version__,
        url=root,
        logo=all_assets()["icon.png"].content,
        permissions=tuple(STAFF_PERMISSIONS),
        extensions=(
            Extension(
                "overview", overview, "navigation_orders", "app_page", "/overview", APPROVE_LICENSES
            ),
            Extension(
                "approvals",
                approvals,
                "navigation_orders",
                "app_page",
                "/approvals",
                APPROVE_LICENSES,
            ),
            # Whole addresses: Saleor would cut a path off a relative one.
            Extension(
                "order",
                overview,
                "order_details_widgets",
                "widget",
                f"{root}/widget",
                APPROVE_LICENSES,
            ),
            Extension(
                "product",
                overview,
                "product_details_widgets",
                "widget",
                f"{root}/product",
                MANAGE_LICENSE_KEYS,
            ),
            Extension(
                "approve",
                approve,
                "order_details_more_actions",
                "popup",
                f"{root}/popup",
                APPROVE_LICENSES,
            ),
        ),
    )


def install() -> None:
    """The pages stand in the Dashboard, also if somebody had removed them."""
    install_app(wanted_app())


def sync() -> bool:
    """They stand there as this version has them, unless somebody has removed them; whether they do."""
    return update_app(wanted_app())


def remove() -> bool:
    """They are gone; whether they were there."""
    return remove_app(IDENTIFIER)


def sync_after_migrate(using: str = DEFAULT_DB_ALIAS, **signal: Any) -> None:
    """Where staff have them in the Dashboard, an update of the plugin brings them up to date. Never raises.

    Nothing where the switch in the settings is off, as in the database of a test, or somebody removed the app.
    """
    if not HAS_DASHBOARD_APPS or using != DEFAULT_DB_ALIAS:
        return
    try:
        # The tables of the shop may be of another version yet: a failed statement spoils no transaction around.
        with writing(), transaction.atomic():
            if shop.plugin_settings().in_dashboard:
                sync()
    except Exception as error:
        logger.warning(
            "The pages in the Dashboard are not up to date, run `manage.py esd_dashboard sync`: %s",
            type(error).__name__,
        )
