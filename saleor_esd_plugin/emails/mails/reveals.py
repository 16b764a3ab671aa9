"""The account hears of it when staff read keys of its licenses, or have them mailed elsewhere."""

from __future__ import annotations

from typing import Dict, Iterator, List, Sequence
from uuid import UUID

from ...accounts.addresses import parse_address
from ...accounts.models import Account
from ...events.models import Event
from ...events.types import EventType
from ...keys.formats import masked
from ...licenses.models import ISSUED, License
from ..languages import choose_language
from ..messages import Context, Mail, Message, chunks
from ..models import Delivery, DeliveryKind
from ..order_context import product_of


def _of_read_key(kind: DeliveryKind, event: Event) -> Iterator[Message]:
    if event.data.get("by_staff"):
        account = Account.objects.get(pk=event.account_id)
        yield from _to_account(kind, event, account, [event.subject_id])


def _of_sent_keys(kind: DeliveryKind, event: Event) -> Iterator[Message]:
    """If they went to an address that the account did not give."""
    license_ids = [UUID(license_id) for license_id in event.data["licenses"]]
    yield from _to_account(kind, event, Account.objects.get(pk=event.account_id), license_ids)


def _of_exported_keys(kind: DeliveryKind, event: Event) -> Iterator[Message]:
    """Each account whose keys are in the file that staff have; of files that were made in the shell nobody is told."""
    keys = event.data.get("keys", ()) if event.permission else ()
    licenses = License.objects.filter(key__in=keys, fulfillment__in=ISSUED).order_by(
        "account_id", "pk"
    )
    by_account: Dict[UUID, List[UUID]] = {}
    for account_id, license_id in licenses.values_list("account_id", "pk"):
        by_account.setdefault(account_id, []).append(license_id)
    accounts = Account.objects.in_bulk(list(by_account))
    for account_id, ids in by_account.items():
        yield from _to_account(kind, event, accounts[account_id], ids)


def _to_account(
    kind: DeliveryKind, event: Event, account: Account, license_ids: Sequence[UUID]
) -> Iterator[Message]:
    for number, some in enumerate(chunks(license_ids)):
        yield Message(
            kind,
            account.email,
            choose_language(account.language),
            order_id=event.order_id,
            account_id=account.pk,
            license_ids=tuple(some),
            part=f"{account.pk}:{number}",
        )


def _revealed(delivery: Delivery) -> Context:
    delivery.recipient = parse_address(Account.objects.get(pk=delivery.account_id).email)
    read = License.objects.select_related("key__pool", "order_line__order")
    licenses = [
        {
            "product": product_of(license.order_line),
            "masked_key": masked(license.key),
            "order_number": license.order_line.order.number,
        }
        for license in read.filter(pk__in=delivery.license_ids).order_by("pk")
    ]
    return {
        **licenses[0],
        "licenses": licenses,
        "reason": delivery.event.reason,
        # Where staff had them mailed to; empty if they read them themselves.
        "sent_to": delivery.event.facts.get("sent_to", ""),
        "revealed_at": delivery.event.created_at,
    }


MAILS = (
    Mail(
        DeliveryKind.KEY_REVEALED,
        _revealed,
        {
            EventType.LICENSE_KEY_REVEALED: _of_read_key,
            EventType.LICENSE_KEY_SENT: _of_sent_keys,
            EventType.EXPORT_REVEALED: _of_exported_keys,
        },
    ),
)
