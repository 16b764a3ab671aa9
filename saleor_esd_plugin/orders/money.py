"""How the money of an order stands: a pure function of what the host and the providers have told.

Facts only grow (`PaymentFact`), each is counted once, and nothing here asks for their order: all
permutations of the same messages, with repetitions, end in the same `Money` (C11).
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Dict, Iterable, List, Optional, Tuple

from ..host.types import Order, Payment
from .models import DisputeStage, FactKind, PaymentFact

NOTHING = Decimal(0)
_RUNNING = (DisputeStage.OPEN, DisputeStage.WITHDRAWN)


@dataclass(frozen=True)
class Money:
    """Amounts in the order's currency; `total` is its price.

    `captured` ever came in, `refunded` and `charged_back` (disputes lost) are what of that went back.
    """

    total: Decimal
    captured: Decimal = NOTHING
    refunded: Decimal = NOTHING
    charged_back: Decimal = NOTHING
    is_disputed: bool = False

    @property
    def is_paid(self) -> bool:
        """It came in, in full; whether it stayed is another question."""
        return self.captured >= self.total

    @property
    def went_back(self) -> Decimal:
        """Refunded or lost in disputes."""
        return self.refunded + self.charged_back

    @property
    def gone(self) -> Decimal:
        """What went back of the price, and so asks for units.

        Nothing before it was paid in full: a deposit that went back, or another payment instead of the
        first, is no refund of units, and messages of both may come in any order. Of what was paid twice
        the second payment is not the price.
        """
        if not self.is_paid:
            return NOTHING
        return max(NOTHING, self.went_back - (self.captured - self.total))

    @property
    def is_all_gone(self) -> bool:
        """It was paid in full, and nothing of it is left."""
        return self.is_paid and NOTHING < self.captured <= self.went_back


def money_of(order: Order, facts: Iterable[PaymentFact]) -> Money:
    """The sum over the payments of `order`; what does not match them does not count (see `mismatch`)."""
    believed: Dict[int, List[PaymentFact]] = {}
    for fact in facts:
        place = _place(order.payments, fact)
        if place is not None and not mismatch(
            order.payments[place], fact.kind, fact.currency, fact.amount
        ):
            believed.setdefault(place, []).append(fact)
    parts = [
        _of_payment(payment, believed.get(place, []))
        for place, payment in enumerate(order.payments)
    ]
    return Money(
        total=order.total,
        captured=sum((captured for captured, _, _ in parts), NOTHING),
        refunded=sum((refunded for _, refunded, _ in parts), NOTHING),
        charged_back=sum((charged_back for _, _, charged_back in parts), NOTHING),
        is_disputed=any(fact.stage in _RUNNING for some in believed.values() for fact in some),
    )


def mismatch(payment: Payment, kind: str, currency: str, amount: Decimal) -> str:
    """Why what was told cannot be of this payment; empty if it can."""
    if currency != payment.currency:
        return f"{currency} was told of a payment in {payment.currency}"
    if kind == FactKind.CAPTURED and payment.total is not None and amount > payment.total:
        return f"{_plain(amount)} was told to have come in of {_plain(payment.total)}"
    return ""


def _plain(amount: Decimal) -> str:
    """Without the zeros that a column of the host's adds: 30.000 as 30."""
    return f"{amount.normalize():f}"


def _place(payments: Tuple[Payment, ...], fact: PaymentFact) -> Optional[int]:
    """Which of the payments it is of; the same one for all facts of one reference."""
    for place, payment in enumerate(payments):
        if fact.payment_ref in payment.refs:
            return place
    return None


def _of_payment(payment: Payment, facts: List[PaymentFact]) -> Tuple[Decimal, Decimal, Decimal]:
    """(captured, refunded, charged back): the host and the provider tell of the same money, so the larger counts."""
    captured = max([payment.captured, *_amounts(facts, FactKind.CAPTURED)])
    refunded = max(payment.refunded, sum(_amounts(facts, FactKind.REFUNDED), NOTHING))
    lost = [fact for fact in facts if fact.stage == DisputeStage.LOST]
    charged_back = sum((fact.amount for fact in lost), NOTHING)
    refunded = min(refunded, captured)
    return captured, refunded, min(charged_back, captured - refunded)


def _amounts(facts: List[PaymentFact], kind: FactKind) -> List[Decimal]:
    return [fact.amount for fact in facts if fact.kind == kind]
