"""Assigning licenses, taking them back, reading and replacing their keys."""

from __future__ import annotations

from typing import Any, Iterable, List, Optional
from uuid import UUID

import graphene
from django.db.models import QuerySet

from ...accounts import queries as accounts
from ...accounts.access import require_right_in_all, require_right_on_visible
from ...conf import settings
from ...emails.queries import mails_to_come
from ...errors import Invalid, InvalidQuantity, NotFound
from ...host.types import Actor
from ...licenses import handover, queries, units
from ...licenses.claim_links import claim_license_key
from ...licenses.models import License as LicenseRow
from ...licenses.replacement import replace_license_keys
from ...licenses.transfer import transfer_licenses
from ...orders import queries as orders
from ...orders.models import LicenseOrderLine
from ...permissions import MANAGE_LICENSE_KEYS, MANAGE_LICENSES, REVEAL_LICENSE_KEYS, Right
from ..base import BaseMutation, anyone, nested, owner_or_staff, staff_with
from ..global_ids import decode_all, find
from ..orders.lookup import find_line
from .inputs import (
    LicenseAssignInput,
    LicenseKeyClaimInput,
    LicenseKeyReplaceInput,
    LicenseKeyRevealInput,
    LicenseRecallInput,
    LicenseTransferInput,
)
from .types import License


def _assigns_as_staff(actor: Actor, account_ids: Iterable[UUID]) -> bool:
    """Whether the actor may assign in all of these accounts only as staff. Raises ForbiddenRole."""
    return not require_right_in_all(actor, account_ids, Right.ASSIGN, MANAGE_LICENSES)


def _find_all(visible: QuerySet, global_ids: List[str]) -> List[LicenseRow]:
    """The licenses with these ids. Raises InvalidQuantity, NotFound if one is not `visible`."""
    if not 1 <= len(global_ids) <= settings.max_quantity:
        raise InvalidQuantity(f"Name 1 to {settings.max_quantity} licenses.", field="licenses")
    ids = set(decode_all(global_ids, "License", field="licenses"))
    found = list(visible.filter(pk__in=ids))
    if len(found) != len(ids):
        raise NotFound(field="licenses")
    return found


class LicenseAssign(BaseMutation):
    """Gives licenses to one end customer: all of them or none. The activation e-mail goes out by itself.

    One e-mail brings up to 50 licenses of a product. Staff give a `reason` if the end customer's address is not on
    file; the account is told, and it counts as one reading of a key. What another end customer had before needs
    `acceptRevealedKey` if its key was read.
    For MASTER and ADMINISTRATOR of the account, and staff with MANAGE_LICENSES.
    """

    policy = owner_or_staff(MANAGE_LICENSES)

    class Arguments:
        input = LicenseAssignInput(required=True, description="Which ones, and to whom.")

    licenses = graphene.List(
        graphene.NonNull(License), description="The licenses that the end customer has got."
    )
    mails_to_come = graphene.Int(
        description="How many of their e-mails have not left yet. They follow in the background: with a worker "
        "at once; without one the first 20 have left by now, the others leave with the next sweeps."
    )

    @classmethod
    def perform(cls, actor: Actor, input: Any) -> LicenseAssign:
        by_line = input.order_line is not None
        if by_line is (input.licenses is not None) or by_line is not (input.quantity is not None):
            raise Invalid("Give “licenses”, or “orderLine” and “quantity”.", field="licenses")
        if by_line:
            return cls(licenses=cls._assign_line(actor, input))
        found = _find_all(queries.visible_to(actor), input.licenses)
        is_staff = _assigns_as_staff(actor, [license.account_id for license in found])
        assigned = units.assign_licenses(
            [license.pk for license in found],
            end_customer_id=cls._end_customer(actor, input).pk,
            accept_revealed_key=bool(input.accept_revealed_key),
            is_staff=is_staff,
            reason=input.reason or "",
            actor=actor,
        )
        return cls(licenses=assigned)

    @staticmethod
    @nested
    def resolve_mails_to_come(root: Any, info: Any) -> Optional[int]:
        return mails_to_come(root.licenses[0]) if root.licenses else None

    @classmethod
    def _assign_line(cls, actor: Actor, input: Any) -> List[LicenseRow]:
        lines = LicenseOrderLine.objects.select_related("order")
        visible = lines.filter(order__in=orders.visible_to(actor))
        line = find_line(visible, input.order_line, field="orderLine")
        is_staff = _assigns_as_staff(actor, [line.order.account_id])
        if not 1 <= input.quantity <= settings.max_quantity:
            raise InvalidQuantity(
                f"Assign 1 to {settings.max_quantity} licenses.", field="quantity"
            )
        return units.assign_order_line(
            line.pk,
            quantity=input.quantity,
            end_customer_id=cls._end_customer(actor, input).pk,
            accept_revealed_key=bool(input.accept_revealed_key),
            is_staff=is_staff,
            reason=input.reason or "",
            actor=actor,
        )

    @staticmethod
    def _end_customer(actor: Actor, input: Any) -> Any:
        visible = accounts.end_customers_visible_to(actor)
        return find(visible, input.end_customer, "LicenseEndCustomer", field="endCustomer")


class LicenseRecall(BaseMutation):
    """Takes licenses back from their end customers: all of them or none. They can be assigned again.

    Once somebody has seen a key, only staff may do it, with a reason. For MASTER and ADMINISTRATOR of the
    account, and staff with MANAGE_LICENSES.
    """

    policy = owner_or_staff(MANAGE_LICENSES)

    class Arguments:
        input = LicenseRecallInput(required=True, description="Which ones.")

    licenses = graphene.List(graphene.NonNull(License), description="The licenses as they are now.")

    @classmethod
    def perform(cls, actor: Actor, input: Any) -> LicenseRecall:
        found = _find_all(queries.visible_to(actor), input.licenses)
        is_staff = _assigns_as_staff(actor, [license.account_id for license in found])
        recalled = units.recall_licenses(
            [license.pk for license in found],
            actor=actor,
            is_staff=is_staff,
            reason=input.reason or "",
        )
        return cls(licenses=recalled)


class LicenseTransfer(BaseMutation):
    """Gives licenses on from their end customers to another one of the account: all of them or none.

    `assignments` keep who had them. The activation e-mail goes out by itself. A policy may limit how often within 30
    days. For MASTER and ADMINISTRATOR of the account, and staff with MANAGE_LICENSES.
    """

    policy = owner_or_staff(MANAGE_LICENSES)

    class Arguments:
        input = LicenseTransferInput(required=True, description="Which ones, and to whom.")

    licenses = graphene.List(graphene.NonNull(License), description="The licenses as they are now.")

    @classmethod
    def perform(cls, actor: Actor, input: Any) -> LicenseTransfer:
        found = _find_all(queries.visible_to(actor), input.licenses)
        is_staff = _assigns_as_staff(actor, [license.account_id for license in found])
        visible = accounts.end_customers_visible_to(actor)
        customer = find(visible, input.end_customer, "LicenseEndCustomer", field="endCustomer")
        transferred = transfer_licenses(
            [license.pk for license in found],
            end_customer_id=customer.pk,
            accept_revealed_key=bool(input.accept_revealed_key),
            is_staff=is_staff,
            reason=input.reason or "",
            actor=actor,
        )
        return cls(licenses=transferred)


class LicenseKeyReplace(BaseMutation):
    """Gives licenses new keys of the same pool: all of them or none. The old keys are quarantined for good.

    Term, holder and state stay; who holds a released license gets the new key by e-mail. Each call takes
    new keys. Nobody replaces keys of an account or order of their own. If an end customer gets one at an address
    that is not on file, the account is told, and it counts as one reading of a key. For staff with
    MANAGE_LICENSE_KEYS.
    """

    policy = staff_with(MANAGE_LICENSE_KEYS)

    class Arguments:
        input = LicenseKeyReplaceInput(required=True, description="Which ones, and why.")

    licenses = graphene.List(graphene.NonNull(License), description="The licenses as they are now.")

    @classmethod
    def perform(cls, actor: Actor, input: Any) -> LicenseKeyReplace:
        found = _find_all(LicenseRow.objects.all(), input.licenses)
        ids = [license.pk for license in found]
        return cls(licenses=replace_license_keys(ids, reason=input.reason, actor=actor))


def _revealed(root: Any, info: Any) -> Optional[str]:
    # As late as possible: until here an error tracker would find nothing but a mask.
    return root.key.reveal() if root.key else None


class LicenseKeyReveal(BaseMutation):
    """Reads the key of a released license in clear. Each reading is recorded; staff give a reason.

    Once in an operation. For MASTER and ADMINISTRATOR of the account (60 an hour), and staff with
    REVEAL_LICENSE_KEYS (30 an hour).
    """

    policy = owner_or_staff(REVEAL_LICENSE_KEYS)
    returns_secret = True

    class Arguments:
        input = LicenseKeyRevealInput(required=True, description="Which one.")

    key = graphene.String(description="The key in clear.")
    license = graphene.Field(License, description="The license.")

    @classmethod
    def perform(cls, actor: Actor, input: Any) -> LicenseKeyReveal:
        license = find(queries.visible_to(actor), input.license, "License", field="license")
        require_right_on_visible(actor, license.account_id, Right.REVEAL, REVEAL_LICENSE_KEYS)
        reason = input.reason or ""
        secret = handover.reveal_license_key(license.pk, actor=actor, reason=reason)
        return cls(key=secret, license=LicenseRow.objects.get(pk=license.pk))

    resolve_key = staticmethod(_revealed)


class LicenseKeyClaim(BaseMutation):
    """Reads the key behind a single-use link, and uses the link up. For whoever has the link.

    Once in an operation. Used, expired and unknown links all get the same answer.
    """

    policy = anyone
    secret_inputs = ("token",)
    returns_secret = True

    class Arguments:
        input = LicenseKeyClaimInput(required=True, description="The link.")

    key = graphene.String(description="The key in clear.")
    product_name = graphene.String(description="The product that it is for.")
    variant_name = graphene.String(description="Its variant.")

    @classmethod
    def perform(cls, actor: Actor, input: Any) -> LicenseKeyClaim:
        license, secret = claim_license_key(input.token, actor=actor)
        line = license.order_line
        return cls(key=secret, product_name=line.product_name, variant_name=line.variant_name)

    resolve_key = staticmethod(_revealed)


MUTATIONS = (
    LicenseAssign,
    LicenseRecall,
    LicenseTransfer,
    LicenseKeyReplace,
    LicenseKeyReveal,
    LicenseKeyClaim,
)
