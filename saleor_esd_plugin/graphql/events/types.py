"""The record of what happened."""

from __future__ import annotations

from typing import Any, List, Optional
from uuid import UUID

import graphene
from graphene.utils.str_converters import to_camel_case
from promise import Promise

from ...accounts.models import Account
from ...events.models import Event, Subject
from ...events.subjects import named, references
from ...events.types import EventType
from ...host.graphql import DateTime
from ...orders.history import (
    PEOPLE_AND_APPS,
    PROVIDER,
    message_of,
    quantity_of,
    readable_data,
)
from ..base import current_actor, nested
from ..connections import KeysetConnection
from ..enums import described_enum
from ..errors import facts
from ..global_ids import Record
from ..licenses.listing import orders_seen_by
from ..licenses.visibility import name_for
from ..loaders import load, rows

_HAPPENED = {
    EventType.LICENSE_ORDER_RECORDED: "A shop order with licensed products was noted.",
    EventType.LICENSE_ORDER_CHANGED: "Its lines were edited while it was unconfirmed.",
    EventType.LICENSE_ORDER_BUYER_ADDRESS_CHANGED: "The shop has another address of its buyer; unused links "
    "that went to the old one are useless.",
    EventType.LICENSE_ORDER_ALLOCATED: "Units of it got keys.",
    EventType.LICENSE_ORDER_BACKORDERED: "Units of it wait for keys.",
    EventType.LICENSE_ORDER_APPROVED: "Units of it were approved.",
    EventType.LICENSE_ORDER_REJECTED: "What was undecided of it was rejected.",
    EventType.LICENSE_ORDER_DUPLICATED: "Its checkout made another order as well; staff decide on both.",
    EventType.LICENSE_ORDER_PAID: "It was paid in full.",
    EventType.LICENSE_ORDER_UNPAID: "It is not paid in full any more, as the shop says.",
    EventType.LICENSE_ORDER_CONFIRMED: "The shop confirmed it.",
    EventType.LICENSE_ORDER_CANCELLED: "The shop cancelled it.",
    EventType.LICENSE_ORDER_PARTIALLY_REFUNDED: "Some of what was paid went back.",
    EventType.LICENSE_ORDER_REFUNDED: "All of what was paid went back.",
    EventType.LICENSE_ORDER_RETURN_NAMED: "Units of it were named in the shop as returned.",
    EventType.LICENSE_ORDER_REFUND_SETTLED: "Staff said that no unit leaves for a refund.",
    EventType.LICENSE_ORDER_REFUND_FAILED: "Some of what seemed to have gone back did not.",
    EventType.LICENSE_ORDER_REFUND_FAILURE_SETTLED: "Staff said that no unit comes back for a refund that failed.",
    EventType.LICENSE_ORDER_DISPUTED: "The buyer's bank disputed a payment.",
    EventType.LICENSE_ORDER_DISPUTE_CLOSED: "No payment is disputed any more.",
    EventType.LICENSE_ORDER_RENEWALS_SET: "The licenses were named that units of it renew.",
    EventType.LICENSE_ORDER_RENEWALS_REFUSED: "Licenses that were named for it cannot be renewed.",
    EventType.LICENSE_ORDER_RECEIPT_SENT: "A receipt was requested for some addresses.",
    EventType.LICENSE_GRANTED: "Staff gave licenses without an order of the shop.",
    EventType.LICENSE_RELEASED: "Licenses became usable.",
    EventType.LICENSE_ASSIGNED: "Licenses were given to an end customer.",
    EventType.LICENSE_RECALLED: "Licenses were taken back from an end customer.",
    EventType.LICENSE_RETURNED: "Units left the order.",
    EventType.LICENSE_RESTORED: "Units that had left the order are wanted again, with new licenses.",
    EventType.LICENSE_SUSPENDED: "Licenses were suspended for a cause.",
    EventType.LICENSE_REINSTATED: "A cause of their suspension was lifted.",
    EventType.LICENSE_CANCELLED: "Licenses were ended for good, and their keys revoked.",
    EventType.LICENSE_RENEWED: "Licenses last longer.",
    EventType.LICENSE_RENEWAL_UNDONE: "Licenses have the term that they had before a renewal: it was refunded.",
    EventType.LICENSE_TRANSFERRED: "Licenses went from one end customer to another.",
    EventType.LICENSE_REMINDED: "People were reminded that licenses expire.",
    EventType.LICENSE_TERM_SET: "Staff set until when licenses last.",
    EventType.LICENSE_EMAIL_RESENT: "An activation e-mail was requested again.",
    EventType.LICENSE_KEY_REVEALED: "Somebody read a key in clear.",
    EventType.LICENSE_KEY_SENT: "Staff had keys mailed to an address that the account did not give.",
    EventType.LICENSE_KEY_CLAIMED: "A key was taken through its single-use link.",
    EventType.LICENSE_KEY_REVOKED: "Keys were withdrawn for good.",
    EventType.LICENSE_KEY_REPLACED: "Licenses got new keys; the old ones are quarantined.",
    EventType.LICENSE_REASON_CREATED: "A reason was added to the table.",
    EventType.LICENSE_REASON_UPDATED: "A reason of the table was changed.",
    EventType.LICENSE_REASON_DELETED: "A reason of the table was taken out of use.",
    EventType.LICENSE_POLICY_CREATED: "A product variant became licensed.",
    EventType.LICENSE_POLICY_UPDATED: "How a variant is licensed was changed.",
    EventType.LICENSE_POLICY_DELETED: "A variant is not licensed any more.",
    EventType.KEY_POOL_CREATED: "A pool of keys was created.",
    EventType.KEY_POOL_UPDATED: "A pool of keys was changed.",
    EventType.KEY_POOL_LOW_STOCK: "A pool runs low; its staff addresses are told.",
    EventType.KEY_POOL_RECOVERED: "A pool that ran low has enough keys again.",
    EventType.KEY_IMPORT_STARTED: "A large import was taken in; its keys follow chunk by chunk.",
    EventType.KEY_IMPORT_STOPPED: "A large import was stopped.",
    EventType.KEY_IMPORT_RESUMED: "A stopped import goes on.",
    EventType.KEY_BATCH_IMPORTED: "Keys were imported; of a large import, those of one chunk.",
    EventType.KEY_BATCH_QUARANTINED: "The free keys of an import were taken out of sale.",
    EventType.KEYS_RESERVED: "Keys were set aside for a checkout about to complete.",
    EventType.KEYS_UNRESERVED: "Keys that were set aside were not bought in time: they are for sale again.",
    EventType.KEY_RING_ROTATED: "Stored keys were encrypted or indexed anew under another key.",
    EventType.ACCOUNT_CREATED: "An account was created.",
    EventType.ACCOUNT_UPDATED: "An account was changed.",
    EventType.INVITATION_ACCEPTED: "Somebody became a member of an account.",
    EventType.END_CUSTOMER_CREATED: "An end customer was created.",
    EventType.END_CUSTOMER_UPDATED: "An end customer was changed.",
    EventType.END_CUSTOMER_ADDRESS_CHANGED: "An end customer has another address; unused links that went to the "
    "old one are useless.",
    EventType.END_CUSTOMER_DELETED: "An end customer was deleted or archived.",
    EventType.DELIVERY_FAILED: "An e-mail could not be delivered.",
    EventType.DELIVERY_RETRIED: "An e-mail that could not be delivered is tried once more.",
    EventType.DECRYPT_TAMPERED: "A stored key did not open: its row was tampered with.",
    EventType.EXPORT_REQUESTED: "Somebody asked for a file of licenses or keys.",
    EventType.EXPORT_DOWNLOADED: "A file without clear keys left.",
    EventType.EXPORT_REVEALED: "A file with clear keys left; its keys count as revealed.",
    EventType.RATE_BLOCKED: "Somebody did something more often than allowed.",
    EventType.WEBHOOK_MISMATCH: "A payment provider's message did not fit the shop's records.",
}

LicenseEventType = described_enum(
    "LicenseEventType",
    "What happened: the record and what became of it.",
    {kind.name: _HAPPENED[kind] for kind in EventType},
    stored={kind.name: kind.value for kind in EventType},
)

LicenseActorKind = described_enum(
    "LicenseActorKind",
    "Who can do something.",
    {
        "USER": "A customer or a member of staff.",
        "APP": "An app of the shop.",
        "ANONYMOUS": "Somebody who is not signed in.",
        "SYSTEM": "The plugin itself, in the background.",
        PROVIDER: "A payment provider, through a message of its own; the event's `message` names it.",
    },
)


class LicenseEventActor(graphene.ObjectType):
    """Who did it."""

    kind = graphene.Field(LicenseActorKind, required=True, description="What it is.")
    label = graphene.String(
        required=True,
        description="A user's address or an app's name, as it was then; for members of the account \"staff\", "
        "if it was neither one of them nor the plugin or a payment provider.",
    )


class LicenseEventValue(graphene.ObjectType):
    """One fact about an event."""

    name = graphene.String(
        required=True,
        description="What the fact is; a list repeats it for each of its values, and counts groups of facts "
        "from 1: `choices.1.pool`.",
    )
    value = graphene.String(required=True, description="The fact as text; never a key.")


class LicenseEvent(Record, graphene.ObjectType):
    """Something that happened. Events are never changed or deleted."""

    type = graphene.Field(LicenseEventType, required=True, description="What happened.")
    created_at = graphene.Field(DateTime, required=True, description="When.")
    actor = graphene.Field(LicenseEventActor, required=True, description="Who did it.")
    message = graphene.String(
        description="The payment provider's message that caused it, such as `evt_1MqqbK`; null for what "
        "no message caused."
    )
    reason = graphene.String(required=True, description="Why, if somebody gave a reason.")
    subject_id = graphene.String(
        required=True,
        description="The UUID of the record to which it happened: the second half of its global id.",
    )
    order = graphene.Field(
        "saleor_esd_plugin.graphql.orders.types.LicenseOrder",
        description="The order that it belongs to, if it does.",
    )
    account = graphene.Field(
        "saleor_esd_plugin.graphql.accounts.types.LicenseAccount",
        description="The account that it belongs to, if it does.",
    )
    quantity = graphene.Int(
        description="How many units or licenses it happened to; null if it does not say."
    )
    data = graphene.List(
        graphene.NonNull(LicenseEventValue),
        required=True,
        names=graphene.List(
            graphene.NonNull(graphene.String),
            description="Only these, by what stands in front of the first dot. What happened to thousands of "
            "licenses at once names each of them.",
        ),
        description="Counts, ids, and values before and after; pools for staff with MANAGE_LICENSES only.",
    )

    @staticmethod
    @nested
    def resolve_actor(root: Event, info: Any) -> Any:
        if root.actor_kind not in PEOPLE_AND_APPS:
            return LicenseEventActor(kind=root.actor_kind, label=root.actor_label)
        user_ref = root.actor_ref if root.actor_kind == "USER" else ""
        name = name_for(info, root.actor_label, user_ref=user_ref, account_id=root.account_id)
        return name.then(lambda label: LicenseEventActor(kind=root.actor_kind, label=label))

    @staticmethod
    def resolve_message(root: Event, info: Any) -> Optional[str]:
        return message_of(root) or None

    @staticmethod
    @nested
    def resolve_order(root: Event, info: Any) -> Promise:
        # Who owns a license need not see the order of whoever paid for its renewal.
        return load(info.context, orders_seen_by, root.order_id, current_actor(info))

    @staticmethod
    def resolve_account(root: Event, info: Any) -> Promise:
        return load(info.context, rows, root.account_id, Account)

    @staticmethod
    def resolve_quantity(root: Event, info: Any) -> Optional[int]:
        return quantity_of(root)

    @staticmethod
    @nested
    def resolve_data(root: Event, info: Any, names: Optional[List[str]] = None) -> Promise:
        readable = readable_data(root, current_actor(info))
        if names is not None:
            readable = {
                name: value for name, value in readable.items() if to_camel_case(name) in names
            }
        subjects = [load(info.context, rows, UUID(pk), Subject) for pk in references(readable)]

        def told(found: List[Optional[Subject]]) -> List[LicenseEventValue]:
            texts = {str(subject.pk): subject.value for subject in found if subject}
            values = facts(named(readable, texts))
            return [LicenseEventValue(name=name, value=value) for name, value in values]

        return Promise.all(subjects).then(told)


class LicenseEventConnection(KeysetConnection):
    """A page of events."""

    class Meta:
        node = LicenseEvent
