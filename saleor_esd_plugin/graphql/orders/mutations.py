"""Changing license orders: what the buyer says at checkout, what staff decide."""

from __future__ import annotations

from typing import Any, Dict, Optional
from uuid import UUID

import graphene

from ...errors import Invalid, NotFound
from ...host import shop
from ...host.types import CHECKOUT_DETAILS, Actor
from ...orders import approval, queries
from ...orders.details import parse_checkout_details
from ...orders.models import LicenseOrder as OrderRow
from ...permissions import APPROVE_LICENSES
from ...text import clean_text
from ..base import BaseMutation, anyone, staff_with
from .finding import find_line, find_order
from .inputs import (
    LicenseCheckoutDetailsSetInput,
    LicenseOrderApproveInput,
    LicenseOrderRejectInput,
)
from .types import LicenseOrder

LONGEST_REASON = 500


class LicenseCheckoutDetailsSet(BaseMutation):
    """Notes what the buyer says, before the checkout is completed; the order takes it over then.

    For whoever knows the checkout's id, as the shop's own mutations of a checkout.
    """

    policy = anyone

    class Arguments:
        input = LicenseCheckoutDetailsSetInput(required=True, description="The buyer's words.")

    notification_email = graphene.String(description="The address as it was understood.")
    purchase_order_reference = graphene.String(description="The reference as it is kept.")
    comment = graphene.String(description="The comment as it is kept.")

    @classmethod
    def perform(cls, actor: Actor, input: Any) -> LicenseCheckoutDetailsSet:
        given = {name: input[name] or "" for name in CHECKOUT_DETAILS if name in input}
        details = parse_checkout_details(given)
        if not shop.write_checkout_details(input.checkout, details):
            raise NotFound(field="checkout")
        return cls(**details)


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
        approval.approve_license_order(
            order.pk,
            quantities=_quantities(order, input),
            release_unpaid=bool(input.release_unpaid),
            reason=clean_text(input.reason, field="reason", longest=LONGEST_REASON),
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
        reason = clean_text(input.reason, field="reason", longest=LONGEST_REASON)
        approval.reject_license_order(order.pk, reason=reason, actor=actor)
        return cls(license_order=OrderRow.objects.get(pk=order.pk))


def _quantities(order: OrderRow, input: Any) -> Optional[Dict[UUID, int]]:
    """Line -> units to approve in all; None for all that is undecided."""
    if input.lines is not None and not input.lines:
        raise Invalid("Name at least one line, or leave “lines” out for all.", field="lines")
    if input.lines is None:
        return None
    quantities: Dict[UUID, int] = {}
    for wanted in input.lines:
        line = find_line(order.lines.all(), wanted.id, field="lines")
        if line.pk in quantities:
            raise Invalid("Name each line once.", field="lines")
        quantities[line.pk] = wanted.quantity
    return quantities


MUTATIONS = (LicenseCheckoutDetailsSet, LicenseOrderApprove, LicenseOrderReject)
