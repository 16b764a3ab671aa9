"""The receipt of an order, as it is shown and sent."""

from __future__ import annotations

from typing import Any

import graphene
from promise import Promise

from ...host.billing import Party, Receipt, ReceiptLine, ReceiptPayment
from ...host.graphql import DateTime, Money, TaxedMoney
from ...host.types import Price
from ...orders.models import LicenseOrder as OrderRow
from ..loaders import load
from .listing import receipts_of_orders


class LicenseReceiptParty(graphene.ObjectType):
    """Who sells or buys."""

    address = graphene.List(
        graphene.NonNull(graphene.String),
        required=True,
        description="Name and address, in lines as on a letter; empty if none is on file.",
    )
    tax_number = graphene.String(required=True, description="The tax number; may be empty.")


class LicenseReceiptLine(graphene.ObjectType):
    """One line of the shop's order, whether its product is licensed or not. Prices are before the discount."""

    product_name = graphene.String(required=True, description="The product.")
    variant_name = graphene.String(required=True, description="Its variant.")
    sku = graphene.String(required=True, description="Its SKU.")
    quantity = graphene.Int(required=True, description="Units ordered.")
    unit_price = graphene.Field(TaxedMoney, required=True, description="What one unit costs.")
    total = graphene.Field(TaxedMoney, required=True, description="What all of them cost.")


class LicenseReceiptPayment(graphene.ObjectType):
    """What came in."""

    means = graphene.String(
        required=True,
        description='The card ("VISA •••• 4242") or the provider; empty if the shop does not know.',
    )
    amount = graphene.Field(Money, required=True, description="How much.")
    paid_at = graphene.Field(DateTime, required=True, description="When.")


class LicenseOrderReceipt(graphene.ObjectType):
    """What was bought, what it cost and how it was paid.

    Lines and shipping, less the discount, are the total.
    """

    seller = graphene.Field(LicenseReceiptParty, required=True, description="The shop.")
    buyer = graphene.Field(LicenseReceiptParty, required=True, description="Billed to.")
    lines = graphene.List(
        graphene.NonNull(LicenseReceiptLine), required=True, description="All lines of the order."
    )
    shipping = graphene.Field(TaxedMoney, required=True, description="What shipping costs.")
    discount = graphene.Field(
        TaxedMoney,
        required=True,
        description="What vouchers, sales and gift cards take off.",
    )
    total = graphene.Field(TaxedMoney, required=True, description="What is to be paid.")
    payments = graphene.List(
        graphene.NonNull(LicenseReceiptPayment), required=True, description="What was paid."
    )
    refunded = graphene.Field(Money, required=True, description="What of it went back.")


def resolve_receipt(root: OrderRow, info: Any) -> Promise:
    receipt = load(info.context, receipts_of_orders, root.pk)
    return receipt.then(lambda found: found and _receipt(root, found))


def _receipt(order: OrderRow, receipt: Receipt) -> LicenseOrderReceipt:
    currency = receipt.currency

    def taxed(price: Price) -> TaxedMoney:
        amounts = {name: getattr(price, name) for name in ("gross", "net", "tax")}
        return TaxedMoney(
            currency=currency,
            **{name: Money(amount=amount, currency=currency) for name, amount in amounts.items()},
        )

    def line(one: ReceiptLine) -> LicenseReceiptLine:
        return LicenseReceiptLine(
            **{
                **vars(one),
                "unit_price": taxed(one.unit_price),
                "total": taxed(one.total),
            }
        )

    def payment(one: ReceiptPayment) -> LicenseReceiptPayment:
        amount = Money(amount=one.amount, currency=currency)
        return LicenseReceiptPayment(means=one.means, amount=amount, paid_at=one.paid_at)

    return LicenseOrderReceipt(
        seller=_party(receipt.seller),
        buyer=_party(receipt.buyer),
        lines=list(map(line, receipt.lines)),
        shipping=taxed(receipt.shipping),
        discount=taxed(receipt.discount),
        total=taxed(receipt.total),
        payments=list(map(payment, receipt.payments)),
        refunded=Money(amount=order.refunded + order.charged_back, currency=currency),
    )


def _party(party: Party) -> LicenseReceiptParty:
    return LicenseReceiptParty(address=list(party.address), tax_number=party.tax_number)
