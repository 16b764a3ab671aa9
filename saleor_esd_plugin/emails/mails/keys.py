"""Mails that hand keys over, in clear or by claim links: to buyers who keep them, and to end customers.

One per product, since the instructions are the product's (I18), and per so many licenses.
"""

from __future__ import annotations

from functools import partial
from typing import Any, Dict, Iterable, Iterator, List, Optional, Tuple
from uuid import UUID

from django.db.models import Q

from ...accounts.end_customers import lock_end_customer
from ...accounts.models import EndCustomer
from ...conf import settings
from ...events.models import Event
from ...events.types import EventType
from ...host import shop
from ...host.db import now
from ...keys.formats import masked
from ...keys.secret import SecretKey
from ...licenses.claim_links import issue_claim_link
from ...licenses.handover import open_keys
from ...licenses.models import ISSUED, ClaimLink, Fulfillment, License
from ...licenses.policies.models import DeliveryMode, LicensePolicy
from ...text import has_link
from ..delivery_rules import goes_to_buyer
from ..errors import NothingToSend
from ..holding import hold_suspended
from ..languages import choose_language, choose_text
from ..messages import Context, Mail, Message, chunks, order_of, secret_of_link
from ..models import Delivery, DeliveryKind, DeliveryStatus
from ..order_context import live_order, product_of, ways_to_account
from ..readdressing import mails_to_reader

CLAIM_PATH = "/plugins/global/esd/claim/?token="
# By buyers who keep their licenses, and by end customers.
_HELD_AS = {
    DeliveryKind.LICENSE_KEYS: Fulfillment.RELEASED.value,
    DeliveryKind.LICENSE_ASSIGNED: Fulfillment.ASSIGNED.value,
}


def _to_buyer_who_keeps(kind: DeliveryKind, event: Event) -> Iterator[Message]:
    """What was released, unless the buyer is a reseller or the policy keeps keys from him."""
    order = order_of(event)
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
                kind,
                order.buyer_email,
                choose_language(order.language, order.account.language),
                order_id=order.pk,
                account_id=order.account_id,
                license_ids=tuple(some),
                data={"is_buyer": True},
                part=f"{line.pk}:{number}",
            )


def _to_end_customer(kind: DeliveryKind, event: Event) -> Iterator[Message]:
    """The activation e-mail (I14)."""
    customer = EndCustomer.objects.select_related("account").get(pk=event.subject_id)
    licenses = License.objects.filter(pk__in=event.data["licenses"])
    by_policy: Dict[UUID, List[UUID]] = {}
    for license_id, policy_id in licenses.order_by("pk").values_list("pk", "policy_id"):
        by_policy.setdefault(policy_id, []).append(license_id)
    for policy_id, ids in by_policy.items():
        for number, some in enumerate(chunks(ids)):
            yield Message(
                kind,
                customer.email,
                choose_language(customer.language, customer.account.language),
                order_id=event.order_id,
                account_id=event.account_id,
                license_ids=tuple(some),
                data={"end_customer": str(customer.pk)},
                part=f"{policy_id}:{number}",
            )


def _once_more(kind: DeliveryKind, event: Event) -> Iterator[Message]:
    """To the one whom it was asked for."""
    if event.data["kind"] != kind.value:
        return
    license = License.objects.select_related("order_line__order", "account").get(
        pk=event.subject_id
    )
    customer_id = event.data["end_customer"]
    reader = EndCustomer.objects.get(pk=customer_id) if customer_id else license.order_line.order
    yield Message(
        kind,
        event.facts["email"],
        choose_language(reader.language, license.account.language),
        order_id=event.order_id,
        account_id=event.account_id,
        license_ids=(license.pk,),
        data={"end_customer": customer_id} if customer_id else {"is_buyer": True},
    )


def _replaced(kind: DeliveryKind, event: Event) -> Iterator[Message]:
    """The new keys, to whom the old ones were for."""
    named = [pk for pk in event.data["licenses"] if pk not in set(event.data["pending"])]
    return _to_holders(kind, event, named, is_replacement=True)


def _readdressed(kind: DeliveryKind, event: Event) -> Iterator[Message]:
    """What went to the old address by a link that nobody used, and to which no other mail brings a new link."""
    theirs = License.objects.filter(pk__in=event.data["licenses"])
    if kind is DeliveryKind.LICENSE_ASSIGNED:
        theirs = theirs.filter(end_customer=event.subject_id)
    usable = ClaimLink.objects.filter(claimed_at=None, voided_at=None).values("license_id")
    waiting = mails_to_reader(event).filter(
        Q(leased_until=None) | Q(leased_until__lte=now()),
        kind__in=[DeliveryKind.LICENSE_KEYS.value, DeliveryKind.LICENSE_ASSIGNED.value],
        status=DeliveryStatus.QUEUED.value,
    )
    on_the_way = {pk for ids in waiting.values_list("license_ids", flat=True) for pk in ids}
    lost = theirs.exclude(pk__in=usable).exclude(pk__in=on_the_way)
    return _to_holders(kind, event, lost.values_list("pk", flat=True))


def _to_holders(
    kind: DeliveryKind, event: Event, license_ids: Iterable[Any], **data: Any
) -> Iterator[Message]:
    """Mails of this kind with these licenses to those who hold them, one per order line and holder."""
    licenses = (
        License.objects.filter(pk__in=list(license_ids), fulfillment=_HELD_AS[kind])
        .select_related("policy", "account", "end_customer", "order_line__order")
        .order_by("order_line_id", "unit_index")
    )
    by_mail: Dict[Tuple[UUID, Optional[UUID]], List[License]] = {}
    for license in licenses:
        if license.end_customer_id or goes_to_buyer(license.policy, license.account):
            by_mail.setdefault((license.order_line_id, license.end_customer_id), []).append(license)
    for (line_id, customer_id), mine in by_mail.items():
        order, customer = mine[0].order_line.order, mine[0].end_customer
        holder: Dict[str, Any] = (
            {"end_customer": str(customer_id)} if customer else {"is_buyer": True}
        )
        for number, some in enumerate(chunks([license.pk for license in mine])):
            yield Message(
                kind,
                customer.email if customer else order.buyer_email,
                choose_language((customer or order).language, mine[0].account.language),
                order_id=order.pk,
                account_id=event.account_id,
                license_ids=tuple(some),
                data={**holder, **data},
                part=f"{line_id}:{customer_id or ''}:{number}",
            )


def _keys(delivery: Delivery) -> Context:
    order = live_order(delivery)
    licenses = _licenses(delivery)
    return {
        **_handed_over(delivery, licenses),
        "name": "",
        "order_number": order.number,
        "is_grant": not order.is_of_shop,
        **ways_to_account(delivery, order),
    }


def _assigned(delivery: Delivery) -> Context:
    customer = EndCustomer.objects.filter(pk=delivery.data.get("end_customer")).first()
    if customer is None:
        raise NothingToSend("The licenses are not the end customer's any more.")
    licenses = _licenses(delivery, end_customer=customer)
    # As with the buyer's: locked, and after the licenses, as whoever assigns them does.
    customer = lock_end_customer(customer.pk)
    delivery.recipient = customer.email
    return {
        **_handed_over(delivery, licenses),
        # The account's words, to an address that it names: no way to have links of its own mailed by us.
        "name": "" if has_link(customer.name) else customer.name,
        "order_number": "",
        "invitation_url": "",
        "portal_url": "",
    }


def _licenses(delivery: Delivery, **held_by: EndCustomer) -> List[License]:
    """Those of the delivery's licenses whose holder still gets mails of its kind, locked, and may be handed over.

    Raises NothingToSend if there are none, Held if all are suspended; if some are, their mail waits.
    """
    fulfillment = _HELD_AS[DeliveryKind(delivery.kind)]
    # Locked until the lease commits: nobody suspends or takes back between this look and the key.
    licenses = list(
        License.objects.select_for_update(of=("self",))
        .select_related("policy__pool", "order_line", "key__pool")
        .filter(pk__in=delivery.license_ids, fulfillment=fulfillment, **held_by)
        .order_by("pk")
    )
    if not licenses:
        raise NothingToSend("The licenses were returned or given to somebody else.")
    usable = hold_suspended(delivery, licenses)
    return sorted(usable, key=lambda one: (one.order_line_id, one.unit_index))


def _handed_over(delivery: Delivery, licenses: List[License]) -> Context:
    """The licenses with their clear keys or with single-use links, as their policy says; a preview has neither."""
    policy = licenses[0].policy
    is_inline = policy.delivery == DeliveryMode.INLINE.value
    keys: Dict[UUID, SecretKey] = {}
    if is_inline and delivery.data.get("is_preview"):
        keys = {license.pk: SecretKey(masked(license.key)) for license in licenses}
    elif is_inline:
        keys = open_keys([license.pk for license in licenses])
    delivery.data["in_clear"] = [str(pk) for pk in keys]
    rows = [
        {
            "product": product_of(license.order_line),
            "key": keys.get(license.pk),
            "link": "" if is_inline else _claim_url(license.pk, delivery),
            "expires_on": license.expires_at.date() if license.expires_at else None,
        }
        for license in licenses
    ]
    is_replacement = bool(delivery.data.get("is_replacement"))
    return {**about_keys(policy, delivery.language, rows), "is_replacement": is_replacement}


def about_keys(policy: LicensePolicy, language: str, licenses: List[Context]) -> Context:
    """What a mail with keys tells of the product: each of `licenses` has `product`, `key`, `link` and `expires_on`."""
    return {
        "product": licenses[0]["product"],
        "key_kind": policy.pool.kind,
        "is_inline": policy.delivery == DeliveryMode.INLINE.value,
        "is_replacement": False,
        "claim_days": settings.claim_days,
        "instructions": choose_text(policy.instructions, language),
        "licenses": licenses,
    }


def _claim_url(license_id: UUID, delivery: Delivery) -> str:
    issue = partial(issue_claim_link, license_id, email=delivery.recipient)
    return claim_address(secret_of_link(delivery, issue))


def claim_address(token: str) -> str:
    """Where a claim link leads: to our own page, or to the storefront's."""
    return (settings.claim_url or shop.absolute_url(CLAIM_PATH)) + token


MAILS = (
    Mail(
        DeliveryKind.LICENSE_KEYS,
        _keys,
        {
            EventType.LICENSE_RELEASED: _to_buyer_who_keeps,
            EventType.LICENSE_ORDER_BUYER_ADDRESS_CHANGED: _readdressed,
            EventType.LICENSE_KEY_REPLACED: _replaced,
            EventType.LICENSE_EMAIL_RESENT: _once_more,
        },
    ),
    Mail(
        DeliveryKind.LICENSE_ASSIGNED,
        _assigned,
        {
            EventType.LICENSE_ASSIGNED: _to_end_customer,
            EventType.END_CUSTOMER_ADDRESS_CHANGED: _readdressed,
            EventType.LICENSE_KEY_REPLACED: _replaced,
            EventType.LICENSE_EMAIL_RESENT: _once_more,
        },
    ),
)
