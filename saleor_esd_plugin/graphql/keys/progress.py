"""How far a large import is."""

from __future__ import annotations

from typing import Any, Optional

import graphene

from ...keys.importing.progress import CHECKING, FINISHED, LOADING, STOPPED, ImportProgress
from ..enums import described_enum

LicenseKeyImportState = described_enum(
    "LicenseKeyImportState",
    "Where a large import stands.",
    {
        CHECKING: "Its rows are judged; no key is stored yet.",
        LOADING: "Its keys are stored, chunk by chunk.",
        STOPPED: "Somebody stopped it; it can go on.",
        FINISHED: "It is through.",
    },
)


class LicenseKeyImportProgress(graphene.ObjectType):
    """How far a large import is. All rows or none, it looks at every row before it stores one."""

    state = graphene.Field(LicenseKeyImportState, required=True, description="Where it stands.")
    rows = graphene.Int(required=True, description="How many rows there are.")
    rows_done = graphene.Int(
        required=True, description="How many of them are through what the state says."
    )
    accepted = graphene.Int(required=True, description="Of these, the good ones.")
    refused = graphene.Int(required=True, description="Of these, the others.")
    rows_per_second = graphene.Float(
        description="The rate; null before the first rows are through."
    )
    seconds_left = graphene.Int(
        description="Until the last row is through, at this rate; null if that cannot be known."
    )

    @staticmethod
    def resolve_rows_done(root: ImportProgress, info: Any) -> int:
        return root.done

    @staticmethod
    def resolve_rows_per_second(root: ImportProgress, info: Any) -> Optional[float]:
        return root.rate

    @staticmethod
    def resolve_seconds_left(root: ImportProgress, info: Any) -> Optional[int]:
        return None if root.seconds_left is None else round(root.seconds_left)
