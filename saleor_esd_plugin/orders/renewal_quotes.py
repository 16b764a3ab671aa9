"""What a renewal would give and cost, before anybody renews (P12)."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import NamedTuple, Optional, Tuple
from uuid import UUID

from ..errors import InvalidQuantity
from ..host import shop
from ..host.db import now
from ..licenses.models import License
from ..licenses.renewal import MOST_TERMS, renewal_of
from ..licenses.transitions import Action, require_transition


class Quote(NamedTuple):
    """A renewal that counts from `starts_at`, `lapsed_days` of which are over; `price` is (amount, currency) of all terms."""

    starts_at: datetime
    expires_at: Optional[datetime]
    lapsed_days: int
    basis: str
    price: Optional[Tuple[Decimal, str]]


def quote_renewal(license_id: UUID, *, terms: int) -> Quote:
    """What renewing by so many terms would give now; nothing is changed.

    The price is that of the license's variant in the channel of its order. Raises as `renew_licenses`.
    """
    if not 1 <= terms <= MOST_TERMS:
        raise InvalidQuantity(f"Renew by 1 to {MOST_TERMS} terms.", field="terms")
    license = License.objects.select_related("policy", "order_line__order").get(pk=license_id)
    moment = now()
    require_transition(Action.RENEW, [license], moment=moment)
    renewal = renewal_of(license, terms=terms, moment=moment)
    line = license.order_line
    listed = shop.variant_price(line.variant_ref, channel=line.order.channel or "")
    return Quote(
        renewal.start,
        renewal.term.expires_at,
        renewal.lapsed_days,
        license.policy.renewal_basis,
        listed and (listed[0] * terms, listed[1]),
    )
