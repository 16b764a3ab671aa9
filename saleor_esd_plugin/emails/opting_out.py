"""Who wants no reminders of expiries says so with the link in each of them, or with its mail program (RFC 8058)."""

from __future__ import annotations

from typing import Dict, Iterable, Optional, Set

from django.core import signing

from ..host import shop
from ..host.db import now
from .models import Delivery, DeliveryKind, ReminderOptOut

UNSUBSCRIBE_PATH = "/plugins/global/esd/unsubscribe/"
_SALT = "saleor_esd_plugin.unsubscribe"


def unsubscribe_url(address: str) -> str:
    """The link for one address; it never gets too old."""
    return shop.absolute_url(UNSUBSCRIBE_PATH + signing.dumps(address.lower(), salt=_SALT))


def unsubscribe_headers(delivery: Delivery) -> Dict[str, str]:
    """What lets a mail program offer to stop these mails with one click; nothing for mails that cannot be stopped."""
    if delivery.kind != DeliveryKind.LICENSES_EXPIRE.value:
        return {}
    return {
        "List-Unsubscribe": f"<{unsubscribe_url(delivery.recipient)}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }


def address_in(token: str) -> Optional[str]:
    """The address that a link is for, in lower case; None for what is no link of ours."""
    try:
        return signing.loads(token, salt=_SALT)
    except signing.BadSignature:
        return None


def stop_reminders(address: str) -> None:
    """No reminder goes to this address any more; again changes nothing."""
    ReminderOptOut.objects.get_or_create(address=address.lower(), defaults={"created_at": now()})


def opted_out_of(addresses: Iterable[str]) -> Set[str]:
    """Those of these addresses (lower case) whose readers want no reminders."""
    found = ReminderOptOut.objects.filter(address__in=list(addresses))
    return set(found.values_list("address", flat=True))
