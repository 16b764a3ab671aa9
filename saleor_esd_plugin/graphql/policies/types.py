"""How product variants are licensed."""

from __future__ import annotations

from typing import Any, List

import graphene
from promise import Promise

from ...accounts.models import Account
from ...host.graphql import DateTime, global_id, host_types, load_variants
from ...keys.models import KeyKind, KeyPool
from ...licenses.policies.models import (
    Approval,
    DeliveryMode,
    ExpiryBasis,
    PolicyKind,
    RankedPool,
    RenewalBasis,
    SuspensionClock,
)
from ...licenses.policies.models import LicensePolicy as Policy
from ...permissions import APPROVE_LICENSES, MANAGE_LICENSE_KEYS, MANAGE_LICENSES
from ..base import nested_for, staff_with
from ..connections import KeysetConnection
from ..enums import described_enum
from ..global_ids import Record
from ..loaders import load, rows
from .listing import ranked_pools_of
from .variants import LicenseVariant, load_names

LicensePolicyKind = described_enum(
    "LicensePolicyKind",
    "What a unit of a variant is.",
    {
        PolicyKind.LICENSE.value: "A license, with a key.",
        PolicyKind.RENEWAL.value: "A longer term for a license that exists. It takes no key.",
    },
)
LicenseApprovalMode = described_enum(
    "LicenseApprovalMode",
    "When ordered units may be released.",
    {
        Approval.MANUAL.value: "Staff approve each order.",
        Approval.AUTOMATIC.value: "As soon as it is paid.",
        Approval.RULES.value: "As soon as it is paid, unless a rule of the policy asks for staff.",
    },
)
LicenseDeliveryMode = described_enum(
    "LicenseDeliveryMode",
    "How a key reaches its person.",
    {
        DeliveryMode.INLINE.value: "In the e-mail itself.",
        DeliveryMode.CLAIM_LINK.value: "Through a single-use link in the e-mail.",
    },
)
LicenseExpiryBasis = described_enum(
    "LicenseExpiryBasis",
    "From when the term counts.",
    {
        ExpiryBasis.FROM_RELEASE.value: "From the release.",
        ExpiryBasis.FROM_ASSIGNMENT.value: "From the first assignment to an end customer.",
    },
)
LicenseRenewalBasis = described_enum(
    "LicenseRenewalBasis",
    "From when another term counts. Whatever it is, a renewal never shortens.",
    {
        RenewalBasis.FROM_EXPIRY.value: "From the expiry: what lapsed is paid for too.",
        RenewalBasis.FROM_NOW.value: "From the renewal.",
        RenewalBasis.FROM_NOW_IF_EXPIRED.value: "From the renewal if grace is over, else from the expiry.",
    },
)
LicenseSuspensionClock = described_enum(
    "LicenseSuspensionClock",
    "Whether a term runs on while its license is suspended.",
    {
        SuspensionClock.RUNS.value: "It runs on.",
        SuspensionClock.STOPS.value: "It stops: the expiry moves by as long as the suspension lasts.",
    },
)
LicenseKeyKind = described_enum(
    "LicenseKeyKind",
    "What the delivered thing is called.",
    {
        KeyKind.PRODUCT_KEY.value: "Product key.",
        KeyKind.ACTIVATION_CODE.value: "Activation code.",
        KeyKind.LICENSE_NUMBER.value: "License number.",
    },
)


class LicenseInstructions(graphene.ObjectType):
    """Activation instructions in one language; they go into the activation e-mail."""

    language = graphene.String(required=True, description='The language, such as "pt-br".')
    text = graphene.String(required=True, description="The instructions, as plain text.")


class LicenseRankedPool(graphene.ObjectType):
    """A pool that a policy draws on before its own, for buyers who meet all of its conditions."""

    pool = graphene.Field(
        "saleor_esd_plugin.graphql.keys.types.LicenseKeyPool",
        required=True,
        description="Where the keys come from.",
    )
    channels = graphene.List(
        graphene.NonNull(graphene.String),
        required=True,
        description="Buyers of one of these channels, by slug; empty: of any.",
    )
    countries = graphene.List(
        graphene.NonNull(graphene.String),
        required=True,
        description="Buyers whose billing address is in one of these countries; empty: in any.",
    )
    accounts = graphene.List(
        graphene.NonNull("saleor_esd_plugin.graphql.accounts.types.LicenseAccount"),
        required=True,
        description="Buyers of one of these accounts; empty: of any.",
    )

    @staticmethod
    def resolve_pool(root: RankedPool, info: Any) -> Promise:
        return load(info.context, rows, root.pool_id, KeyPool)

    @staticmethod
    def resolve_accounts(root: RankedPool, info: Any) -> Promise:
        return Promise.all([load(info.context, rows, pk, Account) for pk in root.accounts])


# Fields that only staff with one of these may read.
_for_staff = nested_for(staff_with(MANAGE_LICENSE_KEYS, MANAGE_LICENSES))
# What a decision on an order depends on; where the keys come from does not concern it.
_for_approvers = nested_for(staff_with(MANAGE_LICENSE_KEYS, MANAGE_LICENSES, APPROVE_LICENSES))


class LicensePolicy(Record, graphene.ObjectType):
    """How one product variant is licensed.

    Everybody may read key kind, delivery, what concerns the term and the variant; staff with
    MANAGE_LICENSE_KEYS or MANAGE_LICENSES all of it; with APPROVE_LICENSES also its name and what it says of
    approval.
    """

    kind = graphene.Field(LicensePolicyKind, required=True, description="What a unit of it is.")
    renews = graphene.List(
        graphene.NonNull(graphene.ID),
        required=True,
        description="The ids of the variants whose licenses a unit renews by `term`; none unless it is a RENEWAL.",
    )
    key_kind = graphene.Field(
        LicenseKeyKind, description="What the delivered thing is called; null for a RENEWAL."
    )
    delivery = graphene.Field(
        LicenseDeliveryMode, required=True, description="How the key reaches its person."
    )
    term = graphene.String(
        description='How long it can be used, as ISO 8601 duration ("P1Y"); null: for ever.'
    )
    expiry_basis = graphene.Field(
        LicenseExpiryBasis, required=True, description="From when the term counts."
    )
    grace_days = graphene.Int(
        required=True, description="Days after expiry during which it can still be used."
    )
    retention_days = graphene.Int(
        required=True, description="Days after expiry during which it can be renewed."
    )
    renewal_basis = graphene.Field(
        LicenseRenewalBasis, required=True, description="From when another term counts."
    )
    suspension_clock = graphene.Field(
        LicenseSuspensionClock,
        required=True,
        description="Whether the term runs on while a license is suspended.",
    )
    transfers_per_30_days = graphene.Int(
        name="transfersPer30Days",
        description="How often within 30 days a license may go from one end customer to another; null: without limit.",
    )
    reminder_offsets = graphene.List(
        graphene.NonNull(graphene.Int),
        required=True,
        description="Days before expiry on which reminders go out; below 0 after it.",
    )
    variant_id = graphene.ID(required=True, description="The id of the variant that it is for.")
    variant = graphene.Field(
        lambda: host_types().ProductVariant,
        description="The variant that it is for, unless it was deleted since; null for whom the shop does "
        "not give it, as long as its product is not published.",
    )
    licensed_variant = graphene.Field(
        LicenseVariant,
        description="That variant in our own words, published or not; null if it was deleted since. For staff.",
    )
    renewed_variants = graphene.List(
        graphene.NonNull(LicenseVariant),
        description="The variants of `renews` in our own words, but for those that were deleted since. For staff.",
    )
    name = graphene.String(description="Staff's name for it. For staff, approvers too.")
    pool = graphene.Field(
        "saleor_esd_plugin.graphql.keys.types.LicenseKeyPool",
        description="Where the keys come from, unless one of `rankedPools` has them; null for a RENEWAL. For staff.",
    )
    ranked_pools = graphene.List(
        graphene.NonNull(LicenseRankedPool),
        description="What it draws on before `pool`, the best first. For staff.",
    )
    falls_back = graphene.Boolean(
        description="What the first pool that is meant for the buyer lacks comes from the next one, at last "
        "from `pool`; false: it is waited for. For staff."
    )
    approval = graphene.Field(
        LicenseApprovalMode,
        description="When ordered units may be released. For staff, approvers too.",
    )
    approval_quantity = graphene.Int(
        description="With approval RULES, more units than this wait for staff. For staff, approvers too."
    )
    approves_first_order_manually = graphene.Boolean(
        description="With approval RULES, the first order of a buyer waits for staff. For staff, approvers "
        "too."
    )
    sends_key_to_buyer = graphene.Boolean(
        description="A buyer who is no reseller gets the key at once on release. For staff."
    )
    instructions = graphene.List(
        graphene.NonNull(LicenseInstructions),
        description="What the activation e-mail tells to do, per language. For staff.",
    )
    is_archived = graphene.Boolean(
        description="Was deleted, and stays because orders or licenses refer to it. For staff."
    )
    created_at = graphene.Field(DateTime, description="When it was created. For staff.")

    @staticmethod
    def resolve_key_kind(root: Policy, info: Any) -> Promise:
        pool = load(info.context, rows, root.pool_id, KeyPool)
        return pool.then(lambda found: found and found.kind)

    @staticmethod
    def resolve_renews(root: Policy, info: Any) -> List[Any]:
        return [global_id("ProductVariant", ref) for ref in root.renews]

    @staticmethod
    def resolve_term(root: Policy, info: Any) -> Any:
        return root.term or None

    @staticmethod
    def resolve_variant_id(root: Policy, info: Any) -> Any:
        return global_id("ProductVariant", root.variant_ref)

    @staticmethod
    def resolve_variant(root: Policy, info: Any) -> Promise:
        return load(info.context, load_variants, root.variant_ref, info.context)

    @staticmethod
    @_for_staff
    def resolve_licensed_variant(root: Policy, info: Any) -> Promise:
        return load(info.context, load_names, root.variant_ref)

    @staticmethod
    @_for_staff
    def resolve_renewed_variants(root: Policy, info: Any) -> Promise:
        named = [load(info.context, load_names, ref) for ref in root.renews]
        return Promise.all(named).then(lambda found: [each for each in found if each])

    @staticmethod
    @_for_approvers
    def resolve_name(root: Policy, info: Any) -> str:
        return root.name

    @staticmethod
    @_for_staff
    def resolve_pool(root: Policy, info: Any) -> Promise:
        return load(info.context, rows, root.pool_id, KeyPool)

    @staticmethod
    @_for_staff
    def resolve_ranked_pools(root: Policy, info: Any) -> Promise:
        return load(info.context, ranked_pools_of, root.pk)

    @staticmethod
    @_for_staff
    def resolve_falls_back(root: Policy, info: Any) -> bool:
        return root.falls_back

    @staticmethod
    @_for_approvers
    def resolve_approval(root: Policy, info: Any) -> str:
        return root.approval

    @staticmethod
    @_for_approvers
    def resolve_approval_quantity(root: Policy, info: Any) -> Any:
        return root.approval_quantity

    @staticmethod
    @_for_approvers
    def resolve_approves_first_order_manually(root: Policy, info: Any) -> bool:
        return root.approves_first_order_manually

    @staticmethod
    @_for_staff
    def resolve_sends_key_to_buyer(root: Policy, info: Any) -> bool:
        return root.sends_key_to_buyer

    @staticmethod
    @_for_staff
    def resolve_instructions(root: Policy, info: Any) -> List[LicenseInstructions]:
        texts = sorted(root.instructions.items())
        return [LicenseInstructions(language=language, text=text) for language, text in texts]

    @staticmethod
    @_for_staff
    def resolve_is_archived(root: Policy, info: Any) -> bool:
        return root.archived_at is not None

    @staticmethod
    @_for_staff
    def resolve_created_at(root: Policy, info: Any) -> Any:
        return root.created_at


class LicensePolicyConnection(KeysetConnection):
    """A page of policies."""

    class Meta:
        node = LicensePolicy
