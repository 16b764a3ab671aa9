"""What operations on license orders take."""

from __future__ import annotations

import graphene

_EITHER_ID = "The order: the id of a LicenseOrder or of the shop's Order."


class LicenseCheckoutDetailsSetInput(graphene.InputObjectType):
    """What the buyer says at checkout. What is left out stays; an empty text removes it."""

    checkout = graphene.ID(required=True, description="The checkout.")
    notification_email = graphene.String(
        description="Where notices about the order go, besides the buyer; it never gets a key."
    )
    purchase_order_reference = graphene.String(
        description="The buyer's own reference, up to 128 characters; line ends become spaces."
    )
    comment = graphene.String(
        description="A comment, up to 2,000 characters; line ends become spaces."
    )
    renews = graphene.List(
        graphene.NonNull(graphene.ID),
        description="The licenses that renewals in this checkout are for, up to 500; an empty list: none. For the "
        "signed-in user whose checkout it is.",
    )


class LicenseOrderRenewalsSetInput(graphene.InputObjectType):
    """Which licenses a line renews."""

    order_line = graphene.ID(
        required=True,
        description="The line: the id of a LicenseOrderLine or of the shop's OrderLine.",
    )
    licenses = graphene.List(
        graphene.NonNull(graphene.ID),
        required=True,
        description="The licenses, up to as many as the line has units that have renewed none; an empty list: none.",
    )


class LicenseOrderLineApprovalInput(graphene.InputObjectType):
    """How many units of a line shall be approved."""

    id = graphene.ID(
        required=True,
        description="The line: the id of a LicenseOrderLine or of the shop's OrderLine.",
    )
    quantity = graphene.Int(
        required=True,
        description="Units that shall be approved in all, those approved before included.",
    )


class LicenseOrderApproveInput(graphene.InputObjectType):
    """What to approve."""

    id = graphene.ID(required=True, description=_EITHER_ID)
    lines = graphene.List(
        graphene.NonNull(LicenseOrderLineApprovalInput),
        description="Only so many units of these lines; without it all that is undecided.",
    )
    release_unpaid = graphene.Boolean(
        description="Release what is approved although it is not paid in full. Needs a reason."
    )
    reason = graphene.String(description="Why, up to 500 characters.")


class LicenseOrderLineReturnInput(graphene.InputObjectType):
    """How many units of a line leave."""

    id = graphene.ID(
        required=True,
        description="The line: the id of a LicenseOrderLine or of the shop's OrderLine.",
    )
    quantity = graphene.Int(
        required=True,
        description="Units that leave now, besides `licenses`: those without a key first, then those "
        "whose key nobody has seen, unassigned before assigned.",
    )


class LicenseOrderReturnInput(graphene.InputObjectType):
    """Which units leave."""

    id = graphene.ID(required=True, description=_EITHER_ID)
    licenses = graphene.List(
        graphene.NonNull(graphene.ID), description="These licenses of the order leave."
    )
    lines = graphene.List(
        graphene.NonNull(LicenseOrderLineReturnInput),
        description="So many units of these lines leave, whichever they are.",
    )
    covers_refund = graphene.Boolean(
        description="Nothing else leaves for what was refunded so far. Without licenses and lines it "
        "says that a refund takes no unit."
    )
    reason = graphene.String(required=True, description="Why, up to 500 characters.")


class LicenseOrderLineRestoreInput(graphene.InputObjectType):
    """How many units of a line come back."""

    id = graphene.ID(
        required=True,
        description="The line: the id of a LicenseOrderLine or of the shop's OrderLine.",
    )
    quantity = graphene.Int(
        required=True, description="Units of those that left that are wanted again."
    )


class LicenseOrderRestoreInput(graphene.InputObjectType):
    """Which units come back."""

    id = graphene.ID(required=True, description=_EITHER_ID)
    lines = graphene.List(
        graphene.NonNull(LicenseOrderLineRestoreInput),
        description="So many units of these lines get new licenses.",
    )
    covers_failed_refund = graphene.Boolean(
        description="No other unit comes back for what failed so far. Without lines it says that none does: "
        "the money is given back in another way."
    )
    reason = graphene.String(required=True, description="Why, up to 500 characters.")


class LicenseGrantInput(graphene.InputObjectType):
    """What to grant, and to whom."""

    policy = graphene.ID(
        required=True,
        description="Of what: the id of a LicensePolicy or of the shop's ProductVariant.",
    )
    quantity = graphene.Int(required=True, description="How many licenses.")
    account = graphene.ID(description="To this account; or give `email`.")
    email = graphene.String(
        description="To this address, which gets an account of its own, as a guest's purchase does."
    )
    end_customer = graphene.ID(
        description="Assign them at once to this end customer of `account`, who gets the activation e-mail."
    )
    purchase_order_reference = graphene.String(
        description="A reference for whoever gets them, up to 128 characters."
    )
    comment = graphene.String(
        description="A comment for whoever gets them, up to 2,000 characters."
    )
    reason = graphene.String(
        required=True,
        description="Why, 10 to 500 characters. Members of the account may read it.",
    )


class LicenseOrderRejectInput(graphene.InputObjectType):
    """What to reject."""

    id = graphene.ID(required=True, description=_EITHER_ID)
    reason = graphene.String(
        required=True, description="Why; the buyer is told. Up to 500 characters."
    )
