"""From one end customer to another, without a moment in which nobody has the license."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Iterable, List, Set
from uuid import UUID

from django.db import transaction
from django.db.models import Count, Exists, OuterRef

from ..errors import Invalid
from ..events.record import record
from ..events.types import EventType
from ..host.db import now
from ..host.types import Actor
from ..keys.stock import lifecycle as key_lifecycle
from ..text import clean_reason
from .claim_links import void_claim_links
from .errors import KeyWasSeen, NotReleased, TransfersUsedUp
from .handover import records_blocks
from .locks import at_most, lock_licenses
from .models import Assignment, Fulfillment, License
from .queries import only_order
from .transitions import Action, require_transition
from .units import assign_locked, end_customer_of

_DAYS = timedelta(days=30)


@records_blocks
@transaction.atomic
def transfer_licenses(
    license_ids: Iterable[UUID],
    *,
    end_customer_id: UUID,
    accept_revealed_key: bool = False,
    is_staff: bool = False,
    reason: str = "",
    actor: Actor,
) -> List[License]:
    """All of these licenses, which end customers hold, go to another one of the account, or none.

    The history keeps both; the activation e-mail follows by itself, for which `is_staff` may need a `reason`. Who had
    a key that somebody has read may go on using it: `accept_revealed_key` says that this is known, and members may
    say so only where the policy limits transfers. Raises NotFound, KeyWasSeen, NotReleased (nobody holds it), Several InvalidTransition, Invalid (it is held by that one already),
    TransfersUsedUp (as the policy says), KeyWasRevealed, ReasonRequired, RevealsUsedUp.
    """
    why = clean_reason(reason)
    licenses, moment = lock_licenses(at_most(license_ids)), now()
    require_transition(Action.TRANSFER, licenses, moment=moment)
    customer = end_customer_of(end_customer_id, {license.account_id for license in licenses})
    for license in licenses:
        if license.fulfillment != Fulfillment.ASSIGNED.value:
            raise NotReleased(license.fulfillment, field="licenses")
        if license.end_customer_id == customer.pk:
            raise Invalid(
                "The end customer has one of these licenses already.", field="endCustomer"
            )
    ids = [license.pk for license in licenses]
    if not is_staff:
        _refuse_seen(licenses)
    _refuse_too_many(licenses, moment)
    record(
        EventType.LICENSE_TRANSFERRED,
        customer.pk,
        actor=actor,
        reason=why,
        account_id=customer.account_id,
        order_id=only_order(ids),
        licenses=[str(pk) for pk in ids],
        end_customers=sorted({str(license.end_customer_id) for license in licenses}),
        accepts_revealed_key=accept_revealed_key,
    )
    Assignment.objects.filter(license_id__in=ids, ended_at=None).update(ended_at=moment)
    void_claim_links(ids, moment=moment)
    return assign_locked(
        licenses,
        customer,
        accept_revealed_key=accept_revealed_key,
        moment=moment,
        is_staff=is_staff,
        reason=why,
        actor=actor,
    )


def _refuse_seen(licenses: List[License]) -> None:
    """A known key stays with its holder, as with a recall, unless the policy says how often it may go on."""
    unlimited = [one.key_id for one in licenses if one.policy.transfers_per_30_days is None]
    _fresh, seen = key_lifecycle.split_revealed(unlimited)
    if seen:
        raise KeyWasSeen(len(seen))


def _refuse_too_many(licenses: List[License], moment: datetime) -> None:
    limits = {one.pk: one.policy.transfers_per_30_days for one in licenses}
    counted = [pk for pk, most in limits.items() if most is not None]
    # Given on at the very moment at which another one lost it.
    before = Assignment.objects.filter(license=OuterRef("license"), ended_at=OuterRef("started_at"))
    recent = Assignment.objects.filter(license_id__in=counted, started_at__gt=moment - _DAYS)
    used = dict(
        recent.filter(Exists(before)).order_by().values_list("license_id").annotate(Count("pk"))
    )
    full: Set[UUID] = {pk for pk in counted if used.get(pk, 0) >= (limits[pk] or 0)}
    if full:
        raise TransfersUsedUp(sorted(full))
