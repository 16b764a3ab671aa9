from __future__ import annotations

from django.db import models
from django.db.models import Q

from ..events.models import Event
from ..host.db import JSONField
from ..ids import uuid7
from ..licenses.models import License


class DeliveryKind(models.TextChoices):
    """Which e-mail; each has a row in `mails/`, and templates of its name in lower case."""

    ORDER_CONFIRMED = "ORDER_CONFIRMED"
    ORDER_WAITS = "ORDER_WAITS"  # to staff: n orders wait for approval
    ORDER_APPROVED = "ORDER_APPROVED"  # approved, but payment or keys are missing
    ORDER_RELEASED = "ORDER_RELEASED"
    ORDER_REJECTED = "ORDER_REJECTED"
    ORDER_CANCELLED = "ORDER_CANCELLED"
    ORDER_BACKORDERED = "ORDER_BACKORDERED"
    ORDER_DISPUTED = "ORDER_DISPUTED"  # to staff: a dispute was opened, won or lost
    ORDER_REFUND_OPEN = "ORDER_REFUND_OPEN"  # to staff: which units leave for a refund?
    ORDER_REFUND_FAILED = "ORDER_REFUND_FAILED"  # to staff: which units come back?
    LICENSE_KEYS = "LICENSE_KEYS"  # keys or claim links to the buyer
    LICENSE_ASSIGNED = "LICENSE_ASSIGNED"  # activation e-mail to the end customer
    LICENSES_RETURNED = "LICENSES_RETURNED"  # some left an order that goes on
    LICENSES_RENEWED = "LICENSES_RENEWED"  # by an order
    LICENSES_SUSPENDED = "LICENSES_SUSPENDED"
    LICENSES_REINSTATED = "LICENSES_REINSTATED"
    LICENSES_CANCELLED = "LICENSES_CANCELLED"
    LICENSES_EXPIRE = "LICENSES_EXPIRE"  # a reminder, before or after it
    ADDRESS_CHANGED = "ADDRESS_CHANGED"  # to a guest's new address: the way to the account
    KEYS_AT_OLD_ADDRESS = "KEYS_AT_OLD_ADDRESS"  # to staff: which keys the old address has
    KEY_POOL_LOW_STOCK = "KEY_POOL_LOW_STOCK"  # to staff: keys are running out
    KEY_REVEALED = "KEY_REVEALED"  # staff read a key of the account, or had it sent elsewhere
    RECEIPT = "RECEIPT"


class DeliveryStatus(models.TextChoices):
    QUEUED = "QUEUED"
    SENT = "SENT"
    FAILED = "FAILED"
    SUPPRESSED = "SUPPRESSED"


class Delivery(models.Model):
    """One e-mail to one address. Holds ids and counts; the text is rendered when it is sent.

    `leased_until` marks that a worker is sending it; a worker that died leaves a lease that ends.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    event = models.ForeignKey(Event, on_delete=models.PROTECT, related_name="deliveries")
    # One of DeliveryKind; not `choices`, or every new kind of mail would be a migration.
    kind = models.CharField(max_length=20)
    recipient = models.CharField(max_length=254)
    language = models.CharField(max_length=10)
    order_id = models.UUIDField(null=True, db_index=True)
    account_id = models.UUIDField(null=True, db_index=True)
    license_ids = JSONField(default=list)
    data = JSONField(default=dict)
    status = models.CharField(
        max_length=10, choices=DeliveryStatus.choices, default=DeliveryStatus.QUEUED.value
    )
    attempts = models.PositiveSmallIntegerField(default=0)
    error = models.CharField(max_length=200, blank=True)
    dedupe_key = models.CharField(max_length=200, unique=True)
    created_at = models.DateTimeField()
    due_at = models.DateTimeField()
    leased_until = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()
        ordering = ("id",)
        indexes = [
            models.Index(fields=["due_at"], condition=Q(status="QUEUED"), name="esd_delivery_due"),
            models.Index(fields=["id"], condition=Q(status="FAILED"), name="esd_delivery_failed"),
        ]


class ReminderStatus(models.TextChoices):
    """What became of one reminder when it was its turn."""

    MAILED = "MAILED"  # the delivery of its event says what became of the mail
    MISSED = "MISSED"  # due while no worker ran, and a later one went out in its place
    OPTED_OUT = "OPTED_OUT"  # its reader wants none
    NO_ADDRESS = "NO_ADDRESS"


class Reminder(models.Model):
    """That an expiry was told to one address, so many days before it, or was not: once for all.

    `days_before` is one of the policy's `reminder_offsets`, below 0 after the expiry; `address` is in lower case.
    What was never due (the term began later, the license was suspended) has no row.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    license = models.ForeignKey(
        License, on_delete=models.PROTECT, db_index=False, related_name="reminders"
    )
    expires_at = models.DateTimeField()
    days_before = models.SmallIntegerField()
    address = models.CharField(max_length=254, blank=True)
    status = models.CharField(max_length=10, choices=ReminderStatus.choices)
    event = models.ForeignKey(Event, on_delete=models.PROTECT, null=True, related_name="reminders")
    due_at = models.DateTimeField()
    created_at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        ordering = ("id",)
        constraints = [
            models.UniqueConstraint(
                fields=["license", "expires_at", "days_before", "address"],
                name="esd_reminder_once",
            )
        ]


class ReminderOptOut(models.Model):
    """An address, in lower case, whose reader wants no reminders of expiries; all other mails go there as before."""

    address = models.CharField(max_length=254, primary_key=True)
    created_at = models.DateTimeField()

    class Meta:
        default_permissions = ()
