"""The one address that all our mail comes from, so that people can allow-list it (K03), and how the shop looks."""

from __future__ import annotations

from dataclasses import dataclass
from email.utils import formataddr
from typing import Optional

from ..host import shop
from ..text import as_line
from .logo import Picture


@dataclass(frozen=True)
class Sender:
    """`address` is empty if neither the plugin nor the shop has one, `accent_color` ("#0b5cad") if none was chosen.

    `logo` goes along with a mail; `sender()` leaves it out, as it may have to be asked for.
    """

    name: str
    address: str
    accent_color: str = ""
    logo: Optional[Picture] = None

    @property
    def header(self) -> str:
        """The value of From, in ASCII."""
        return formataddr((self.name, self.address))

    @property
    def domain(self) -> str:
        return self.address.rpartition("@")[2]


def sender() -> Sender:
    """Who our mail is from: what shop staff set in the plugin, else the shop's own sender."""
    settings = shop.plugin_settings()
    return Sender(
        as_line(settings.sender_name),
        as_line(settings.sender_address),
        settings.accent_color,
    )
