"""Asking for files of licenses and keys."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Dict

import graphene

from ...exports.requests import (
    Issued,
    export_import_report,
    export_license_keys,
    export_licenses,
)
from ...host import shop
from ...host.graphql import DateTime
from ...host.types import Actor
from ...permissions import MANAGE_LICENSE_KEYS, MANAGE_LICENSES, REVEAL_LICENSE_KEYS
from ..base import BaseMutation, owner_or_staff, staff_with
from ..ids import decode
from .files import keys_for, licenses_for, stored_filter
from .inputs import (
    LicenseKeyImportReportExportInput,
    LicenseKeyPoolExportInput,
    LicensesExportInput,
)
from .reports import find_judged

EXPORT_PATH = "/plugins/global/esd/export/?token="

_URL = (
    "Where to fetch the file, once, within ten minutes. Opened in a browser it shows a button; a program sends "
    "a POST with the form field `token` to the address without its query."
)


class _Answer:
    """What all exports answer."""

    url = graphene.String(description=_URL)
    expires_at = graphene.Field(DateTime, description="Until when.")


def _answer(mutation: Any, issued: Issued) -> Any:
    expires_at: datetime = issued.export.expires_at
    return mutation(url=shop.absolute_url(EXPORT_PATH) + issued.token, expires_at=expires_at)


class LicensesExport(_Answer, BaseMutation):
    """Prepares a CSV file of licenses and answers with its single-use address.

    Masked for MASTER and ADMINISTRATOR of an account, without keys for BILLING, and for staff with
    MANAGE_LICENSES; in clear for staff with REVEAL_LICENSE_KEYS. Once in an operation.
    """

    policy = owner_or_staff(MANAGE_LICENSES, REVEAL_LICENSE_KEYS)
    returns_secret = True
    secret_outputs = ("url",)

    class Arguments:
        input = LicensesExportInput(required=True, description="Which ones.")

    @classmethod
    def perform(cls, actor: Actor, input: Any) -> Any:
        stored = stored_filter(input.filter)
        is_clear = bool(input.clear)
        prepared = licenses_for(actor, stored, input.columns, is_clear=is_clear)
        issued = export_licenses(
            prepared.source,
            actor=actor,
            wanted=stored,
            columns=input.columns,
            is_clear=is_clear,
            reason=input.reason or "",
            account_id=prepared.account_id,
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
        stored: Dict[str, Any] = {"pool": str(decode(input.pool, "LicenseKeyPool", field="pool"))}
        if input.batch is not None:
            stored["batch"] = str(decode(input.batch, "LicenseKeyBatch", field="batch"))
        if input.states is not None:
            stored["states"] = list(input.states)
        is_clear = bool(input.clear)
        prepared = keys_for(actor, stored, input.columns, is_clear=is_clear)
        issued = export_license_keys(
            prepared.source,
            actor=actor,
            wanted=stored,
            columns=input.columns,
            is_clear=is_clear,
            reason=input.reason or "",
        )
        return _answer(cls, issued)


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
        issued = export_import_report(find_judged(input.id), actor=actor, verdicts=input.verdicts)
        return _answer(cls, issued)


MUTATIONS = (LicensesExport, LicenseKeyPoolExport, LicenseKeyImportReportExport)
