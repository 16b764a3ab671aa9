"""Global ids of our records: base64 of `License:<uuid>`, as Relay and both hosts write theirs."""

from __future__ import annotations

from typing import Any, Iterable, List, Optional
from uuid import UUID

import graphene
from django.db.models import QuerySet
from graphql_relay import to_global_id

from ..errors import NotFound
from ..host.refs import split_global_id, uuid_ref


def encode(type_name: str, pk: Any) -> str:
    """The global id of the record `pk` of the GraphQL type `type_name`."""
    return to_global_id(type_name, str(pk))


def uuid_within(global_id: Optional[str], *type_names: str) -> Optional[UUID]:
    """The UUID within an id of one of `type_names`; None for anything else."""
    found = split_global_id(global_id or "")
    # One spelling per record: braces, urn: and capitals are not how we write them.
    if found is None or found[0] not in type_names or uuid_ref(found[1]) != found[1]:
        return None
    return UUID(found[1])


def decode(global_id: Optional[str], type_name: str, *, field: str = "id") -> UUID:
    """The UUID within `global_id`. Raises NotFound for whatever is not an id of `type_name`."""
    uuid = uuid_within(global_id, type_name)
    if uuid is None:
        raise NotFound(field=field)
    return uuid


def decode_all(global_ids: Iterable[str], type_name: str, *, field: str = "ids") -> List[UUID]:
    """The UUIDs within `global_ids`, in their order. Raises NotFound if one is no such id."""
    return [decode(global_id, type_name, field=field) for global_id in global_ids]


def find(queryset: QuerySet, global_id: Optional[str], type_name: str, *, field: str = "id") -> Any:
    """The row of `queryset` with this id.

    Raises NotFound alike for what is unknown, malformed, of another type or not within `queryset`.
    """
    row = find_or_none(queryset, global_id, type_name)
    if row is None:
        raise NotFound(field=field)
    return row


def find_or_none(queryset: QuerySet, global_id: Optional[str], type_name: str) -> Optional[Any]:
    """As `find`, for queries of one record, which answer null for all of these."""
    return queryset.filter(pk=uuid_within(global_id, type_name)).first()


class Record:
    """Mix in first: gives a type whose root has a `pk` its global `id`."""

    id = graphene.ID(required=True, description="The global id.")

    @classmethod
    def resolve_id(cls, root: Any, info: Any) -> str:
        return encode(info.parent_type.name, root.pk)
