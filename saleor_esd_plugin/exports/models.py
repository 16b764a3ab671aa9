from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from ..host.db import JSONField, check_constraint
from ..ids import uuid7


class ExportKind(models.TextChoices):
    """What a file holds: a row per license, or a row per key of a pool.

    One of KEYS whose `wanted` has `report_of` holds a row per verdict of an import instead.
    """

    LICENSES = "LICENSES"
    KEYS = "KEYS"


class Export(models.Model):
    """A file that somebody asked for and may fetch once: who, what, with which rights; never its content.

    Bound to that user or app with the staff permissions that they had then; who they are and what they
    may is looked at again when it is fetched. Only the hash of its token is kept; the row goes once its time is over.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(max_length=8, choices=ExportKind.choices)
    is_clear = models.BooleanField(default=False)
    # The conditions as they were asked for, without a key; `columns` is None for all of them.
    wanted = JSONField(default=dict)
    columns = ArrayField(models.CharField(max_length=32), null=True)
    reason = models.CharField(max_length=500, blank=True)
    actor_kind = models.CharField(max_length=10)
    actor_ref = models.CharField(max_length=36)
    permissions = ArrayField(models.CharField(max_length=32), default=list)
    token_hash = models.BinaryField(max_length=32, unique=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()
        ordering = ("id",)
        constraints = [
            check_constraint(models.Q(kind__in=["LICENSES", "KEYS"]), "esd_export_kind"),
        ]
        indexes = [models.Index(fields=["expires_at"], name="esd_export_expires")]
