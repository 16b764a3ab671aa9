"""Accounts themselves: found or made at a purchase, updated by staff."""

from __future__ import annotations

from typing import Any, Dict, Optional
from uuid import UUID

from django.db import transaction

from ..errors import Invalid, NotFound
from ..events.changes import apply_changes, as_objects
from ..events.record import record
from ..events.types import EventType
from ..host import shop
from ..host.db import now
from ..host.types import SYSTEM, Actor
from ..text import as_line, clean_language, clean_text
from .addresses import as_mailed
from .invitations import void_invitations
from .models import Account, Member, Role


@transaction.atomic
def find_or_create_account(
    *, user_ref: str, email: str, name: str, language: str, actor: Actor = SYSTEM
) -> Account:
    """The buyer's personal account, with the buyer as its MASTER; made at the first purchase.

    A guest (`user_ref` empty) gets a new account at each call, without a member: an address proves
    nothing, so two purchases with the same one stay apart. A known buyer's address and language follow
    the latest purchase. The values are the host's and are cut to our lengths.
    """
    account = Account(
        user_ref=user_ref or None,
        name=as_line(name or email)[:128],
        email=email[:254],
        language=language[:10].lower().replace("_", "-"),
        created_at=now(),
    )
    if not user_ref:
        account.save(force_insert=True)
        return _created(account, actor)

    # Two purchases at once: the unique constraint decides which row stays, both use that one.
    Account.objects.bulk_create([account], ignore_conflicts=True)
    known = Account.objects.select_for_update().get(user_ref=user_ref)
    if known.pk == account.pk:
        Member.objects.create(
            account=known,
            user_ref=user_ref,
            email=known.email,
            role=Role.MASTER.value,
            created_at=known.created_at,
        )
        return _created(known, actor)
    given = {"email": account.email, "language": account.language}
    _update(known, {field: value for field, value in given.items() if value}, actor=actor)
    return known


@transaction.atomic
def create_account(
    *,
    user_ref: str,
    name: str = "",
    language: str = "",
    is_reseller: bool = False,
    actor: Actor,
) -> Account:
    """The personal account of a user who has bought nothing yet, so that it can be set up before.

    With the user's own address. Raises NotFound if the shop has no such user, Invalid if there is one already.
    """
    email = shop.user_email(user_ref)
    if not email:
        raise NotFound(field="user")
    if Account.objects.filter(user_ref=user_ref).exists():
        raise Invalid("This user has an account already; change that one.", field="user")
    name = clean_text(name, field="name", longest=128, one_line=True)
    account = find_or_create_account(
        user_ref=user_ref,
        email=email,
        name=name,
        language=clean_language(language),
        actor=actor,
    )
    return update_account(account.pk, is_reseller=is_reseller, actor=actor)


@transaction.atomic
def update_account(
    account_id: UUID,
    *,
    is_reseller: Optional[bool] = None,
    name: Optional[str] = None,
    language: Optional[str] = None,
    actor: Actor,
) -> Account:
    """Change what is given. Nothing is recorded if it was so already. Raises NotFound."""
    account = Account.objects.select_for_update().filter(pk=account_id).first()
    if account is None:
        raise NotFound()
    given: Dict[str, Any] = {}
    if is_reseller is not None:
        given["is_reseller"] = is_reseller
    if name is not None:
        given["name"] = clean_text(name, field="name", longest=128, required=True, one_line=True)
    if language is not None:
        given["language"] = clean_language(language)
    _update(account, given, actor=actor)
    return account


@transaction.atomic
def readdress_account(
    account_id: UUID, *, user_ref: str, before: str, after: str, actor: Actor = SYSTEM
) -> bool:
    """The buyer's address became another one; whether unused links into the account had gone to `before`.

    These are useless now. The account's own address and a name that was made of it follow, if it is a
    guest's or that of the user whom the shop's order has still (`user_ref`). Nobody becomes a member.
    """
    account = Account.objects.select_for_update().get(pk=account_id)
    if account.user_ref in (None, user_ref):
        given = {"email": after[:254]} if account.email.lower() == before.lower() else {}
        if after and account.name.lower() == before[:128].lower():
            given["name"] = after[:128]
        _update(account, given, actor=actor)
    return void_invitations(account_id, email=as_mailed(before))


def _created(account: Account, actor: Actor) -> Account:
    record(
        EventType.ACCOUNT_CREATED,
        account.pk,
        actor=actor,
        account_id=account.pk,
        is_guest=account.user_ref is None,
    )
    return account


def _update(account: Account, given: Dict[str, Any], *, actor: Actor) -> None:
    changes = apply_changes(account, given)
    if changes:
        record(
            EventType.ACCOUNT_UPDATED,
            account.pk,
            actor=actor,
            account_id=account.pk,
            changes=as_objects(changes, persons={"name"}),
        )
