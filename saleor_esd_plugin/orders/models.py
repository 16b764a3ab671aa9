from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from ..accounts.models import Account
from ..host.db import check_constraint
from ..ids import uuid7
from ..licenses.policies.models import LicensePolicy


class OrderOrigin(models.TextChoices):
    """Where an order comes from: the shop, or staff who gave licenses without one (`grants`)."""

    SHOP = "SHOP"
    GRANT = "GRANT"


class ApprovalState(models.TextChoices):
    """What was decided of an order: nothing, some units, all that remain, or that none is approved."""

    PENDING = "PENDING"
    PARTIALLY_APPROVED = "PARTIALLY_APPROVED"
    APPROVED = "APPROVED"
    REJECTED = "REJECTED"
    CANCELLED = "CANCELLED"


class ApprovalReason(models.TextChoices):
    """Why staff have to decide on a line, and not its policy.

    It is MANUAL; with RULES the line has more units than it lets pass, or the account no approved order yet;
    what it says of approval was changed after the order was placed; the checkout made another order (2.10).
    """

    POLICY_MANUAL = "POLICY_MANUAL"
    QUANTITY = "QUANTITY"
    FIRST_ORDER = "FIRST_ORDER"
    POLICY_CHANGED = "POLICY_CHANGED"
    DUPLICATE_CHECKOUT = "DUPLICATE_CHECKOUT"


class FactKind(models.TextChoices):
    """What a payment provider can tell of a payment: REFUNDED is all of a charge that went back, REFUND one refund."""

    CAPTURED = "CAPTURED"
    FAILED = "FAILED"
    REFUNDED = "REFUNDED"
    REFUND = "REFUND"
    DISPUTE = "DISPUTE"


class DisputeStage(models.IntegerChoices):
    """How far a dispute is. It only goes up, so that messages may come in any order.

    An INQUIRY has taken no money. CLOSED ended without a loss. LOST outranks WON: what was taken away for
    it cannot come back.
    """

    INQUIRY = 1
    OPEN = 2
    WITHDRAWN = 3
    CLOSED = 4
    WON = 5
    LOST = 6


class RefundState(models.IntegerChoices):
    """How far a refund is. It only goes up, so that messages may come in any order.

    What is CANCELED or FAILED did not go back. Both outrank SUCCEEDED: a bank may say days later that it has no
    such account. What is under way counts as gone, as it does in the provider's own totals.
    """

    PENDING = 1
    REQUIRES_ACTION = 2
    SUCCEEDED = 3
    CANCELED = 4
    FAILED = 5


def amount_field() -> models.DecimalField:
    """Money in major units of the order's currency."""
    return models.DecimalField(max_digits=20, decimal_places=4, default=0)


class LicenseOrder(models.Model):
    """The licensed part of one Saleor order, named by the uuid that survives the upgrade from 2.10.

    Only what `is_of_shop` is known to the shop: it is read there, has payments, receipts, fulfillments. A grant
    is none of it. It has refs of its own (`grants`), is approved, confirmed, paid and has its keys from the start.

    `account` is found or made by allocation, so it is empty for a moment after the checkout.
    `paid_at`, `confirmed_at`, `cancelled_at`, `refunded_at` are when we heard it first, `refunded_at` that
    everything went back; `paid_at` is None again if the shop no longer says so (`payments.note_unpaid`);
    `unpaid_release_reason` is the staff override. The notification address (I04) never gets a key. `channel` (slug; empty on 2.10) and `country` (of the billing address, ISO 3166-1
    alpha-2) are what pools may be chosen by; None until the host was asked.

    How the money stands, by the host and by all `PaymentFact`s together: of the price (`total`, gross) what
    was ever `captured`, what of it was `refunded` and `charged_back` (disputes lost), since when a dispute is open. `open_refund` went
    back without any unit having left for it; `settled_refund` is what staff said no unit leaves for. The other way
    round `failed_refund` did not go back, or came back, although units had left for it; `peak_refund` is the most
    that ever seemed to be gone, less what staff have decided on since.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    order_uuid = models.UUIDField(unique=True)
    # The database has the default too: the statement of a checkout does not name it.
    origin = models.CharField(
        max_length=12, choices=OrderOrigin.choices, default=OrderOrigin.SHOP.value
    )
    number = models.CharField(max_length=64)
    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, null=True, db_index=False, related_name="orders"
    )
    buyer_user_ref = models.CharField(max_length=36, blank=True)
    buyer_email = models.CharField(max_length=254, blank=True)
    # Whether that was the address of the user `buyer_user_ref`, and so changes with it. None: not asked yet.
    follows_user = models.BooleanField(null=True)
    language = models.CharField(max_length=10, blank=True)
    channel = models.CharField(max_length=255, null=True)
    country = models.CharField(max_length=2, null=True)
    notification_email = models.CharField(max_length=254, blank=True)
    purchase_order_reference = models.CharField(max_length=128, blank=True)
    comment = models.CharField(max_length=2000, blank=True)
    checkout_token = models.CharField(max_length=36, blank=True)
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
    currency = models.CharField(max_length=3, blank=True)
    total = amount_field()
    captured = amount_field()
    refunded = amount_field()
    charged_back = amount_field()
    open_refund = amount_field()
    settled_refund = amount_field()
    failed_refund = amount_field()
    peak_refund = amount_field()
    disputed_at = models.DateTimeField(null=True)
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
            # Few among many: the list of what staff gave.
            models.Index(
                fields=["ordered_at", "id"], condition=Q(origin="GRANT"), name="esd_order_granted"
            ),
            # Here and not at the field, which would bring a second index for LIKE to every checkout.
            models.Index(fields=["checkout_token"], name="esd_order_checkout"),
            models.Index(
                fields=["checked_at"],
                condition=Q(cancelled_at=None, refunded_at=None),
                name="esd_order_checked",
            ),
            models.Index(
                fields=["disputed_at"], condition=~Q(disputed_at=None), name="esd_order_disputed"
            ),
            models.Index(
                fields=["ordered_at", "id"],
                condition=Q(refunded__gt=0) | Q(charged_back__gt=0) | Q(refunded_at__isnull=False),
                name="esd_order_refunded",
            ),
            models.Index(
                fields=["ordered_at", "id"],
                condition=Q(open_refund__gt=0),
                name="esd_order_open_refund",
            ),
            models.Index(
                fields=["ordered_at", "id"],
                condition=Q(failed_refund__gt=0),
                name="esd_order_failed_refund",
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def is_of_shop(self) -> bool:
        """Whether the shop has an order for it, or had before it deleted that."""
        return self.origin == OrderOrigin.SHOP.value

    @property
    def is_ended(self) -> bool:
        """Cancelled or refunded in full: nothing of it may be released any more."""
        return self.cancelled_at is not None or self.refunded_at is not None


class LicenseOrderLine(models.Model):
    """One order line of a licensed variant.

    Of its `quantity` units, `approved` may be released and `withdrawn` have left (rejected, cancelled,
    refunded, with a key or without); the rest is undecided. Backordered = quantity - withdrawn - live
    licenses; `backordered_at` says since when it is more than 0 although allocation has looked.
    `fulfilled` counts the units that Saleor was told of, so that it is told once. `approval_reasons` are why
    staff decide on it, as its policy said when allocation looked: none, and the policy approves it; None
    until then, and again when units come to it. The units of one that `is_renewal` take no key: each renews a
    license that exists (`LicenseRenewal`).
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    order = models.ForeignKey(LicenseOrder, on_delete=models.PROTECT, related_name="lines")
    order_line_ref = models.CharField(max_length=36)
    policy = models.ForeignKey(LicensePolicy, on_delete=models.PROTECT, related_name="order_lines")
    variant_ref = models.CharField(max_length=36)
    sku = models.CharField(max_length=255, blank=True)
    product_name = models.CharField(max_length=386, blank=True)
    variant_name = models.CharField(max_length=255, blank=True)
    # As the policy is, which never changes. The database has the default too, as that of `origin`.
    is_renewal = models.BooleanField(default=False)
    quantity = models.PositiveIntegerField()
    approved = models.PositiveIntegerField(default=0)
    withdrawn = models.PositiveIntegerField(default=0)
    fulfilled = models.PositiveIntegerField(default=0)
    allocated_at = models.DateTimeField(null=True)
    backordered_at = models.DateTimeField(null=True)
    approval_reasons = ArrayField(
        models.CharField(max_length=20, choices=ApprovalReason.choices), null=True
    )

    class Meta:
        default_permissions = ()
        ordering = ("id",)
        constraints = [
            check_constraint(
                Q(quantity__gte=F("approved") + F("withdrawn")), "esd_order_line_counts"
            ),
            models.UniqueConstraint(fields=["order_line_ref"], name="esd_order_line_once"),
        ]
        indexes = [
            models.Index(fields=["variant_ref"], name="esd_order_line_variant"),
            models.Index(
                fields=["policy", "backordered_at"],
                condition=~Q(backordered_at=None),
                name="esd_order_line_backordered",
            ),
            models.Index(
                fields=["order"], condition=Q(is_renewal=True), name="esd_order_line_renewal"
            ),
        ]

    @property
    def undecided(self) -> int:
        """Units that nobody has approved or withdrawn."""
        return self.quantity - self.approved - self.withdrawn


class PaymentFact(models.Model):
    """What a payment provider has told of one payment.

    The set of messages decides, not their order, and a message may come twice. `payment_ref` is the provider's
    id of the payment, by which the host's own records lead to the order; `ref` is what the fact is of: the
    payment itself, a charge (REFUNDED: all that went back of it), a refund of the charge `charge_ref`, a dispute.
    `order` is empty until the host's records know the payment.

    `stage`, a RefundState or DisputeStage, and amounts only grow; but what went back of a charge is what the
    provider said last, at `told_at` by its own clock. By that clock, too, a refund `began_at`, and
    `ended_at` without success. What was told without a clock (None) is older, and of it the largest counts.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    provider = models.CharField(max_length=32)
    payment_ref = models.CharField(max_length=255, db_index=True)
    kind = models.CharField(max_length=16, choices=FactKind.choices)
    ref = models.CharField(max_length=255)
    currency = models.CharField(max_length=3)
    amount = amount_field()
    stage = models.PositiveSmallIntegerField(null=True)
    charge_ref = models.CharField(max_length=255, blank=True, default="")
    told_at = models.DateTimeField(null=True)
    began_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    order = models.ForeignKey(
        LicenseOrder, on_delete=models.PROTECT, null=True, related_name="payment_facts"
    )
    noted_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        ordering = ("id",)
        constraints = [
            # With the currency: what was told in a wrong one must not stand in the way of the right one.
            models.UniqueConstraint(
                fields=["provider", "kind", "ref", "currency"], name="esd_payment_fact"
            )
        ]
