"""Changing license orders: what the buyer says at checkout, what staff decide."""

from __future__ import annotations

from typing import Any, Dict, Iterable, List, Sequence
from uuid import UUID

import graphene
from django.db import transaction

from ...conf import settings
from ...errors import Invalid, InvalidQuantity, NotFound
from ...host.types import CHECKOUT_DETAILS, Actor
from ...orders import approval, queries
from ...orders.grants import grant_licenses
from ...orders.intake.checkout_details import set_checkout_details
from ...orders.intake.checkout_renewals import set_checkout_renewals
from ...orders.models import LicenseOrder as OrderRow
from ...orders.renewals.naming import set_renewals
from ...orders.restoration import restore_units
from ...orders.returns import return_units
from ...permissions import APPROVE_LICENSES, MANAGE_LICENSES
from ..base import BaseMutation, anyone, staff_with
from ..global_ids import decode, decode_all
from ..licenses.types import License
from ..policies.listing import find_policy
from .inputs import (
    LicenseCheckoutDetailsSetInput,
    LicenseGrantInput,
    LicenseOrderApproveInput,
    LicenseOrderRejectInput,
    LicenseOrderRenewalsSetInput,
    LicenseOrderRestoreInput,
    LicenseOrderReturnInput,
)
from .lookup import find_line, find_order
from .types import LicenseOrder


class LicenseCheckoutDetailsSet(BaseMutation):
    """Notes what the buyer says, before the checkout is completed; the order takes it over then.

    For whoever knows the checkout's id; if it is a user's, for that user and staff with MANAGE_LICENSES.
    """

    policy = anyone

    class Arguments:
        input = LicenseCheckoutDetailsSetInput(required=True, description="The buyer's words.")

    notification_email = graphene.String(description="The address as it was understood.")
    purchase_order_reference = graphene.String(description="The reference as it is kept.")
    comment = graphene.String(description="The comment as it is kept.")
    renews = graphene.List(
        graphene.NonNull(License),
        description="The licenses that renewals are for, if they were given.",
    )

    @classmethod
    def perform(cls, actor: Actor, input: Any) -> LicenseCheckoutDetailsSet:
        given = {name: input[name] or "" for name in CHECKOUT_DETAILS if name in input}
        with transaction.atomic():
            kept: Dict[str, Any] = dict(set_checkout_details(input.checkout, given, actor=actor))
            if input.renews is not None:
                ids = decode_all(input.renews, "License", field="renews")
                kept["renews"] = set_checkout_renewals(input.checkout, ids, actor=actor)
        return cls(**kept)


class LicenseOrderApprove(BaseMutation):
    """Approves an order, or some units of it; what is paid is released in the same step.

    Repeating it changes nothing. Nobody approves an order of their own. For staff with APPROVE_LICENSES.
    """

    policy = staff_with(APPROVE_LICENSES)

    class Arguments:
        input = LicenseOrderApproveInput(required=True, description="What to approve.")

    license_order = graphene.Field(LicenseOrder, description="The order as it is now.")

    @classmethod
    def perform(cls, actor: Actor, input: Any) -> LicenseOrderApprove:
        order = find_order(queries.visible_to(actor), input.id)
        if input.lines is not None and not input.lines:
            raise Invalid("Name at least one line, or leave “lines” out for all.", field="lines")
        approval.approve_license_order(
            order.pk,
            quantities=None if input.lines is None else _quantities(order, input.lines),
            release_unpaid=bool(input.release_unpaid),
            reason=input.reason or "",
            actor=actor,
        )
        return cls(license_order=OrderRow.objects.get(pk=order.pk))


class LicenseOrderReject(BaseMutation):
    """Rejects all units that nobody has decided on yet; what was approved stays approved.

    For staff with APPROVE_LICENSES.
    """

    policy = staff_with(APPROVE_LICENSES)

    class Arguments:
        input = LicenseOrderRejectInput(required=True, description="What to reject.")

    license_order = graphene.Field(LicenseOrder, description="The order as it is now.")

    @classmethod
    def perform(cls, actor: Actor, input: Any) -> LicenseOrderReject:
        order = find_order(queries.visible_to(actor), input.id)
        approval.reject_license_order(order.pk, reason=input.reason, actor=actor)
        return cls(license_order=OrderRow.objects.get(pk=order.pk))


class LicenseOrderReturn(BaseMutation):
    """Units leave for good, those that staff choose: all that the request names, or none.

    Their keys go back for sale, or are revoked if somebody has seen them. What was refunded counts as
    settled with what left for it. For staff with MANAGE_LICENSES.
    """

    policy = staff_with(MANAGE_LICENSES)

    class Arguments:
        input = LicenseOrderReturnInput(required=True, description="What leaves, and why.")

    license_order = graphene.Field(LicenseOrder, description="The order as it is now.")

    @classmethod
    def perform(cls, actor: Actor, input: Any) -> LicenseOrderReturn:
        order = find_order(queries.visible_to(actor), input.id)
        return_units(
            order.pk,
            license_ids=_licenses(input.licenses or ()),
            quantities=_quantities(order, input.lines or ()),
            covers_refund=bool(input.covers_refund),
            reason=input.reason,
            actor=actor,
        )
        return cls(license_order=OrderRow.objects.get(pk=order.pk))


class LicenseOrderRestore(BaseMutation):
    """Units that left for a refund which failed are wanted again: all that the request names, or none.

    Licenses that left stay returned; the units get new ones, with new keys, as an order does. Those that had been
    released are released again once they have a key, the others have to be approved. Nobody restores an order of
    their own. For staff with MANAGE_LICENSES.
    """

    policy = staff_with(MANAGE_LICENSES)

    class Arguments:
        input = LicenseOrderRestoreInput(required=True, description="What comes back, and why.")

    license_order = graphene.Field(LicenseOrder, description="The order as it is now.")

    @classmethod
    def perform(cls, actor: Actor, input: Any) -> LicenseOrderRestore:
        order = find_order(queries.visible_to(actor), input.id)
        restore_units(
            order.pk,
            quantities=_quantities(order, input.lines or ()),
            covers_failed_refund=bool(input.covers_failed_refund),
            reason=input.reason,
            actor=actor,
        )
        return cls(license_order=OrderRow.objects.get(pk=order.pk))


class LicenseOrderRenewalsSet(BaseMutation):
    """Names the licenses that a line renews, instead of those named before; what it has renewed already stays.

    They are renewed at once if the units are approved and paid. A guest may have paid for anybody's license, so staff
    may name any; but none of their own, and not for an order of their own. For staff with MANAGE_LICENSES.
    """

    policy = staff_with(MANAGE_LICENSES)

    class Arguments:
        input = LicenseOrderRenewalsSetInput(
            required=True, description="Of which line, which ones."
        )

    license_order = graphene.Field(LicenseOrder, description="The order as it is now.")

    @classmethod
    def perform(cls, actor: Actor, input: Any) -> LicenseOrderRenewalsSet:
        line = find_line(queries.lines_visible_to(actor), input.order_line, field="orderLine")
        ids = decode_all(input.licenses, "License", field="licenses")
        order = set_renewals(line.pk, ids, actor=actor)
        return cls(license_order=OrderRow.objects.get(pk=order.pk))


class LicenseGrant(BaseMutation):
    """Gives licenses without an order of the shop: all of them or none. They can be used at once.

    Keys come from where a sale to that account would have them, but for those that others wait for. Nobody
    grants licenses to an account or address of their own. For staff with MANAGE_LICENSES.
    """

    policy = staff_with(MANAGE_LICENSES)

    class Arguments:
        input = LicenseGrantInput(required=True, description="What to grant, and to whom.")

    license_order = graphene.Field(LicenseOrder, description="What was granted.")

    @classmethod
    def perform(cls, actor: Actor, input: Any) -> LicenseGrant:
        account = customer = None
        if input.account is not None:
            account = decode(input.account, "LicenseAccount", field="account")
        if input.end_customer is not None:
            customer = decode(input.end_customer, "LicenseEndCustomer", field="endCustomer")
        granted = grant_licenses(
            find_policy(input.policy, field="policy").pk,
            quantity=input.quantity,
            account_id=account,
            email=input.email or "",
            end_customer_id=customer,
            purchase_order_reference=input.purchase_order_reference or "",
            comment=input.comment or "",
            reason=input.reason,
            actor=actor,
        )
        return cls(license_order=granted)


def _quantities(order: OrderRow, lines: Iterable[Any]) -> Dict[UUID, int]:
    """Line -> units. Raises NotFound, Invalid if a line is named twice."""
    quantities: Dict[UUID, int] = {}
    for wanted in lines:
        line = find_line(order.lines.all(), wanted.id, field="lines")
        if line.pk in quantities:
            raise Invalid("Name each line once.", field="lines")
        quantities[line.pk] = wanted.quantity
    return quantities


def _licenses(global_ids: Sequence[str]) -> List[UUID]:
    """The licenses that a request names. Raises NotFound, also for one that is named twice."""
    if len(global_ids) > settings.max_quantity:
        raise InvalidQuantity(f"Name at most {settings.max_quantity} licenses.", field="licenses")
    ids = decode_all(global_ids, "License", field="licenses")
    if len(set(ids)) != len(ids):
        raise NotFound(field="licenses")
    return ids


MUTATIONS = (
    LicenseCheckoutDetailsSet,
    LicenseOrderApprove,
    LicenseOrderReject,
    LicenseOrderReturn,
    LicenseOrderRestore,
    LicenseOrderRenewalsSet,
    LicenseGrant,
)
