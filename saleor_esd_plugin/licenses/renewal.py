"""Terms of licenses that exist: staff renew them, or set them by hand (P12, M17, M18)."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Dict, Iterable, List, NamedTuple, Optional, Tuple
from uuid import UUID

from django.db import transaction

from ..accounts.access import refuse_own
from ..errors import Invalid, InvalidQuantity, Several
from ..events.record import record
from ..events.types import EventType
from ..host.db import now
from ..host.types import Actor
from ..permissions import MANAGE_LICENSES
from ..text import clean_reason
from .lifecycle import end_due
from .locks import at_most, lock_licenses
from .models import License
from .queries import only_order
from .rules import around, whole_days
from .term_changes import NewTerm, ends_of, write_terms
from .term_history import Ends, Lengthening
from .transitions import Action, require_transition

MOST_TERMS = 10
_MOST_COUNTED = 10_000
_OWN = "Somebody else has to change the licenses of your account."


class Renewal(NamedTuple):
    """What renewing a license gives: it counts from `start`, of which `lapsed_days` are over already."""

    start: datetime
    ends: Ends
    lapsed_days: int
    by: Lengthening

    def of(self, license: License) -> NewTerm:
        """To be written."""
        return NewTerm(license, self.ends, self.by)


def renewal_of(
    license: License, *, terms: int = 1, term: Optional[str] = None, moment: datetime
) -> Renewal:
    """What renewing by so many terms (of its policy, if `term` does not say how long) gives at this moment.

    None of its ends comes earlier. Raises Invalid for a perpetual license, and if the new term were over by now, or not
    after the present one; `terms` says how many it takes.
    """
    policy, expires_at = license.policy, license.expires_at
    if expires_at is None:
        raise Invalid("It never expires.", field="licenses", licenses=[str(license.pk)])
    term = policy.term if term is None else term
    if not term:
        raise Invalid(
            "Its policy has no term to renew by; set the term.",
            field="licenses",
            licenses=[str(license.pk)],
        )
    by = Lengthening(
        term=term,
        terms=terms,
        basis=policy.renewal_basis,
        grace_days=policy.grace_days,
        retention_days=policy.retention_days,
        at=license.clock_at(moment),
        since=license.suspended_at if license.is_stopped_at(moment) else None,
    )
    before = ends_of(license)
    if not _gives_time(by, before):
        counts = range(terms, _MOST_COUNTED)
        more = (n for n in counts if _gives_time(by._replace(terms=n), before))
        needed = next(more, _MOST_COUNTED)
        raise Invalid(
            f"So short a term gives nothing. Renew by {needed} terms, or set the term.",
            field="terms",
            licenses=[str(license.pk)],
            terms=needed,
        )
    start = by.start(before)
    lapsed = whole_days((by.since or by.at) - start) if start < by.at else 0
    return Renewal(start, by.of(before), lapsed, by)


def _gives_time(by: Lengthening, before: Ends) -> bool:
    """Whether it lasts longer than now, and longer than it did."""
    ends, expires_at = by.of(before)[0], before[0]
    assert expires_at is not None
    return ends is None or ends > max(by.at, expires_at)


@transaction.atomic
def renew_licenses(
    license_ids: Iterable[UUID], *, terms: int = 1, reason: Optional[str], actor: Actor
) -> List[License]:
    """These licenses last so many terms (1 to 10) longer: all of them or none; an event per account.

    Raises InvalidQuantity, NotFound, ReasonRequired, Several InvalidTransition, and Several of what `renewal_of` raises.
    """
    why = clean_reason(reason, shortest=1)
    if not 1 <= terms <= MOST_TERMS:
        raise InvalidQuantity(f"Renew by 1 to {MOST_TERMS} terms.", field="terms")
    licenses, moment = _lock(license_ids, Action.RENEW, actor)
    renewals: List[NewTerm] = []
    refused: List[Invalid] = []
    for license in licenses:
        try:
            renewals.append(renewal_of(license, terms=terms, moment=moment).of(license))
        except Invalid as error:
            refused.append(error)
    if refused:
        raise Several(refused)
    _write(renewals, EventType.LICENSE_RENEWED, reason=why, actor=actor, terms=terms)
    return lock_licenses(license.pk for license in licenses)


@transaction.atomic
def set_license_terms(
    license_ids: Iterable[UUID],
    *,
    expires_at: Optional[datetime],
    grace_until: Optional[datetime] = None,
    retained_until: Optional[datetime] = None,
    reason: Optional[str],
    actor: Actor,
) -> List[License]:
    """These licenses expire then, None: never; all of them or none. The one way to change a term that exists.

    Ends of grace and retention that are not given follow the expiry as the policy says. What is set is set, be it what
    there was: a suspension that stopped the clock moves it no more, and the refund of an earlier renewal neither. Raises Invalid (not in this
    order, the term over before it begins), else as `renew_licenses`.
    """
    why = clean_reason(reason, shortest=1)
    licenses, _ = _lock(license_ids, Action.SET_TERM, actor)
    changes: List[NewTerm] = []
    for license in licenses:
        policy = license.policy
        ends = around(expires_at, policy.grace_days, policy.retention_days)
        if expires_at is not None:
            grace = grace_until or ends[1]
            ends = (expires_at, grace, retained_until or max(filter(None, (ends[2], grace))))
        elif grace_until or retained_until:
            raise Invalid("What never expires has no grace and no retention.", field="expiresAt")
        changes.append(NewTerm(license, _checked(license, ends)))
    License.objects.filter(pk__in=[license.pk for license in licenses]).update(stopped_until=None)
    _write(changes, EventType.LICENSE_TERM_SET, reason=why, actor=actor)
    return lock_licenses(license.pk for license in licenses)


def refuse_own_licenses(licenses: Iterable[License], actor: Actor) -> None:
    """Raises ForbiddenRole if one is of an account of the actor's own: nobody gives oneself time."""
    accounts = {license.account_id: license.account.user_ref or "" for license in licenses}
    refuse_own(actor, accounts, buyer_refs=accounts.values(), message=_OWN)


def _checked(license: License, ends: Ends) -> Ends:
    expires_at, grace_until, retained_until = ends
    if expires_at is None:
        return ends
    assert license.starts_at and grace_until and retained_until
    if expires_at <= license.starts_at:
        raise Invalid("The term would be over before it begins.", field="expiresAt")
    if grace_until < expires_at:
        raise Invalid("Grace ends with the expiry or later.", field="graceUntil")
    if retained_until < grace_until:
        raise Invalid("Retention includes grace, and ends with it or later.", field="retainedUntil")
    return ends


def _lock(
    license_ids: Iterable[UUID], action: Action, actor: Actor
) -> Tuple[List[License], datetime]:
    licenses, moment = lock_licenses(at_most(license_ids)), now()
    refuse_own_licenses(licenses, actor)
    licenses = end_due(licenses, moment=moment)
    require_transition(action, licenses, moment=moment)
    return licenses, moment


def _write(
    new: List[NewTerm],
    type: EventType,
    *,
    reason: str,
    actor: Actor,
    **data: Any,
) -> None:
    """The new terms, with their events."""
    write_terms(new, moment=now())
    record_terms(type, new, reason=reason, permission=MANAGE_LICENSES, actor=actor, **data)


def record_terms(
    type: EventType, new: Iterable[NewTerm], *, order_id: Optional[UUID] = None, **data: Any
) -> None:
    """An event per account, with each license's expiry before and after.

    It is of the order that changed the terms, if one did, else of the licenses; `data` as for `events.record`.
    """
    by_account: Dict[UUID, List[NewTerm]] = {}
    for one in new:
        by_account.setdefault(one.license.account_id, []).append(one)
    for account_id, theirs in sorted(by_account.items()):
        ids = [one.license.pk for one in theirs]
        record(
            type,
            order_id or ids[0],
            account_id=account_id,
            order_id=order_id or only_order(ids),
            licenses=[str(pk) for pk in ids],
            before=[one.license.expires_at for one in theirs],
            after=[one.ends[0] for one in theirs],
            **data,
        )
