from __future__ import annotations

from django.db import models

from ..ids import uuid7


class Outcome(models.TextChoices):
    """What became of a message: taken note of, or not believed."""

    ACCEPTED = "ACCEPTED"
    MISMATCH = "MISMATCH"


class InboundEvent(models.Model):
    """A message of a payment provider that was taken in: once, with its effect. Its body is not kept."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    provider = models.CharField(max_length=32)
    event_id = models.CharField(max_length=255)
    type = models.CharField(max_length=64)
    outcome = models.CharField(max_length=16, choices=Outcome.choices)
    occurred_at = models.DateTimeField()
    received_at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        ordering = ("id",)
        constraints = [
            models.UniqueConstraint(fields=["provider", "event_id"], name="esd_inbound_event")
        ]
        indexes = [models.Index(fields=["received_at"], name="esd_inbound_received")]
