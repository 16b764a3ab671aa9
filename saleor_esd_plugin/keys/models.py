from __future__ import annotations

from django.db import models
from django.db.models import Q

from ..host.db import JSONField, check_constraint
from ..ids import uuid7


class KeyKind(models.TextChoices):
    """What the delivered thing is called (K18)."""

    PRODUCT_KEY = "PRODUCT_KEY"
    ACTIVATION_CODE = "ACTIVATION_CODE"
    LICENSE_NUMBER = "LICENSE_NUMBER"


class KeyPool(models.Model):
    """Interchangeable keys of one format and kind.

    A pool with `is_generated` holds no stock: allocation makes what it needs in the pool's format.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(max_length=128)
    format = models.CharField(max_length=32)
    kind = models.CharField(
        max_length=16, choices=KeyKind.choices, default=KeyKind.PRODUCT_KEY.value
    )
    is_generated = models.BooleanField(default=False)
    created_at = models.DateTimeField()
    archived_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()
        ordering = ("id",)

    def __str__(self) -> str:
        return self.name


class KeyBatch(models.Model):
    """Keys that were imported together. `sha256` (hex) makes the same content twice a no-op.

    `report` holds the verdict counts and row numbers of the refused rows, never a key.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    pool = models.ForeignKey(KeyPool, on_delete=models.PROTECT, related_name="batches")
    file_name = models.CharField(max_length=255, blank=True)
    sha256 = models.CharField(max_length=64)
    supplier = models.CharField(max_length=128, blank=True)
    purchase_reference = models.CharField(max_length=128, blank=True)
    use_by = models.DateField(null=True)
    accepted = models.PositiveIntegerField(default=0)
    refused = models.PositiveIntegerField(default=0)
    report = JSONField(default=dict)
    created_at = models.DateTimeField()
    quarantined_at = models.DateTimeField(null=True)
    quarantine_reason = models.CharField(max_length=500, blank=True)

    class Meta:
        default_permissions = ()
        ordering = ("id",)
        constraints = [
            models.UniqueConstraint(fields=["pool", "sha256"], name="esd_batch_once_per_pool")
        ]


class LicenseKey(models.Model):
    """One key, encrypted. A trigger keeps the row immutable but for three instants, each set once."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    pool = models.ForeignKey(KeyPool, on_delete=models.PROTECT, related_name="keys")
    batch = models.ForeignKey(KeyBatch, on_delete=models.PROTECT, null=True, related_name="keys")
    ciphertext = models.BinaryField()
    index_kid = models.PositiveSmallIntegerField()
    blind_index = models.BinaryField(max_length=32)
    suffix = models.CharField(max_length=5, blank=True)
    use_by = models.DateField(null=True)
    created_at = models.DateTimeField()
    revealed_at = models.DateTimeField(null=True)
    quarantined_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["index_kid", "blind_index"], name="esd_key_unique")
        ]
        indexes = [models.Index(fields=["suffix", "id"], name="esd_key_suffix")]


class AvailableKey(models.Model):
    """The queue: a row exists exactly while the key may be sold. Primary key (pool_id, key_id).

    Made by SQL in the migration, with no other index; Django only reads and counts it.
    """

    key = models.OneToOneField(
        LicenseKey, on_delete=models.PROTECT, primary_key=True, related_name="available"
    )
    pool = models.ForeignKey(KeyPool, on_delete=models.PROTECT, related_name="available_keys")

    class Meta:
        default_permissions = ()
        managed = False
        db_table = "esd_availablekey"


class KeyCheck(models.Model):
    """Proves that a key ring is the right one: a known text under each key of the ring."""

    purpose = models.CharField(max_length=8)  # ENC or INDEX
    kid = models.PositiveSmallIntegerField()
    check_value = models.BinaryField()
    created_at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["purpose", "kid"], name="esd_key_check_once"),
            check_constraint(Q(purpose__in=["ENC", "INDEX"]), "esd_key_check_purpose"),
        ]
