"""E-mail addresses as people type them, alone or as a list.

Written by hand because what there is takes too much: the standard library reads one malformed address as
two, Django's validator takes `a@localhost` and `a@[127.0.0.1]`. Nothing here asks the network.
"""

from __future__ import annotations

import re
from typing import Dict, List, Optional, Tuple, Type

from ..errors import EsdError, Invalid, Required
from ..text import trimmed
from .errors import (
    AddressRefused,
    DisplayNameNotAllowed,
    InvalidEmail,
    NonAsciiLocalPart,
    TooManyRecipients,
)

MOST_RECIPIENTS = 20
LONGEST_ADDRESS = 254
_LONGEST_LOCAL_PART = 64
_LONGEST_DOMAIN = 253

# Commas and semicolons of other scripts and widths are typed for ours.
_SEPARATORS = re.compile("[,;\r\n\u0085\u2028\u2029\uff0c\u3001\u060c\uff1b\u061b]")
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LOCAL_PART = re.compile(rf"{_ATOM}(\.{_ATOM})*")
_LABEL = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
# The last label has a letter: 1.2.3.4 is no domain.
_DOMAIN = re.compile(rf"({_LABEL}\.)+(?=[a-z0-9-]*[a-z]){_LABEL}")
_WITH_NAME = re.compile(r"[^<>]*<[^<>@]+@[^<>]+>")


def parse_address(text: Optional[str], *, field: str = "email") -> str:
    """The one address in `text`: domain in lower case and ASCII (IDNA), the part before it as typed.

    Raises Required, InvalidEmail, DisplayNameNotAllowed or NonAsciiLocalPart.
    """
    typed = trimmed(text or "")
    if not typed:
        raise Required("Give an e-mail address.", field=field)
    address, refusal = _read(typed)
    if refusal:
        raise refusal([_quotable(typed)], field=field)
    return address


def as_mailed(text: str) -> str:
    """The address in `text` as mails to it have it; `text` itself if no mail can go there."""
    try:
        return parse_address(text)
    except EsdError:
        return text


def parse_addresses(
    text: Optional[str], *, field: str = "emails", at_most: int = MOST_RECIPIENTS
) -> Tuple[str, ...]:
    """The addresses in `text`, separated by comma, semicolon or line end; each once, in their order.

    Addresses that differ only in case are one; the first spelling stays. Raises what parse_address
    raises (of the first kind below that there is), naming every bad address, and TooManyRecipients.
    """
    typed: Dict[str, str] = {}
    for part in map(trimmed, filter(None, _SEPARATORS.split(text or ""))):
        if part:
            typed.setdefault(part.lower(), part)
    if not typed:
        raise Required("Give at least one e-mail address.", field=field)
    if len(typed) > at_most:
        raise TooManyRecipients(len(typed), at_most, field=field)

    found: Dict[str, str] = {}
    refused: Dict[Type[AddressRefused], List[str]] = {}
    for part in typed.values():
        address, refusal = _read(part)
        if refusal:
            refused.setdefault(refusal, []).append(_quotable(part))
        else:
            found.setdefault(address.lower(), address)
    kinds = [
        kind for kind in (DisplayNameNotAllowed, InvalidEmail, NonAsciiLocalPart) if kind in refused
    ]
    if kinds:
        others = [kind(refused[kind], field=field) for kind in kinds[1:]]
        raise kinds[0](refused[kinds[0]], field=field, others=others)
    return tuple(found.values())


def _read(typed: str) -> Tuple[str, Optional[Type[AddressRefused]]]:
    """The address, or empty text and why it is refused."""
    if _WITH_NAME.fullmatch(typed):
        return "", DisplayNameNotAllowed
    local_part, at, domain = typed.rpartition("@")
    try:
        domain = _ascii_domain(domain)
    except Invalid:
        return "", InvalidEmail
    if not at or len(local_part) > _LONGEST_LOCAL_PART:
        return "", InvalidEmail
    if not local_part.isascii() and " " not in local_part and local_part.isprintable():
        return "", NonAsciiLocalPart
    # "=?" begins an encoded word: a mail program would show another address than it writes to.
    if not _LOCAL_PART.fullmatch(local_part) or "=?" in local_part:
        return "", InvalidEmail
    address = f"{local_part}@{domain}"
    return (address, None) if len(address) <= LONGEST_ADDRESS else ("", InvalidEmail)


def _ascii_domain(domain: str) -> str:
    # Python's codec takes quadratic time for long names, so the length comes first.
    if len(domain) > _LONGEST_DOMAIN:
        raise Invalid("too long")
    encoded = domain.lower()
    if not domain.isascii():
        try:
            encoded = domain.lower().encode("idna").decode("ascii")
            # The codec turns other dots into dots, wide letters into narrow ones and "ß" into "ss":
            # the mail would go to another domain than the one that was typed.
            is_same = encoded.encode("ascii").decode("idna") == domain.lower()
        except UnicodeError as error:
            raise Invalid("no domain") from error
        if not is_same:
            raise Invalid("another domain")
    if not _DOMAIN.fullmatch(encoded) or len(encoded) > _LONGEST_DOMAIN:
        raise Invalid("no domain")
    return encoded


def _quotable(typed: str) -> str:
    """`typed` as an answer may repeat it: bounded, without control characters or lone surrogates."""
    return "".join(sign if sign.isprintable() else "\ufffd" for sign in typed[:LONGEST_ADDRESS])
