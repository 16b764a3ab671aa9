"""Where payment providers' messages arrive: Stripe's through `webhooks`, others' through an integrator.

A fact is kept and takes effect in one transaction, under the order's lock: of a refund and an approval
whichever commits first wins, and the other sees it (C9).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Optional, Sequence, Union
from uuid import UUID

from django.db import connection, transaction

from ..errors import Invalid
from ..host import shop
from ..host.types import Actor, Order
from ..ids import uuid7
from .locks import lock_order
from .models import DisputeStage, FactKind, LicenseOrder, PaymentFact, RefundState
from .money.amounts import mismatch
from .settlement import settle_locked_order

# A fact of another payment under the same name is nobody's: nothing comes back then.
_GROW = """
INSERT INTO esd_paymentfact AS fact (
    id, provider, payment_ref, kind, ref, currency, amount, stage, charge_ref, told_at, began_at,
    ended_at, order_id, noted_at, changed_at
)
SELECT %(id)s::uuid, %(provider)s, %(payment_ref)s, %(kind)s, %(ref)s, %(currency)s, %(amount)s,
    %(stage)s, %(charge)s, %(told_at)s::timestamptz, %(began_at)s::timestamptz,
    %(ended_at)s::timestamptz, %(order)s::uuid, moment, moment
FROM (SELECT clock_timestamp() AS moment) AS clock
ON CONFLICT (provider, kind, ref, currency) DO UPDATE SET
    amount = CASE
        WHEN coalesce(EXCLUDED.told_at, '-infinity') > coalesce(fact.told_at, '-infinity')
        THEN EXCLUDED.amount
        WHEN coalesce(EXCLUDED.told_at, '-infinity') < coalesce(fact.told_at, '-infinity')
        THEN fact.amount
        ELSE greatest(fact.amount, EXCLUDED.amount)
    END,
    stage = greatest(fact.stage, EXCLUDED.stage),
    told_at = greatest(fact.told_at, EXCLUDED.told_at),
    began_at = least(fact.began_at, EXCLUDED.began_at),
    ended_at = least(fact.ended_at, EXCLUDED.ended_at),
    order_id = coalesce(fact.order_id, EXCLUDED.order_id),
    changed_at = EXCLUDED.changed_at
WHERE fact.payment_ref = EXCLUDED.payment_ref
RETURNING id
"""


@dataclass(frozen=True)
class Fact:
    """What a provider says of a payment; see `PaymentFact`. `currency` is ISO 4217 in upper case.

    Moments are aware, by the provider's clock. `charge` of a refund is the `ref` of the total that it is part
    of; without it the payment's.
    """

    provider: str
    payment_ref: str
    kind: FactKind
    ref: str
    currency: str
    amount: Decimal = Decimal(0)
    stage: Union[DisputeStage, RefundState, None] = None
    charge: str = ""
    told_at: Optional[datetime] = None
    began_at: Optional[datetime] = None
    ended_at: Optional[datetime] = None


@dataclass(frozen=True)
class Noted:
    """What became of facts: the order that they are of, if any, and why some are not believed, if so."""

    license_order_id: Optional[UUID] = None
    problem: str = ""


@transaction.atomic
def note_payment_facts(facts: Sequence[Fact], *, actor: Actor) -> Noted:
    """Keep what was told of one payment, and let its order's licenses follow, all or nothing.

    In any order and as often as it comes: see `PaymentFact` for what wins. The order is found through the
    shop's own records of the payment. What comes before these exist is kept until they do. A currency or
    amount that does not fit the shop's records is kept and has no effect. Raises Invalid if `facts` are
    none, or of several payments.
    """
    payments = {(fact.provider, fact.payment_ref) for fact in facts}
    if len(payments) != 1:
        raise Invalid("Tell of one payment at a time.", field="facts")
    (_, payment_ref) = payments.pop()
    order = _known_order_of(payment_ref)
    if order is None:
        uuids = shop.order_uuids_of_payment([payment_ref])
        if len(uuids) > 1:
            return Noted(problem="several orders of the shop have this payment")
        order = LicenseOrder.objects.filter(order_uuid__in=uuids).first()
    if order is not None:
        order = lock_order(order.pk)
    # One order of rows for all: two messages of one payment never wait for each other in a circle.
    grown = [_grow(fact, order) for fact in sorted(facts, key=lambda one: (one.kind, one.ref))]
    problem = "" if all(grown) else "it was told before of another payment"
    if order is None:
        return Noted(problem=problem)
    in_shop = shop.read_order(order.order_uuid)
    settle_locked_order(order, in_shop, actor=actor)
    return Noted(order.pk, problem or _problem(facts, in_shop))


def _known_order_of(payment_ref: str) -> Optional[LicenseOrder]:
    """The order that a fact of this payment has led to before, even if the shop has deleted it since."""
    known = PaymentFact.objects.filter(payment_ref=payment_ref).exclude(order=None)
    fact = known.select_related("order").first()
    return fact.order if fact is not None else None


def _grow(fact: Fact, order: Optional[LicenseOrder]) -> bool:
    values = {
        "id": str(uuid7()),
        "provider": fact.provider,
        "payment_ref": fact.payment_ref,
        "kind": fact.kind.value,
        "ref": fact.ref,
        "currency": fact.currency,
        "amount": fact.amount,
        "stage": fact.stage and fact.stage.value,
        "charge": (fact.charge or fact.payment_ref) if fact.kind == FactKind.REFUND else "",
        "told_at": fact.told_at,
        "began_at": fact.began_at,
        "ended_at": fact.ended_at,
        "order": order and str(order.pk),
    }
    with connection.cursor() as cursor:
        cursor.execute(_GROW, values)
        return cursor.fetchone() is not None


def _problem(facts: Sequence[Fact], order: Optional[Order]) -> str:
    """Why a fact does not fit the shop's record of its payment; empty if all do."""
    for payment in order.payments if order is not None else ():
        for fact in facts:
            why = mismatch(payment, fact.kind, fact.currency, fact.amount)
            if why and fact.payment_ref in payment.refs:
                return why
    return ""
