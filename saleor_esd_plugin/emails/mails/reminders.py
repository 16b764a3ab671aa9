"""Mails that licenses expire: to the account's address, and to end customers about what they hold."""

from __future__ import annotations

import base64
from datetime import datetime
from typing import Any, Dict, Iterator, List, Tuple
from urllib.parse import quote
from uuid import UUID

from django.db.models import F, QuerySet

from ...accounts.addresses import as_mailed
from ...accounts.queries import has_member
from ...events.models import Event
from ...events.types import EventType
from ...host import shop
from ...host.db import now
from ...keys.formats import masked
from ...licenses.models import ISSUED, License
from ...licenses.rules import Lifecycle
from ...orders.renewals.quotes import price_of_term, products_renewing
from ...text import has_link
from ..errors import NothingToSend
from ..messages import LICENSES_PER_MAIL, Context, Mail, Message, secret_of_link
from ..models import Delivery, DeliveryKind, Reminder, ReminderStatus
from ..opting_out import opted_out_of, unsubscribe_url
from ..order_context import PORTAL_PATH, product_of
from ..reminder_rules import shop_day
from ..reminding import Reader, readers_of
from ..written_amounts import written_amount

# More of them on a day, and one mail lists them.
MOST_SINGLE_MAILS = 5


def _to_readers(kind: DeliveryKind, event: Event) -> Iterator[Message]:
    """To each address a mail per license, or one about all of them."""
    by_address: Dict[str, List[UUID]] = {}
    readers: Dict[str, Reader] = {}
    for reminder in _reminders(event):
        reader = readers_of(reminder.license).get(reminder.address)
        # None if the license has gone to somebody else since.
        if reader is not None:
            readers[reminder.address] = reader
            by_address.setdefault(reminder.address, []).append(reminder.license_id)
    for address, ids in by_address.items():
        several = len(ids) > MOST_SINGLE_MAILS
        for some in [ids] if several else [[one] for one in ids]:
            yield Message(
                kind,
                *readers[address],
                account_id=event.account_id,
                license_ids=tuple(some),
                part="" if several else str(some[0]),
            )


def _reminders(event: Event) -> "QuerySet[Reminder]":
    return (
        Reminder.objects.filter(event=event, status=ReminderStatus.MAILED.value)
        .select_related("license__account", "license__end_customer")
        .order_by("expires_at", "license_id")
    )


def _expire(delivery: Delivery) -> Context:
    """Raises NothingToSend if all were renewed, suspended or given on since, or have ended; or if nobody wants to know."""
    moment, address = now(), delivery.recipient.lower()
    if opted_out_of([address]):
        raise NothingToSend("Its reader wants no reminders.")
    reminders = _reminders(delivery.event).filter(
        address=address,
        license__in=delivery.license_ids,
        license__expires_at=F("expires_at"),
        license__fulfillment__in=ISSUED,
    )
    licenses = [
        reminder.license
        for reminder in reminders.select_related(
            "license__account",
            "license__end_customer",
            "license__policy",
            "license__key__pool",
            "license__order_line__order",
        )
        if address in readers_of(reminder.license)
        and reminder.license.lifecycle_at(moment) not in (Lifecycle.SUSPENDED, Lifecycle.LAPSED)
    ]
    if not licenses:
        raise NothingToSend("All of these licenses were renewed, suspended or given on, or ended.")
    account, settings = licenses[0].account, shop.plugin_settings()
    is_own = address == as_mailed(account.email).lower()
    in_portal = settings.has_portal and is_own and has_member(account.pk)
    # The shop's price for a dealer is not for the dealer's customers.
    is_shops_own = is_own or not account.is_reseller
    prices: Dict[Tuple[str, str, str], str] = {}
    listed = []
    for license in licenses[:LICENSES_PER_MAIL]:
        url = _renewal_url(license, settings.renewal_address, in_portal=in_portal)
        price = _price(license, prices, delivery.language) if is_shops_own else ""
        listed.append({**_told(license, moment), "renewal_url": url, "renewal_price": price})
    return {
        **listed[0],
        "licenses": listed,
        "licenses_left_out": len(licenses) - len(listed),
        "number": len(licenses),
        "unsubscribe_url": secret_of_link(delivery, lambda: unsubscribe_url(address)),
    }


def _told(license: License, moment: datetime) -> Dict[str, Any]:
    holder = (license.end_customer or license.account).name
    assert license.expires_at and license.grace_until and license.retained_until
    return {
        "product": product_of(license.order_line),
        "masked_key": masked(license.key),
        # The account's words, perhaps to an address that it names: no way to have links of its own mailed by us.
        "holder": "" if has_link(holder) else holder,
        "expires_on": shop_day(license.expires_at),
        "is_expired": license.expires_at <= moment,
        "usable_until": shop_day(license.grace_until),
        "is_usable": moment < license.grace_until,
        "renewable_until": shop_day(license.retained_until),
    }


def _price(license: License, known: Dict[Tuple[str, str, str], str], language: str) -> str:
    """What renewing by its term costs, as the reader writes it; empty where the shop lists no price.

    `known` are those looked up before, of licenses that are alike.
    """
    line, term = license.order_line, license.policy.term
    alike = (line.variant_ref, line.order.channel or "", term)
    if alike not in known:
        price = price_of_term(license, products_renewing(license)) if term else None
        known[alike] = written_amount(*price, language) if price else ""
    return known[alike]


def _renewal_url(license: License, page: str, *, in_portal: bool) -> str:
    """The storefront's page for it, else the order in the portal for whoever has an account there, else empty."""
    if page:
        global_id = base64.b64encode(f"License:{license.pk}".encode()).decode()
        return page.replace("{license}", quote(global_id))
    if in_portal:
        return shop.absolute_url(f"{PORTAL_PATH}/purchases/{license.order_line.order_id}")
    return ""


MAILS = (Mail(DeliveryKind.LICENSES_EXPIRE, _expire, {EventType.LICENSE_REMINDED: _to_readers}),)
