from __future__ import annotations

from django.db import models
from django.db.models import Q

from ..ids import uuid7


class Role(models.TextChoices):
    """What a member is in an account; `permissions.ROLE_RIGHTS` says what each may do."""

    MASTER = "MASTER"
    ADMINISTRATOR = "ADMINISTRATOR"
    BILLING = "BILLING"
    SUPPORT = "SUPPORT"


class Account(models.Model):
    """The person or organisation that owns licenses.

    `user_ref` is set for the personal account of a signed-in buyer (one each); a guest's account has
    none, and no member until its invitation is accepted.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user_ref = models.CharField(max_length=36, null=True)
    name = models.CharField(max_length=128)
    email = models.EmailField(max_length=254)
    language = models.CharField(max_length=10, blank=True)
    is_reseller = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        ordering = ("id",)
        constraints = [
            models.UniqueConstraint(
                fields=["user_ref"], condition=~Q(user_ref=None), name="esd_account_personal"
            )
        ]

    def __str__(self) -> str:
        return self.name


class Member(models.Model):
    """A user's role in an account."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="members")
    user_ref = models.CharField(max_length=36, db_index=True)
    email = models.EmailField(max_length=254, blank=True)
    role = models.CharField(max_length=16, choices=Role.choices)
    created_at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        ordering = ("id",)
        constraints = [
            models.UniqueConstraint(fields=["account", "user_ref"], name="esd_member_once")
        ]


class EndCustomer(models.Model):
    """A final licensee under an account (I12); `code` is the account's own name for it."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="end_customers")
    code = models.CharField(max_length=64)
    name = models.CharField(max_length=128)
    email = models.EmailField(max_length=254)
    # Entered by the shop's staff, and by no member since: see `licenses.sending`.
    email_by_staff = models.BooleanField(default=False)
    country = models.CharField(max_length=2, blank=True)
    language = models.CharField(max_length=10, blank=True)
    created_at = models.DateTimeField()
    archived_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()
        ordering = ("id",)
        constraints = [
            models.UniqueConstraint(
                fields=["account", "code"],
                condition=Q(archived_at=None),
                name="esd_end_customer_code",
            )
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class Invitation(models.Model):
    """A single-use link into an account, bound to an address and a role; only its hash is kept."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="invitations")
    email = models.EmailField(max_length=254)
    role = models.CharField(max_length=16, choices=Role.choices)
    token_hash = models.BinaryField(max_length=32, unique=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)
    accepted_by = models.CharField(max_length=36, blank=True)
    voided_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()
        ordering = ("id",)
