"""What the list of events takes."""

from __future__ import annotations

import graphene

from ..filters import LicenseDateTimeRange
from ..sorting import BY_AGE, Sorting
from .types import LicenseEventType

EVENT_SORTING = Sorting("LicenseEvent", {"CREATED_AT": (*BY_AGE, "When it happened.")})


class LicenseEventFilterInput(graphene.InputObjectType):
    """Which events to list; conditions that are given must all hold."""

    types = graphene.List(graphene.NonNull(LicenseEventType), description="What happened.")
    order = graphene.ID(
        description="What belongs to this order or its licenses: the id of a LicenseOrder or of the shop's "
        "Order."
    )
    order_number = graphene.String(description="What belongs to the order with this whole number.")
    license = graphene.ID(description="What happened to this license, alone or with others.")
    account = graphene.ID(description="What belongs to this account.")
    subject = graphene.ID(description="What happened to this record, of whatever type of ours.")
    actor = graphene.String(
        description="Part of the address or name of who did it, as `label` has it."
    )
    message = graphene.String(
        description="What this message of a payment provider caused: the whole id, such as `evt_1MqqbK`."
    )
    created_at = LicenseDateTimeRange(description="When it happened.")
