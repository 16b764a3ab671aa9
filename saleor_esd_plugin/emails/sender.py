"""The one address that all our mail comes from, so that people can allow-list it (K03)."""

from __future__ import annotations

from dataclasses import dataclass
from email.utils import formataddr

from ..host import shop
from ..text import as_line


@dataclass(frozen=True)
class Sender:
    """`address` is empty if neither the plugin nor the shop has one."""

    name: str
    address: str

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
    return Sender(as_line(settings.sender_name), as_line(settings.sender_address))
