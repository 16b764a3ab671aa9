"""Fetching what many fields of one answer want in one query each, so that a page costs no N + 1."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Callable, Dict, Hashable, List, Type
from uuid import UUID

from django.db.models import Model
from promise import Promise
from promise.dataloader import DataLoader

from ..host.db import now, writing
from .errors import public_error

_ATTRIBUTE = "_license_loaders"
_MOMENT = "moment"


def load(context: Any, fetch: Callable[..., Dict], key: Hashable, *arguments: Hashable) -> Promise:
    """A promise of `fetch([key, …], *arguments)[key]`, None if that has no such key.

    `fetch` gets the keys of all fields that wait at that moment, and is called once for them.
    It must be the same function each time: one of a module, or one that is cached.
    """
    if key is None or key == "":
        return Promise.resolve(None)
    loaders = context.__dict__.setdefault(_ATTRIBUTE, {})
    if (fetch, arguments) not in loaders:
        loaders[fetch, arguments] = DataLoader(_batch(fetch, arguments))
    return loaders[fetch, arguments].load(key)


def moment_of(context: Any) -> datetime:
    """The database's moment, the same for a whole answer."""
    kept = context.__dict__.setdefault(_ATTRIBUTE, {})
    if _MOMENT not in kept:
        with writing():
            kept[_MOMENT] = now()
    return kept[_MOMENT]


def forget(context: Any) -> None:
    """Fetch anew what is asked for from now on: something has been changed."""
    context.__dict__.pop(_ATTRIBUTE, None)


def _batch(fetch: Callable[..., Dict], arguments: tuple) -> Callable[[List], Promise]:
    def batch(keys: List) -> Promise:
        # It runs after the resolvers, so their permission to use the writer does not reach here.
        try:
            with writing():
                found = fetch(keys, *arguments)
        except Exception as error:
            raise public_error(fetch.__qualname__, error) from None
        return Promise.resolve([found.get(key) for key in keys])

    return batch


def rows(pks: List[UUID], model: Type[Model]) -> Dict[UUID, Model]:
    """For `load(context, rows, pk, Model)`: the row with this primary key."""
    return model._default_manager.in_bulk(pks)
