"""Which keys of an order came to an address: what staff have to replace if it was a wrong one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Dict, Tuple
from uuid import UUID

from django.db.models import Q

from ..accounts.models import Invitation
from ..host.db import now
from ..licenses.models import ISSUED, ClaimLink, KeyReplacement, License
from ..orders.models import LicenseOrder
from .models import Delivery, DeliveryKind, DeliveryStatus


@dataclass(frozen=True)
class Exposure:
    """What an address got of an order: keys that are in use still, and with its account all of them."""

    licenses: Tuple[License, ...]
    has_account: bool

    def __bool__(self) -> bool:
        return bool(self.licenses) or self.has_account


def exposure_of(order: LicenseOrder, address: str) -> Exposure:
    """Keys that a mail took to `address` in clear, or a link in it gave out, and that nobody has replaced since.

    A mail that is on its way this moment counts.
    """
    seen = _keys_seen_at(order, address)
    for pk, replaced_at in KeyReplacement.objects.filter(license_id__in=list(seen)).values_list(
        "license_id", "replaced_at"
    ):
        if pk in seen and replaced_at > seen[pk]:
            del seen[pk]
    licenses = License.objects.filter(pk__in=list(seen), fulfillment__in=ISSUED)
    accepted = Invitation.objects.filter(
        account_id=order.account_id, email__iexact=address, accepted_at__isnull=False
    )
    return Exposure(
        tuple(
            licenses.select_related("key__pool", "order_line").order_by("order_line", "unit_index")
        ),
        accepted.exists(),
    )


def _keys_seen_at(order: LicenseOrder, address: str) -> Dict[UUID, datetime]:
    """License -> when its key came there last."""
    moment = now()
    seen: Dict[UUID, datetime] = {}
    mails = Delivery.objects.filter(
        Q(status=DeliveryStatus.SENT.value) | Q(leased_until__gt=moment),
        order_id=order.pk,
        kind=DeliveryKind.LICENSE_KEYS.value,
        recipient__iexact=address,
    )
    for data, sent_at in mails.order_by("sent_at").values_list("data", "sent_at"):
        seen.update({UUID(pk): sent_at or moment for pk in data.get("in_clear", ())})
    used = ClaimLink.objects.filter(
        license__order_line__order=order, email__iexact=address, claimed_at__isnull=False
    )
    for pk, claimed_at in used.values_list("license_id", "claimed_at"):
        seen[pk] = max(claimed_at, seen.get(pk, claimed_at))
    return seen
