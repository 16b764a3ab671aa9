"""Large imports: what they are, and finding them."""

from __future__ import annotations

from typing import Any, List
from uuid import UUID

import graphene
from django.db.models import Q
from promise import Promise

from ...criteria import any_of, within
from ...host.graphql import DateTime
from ...keys.importing.progress import in_state, report_of
from ...keys.importing.reports import ImportReport
from ...keys.models import KeyBatch, KeyImport, KeyPool
from ..base import nested
from ..connections import KeysetConnection
from ..filters import LicenseDateTimeRange, between
from ..global_ids import Record, uuid_within
from ..loaders import load, rows
from ..sorting import BY_AGE, Sorting
from .listing import batches_of_imports, import_progress
from .progress import LicenseKeyImportProgress, LicenseKeyImportState
from .types import LicenseKeyBatch, LicenseKeyImportReport, LicenseKeyPool

IMPORT_SORTING = Sorting("LicenseKeyImport", {"CREATED_AT": (*BY_AGE, "When it came in.")})


class LicenseKeyImport(Record, graphene.ObjectType):
    """Many keys that are loaded in the background."""

    pools = graphene.List(
        graphene.NonNull(LicenseKeyPool),
        required=True,
        description="Where its keys go; several if its rows name their own.",
    )
    started_by = graphene.String(
        required=True, description="Who brought it: an address, an app's name, or the plugin."
    )
    file_name = graphene.String(required=True, description="The name of the file, or empty.")
    is_dry_run = graphene.Boolean(required=True, description="Only reports, stores nothing.")
    problem = graphene.String(
        required=True,
        description="Why it does not go on just now, or why none of its keys was imported; empty if "
        "nothing is wrong.",
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
    def resolve_pools(root: KeyImport, info: Any) -> Promise:
        return Promise.all([load(info.context, rows, UUID(pk), KeyPool) for pk in root.pools])

    @staticmethod
    def resolve_started_by(root: KeyImport, info: Any) -> str:
        return root.actor_label or root.actor_kind

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


class LicenseKeyImportConnection(KeysetConnection):
    """A page of imports."""

    class Meta:
        node = LicenseKeyImport


class LicenseKeyImportFilterInput(graphene.InputObjectType):
    """Which imports to list; conditions that are given must all hold."""

    state = graphene.List(graphene.NonNull(LicenseKeyImportState), description="Where they stand.")
    pool = graphene.ID(description="With keys for this pool.")
    created_at = LicenseDateTimeRange(description="When they came in.")


def wanted(filter: Any) -> Q:
    """The condition on imports that `filter` says. Raises Invalid."""
    found = within(between(filter.created_at), "created_at", field="filter.createdAt")
    if filter.state is not None:
        found &= any_of(map(in_state, filter.state))
    if filter.pool is not None:
        pool_id = uuid_within(filter.pool, "LicenseKeyPool")
        found &= Q(pools__contains=[str(pool_id)]) if pool_id else Q(pk__in=[])
    return found
