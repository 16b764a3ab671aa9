"""All kinds of mail, a file per subject.

A new one is a row in one of these files, its name in `DeliveryKind`, and two templates; `make messages` then asks for
their translations.
"""

from __future__ import annotations

from typing import Dict

from ..messages import Mail
from ..models import DeliveryKind
from . import (
    address_changes,
    keys,
    lifecycle,
    money,
    orders,
    receipts,
    reminders,
    renewals,
    reveals,
    stock,
)

MAILS: Dict[DeliveryKind, Mail] = {
    mail.kind: mail
    for subject in (
        *(orders, address_changes, keys, lifecycle, reminders, renewals, reveals, money, receipts),
        stock,
    )
    for mail in subject.MAILS
}
