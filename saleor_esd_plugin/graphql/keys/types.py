"""Keys in stock: pools, batches and the report of an import. No type has a field for a clear key."""

from __future__ import annotations

from itertools import islice
from typing import Any, Dict, List

import graphene
from promise import Promise

from ...errors import Invalid
from ...host.graphql import Date, DateTime, Decimal
from ...keys.importing.progress import report_of_batch
from ...keys.importing.reports import ImportReport
from ...keys.models import KeyBatch, KeyPool
from ...keys.stock.batch_levels import batch_levels
from ...keys.verdicts import ImportVerdict
from ...licenses.stock_history import stock_history
from ...licenses.stock_levels import DAYS_OF_HISTORY
from ...permissions import MANAGE_LICENSE_KEYS
from ..base import nested, nested_for, staff_with
from ..connections import KeysetConnection, connect_nested, connection_field, page_of
from ..enums import described_enum
from ..global_ids import Record
from ..licenses.enums import LicenseFulfillment
from ..licenses.listing import licenses_of_batches
from ..licenses.types import LicenseConnection
from ..loaders import load, rows
from ..policies.types import LicenseKeyKind
from ..sorting import BY_AGE, Order
from .inputs import BATCH_SORTING
from .listing import batches_below, import_progress, pool_health
from .progress import LicenseKeyImportProgress

MOST_REFUSED_ROWS = 1000
MOST_ROWS = 1000
# Policies lead MANAGE_LICENSES to pools as well: what was bought where, and at what price, is not theirs.
_for_key_staff = nested_for(staff_with(MANAGE_LICENSE_KEYS))
OLDEST_FIRST = Order("CREATED_AT", *BY_AGE, descending=False)

LicenseKeyImportVerdict = described_enum(
    "LicenseKeyImportVerdict",
    "What became of one row of an import.",
    {
        ImportVerdict.OK.value: "A good key.",
        ImportVerdict.EMPTY.value: "Nothing is there.",
        ImportVerdict.TOO_WEAK.value: "Fewer than 8 characters: anybody could guess it.",
        ImportVerdict.INVALID_LENGTH.value: "A length that the format does not allow.",
        ImportVerdict.INVALID_CHARACTER.value: "A character that the format does not allow.",
        ImportVerdict.SPREADSHEET_DAMAGE.value: "A spreadsheet or a program made a number, a date or an error of it.",
        ImportVerdict.UNLIKE_THE_OTHERS.value: "A heading, a trailer, a ruler, or a key unlike the others: held "
        "back until `acceptedRows` or `acceptUnlike` says that it is a key.",
        ImportVerdict.SEVERAL_KEYS.value: "More than one key in a line.",
        ImportVerdict.BAD_FORMAT.value: "Not like the header says, or its date is not a date.",
        ImportVerdict.DUPLICATE_IN_FILE.value: "The same key stands further up.",
        ImportVerdict.ALREADY_PRESENT.value: "The pool has this key already.",
        ImportVerdict.EXISTS_ELSEWHERE.value: "Another pool has this key.",
        ImportVerdict.UNKNOWN_SKU.value: "No licensed variant has this SKU.",
        ImportVerdict.UNKNOWN_POOL.value: "No single pool of this name or id takes imported keys.",
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


class LicenseKeyPoolLicenses(graphene.ObjectType):
    """Licenses in one state."""

    fulfillment = graphene.Field(LicenseFulfillment, required=True, description="The state.")
    count = graphene.Int(required=True, description="How many are in it.")


class LicenseKeyPoolExpiry(graphene.ObjectType):
    """Keys of one use-by date."""

    use_by = graphene.Field(Date, required=True, description="Their last day.")
    available = graphene.Int(required=True, description="How many of them can be sold.")


class LicenseKeyPoolHealth(graphene.ObjectType):
    """How many keys a pool has: imported = available + reserved + withheld + taken + quarantined + revoked."""

    is_locked = graphene.Boolean(
        required=True, description="True while the key ring is missing or wrong: no key leaves."
    )
    imported = graphene.Int(required=True, description="Keys ever put in, or generated.")
    available = graphene.Int(required=True, description="Keys that can be sold.")
    reserved = graphene.Int(
        required=True, description="Keys that are kept for checkouts about to complete."
    )
    withheld = graphene.Int(
        required=True, description="Keys that are too old to sell: see the pool's `useByMargin`."
    )
    taken = graphene.Int(required=True, description="Keys that licenses hold or held.")
    quarantined = graphene.Int(required=True, description="Keys taken out of sale.")
    revoked = graphene.Int(required=True, description="Keys withdrawn after they were seen.")
    backordered = graphene.Int(
        required=True, description="Ordered units that wait for a key of this pool."
    )
    licenses = graphene.List(
        graphene.NonNull(LicenseKeyPoolLicenses),
        required=True,
        description="The licenses that were made of keys of this pool, by state; every state is listed.",
    )
    sold_last_7_days = graphene.Int(
        name="soldLast7Days",
        required=True,
        description="Units that got a key today or on the six days before (UTC) and have it still.",
    )
    sold_last_30_days = graphene.Int(
        name="soldLast30Days",
        required=True,
        description="The same for today and the 29 days before.",
    )
    runway_days = graphene.Int(
        description="How many days the available keys last at the faster of both rates; null if "
        "nothing was sold, or if keys are made as they are sold."
    )
    expiring = graphene.List(
        graphene.NonNull(LicenseKeyPoolExpiry),
        required=True,
        description="Use-by dates of available keys within the next 90 days, ascending.",
    )
    average_cost = Decimal(
        description="What a key cost on average, of those whose cost was given with the import; null "
        "if there is none. In the currency of your imports. Takes MANAGE_LICENSE_KEYS."
    )

    @staticmethod
    @_for_key_staff
    def resolve_average_cost(root: Any, info: Any) -> Any:
        return root.average_cost


class LicenseKeyPoolStockDay(graphene.ObjectType):
    """A day (UTC) of a pool."""

    day = graphene.Field(Date, required=True, description="Which day.")
    available = graphene.Int(
        required=True, description="Keys that could be sold at its end; today: at this moment."
    )
    imported = graphene.Int(required=True, description="Keys that were put in on it.")
    sold = graphene.Int(
        required=True,
        description="Units that got a key on it; what came back is among the `available` again.",
    )


@nested
def resolve_sold_licenses(root: KeyBatch, info: Any, **paging: Any) -> Promise:
    page = page_of(OLDEST_FIRST, **paging)
    return connect_nested(LicenseConnection, info, licenses_of_batches, root.pk, "batch_id", page)


class LicenseKeyBatch(Record, graphene.ObjectType):
    """Keys that were imported together."""

    pool = graphene.Field(lambda: LicenseKeyPool, required=True, description="Where they are.")
    file_name = graphene.String(required=True, description="The name of the file, or empty.")
    supplier = graphene.String(required=True, description="Whom they came from.")
    purchase_reference = graphene.String(required=True, description="Under which purchase.")
    use_by = graphene.Field(Date, description="Their last day, unless a row named its own.")
    accepted = graphene.Int(required=True, description="Rows that became keys.")
    refused = graphene.Int(required=True, description="Rows that were left out.")
    average_cost = Decimal(
        description="What one of its keys cost on average, of those whose cost was given; null if there is none. In "
        "the currency of your imports."
    )
    available = graphene.Int(required=True, description="Keys of it that can be sold.")
    quarantined = graphene.Int(required=True, description="Keys of it taken out of sale.")
    created_at = graphene.Field(DateTime, required=True, description="When it was imported.")
    quarantined_at = graphene.Field(
        DateTime, description="Since when its free keys are out of sale."
    )
    quarantine_reason = graphene.String(required=True, description="Why they are.")
    progress = graphene.Field(
        LicenseKeyImportProgress,
        description="How far the import is that brings them; null if it was not a large one.",
    )
    report = graphene.Field(
        lambda: graphene.NonNull(LicenseKeyImportReport),
        description="The verdicts of the import that brought them.",
    )
    sold_licenses = connection_field(
        LicenseConnection,
        resolve_sold_licenses,
        "The licenses that hold keys of it, oldest first; pending ones too. Of a bad delivery these are "
        "to be replaced: `licenseKeyReplace` takes their ids, page by page.",
    )

    @staticmethod
    def resolve_pool(root: KeyBatch, info: Any) -> Promise:
        return load(info.context, rows, root.pool_id, KeyPool)

    @staticmethod
    def resolve_available(root: KeyBatch, info: Any) -> Promise:
        return load(info.context, batch_levels, root.pk).then(lambda found: found.available)

    @staticmethod
    def resolve_quarantined(root: KeyBatch, info: Any) -> Promise:
        return load(info.context, batch_levels, root.pk).then(lambda found: found.quarantined)

    @staticmethod
    def resolve_progress(root: KeyBatch, info: Any) -> Promise:
        return load(info.context, import_progress, root.key_import_id)

    @staticmethod
    @nested
    def resolve_report(root: KeyBatch, info: Any) -> ImportReport:
        return report_of_batch(root)


class LicenseKeyBatchConnection(KeysetConnection):
    """A page of batches."""

    class Meta:
        node = LicenseKeyBatch


@_for_key_staff
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
    use_by_margin = graphene.Int(
        required=True,
        description="A key is sold as long as so many days are left to its use-by date; with 0 on that "
        "very day too.",
    )
    low_stock_threshold = graphene.Int(
        required=True, description="Staff are told at so many available keys; 0 for never."
    )
    runway_alert_days = graphene.Int(
        required=True,
        description="Staff are told when the available keys last for so many days; 0 for never.",
    )
    staff_addresses = graphene.List(
        graphene.NonNull(graphene.String),
        required=True,
        description="Who is told; if empty, the staff address of the plugin's settings. Takes "
        "MANAGE_LICENSE_KEYS.",
    )
    low_stock_at = graphene.Field(
        DateTime, description="Since when the stock is low; null while it is not."
    )
    created_at = graphene.Field(DateTime, required=True, description="When it was created.")
    health = graphene.Field(
        graphene.NonNull(LicenseKeyPoolHealth), description="How many keys it has."
    )
    stock_history = graphene.Field(
        graphene.List(graphene.NonNull(LicenseKeyPoolStockDay)),
        days=graphene.Int(
            description=f"How many days, today included: 1 to {DAYS_OF_HISTORY} [{DAYS_OF_HISTORY}]."
        ),
        description="How many keys it had on each of the last days, ascending, from its first day on. Null if its keys "
        "are made as they are sold.",
    )
    batches = connection_field(
        LicenseKeyBatchConnection,
        resolve_batches,
        "What was imported into it. Takes MANAGE_LICENSE_KEYS.",
        sort_by=BATCH_SORTING.argument(),
    )

    @staticmethod
    def resolve_is_archived(root: KeyPool, info: Any) -> bool:
        return root.archived_at is not None

    @staticmethod
    @_for_key_staff
    def resolve_staff_addresses(root: KeyPool, info: Any) -> List[str]:
        return root.addresses

    @staticmethod
    def resolve_health(root: KeyPool, info: Any) -> Promise:
        return load(info.context, pool_health, root.pk).then(
            lambda values: LicenseKeyPoolHealth(**values)
        )

    @staticmethod
    @nested
    def resolve_stock_history(root: KeyPool, info: Any, days: int = DAYS_OF_HISTORY) -> Promise:
        return load(info.context, stock_history, root.pk, days)


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
    rows = graphene.Field(
        graphene.NonNull(graphene.List(graphene.NonNull(LicenseKeyImportRow))),
        first=graphene.Int(required=True, description=f"The first so many, 1 to {MOST_ROWS:,}."),
        after=graphene.Int(description="Begin behind this row [0]."),
        verdict=LicenseKeyImportVerdict(description="Only those with this verdict."),
        description="The rows in their order; for the next page give the last row as `after`.",
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
    @nested
    def resolve_rows(
        root: ImportReport, info: Any, first: int, after: int = 0, verdict: Any = None
    ) -> List[LicenseKeyImportRow]:
        if not 1 <= first <= MOST_ROWS:
            raise Invalid(f"Ask for 1 to {MOST_ROWS:,} at once with “first”.", field="first")
        wanted = None if verdict is None else [ImportVerdict(verdict)]
        found = islice(root.each_row(after=after or 0, verdicts=wanted), first)
        return [LicenseKeyImportRow(row=row, verdict=given.value) for row, given in found]

    @staticmethod
    def resolve_refused_rows(root: ImportReport, info: Any) -> List[LicenseKeyImportRow]:
        refused = islice(root.each_refused_row(), MOST_REFUSED_ROWS)
        return [LicenseKeyImportRow(row=row, verdict=verdict.value) for row, verdict in refused]
