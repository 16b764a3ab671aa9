"""What an e-mail tells, read at the moment it is sent. Clear keys are in it as SecretKey only."""

from __future__ import annotations

from ..accounts.addresses import parse_address
from ..orders.locks import lock_order
from .mails import MAILS
from .messages import Context
from .models import Delivery, DeliveryKind


def contents_of(delivery: Delivery) -> Context:
    """The template's values. Raises NothingToSend if there is nothing to tell any more.

    Runs in the transaction that leases the delivery: keys in the answer are marked as revealed, links in
    it are stored, with the lease. A buyer or end customer whose address changed since gets it at the new one:
    `delivery.recipient` follows, and `delivery.data` names the licenses whose keys are in it. Raises Held
    while what it hands over is suspended, Required or InvalidEmail if the buyer has no address that a mail
    can go to, KeyringLocked, Tampered.
    """
    if delivery.data.get("is_buyer"):
        # Locked until the lease commits: an address that changes after this look finds the links of this mail.
        delivery.recipient = parse_address(lock_order(delivery.order_id).buyer_email)
    return MAILS[DeliveryKind(delivery.kind)].contents(delivery)
