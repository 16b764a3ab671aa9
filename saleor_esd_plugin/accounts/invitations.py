"""Single-use links into an account. An equal e-mail address alone proves nothing: the link does.

A guest's account has no member until its link, mailed to the order's address, is opened by somebody
who is signed in.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Optional
from uuid import UUID

from django.db import transaction

from ..errors import DeadLink, LoginRequired
from ..events.record import record
from ..events.types import EventType
from ..host.db import now
from ..host.types import Actor
from ..tokens import is_token, new_token, token_hash
from .models import Account, Invitation, Member, Role

LIFETIME = timedelta(days=7)


@transaction.atomic
def issue_invitation(account_id: UUID, *, email: str, role: str = Role.MASTER.value) -> str:
    """A new token into the account, usable once within 7 days.

    Only its hash is stored, so it cannot be told again. Links mailed earlier stay usable, as a person
    may open any of the mails; accepting one of them voids the others.
    """
    token = new_token()
    moment = now()
    Invitation.objects.create(
        account_id=account_id,
        email=email,
        role=role,
        token_hash=token_hash(token),
        created_at=moment,
        expires_at=moment + LIFETIME,
    )
    return token


def void_invitations(account_id: UUID, *, email: str) -> bool:
    """Make every unused link into the account that went to this address useless; whether there were any.

    The caller holds the account's lock.
    """
    unused = Invitation.objects.filter(
        account_id=account_id, email__iexact=email, accepted_at=None, voided_at=None
    )
    return unused.update(voided_at=now()) > 0


@transaction.atomic
def accept_invitation(token: Optional[str], *, actor: Actor) -> Account:
    """The account that the signed-in user is a member of from now on, in the invitation's role.

    A member already keeps its role. Raises LoginRequired for anybody but a user, and DeadLink alike for
    a token that is used, expired, voided, unknown or garbage.
    """
    if not actor.user_ref:
        raise LoginRequired()
    invitation = _open_invitation(token)
    moment = now()
    if invitation is None or invitation.expires_at <= moment or not invitation.account.is_active:
        raise DeadLink()
    Member.objects.get_or_create(
        account=invitation.account,
        user_ref=actor.user_ref,
        defaults={"email": actor.label[:254], "role": invitation.role, "created_at": moment},
    )
    invitation.accepted_at, invitation.accepted_by = moment, actor.user_ref
    invitation.save(update_fields=["accepted_at", "accepted_by"])
    void_invitations(invitation.account_id, email=invitation.email)
    record(
        EventType.INVITATION_ACCEPTED,
        invitation.pk,
        actor=actor,
        account_id=invitation.account_id,
        role=invitation.role,
    )
    return invitation.account


def _open_invitation(token: Optional[str]) -> Optional[Invitation]:
    """The row, locked, if nobody used or voided it. Two of one account at once: the second waits."""
    if token is None or not is_token(token):
        return None
    found = Invitation.objects.filter(token_hash=token_hash(token)).first()
    if found is None:
        return None
    # The account's lock comes first, or two links accepted at once would both pass.
    account = Account.objects.select_for_update().get(pk=found.account_id)
    still_open = Invitation.objects.select_for_update().filter(
        pk=found.pk, accepted_at=None, voided_at=None
    )
    invitation = still_open.first()
    if invitation is not None:
        invitation.account = account
    return invitation
