from __future__ import annotations

from typing import Iterable, Sequence

from ..errors import EsdError


class AddressRefused(EsdError):
    """An e-mail address that no mail of ours goes to; `params["addresses"]` names each bad one.

    `others` are those of the same list that are refused for other reasons: they are named here as well.
    """

    sentence = ""

    def __init__(
        self,
        addresses: Iterable[str],
        *,
        field: str = "email",
        others: Sequence[AddressRefused] = (),
    ):
        named = list(addresses)
        sentences = [f"{self.sentence}: {', '.join(named)}", *(other.message for other in others)]
        for other in others:
            named += other.params["addresses"]
        super().__init__(". ".join(sentences), field=field, addresses=named)


class InvalidEmail(AddressRefused):
    code = "INVALID_EMAIL"
    sentence = "This is not an e-mail address"


class DisplayNameNotAllowed(AddressRefused):
    code = "DISPLAY_NAME_NOT_ALLOWED"
    sentence = "Give the bare address, without a name or angle brackets"


class NonAsciiLocalPart(AddressRefused):
    code = "NON_ASCII_LOCAL_PART"
    sentence = "Before the @ only ASCII characters can be delivered"


class TooManyRecipients(EsdError):
    code = "TOO_MANY_RECIPIENTS"

    def __init__(self, count: int, at_most: int, *, field: str = "emails"):
        super().__init__(
            f"These are {count} addresses; at most {at_most} at a time.",
            field=field,
            count=count,
            at_most=at_most,
        )


class DuplicateCode(EsdError):
    """The account has another end customer of this code."""

    code = "DUPLICATE_CODE"

    def __init__(self) -> None:
        super().__init__("Another end customer of this account has this code.", field="code")
