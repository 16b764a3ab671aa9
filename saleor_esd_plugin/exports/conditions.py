"""The conditions of a file are kept until it is fetched: no key may be among them (invariant 7)."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping

from django.db.models import Q

from ..accounts import access
from ..criteria import NO_ID
from ..errors import Invalid
from ..host.refs import split_global_id, uuid_ref
from ..host.types import Actor
from ..keys.queries import fields_with_keys
from ..orders.license_search import LicenseFilter, as_json, from_json
from ..permissions import MANAGE_LICENSES, REVEAL_LICENSE_KEYS, Right

LONGEST_SUFFIX = 5


def stored_filter(filter: LicenseFilter) -> Dict[str, Any]:
    """The conditions as they are kept. Raises Invalid for a search for a key: it would have to be kept."""
    if filter.key is not None:
        raise Invalid(
            "A file is not filtered by a whole key; use “licenses” for that.", field="filter.key"
        )
    return as_json(filter)


def filter_of(stored: Mapping[str, Any]) -> LicenseFilter:
    """The opposite of `stored_filter`, also of what was kept before ids were taken apart: ids of the API."""
    wanted = dict(stored)
    for name in ("account", "end_customer", "order", "variant"):
        if isinstance(stored.get(name), str):
            type_name, ref = split_global_id(stored[name]) or ("", stored[name])
            uuid = uuid_ref(ref)
            if name == "variant":
                wanted[name] = ref
            elif type_name == "Order" and uuid is None:
                # On Saleor 2.10 it had the order's number.
                wanted.update(order=None, order_number=ref)
            elif name == "order":
                wanted[name] = {
                    "pk" if type_name == "LicenseOrder" else "order_uuid": uuid or str(NO_ID)
                }
            else:
                wanted[name] = uuid or str(NO_ID)
    return from_json({name: value for name, value in wanted.items() if value is not None})


def refuse_keys(wanted: Mapping[str, Any], actor: Actor) -> None:
    """Raises Invalid, naming the field, for a whole key among these conditions, and for more than 5 of its characters.

    That is what has a format of fixed pattern, and what is in stock: to members only what is theirs, since
    anybody could otherwise try which keys there are. Raises KeyringLocked.
    """
    if len(wanted.get("key_suffix", "").strip()) > LONGEST_SUFFIX:
        raise _refused("key_suffix", f"Give the last {LONGEST_SUFFIX} characters at most.")
    texts = {name: _parts(value) for name, value in wanted.items() if isinstance(value, str)}
    theirs = Q()
    if not actor.has(MANAGE_LICENSES, REVEAL_LICENSE_KEYS):
        accounts = access.account_ids_with(actor, Right.SEE_KEY_HINT)
        theirs = Q(licenses__account_id__in=accounts) | Q(
            replacements__license__account_id__in=accounts
        )
    for name in fields_with_keys(texts, theirs):
        raise _refused(name, "A file is not asked for with a whole key; use “licenses” for that.")


def _parts(text: str) -> List[str]:
    """The text, and each of its words: a key may stand between others."""
    words = text.split()
    return [text, *words] if len(words) > 1 else [text]


def _refused(name: str, message: str) -> Invalid:
    head, *words = name.split("_")
    return Invalid(message, field=f"filter.{head}{''.join(map(str.capitalize, words))}")
