"""Payment gateways of the demo's shop.

Saleor's own dummy charges at once whatever has an id of the provider's, and its plugin for Stripe asks Stripe.
"""

from __future__ import annotations

from typing import Any

from saleor.payment import TransactionKind
from saleor.payment.interface import GatewayResponse
from saleor.plugins.base_plugin import BasePlugin

from demo.shop import DUMMY_GATEWAY, SLIP_GATEWAY


class BankSlipGateway(BasePlugin):
    """The order is made at once, the money comes days later: authorises every payment and charges none.

    For both hosts. The token is the id that the provider gave the payment.
    """

    PLUGIN_ID = SLIP_GATEWAY
    PLUGIN_NAME = "Bank slip"
    DEFAULT_ACTIVE = True

    def process_payment(self, payment_information: Any, previous_value: Any) -> GatewayResponse:
        return _done(TransactionKind.AUTH, payment_information)

    def get_payment_config(self, previous_value: Any) -> list:
        # Saleor 2.10 asks every gateway.
        return []


class DummyGateway(BasePlugin):
    """What Saleor's dummy was, for a Saleor that has none any more (3.24)."""

    PLUGIN_ID = DUMMY_GATEWAY
    PLUGIN_NAME = "Dummy"
    DEFAULT_ACTIVE = True

    def process_payment(self, payment_information: Any, previous_value: Any) -> GatewayResponse:
        return _done(TransactionKind.CAPTURE, payment_information)

    def capture_payment(self, payment_information: Any, previous_value: Any) -> GatewayResponse:
        return _done(TransactionKind.CAPTURE, payment_information)

    def refund_payment(self, payment_information: Any, previous_value: Any) -> GatewayResponse:
        return _done(TransactionKind.REFUND, payment_information)

    def void_payment(self, payment_information: Any, previous_value: Any) -> GatewayResponse:
        return _done(TransactionKind.VOID, payment_information)


def _done(kind: str, payment: Any) -> GatewayResponse:
    return GatewayResponse(
        is_success=True,
        action_required=False,
        kind=kind,
        amount=payment.amount,
        currency=payment.currency,
        transaction_id=payment.token or "",
        error=None,
    )
