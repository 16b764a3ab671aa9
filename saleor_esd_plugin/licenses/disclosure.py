"""Keys that staff have mailed to somebody whom the account did not name.

Staff with MANAGE_LICENSES read no key; without this they could have each one mailed to an address of their own.
The buyer's mails are no such way: they go to the order's address, as the shop has it.
"""

from __future__ import annotations

from typing import Mapping, Sequence
from uuid import UUID

from ..accounts.models import EndCustomer
from ..events.record import record
from ..events.types import EventType
from ..host.types import Actor
from ..text import SHORTEST_REASON, clean_reason
from .handover import STAFF_LIMITS, count_reveal
from .models import License
from .queries import only_order


def is_on_file(customer: EndCustomer, license_ids: Sequence[UUID]) -> bool:
    """Whether the account itself gave the end customer's address, or all of these licenses were ordered with it.

    A member gave it if one entered it, for this end customer or another of the account; what staff entered for
    an end customer is nobody's until a member gives it as well.
    """
    if not customer.email_by_staff:
        return True
    entered = EndCustomer.objects.filter(
        account_id=customer.account_id, email__iexact=customer.email, email_by_staff=False
    )
    others = License.objects.filter(pk__in=license_ids).exclude(
        order_line__order__buyer_email__iexact=customer.email
    )
    return entered.exists() or not others.exists()


def note_staff_sending(
    sent: Mapping[EndCustomer, Sequence[UUID]], *, reason: str, permission: str, actor: Actor
) -> None:
    """Staff have the keys of these licenses mailed to these end customers, in the transaction that is open.

    Nothing is asked of what goes to addresses on file. For others staff give a reason of at least 10
    characters, it counts once as reading a key, and an event, of which the account is told by mail, says what went
    where. Raises ReasonRequired, RevealsUsedUp.
    """
    strange = {
        customer: license_ids
        for customer, license_ids in sent.items()
        if license_ids and not is_on_file(customer, license_ids)
    }
    if not strange:
        return
    reason = clean_reason(reason, shortest=SHORTEST_REASON)
    customer, license_ids = next(iter(strange.items()))
    count_reveal(
        license_ids[0],
        order_id=only_order(license_ids),
        account_id=customer.account_id,
        actor=actor,
        limits=STAFF_LIMITS,
    )
    for customer, license_ids in strange.items():
        record(
            EventType.LICENSE_KEY_SENT,
            license_ids[0],
            actor=actor,
            reason=reason,
            permission=permission,
            order_id=only_order(license_ids),
            account_id=customer.account_id,
            licenses=[str(license_id) for license_id in license_ids],
            end_customer=str(customer.pk),
            sent_to=customer.email,
        )
