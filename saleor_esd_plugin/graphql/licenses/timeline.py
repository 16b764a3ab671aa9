"""`License.timeline`."""

from __future__ import annotations

from typing import Any

import graphene
from promise import Promise

from ...emails.timelines import Turn, reminders_so_far, term_changes_so_far, timeline_of
from ...host.graphql import DateTime
from ...licenses.models import License as LicenseRow
from ...licenses.policies.models import LicensePolicy
from ..enums import described_enum
from ..loaders import load, moment_of, rows
from .visibility import for_members

LicenseTimelineKind = described_enum(
    "LicenseTimelineKind",
    "What happens at one moment in the life of a license.",
    {
        Turn.RELEASE.value: "It was released.",
        Turn.ASSIGNMENT.value: "Its end customer got it.",
        Turn.START.value: "Its term began.",
        Turn.RENEWAL.value: "It was renewed, by staff or by an order.",
        Turn.TERM_SET.value: "Staff set its term.",
        Turn.SUSPENSION.value: "It was suspended, and still is.",
        Turn.REINSTATEMENT.value: "Staff's suspension is over.",
        Turn.REMINDER.value: "Its readers are reminded that it expires.",
        Turn.MISSED_REMINDER.value: "A reminder that was due while no worker ran; a later one went out.",
        Turn.EXPIRY.value: "Its term ends, and grace begins.",
        Turn.GRACE_END.value: "It may not be used any more.",
        Turn.RETENTION_END.value: "It cannot be renewed any more.",
        Turn.END.value: "It was cancelled, rejected or returned.",
    },
)


class LicenseTimelineEntry(graphene.ObjectType):
    """Something that happened to a license, or will as things stand."""

    at = graphene.Field(DateTime, required=True, description="When.")
    kind = graphene.Field(LicenseTimelineKind, required=True, description="What.")
    is_past = graphene.Boolean(required=True, description="It has happened.")


@for_members
def resolve_timeline(root: LicenseRow, info: Any) -> Promise:
    """For `License.timeline`: null for visitors."""
    wanted = [
        load(info.context, reminders_so_far, root.pk),
        load(info.context, term_changes_so_far, root.pk),
        load(info.context, rows, root.policy_id, LicensePolicy),
    ]
    at = moment_of(info.context)
    return Promise.all(wanted).then(
        lambda found: timeline_of(root, found[0], found[1], found[2].reminder_offsets, at)
    )
