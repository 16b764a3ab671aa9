"""One e-mail leaves: leased, rendered, sent outside any transaction, marked (C5 to C7).

A worker may die anywhere. Before the mail server said yes, the lease ends and another one sends; between
its yes and our mark, the mail goes out twice with the same Message-ID. Nothing is lost.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import datetime, timedelta
from email.mime.image import MIMEImage
from smtplib import SMTPDataError, SMTPRecipientsRefused, SMTPResponseException
from typing import List, Optional, Tuple
from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.db import transaction
from django.db.models import Q

from ..accounts.errors import AddressRefused
from ..errors import Required
from ..events import signs
from ..events.record import record
from ..events.types import EventType
from ..host import shop
from ..host.db import now
from ..host.types import SYSTEM
from ..keys.errors import KeyringLocked, Tampered
from ..keys.ring.tampering import record_tampering
from ..orders.buyer_address import read_buyer_address
from .contents import contents_of
from .delivery_rules import wait_after
from .errors import Held, NothingToSend, Unready
from .holding import hold
from .logo import Picture, logo_of
from .models import Delivery, DeliveryStatus
from .opting_out import unsubscribe_headers
from .render import CannotRender, Letter, render
from .sender import Sender, sender

logger = logging.getLogger(__name__)

LEASE = timedelta(minutes=5)
WAIT_UNTIL_READY = timedelta(minutes=15)
# Shorter than the lease, or a slow server would make two workers send the same mail.
_SERVER_TIMEOUT = 60
_WRITES_TO_DISK_OR_LOG = ("console.EmailBackend", "filebased.EmailBackend")

QUEUED, SENT = DeliveryStatus.QUEUED.value, DeliveryStatus.SENT.value
FAILED, SUPPRESSED = DeliveryStatus.FAILED.value, DeliveryStatus.SUPPRESSED.value


def due_deliveries(limit: int) -> List[UUID]:
    """Ids of deliveries to send now, the longest due first: queued, due, and leased by nobody."""
    return list(_due(now()).order_by("due_at", "pk").values_list("pk", flat=True)[:limit])


def send_delivery(delivery_id: UUID) -> None:
    """Send one e-mail if it is due; called twice, late or for a sent one it does nothing.

    Never raises for what is wrong with the mail or its server: the row says so in `error`, waits for
    its next attempt (1, 5, 15, 60 minutes, 4, 24 hours) or is FAILED. While the plugin is switched off
    everything stays queued. Not to be called inside a transaction.
    """
    chosen = shop.plugin_settings()
    if not chosen.is_active:
        return
    _read_address(delivery_id)
    leased = _lease(delivery_id, logo_of(chosen.logo_address))
    if leased is None:
        return
    delivery, letter, source = leased
    problem, is_final = _hand_to_server(delivery, letter, source)
    with transaction.atomic():
        # Only our own attempt: after a lease that ended, another worker decides.
        mine = Delivery.objects.select_for_update().filter(
            pk=delivery.pk, attempts=delivery.attempts, status=QUEUED
        )
        row = mine.first()
        if row is None:
            return
        if problem:
            _note_problem(row, problem, is_final=is_final)
        else:
            row.status, row.sent_at, row.error, row.leased_until = SENT, now(), "", None
        row.save(update_fields=["status", "sent_at", "error", "due_at", "leased_until"])
    signs.note_mail(left=not problem)


def _due(moment: datetime):
    free = Q(leased_until=None) | Q(leased_until__lte=moment)
    return Delivery.objects.filter(free, status=QUEUED, due_at__lte=moment)


def _read_address(delivery_id: UUID) -> None:
    """Ask the shop for the buyer's address before his mail leaves: nobody tells us that it changed.

    In a transaction of its own: what follows from another address does not depend on this mail.
    """
    mine = _due(now()).filter(pk=delivery_id, data__is_buyer=True)
    order_id = mine.values_list("order_id", flat=True).first()
    if order_id is not None:
        read_buyer_address(order_id)


@transaction.atomic
def _lease(delivery_id: UUID, logo: Optional[Picture]) -> Optional[Tuple[Delivery, Letter, Sender]]:
    """Take the delivery for some minutes and write its letter; None if there is nothing to send.

    Keys in the letter are marked as revealed in this same transaction: seen is committed before sent.
    """
    moment = now()
    delivery = (
        _due(moment)
        .select_for_update(skip_locked=True, of=("self",))
        .select_related("event")
        .filter(pk=delivery_id)
        .first()
    )
    if delivery is None or not shop.plugin_settings().is_active:
        return None
    delivery.attempts += 1
    delivery.leased_until = moment + LEASE
    delivery.data.pop("is_held", None)
    letter = source = None
    try:
        source = _ready_sender(logo)
        # A savepoint: what half a letter has revealed or issued is taken back.
        with transaction.atomic():
            contents = contents_of(delivery)
            letter = render(delivery.kind, delivery.language, contents, source)
    except NothingToSend as why:
        delivery.status, delivery.error, delivery.leased_until = SUPPRESSED, str(why), None
    except (Unready, KeyringLocked) as why:
        if isinstance(why, Unready):
            signs.note_mail(left=False)
        # Nobody tried to send it; it leaves when the shop's settings are right.
        delivery.attempts -= 1
        delivery.error = str(why)[:200]
        delivery.due_at, delivery.leased_until = moment + WAIT_UNTIL_READY, None
    except Held:
        delivery.attempts -= 1
        hold(delivery, moment)
    except (Required, AddressRefused) as refusal:
        _note_problem(delivery, refusal.code, is_final=True)
    except Tampered as error:
        # The savepoint took the event of it along.
        record_tampering(error)
        _note_problem(delivery, error.code)
    except CannotRender as error:
        _note_problem(delivery, f"CannotRender {error}")
    except Exception as error:
        _note_problem(delivery, type(error).__name__)
    delivery.save(
        update_fields=["recipient", "data", "status", "attempts", "error", "due_at", "leased_until"]
    )
    return (delivery, letter, source) if letter and source else None


def _ready_sender(logo: Optional[Picture]) -> Sender:
    """The sender, if mail can leave this shop. Raises Unready before a key is opened for nothing."""
    if not settings.EMAIL_BACKEND:
        raise Unready("EMAIL_BACKEND is not set: set EMAIL_URL.")
    if settings.EMAIL_BACKEND.endswith(_WRITES_TO_DISK_OR_LOG) and not settings.DEBUG:
        raise Unready("EMAIL_BACKEND would write keys to a log or file: set EMAIL_URL.")
    source = replace(sender(), logo=logo)
    if not source.address:
        raise Unready("No sender address is set, neither in the plugin nor in the shop.")
    return source


def _hand_to_server(delivery: Delivery, letter: Letter, source: Sender) -> Tuple[str, bool]:
    """What went wrong, empty if nothing, and whether trying again is useless."""
    message = EmailMultiAlternatives(
        letter.subject,
        letter.text,
        source.header,
        [delivery.recipient],
        headers={
            "Message-ID": f"<esd.{delivery.pk}@{source.domain}>",
            "Auto-Submitted": "auto-generated",
            **unsubscribe_headers(delivery),
        },
    )
    message.attach_alternative(letter.html, "text/html")
    if source.logo:
        kind, content = source.logo
        picture = MIMEImage(content, kind.partition("/")[2])
        picture.add_header("Content-ID", "<logo>")
        picture.add_header("Content-Disposition", "inline")
        message.attach(picture)
        message.mixed_subtype = "related"
    try:
        timeout = getattr(settings, "EMAIL_TIMEOUT", None) or _SERVER_TIMEOUT
        message.connection = get_connection(timeout=timeout)
        message.send()
    except Exception as error:
        # Neither the server's words nor a traceback: both can hold the mail.
        name, code = type(error).__name__, _smtp_code(error)
        # Other refusals (sender, login) are the shop's, and may be put right.
        concerns_mail = isinstance(error, (SMTPRecipientsRefused, SMTPDataError))
        return f"{name} {code}" if code else name, concerns_mail and 500 <= code < 600
    return "", False


def _smtp_code(error: Exception) -> int:
    if isinstance(error, SMTPRecipientsRefused):
        return next((code for code, _ in error.recipients.values()), 0)
    return error.smtp_code if isinstance(error, SMTPResponseException) else 0


def _note_problem(delivery: Delivery, problem: str, *, is_final: bool = False) -> None:
    """Put the delivery back into the queue for later, or give up and say so in an event."""
    wait = None if is_final else wait_after(delivery.attempts)
    delivery.error, delivery.leased_until = problem[:200], None
    logger.warning("Delivery %s, attempt %s: %s", delivery.pk, delivery.attempts, delivery.error)
    if wait is not None:
        delivery.due_at = now() + wait
        return
    delivery.status = FAILED
    record(
        EventType.DELIVERY_FAILED,
        delivery.pk,
        actor=SYSTEM,
        order_id=delivery.order_id,
        account_id=delivery.account_id,
        kind=delivery.kind,
        error=delivery.error,
    )
