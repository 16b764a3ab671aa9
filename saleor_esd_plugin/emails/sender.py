"""The one address that all our mail comes from, so that people can allow-list it (K03)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from email.utils import formataddr

from ..host import shop

_BREAKS = re.compile(r"[\s\x00-\x1f\x7f\x85\u2028\u2029]+")


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
    return Sender(one_line(settings.sender_name), one_line(settings.sender_address))


def one_line(text: str) -> str:
    """`text` as a header may hold it: white space and line ends of any kind become one space."""
    return _BREAKS.sub(" ", text).strip()
