"""Changing what keys are in stock."""

from __future__ import annotations

from typing import Any, Optional

import graphene

from ...errors import Required
from ...host.types import Actor
from ...keys.importing.errors import refusal_of
from ...keys.importing.intake import import_key_file
from ...keys.importing.options import ImportOptions, KeySource
from ...keys.importing.outliers import Accepted
from ...keys.importing.progress import report_of, resume_key_import, stop_key_import
from ...keys.importing.reading import KeyFile, Layout, list_keys, open_upload
from ...keys.importing.reports import ImportReport
from ...keys.models import KeyPool
from ...keys.stock import pools
from ...licenses.policies.pools import update_key_pool, warnings_after_archiving
from ...licenses.policies.skus import pool_of_sku
from ...permissions import MANAGE_LICENSE_KEYS
from ..base import BaseMutation, staff_with
from ..errors import license_error
from ..global_ids import decode, find
from .imports import LicenseKeyImport
from .inputs import (
    LicenseKeyBatchQuarantineInput,
    LicenseKeyImportResumeInput,
    LicenseKeyImportStopInput,
    LicenseKeyPoolCreateInput,
    LicenseKeyPoolUpdateInput,
    LicenseKeysImportInput,
)
from .pool_inputs import new_pool_from, settings_from
from .types import LicenseKeyBatch, LicenseKeyImportReport, LicenseKeyPool


class LicenseKeyPoolCreate(BaseMutation):
    """Creates a pool of keys. For staff with MANAGE_LICENSE_KEYS."""

    policy = staff_with(MANAGE_LICENSE_KEYS)

    class Arguments:
        input = LicenseKeyPoolCreateInput(required=True, description="The pool.")

    pool = graphene.Field(LicenseKeyPool, description="The new pool, still empty.")

    @classmethod
    def perform(cls, actor: Actor, input: Any) -> LicenseKeyPoolCreate:
        pool = pools.create_key_pool(actor=actor, **new_pool_from(input))
        return cls(pool=pool)


class LicenseKeyPoolUpdate(BaseMutation):
    """Renames a pool, changes its settings, archives it or brings it back. For staff with MANAGE_LICENSE_KEYS."""

    policy = staff_with(MANAGE_LICENSE_KEYS)

    class Arguments:
        input = LicenseKeyPoolUpdateInput(required=True, description="What to change.")

    pool = graphene.Field(LicenseKeyPool, description="The pool as it is now.")
    warnings = graphene.List(
        graphene.NonNull(graphene.String),
        description="Sentences on what an archived pool leaves behind: variants that are still on sale.",
    )

    @classmethod
    def perform(cls, actor: Actor, input: Any) -> LicenseKeyPoolUpdate:
        pool = update_key_pool(
            decode(input.id, "LicenseKeyPool"),
            name=input.name,
            archived=input.is_archived,
            actor=actor,
            **settings_from(input),
        )
        return cls(
            pool=pool, warnings=warnings_after_archiving(pool.pk) if input.is_archived else []
        )


class LicenseKeysImport(BaseMutation):
    """Puts keys into stock, from a list or a file. By default a dry run that only reports.

    All rows or none, unless `skipInvalid`; if none is imported because rows were refused, that is an error.
    The same content again adds nothing. A large import is loaded in the background. For staff with MANAGE_LICENSE_KEYS.
    """

    policy = staff_with(MANAGE_LICENSE_KEYS)
    secret_inputs = ("keys",)
    uploads = ("file",)

    class Arguments:
        input = LicenseKeysImportInput(required=True, description="The keys.")

    report = graphene.Field(
        LicenseKeyImportReport,
        description="The verdict on every row; null while a large import is under way.",
    )
    key_import = graphene.Field(
        LicenseKeyImport,
        description="The import, if it is a large one or its rows name their pools: it is loaded in the "
        "background. Null if it was done at once.",
    )

    @classmethod
    def perform(cls, actor: Actor, input: Any) -> LicenseKeysImport:
        pool_id = None
        if input.pool is not None:
            pool_id = find(KeyPool.objects.all(), input.pool, "LicenseKeyPool", field="pool").pk
        if (input.keys is None) == (input.file is None):
            raise Required("Give either “keys” or “file”.", field="keys")
        from_file = input.file is not None
        taken = import_key_file(
            pool_id,
            open_upload(input.file, _layout(input))
            if from_file
            else KeyFile(list_keys(input.keys), False),
            ImportOptions(
                source=KeySource.FILE if from_file else KeySource.LIST,
                commit=input.dry_run is False,
                skip_invalid=bool(input.skip_invalid),
                file_name=input.file.name if from_file else "",
                supplier=input.supplier or "",
                purchase_reference=input.purchase_reference or "",
                use_by=input.use_by,
                cost=input.cost,
                accepted=Accepted(bool(input.accept_unlike), frozenset(input.accepted_rows or ())),
                actor=actor,
            ),
            pool_of_sku=pool_of_sku,
        )
        if isinstance(taken, ImportReport):
            refusal = refusal_of(taken, field="file" if from_file else "keys")
            return cls(report=taken, errors=refusal and [license_error(refusal)])
        return cls(key_import=taken, report=report_of(taken) if taken.finished_at else None)


def _layout(input: Any) -> Optional[Layout]:
    if input.columns is None:
        return None
    return Layout(input.columns, bool(input.has_heading), input.delimiter)


class LicenseKeyImportStop(BaseMutation):
    """Stops a large import after the rows that it is at; the keys stored so far stay for sale.

    For staff with MANAGE_LICENSE_KEYS.
    """

    policy = staff_with(MANAGE_LICENSE_KEYS)

    class Arguments:
        input = LicenseKeyImportStopInput(required=True, description="Which import.")

    key_import = graphene.Field(LicenseKeyImport, description="The import as it is now.")

    @classmethod
    def perform(cls, actor: Actor, input: Any) -> LicenseKeyImportStop:
        import_id = decode(input.id, "LicenseKeyImport")
        return cls(key_import=stop_key_import(import_id, actor=actor))


class LicenseKeyImportResume(BaseMutation):
    """Lets a stopped import go on where it was. For staff with MANAGE_LICENSE_KEYS."""

    policy = staff_with(MANAGE_LICENSE_KEYS)

    class Arguments:
        input = LicenseKeyImportResumeInput(required=True, description="Which import.")

    key_import = graphene.Field(LicenseKeyImport, description="The import as it is now.")

    @classmethod
    def perform(cls, actor: Actor, input: Any) -> LicenseKeyImportResume:
        import_id = decode(input.id, "LicenseKeyImport")
        return cls(key_import=resume_key_import(import_id, actor=actor))


class LicenseKeyBatchQuarantine(BaseMutation):
    """Takes the free keys of a wrong import out of sale, for good. Sold ones stay with their licenses.

    Doing it again changes nothing. For staff with MANAGE_LICENSE_KEYS.
    """

    policy = staff_with(MANAGE_LICENSE_KEYS)

    class Arguments:
        input = LicenseKeyBatchQuarantineInput(required=True, description="Which batch.")

    batch = graphene.Field(LicenseKeyBatch, description="The batch as it is now.")

    @classmethod
    def perform(cls, actor: Actor, input: Any) -> LicenseKeyBatchQuarantine:
        batch_id = decode(input.id, "LicenseKeyBatch")
        batch = pools.quarantine_key_batch(batch_id, reason=input.reason, actor=actor)
        return cls(batch=batch)


MUTATIONS = (
    LicenseKeyPoolCreate,
    LicenseKeyPoolUpdate,
    LicenseKeysImport,
    LicenseKeyImportStop,
    LicenseKeyImportResume,
    LicenseKeyBatchQuarantine,
)
