"""A payment gateway for bank slips: the order is made at once, the money comes days later. For both hosts.

Saleor's dummy gateway charges at once whatever has an id of the provider's, and its plugin for Stripe asks Stripe.
"""

from __future__ import annotations

from typing import Any

from saleor.payment import TransactionKind
from saleor.payment.interface import GatewayResponse
from saleor.plugins.base_plugin import BasePlugin

from demo.shop import SLIP_GATEWAY


class BankSlipGateway(BasePlugin):
    """Authorises every payment and charges none; the token is the id that the provider gave it."""

    PLUGIN_ID = SLIP_GATEWAY
    PLUGIN_NAME = "Bank slip"
    DEFAULT_ACTIVE = True

    def process_payment(self, payment_information: Any, previous_value: Any) -> GatewayResponse:
        return GatewayResponse(
            is_success=True,
            action_required=False,
            kind=TransactionKind.AUTH,
            amount=payment_information.amount,
            currency=payment_information.currency,
            transaction_id=payment_information.token,
            error=None,
        )

    def get_payment_config(self, previous_value: Any) -> list:
        # Saleor 2.10 asks every gateway.
        return []
