"""Numbers for whoever plans: each a few statements of SQL, however many rows they are about."""

from __future__ import annotations

import graphene

from ...host.graphql import Date
from ..emails.types import LicenseDeliveryKind

_WEEK = "Its Monday; weeks and days are those of UTC."


class LicenseRenewalWeek(graphene.ObjectType):
    """Licenses whose term ends in one week."""

    week = graphene.Field(Date, required=True, description=_WEEK)
    licenses = graphene.Int(
        required=True, description="How many; of this week those still to come."
    )


class LicenseRenewalReport(graphene.ObjectType):
    """Licenses that a renewal would make last longer. Suspended ones are left out."""

    in_grace = graphene.Int(
        required=True, description="Their term is over, they can be used still: lifecycle GRACE."
    )
    expired = graphene.Int(
        required=True, description="They can only be renewed any more: lifecycle EXPIRED."
    )
    weeks = graphene.List(
        graphene.NonNull(LicenseRenewalWeek),
        required=True,
        description="This week and those after it, ascending.",
    )


class LicenseApprovalWeek(graphene.ObjectType):
    """How long the orders that were decided on in one week had waited for it."""

    week = graphene.Field(Date, required=True, description=_WEEK)
    decisions = graphene.Int(
        required=True,
        description="Approvals and rejections by people and apps; an order that is approved in parts counts with each.",
    )
    median = graphene.Int(
        description="Half of them came within so many seconds after the order; null without any."
    )
    ninetieth_percentile = graphene.Int(
        description="Nine of ten came within so many seconds after the order; null without any."
    )


class LicenseDeliveryCount(graphene.ObjectType):
    """What became of the e-mails of one kind."""

    kind = graphene.Field(LicenseDeliveryKind, required=True, description="Which.")
    sent = graphene.Int(required=True, description="The mail server took them.")
    failed = graphene.Int(required=True, description="Given up.")


class LicenseDeliveryWeek(graphene.ObjectType):
    """What became of the e-mails that were written in one week; those that are queued are in neither number."""

    week = graphene.Field(Date, required=True, description=_WEEK)
    sent = graphene.Int(required=True, description="The mail server took them.")
    failed = graphene.Int(required=True, description="Given up.")
    kinds = graphene.List(
        graphene.NonNull(LicenseDeliveryCount),
        required=True,
        description="The same by kind; kinds of which there was none are left out.",
    )
