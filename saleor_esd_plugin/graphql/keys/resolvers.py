"""Queries for keys in stock."""

from __future__ import annotations

from typing import Any, List, Optional

import graphene
from django.db.models import Q

from ...criteria import contains, within, yes_no
from ...host.types import Actor
from ...keys.formats import FORMATS
from ...keys.models import KeyBatch, KeyImport, KeyPool
from ...permissions import MANAGE_LICENSE_KEYS
from ..base import root_query, staff_with
from ..connections import KeysetConnection, connect, connection_field
from ..filters import between
from ..global_ids import find_or_none
from .imports import (
    IMPORT_SORTING,
    LicenseKeyImport,
    LicenseKeyImportConnection,
    LicenseKeyImportFilterInput,
    wanted,
)
from .inputs import POOL_SORTING, LicenseKeyPoolFilterInput
from .types import (
    LicenseKeyBatch,
    LicenseKeyFormat,
    LicenseKeyPool,
    LicenseKeyPoolConnection,
)


@root_query(staff_with(MANAGE_LICENSE_KEYS))
def resolve_license_key_pool(actor: Actor, info: Any, id: str) -> Optional[KeyPool]:
    return find_or_none(KeyPool.objects.all(), id, "LicenseKeyPool")


@root_query(staff_with(MANAGE_LICENSE_KEYS))
def resolve_license_key_pools(
    actor: Actor, info: Any, filter: Any = None, sort_by: Any = None, **paging: Any
) -> KeysetConnection:
    pools = KeyPool.objects.all()
    if filter is not None:
        pools = pools.filter(
            contains(filter.text, "name"),
            yes_no(filter.is_generated, Q(is_generated=True)),
            yes_no(filter.is_archived, Q(archived_at__isnull=False)),
            yes_no(filter.low_stock, Q(low_stock_at__isnull=False)),
            within(between(filter.created_at), "created_at", field="filter.createdAt"),
        )
    return connect(LicenseKeyPoolConnection, pools, POOL_SORTING.chosen(sort_by), **paging)


@root_query(staff_with(MANAGE_LICENSE_KEYS))
def resolve_license_key_batch(actor: Actor, info: Any, id: str) -> Optional[KeyBatch]:
    return find_or_none(KeyBatch.objects.all(), id, "LicenseKeyBatch")


@root_query(staff_with(MANAGE_LICENSE_KEYS))
def resolve_license_key_import(actor: Actor, info: Any, id: str) -> Optional[KeyImport]:
    return find_or_none(KeyImport.objects.all(), id, "LicenseKeyImport")


@root_query(staff_with(MANAGE_LICENSE_KEYS))
def resolve_license_key_imports(
    actor: Actor, info: Any, filter: Any = None, sort_by: Any = None, **paging: Any
) -> KeysetConnection:
    imports = KeyImport.objects.filter(wanted(filter) if filter is not None else Q())
    order = IMPORT_SORTING.chosen(sort_by)
    return connect(LicenseKeyImportConnection, imports, order, **paging)


@root_query(staff_with(MANAGE_LICENSE_KEYS))
def resolve_license_key_formats(actor: Actor, info: Any) -> List[LicenseKeyFormat]:
    return [
        LicenseKeyFormat(
            name=format.name,
            is_generatable=format.is_generatable,
            example=format.mask(""),
            bits=format.bits,
        )
        for format in FORMATS.values()
    ]


QUERIES = {
    "license_key_pool": graphene.Field(
        LicenseKeyPool,
        id=graphene.ID(required=True, description="The pool."),
        resolver=resolve_license_key_pool,
        description="One pool of keys. For staff with MANAGE_LICENSE_KEYS.",
    ),
    "license_key_pools": connection_field(
        LicenseKeyPoolConnection,
        resolve_license_key_pools,
        "Pools of keys. For staff with MANAGE_LICENSE_KEYS.",
        filter=LicenseKeyPoolFilterInput(description="Which ones."),
        sort_by=POOL_SORTING.argument(),
    ),
    "license_key_batch": graphene.Field(
        LicenseKeyBatch,
        id=graphene.ID(required=True, description="The batch."),
        resolver=resolve_license_key_batch,
        description="Keys that were imported together. For staff with MANAGE_LICENSE_KEYS.",
    ),
    "license_key_import": graphene.Field(
        LicenseKeyImport,
        id=graphene.ID(required=True, description="The import."),
        resolver=resolve_license_key_import,
        description="One large import of keys. For staff with MANAGE_LICENSE_KEYS.",
    ),
    "license_key_imports": connection_field(
        LicenseKeyImportConnection,
        resolve_license_key_imports,
        "Large imports of keys, newest first; what was imported at once is in `batches` of its pool. For staff "
        "with MANAGE_LICENSE_KEYS.",
        filter=LicenseKeyImportFilterInput(description="Which ones."),
        sort_by=IMPORT_SORTING.argument(),
    ),
    "license_key_formats": graphene.Field(
        graphene.NonNull(graphene.List(graphene.NonNull(LicenseKeyFormat))),
        resolver=resolve_license_key_formats,
        description="What keys can look like. For staff with MANAGE_LICENSE_KEYS.",
    ),
}
