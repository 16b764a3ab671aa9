"""E-mails: one delivery is one e-mail to one address. Its text is not kept."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import graphene
from promise import Promise

from ...emails.models import Delivery, DeliveryKind, DeliveryStatus
from ...host.graphql import DateTime
from ..base import current_actor, nested
from ..connections import KeysetConnection
from ..enums import described_enum
from ..global_ids import Record
from ..licenses.listing import licenses_seen_by, orders_seen_by
from ..loaders import load

LicenseDeliveryKind = described_enum(
    "LicenseDeliveryKind",
    "What an e-mail is about.",
    {
        DeliveryKind.ORDER_CONFIRMED.value: "The order was received.",
        DeliveryKind.ORDER_WAITS.value: "To staff: orders wait for approval, or for the license to renew.",
        DeliveryKind.ORDER_APPROVED.value: "Approved; payment or keys are missing yet.",
        DeliveryKind.ORDER_RELEASED.value: "Approved and released: the licenses can be used.",
        DeliveryKind.ORDER_REJECTED.value: "Not approved, with the reason.",
        DeliveryKind.ORDER_CANCELLED.value: "Cancelled, refunded or charged back.",
        DeliveryKind.ORDER_BACKORDERED.value: "Units wait until there are keys for them.",
        DeliveryKind.ORDER_DISPUTED.value: "To staff: a dispute was opened, won or lost.",
        DeliveryKind.ORDER_REFUND_OPEN.value: "To staff: which units leave for a refund?",
        DeliveryKind.ORDER_REFUND_FAILED.value: "To staff: which units come back, as a refund failed?",
        DeliveryKind.LICENSE_KEYS.value: "The keys, or links to them, for the buyer.",
        DeliveryKind.LICENSE_ASSIGNED.value: "The key, or a link to it, for an end customer.",
        DeliveryKind.LICENSES_RETURNED.value: "Some left an order that goes on.",
        DeliveryKind.LICENSES_RENEWED.value: "An order has renewed them.",
        DeliveryKind.ADDRESS_CHANGED.value: "To a guest's new address: the link to the account.",
        DeliveryKind.KEYS_AT_OLD_ADDRESS.value: "To staff: the buyer has another address, and the old one has keys.",
        DeliveryKind.LICENSES_SUSPENDED.value: "They may not be used for now.",
        DeliveryKind.LICENSES_REINSTATED.value: "They may be used again.",
        DeliveryKind.LICENSES_CANCELLED.value: "They have ended for good.",
        DeliveryKind.LICENSES_EXPIRE.value: "A reminder: they expire, or have expired.",
        DeliveryKind.KEY_POOL_LOW_STOCK.value: "To staff: the keys of a pool are running out.",
        DeliveryKind.KEY_REVEALED.value: "Staff read a key of the account, or had it mailed to an address that the account did not give.",
        DeliveryKind.RECEIPT.value: "A receipt, keys masked.",
    },
)

LicenseDeliveryStatus = described_enum(
    "LicenseDeliveryStatus",
    "What became of an e-mail.",
    {
        DeliveryStatus.QUEUED.value: "To be sent, or tried again.",
        DeliveryStatus.SENT.value: "The mail server took it.",
        DeliveryStatus.FAILED.value: "Given up; `error` tells why.",
        DeliveryStatus.SUPPRESSED.value: "Nothing to tell any more when it was its turn.",
    },
)


class LicenseDelivery(Record, graphene.ObjectType):
    """One e-mail to one address."""

    kind = graphene.Field(LicenseDeliveryKind, required=True, description="What it is about.")
    recipient = graphene.String(required=True, description="The address.")
    language = graphene.String(required=True, description='Its language, such as "pt-br".')
    status = graphene.Field(LicenseDeliveryStatus, required=True, description="What became of it.")
    attempts = graphene.Int(required=True, description="How often sending was tried.")
    error = graphene.String(
        required=True, description="Why it was not sent, or not yet; empty if nothing went wrong."
    )
    created_at = graphene.Field(DateTime, required=True, description="When it was to be sent.")
    sent_at = graphene.Field(DateTime, description="When the mail server took it.")
    license_order = graphene.Field(
        "saleor_esd_plugin.graphql.orders.types.LicenseOrder",
        description="The order that it is about, if it is about one that you may see.",
    )
    licenses = graphene.List(
        graphene.NonNull("saleor_esd_plugin.graphql.licenses.types.License"),
        required=True,
        description="The licenses whose keys or links it brings, 50 at most, as far as you may see them; empty "
        "for other e-mails about an order.",
    )

    @staticmethod
    @nested
    def resolve_license_order(root: Delivery, info: Any) -> Promise:
        return load(info.context, orders_seen_by, root.order_id, current_actor(info))

    @staticmethod
    @nested
    def resolve_licenses(root: Delivery, info: Any) -> Promise:
        actor = current_actor(info)
        named = [load(info.context, licenses_seen_by, UUID(pk), actor) for pk in root.license_ids]
        return Promise.all(named).then(lambda found: [each for each in found if each])


class LicenseDeliveryPreview(graphene.ObjectType):
    """An e-mail as it would leave now, from what is true now: the text of what was sent is not kept.

    Keys are masked; dots stand where a link gives a key or an account away. Looking changes nothing.
    """

    subject = graphene.String(required=True, description="Its subject.")
    text = graphene.String(required=True, description="Its plain text.")
    problem = graphene.String(
        required=True,
        description="Why nothing would leave now: subject and text are empty then. Else empty.",
    )


class LicenseDeliveryConnection(KeysetConnection):
    """A page of e-mails."""

    class Meta:
        node = LicenseDelivery
