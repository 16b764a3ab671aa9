from __future__ import annotations

from django.db import models
from django.db.models import Q

from ...host.db import check_constraint
from ...ids import uuid7
from ...licenses.models import License
from ...licenses.term_models import TermChange
from ..models import LicenseOrderLine


class RenewalProblem(models.TextChoices):
    """Why a license that was named is not renewed: staff have to name one anew, or give the money back."""

    CANCELLED = "CANCELLED"
    LAPSED = "LAPSED"
    NOT_BEGUN = "NOT_BEGUN"
    PERPETUAL = "PERPETUAL"
    SHORT_TERM = "SHORT_TERM"
    OTHER_ACCOUNT = "OTHER_ACCOUNT"


class LicenseRenewal(models.Model):
    """One unit of a renewal line: the license that it is for. A unit for which none is named is no row.

    It is renewed by `term_change` once the unit is approved and paid. With a `problem` it counts as not named. What
    was renewed and then refunded has both, the change and `ended_at`.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    order_line = models.ForeignKey(
        LicenseOrderLine, on_delete=models.PROTECT, related_name="renewals"
    )
    license = models.ForeignKey(License, on_delete=models.PROTECT, related_name="renewals")
    named_at = models.DateTimeField()
    problem = models.CharField(max_length=16, blank=True, choices=RenewalProblem.choices)
    term_change = models.OneToOneField(
        TermChange, on_delete=models.PROTECT, null=True, related_name="renewal"
    )
    ended_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()
        ordering = ("id",)
        constraints = [
            models.UniqueConstraint(
                fields=["order_line", "license"],
                condition=Q(ended_at=None),
                name="esd_renewal_once",
            ),
            check_constraint(Q(term_change=None) | Q(problem=""), "esd_renewal_problem"),
        ]

    @property
    def is_renewed(self) -> bool:
        """Whether its license got the term that was paid for."""
        return self.term_change_id is not None


class CheckoutRenewal(models.Model):
    """A license that the user of a checkout wants renewed by what is in it. Decides nothing: it is looked at again
    once there is an order."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    checkout_token = models.CharField(max_length=36)
    license = models.ForeignKey(License, on_delete=models.CASCADE, db_index=False, related_name="+")
    user_ref = models.CharField(max_length=36)
    created_at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        ordering = ("id",)
        constraints = [
            models.UniqueConstraint(
                fields=["checkout_token", "license"], name="esd_checkout_renewal_once"
            )
        ]
        indexes = [models.Index(fields=["created_at"], name="esd_checkout_renewal_age")]
