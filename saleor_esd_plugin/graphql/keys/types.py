"""Keys in stock: pools, batches and the report of an import. No type has a field for a clear key."""

from __future__ import annotations

from typing import Any, Dict, List

import graphene
from promise import Promise

from ...host.graphql import Date, DateTime
from ...keys.models import KeyBatch, KeyPool
from ...keys.reports import ImportReport, RowVerdict
from ...keys.verdicts import ImportVerdict
from ..base import nested
from ..connections import KeysetConnection, connect_nested, connection_field, page_of
from ..enums import described_enum
from ..ids import Record
from ..loaders import load, rows
from ..policies.types import LicenseKeyKind
from .inputs import BATCH_SORTING
from .listing import batches_below, pool_health

MOST_REFUSED_ROWS = 1000

LicenseKeyImportVerdict = described_enum(
    "LicenseKeyImportVerdict",
    "What became of one row of an import.",
    {
        ImportVerdict.OK.value: "A good key.",
        ImportVerdict.EMPTY.value: "Nothing is there.",
        ImportVerdict.TOO_WEAK.value: "Fewer than 8 characters: anybody could guess it.",
        ImportVerdict.INVALID_LENGTH.value: "A length that the format does not allow.",
        ImportVerdict.INVALID_CHARACTER.value: "A character that the format does not allow.",
        ImportVerdict.BAD_FORMAT.value: "Not like the header says, or its date is not a date.",
        ImportVerdict.DUPLICATE_IN_FILE.value: "The same key stands further up.",
        ImportVerdict.ALREADY_PRESENT.value: "The pool has this key already.",
        ImportVerdict.EXISTS_ELSEWHERE.value: "Another pool has this key.",
    },
)


class LicenseKeyFormat(graphene.ObjectType):
    """What keys of a pool look like."""

    name = graphene.String(required=True, description="The name to create a pool with.")
    is_generatable = graphene.Boolean(
        required=True, description="Whether keys of this format can be generated."
    )
    example = graphene.String(required=True, description="The shape of a key, masked.")
    bits = graphene.Int(
        description="How strong a random key is; null if that depends on the supplier."
    )


class LicenseKeyPoolHealth(graphene.ObjectType):
    """How many keys a pool has: imported = available + taken + quarantined + revoked."""

    is_locked = graphene.Boolean(
        required=True, description="True while the key ring is missing or wrong: no key leaves."
    )
    imported = graphene.Int(required=True, description="Keys ever put in, or generated.")
    available = graphene.Int(required=True, description="Keys that can be sold.")
    taken = graphene.Int(required=True, description="Keys that licenses hold or held.")
    quarantined = graphene.Int(required=True, description="Keys taken out of sale.")
    revoked = graphene.Int(required=True, description="Keys withdrawn after they were seen.")
    backordered = graphene.Int(
        required=True, description="Ordered units that wait for a key of this pool."
    )


class LicenseKeyBatch(Record, graphene.ObjectType):
    """Keys that were imported together."""

    pool = graphene.Field(lambda: LicenseKeyPool, required=True, description="Where they are.")
    file_name = graphene.String(required=True, description="The name of the file, or empty.")
    supplier = graphene.String(required=True, description="Whom they came from.")
    purchase_reference = graphene.String(required=True, description="Under which purchase.")
    use_by = graphene.Field(Date, description="Their last day, unless a row named its own.")
    accepted = graphene.Int(required=True, description="Rows that became keys.")
    refused = graphene.Int(required=True, description="Rows that were left out.")
    created_at = graphene.Field(DateTime, required=True, description="When it was imported.")
    quarantined_at = graphene.Field(
        DateTime, description="Since when its free keys are out of sale."
    )
    quarantine_reason = graphene.String(required=True, description="Why they are.")

    @staticmethod
    def resolve_pool(root: KeyBatch, info: Any) -> Promise:
        return load(info.context, rows, root.pool_id, KeyPool)


class LicenseKeyBatchConnection(KeysetConnection):
    """A page of batches."""

    class Meta:
        node = LicenseKeyBatch


@nested
def resolve_batches(root: KeyPool, info: Any, sort_by: Any = None, **paging: Any) -> Promise:
    page = page_of(BATCH_SORTING.chosen(sort_by), **paging)
    return connect_nested(LicenseKeyBatchConnection, info, batches_below, root.pk, "pool_id", page)


class LicenseKeyPool(Record, graphene.ObjectType):
    """Interchangeable keys of one format and kind."""

    name = graphene.String(required=True, description="Its name.")
    format = graphene.String(
        required=True, description="What its keys look like: a name of `licenseKeyFormats`."
    )
    kind = graphene.Field(
        LicenseKeyKind, required=True, description="What the delivered thing is called."
    )
    is_generated = graphene.Boolean(
        required=True, description="Holds no stock: keys are made as they are sold."
    )
    is_archived = graphene.Boolean(required=True, description="Takes no more keys or policies.")
    created_at = graphene.Field(DateTime, required=True, description="When it was created.")
    health = graphene.Field(
        graphene.NonNull(LicenseKeyPoolHealth), description="How many keys it has."
    )
    batches = connection_field(
        LicenseKeyBatchConnection,
        resolve_batches,
        "What was imported into it.",
        sort_by=BATCH_SORTING.argument(),
    )

    @staticmethod
    def resolve_is_archived(root: KeyPool, info: Any) -> bool:
        return root.archived_at is not None

    @staticmethod
    def resolve_health(root: KeyPool, info: Any) -> Promise:
        return load(info.context, pool_health, root.pk).then(
            lambda values: LicenseKeyPoolHealth(**values)
        )


class LicenseKeyPoolConnection(KeysetConnection):
    """A page of pools."""

    class Meta:
        node = LicenseKeyPool


class LicenseKeyImportCount(graphene.ObjectType):
    """How often a verdict was given."""

    verdict = graphene.Field(LicenseKeyImportVerdict, required=True, description="The verdict.")
    count = graphene.Int(required=True, description="How many rows got it.")


class LicenseKeyImportRow(graphene.ObjectType):
    """The verdict on one row; never the key itself."""

    row = graphene.Int(
        required=True, description="The line in the file, or the place in the list, from 1."
    )
    verdict = graphene.Field(
        LicenseKeyImportVerdict, required=True, description="What became of it."
    )


class LicenseKeyImportReport(graphene.ObjectType):
    """What an import did, or as a dry run would do."""

    is_dry_run = graphene.Boolean(required=True, description="Nothing was stored.")
    is_repeat = graphene.Boolean(
        required=True,
        description="The pool had this very content already: nothing was added, and this is the "
        "report of the first time.",
    )
    imported = graphene.Int(required=True, description="Keys that are in stock by this import.")
    accepted = graphene.Int(required=True, description="Good rows, imported or not.")
    refused = graphene.Int(required=True, description="Rows with any other verdict.")
    counts = graphene.List(
        graphene.NonNull(LicenseKeyImportCount),
        required=True,
        description="How often each verdict was given.",
    )
    refused_rows = graphene.List(
        graphene.NonNull(LicenseKeyImportRow),
        required=True,
        description=f"The first {MOST_REFUSED_ROWS:,} refused rows.",
    )
    batch = graphene.Field(LicenseKeyBatch, description="The imported keys; null for a dry run.")

    @staticmethod
    def resolve_counts(root: ImportReport, info: Any) -> List[LicenseKeyImportCount]:
        counts: Dict[ImportVerdict, int] = root.counts
        return [
            LicenseKeyImportCount(verdict=verdict.value, count=counts[verdict])
            for verdict in ImportVerdict
            if verdict in counts
        ]

    @staticmethod
    def resolve_refused_rows(root: ImportReport, info: Any) -> List[LicenseKeyImportRow]:
        refused: List[RowVerdict] = root.refused_rows[:MOST_REFUSED_ROWS]
        return [LicenseKeyImportRow(row=row, verdict=verdict.value) for row, verdict in refused]
