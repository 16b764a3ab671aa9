"""Which licenses the buyer of a checkout wants renewed: kept as rows of ours, by its token, and never in metadata."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from typing import Dict, Iterable, List, Sequence, Set
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from ...accounts import access
from ...errors import ForbiddenRole, NotFound
from ...events.models import Event
from ...events.types import EventType
from ...host import shop
from ...host.db import now
from ...host.types import SYSTEM, Actor
from ...licenses.locks import at_most
from ...licenses.models import License
from ...licenses.transitions import Action, require_transition
from ...permissions import Right
from ..audit import record_of_order
from ..models import LicenseOrder, LicenseOrderLine
from ..renewals.models import CheckoutRenewal, RenewalProblem
from ..renewals.units import live_renewals, name_licenses, problem_of

# A checkout that did not become an order by then does not.
KEPT_FOR = timedelta(days=90)
FORGOTTEN_PER_SWEEP = 1000
_NOT_YOURS = "What a checkout renews is named by the signed-in user whose checkout it is."


@transaction.atomic
def set_checkout_renewals(
    checkout: str, license_ids: Sequence[UUID], *, actor: Actor
) -> List[License]:
    """What the checkout renews, instead of what was named before; none: nothing. Changes no license.

    `checkout` is the API's id, or the token. Raises ForbiddenRole (not the checkout of the user who asks), NotFound (no
    license of an account in which the user sees licenses), InvalidQuantity, Several InvalidTransition.
    """
    token = shop.lock_checkout_of_user(checkout, actor.user_ref)
    if not token:
        raise ForbiddenRole(_NOT_YOURS)
    ids = at_most(license_ids) if license_ids else []
    found = License.objects.filter(pk__in=ids, account_id__in=_accounts(actor))
    by_id = {license.pk: license for license in found.select_related("policy")}
    if len(by_id) < len(ids):
        raise NotFound(field="renews")
    moment = now()
    licenses = [by_id[pk] for pk in ids]
    require_transition(Action.RENEW, licenses, moment=moment, field="renews")
    CheckoutRenewal.objects.filter(checkout_token=token).delete()
    # Their ids keep the buyer's order; each takes a lock of its license, so they are inserted by these.
    rows = [
        CheckoutRenewal(
            checkout_token=token, license=license, user_ref=actor.user_ref, created_at=moment
        )
        for license in licenses
    ]
    CheckoutRenewal.objects.bulk_create(sorted(rows, key=lambda row: row.license_id))
    return licenses


def name_asked(order: LicenseOrder, lines: Iterable[LicenseOrderLine], *, moment: datetime) -> None:
    """Name for these renewal lines, new ones, what their checkout asked for, looked at again.

    Whatever is in doubt is left to staff: a guest's order, a checkout that made two orders, more licenses than units, a
    license that two lines could renew, and one that cannot be renewed any more, or is of an account that the buyer has
    left.
    """
    lines = list(lines)
    if not lines or order.is_duplicate_checkout or not order.buyer_user_ref:
        return
    rows = _rows_of(order).select_related("license__policy").order_by("pk")
    asked = [row.license for row in rows]
    # Units of a line may have come back whose money did not go back after all, and staff may have named others.
    live = live_renewals(order.lines.filter(is_renewal=True))
    named = {(one.order_line_id, one.license_id) for one in live}
    taken = {license_id for _, license_id in named}
    corrected = _named_by_staff(lines)
    fitting = {
        line: [
            one
            for one in asked
            if one.policy.variant_ref in line.policy.renews and one.pk not in taken
        ]
        for line in lines
        if line.pk not in corrected
    }
    of_lines = Counter(one.pk for found in fitting.values() for one in found)
    accounts = set(
        _accounts(Actor("USER", ref=order.buyer_user_ref)).values_list("account_id", flat=True)
    )
    problems: Dict[UUID, str] = {}
    for line, licenses in fitting.items():
        units = line.quantity - line.withdrawn - sum(of_line == line.pk for of_line, _ in named)
        if len(licenses) > units or any(of_lines[one.pk] > 1 for one in licenses):
            continue
        found = {
            one: problem_of(one, line, moment=moment)
            if one.account_id in accounts
            else RenewalProblem.OTHER_ACCOUNT.value
            for one in licenses
        }
        name_licenses(line, found, moment=moment)
        problems.update({one.pk: problem for one, problem in found.items()})
    if asked:
        record_of_order(
            EventType.LICENSE_ORDER_RENEWALS_SET,
            order,
            actor=SYSTEM,
            asked=[str(one.pk) for one in asked],
            licenses={str(pk): problem for pk, problem in problems.items()},
        )


def asked_of(order: LicenseOrder) -> List[UUID]:
    """The licenses that the buyer named in the checkout of this order."""
    return list(_rows_of(order).values_list("license_id", flat=True))


def _rows_of(order: LicenseOrder) -> "QuerySet[CheckoutRenewal]":
    """What the buyer named, who was signed in: of a guest's order there is none."""
    return CheckoutRenewal.objects.filter(
        checkout_token=order.checkout_token, user_ref=order.buyer_user_ref
    )


def _named_by_staff(lines: Iterable[LicenseOrderLine]) -> Set[UUID]:
    """Those of the lines whose licenses staff have set: what the buyer asked for counts no more."""
    found = Event.objects.filter(
        type=EventType.LICENSE_ORDER_RENEWALS_SET.value,
        order_id__in={line.order_id for line in lines},
        data__has_key="order_line",
    )
    return {UUID(line_id) for line_id in found.values_list("data__order_line", flat=True)}


def forget_old_checkouts() -> int:
    """A step of the sweep: what was named in checkouts 90 days ago and earlier; how much."""
    old = CheckoutRenewal.objects.filter(created_at__lt=now() - KEPT_FOR).order_by("created_at")
    some = list(old.values_list("pk", flat=True)[:FORGOTTEN_PER_SWEEP])
    return CheckoutRenewal.objects.filter(pk__in=some).delete()[0]


def _accounts(actor: Actor) -> "QuerySet":
    """The accounts whose licenses the user may have renewed."""
    return access.account_ids_with(actor, Right.SEE_LICENSES)
