from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from ..host.db import JSONField
from ..ids import uuid7


class ReasonAction(models.TextChoices):
    """What needs a reason of the table."""

    SUSPEND = "SUSPEND"
    REINSTATE = "REINSTATE"
    CANCEL = "CANCEL"


class LicenseReason(models.Model):
    """Why a license is suspended, reinstated or cancelled; staff manage the table (P09, P10).

    `texts` maps a language ("en", "pt-br") to how it reads to the customer. With `needs_note` whoever gives the
    reason has to describe it besides. An archived one is given no more, and still read.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    code = models.CharField(max_length=40, unique=True)
    actions = ArrayField(models.CharField(max_length=10, choices=ReasonAction.choices))
    needs_note = models.BooleanField(default=False)
    texts = JSONField(default=dict)
    archived_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()
        ordering = ("code",)

    def __str__(self) -> str:
        return self.code
