"""Which event writes to whom: the table at the end. What a mail says is decided when it is sent."""

from __future__ import annotations

import hashlib
from typing import Any, Callable, Dict, Iterable, Iterator, List, Sequence
from uuid import UUID

from django.db import transaction

from ..accounts.addresses import parse_address
from ..accounts.models import Account, EndCustomer
from ..errors import EsdError
from ..events.models import Event
from ..events.types import EventType
from ..host.db import now
from ..licenses.models import ISSUED, License
from ..orders.blockers import APPROVAL
from ..orders.counts import order_availability
from . import key_messages, stock_mails
from . import money_messages as money
from .holding import wake_held
from .languages import choose_language
from .messages import Message, chunks, order_of, to_buyer, to_staff
from .models import Delivery, DeliveryKind, DeliveryStatus
from .rules import goes_to_buyer
from .standing import approved_and_waiting


@transaction.atomic
def deliveries_of(event: Event) -> List[UUID]:
    """Make the deliveries that follow from an event; the ids of those still to be sent.

    Called again it makes none: the dedupe key decides. An address that no mail can go to gives a
    delivery that has failed, so that staff see it. Reinstating wakes those that were held back, another
    address those that could not go to the old one, or had none to go to.
    """
    moment = now()
    woken = key_messages.wake_readdressed(event)
    messages = MESSAGES.get(event.type, lambda event: ())(event)
    Delivery.objects.bulk_create(
        [_delivery(event, message, moment) for message in messages if message.recipient],
        ignore_conflicts=True,
        batch_size=500,
    )
    queued = Delivery.objects.filter(event=event, status=DeliveryStatus.QUEUED.value)
    ids = list(queued.values_list("pk", flat=True)) + woken
    for earlier in key_messages.without_address(event):
        ids += deliveries_of(earlier)
    if event.type == EventType.LICENSE_REINSTATED.value:
        ids += wake_held(event.account_id)
    return ids


def _delivery(event: Event, message: Message, moment: Any) -> Delivery:
    recipient, status, error = message.recipient, DeliveryStatus.QUEUED, ""
    try:
        recipient = parse_address(recipient)
    except EsdError as refusal:
        recipient, status, error = recipient[:254], DeliveryStatus.FAILED, refusal.code
    digest = hashlib.sha256(recipient.lower().encode()).hexdigest()[:32]
    return Delivery(
        event=event,
        kind=message.kind.value,
        recipient=recipient,
        language=message.language[:10],
        order_id=message.order_id,
        account_id=message.account_id,
        license_ids=[str(license_id) for license_id in message.license_ids],
        data=message.data,
        status=status.value,
        error=error,
        dedupe_key=f"{event.pk}:{message.kind.value}:{digest}:{message.part}",
        created_at=moment,
        due_at=moment,
    )


def _confirmed(event: Event) -> Iterable[Message]:
    return to_buyer(event, DeliveryKind.ORDER_CONFIRMED, and_notification=True)


def _waits(event: Event) -> Iterator[Message]:
    """Once per order."""
    order = order_of(event)
    told = Delivery.objects.filter(order_id=order.pk, kind=DeliveryKind.ORDER_WAITS.value)
    if APPROVAL in dict(order_availability(order).waiting) and not told.exists():
        yield to_staff(DeliveryKind.ORDER_WAITS, order)


def _backordered(event: Event) -> Iterable[Message]:
    return to_buyer(event, DeliveryKind.ORDER_BACKORDERED, and_notification=False)


def _approved(event: Event) -> Iterable[Message]:
    """Only if something is missing yet: otherwise the notice of the release says it all."""
    if not approved_and_waiting(order_of(event)):
        return ()
    return to_buyer(event, DeliveryKind.ORDER_APPROVED, and_notification=True)


def _rejected(event: Event) -> Iterable[Message]:
    return to_buyer(event, DeliveryKind.ORDER_REJECTED, and_notification=True)


def _cancelled(event: Event) -> Iterable[Message]:
    return to_buyer(event, DeliveryKind.ORDER_CANCELLED, and_notification=True)


def _released(event: Event) -> Iterator[Message]:
    """The approval notice (I10); and the keys, to the buyer only, who buys for himself."""
    yield from to_buyer(event, DeliveryKind.ORDER_RELEASED, and_notification=True)
    order = order_of(event)
    language = choose_language(order.language, order.account.language)
    for line in order.lines.select_related("policy"):
        units = event.data["lines"].get(str(line.pk), ())
        if not units or not goes_to_buyer(line.policy, order.account):
            continue
        licenses = License.objects.filter(
            order_line=line, unit_index__in=units, fulfillment__in=ISSUED
        )
        ids = list(licenses.order_by("unit_index").values_list("pk", flat=True))
        for number, some in enumerate(chunks(ids)):
            yield Message(
                DeliveryKind.LICENSE_KEYS,
                order.buyer_email,
                language,
                order_id=order.pk,
                account_id=order.account_id,
                license_ids=tuple(some),
                data={"is_buyer": True},
                part=f"{line.pk}:{number}",
            )


def _assigned(event: Event) -> Iterator[Message]:
    """The activation e-mail (I14), one per product, since the instructions are the product's (I18)."""
    customer = EndCustomer.objects.select_related("account").get(pk=event.subject_id)
    licenses = License.objects.filter(pk__in=event.data["licenses"])
    by_policy: Dict[UUID, List[UUID]] = {}
    for license_id, policy_id in licenses.order_by("pk").values_list("pk", "policy_id"):
        by_policy.setdefault(policy_id, []).append(license_id)
    for policy_id, ids in by_policy.items():
        for number, some in enumerate(chunks(ids)):
            yield Message(
                DeliveryKind.LICENSE_ASSIGNED,
                customer.email,
                choose_language(customer.language, customer.account.language),
                order_id=event.order_id,
                account_id=event.account_id,
                license_ids=tuple(some),
                data={"end_customer": str(customer.pk)},
                part=f"{policy_id}:{number}",
            )


def _resent(event: Event) -> Iterator[Message]:
    license = License.objects.select_related("order_line__order", "account").get(
        pk=event.subject_id
    )
    customer_id = event.data["end_customer"]
    reader = EndCustomer.objects.get(pk=customer_id) if customer_id else license.order_line.order
    yield Message(
        DeliveryKind(event.data["kind"]),
        event.data["email"],
        choose_language(reader.language, license.account.language),
        order_id=event.order_id,
        account_id=event.account_id,
        license_ids=(license.pk,),
        data={"end_customer": customer_id} if customer_id else {"is_buyer": True},
    )


def _receipt(event: Event) -> Iterator[Message]:
    order = order_of(event)
    for address in event.data["emails"]:
        yield Message(
            DeliveryKind.RECEIPT,
            address,
            choose_language(order.language, order.account.language if order.account else ""),
            order_id=order.pk,
            account_id=order.account_id,
        )


def _revealed(event: Event) -> Iterator[Message]:
    """The account hears of it when staff read one of its keys."""
    if not event.data.get("by_staff"):
        return
    yield from _to_account(event, Account.objects.get(pk=event.account_id), [event.subject_id])


def _sent(event: Event) -> Iterator[Message]:
    """And when they had some mailed to an address that the account did not give."""
    license_ids = [UUID(license_id) for license_id in event.data["licenses"]]
    yield from _to_account(event, Account.objects.get(pk=event.account_id), license_ids)


def _exported(event: Event) -> Iterator[Message]:
    """So does each account whose keys staff took away in a file; of files made in the shell nobody is told."""
    keys = event.data.get("keys", ())
    licenses = License.objects.filter(key__in=keys, fulfillment__in=ISSUED).order_by(
        "account_id", "pk"
    )
    by_account: Dict[UUID, List[UUID]] = {}
    for account_id, license_id in licenses.values_list("account_id", "pk"):
        by_account.setdefault(account_id, []).append(license_id)
    accounts = Account.objects.in_bulk(list(by_account))
    for account_id, ids in by_account.items():
        yield from _to_account(event, accounts[account_id], ids)


def _to_account(event: Event, account: Account, license_ids: Sequence[UUID]) -> Iterator[Message]:
    """What staff did with the keys of these licenses of the account."""
    for number, some in enumerate(chunks(license_ids)):
        yield Message(
            DeliveryKind.KEY_REVEALED,
            account.email,
            choose_language(account.language),
            order_id=event.order_id,
            account_id=account.pk,
            license_ids=tuple(some),
            part=f"{account.pk}:{number}",
        )


MESSAGES: Dict[str, Callable[[Event], Iterable[Message]]] = {
    EventType.LICENSE_ORDER_RECORDED.value: _confirmed,
    EventType.LICENSE_ORDER_ALLOCATED.value: _waits,
    EventType.LICENSE_ORDER_DUPLICATED.value: _waits,
    EventType.LICENSE_ORDER_BACKORDERED.value: _backordered,
    EventType.LICENSE_ORDER_BUYER_ADDRESS_CHANGED.value: key_messages.buyer_address_changed,
    EventType.LICENSE_ORDER_APPROVED.value: _approved,
    EventType.LICENSE_ORDER_REJECTED.value: _rejected,
    EventType.LICENSE_ORDER_CANCELLED.value: _cancelled,
    EventType.LICENSE_ORDER_PARTIALLY_REFUNDED.value: money.partially_refunded,
    EventType.LICENSE_ORDER_REFUNDED.value: money.refunded,
    EventType.LICENSE_ORDER_REFUND_FAILED.value: money.refund_failed,
    EventType.LICENSE_ORDER_DISPUTED.value: money.disputed,
    EventType.LICENSE_ORDER_DISPUTE_CLOSED.value: money.dispute_closed,
    EventType.LICENSE_ORDER_RECEIPT_SENT.value: _receipt,
    EventType.LICENSE_RELEASED.value: _released,
    EventType.LICENSE_RETURNED.value: money.returned,
    EventType.LICENSE_SUSPENDED.value: money.suspended,
    EventType.LICENSE_REINSTATED.value: money.reinstated,
    EventType.LICENSE_ASSIGNED.value: _assigned,
    EventType.END_CUSTOMER_ADDRESS_CHANGED.value: key_messages.end_customer_address_changed,
    EventType.LICENSE_EMAIL_RESENT.value: _resent,
    EventType.LICENSE_KEY_REVEALED.value: _revealed,
    EventType.LICENSE_KEY_SENT.value: _sent,
    EventType.LICENSE_KEY_REPLACED.value: key_messages.replaced,
    EventType.EXPORT_REVEALED.value: _exported,
    EventType.KEY_POOL_LOW_STOCK.value: stock_mails.low_stock,
}
