from __future__ import annotations

import pytest

from saleor_esd_plugin.accounts.invariants import violations
from saleor_esd_plugin.accounts.invitations import accept_invitation, issue_invitation
from saleor_esd_plugin.accounts.models import Invitation, Member
from saleor_esd_plugin.accounts.services import find_or_create_account
from saleor_esd_plugin.host.db import now
from saleor_esd_plugin.host.types import Actor


@pytest.mark.django_db
def test_each_violation_is_named():
    account = find_or_create_account(user_ref="7", email="a@example.com", name="A", language="en")
    guest = find_or_create_account(user_ref="", email="g@example.com", name="G", language="en")
    accept_invitation(
        issue_invitation(guest.pk, email="g@example.com"), actor=Actor("USER", "8", "g@example.com")
    )
    assert list(violations()) == []

    Member.objects.filter(account=account).update(role="SUPPORT")
    Invitation.objects.update(voided_at=now())

    invitation = Invitation.objects.get()
    assert list(violations()) == [
        f"account {account.pk}: its buyer is not its MASTER",
        f"invitation {invitation.pk}: accepted by nobody, or voided as well",
    ]
