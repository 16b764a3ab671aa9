"""How the money of an order stands: a pure function of what the host and the providers have told.

Whatever order its messages came in, a `PaymentFact` is the same in the end. Each is counted once, and nothing
here asks for their order: all permutations of the same messages, with repetitions, end in the same `Money` (C11).
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Dict, Iterable, List, Optional, Tuple

from ...host.types import Order, Payment
from ..models import DisputeStage, FactKind, PaymentFact, RefundState

NOTHING = Decimal(0)
_RUNNING = (DisputeStage.OPEN, DisputeStage.WITHDRAWN)
_DID_NOT_GO = (RefundState.CANCELED, RefundState.FAILED)


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
        is_disputed=any(
            fact.stage in _RUNNING
            for some in believed.values()
            for fact in _of_kind(some, FactKind.DISPUTE)
        ),
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
    """(captured, refunded, charged back): the host and the provider tell of the same money, so the larger counts.

    The host does not hear that a refund failed, so what the provider says did not go back is taken off its word.
    """
    came = _of_kind(facts, FactKind.CAPTURED)
    captured = max([payment.captured, *(fact.amount for fact in came)])
    went, failed = _refunds(facts)
    refunded = min(max(payment.refunded - failed, went), captured)
    disputes = _of_kind(facts, FactKind.DISPUTE)
    charged_back = _sum(fact for fact in disputes if fact.stage == DisputeStage.LOST)
    return captured, refunded, min(charged_back, captured - refunded)


def _refunds(facts: List[PaymentFact]) -> Tuple[Decimal, Decimal]:
    """(what went back, what should have and did not), as the provider tells it.

    Of a charge it tells single refunds, or what they come to, or both. A total is of one moment: what failed
    later is still in it, what failed before is not. What it has beyond the refunds that are known is of others.
    """
    refunds = _of_kind(facts, FactKind.REFUND)
    failed = [one for one in refunds if one.stage in _DID_NOT_GO]
    went = _sum(refunds) - _sum(failed)
    for total in _of_kind(facts, FactKind.REFUNDED):
        known = _sum(one for one in refunds if one.charge_ref == total.ref and _is_in(one, total))
        went += max(NOTHING, total.amount - known)
    return went, _sum(failed)


def _is_in(refund: PaymentFact, total: PaymentFact) -> bool:
    """Whether the refund counted at the moment of the total; what has no moments did."""
    at = total.told_at
    if at is None:
        return True
    is_later = refund.began_at is not None and refund.began_at > at
    is_over = refund.ended_at is not None and refund.ended_at < at
    return not is_later and not is_over


def _of_kind(facts: List[PaymentFact], kind: FactKind) -> List[PaymentFact]:
    return [fact for fact in facts if fact.kind == kind]


def _sum(facts: Iterable[PaymentFact]) -> Decimal:
    return sum((fact.amount for fact in facts), NOTHING)
