"""The final licensees of an account: created first, then licenses are assigned to them (I12, I17).

Deleting one is decided in licenses/, which knows who holds a license; here is what it is made of.
"""

from __future__ import annotations

from typing import Any, Dict, Optional
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from ..errors import NotFound
from ..events.changes import apply_changes, as_objects
from ..events.record import record
from ..events.subjects import Person
from ..events.types import EventType
from ..host.db import now
from ..host.types import Actor
from ..text import clean_country, clean_language, clean_text
from .addresses import parse_address
from .errors import DuplicateCode
from .models import Account, EndCustomer


@transaction.atomic
def create_end_customer(
    account_id: UUID,
    *,
    code: str,
    name: str,
    email: str,
    country: str = "",
    language: str = "",
    by_staff: bool = False,
    actor: Actor,
) -> EndCustomer:
    """A new end customer. `code` is the account's own name for it: 64 characters, unique there in any case.

    `by_staff`: who does it is no member of the account, so that its address is not on file (`licenses.sending`).
    Raises NotFound (no such account), Required, Invalid, InvalidEmail and its family, DuplicateCode.
    """
    given = _cleaned(code=code, name=name, email=email, country=country, language=language)
    if _lock_account(account_id) is None:
        raise NotFound(field="accountId")
    _refuse_taken(given["code"], _of_account(account_id))
    end_customer = EndCustomer.objects.create(
        account_id=account_id, created_at=now(), email_by_staff=by_staff, **given
    )
    record(
        EventType.END_CUSTOMER_CREATED,
        end_customer.pk,
        actor=actor,
        account_id=account_id,
        code=Person(end_customer.code),
    )
    return end_customer


@transaction.atomic
def change_end_customer(
    end_customer_id: UUID,
    *,
    code: Optional[str] = None,
    name: Optional[str] = None,
    email: Optional[str] = None,
    country: Optional[str] = None,
    language: Optional[str] = None,
    by_staff: bool = False,
    actor: Actor,
) -> EndCustomer:
    """Change what is given (not None). Nothing is recorded if it was so already.

    An address that a member gives is on file, also if it was there before; a new one `by_staff` is not.
    Raises NotFound, for archived ones too, and what create_end_customer raises of the values.
    """
    given = _cleaned(code=code, name=name, email=email, country=country, language=language)
    end_customer = lock_end_customer(end_customer_id, with_account=code is not None)
    if end_customer.archived_at is not None:
        raise NotFound()
    # One that has kept its code from before stays, even if another differs from it by case only.
    if given.get("code", end_customer.code) != end_customer.code:
        others = _of_account(end_customer.account_id).exclude(pk=end_customer.pk)
        _refuse_taken(given["code"], others)
    if email is not None:
        is_new = given["email"] != end_customer.email
        given["email_by_staff"] = by_staff and (is_new or end_customer.email_by_staff)
    changes = apply_changes(end_customer, given)
    if changes:
        record(
            EventType.END_CUSTOMER_UPDATED,
            end_customer.pk,
            actor=actor,
            account_id=end_customer.account_id,
            changes=as_objects(changes, persons={"code", "name"}),
        )
    return end_customer


@transaction.atomic
def remove_end_customer(end_customer: EndCustomer, *, keep_row: bool, actor: Actor) -> None:
    """Take the end customer away: archived if its row must stay (`keep_row`, it has history), else deleted.

    Its code is free again in both cases. An archived one stays as it is. The caller has made sure that
    it holds no license, under the lock of lock_end_customer.
    """
    if keep_row and end_customer.archived_at is not None:
        return
    record(
        EventType.END_CUSTOMER_DELETED,
        end_customer.pk,
        actor=actor,
        account_id=end_customer.account_id,
        code=Person(end_customer.code),
        archived=keep_row,
    )
    if keep_row:
        end_customer.archived_at = now()
        end_customer.save(update_fields=["archived_at"])
    else:
        end_customer.delete()


def lock_end_customer(end_customer_id: UUID, *, with_account: bool = False) -> EndCustomer:
    """The row, locked until the transaction ends; `with_account` for a new code, and that lock comes first.

    Raises NotFound.
    """
    if with_account:
        _lock_account(EndCustomer.objects.filter(pk=end_customer_id).values("account_id")[:1])
    row = EndCustomer.objects.select_for_update().filter(pk=end_customer_id).first()
    if row is None:
        raise NotFound()
    return row


def _of_account(account_id: UUID) -> "QuerySet[EndCustomer]":
    return EndCustomer.objects.filter(account_id=account_id, archived_at=None)


def _lock_account(account_id: Any) -> Optional[Account]:
    """Nobody else gives an end customer of this account a code until the transaction ends; None if unknown."""
    return Account.objects.select_for_update().filter(pk=account_id).first()


def _refuse_taken(code: str, others: "QuerySet[EndCustomer]") -> None:
    """Raises DuplicateCode if one of `others` has this code, be it in another case (I12)."""
    if others.filter(code__iexact=code).exists():
        raise DuplicateCode()


def _cleaned(
    *,
    code: Optional[str],
    name: Optional[str],
    email: Optional[str],
    country: Optional[str],
    language: Optional[str],
) -> Dict[str, Any]:
    given: Dict[str, Any] = {}
    if code is not None:
        given["code"] = clean_text(code, field="code", longest=64, required=True, one_line=True)
    if name is not None:
        given["name"] = clean_text(name, field="name", longest=128, required=True, one_line=True)
    if email is not None:
        given["email"] = parse_address(email)
    if country is not None:
        given["country"] = clean_country(country)
    if language is not None:
        given["language"] = clean_language(language)
    return given
