"""What the inputs of filters have in common, in the words of `criteria`."""

from __future__ import annotations

from typing import Any, Optional
from uuid import UUID

import graphene

from ..criteria import NO_ID, Between
from ..host.graphql import DateTime
from .global_ids import uuid_within


class LicenseDateTimeRange(graphene.InputObjectType):
    """From one moment to another; leave one out for an open end."""

    gte = DateTime(description="At this moment or later.")
    lte = DateTime(description="At this moment or earlier.")


def between(moments: Optional[Any]) -> Optional[Between]:
    """What a LicenseDateTimeRange says."""
    return None if moments is None else Between(moments.get("gte"), moments.get("lte"))


def id_within(global_id: Optional[str], *type_names: str) -> Optional[UUID]:
    """The UUID within an id of one of `type_names`, None for None.

    What is no such id is `NO_ID` and matches no row, just as the id of something that one may not see.
    """
    return None if global_id is None else uuid_within(global_id, *type_names) or NO_ID
