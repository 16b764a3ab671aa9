"""Sending e-mails: a key once more, a receipt, what has failed."""

from __future__ import annotations

from typing import Any

import graphene

from ...accounts import access
from ...emails.receipts import send_license_order_receipt
from ...emails.resending import resend_license_email
from ...emails.retrying import retry_delivery
from ...host.types import Actor
from ...licenses import queries as licenses
from ...orders import queries as orders
from ...permissions import MANAGE_LICENSES, Right
from ..base import BaseMutation, owner_or_staff, staff_with
from ..global_ids import decode, find
from ..licenses.types import License
from ..orders.lookup import find_order
from ..orders.types import LicenseOrder
from .types import LicenseDelivery


class LicenseEmailResendInput(graphene.InputObjectType):
    """Which e-mail to send again."""

    license = graphene.ID(required=True, description="The license.")
    email = graphene.String(
        description="A corrected address of the end customer; it is saved. Not for SUPPORT."
    )
    reason = graphene.String(
        description="Why, 10 to 500 characters. Staff need one if the end customer's address is not on file; the "
        "account is told."
    )


class LicenseEmailResend(BaseMutation):
    """Sends the e-mail with the key, or a new link to it, again (3 an hour, 10 a day per license).

    It goes to the end customer who holds the license, else to the buyer, at the address that the order has in
    the shop now; REQUIRED if it has none. Staff give a `reason` if the end customer's address, as it is then, is
    not on file; the account is told, and it counts as one reading of a key.
    For MASTER, ADMINISTRATOR and SUPPORT of the account, and staff with MANAGE_LICENSES.
    """

    policy = owner_or_staff(MANAGE_LICENSES)

    class Arguments:
        input = LicenseEmailResendInput(required=True, description="Which one.")

    license = graphene.Field(
        License, description="The license; the e-mail shows in `deliveries` soon."
    )

    @classmethod
    def perform(cls, actor: Actor, input: Any) -> LicenseEmailResend:
        license = find(licenses.visible_to(actor), input.license, "License", field="license")
        rights = [Right.RESEND] + ([] if input.email is None else [Right.CORRECT_ADDRESS])
        as_member = [
            access.require_right_on_visible(actor, license.account_id, right, MANAGE_LICENSES)
            for right in rights
        ]
        resent = resend_license_email(
            license.pk,
            email=input.email,
            is_staff=not all(as_member),
            reason=input.reason or "",
            actor=actor,
        )
        return cls(license=resent)


class LicenseOrderReceiptSendInput(graphene.InputObjectType):
    """Whose receipt goes where."""

    order = graphene.ID(
        required=True, description="The order: the id of a LicenseOrder or of the shop's Order."
    )
    emails = graphene.String(
        required=True,
        description="Up to 20 addresses, separated by commas, semicolons or line ends. If some are bad, the error "
        "names every one of them.",
    )


class LicenseOrderReceiptSend(BaseMutation):
    """Sends a receipt of the order, keys masked, to each of the addresses on its own (10 times an hour per order).

    Only when every unit of the order is released. To others than the buyer and yourself, reference and
    comment stay away if there is a link in one of them. For MASTER, ADMINISTRATOR and BILLING of the account,
    and staff with MANAGE_LICENSES.
    """

    policy = owner_or_staff(MANAGE_LICENSES)

    class Arguments:
        input = LicenseOrderReceiptSendInput(required=True, description="Which one, and where to.")

    emails = graphene.List(
        graphene.NonNull(graphene.String), description="The addresses that it goes to, each once."
    )
    license_order = graphene.Field(
        LicenseOrder, description="The order; null for BILLING, who may not see it."
    )

    @classmethod
    def perform(cls, actor: Actor, input: Any) -> LicenseOrderReceiptSend:
        order = find_order(orders.with_receipts_for(actor), input.order, field="order")
        access.require_right_on_visible(
            actor, order.account_id, Right.SEND_RECEIPT, MANAGE_LICENSES
        )
        emails = send_license_order_receipt(order.pk, emails=input.emails, actor=actor)
        seen = orders.visible_to(actor).filter(pk=order.pk).first()
        return cls(emails=list(emails), license_order=seen)


class LicenseDeliveryRetryInput(graphene.InputObjectType):
    """Which e-mail to try once more."""

    id = graphene.ID(required=True, description="The e-mail; it has failed.")


class LicenseDeliveryRetry(BaseMutation):
    """Puts an e-mail that has failed back into the queue: what it says and to whom is read anew when it leaves.

    INVALID_TRANSITION for any other. For staff with MANAGE_LICENSES.
    """

    policy = staff_with(MANAGE_LICENSES)

    class Arguments:
        input = LicenseDeliveryRetryInput(required=True, description="Which one.")

    delivery = graphene.Field(LicenseDelivery, description="The e-mail, queued.")

    @classmethod
    def perform(cls, actor: Actor, input: Any) -> LicenseDeliveryRetry:
        return cls(delivery=retry_delivery(decode(input.id, "LicenseDelivery"), actor=actor))


MUTATIONS = (LicenseEmailResend, LicenseOrderReceiptSend, LicenseDeliveryRetry)
