"""One unit's way from allocation on: release, assign, recall, reject, return.

`release`, `reject` and `return` are steps of an order and run under its lock, called by `orders`, which
records their event; `assign` and `recall` are acts of people and record their own.
"""

from __future__ import annotations

from datetime import datetime
from typing import Iterable, List, Optional, Sequence
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from ..accounts.models import EndCustomer
from ..errors import InvalidQuantity, InvalidTransition, NotFound, ReasonRequired
from ..events.record import record
from ..events.types import EventType
from ..host.db import now
from ..host.types import Actor
from ..keys.stock import lifecycle as key_lifecycle
from ..keys.stock import queue
from ..permissions import MANAGE_LICENSES
from ..text import clean_reason
from .claim_links import void_claim_links
from .disclosure import note_staff_sending
from .errors import KeyWasRevealed, KeyWasSeen, NotEnoughLicenses, NotReleased
from .handover import records_blocks
from .locks import lock_licenses
from .models import ENDED, NOT_SUSPENDED, UNSUSPENDED, Assignment, Fulfillment, License
from .policies.models import ExpiryBasis
from .queries import only_order

PENDING = Fulfillment.PENDING_APPROVAL.value
RELEASED = Fulfillment.RELEASED.value
ASSIGNED = Fulfillment.ASSIGNED.value


def release_licenses(order_line_id: UUID, *, count: int, moment: datetime) -> List[int]:
    """Release the first `count` pending units of a line; their unit indexes, ascending.

    A term that counts FROM_RELEASE begins at `moment`; a perpetual license begins then too.
    """
    licenses = list(
        License.objects.select_for_update(of=("self",))
        .select_related("policy")
        .filter(order_line_id=order_line_id, fulfillment=PENDING)
        .order_by("unit_index")[:count]
    )
    if not licenses:
        return []
    policy = licenses[0].policy
    begins = policy.expiry_basis == ExpiryBasis.FROM_RELEASE.value
    term = {**policy.term_from(moment)._asdict(), "term_set_at": moment}
    License.objects.filter(pk__in=[license.pk for license in licenses]).update(
        fulfillment=RELEASED,
        released_at=moment,
        **(term if begins else {}),
    )
    return [license.unit_index for license in licenses]


def end_licenses(
    licenses: Sequence[License],
    *,
    fulfillment: Fulfillment,
    reason: str,
    reason_code: Optional[str] = None,
    moment: datetime,
) -> None:
    """Take units back for good: REJECTED or RETURNED. `licenses` are locked and live.

    A key that nobody has seen goes back to its pool; one that was revealed is revoked (invariant 4), and each is if a
    `reason_code` of the table says that the license was cancelled (P08).
    Open assignments end, claim links die, and nothing is left to be suspended.
    """
    ids = [license.pk for license in licenses]
    License.objects.filter(pk__in=ids).update(
        fulfillment=fulfillment.value,
        ended_at=moment,
        reason=reason[:500],
        reason_code=reason_code,
        **UNSUSPENDED,
    )
    Assignment.objects.filter(license_id__in=ids, ended_at=None).update(ended_at=moment)
    void_claim_links(ids, moment=moment)
    # The lock on the keys comes before the look at them: a reveal under way holds it.
    fresh, seen = key_lifecycle.split_revealed([license.key_id for license in licenses])
    if reason_code:
        key_lifecycle.revoke_keys([*fresh, *seen], moment)
        return
    key_lifecycle.revoke_keys(seen, moment)
    queue.give_back(fresh)


@records_blocks
@transaction.atomic
def assign_licenses(
    license_ids: Iterable[UUID],
    *,
    end_customer_id: UUID,
    accept_revealed_key: bool = False,
    is_staff: bool = False,
    reason: str = "",
    actor: Actor,
) -> List[License]:
    """Give all of these licenses to one end customer, or none (I13, I15); one event.

    The activation e-mail follows by itself (I14), for which `is_staff` may need a `reason` (`sending`). A license
    that the same end customer already holds stays as it is. Raises NotFound, NotReleased, InvalidTransition (held
    by another end customer), KeyWasRevealed (held by another one before, unless `accept_revealed_key`),
    ReasonRequired, RevealsUsedUp.
    """
    reason = clean_reason(reason)
    ids = list(dict.fromkeys(license_ids))
    if not ids:
        raise InvalidQuantity("Name at least one license.", field="licenses")
    licenses = lock_licenses(ids)
    moment = now()
    customer = end_customer_of(end_customer_id, {license.account_id for license in licenses})
    for license in licenses:
        if license.fulfillment == ASSIGNED and license.end_customer_id != customer.pk:
            raise InvalidTransition(
                "Another end customer has one of these licenses. Recall it first.",
                before=ASSIGNED,
                after=ASSIGNED,
                field="licenses",
            )
        if not license.is_usable_at(moment):
            raise NotReleased(license.standing_at(moment), field="licenses")
    fresh = [one for one in licenses if one.fulfillment == RELEASED]
    assigned = assign_locked(
        fresh,
        customer,
        accept_revealed_key=accept_revealed_key,
        moment=moment,
        is_staff=is_staff,
        reason=reason,
        actor=actor,
    )
    return assigned + [one for one in licenses if one.fulfillment == ASSIGNED]


@records_blocks
@transaction.atomic
def assign_order_line(
    order_line_id: UUID,
    *,
    quantity: int,
    end_customer_id: UUID,
    accept_revealed_key: bool = False,
    is_staff: bool = False,
    reason: str = "",
    actor: Actor,
) -> List[License]:
    """Give `quantity` released licenses of one order line to an end customer, or none (I13).

    Those whose key another end customer may know come last. Raises InvalidQuantity, NotFound, NotReleased if
    it is for suspended ones that there are too few, else NotEnoughLicenses with how many there are; and
    KeyWasRevealed, ReasonRequired, RevealsUsedUp as `assign_licenses`.
    """
    reason = clean_reason(reason)
    if quantity < 1:
        raise InvalidQuantity("Assign at least 1 license.", field="quantity")
    unassigned = License.objects.filter(order_line_id=order_line_id, fulfillment=RELEASED)
    free = unassigned.filter(NOT_SUSPENDED)
    known = _known_to_others(end_customer_id).filter(license=OuterRef("pk"))
    while True:
        by_risk = free.annotate(is_known=Exists(known)).order_by("is_known", "unit_index")
        ids = list(by_risk.values_list("pk", flat=True)[:quantity])
        if len(ids) < quantity <= unassigned.count():
            raise NotReleased("SUSPENDED", field="quantity")
        if len(ids) < quantity:
            raise NotEnoughLicenses(wanted=quantity, available=len(ids))
        licenses = lock_licenses(ids)
        moment = now()
        # Somebody else may have assigned some of them while we waited for the lock: look again.
        if all(one.fulfillment == RELEASED and one.is_usable_at(moment) for one in licenses):
            break
    customer = end_customer_of(end_customer_id, {license.account_id for license in licenses})
    return assign_locked(
        licenses,
        customer,
        accept_revealed_key=accept_revealed_key,
        moment=moment,
        is_staff=is_staff,
        reason=reason,
        actor=actor,
    )


def _known_to_others(end_customer_id: UUID) -> "QuerySet[Assignment]":
    """Assignments to other end customers of licenses whose key, the one of now, somebody has read."""
    others = Assignment.objects.exclude(end_customer_id=end_customer_id)
    return others.filter(license__key__revealed_at__isnull=False)


def _refuse_revealed(licenses: Sequence[License], customer: EndCustomer) -> None:
    ids = [license.pk for license in licenses]
    known = _known_to_others(customer.pk).filter(license_id__in=ids)
    revealed = sorted(set(known.values_list("license_id", flat=True)))
    if revealed:
        raise KeyWasRevealed(revealed)


def end_customer_of(end_customer_id: UUID, account_ids: set) -> EndCustomer:
    """The end customer, of the one account that all these licenses are of. Raises NotFound."""
    # Locked, so that nobody archives it meanwhile.
    customer = (
        EndCustomer.objects.select_for_update().filter(pk=end_customer_id, archived_at=None).first()
    )
    if customer is None or not account_ids <= {customer.account_id}:
        raise NotFound(field="endCustomer")
    return customer


def assign_locked(
    licenses: List[License],
    customer: EndCustomer,
    *,
    accept_revealed_key: bool,
    moment: datetime,
    is_staff: bool,
    reason: str,
    actor: Actor,
) -> List[License]:
    """Give licenses, locked, to an end customer whose account they are of. Raises as `assign_licenses`."""
    if not accept_revealed_key:
        _refuse_revealed(licenses, customer)
    if not licenses:
        return []
    ids = [license.pk for license in licenses]
    if is_staff:
        note_staff_sending({customer: ids}, reason=reason, permission=MANAGE_LICENSES, actor=actor)
    given = License.objects.filter(pk__in=ids)
    given.update(fulfillment=ASSIGNED, end_customer=customer, assigned_at=moment)
    # A term that counts FROM_ASSIGNMENT begins with the first holder, and does not begin again.
    for policy in {license.policy for license in licenses}:
        if policy.expiry_basis == ExpiryBasis.FROM_ASSIGNMENT.value:
            unbegun = given.filter(policy=policy, starts_at=None)
            unbegun.update(**policy.term_from(moment)._asdict(), term_set_at=moment)
    Assignment.objects.bulk_create(
        [
            Assignment(
                license=license,
                end_customer=customer,
                assigned_by=actor.label or actor.kind,
                assigned_by_ref=actor.user_ref,
                started_at=moment,
            )
            for license in licenses
        ],
        batch_size=1000,
    )
    record(
        EventType.LICENSE_ASSIGNED,
        customer.pk,
        actor=actor,
        reason=reason,
        account_id=customer.account_id,
        order_id=only_order(ids),
        licenses=[str(pk) for pk in ids],
    )
    return lock_licenses(ids)


@transaction.atomic
def recall_licenses(
    license_ids: Iterable[UUID], *, actor: Actor, is_staff: bool, reason: str = ""
) -> List[License]:
    """Take licenses back from their end customer; they are RELEASED again. All or none, one event.

    Once a key was revealed or mailed only staff may do it, with a reason: the end customer may go on
    using it. Recalling a license that nobody holds changes nothing.
    """
    reason = clean_reason(reason)
    ids = list(dict.fromkeys(license_ids))
    if not ids:
        raise InvalidQuantity("Name at least one license.", field="licenses")
    licenses = [one for one in lock_licenses(ids) if one.fulfillment != RELEASED]
    for license in licenses:
        if license.fulfillment != ASSIGNED:
            raise NotReleased(license.fulfillment, field="licenses")
    _fresh, seen = key_lifecycle.split_revealed([license.key_id for license in licenses])
    if seen and not is_staff:
        raise KeyWasSeen(len(seen))
    if seen and not reason:
        raise ReasonRequired()
    moment = now()
    recalled = [license.pk for license in licenses]
    # Whom they are taken from is part of the history, so it is read before it is gone.
    taken_from = sorted({str(license.end_customer_id) for license in licenses})
    License.objects.filter(pk__in=recalled).update(
        fulfillment=RELEASED, end_customer=None, assigned_at=None, reason=reason
    )
    Assignment.objects.filter(license_id__in=recalled, ended_at=None).update(ended_at=moment)
    void_claim_links(recalled, moment=moment)
    for account_id in sorted({license.account_id for license in licenses}):
        mine = [license for license in licenses if license.account_id == account_id]
        record(
            EventType.LICENSE_RECALLED,
            mine[0].pk,
            actor=actor,
            reason=reason,
            account_id=account_id,
            order_id=only_order([license.pk for license in mine]),
            licenses=[str(license.pk) for license in mine],
            end_customers=taken_from,
        )
    return lock_licenses(ids)


def live_licenses(order_line_id: UUID) -> List[License]:
    """The live licenses of a line, locked, by unit index."""
    live = License.objects.filter(~Q(fulfillment__in=ENDED), order_line_id=order_line_id)
    # Locked first and read afterwards, as in `locks`: none whose key is being replaced gets lost.
    list(live.select_for_update().order_by("pk").values_list("pk"))
    return list(live.select_related("key").order_by("unit_index"))
