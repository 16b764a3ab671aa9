from __future__ import annotations

from datetime import datetime
from typing import Any, Callable, Dict, List

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from ..accounts.models import Account, EndCustomer
from ..host.db import JSONField, check_constraint
from ..ids import uuid7
from ..keys.models import KeyPool, LicenseKey
from ..permissions import STAFF_PERMISSIONS
from .rules import INSTANTS, Lifecycle, Term, is_suspended_at, lifecycle_at, term_from


class Approval(models.TextChoices):
    """When ordered units may be released."""

    MANUAL = "MANUAL"
    AUTOMATIC = "AUTOMATIC"
    RULES = "RULES"


class PolicyKind(models.TextChoices):
    """What a unit of the variant is: a license with a key, or a longer term for one that exists."""

    LICENSE = "LICENSE"
    RENEWAL = "RENEWAL"


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


class RenewalBasis(models.TextChoices):
    """From when another term counts. Whatever it is, a renewal never shortens."""

    FROM_EXPIRY = "FROM_EXPIRY"
    FROM_NOW = "FROM_NOW"
    FROM_NOW_IF_EXPIRED = "FROM_NOW_IF_EXPIRED"


class SuspensionClock(models.TextChoices):
    """Whether a term runs on while its license is suspended."""

    RUNS = "RUNS"
    STOPS = "STOPS"


def default_offsets() -> List[int]:
    """Days before expiry on which a reminder goes out (M15)."""
    return [60, 30, 7, 1]


class LicensePolicy(models.Model):
    """How one Saleor variant is licensed: which pool, whose approval, how the key is handed over, how long.

    A variant without a live policy is not ESD. One of kind RENEWAL has no pool: each unit renews a license of one
    of the variants `renews` by a `term`; all else about the term is as the license's own policy says. Keys come from the pools of `ranked_pools` that are meant for
    the buyer, in their order, and at last from `pool`; unless the policy `falls_back` only the first of these
    counts (`licenses.ranking`). `term` is an ISO 8601 duration of whole years, months,
    weeks or days ("P1Y"), empty for perpetual; `retention_days` count from the expiry and include the `grace_days`.
    A license may go to another end customer `transfers_per_30_days` times, None: without limit.
    `reminder_offsets` are days before the expiry; what is below 0 comes after it. With approval RULES an order waits for staff if one line
    exceeds `approval_quantity` or, with `approves_first_order_manually`, if it is the buyer's first;
    `approval_changed_at` is since when that is so, if it ever changed: it is for orders from then on.
    `instructions` maps a language ("en", "pt-br") to the activation text of the product (I18).
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    variant_ref = models.CharField(max_length=36)
    kind = models.CharField(
        max_length=8, choices=PolicyKind.choices, default=PolicyKind.LICENSE.value
    )
    renews = ArrayField(models.CharField(max_length=36), default=list)
    name = models.CharField(max_length=250, blank=True)
    pool = models.ForeignKey(KeyPool, on_delete=models.PROTECT, null=True, related_name="policies")
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
    renewal_basis = models.CharField(
        max_length=20, choices=RenewalBasis.choices, default=RenewalBasis.FROM_EXPIRY.value
    )
    grace_days = models.PositiveSmallIntegerField(default=30)
    retention_days = models.PositiveSmallIntegerField(default=120)
    suspension_clock = models.CharField(
        max_length=5, choices=SuspensionClock.choices, default=SuspensionClock.RUNS.value
    )
    transfers_per_30_days = models.PositiveSmallIntegerField(null=True)
    reminder_offsets = ArrayField(models.SmallIntegerField(), default=default_offsets)
    instructions = JSONField(default=dict)
    created_at = models.DateTimeField()
    archived_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()
        ordering = ("id",)
        constraints = [
            models.UniqueConstraint(
                fields=["variant_ref"], condition=Q(archived_at=None), name="esd_policy_variant"
            ),
            check_constraint(
                Q(kind="LICENSE", pool__isnull=False, renews=[])
                | (Q(kind="RENEWAL", pool__isnull=True) & ~Q(renews=[]) & ~Q(term="")),
                "esd_policy_kind",
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.variant_ref

    @property
    def is_renewal(self) -> bool:
        """Whether its units are renewals, and take no key."""
        return self.kind == PolicyKind.RENEWAL.value

    def term_from(self, start: datetime) -> Term:
        """The term of a license that begins at this moment."""
        return term_from(
            start, self.term, grace_days=self.grace_days, retention_days=self.retention_days
        )


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
        is_stopped = self.stopped_until is not None and self.is_suspended_at(moment)
        return self.stopped_until if is_stopped else moment

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
