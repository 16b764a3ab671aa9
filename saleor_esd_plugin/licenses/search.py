"""Finding a license by its whole key: short serials could be guessed, so time tells nothing and tries are counted."""

from __future__ import annotations

from django.db import transaction
from django.db.models import QuerySet

from ..events.throttle import HOUR, throttle
from ..host.types import Actor
from ..keys.queries import find_by_full_key
from .models import KeyReplacement, License

LIMITS = ((60, HOUR),)


def licenses_with_key(text: str) -> QuerySet:
    """The primary keys of the licenses that have, or had, the key `text`, however it is written.

    Lazy: look them up within what the asker may see, in one statement. It is the same statement for a key
    that nobody has, that somebody else has, and for what can be no key. Raises KeyringLocked.
    """
    keys = find_by_full_key(text).values("pk")
    had = KeyReplacement.objects.filter(old_key__in=keys).order_by().values("license_id")
    return License.objects.filter(key__in=keys).order_by().values("pk").union(had)


def count_search(actor: Actor) -> None:
    """Note that somebody other than staff searched for a key. Raises RateLimited (60 an hour)."""
    with transaction.atomic():
        throttle("key search", f"{actor.kind}:{actor.ref}", LIMITS)
