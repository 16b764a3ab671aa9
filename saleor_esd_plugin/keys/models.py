from __future__ import annotations

from decimal import Decimal
from typing import List, Optional

from django.contrib.postgres.fields import ArrayField
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

    A key is sold as long as `use_by_margin` days are left to its use-by date: with 0 on that very day too.
    `withheld_before` is the date up to which the sweep has withheld what is too old (None: look again).
    Stock is low at `low_stock_threshold` free keys or when what is left lasts `runway_alert_days` days (0:
    never); `staff_addresses` (commas between them) are told. `low_stock_at` says since when it is low.
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
    low_stock_threshold = models.PositiveIntegerField(default=5)
    runway_alert_days = models.PositiveSmallIntegerField(default=0)
    staff_addresses = models.CharField(max_length=1000, blank=True)
    use_by_margin = models.PositiveSmallIntegerField(default=0)
    withheld_before = models.DateField(null=True)
    low_stock_at = models.DateTimeField(null=True)
    low_stock_told_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()
        ordering = ("id",)

    def __str__(self) -> str:
        return self.name

    @property
    def addresses(self) -> List[str]:
        """Each of `staff_addresses`; none if the plugin's own is told."""
        return [address.strip() for address in self.staff_addresses.split(",") if address.strip()]


class KeyImport(models.Model):
    """A large import, which a worker loads chunk by chunk from `KeyImportChunk`.

    Not under way once `stopped_at` or `finished_at` is set; `checked_at` is set once the first of two
    passes (all rows or none, or a dry run) is through, or from the start if there is only one. `pools`
    lists the ids of the pools that its rows belong to; `pool` is None if each row named its own.
    """

    class Outcome(models.TextChoices):
        """What a finished import came to."""

        IMPORTED = "IMPORTED"
        CHECKED = "CHECKED"  # a dry run
        REFUSED = "REFUSED"  # rows are refused, and it was to be all or none
        REPEATED = "REPEATED"  # the same content was imported before: nothing was added

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    pool = models.ForeignKey(KeyPool, on_delete=models.PROTECT, null=True, related_name="+")
    pools = JSONField(default=list)
    source = models.CharField(max_length=8)
    is_dry_run = models.BooleanField()
    skip_invalid = models.BooleanField()
    file_name = models.CharField(max_length=255, blank=True)
    supplier = models.CharField(max_length=128, blank=True)
    purchase_reference = models.CharField(max_length=128, blank=True)
    use_by = models.DateField(null=True)
    sha256 = models.CharField(max_length=64)
    rows = models.PositiveIntegerField()
    actor_kind = models.CharField(max_length=16)
    actor_ref = models.CharField(max_length=36, blank=True)
    actor_label = models.CharField(max_length=254, blank=True)
    problem = models.CharField(max_length=255, blank=True)
    outcome = models.CharField(max_length=8, blank=True, choices=Outcome.choices)
    created_at = models.DateTimeField()
    heartbeat_at = models.DateTimeField()
    checked_at = models.DateTimeField(null=True)
    stopped_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()
        ordering = ("id",)
        indexes = [
            models.Index(
                fields=["heartbeat_at"],
                condition=Q(finished_at=None, stopped_at=None),
                name="esd_import_under_way",
            )
        ]


class KeyImportChunk(models.Model):
    """Some rows of a large import, in the order of the file.

    `ciphertext` holds them sealed as a whole, `digests` their blind indexes, both until they are
    loaded; `duplicates` the places (from 0) of rows whose key stands further up in the file, `held` of those that
    are unlike the others. `report` is as that of a batch. `seconds` is how long the last pass took.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    key_import = models.ForeignKey(KeyImport, on_delete=models.CASCADE, related_name="chunks")
    number = models.PositiveIntegerField()
    rows = models.PositiveIntegerField()
    ciphertext = models.BinaryField(null=True)
    digests = models.BinaryField(null=True)
    duplicates = ArrayField(models.IntegerField(), default=list)
    held = ArrayField(models.IntegerField(), default=list)
    report = JSONField(default=dict)
    accepted = models.PositiveIntegerField(default=0)
    refused = models.PositiveIntegerField(default=0)
    seconds = models.FloatField(default=0)
    checked_at = models.DateTimeField(null=True)
    loaded_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()
        ordering = ("id",)
        constraints = [
            models.UniqueConstraint(fields=["key_import", "number"], name="esd_chunk_once")
        ]


class KeyBatch(models.Model):
    """Keys that were imported together. `sha256` (hex) makes the same content twice a no-op.

    `report` holds the verdict counts and row numbers of the refused rows, never a key; that of a large
    import (`key_import`) comes when it is through. `cost` is what `costed` of its keys cost together, the
    others named none.
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
    key_import = models.ForeignKey(
        KeyImport, on_delete=models.PROTECT, null=True, related_name="batches"
    )
    cost = models.DecimalField(max_digits=20, decimal_places=4, default=0)
    costed = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField()
    quarantined_at = models.DateTimeField(null=True)
    quarantine_reason = models.CharField(max_length=500, blank=True)

    class Meta:
        default_permissions = ()
        ordering = ("id",)
        constraints = [
            models.UniqueConstraint(fields=["pool", "sha256"], name="esd_batch_once_per_pool")
        ]

    @property
    def average_cost(self) -> Optional[Decimal]:
        """Of those of its keys whose cost is known; None if it is of none."""
        return (self.cost / self.costed).quantize(Decimal("0.0001")) if self.costed else None


class LicenseKey(models.Model):
    """One key, encrypted. A trigger keeps the row immutable but for three instants, each set once."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    pool = models.ForeignKey(KeyPool, on_delete=models.PROTECT, db_index=False, related_name="keys")
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
        indexes = [
            models.Index(fields=["suffix", "id"], name="esd_key_suffix"),
            # By id too, for files of a pool's keys, which are read chunk by chunk.
            models.Index(fields=["pool", "id"], name="esd_key_pool"),
            models.Index(
                fields=["pool", "use_by"],
                condition=Q(use_by__isnull=False),
                name="esd_key_use_by",
            ),
        ]


class AvailableKey(models.Model):
    """The queue: a row exists exactly while the key may be sold. Primary key (pool_id, key_id).

    Made by SQL in the migration, with no other index, whatever the fields below say; Django only reads, counts
    and flushes it.
    """

    key = models.OneToOneField(
        LicenseKey, on_delete=models.PROTECT, primary_key=True, related_name="available"
    )
    pool = models.ForeignKey(KeyPool, on_delete=models.PROTECT, related_name="available_keys")
    # That of the key, so that a claim need not look at it.
    use_by = models.DateField(null=True)

    class Meta:
        default_permissions = ()
        db_table = "esd_availablekey"


class WithheldKey(models.Model):
    """A key that left the queue because it is too old to sell; nobody has it. See `keys.withholding`."""

    key = models.OneToOneField(
        LicenseKey, on_delete=models.PROTECT, primary_key=True, related_name="withheld"
    )
    pool = models.ForeignKey(KeyPool, on_delete=models.PROTECT, related_name="withheld_keys")

    class Meta:
        default_permissions = ()


class Reservation(models.Model):
    """Keys that are kept for a checkout about to complete, until `expires_at`. See `keys.reserving`."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    checkout_token = models.CharField(max_length=36, unique=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        default_permissions = ()
        ordering = ("id",)


class ReservedKey(models.Model):
    """A key that left the queue for a reservation; nobody has it. `policy_id` says what it is to be sold as."""

    key = models.OneToOneField(
        LicenseKey, on_delete=models.PROTECT, primary_key=True, related_name="reserved"
    )
    # Without a constraint, whose check would have a checkout wait for staff who change the pool.
    pool = models.ForeignKey(
        KeyPool, on_delete=models.PROTECT, related_name="reserved_keys", db_constraint=False
    )
    reservation = models.ForeignKey(Reservation, on_delete=models.PROTECT, related_name="keys")
    policy_id = models.UUIDField()

    class Meta:
        default_permissions = ()


class StockChange(models.Model):
    """How a figure of a pool changed; the sum of its rows is the figure. Written by triggers alone.

    AVAILABLE, RESERVED and WITHHELD are counted by use-by date, licenses (the figure is their state) by the day (UTC)
    on which they were made; where there is no day, and for days long past, it is 1970-01-01.
    """

    id = models.BigAutoField(primary_key=True)
    # Without a constraint: its check would lock the pool's row at every claim.
    pool = models.ForeignKey(
        KeyPool, on_delete=models.PROTECT, related_name="stock_changes", db_constraint=False
    )
    figure = models.CharField(max_length=16)
    day = models.DateField()
    change = models.IntegerField()

    class Meta:
        default_permissions = ()


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
