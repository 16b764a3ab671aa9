"""What operations on licenses take."""

from __future__ import annotations

import graphene


class LicenseAssignInput(graphene.InputObjectType):
    """Which licenses go to whom: give `licenses`, or `orderLine` and `quantity`."""

    licenses = graphene.List(graphene.NonNull(graphene.ID), description="These licenses.")
    order_line = graphene.ID(
        description="Released licenses of this line: the id of a LicenseOrderLine or of the shop's "
        "OrderLine."
    )
    quantity = graphene.Int(description="How many licenses of the line, 1 to 10,000.")
    end_customer = graphene.ID(required=True, description="Who gets them.")
    accept_revealed_key = graphene.Boolean(
        default_value=False,
        description="Also licenses that another end customer had before, and whose key somebody has read.",
    )
    reason = graphene.String(
        description="Why, 10 to 500 characters. Staff need one if the end customer's address is not on file; the "
        "account is told."
    )


class LicenseRecallInput(graphene.InputObjectType):
    """Which licenses to take back."""

    licenses = graphene.List(
        graphene.NonNull(graphene.ID), required=True, description="These licenses, 1 to 10,000."
    )
    reason = graphene.String(
        description="Why, up to 500 characters. Needed once somebody has seen a key."
    )


class LicenseTransferInput(graphene.InputObjectType):
    """Which licenses go from their end customers to another one."""

    licenses = graphene.List(
        graphene.NonNull(graphene.ID), required=True, description="These licenses, 1 to 500."
    )
    end_customer = graphene.ID(required=True, description="Who gets them.")
    accept_revealed_key = graphene.Boolean(
        default_value=False,
        description="Also licenses whose key somebody has read: who had them may go on using it.",
    )
    reason = graphene.String(
        description="Why, up to 500 characters. Staff need one of 10 or more if the end customer's address is not on "
        "file; the account is told."
    )


class LicenseKeyReplaceInput(graphene.InputObjectType):
    """Which licenses get a new key."""

    licenses = graphene.List(
        graphene.NonNull(graphene.ID), required=True, description="These licenses, 1 to 10,000."
    )
    reason = graphene.String(
        required=True,
        description="Why; up to 500 characters. Owners of the account and the supplier may read it.",
    )


class LicenseKeyRevealInput(graphene.InputObjectType):
    """Which key to read."""

    license = graphene.ID(required=True, description="The license.")
    reason = graphene.String(
        description="Why, 10 to 500 characters. Staff need one; the account is told."
    )


class LicenseKeyClaimInput(graphene.InputObjectType):
    """The link to use up."""

    token = graphene.String(
        required=True, description="From the link in the e-mail; give it as a variable."
    )
