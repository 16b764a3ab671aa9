"""Changing what keys are in stock."""

from __future__ import annotations

from typing import Any

import graphene

from ...errors import Required
from ...host.types import Actor
from ...keys import importing, pools
from ...keys.errors import FileTooLarge
from ...keys.models import KeyKind, KeyPool
from ...keys.reading import MOST_BYTES
from ...licenses.pools import update_key_pool
from ...permissions import MANAGE_LICENSE_KEYS
from ..base import BaseMutation, staff_with
from ..ids import decode, find
from .inputs import (
    LicenseKeyBatchQuarantineInput,
    LicenseKeyPoolCreateInput,
    LicenseKeyPoolUpdateInput,
    LicenseKeysImportInput,
)
from .types import LicenseKeyBatch, LicenseKeyImportReport, LicenseKeyPool


class LicenseKeyPoolCreate(BaseMutation):
    """Creates a pool of keys. For staff with MANAGE_LICENSE_KEYS."""

    policy = staff_with(MANAGE_LICENSE_KEYS)

    class Arguments:
        input = LicenseKeyPoolCreateInput(required=True, description="The pool.")

    pool = graphene.Field(LicenseKeyPool, description="The new pool, still empty.")

    @classmethod
    def perform(cls, actor: Actor, input: Any) -> LicenseKeyPoolCreate:
        pool = pools.create_key_pool(
            name=input.name,
            format=input.format,
            kind=input.kind or KeyKind.PRODUCT_KEY.value,
            is_generated=bool(input.is_generated),
            actor=actor,
        )
        return cls(pool=pool)


class LicenseKeyPoolUpdate(BaseMutation):
    """Renames a pool, archives it or brings it back. For staff with MANAGE_LICENSE_KEYS."""

    policy = staff_with(MANAGE_LICENSE_KEYS)

    class Arguments:
        input = LicenseKeyPoolUpdateInput(required=True, description="What to change.")

    pool = graphene.Field(LicenseKeyPool, description="The pool as it is now.")

    @classmethod
    def perform(cls, actor: Actor, input: Any) -> LicenseKeyPoolUpdate:
        pool = update_key_pool(
            decode(input.id, "LicenseKeyPool"),
            name=input.name,
            archived=input.is_archived,
            actor=actor,
        )
        return cls(pool=pool)


class LicenseKeysImport(BaseMutation):
    """Puts keys into a pool, from a list or a file. By default a dry run that only reports.

    All rows or none, unless `skipInvalid`. The same content again adds nothing. For staff with
    MANAGE_LICENSE_KEYS.
    """

    policy = staff_with(MANAGE_LICENSE_KEYS)
    secret_inputs = ("keys",)
    uploads = ("file",)

    class Arguments:
        input = LicenseKeysImportInput(required=True, description="The keys.")

    report = graphene.Field(LicenseKeyImportReport, description="The verdict on every row.")

    @classmethod
    def perform(cls, actor: Actor, input: Any) -> LicenseKeysImport:
        pool = find(KeyPool.objects.all(), input.pool, "LicenseKeyPool", field="pool")
        if (input.keys is None) == (input.file is None):
            raise Required("Give either “keys” or “file”.", field="keys")
        from_file = input.file is not None
        report = importing.import_license_keys(
            pool.pk,
            _content(input.file) if from_file else input.keys,
            source=importing.KeySource.FILE if from_file else importing.KeySource.LIST,
            commit=input.dry_run is False,
            skip_invalid=bool(input.skip_invalid),
            file_name=input.file.name if from_file else "",
            supplier=input.supplier or "",
            purchase_reference=input.purchase_reference or "",
            use_by=input.use_by,
            actor=actor,
        )
        return cls(report=report)


def _content(file: Any) -> bytes:
    if file.size > MOST_BYTES:
        raise FileTooLarge(MOST_BYTES // 1024 // 1024, "MiB")
    return file.read()


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
    LicenseKeyBatchQuarantine,
)
