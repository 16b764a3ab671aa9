"""Our pages inside Saleor's Dashboard: what stands where, and its registration."""

from __future__ import annotations

from django.utils import translation
from django.utils.translation import pgettext

from .. import __version__
from ..conf import PLUGIN_ID
from ..emails.languages import best_of
from ..host import shop
from ..host.dashboard import (
    DashboardApp,
    Extension,
    install_app,
    remove_app,
    update_app,
)
from ..permissions import APPROVE_LICENSES, STAFF_PERMISSIONS
from .shells import ROOT

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
