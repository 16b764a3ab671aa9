"""Purchases that the host's own Stripe plugin takes the money for, at Stripe's stand-in."""

from __future__ import annotations

import json
from typing import Any, Dict, Tuple

import lane
from shop import Market
from stripe_lane import StandIn

from demo.shop import Refused

_IS_210 = lane.host() == "2.10"
GATEWAY = "mirumee.payments.stripe" if _IS_210 else "saleor.payments.stripe"
# What Saleor calls the settings of its plugin: the two keys, and whether it captures at once.
_SETTINGS = (
    ("Public API key", "Secret API key", "Automatic payment capture")
    if _IS_210
    else ("public_api_key", "secret_api_key", "automatic_payment_capture")
)
_CREATE = """mutation($id: ID!, $amount: AMOUNT, $token: String%s) {
  checkoutPaymentCreate(%s: $id, input: {gateway: "%s", token: $token, amount: $amount}) {
    payment { id } errors: paymentErrors { field message code }
  }
}""" % ("!" if _IS_210 else "", "checkoutId" if _IS_210 else "id", GATEWAY)
_COMPLETE = """mutation($id: ID!) {
  checkoutComplete(%s: $id) {
    order { %s } confirmationNeeded %s errors: checkoutErrors { field message code }
  }
}"""
_PAYMENTS = """query($id: ID!) { order(id: $id) { payments {
  id gateway chargeStatus capturedAmount { amount currency }
  transactions { kind token isSuccess }
} } }"""


class StripeMarket(Market):
    """A market whose customers may pay by Stripe; use it while `stand_in.sdk()` lasts."""

    def __init__(self, unique: Any, stand_in: StandIn, **order_settings: Any):
        super().__init__(unique, **order_settings)
        self.stand_in = stand_in

    def set_gateway(self, *, active: bool, capture: bool = True) -> None:
        """Switch Saleor's plugin on or off; with `capture` off it only authorises. 3.x: for this channel."""
        values = (self.stand_in.public_key, self.stand_in.api_key, json.dumps(capture))
        configuration = [{"name": name, "value": value} for name, value in zip(_SETTINGS, values)]
        self.shop.do(
            """mutation($id: ID!, %s $input: PluginUpdateInput!) {
              pluginUpdate(id: $id, %s input: $input) {
                plugin { id } errors: pluginsErrors { field message code }
              }
            }"""
            % (("", "") if _IS_210 else ("$channel: ID!,", "channelId: $channel,")),
            self.owner,
            id=GATEWAY,
            input={"active": active, "configuration": configuration},
            **({} if _IS_210 else {"channel": self.place.channel}),
        )

    def payments(self, order: Dict[str, Any]) -> Any:
        """The payments of Saleor's order as its staff see them, with their `transactions`."""
        return self.shop.do(_PAYMENTS, self.owner, id=order["id"])["payments"]


def buy_with_stripe(
    market: StripeMarket,
    product: Any,
    quantity: int = 1,
    *,
    capture: bool = True,
    method: str = "pm_card_visa",
    email: str = "",
    authorization: str = "",
) -> Tuple[Dict[str, Any], str]:
    """Saleor's order and the id of its payment at Stripe; without `capture` it is authorised only.

    Raises Refused if there is no order: the card was declined, the bank asks for more, on 2.10 also if the payment is
    still under way (`pm_boleto`).
    """
    market.set_gateway(active=True, capture=capture)
    email = email or f"{market.unique('guest')}@example.com"
    checkout = market.shop.checkout(
        market.place, (product.id, quantity), email=email, authorization=authorization
    )
    market.shop.ask(
        _CREATE,
        authorization,
        id=checkout["id"],
        amount=checkout["totalPrice"]["gross"]["amount"],
        # On 2.10 the browser sends the payment method to Saleor, on 3.x to Stripe.
        token=method if _IS_210 else None,
    )
    order = _complete(market, checkout, authorization, method)
    tokens = [one["token"] for paid in market.payments(order) for one in paid["transactions"]]
    return order, tokens[0]


def _complete(
    market: StripeMarket, checkout: Dict[str, Any], authorization: str, method: str
) -> Dict[str, Any]:
    document = _COMPLETE % (
        "checkoutId" if _IS_210 else "id",
        market.shop.ORDER,
        "" if _IS_210 else "confirmationData",
    )
    answer = market.shop.do(document, authorization, id=checkout["id"])
    if not _IS_210:
        # Saleor made the payment at Stripe; the customer's browser confirms it there, and comes back.
        secret = json.loads(answer["confirmationData"])["client_secret"]
        status, confirmed = market.stand_in.confirm(secret, method)
        if status != 200:
            raise Refused([confirmed["error"]])
        answer = market.shop.do(document, authorization, id=checkout["id"])
    if answer["confirmationNeeded"]:
        raise Refused([{"message": "The bank asks for more.", "code": "CONFIRMATION_NEEDED"}])
    return answer["order"]
