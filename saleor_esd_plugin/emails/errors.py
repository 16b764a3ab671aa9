from __future__ import annotations

from ..errors import EsdError


class KeysNotIssued(EsdError):
    """A receipt was asked for before every unit of the order has its key (K17)."""

    code = "KEYS_NOT_ISSUED"

    def __init__(self, *, issued: int, of: int):
        super().__init__(
            f"{issued} of {of} licenses of this order are issued; a receipt needs all of them.",
            issued=issued,
            of=of,
        )


class NothingToSend(Exception):
    """What the mail was to tell is over; the message says why. The delivery is suppressed."""


class Unready(Exception):
    """The shop cannot send now; the message names what to set, no value. The delivery waits."""


class Held(Exception):
    """What the mail hands over is suspended. The delivery waits until that ends (see `holding`)."""

    def __init__(self) -> None:
        super().__init__("The licenses are suspended.")
