"""What the host calls: every hook in a line, all through one wrapper that never raises.

Hooks only record (`orders.recording`); what follows happens after commit. Bulk-created orders
(`order_bulk_created`, 3.x) are imported history and are left alone.
"""

from __future__ import annotations

import logging
from typing import Any, Callable, Optional

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator, URLValidator, validate_email
from django.db import transaction
from django.http import HttpRequest, HttpResponse

from .conf import PLUGIN_ID
from .host import shop
from .host.dashboard import HAS_DASHBOARD_APPS
from .host.db import writing
from .host.plugin import BasePlugin, field, refused_checkout, refused_setting
from .host.types import Order, PluginField
from .licenses.errors import TooFewFreeKeys
from .orders.intake import recording
from .orders.supply import reservations
from .ui import registration, routes
from .webhooks.stripe import endpoint as stripe_endpoint

logger = logging.getLogger(__name__)

LONGEST_SENDER_NAME = 78

_EMAIL = (validate_email, "an e-mail address")
# They become links, and part of a header of the pages.
_WEB = (URLValidator(schemes=["http", "https"]), "an address that begins with https:// or http://")
_VALIDATED = {
    PluginField.SENDER_ADDRESS: _EMAIL,
    PluginField.STAFF_ADDRESS: _EMAIL,
    PluginField.LOGO_ADDRESS: _WEB,
    PluginField.SHOP_ADDRESS: _WEB,
    PluginField.PASSWORD_ADDRESS: _WEB,
    PluginField.SIGN_UP_ADDRESS: _WEB,
    PluginField.RENEWAL_ADDRESS: _WEB,
    PluginField.ACCENT_COLOR: (
        RegexValidator(r"\A#[0-9a-fA-F]{6}\Z"),
        "a color such as #0b5cad",
    ),
}


class EsdPlugin(BasePlugin):
    """Sells software licenses. Installed means switched on, until staff switch it off."""

    PLUGIN_ID = PLUGIN_ID
    PLUGIN_NAME = "Software licenses"
    PLUGIN_DESCRIPTION = (
        "Sells license keys: in stock or generated, approved, released after payment, assigned to end "
        "customers, sent by e-mail. Switched off, it records and releases nothing; what customers own "
        "stays readable, and switching it on catches up."
    )
    DEFAULT_ACTIVE = True
    DEFAULT_CONFIGURATION = [
        {"name": PluginField.SENDER_NAME, "value": ""},
        {"name": PluginField.SENDER_ADDRESS, "value": ""},
        {"name": PluginField.STAFF_ADDRESS, "value": ""},
        {"name": PluginField.MIRRORS_STOCK, "value": True},
        {"name": PluginField.RESERVES_KEYS, "value": False},
        {"name": PluginField.SLOW_GATEWAYS, "value": ""},
        {"name": PluginField.HAS_PORTAL, "value": False},
        # Where there is a Dashboard that shows apps.
        *([{"name": PluginField.IN_DASHBOARD, "value": False}] if HAS_DASHBOARD_APPS else ()),
        {"name": PluginField.LOGO_ADDRESS, "value": ""},
        {"name": PluginField.ACCENT_COLOR, "value": ""},
        {"name": PluginField.SHOP_ADDRESS, "value": ""},
        {"name": PluginField.PASSWORD_ADDRESS, "value": ""},
        {"name": PluginField.SIGN_UP_ADDRESS, "value": ""},
        {"name": PluginField.RENEWAL_ADDRESS, "value": ""},
        {"name": PluginField.TAX_NUMBER, "value": ""},
    ]
    CONFIG_STRUCTURE = {
        PluginField.SENDER_NAME: field(
            str,
            "Sender name",
            "The name that customers see as the sender of license e-mails. Empty: the shop's own.",
        ),
        PluginField.SENDER_ADDRESS: field(
            str,
            "Sender address",
            "The one address that all license e-mails come from, so that customers can allow-list it. "
            "Empty: the shop's own sender.",
        ),
        PluginField.STAFF_ADDRESS: field(
            str,
            "Staff address",
            "Where to write when license orders wait for approval. Empty: nobody is written to.",
        ),
        PluginField.MIRRORS_STOCK: field(
            bool,
            "Stock follows free keys",
            "Keeps the stock of a licensed variant at the number of its free keys, so that the shop does "
            "not sell what the pool does not hold. Only for variants with a single stock; generated keys "
            "leave the stock alone.",
        ),
        PluginField.RESERVES_KEYS: field(
            bool,
            "Reserve keys at checkout",
            "Sets keys aside for 15 minutes when a checkout is about to be paid, and refuses a checkout that "
            "asks for more than is free before money moves. Off, what is missing is backordered.",
        ),
        PluginField.SLOW_GATEWAYS: field(
            str,
            "Slow payment gateways",
            "Ids of gateways whose customers take days to pay (vouchers, bank slips), separated by commas: "
            "for these, keys are reserved for 5 days.",
        ),
        PluginField.HAS_PORTAL: field(
            bool,
            "Buyer portal",
            "Pages at /plugins/global/esd/portal on which buyers see what they bought, assign licenses and send "
            "receipts.",
        ),
        PluginField.IN_DASHBOARD: field(
            bool,
            "Pages in the Dashboard",
            "Shows the approval queue in this Dashboard's menu, and licenses on its order page. Takes "
            "ESD_DASHBOARD_ORIGINS in the environment of the shop.",
        ),
        PluginField.LOGO_ADDRESS: field(
            str,
            "Logo",
            "The address (https) of a picture for the head of the license pages. Empty: the first letter of the name.",
        ),
        PluginField.ACCENT_COLOR: field(
            str,
            "Accent color",
            "The color of the shop on its license pages, such as #0b5cad. Empty: blue.",
        ),
        PluginField.SHOP_ADDRESS: field(
            str,
            "Shop address",
            "The address of the storefront, where the license pages lead back to. Empty: no link.",
        ),
        PluginField.PASSWORD_ADDRESS: field(
            str,
            "Password address",
            "The address of the storefront's page for those who forgot their password. Empty: no link.",
        ),
        PluginField.SIGN_UP_ADDRESS: field(
            str,
            "Sign-up address",
            "The address of the storefront's page on which a customer creates an account. Empty: no link.",
        ),
        PluginField.RENEWAL_ADDRESS: field(
            str,
            "Renewal address",
            "The address of the storefront's page on which a license is renewed; {license} in it becomes the "
            "license's id. Empty: the order in the buyer portal, if that is on.",
        ),
        PluginField.TAX_NUMBER: field(
            str,
            "Tax number",
            "The company's tax number on receipts. Its name and address are those of Saleor's site settings.",
        ),
    }

    # The order that this request's checkout made. A plugin lives as long as a request.
    _in_hand: Optional[Order] = None

    def order_created(self, order: Any, previous_value: Any = None, **kwargs: Any) -> Any:
        return self._guard(self._record, order, previous_value)

    def order_confirmed(self, order: Any, previous_value: Any = None, **kwargs: Any) -> Any:
        return self._guard(self._settle, order, previous_value)

    def order_fully_paid(self, order: Any, previous_value: Any = None, **kwargs: Any) -> Any:
        return self._guard(self._settle, order, previous_value)

    def order_updated(self, order: Any, previous_value: Any = None, **kwargs: Any) -> Any:
        return self._guard(self._follow, order, previous_value)

    def order_cancelled(self, order: Any, previous_value: Any = None, **kwargs: Any) -> Any:
        return self._guard(self._observe, order, previous_value)

    def order_refunded(self, order: Any, previous_value: Any = None, **kwargs: Any) -> Any:
        return self._guard(self._observe, order, previous_value)

    def order_fully_refunded(self, order: Any, previous_value: Any = None, **kwargs: Any) -> Any:
        return self._guard(self._observe, order, previous_value)

    def order_expired(self, order: Any, previous_value: Any = None, **kwargs: Any) -> Any:
        return self._guard(self._observe, order, previous_value)

    def preprocess_order_creation(self, checkout: Any, more: Any, previous_value: Any) -> Any:
        """The last moment before a gateway is asked for the money: set keys aside, if the shop wants that.

        The one hook that may refuse, and it does so for one reason only: too few free keys.
        """
        if not self.active or not _is_on(self.configuration, PluginField.RESERVES_KEYS):
            return previous_value
        try:
            with writing(), transaction.atomic():
                self._reserve(checkout, more)
        except TooFewFreeKeys as error:
            raise refused_checkout(error.message) from None
        except Exception as error:
            logger.error("Nothing is reserved for a checkout: %s", type(error).__name__)
        return previous_value

    def save_plugin_configuration(self, plugin_configuration: Any, cleaned_data: dict) -> Any:
        """Keep what staff changed, and put our pages into the Dashboard, or take them out, as its switch says."""
        was_on = _is_on(plugin_configuration.configuration, PluginField.IN_DASHBOARD)
        saved = super().save_plugin_configuration(plugin_configuration, cleaned_data)
        is_on = _is_on(plugin_configuration.configuration, PluginField.IN_DASHBOARD)
        if is_on != was_on:
            # Switched on anew they come back, also if somebody had removed the app.
            with writing():
                registration.install() if is_on else registration.remove()
        return saved

    def webhook(self, request: HttpRequest, path: str, previous_value: Any) -> HttpResponse:
        """What our pages and Stripe's endpoint under `/plugins/global/esd` answer; else the host's 404."""
        # The address without "global" reaches inactive plugins too.
        if not self.active:
            return previous_value
        if path.strip("/") == "stripe":
            return stripe_endpoint.answer(request)
        return routes.respond(request, path) or previous_value

    @classmethod
    def validate_plugin_configuration(cls, plugin_configuration: Any, **kwargs: Any) -> None:
        """Refuse what no e-mail could be sent with, and no page made of."""
        values = {entry["name"]: entry.get("value") for entry in plugin_configuration.configuration}
        for name, (is_valid, what) in _VALIDATED.items():
            try:
                if values.get(name):
                    is_valid(values[name])
            except ValidationError as error:
                raise refused_setting(f'"{name}" is not {what}.') from error
        sender_name = str(values.get(PluginField.SENDER_NAME) or "")
        if len(sender_name) > LONGEST_SENDER_NAME or not sender_name.isprintable():
            raise refused_setting(
                f'"{PluginField.SENDER_NAME}" is one line of at most {LONGEST_SENDER_NAME} characters.'
            )

    def _reserve(self, checkout: Any, more: Any) -> None:
        """Most checkouts of a shop may be none of ours: then this is the one query."""
        variants = shop.variants_in_hand(checkout, more)
        if reservations.concern(shop.token_in_hand(checkout), variants):
            reservations.reserve_for_checkout(shop.checkout_in_hand(checkout, more))

    def _record(self, order: Any) -> None:
        """A checkout was completed. The only moment at which 2.10 vouches for what the buyer said."""
        in_hand = shop.order_in_hand(order)
        recording.observe_order(in_hand, at_checkout=True)
        self._in_hand = in_hand

    def _fresh(self, order: Any) -> Optional[Order]:
        """The order as it was recorded, if this request has just made it: most of its hooks tell no more."""
        made = self._in_hand
        return made if made is not None and made.uuid == shop.order_uuid_of(order) else None

    def _settle(self, order: Any) -> None:
        """Payment or confirmation may have come; most checkouts are through with both."""
        fresh = self._fresh(order)
        if fresh is not None and fresh.is_paid and fresh.status == "OPEN":
            return
        if recording.is_recorded(shop.order_uuid_of(order), settled=False):
            recording.observe_order(shop.read_order(shop.order_uuid_of(order)))

    def _observe(self, order: Any) -> None:
        """Anything may have changed. An order that we do not know is none of ours, or the sweep's."""
        if recording.is_recorded(shop.order_uuid_of(order), settled=True):
            recording.observe_order(shop.read_order(shop.order_uuid_of(order)))

    def _follow(self, order: Any) -> None:
        """Called at every turn of an order; most of them have hooks of their own."""
        if self._fresh(order) is None and shop.update_may_concern_us(order):
            self._observe(order)

    def _guard(self, hook: Callable[[Any], None], order: Any, previous_value: Any) -> Any:
        """Run a hook. Never raises, never spoils the host's transaction.

        An exception here would cost the order on 2.10, while the payment stays charged (H1), and the
        later hooks and e-mails on 3.x (H2). Whatever gets lost, the sweep repairs.
        """
        # Saleor 2.10 calls the hooks of inactive plugins too.
        if not self.active:
            return previous_value
        try:
            with writing(), transaction.atomic():
                hook(order)
        except Exception as error:
            # The type only: a database's message quotes values.
            logger.error("An order waits for the sweep: %s", type(error).__name__)
        return previous_value


def _is_on(configuration: Any, name: str) -> bool:
    values = {entry["name"]: entry.get("value") for entry in configuration or ()}
    return shop.is_on(values.get(name))
