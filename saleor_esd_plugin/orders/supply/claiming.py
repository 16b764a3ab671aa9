"""One line draws its keys: first what its checkout reserved, then from its pools, the best first."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Dict, List, NamedTuple, Optional, Sequence, Tuple
from uuid import UUID

from ...host import shop
from ...keys.models import KeyPool, Reservation
from ...keys.ring import keyring
from ...licenses.key_claim import allocate_licenses
from ...licenses.models import ENDED, License
from ...licenses.policies.ranking import Buyer, Choice, choose_pools, has_ranked_pools
from ..intake.line_sync import note_origin
from ..models import LicenseOrder, LicenseOrderLine
from . import backorders


class Drawn(NamedTuple):
    """`units` of a line that got keys of a pool; `instead_of` are better ones that had too few."""

    line: LicenseOrderLine
    choice: Choice
    units: int
    instead_of: Tuple[UUID, ...] = ()
    is_reserved: bool = False

    def event_data(self) -> Dict[str, Any]:
        """Itself, for an event."""
        return {
            "line": str(self.line.pk),
            "pool": str(self.choice.pool.pk),
            "keys": self.units,
            "because": self.choice.because,
            "instead_of": [str(pool_id) for pool_id in self.instead_of],
            "reserved": self.is_reserved,
        }


def choices_of(order: LicenseOrder, lines: Sequence[LicenseOrderLine]) -> Dict[UUID, List[Choice]]:
    """Policy of these lines, none of which is a renewal -> the pools to draw on, best first."""
    policies = {line.policy_id: line.policy for line in lines}
    if order.country is None and has_ranked_pools(policies):
        # Its reading failed before, or has not been tried yet.
        found = shop.read_order(order.order_uuid)
        if found is not None:
            note_origin(order, found)
    buyer = Buyer(order.channel or "", order.country or "", order.account_id)
    return choose_pools(policies.values(), buyer)


def draw(
    order: LicenseOrder,
    line: LicenseOrderLine,
    choices: Sequence[Choice],
    reservation: Optional[Reservation],
    moment: datetime,
) -> Tuple[List[Drawn], bool]:
    """(What the line got, whether it has still too few). A pool with a queue is left to those in it.

    What was reserved is the line's own, whoever waits. With a locked key ring nothing is drawn. A renewal needs none.
    """
    wanted = 0 if line.is_renewal else missing_units(line)
    if not wanted:
        return [], False
    if not keyring.is_unlocked():
        return [], True
    drawn: List[Drawn] = []
    for choice in choices if reservation is not None else ():
        got = claim_from(order, line, choice.pool, wanted, moment, reservation=reservation)
        wanted -= got
        if got:
            drawn.append(Drawn(line, choice, got, is_reserved=True))
    passed: List[UUID] = []
    for choice in choices if wanted else ():
        pool = choice.pool
        if pool.is_generated or not backorders.has_queue(pool.pk, besides=line.pk):
            got = claim_from(order, line, pool, wanted, moment)
            wanted -= got
            if got:
                drawn.append(Drawn(line, choice, got, tuple(passed)))
        if not wanted:
            break
        passed.append(pool.pk)
    return drawn, wanted > 0


def claim_from(
    order: LicenseOrder,
    line: LicenseOrderLine,
    pool: KeyPool,
    wanted: int,
    moment: datetime,
    *,
    waits: bool = False,
    reservation: Optional[Reservation] = None,
) -> int:
    """Licenses of the line with keys of this pool; how many. See `licenses.allocation.allocate_licenses`."""
    if not wanted:
        return 0
    return allocate_licenses(
        pool=pool,
        order_line_id=line.pk,
        quantity=line.quantity,
        wanted=wanted,
        policy_id=line.policy_id,
        account_id=order.account_id,
        moment=moment,
        waits=waits,
        reservation_id=reservation and reservation.pk,
    )


def missing_units(line: LicenseOrderLine) -> int:
    """Units of the line that have no license, and should."""
    live = License.objects.filter(order_line=line).exclude(fulfillment__in=ENDED).count()
    return max(0, line.quantity - line.withdrawn - live)
