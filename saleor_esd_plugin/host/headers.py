"""Headers of a request, short enough to be parsed: some parsers take seconds for what a server lets through."""

from __future__ import annotations

from typing import List, Mapping

# Servers let 8 to 64 kB through; what browsers, proxies and Stripe send has a few hundred characters.
LONGEST = 1000


def header(meta: Mapping[str, str], name: str) -> str:
    """The header as `META` names it ("HTTP_ACCEPT_LANGUAGE"); empty if there is none, or if it is too long."""
    value = meta.get(name) or ""
    return value if len(value) <= LONGEST else ""


def last_entries(meta: Mapping[str, str], name: str) -> List[str]:
    """The entries of a list of a header, as many from the right as are not too long.

    Each proxy adds on the right: what anybody could write stands further left.
    """
    value = meta.get(name) or ""
    entries = value[-LONGEST:].split(",")
    # Of the first one there may be half.
    return [entry.strip() for entry in (entries if len(value) <= LONGEST else entries[1:])]
