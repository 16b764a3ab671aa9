"""What must be true of accounts; `manage.py esd_verify` prints every violation."""

from __future__ import annotations

from typing import Iterator

from django.db.models import Exists, OuterRef, Q

from .models import Account, Invitation, Member, Role


def violations() -> Iterator[str]:
    """One sentence for each violation, naming ids only."""
    owner = Member.objects.filter(
        account=OuterRef("pk"), user_ref=OuterRef("user_ref"), role=Role.MASTER.value
    )
    ownerless = Account.objects.exclude(user_ref=None).annotate(owned=Exists(owner))
    for account_id in ownerless.filter(owned=False).values_list("pk", flat=True):
        yield f"account {account_id}: its buyer is not its MASTER"

    used = ~Q(accepted_at=None)
    unclear = Invitation.objects.filter((used & Q(accepted_by="")) | (used & ~Q(voided_at=None)))
    for invitation_id in unclear.values_list("pk", flat=True):
        yield f"invitation {invitation_id}: accepted by nobody, or voided as well"
