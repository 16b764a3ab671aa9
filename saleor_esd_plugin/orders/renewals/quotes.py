"""What a renewal would give and cost, before anybody renews (P12)."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import List, NamedTuple, Optional, Tuple
from uuid import UUID

from ...errors import Invalid, InvalidQuantity
from ...host import shop
from ...host.db import now
from ...licenses.models import License
from ...licenses.policies.models import LicensePolicy, PolicyKind
from ...licenses.renewal import MOST_TERMS, Renewal, renewal_of
from ...licenses.rules import parse_term
from ...licenses.transitions import Action, require_transition

# (Amount, currency) as the shop lists it.
Price = Optional[Tuple[Decimal, str]]


class Product(NamedTuple):
    """A variant that renews licenses of another one by a `term` (ISO 8601 duration), and what it costs in a channel."""

    variant_ref: str
    term: str
    price: Price


class Offer(NamedTuple):
    """What a unit of a product would make of one license."""

    product: Product
    expires_at: Optional[datetime]


class Quote(NamedTuple):
    """A renewal that counts from `starts_at`, `lapsed_days` of which are over; `price` is that of all terms.

    `offers` are the products of the shop that would renew it, the shortest first.
    """

    starts_at: datetime
    expires_at: Optional[datetime]
    lapsed_days: int
    basis: str
    price: Price
    offers: List[Offer]


def quote_renewal(license_id: UUID, *, terms: int) -> Quote:
    """What renewing by so many terms would give now; nothing is changed.

    The price is that in the channel of the license's order: of the product that renews it by such a term, or where the
    shop has none, of its own variant. Raises as `renew_licenses`.
    """
    if not 1 <= terms <= MOST_TERMS:
        raise InvalidQuantity(f"Renew by 1 to {MOST_TERMS} terms.", field="terms")
    license = License.objects.select_related("policy", "order_line__order").get(pk=license_id)
    moment = now()
    require_transition(Action.RENEW, [license], moment=moment)
    renewal = renewal_of(license, terms=terms, moment=moment)
    products = products_renewing(license)
    listed = price_of_term(license, products)
    return Quote(
        renewal.start,
        renewal.ends[0],
        renewal.lapsed_days,
        license.policy.renewal_basis,
        listed and (listed[0] * terms, listed[1]),
        [
            Offer(product, given.ends[0])
            for product in products
            for given in _renewals(license, product, moment)
        ],
    )


def products_renewing(license: License) -> List[Product]:
    """What the shop sells that renews this license, the shortest term first; `order_line__order` is used."""
    channel = license.order_line.order.channel or ""
    policies = LicensePolicy.objects.filter(
        kind=PolicyKind.RENEWAL.value,
        archived_at=None,
        renews__contains=[license.order_line.variant_ref],
    )
    found = [
        Product(one.variant_ref, one.term, shop.variant_price(one.variant_ref, channel=channel))
        for one in policies
    ]
    return sorted(found, key=lambda one: (_length(one.term), one.variant_ref))


def price_of_term(license: License, products: List[Product]) -> Price:
    """What one term of the license's policy costs: see `quote_renewal`."""
    same = (one for one in products if _length(one.term) == _length(license.policy.term))
    product = next(same, None)
    if product is not None:
        return product.price
    line = license.order_line
    return shop.variant_price(line.variant_ref, channel=line.order.channel or "")


def _renewals(license: License, product: Product, moment: datetime) -> List[Renewal]:
    """None, if so short a term gives nothing."""
    try:
        return [renewal_of(license, term=product.term, moment=moment)]
    except Invalid:
        return []


def _length(term: str) -> float:
    """Days, more or less: to compare terms."""
    months, days = parse_term(term)
    return months * 30.4375 + days
