from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from ..accounts.models import Account
from ..host.db import check_constraint
from ..ids import uuid7
from ..licenses.models import LicensePolicy


class ApprovalState(models.TextChoices):
    """What was decided of an order: nothing, some units, all that remain, or that none is approved."""

    PENDING = "PENDING"
    PARTIALLY_APPROVED = "PARTIALLY_APPROVED"
    APPROVED = "APPROVED"
    REJECTED = "REJECTED"
    CANCELLED = "CANCELLED"


class LicenseOrder(models.Model):
    """The licensed part of one Saleor order, named by the uuid that survives the upgrade from 2.10.

    `account` is found or made by allocation, so it is empty for a moment after the checkout.
    `paid_at`, `confirmed_at`, `cancelled_at`, `refunded_at` are when we heard it of the host;
    `unpaid_release_reason` is the staff override. The notification address (I04) never gets a key.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    order_uuid = models.UUIDField(unique=True)
    number = models.CharField(max_length=64)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, null=True, related_name="orders")
    buyer_user_ref = models.CharField(max_length=36, blank=True)
    buyer_email = models.CharField(max_length=254, blank=True)
    language = models.CharField(max_length=10, blank=True)
    notification_email = models.CharField(max_length=254, blank=True)
    purchase_order_reference = models.CharField(max_length=128, blank=True)
    comment = models.CharField(max_length=2000, blank=True)
    checkout_token = models.CharField(max_length=36, blank=True, db_index=True)
    is_duplicate_checkout = models.BooleanField(default=False)
    approval = models.CharField(
        max_length=20, choices=ApprovalState.choices, default=ApprovalState.PENDING.value
    )
    decided_by = models.CharField(max_length=254, blank=True)
    decided_at = models.DateTimeField(null=True)
    decision_reason = models.CharField(max_length=500, blank=True)
    ordered_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True)
    paid_at = models.DateTimeField(null=True)
    unpaid_release_reason = models.CharField(max_length=500, blank=True)
    cancelled_at = models.DateTimeField(null=True)
    refunded_at = models.DateTimeField(null=True)
    # When the sweep last asked the host about this order; it asks about the oldest first.
    checked_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()
        ordering = ("id",)
        indexes = [
            models.Index(
                fields=["ordered_at", "id"],
                condition=Q(approval__in=["PENDING", "PARTIALLY_APPROVED"]),
                name="esd_order_undecided",
            ),
            models.Index(fields=["account", "id"], name="esd_order_account"),
            models.Index(fields=["ordered_at", "id"], name="esd_order_ordered"),
            models.Index(
                fields=["checked_at"],
                condition=Q(cancelled_at=None, refunded_at=None),
                name="esd_order_checked",
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def is_ended(self) -> bool:
        """Cancelled or refunded in full: nothing of it may be released any more."""
        return self.cancelled_at is not None or self.refunded_at is not None


class LicenseOrderLine(models.Model):
    """One order line of a licensed variant.

    Of its `quantity` units, `approved` may be released and `withdrawn` have left (rejected, cancelled,
    refunded, with a key or without); the rest is undecided. Backordered = quantity - withdrawn - live
    licenses; `backordered_at` says since when it is more than 0 although allocation has looked.
    `fulfilled` counts the units that Saleor was told of, so that it is told once.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    order = models.ForeignKey(LicenseOrder, on_delete=models.PROTECT, related_name="lines")
    order_line_ref = models.CharField(max_length=36, unique=True)
    policy = models.ForeignKey(LicensePolicy, on_delete=models.PROTECT, related_name="order_lines")
    variant_ref = models.CharField(max_length=36, db_index=True)
    sku = models.CharField(max_length=255, blank=True)
    product_name = models.CharField(max_length=386, blank=True)
    variant_name = models.CharField(max_length=255, blank=True)
    quantity = models.PositiveIntegerField()
    approved = models.PositiveIntegerField(default=0)
    withdrawn = models.PositiveIntegerField(default=0)
    fulfilled = models.PositiveIntegerField(default=0)
    allocated_at = models.DateTimeField(null=True)
    backordered_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()
        ordering = ("id",)
        constraints = [
            check_constraint(
                Q(quantity__gte=F("approved") + F("withdrawn")), "esd_order_line_counts"
            )
        ]
        indexes = [
            models.Index(
                fields=["policy", "backordered_at"],
                condition=~Q(backordered_at=None),
                name="esd_order_line_backordered",
            )
        ]

    @property
    def undecided(self) -> int:
        """Units that nobody has approved or withdrawn."""
        return self.quantity - self.approved - self.withdrawn
