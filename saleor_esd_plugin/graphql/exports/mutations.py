"""Asking for files of licenses and keys."""

from __future__ import annotations

from typing import Any, Dict
from uuid import UUID

import graphene

from ...errors import NotFound
from ...exports.files import export_keys_of_pool, export_visible_licenses
from ...exports.requests import Issued, export_import_report
from ...host.graphql import DateTime
from ...host.types import Actor
from ...keys.models import KeyBatch, KeyImport
from ...permissions import MANAGE_LICENSE_KEYS, MANAGE_LICENSES, REVEAL_LICENSE_KEYS
from ..base import BaseMutation, owner_or_staff, staff_with
from ..global_ids import decode, find_or_none
from ..licenses.filters import license_filter
from .inputs import (
    TXT,
    LicenseKeyImportReportExportInput,
    LicenseKeyPoolExportInput,
    LicensesExportInput,
)

_URL = (
    "Where to fetch the file, once, within ten minutes. Opened in a browser it shows a button; a program sends "
    "a POST with the form field `token` to the address without its query."
)


class _Answer:
    """What all exports answer."""

    url = graphene.String(description=_URL)
    expires_at = graphene.Field(DateTime, description="Until when.")


def _answer(mutation: Any, issued: Issued) -> Any:
    return mutation(url=issued.url, expires_at=issued.export.expires_at)


def _texts(filter: Any) -> Dict[str, str]:
    """The texts and ids of a LicenseFilterInput as the client wrote them."""
    return {name: text for name, text in (filter or {}).items() if isinstance(text, str)}


class LicensesExport(_Answer, BaseMutation):
    """Prepares a file of licenses and answers with its single-use address.

    Masked for MASTER and ADMINISTRATOR of an account, without keys for BILLING, and for staff with
    MANAGE_LICENSES; in clear for MASTER, ADMINISTRATOR, and staff with REVEAL_LICENSE_KEYS. Once in an
    operation.
    """

    policy = owner_or_staff(MANAGE_LICENSES, REVEAL_LICENSE_KEYS)
    returns_secret = True
    secret_outputs = ("url",)

    class Arguments:
        input = LicensesExportInput(required=True, description="Which ones.")

    @classmethod
    def perform(cls, actor: Actor, input: Any) -> Any:
        issued = export_visible_licenses(
            license_filter(input.filter),
            columns=input.columns,
            is_clear=bool(input.clear),
            reason=input.reason or "",
            as_text=input.format == TXT,
            typed=_texts(input.filter),
            actor=actor,
        )
        return _answer(cls, issued)


class LicenseKeyPoolExport(_Answer, BaseMutation):
    """Prepares a CSV file of the keys of a pool and answers with its single-use address.

    Masked for staff with MANAGE_LICENSE_KEYS; in clear with REVEAL_LICENSE_KEYS besides. Once in an
    operation.
    """

    policy = staff_with(MANAGE_LICENSE_KEYS)
    returns_secret = True
    secret_outputs = ("url",)

    class Arguments:
        input = LicenseKeyPoolExportInput(required=True, description="Which ones.")

    @classmethod
    def perform(cls, actor: Actor, input: Any) -> Any:
        batch = input.batch
        issued = export_keys_of_pool(
            decode(input.pool, "LicenseKeyPool", field="pool"),
            batch_id=None if batch is None else decode(batch, "LicenseKeyBatch", field="batch"),
            states=input.states,
            columns=input.columns,
            is_clear=bool(input.clear),
            reason=input.reason or "",
            actor=actor,
        )
        return _answer(cls, issued)


def _judged(global_id: str) -> UUID:
    """The import, or a small import's batch, that this id of either is about. Raises NotFound."""
    key_import = find_or_none(KeyImport.objects.all(), global_id, "LicenseKeyImport")
    if key_import is not None:
        return key_import.pk
    batch = find_or_none(KeyBatch.objects.all(), global_id, "LicenseKeyBatch")
    if batch is None:
        raise NotFound()
    return batch.key_import_id or batch.pk


class LicenseKeyImportReportExport(_Answer, BaseMutation):
    """Prepares the report of an import as a CSV file and answers with its single-use address.

    Row number, verdict and what to do, never the key; of an import under way what was judged when the file
    is fetched. For staff with MANAGE_LICENSE_KEYS. Once in an operation.
    """

    policy = staff_with(MANAGE_LICENSE_KEYS)
    returns_secret = True
    secret_outputs = ("url",)

    class Arguments:
        input = LicenseKeyImportReportExportInput(required=True, description="Of which import.")

    @classmethod
    def perform(cls, actor: Actor, input: Any) -> Any:
        issued = export_import_report(_judged(input.id), actor=actor, verdicts=input.verdicts)
        return _answer(cls, issued)


MUTATIONS = (LicensesExport, LicenseKeyPoolExport, LicenseKeyImportReportExport)
