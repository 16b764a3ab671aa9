"""What operations on policies take."""

from __future__ import annotations

import graphene

from ..filters import LicenseDateTimeRange
from ..sorting import BY_AGE, Sorting
from .types import LicenseApprovalMode, LicenseDeliveryMode, LicenseExpiryBasis

POLICY_SORTING = Sorting(
    "LicensePolicy",
    {"CREATED_AT": (*BY_AGE, "When it was created."), "NAME": ("name", str, "Its name.")},
)


class LicensePolicyFilterInput(graphene.InputObjectType):
    """Which policies to list; conditions that are given must all hold."""

    variant = graphene.ID(description="Of this product variant.")
    pool = graphene.ID(description="Which take keys from this pool.")
    text = graphene.String(description="Part of the name.")
    is_archived = graphene.Boolean(description="Only archived ones, or only others.")
    created_at = LicenseDateTimeRange(description="When it was created.")


class LicenseInstructionsInput(graphene.InputObjectType):
    """Activation instructions in one language."""

    language = graphene.String(required=True, description='The language, such as "pt-br".')
    text = graphene.String(required=True, description="Plain text, up to 10,000 characters.")


class _PolicyFields:
    name = graphene.String(description="Staff's name for it, up to 250 characters.")
    approval = LicenseApprovalMode(description="When ordered units may be released [MANUAL].")
    approval_quantity = graphene.Int(
        description="With approval RULES, more units than this wait for staff [no limit]."
    )
    approves_first_order_manually = graphene.Boolean(
        description="With approval RULES, the first order of a buyer waits for staff [true]."
    )
    delivery = LicenseDeliveryMode(description="How the key reaches its person [INLINE].")
    sends_key_to_buyer = graphene.Boolean(
        description="A buyer who is no reseller gets the key at once on release [true]."
    )
    term = graphene.String(
        description='How long it can be used, as ISO 8601 duration ("P1Y") [for ever].'
    )
    expiry_basis = LicenseExpiryBasis(description="From when the term counts [FROM_RELEASE].")
    grace_days = graphene.Int(
        description="Days after expiry during which it can still be used, 0 to 3650 [30]."
    )
    instructions = graphene.List(
        graphene.NonNull(LicenseInstructionsInput),
        description="What the activation e-mail tells to do; replaces all that there are.",
    )


class LicensePolicyCreateInput(_PolicyFields, graphene.InputObjectType):
    """A new policy; what is left out has the value in brackets."""

    variant = graphene.ID(required=True, description="The product variant that becomes licensed.")
    pool = graphene.ID(required=True, description="Where its keys come from.")


class LicensePolicyUpdateInput(_PolicyFields, graphene.InputObjectType):
    """What to change; what is left out stays. Null removes `approvalQuantity` and `term`."""

    id = graphene.ID(required=True, description="The policy.")
    pool = graphene.ID(description="Where keys come from, from now on.")


class LicensePolicyDeleteInput(graphene.InputObjectType):
    """Which policy to delete."""

    id = graphene.ID(required=True, description="The policy.")
