from __future__ import annotations

from datetime import datetime
from typing import List

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from ...host.db import JSONField, check_constraint
from ...ids import uuid7
from ...keys.models import KeyPool
from ..rules import Term, term_from


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
