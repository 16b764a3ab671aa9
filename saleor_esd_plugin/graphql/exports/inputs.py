"""What exports take."""

from __future__ import annotations

import graphene

from ...exports.columns import KEY_COLUMNS, LICENSE_COLUMNS
from ...exports.key_rows import KeyState
from ..enums import described_enum
from ..keys.types import LicenseKeyImportVerdict
from ..licenses.filters import LicenseFilterInput

CSV, TXT = "CSV", "TXT"

LicenseExportColumn = described_enum(
    "LicenseExportColumn",
    "A column of a file of licenses.",
    {name: text for name, (_, text) in LICENSE_COLUMNS.items()},
)
LicenseKeyExportColumn = described_enum(
    "LicenseKeyExportColumn",
    "A column of a file of keys.",
    {name: text for name, (_, text) in KEY_COLUMNS.items()},
)
LicenseKeyExportState = described_enum(
    "LicenseKeyExportState",
    "Where a key stands, as the counts of a pool have it.",
    {
        KeyState.AVAILABLE.value: "It can be sold.",
        KeyState.RESERVED.value: "It is kept for a checkout that is about to complete.",
        KeyState.WITHHELD.value: "It is too old to be sold.",
        KeyState.TAKEN.value: "A license holds it or held it.",
        KeyState.QUARANTINED.value: "It was taken out of sale.",
        KeyState.REVOKED.value: "It was withdrawn after it was seen.",
    },
)

LicenseExportFormat = described_enum(
    "LicenseExportFormat",
    "What a file of licenses looks like.",
    {
        CSV: "Rows and columns, for a spreadsheet.",
        TXT: "The keys in clear, one per line, and nothing else; takes `clear: true` and no `columns`.",
    },
)

_CLEAR = (
    "With a first column `key` in clear, for {}: at most 500 rows, three times an hour; the keys count as "
    "revealed [false]."
)
_REASON = "Why, 10 to 500 characters; needed for keys in clear{}."


class LicensesExportInput(graphene.InputObjectType):
    """Which licenses to put into a file, and what of them."""

    filter = LicenseFilterInput(
        description="Which ones, as for `licenses`; not by `key` or with a whole key in another field. All that "
        "you may export, if left out."
    )
    columns = graphene.List(
        graphene.NonNull(LicenseExportColumn),
        description="These columns in this order; all if left out.",
    )
    clear = graphene.Boolean(
        default_value=False,
        description=_CLEAR.format(
            "who may reveal them: MASTER and ADMINISTRATOR those of one account that they could reveal one by "
            "one, and staff with REVEAL_LICENSE_KEYS"
        ),
    )
    format = LicenseExportFormat(description="CSV, if left out.")
    reason = graphene.String(description=_REASON.format(", of staff"))


class LicenseKeyPoolExportInput(graphene.InputObjectType):
    """Which keys to put into a file, and what of them."""

    pool = graphene.ID(required=True, description="Of which pool.")
    batch = graphene.ID(description="Only of this import.")
    states = graphene.List(
        graphene.NonNull(LicenseKeyExportState), description="Only in one of these states."
    )
    columns = graphene.List(
        graphene.NonNull(LicenseKeyExportColumn),
        description="These columns in this order; all if left out.",
    )
    clear = graphene.Boolean(
        default_value=False,
        description=_CLEAR.format("staff with REVEAL_LICENSE_KEYS")
        + " Keys that can be sold stay closed: quarantine their batch first.",
    )
    reason = graphene.String(description=_REASON.format(""))


class LicenseKeyImportReportExportInput(graphene.InputObjectType):
    """The report of which import to put into a file, and what of it."""

    id = graphene.ID(required=True, description="The import, or a batch that it brought.")
    verdicts = graphene.List(
        graphene.NonNull(LicenseKeyImportVerdict),
        description="Only rows with one of these verdicts; all if left out.",
    )
