"""What operations on keys take."""

from __future__ import annotations

import graphene

from ...host.graphql import Date, Decimal, Upload
from ..filters import LicenseDateTimeRange
from ..policies.types import LicenseKeyKind
from ..sorting import BY_AGE, Sorting

POOL_SORTING = Sorting(
    "LicenseKeyPool",
    {"CREATED_AT": (*BY_AGE, "When it was created."), "NAME": ("name", str, "Its name.")},
)

BATCH_SORTING = Sorting("LicenseKeyBatch", {"CREATED_AT": (*BY_AGE, "When it was imported.")})


class LicenseKeyPoolFilterInput(graphene.InputObjectType):
    """Which pools to list; conditions that are given must all hold."""

    text = graphene.String(description="Part of the name.")
    is_generated = graphene.Boolean(description="Only generated ones, or only others.")
    is_archived = graphene.Boolean(description="Only archived ones, or only others.")
    low_stock = graphene.Boolean(description="Only those whose stock is low, or only others.")
    created_at = LicenseDateTimeRange(description="When it was created.")


class _LicenseKeyPoolSettings:
    use_by_margin = graphene.Int(
        description="Sell a key as long as so many days are left to its use-by date, 0 to 3650 [0: on "
        "that very day too]."
    )
    low_stock_threshold = graphene.Int(
        description="Tell staff at so many available keys [5]; 0 for never."
    )
    runway_alert_days = graphene.Int(
        description="Tell staff when the available keys last for so many days [0: never]."
    )
    staff_addresses = graphene.String(
        description="Whom to tell: up to 20 addresses, commas between them [the staff address of the "
        "plugin's settings]."
    )


class LicenseKeyPoolCreateInput(_LicenseKeyPoolSettings, graphene.InputObjectType):
    """A new pool."""

    name = graphene.String(required=True, description="Its name, up to 128 characters.")
    format = graphene.String(
        required=True, description="What its keys look like: a name of `licenseKeyFormats`."
    )
    kind = LicenseKeyKind(description="What the delivered thing is called [PRODUCT_KEY].")
    is_generated = graphene.Boolean(
        description="Holds no stock: keys are made as they are sold [false]."
    )


class LicenseKeyPoolUpdateInput(_LicenseKeyPoolSettings, graphene.InputObjectType):
    """What to change; what is left out stays."""

    id = graphene.ID(required=True, description="The pool.")
    name = graphene.String(description="Its name, up to 128 characters.")
    is_archived = graphene.Boolean(
        description="Archive it, or bring it back. Refused while policies take keys from it."
    )


class LicenseKeysImportInput(graphene.InputObjectType):
    """Keys to put into stock: either `keys` or `file`."""

    pool = graphene.ID(description="Into which pool, unless each row of the file names its own.")
    keys = graphene.List(
        graphene.NonNull(graphene.String),
        description="The keys; give them as a variable, never in the query's text.",
    )
    file = Upload(
        description="One key per line, or CSV whose header has `key` and may have `use_by`, `cost`, "
        "`note` and, for several products, `sku` or `pool`; UTF-8, or UTF-16 with a byte order mark."
    )
    columns = graphene.List(
        graphene.NonNull(graphene.String),
        description="What the columns of the file are, in their order, by the names above; an empty one is not "
        "read [its first line says so].",
    )
    has_heading = graphene.Boolean(
        default_value=True,
        description="With `columns`: the first line is their heading, and no key.",
    )
    delimiter = graphene.String(
        description="With `columns`: what parts them, `,` `;` `|` or a tab [what the first line says, if it leaves no "
        "doubt]."
    )
    dry_run = graphene.Boolean(
        default_value=True, description="Only report what would become of each row."
    )
    skip_invalid = graphene.Boolean(
        default_value=False, description="Import the good rows even if others are refused."
    )
    accept_unlike = graphene.Boolean(
        default_value=False,
        description="All rows that are held back as UNLIKE_THE_OTHERS are keys all the same.",
    )
    accepted_rows = graphene.List(
        graphene.NonNull(graphene.Int),
        description="Of the rows that are held back as UNLIKE_THE_OTHERS these are keys all the same.",
    )
    supplier = graphene.String(description="Whom they came from, up to 128 characters.")
    purchase_reference = graphene.String(description="Under which purchase, up to 128 characters.")
    use_by = Date(description="Their last day, for rows that name none of their own.")
    cost = Decimal(
        description="What each cost, such as 12.50, for rows that name none of their own."
    )


class LicenseKeyImportStopInput(graphene.InputObjectType):
    """Which import to stop."""

    id = graphene.ID(required=True, description="The import.")


class LicenseKeyImportResumeInput(graphene.InputObjectType):
    """Which import is to go on."""

    id = graphene.ID(required=True, description="The import.")


class LicenseKeyBatchQuarantineInput(graphene.InputObjectType):
    """Which batch to take out of sale."""

    id = graphene.ID(required=True, description="The batch.")
    reason = graphene.String(required=True, description="Why; up to 500 characters.")
