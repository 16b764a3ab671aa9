from __future__ import annotations

from datetime import datetime
from typing import Any, Callable, Dict

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from ..accounts.models import Account, EndCustomer
from ..host.db import check_constraint
from ..ids import uuid7
from ..keys.models import LicenseKey
from ..permissions import STAFF_PERMISSIONS
from .policies.models import LicensePolicy
from .rules import INSTANTS, Lifecycle, is_suspended_at, lifecycle_at


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
# What `License.is_suspended_at` and `is_usable_at` say, at the moment of the statement.
NOT_SUSPENDED = Q(suspended_at=None) | Q(suspension_causes=["STAFF"], suspended_until__lte=Now())
USABLE = Q(fulfillment__in=ISSUED) & NOT_SUSPENDED
UNSUSPENDED: Dict[str, Any] = {
    "suspended_at": None,
    "suspension_causes": [],
    "suspended_until": None,
    "stopped_until": None,
    "suspension_reason": None,
    "suspension_note": None,
}


class SuspensionCause(models.TextChoices):
    """Why a license is suspended. Each cause is lifted by its own opposite only."""

    STAFF = "STAFF"
    DISPUTE = "DISPUTE"
    PAYMENT = "PAYMENT"


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

    Past `expires_at` it may be used until `grace_until` and renewed until `retained_until`; all three or none are
    set, and none moves when the policy changes. `term_set_at` is when `expires_at` got its value, None if that was
    before this was noted. It is suspended as long as `suspension_causes` has a
    `SuspensionCause`, since `suspended_at`; that of STAFF is over at `suspended_until`, if that is known, and
    came with `suspension_reason` (the code of a `LicenseReason`) and `suspension_note`. Where the policy stops the
    clock, the term has been moved by what of the suspension lies before `stopped_until`. `reason_code` is that of
    a cancellation.
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
    grace_until = models.DateTimeField(null=True)
    retained_until = models.DateTimeField(null=True)
    term_set_at = models.DateTimeField(null=True)
    suspended_at = models.DateTimeField(null=True)
    suspension_causes = ArrayField(models.CharField(max_length=10), default=list)
    suspended_until = models.DateTimeField(null=True)
    stopped_until = models.DateTimeField(null=True)
    # Null and not empty: the claim's statement does not name them.
    suspension_reason = models.CharField(max_length=40, null=True)
    suspension_note = models.CharField(max_length=500, null=True)
    reason_code = models.CharField(max_length=40, null=True)
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
            check_constraint(
                Q(expires_at=None, grace_until=None, retained_until=None)
                | Q(
                    expires_at__isnull=False,
                    grace_until__isnull=False,
                    retained_until__isnull=False,
                    expires_at__lte=F("grace_until"),
                    grace_until__lte=F("retained_until"),
                ),
                "esd_license_term",
            ),
        ]
        indexes = [
            models.Index(fields=["account", "id"], name="esd_license_account"),
            models.Index(
                fields=["end_customer"],
                condition=Q(end_customer__isnull=False),
                name="esd_license_end_customer",
            ),
            models.Index(
                fields=["suspended_until"],
                condition=Q(suspended_until__isnull=False),
                name="esd_license_suspended_until",
            ),
            models.Index(
                fields=["expires_at"],
                condition=Q(expires_at__isnull=False),
                name="esd_license_expires",
            ),
            models.Index(
                fields=["id"],
                condition=Q(suspended_at__isnull=False),
                name="esd_license_suspended_now",
            ),
            models.Index(
                fields=["reason_code"],
                condition=Q(reason_code__isnull=False),
                name="esd_license_reason",
            ),
        ]

    def is_suspended_at(self, moment: datetime) -> bool:
        """Also before the sweep has taken note that a suspension's time is over."""
        return is_suspended_at(
            moment,
            suspended_at=self.suspended_at,
            causes=self.suspension_causes,
            until=self.suspended_until,
        )

    def is_usable_at(self, moment: datetime) -> bool:
        """Released and not suspended: its key may be handed over. Its term is another question."""
        return self.fulfillment in ISSUED and not self.is_suspended_at(moment)

    def standing_at(self, moment: datetime) -> str:
        """SUSPENDED, or the fulfillment: why it is not usable."""
        return "SUSPENDED" if self.is_suspended_at(moment) else self.fulfillment

    def lifecycle_at(self, moment: datetime) -> Lifecycle:
        """Whether it may be used at this moment (aware)."""
        return lifecycle_at(moment, **{name: getattr(self, name) for name in INSTANTS})

    def clock_at(self, moment: datetime) -> datetime:
        """The moment for its term: while a suspension stops the clock, when it stopped."""
        return self.stopped_until if self.is_stopped_at(moment) else moment

    def is_stopped_at(self, moment: datetime) -> bool:
        """Whether a suspension stops its clock."""
        return self.stopped_until is not None and self.is_suspended_at(moment)

    def lifecycle_below(self, moment: datetime) -> Lifecycle:
        """What it would be if it were not suspended."""
        instants = {name: getattr(self, name) for name in INSTANTS}
        return lifecycle_at(self.clock_at(moment), **{**instants, "suspended_at": None})


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
