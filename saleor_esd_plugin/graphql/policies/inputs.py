"""What operations on policies take."""

from __future__ import annotations

import graphene

from ..filters import LicenseDateTimeRange
from ..keys.inputs import LicenseKeyPoolCreateInput
from ..sorting import BY_AGE, Sorting
from .types import (
    LicenseApprovalMode,
    LicenseDeliveryMode,
    LicenseExpiryBasis,
    LicensePolicyKind,
    LicenseRenewalBasis,
    LicenseSuspensionClock,
)

POLICY_SORTING = Sorting(
    "LicensePolicy",
    {"CREATED_AT": (*BY_AGE, "When it was created."), "NAME": ("name", str, "Its name.")},
)


class LicensePolicyFilterInput(graphene.InputObjectType):
    """Which policies to list; conditions that are given must all hold."""

    variant = graphene.ID(description="Of this product variant.")
    pool = graphene.ID(description="Which take keys from this pool, be it for some buyers only.")
    text = graphene.String(
        description="Part of its name, or of the name or SKU of the variant that it is for."
    )
    is_archived = graphene.Boolean(description="Only archived ones, or only others.")
    created_at = LicenseDateTimeRange(description="When it was created.")


class LicenseInstructionsInput(graphene.InputObjectType):
    """Activation instructions in one language."""

    language = graphene.String(required=True, description='The language, such as "pt-br".')
    text = graphene.String(required=True, description="Plain text, up to 10,000 characters.")


class LicenseRankedPoolInput(graphene.InputObjectType):
    """A pool for some buyers. Conditions that are given must all be met; without any it is for everybody."""

    pool = graphene.ID(required=True, description="Where keys come from; of the same key kind.")
    channels = graphene.List(
        graphene.NonNull(graphene.String),
        description="Buyers of one of these channels, by slug. Saleor 2.10 has no channels.",
    )
    countries = graphene.List(
        graphene.NonNull(graphene.String),
        description='Buyers whose billing address is in one of these countries, such as "DE" (ISO 3166-1).',
    )
    accounts = graphene.List(
        graphene.NonNull(graphene.ID), description="Buyers of one of these license accounts."
    )


class _PolicyFields:
    name = graphene.String(description="Staff's name for it, up to 250 characters.")
    renews = graphene.List(
        graphene.NonNull(graphene.ID),
        description="Of a RENEWAL: the variants, up to 100, whose licenses a unit renews by `term`.",
    )
    ranked_pools = graphene.List(
        graphene.NonNull(LicenseRankedPoolInput),
        description="Up to 20 pools to draw on before `pool`, the best first; replaces all that there are, an "
        "empty list removes them [none].",
    )
    falls_back = graphene.Boolean(
        description="What the first pool that is meant for the buyer lacks comes from the next one, at last "
        "from `pool`; without it the order waits for the first one [true]."
    )
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
    retention_days = graphene.Int(
        description="Days after expiry during which it can be renewed, up to 3650 and no fewer than `graceDays` [120]."
    )
    renewal_basis = LicenseRenewalBasis(description="From when another term counts [FROM_EXPIRY].")
    suspension_clock = LicenseSuspensionClock(
        description="Whether the term runs on while a license is suspended [RUNS]."
    )
    transfers_per_30_days = graphene.Int(
        name="transfersPer30Days",
        description="How often within 30 days a license may go from one end customer to another, 0 to 1000 [no limit].",
    )
    reminder_offsets = graphene.List(
        graphene.NonNull(graphene.Int),
        description="Days before expiry on which reminders go out, up to 10 of them, from 365 to -365, which is after "
        "it; an empty list: none [60, 30, 7, 1].",
    )
    instructions = graphene.List(
        graphene.NonNull(LicenseInstructionsInput),
        description="What the activation e-mail tells to do; replaces all that there are.",
    )


class LicensePolicyCreateInput(_PolicyFields, graphene.InputObjectType):
    """A new policy; what is left out has the value in brackets."""

    variant = graphene.ID(required=True, description="The product variant that becomes licensed.")
    kind = LicensePolicyKind(description="What a unit of it is; stays so [LICENSE].")
    pool = graphene.ID(
        description="Where its keys come from, unless a ranked pool has them. A LICENSE needs one, a RENEWAL has none."
    )
    new_pool = LicenseKeyPoolCreateInput(
        description="In place of `pool`: a pool that is made with the policy, or not at all if that is refused."
    )


class LicensePolicyUpdateInput(_PolicyFields, graphene.InputObjectType):
    """What to change; what is left out stays. Null removes `approvalQuantity`, `transfersPer30Days`
    and `term`."""

    id = graphene.ID(required=True, description="The policy.")
    pool = graphene.ID(description="Where keys come from, from now on.")


class LicensePolicyDeleteInput(graphene.InputObjectType):
    """Which policy to delete."""

    id = graphene.ID(required=True, description="The policy.")
