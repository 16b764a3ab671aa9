"""The host's facts in our words: frozen values, never one of Saleor's models."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Dict, FrozenSet, NamedTuple, Optional, Tuple
from uuid import UUID

# Of our tables and permissions, and the id of the plugin in Saleor's list.
APP_LABEL = "esd"


@dataclass(frozen=True)
class Actor:
    """Who asks: a user, an app, nobody, or the plugin itself. Rights are those of this moment.

    `ref` is the host's primary key as text, `label` an e-mail address or an app's name, `permissions`
    those of our four that the actor holds.
    """

    kind: str  # USER, APP, ANONYMOUS, SYSTEM; PROVIDER: a payment provider's message
    ref: str = ""
    label: str = ""
    permissions: FrozenSet[str] = frozenset()
    ip: str = ""
    request_id: str = ""

    @property
    def is_anonymous(self) -> bool:
        return self.kind == "ANONYMOUS"

    @property
    def user_ref(self) -> str:
        """The host's user, or empty text for anybody else: an app is a member of no account."""
        return self.ref if self.kind == "USER" else ""

    def has(self, *permissions: str) -> bool:
        """True if the actor holds one of `permissions`; naming none is False, never True."""
        return any(permission in self.permissions for permission in permissions)


SYSTEM = Actor("SYSTEM", label="saleor_esd_plugin")
ANONYMOUS = Actor("ANONYMOUS")


@dataclass(frozen=True)
class Price:
    """An amount without tax and with it, in major units of a currency that whoever has it knows."""

    net: Decimal
    gross: Decimal

    @property
    def tax(self) -> Decimal:
        return self.gross - self.net

    def __add__(self, other: Price) -> Price:
        return Price(self.net + other.net, self.gross + other.gross)

    def __sub__(self, other: Price) -> Price:
        return Price(self.net - other.net, self.gross - other.gross)

    def __bool__(self) -> bool:
        return bool(self.net or self.gross)


@dataclass(frozen=True)
class OrderLine:
    """One line of a shop order. `ref` is the host's primary key as text; `old_ref` the integer that
    the line had before an upgrade from 2.10, else empty."""

    ref: str
    variant_ref: str
    quantity: int
    sku: str = ""
    product_name: str = ""
    variant_name: str = ""
    old_ref: str = ""
    unit_price: Decimal = Decimal(0)


class VariantNames(NamedTuple):
    """What a variant is called, and which it is: primary keys as text; `sku` may be empty."""

    ref: str
    product_ref: str
    product_name: str
    variant_name: str
    sku: str


@dataclass(frozen=True)
class Payment:
    """One payment of an order as the host knows it; amounts in major units of `currency` ("EUR").

    `refs` are the ids under which its provider knows it (Stripe: "pi_…", "ch_…"). `total` was to be paid
    (None: the host does not say), `captured` ever came in, `refunded` is what of that went back.
    """

    refs: FrozenSet[str]
    currency: str
    total: Optional[Decimal]
    captured: Decimal = Decimal(0)
    refunded: Decimal = Decimal(0)


@dataclass(frozen=True)
class NamedReturn:
    """Units that staff named in the shop as refunded or returned.

    They leave once at least `amount` of money went back for them (0: at once). `units` are pairs of an
    order line's ref and a quantity.
    """

    amount: Decimal
    units: Tuple[Tuple[str, int], ...]


@dataclass(frozen=True)
class Order:
    """One shop order.

    `status` is DRAFT, UNCONFIRMED, OPEN, CANCELLED or EXPIRED. `is_paid` is full payment as the host sees
    it. `channel` is a slug, empty on 2.10; `country` as in `addresses`. `total` is gross, in `currency`.
    `details` are the buyer's words at checkout (keys of `CHECKOUT_DETAILS`), empty wherever the host cannot
    vouch for them. An order in hand, at its checkout, comes without `lines`, `payments`, `named_returns`,
    `channel` and `country`.

    `email` is the customer's address as the host sees it now, `own_email` the one written on the order,
    `user_email` that of its user; the hosts prefer different ones, see `buyer_email`.
    """

    uuid: UUID
    number: str
    created_at: datetime
    status: str
    is_paid: bool
    email: str
    own_email: str = ""
    user_ref: str = ""
    user_email: str = ""
    language: str = ""
    checkout_token: str = ""
    origin: str = ""
    details: Dict[str, str] = field(default_factory=dict)
    lines: Tuple[OrderLine, ...] = ()
    total: Decimal = Decimal(0)
    currency: str = ""
    payments: Tuple[Payment, ...] = ()
    named_returns: Tuple[NamedReturn, ...] = ()
    channel: Optional[str] = None
    country: Optional[str] = None

    @property
    def has_users_email(self) -> bool:
        """Whether the customer's address is that of the order's user; always so on 2.10, if it has one."""
        return bool(self.user_ref) and self.email.lower() == self.user_email.lower()

    def buyer_email(self, user_ref: str, *, follows_user: bool) -> str:
        """The address of whoever bought, as of this moment; empty if the shop has none.

        `user_ref` is the user that the order had when it was recorded, `follows_user` whether its address
        was his: then his address of today counts, which 3.x leaves out. A user whom the host gave the
        order since, by an equal address alone, does not: what he calls himself later is not the buyer's.
        """
        if self.user_ref and self.user_ref == user_ref:
            return self.user_email if follows_user else self.email
        return self.own_email or self.email


@dataclass(frozen=True)
class CheckoutLine:
    """One line of a checkout."""

    variant_ref: str
    quantity: int
    product_name: str = ""


@dataclass(frozen=True)
class Checkout:
    """A checkout that is about to become an order; `channel` and `country` as of an `Order`.

    `gateway` is the id of the payment gateway that will be asked for the money, empty if none; `has_money`
    tells that some of it came in or is on its way already (a Saleor 3 transaction).
    """

    token: str
    lines: Tuple[CheckoutLine, ...]
    channel: str = ""
    country: str = ""
    user_ref: str = ""
    gateway: str = ""
    has_money: bool = False


@dataclass(frozen=True)
class PluginSettings:
    """What shop staff set in Saleor's own list of plugins."""

    is_active: bool
    sender_name: str = ""
    sender_address: str = ""
    staff_address: str = ""
    mirrors_stock: bool = True
    slow_gateways: FrozenSet[str] = frozenset()
    has_portal: bool = False
    in_dashboard: bool = False
    logo_address: str = ""
    accent_color: str = ""
    shop_address: str = ""
    password_address: str = ""
    sign_up_address: str = ""
    renewal_address: str = ""
    tax_number: str = ""


# The buyer's words at checkout: our name -> the key in the checkout's public metadata.
CHECKOUT_DETAILS = {
    "notification_email": "esd.notification_email",
    "purchase_order_reference": "esd.purchase_order_reference",
    "comment": "esd.comment",
}


class PluginField:
    """What shop staff can set, by the names under which Saleor stores the values and shows them."""

    SENDER_NAME = "Sender name"
    SENDER_ADDRESS = "Sender address"
    STAFF_ADDRESS = "Staff address"
    MIRRORS_STOCK = "Stock follows free keys"
    RESERVES_KEYS = "Reserve keys at checkout"
    SLOW_GATEWAYS = "Slow payment gateways"
    HAS_PORTAL = "Buyer portal"
    IN_DASHBOARD = "Pages in the Dashboard"
    LOGO_ADDRESS = "Logo"
    ACCENT_COLOR = "Accent color"
    SHOP_ADDRESS = "Shop address"
    PASSWORD_ADDRESS = "Password address"
    SIGN_UP_ADDRESS = "Sign-up address"
    RENEWAL_ADDRESS = "Renewal address"
    TAX_NUMBER = "Tax number"
