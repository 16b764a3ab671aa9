"""What a command is told by its name or id."""

from __future__ import annotations

from typing import Optional
from uuid import UUID

from django.core.management.base import CommandError
from django.db.models import QuerySet

from ..host.refs import split_global_id
from ..keys.models import KeyPool

_MOST_NAMED = 10


def uuid_of(text: str, type_name: str) -> Optional[UUID]:
    """The UUID that `text` is or, if it is the API's id of a `type_name`, holds; None for anything else."""
    found = split_global_id(text)
    if found is not None and found[0] == type_name:
        text = found[1]
    try:
        return UUID(text)
    except ValueError:
        return None


def find_pool(text: str, named: Optional[QuerySet] = None) -> KeyPool:
    """The pool with this id, or the one of `named` (None: of all pools) that is called so.

    Raises CommandError if there is none, and if there are several, with their ids, the oldest first.
    """
    pool_id = uuid_of(text, "LicenseKeyPool")
    if pool_id is not None:
        pools = KeyPool.objects.filter(pk=pool_id)
    else:
        pools = (KeyPool.objects.all() if named is None else named).filter(name=text)
    found = list(pools.order_by("pk")[:_MOST_NAMED])
    if not found:
        raise CommandError(f"The pool “{text}” does not exist.")
    if len(found) > 1:
        ids = ", ".join(str(pool.pk) for pool in found)
        raise CommandError(f"The pool “{text}” is not unique; give its id: {ids}.")
    return found[0]
