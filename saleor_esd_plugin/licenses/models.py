from __future__ import annotations

from typing import Any, Callable

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from ..accounts.models import Account, EndCustomer
from ..host.db import JSONField, check_constraint
from ..ids import uuid7
from ..keys.models import KeyPool, LicenseKey
from ..permissions import STAFF_PERMISSIONS


class Approval(models.TextChoices):
    """When ordered units may be released."""

    MANUAL = "MANUAL"
    AUTOMATIC = "AUTOMATIC"
    RULES = "RULES"


class DeliveryMode(models.TextChoices):
    """How a key reaches its person: in the e-mail itself, or through a single-use link in it."""

    INLINE = "INLINE"
    CLAIM_LINK = "CLAIM_LINK"


class ExpiryBasis(models.TextChoices):
    """From when the term counts."""

    FROM_RELEASE = "FROM_RELEASE"
    FROM_ASSIGNMENT = "FROM_ASSIGNMENT"


class Fulfillment(models.TextChoices):
    """Where one sold unit stands. A unit that has no key yet is no row, but a count on its order line."""

    PENDING_APPROVAL = "PENDING_APPROVAL"
    RELEASED = "RELEASED"
    ASSIGNED = "ASSIGNED"
    REJECTED = "REJECTED"
    RETURNED = "RETURNED"


ENDED = (Fulfillment.REJECTED.value, Fulfillment.RETURNED.value)
ISSUED = (Fulfillment.RELEASED.value, Fulfillment.ASSIGNED.value)
LIVE = (Fulfillment.PENDING_APPROVAL.value,) + ISSUED
# The condition that `License.is_usable` is.
USABLE = Q(fulfillment__in=ISSUED, suspended_at=None)


class SuspensionCause(models.TextChoices):
    """Why a license is suspended. Each cause is lifted by its own opposite only."""

    STAFF = "STAFF"
    DISPUTE = "DISPUTE"
    PAYMENT = "PAYMENT"


class LicensePolicy(models.Model):
    """How one Saleor variant is licensed: which pool, whose approval, how the key is handed over, how long.

    A variant without a live policy is not ESD. Keys come from the pools of `ranked_pools` that are meant for
    the buyer, in their order, and at last from `pool`; unless the policy `falls_back` only the first of these
    counts (`licenses.ranking`). `term` is an ISO 8601 duration of whole years, months,
    weeks or days ("P1Y"), empty for perpetual. With approval RULES an order waits for staff if one line
    exceeds `approval_quantity` or, with `approves_first_order_manually`, if it is the buyer's first;
    `approval_changed_at` is since when that is so, if it ever changed: it is for orders from then on.
    `instructions` maps a language ("en", "pt-br") to the activation text of the product (I18).
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    variant_ref = models.CharField(max_length=36)
    name = models.CharField(max_length=250, blank=True)
    pool = models.ForeignKey(KeyPool, on_delete=models.PROTECT, related_name="policies")
    falls_back = models.BooleanField(default=True)
    approval = models.CharField(
        max_length=10, choices=Approval.choices, default=Approval.MANUAL.value
    )
    approval_quantity = models.PositiveIntegerField(null=True)
    approves_first_order_manually = models.BooleanField(default=True)
    approval_changed_at = models.DateTimeField(null=True)
    delivery = models.CharField(
        max_length=10, choices=DeliveryMode.choices, default=DeliveryMode.INLINE.value
    )
    sends_key_to_buyer = models.BooleanField(default=True)
    term = models.CharField(max_length=32, blank=True)
    expiry_basis = models.CharField(
        max_length=16, choices=ExpiryBasis.choices, default=ExpiryBasis.FROM_RELEASE.value
    )
    grace_days = models.PositiveSmallIntegerField(default=30)
    instructions = JSONField(default=dict)
    created_at = models.DateTimeField()
    archived_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()
        ordering = ("id",)
        constraints = [
            models.UniqueConstraint(
                fields=["variant_ref"], condition=Q(archived_at=None), name="esd_policy_variant"
            )
        ]

    def __str__(self) -> str:
        return self.name or self.variant_ref


class RankedPool(models.Model):
    """A pool that a policy draws on before its own, for some buyers.

    `channels` are slugs, `countries` ISO 3166-1 alpha-2 codes of the billing address, `accounts` ids; where
    one of these is empty it asks for nothing, and all that ask must be met. The smallest `rank` comes first.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    policy = models.ForeignKey(LicensePolicy, on_delete=models.CASCADE, related_name="ranked_pools")
    rank = models.PositiveSmallIntegerField()
    pool = models.ForeignKey(KeyPool, on_delete=models.PROTECT, related_name="ranks")
    channels = ArrayField(models.CharField(max_length=255), default=list)
    countries = ArrayField(models.CharField(max_length=2), default=list)
    accounts = ArrayField(models.UUIDField(), default=list)

    class Meta:
        default_permissions = ()
        ordering = ("policy", "rank")
        constraints = [
            models.UniqueConstraint(fields=["policy", "rank"], name="esd_ranked_pool_rank")
        ]


def _row_above(to: Any, on_delete: Callable = models.PROTECT) -> models.ForeignKey:
    """What a license belongs to: a trigger looks at it, once per statement (migration 0011).

    Each index costs every claim. That of line and unit, and that of the key, which also keep live licenses
    apart, are in migration 0012, the account's is in Meta.
    """
    return models.ForeignKey(
        to, on_delete=on_delete, db_constraint=False, db_index=False, related_name="licenses"
    )


class License(models.Model):
    """One sold unit that has its key. Inserted by allocation, in raw SQL (`licenses.allocation`).

    It is suspended as long as `suspension_causes` has a `SuspensionCause`, since `suspended_at`.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    # The line is the one foreign key upwards: followed only from above.
    order_line = _row_above("esd.LicenseOrderLine")
    unit_index = models.PositiveIntegerField()
    key = _row_above(LicenseKey)
    # Who deletes a policy asks its lines.
    policy = _row_above(LicensePolicy, on_delete=models.DO_NOTHING)
    account = _row_above(Account)
    end_customer = models.ForeignKey(
        EndCustomer, on_delete=models.PROTECT, null=True, db_index=False, related_name="licenses"
    )
    fulfillment = models.CharField(max_length=16, choices=Fulfillment.choices)
    created_at = models.DateTimeField()
    released_at = models.DateTimeField(null=True)
    assigned_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    starts_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    suspended_at = models.DateTimeField(null=True)
    suspension_causes = ArrayField(models.CharField(max_length=10), default=list)
    reason = models.CharField(max_length=500, blank=True)

    class Meta:
        default_permissions = ()
        permissions = [(name.lower(), text) for name, text in STAFF_PERMISSIONS.items()]
        ordering = ("id",)
        constraints = [
            check_constraint(Q(fulfillment__in=LIVE + ENDED), "esd_license_fulfillment"),
            check_constraint(
                ~Q(fulfillment="ASSIGNED") | Q(end_customer__isnull=False), "esd_license_assigned"
            ),
            check_constraint(
                Q(suspended_at=None, suspension_causes=[])
                | (Q(suspended_at__isnull=False) & ~Q(suspension_causes=[])),
                "esd_license_suspended",
            ),
        ]
        indexes = [
            models.Index(fields=["account", "id"], name="esd_license_account"),
            models.Index(
                fields=["end_customer"],
                condition=Q(end_customer__isnull=False),
                name="esd_license_end_customer",
            ),
        ]

    @property
    def is_suspended(self) -> bool:
        return self.suspended_at is not None

    @property
    def is_usable(self) -> bool:
        """Released and not suspended: its key may be handed over. The clock is another question."""
        return self.fulfillment in ISSUED and not self.is_suspended

    @property
    def standing(self) -> str:
        """SUSPENDED, or the fulfillment: why it is not usable."""
        return "SUSPENDED" if self.is_suspended else self.fulfillment


class Assignment(models.Model):
    """Who held a license, given by whom, from when to when; the open one is the holder of today.

    `assigned_by` is a name or an address, `assigned_by_ref` the host's user, empty for an app.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    license = models.ForeignKey(License, on_delete=models.PROTECT, related_name="assignments")
    end_customer = models.ForeignKey(
        EndCustomer, on_delete=models.PROTECT, related_name="assignments"
    )
    assigned_by = models.CharField(max_length=254, blank=True)
    assigned_by_ref = models.CharField(max_length=36, blank=True)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()
        ordering = ("id",)
        constraints = [
            models.UniqueConstraint(
                fields=["license"], condition=Q(ended_at=None), name="esd_assignment_open"
            )
        ]


class ClaimLink(models.Model):
    """A single-use way to one key, bound to a license and an address; only the token's hash is kept."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    license = models.ForeignKey(License, on_delete=models.PROTECT, related_name="claim_links")
    email = models.EmailField(max_length=254)
    token_hash = models.BinaryField(max_length=32, unique=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    claimed_at = models.DateTimeField(null=True)
    voided_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()
        ordering = ("id",)


class KeyReplacement(models.Model):
    """A license got another key. The old one is quarantined for good and stays with the history of both."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    license = models.ForeignKey(License, on_delete=models.PROTECT, related_name="key_replacements")
    old_key = models.ForeignKey(LicenseKey, on_delete=models.PROTECT, related_name="replacements")
    new_key = models.ForeignKey(LicenseKey, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=500)
    replaced_by = models.CharField(max_length=254, blank=True)
    replaced_at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        ordering = ("id",)
        constraints = [
            # A new key may come back unseen and be given again; an old one is never given again.
            models.UniqueConstraint(fields=["old_key"], name="esd_key_replaced_once")
        ]
