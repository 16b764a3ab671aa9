"""What operations on the life of licenses take."""

from __future__ import annotations

import graphene

from ...host.graphql import DateTime


class _Licenses:
    licenses = graphene.List(
        graphene.NonNull(graphene.ID), required=True, description="These licenses, 1 to 500."
    )


class _LicensesWithReason(_Licenses):
    reason = graphene.String(
        required=True,
        description="The code of a reason: see `licenseReasons`. The customer reads it.",
    )
    note = graphene.String(
        description="More about it, up to 500 characters; some reasons need it. Members of the account may read it."
    )
    notify_end_customers = graphene.Boolean(
        default_value=False, description="Tell end customers too, and not only the buyer."
    )


class LicenseSuspendInput(_LicensesWithReason, graphene.InputObjectType):
    """Which licenses may not be used for the time being, and why."""

    until = DateTime(description="Until when; left out: until they are reinstated.")


class LicenseReinstateInput(_LicensesWithReason, graphene.InputObjectType):
    """Which licenses may be used again, and why."""


class LicenseCancelInput(_LicensesWithReason, graphene.InputObjectType):
    """Which licenses end for good, and why."""


class LicenseRenewInput(_Licenses, graphene.InputObjectType):
    """Which licenses last longer, and why."""

    terms = graphene.Int(
        default_value=1, description="By how many terms of their policies, 1 to 10 [1]."
    )
    reason = graphene.String(
        required=True, description="Why, up to 500 characters. Members of the account may read it."
    )


class LicenseTermSetInput(_Licenses, graphene.InputObjectType):
    """Until when licenses last, and why."""

    expires_at = DateTime(description="When they expire; null: never. Has to be given.")
    grace_until = DateTime(
        description="Until when they may be used after that; left out: as the policy says."
    )
    retained_until = DateTime(
        description="Until when they may be renewed; left out: as the policy says."
    )
    reason = graphene.String(
        required=True, description="Why, up to 500 characters. Members of the account may read it."
    )
