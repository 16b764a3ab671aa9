"""The units of a renewal line: which license each is for, and what it made of it."""

from __future__ import annotations

from typing import Any, Dict, List
from uuid import UUID

import graphene
from promise import Promise

from ...host.graphql import DateTime
from ...orders.renewals.models import LicenseRenewal as RenewalRow
from ...orders.renewals.models import RenewalProblem
from ..base import current_actor, nested
from ..enums import described_enum
from ..licenses.listing import licenses_seen_by
from ..licenses.types import License
from ..loaders import load

LicenseRenewalProblem = described_enum(
    "LicenseRenewalProblem",
    "Why a license that was named is not renewed. Staff name another one, set its term and name it again, or give the "
    "money back.",
    {
        RenewalProblem.CANCELLED.value: "It was cancelled or returned: final.",
        RenewalProblem.LAPSED.value: "Its retention was over when the renewal was due.",
        RenewalProblem.NOT_BEGUN.value: "Its term has not begun.",
        RenewalProblem.PERPETUAL.value: "It never expires.",
        RenewalProblem.SHORT_TERM.value: "What lapsed is longer than what was bought.",
        RenewalProblem.OTHER_ACCOUNT.value: "It is of an account that the buyer is no member of any more.",
    },
)


class LicenseRenewal(graphene.ObjectType):
    """One unit of a renewal line, with the license that it is for."""

    license = graphene.Field(License, description="The license; null if it is not for you to see.")
    problem = graphene.Field(
        LicenseRenewalProblem,
        description="Why it is not renewed and waits for staff; null if nothing is in the way.",
    )
    renewed_at = graphene.Field(
        DateTime, description="When it was renewed; null if it was not yet."
    )
    expires_before = graphene.Field(DateTime, description="When the license expired before.")
    expires_after = graphene.Field(
        DateTime,
        description="When it expires by this renewal; a later one, or a suspension that stops the clock, moves it on.",
    )

    @staticmethod
    @nested
    def resolve_license(root: RenewalRow, info: Any) -> Promise:
        return load(info.context, licenses_seen_by, root.license_id, current_actor(info))

    @staticmethod
    def resolve_problem(root: RenewalRow, info: Any) -> Any:
        return root.problem or None

    @staticmethod
    def resolve_renewed_at(root: RenewalRow, info: Any) -> Any:
        return root.term_change and root.term_change.made_at

    @staticmethod
    def resolve_expires_before(root: RenewalRow, info: Any) -> Any:
        return root.term_change and root.term_change.before[0]

    @staticmethod
    def resolve_expires_after(root: RenewalRow, info: Any) -> Any:
        return root.term_change and root.term_change.after[0]


def renewals_of_lines(line_ids: List[UUID]) -> Dict[UUID, List[RenewalRow]]:
    """The units of these lines for which a license is named, in the order of their naming."""
    found: Dict[UUID, List[RenewalRow]] = {line_id: [] for line_id in line_ids}
    rows = RenewalRow.objects.filter(order_line__in=line_ids, ended_at=None)
    for row in rows.select_related("term_change").order_by("pk"):
        found[row.order_line_id].append(row)
    return found
