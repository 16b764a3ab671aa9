"""Queries for reports: keys that run out, renewals that are due, how long approvals take, e-mails that fail."""

from __future__ import annotations

from typing import Any, List

import graphene

from ...emails.outcomes import WeekOfMails, mail_outcomes
from ...errors import Invalid
from ...host.types import Actor
from ...keys.models import KeyPool
from ...licenses.renewals_due import RenewalsDue, renewals_due
from ...licenses.runway import pools_by_runway
from ...orders.approval_times import WeekOfDecisions, approval_times
from ...permissions import APPROVE_LICENSES, MANAGE_LICENSE_KEYS, MANAGE_LICENSES
from ...weeks import MOST_WEEKS
from ..base import root_query, staff_with
from ..connections import MOST_NODES
from ..keys.types import LicenseKeyPool
from .types import LicenseApprovalWeek, LicenseDeliveryWeek, LicenseRenewalReport

WEEKS = 12
POOLS = 25


@root_query(staff_with(MANAGE_LICENSE_KEYS))
def resolve_license_stock_report(actor: Actor, info: Any, first: int = POOLS) -> List[KeyPool]:
    if not 1 <= first <= MOST_NODES:
        raise Invalid(f"Ask for 1 to {MOST_NODES} pools.", field="first")
    return pools_by_runway(first)


@root_query(staff_with(MANAGE_LICENSES))
def resolve_license_renewal_report(actor: Actor, info: Any, weeks: int = WEEKS) -> RenewalsDue:
    return renewals_due(weeks)


@root_query(staff_with(MANAGE_LICENSES, APPROVE_LICENSES))
def resolve_license_approval_report(
    actor: Actor, info: Any, weeks: int = WEEKS
) -> List[WeekOfDecisions]:
    return approval_times(weeks)


@root_query(staff_with(MANAGE_LICENSES, APPROVE_LICENSES))
def resolve_license_delivery_report(
    actor: Actor, info: Any, weeks: int = WEEKS
) -> List[WeekOfMails]:
    return mail_outcomes(weeks)


def _weeks(which: str) -> graphene.Int:
    return graphene.Int(description=f"{which}: 1 to {MOST_WEEKS} [{WEEKS}].")


QUERIES = {
    "license_stock_report": graphene.Field(
        graphene.List(graphene.NonNull(LicenseKeyPool)),
        required=True,
        first=graphene.Int(description=f"How many at most: 1 to {MOST_NODES} [{POOLS}]."),
        resolver=resolve_license_stock_report,
        description="The pools whose keys run out first: empty ones, then by `health.runwayDays`, then those that are "
        "not sold. For staff with MANAGE_LICENSE_KEYS.",
    ),
    "license_renewal_report": graphene.Field(
        LicenseRenewalReport,
        required=True,
        weeks=_weeks("How many weeks after this one"),
        resolver=resolve_license_renewal_report,
        description="How many licenses have to be renewed, and by when. For staff with MANAGE_LICENSES.",
    ),
    "license_approval_report": graphene.Field(
        graphene.List(graphene.NonNull(LicenseApprovalWeek)),
        required=True,
        weeks=_weeks("How many weeks back, this one included"),
        resolver=resolve_license_approval_report,
        description="How long orders wait for approval, ascending by week. For staff with MANAGE_LICENSES or "
        "APPROVE_LICENSES.",
    ),
    "license_delivery_report": graphene.Field(
        graphene.List(graphene.NonNull(LicenseDeliveryWeek)),
        required=True,
        weeks=_weeks("How many weeks back, this one included"),
        resolver=resolve_license_delivery_report,
        description="How many e-mails left and how many failed, ascending by week. For staff with MANAGE_LICENSES or "
        "APPROVE_LICENSES.",
    ),
}
