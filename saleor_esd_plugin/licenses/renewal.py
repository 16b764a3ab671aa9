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
from .rules import Term, add_terms, around, renewal_start, whole_days
from .transitions import Action, require_transition

MOST_TERMS = 10
_MOST_COUNTED = 10_000
_OWN = "Somebody else has to change the licenses of your account."


class Renewal(NamedTuple):
    """What renewing a license by some terms gives: it counts from `start`, of which `lapsed_days` are over already."""

    start: datetime
    term: Term
    lapsed_days: int


def renewal_of(license: License, *, terms: int, moment: datetime) -> Renewal:
    """What renewing by so many terms of its policy gives at this moment; none of its ends comes earlier.

    Raises Invalid for a perpetual license, and if the new term were over by now, or not after the present one;
    `terms` says how many it takes.
    """
    policy, expires_at = license.policy, license.expires_at
    if expires_at is None:
        raise Invalid("It never expires.", field="licenses", licenses=[str(license.pk)])
    if not policy.term:
        raise Invalid(
            "Its policy has no term to renew by; set the term.",
            field="licenses",
            licenses=[str(license.pk)],
        )
    at = license.clock_at(moment)
    start = renewal_start(
        at, basis=policy.renewal_basis, expires_at=expires_at, grace_until=license.grace_until
    )
    latest = max(at, expires_at)
    if not _is_after(start, policy.term, terms, latest):
        counts = range(terms, _MOST_COUNTED)
        needed = next(
            (n for n in counts if _is_after(start, policy.term, n, latest)), _MOST_COUNTED
        )
        raise Invalid(
            f"So short a term gives nothing. Renew by {needed} terms, or set the term.",
            field="terms",
            licenses=[str(license.pk)],
            terms=needed,
        )
    ends = around(add_terms(start, policy.term, terms), policy.grace_days, policy.retention_days)
    before = (expires_at, license.grace_until, license.retained_until)
    kept = ends if ends[0] is None else tuple(map(max, ends, before))  # type: ignore[type-var]
    term = Term(license.starts_at or at, *kept)
    return Renewal(start, term, whole_days(at - start) if start < at else 0)


def _is_after(start: datetime, term: str, count: int, at: datetime) -> bool:
    ends = add_terms(start, term, count)
    return ends is None or ends > at


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
    renewals: List[Tuple[License, Term]] = []
    refused: List[Invalid] = []
    for license in licenses:
        try:
            renewals.append((license, renewal_of(license, terms=terms, moment=moment).term))
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

    Ends of grace and retention that are not given follow the expiry as the policy says. What is set is set: a
    suspension that stopped the clock moves it no more. Raises Invalid (not in this
    order, the term over before it begins), else as `renew_licenses`.
    """
    why = clean_reason(reason, shortest=1)
    licenses, _ = _lock(license_ids, Action.SET_TERM, actor)
    changes: List[Tuple[License, Term]] = []
    for license in licenses:
        policy = license.policy
        ends = around(expires_at, policy.grace_days, policy.retention_days)
        if expires_at is not None:
            grace = grace_until or ends[1]
            ends = (expires_at, grace, retained_until or max(filter(None, (ends[2], grace))))
        elif grace_until or retained_until:
            raise Invalid("What never expires has no grace and no retention.", field="expiresAt")
        assert license.starts_at is not None
        changes.append((license, _checked(Term(license.starts_at, *ends))))
    License.objects.filter(pk__in=[license.pk for license in licenses]).update(stopped_until=None)
    _write(changes, EventType.LICENSE_TERM_SET, reason=why, actor=actor)
    return lock_licenses(license.pk for license in licenses)


def refuse_own_licenses(licenses: Iterable[License], actor: Actor) -> None:
    """Raises ForbiddenRole if one is of an account of the actor's own: nobody gives oneself time."""
    accounts = {license.account_id: license.account.user_ref or "" for license in licenses}
    refuse_own(actor, accounts, buyer_refs=accounts.values(), message=_OWN)


def _checked(term: Term) -> Term:
    if term.expires_at is None:
        return term
    assert term.grace_until is not None and term.retained_until is not None
    if term.expires_at <= term.starts_at:
        raise Invalid("The term would be over before it begins.", field="expiresAt")
    if term.grace_until < term.expires_at:
        raise Invalid("Grace ends with the expiry or later.", field="graceUntil")
    if term.retained_until < term.grace_until:
        raise Invalid("Retention includes grace, and ends with it or later.", field="retainedUntil")
    return term


def _lock(
    license_ids: Iterable[UUID], action: Action, actor: Actor
) -> Tuple[List[License], datetime]:
    licenses, moment = lock_licenses(at_most(license_ids)), now()
    refuse_own_licenses(licenses, actor)
    licenses = end_due(licenses, moment=moment)
    require_transition(action, licenses, moment=moment)
    return licenses, moment


def _write(
    changes: List[Tuple[License, Term]],
    type: EventType,
    *,
    reason: str,
    actor: Actor,
    **data: Any,
) -> None:
    """The new terms, with an event per account that has each license's expiry before and after."""
    by_account: Dict[UUID, List[Tuple[License, Term]]] = {}
    moment = now()
    for license, term in changes:
        if term == Term(*(getattr(license, name) for name in Term._fields)):
            continue
        by_account.setdefault(license.account_id, []).append((license, term))
        set_at = license.term_set_at if term.expires_at == license.expires_at else moment
        License.objects.filter(pk=license.pk).update(**term._asdict(), term_set_at=set_at)
    for account_id, theirs in sorted(by_account.items()):
        ids = [license.pk for license, _ in theirs]
        record(
            type,
            ids[0],
            actor=actor,
            reason=reason,
            permission=MANAGE_LICENSES,
            account_id=account_id,
            order_id=only_order(ids),
            licenses=[str(pk) for pk in ids],
            before=[license.expires_at for license, _ in theirs],
            after=[term.expires_at for _, term in theirs],
            **data,
        )
