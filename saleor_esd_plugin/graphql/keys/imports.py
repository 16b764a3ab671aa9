"""Large imports: what they are, and finding one."""

from __future__ import annotations

from typing import Any, List

import graphene
from promise import Promise

from ...host.graphql import DateTime
from ...keys.imports import report_of
from ...keys.models import KeyBatch, KeyImport
from ...keys.reports import ImportReport
from ..base import nested
from ..ids import Record
from ..loaders import load
from .listing import batches_of_imports, import_progress
from .progress import LicenseKeyImportProgress
from .types import LicenseKeyBatch, LicenseKeyImportReport


class LicenseKeyImport(Record, graphene.ObjectType):
    """Many keys that are loaded in the background."""

    file_name = graphene.String(required=True, description="The name of the file, or empty.")
    is_dry_run = graphene.Boolean(required=True, description="Only reports, stores nothing.")
    problem = graphene.String(
        required=True, description="Why it does not go on just now; empty if nothing is wrong."
    )
    progress = graphene.Field(
        graphene.NonNull(LicenseKeyImportProgress), description="How far it is."
    )
    report = graphene.Field(
        graphene.NonNull(LicenseKeyImportReport), description="The verdicts given so far."
    )
    batches = graphene.Field(
        graphene.NonNull(graphene.List(graphene.NonNull(LicenseKeyBatch))),
        description="What it put into stock so far, a batch for each pool.",
    )
    created_at = graphene.Field(DateTime, required=True, description="When it came in.")
    stopped_at = graphene.Field(DateTime, description="When it was stopped, if it is.")
    finished_at = graphene.Field(DateTime, description="When it was through.")

    @staticmethod
    def resolve_progress(root: KeyImport, info: Any) -> Promise:
        return load(info.context, import_progress, root.pk)

    @staticmethod
    @nested
    def resolve_report(root: KeyImport, info: Any) -> ImportReport:
        return report_of(root)

    @staticmethod
    def resolve_batches(root: KeyImport, info: Any) -> Promise:
        def found(batches: Any) -> List[KeyBatch]:
            return batches or []

        return load(info.context, batches_of_imports, root.pk).then(found)
