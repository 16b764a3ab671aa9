"""Payments of the account: from the intent to the money that came in. Standard library only."""

from __future__ import annotations

import time
from typing import Any, Dict, Optional

from stripe_messages import new_id
from stripe_store import Refused, Store, Thing, is_true, whole

# What happens when a payment is confirmed with Stripe's test method of that name.
_FATES = {
    "pm_card_visa": "paid",
    "pm_card_chargeDeclined": "declined",
    "pm_card_authenticationRequired": "asks",
    "pm_boleto": "waits",
}


class Payments(Store):
    """Customers, their payment methods and payments."""

    def __init__(self) -> None:
        super().__init__()
        # What becomes of a payment with this payment method.
        self._fates: Dict[str, str] = {}

    # Who pays, and with what

    def create_customer(self, params: Thing, livemode: bool) -> Thing:
        named = {name: params.get(name) for name in ("email", "name")}
        customer = self.create("customer", "cus", livemode, **named)
        customer["metadata"] = params.get("metadata", {})
        if params.get("payment_method"):
            self.find_method(params["payment_method"], livemode)["customer"] = customer["id"]
        self.tell("customer.created", customer)
        return customer

    def find_method(self, id: str, livemode: bool) -> Thing:
        """The payment method; one of Stripe's names for tests makes a new one."""
        if id not in _FATES:
            return self.get("payment_method", id)
        method = self.create("payment_method", "pm", livemode, customer=None, type="boleto")
        if id != "pm_boleto":
            card = {"brand": "visa", "last4": "4242", "exp_month": 12, "exp_year": 2040}
            method.update(type="card", card=card)
        self._fates[method["id"]] = _FATES[id]
        return method

    # Payments

    def create_intent(self, params: Thing, livemode: bool) -> Thing:
        for name in ("amount", "currency"):
            if not params.get(name):
                message = f"Missing required param: {name}."
                raise Refused(400, "parameter_missing", message, param=name)
        if params.get("customer"):
            self.get("customer", params["customer"])
        intent = self.create(
            "payment_intent",
            "pi",
            livemode,
            amount=whole(params["amount"]),
            amount_capturable=0,
            amount_received=0,
            canceled_at=None,
            capture_method=params.get("capture_method", "automatic"),
            confirmation_method=params.get("confirmation_method", "automatic"),
            currency=params["currency"].lower(),
            customer=params.get("customer"),
            last_payment_error=None,
            latest_charge=None,
            metadata=params.get("metadata", {}),
            next_action=None,
            payment_method=None,
            payment_method_types=list(params.get("payment_method_types", {"0": "card"}).values()),
            receipt_email=params.get("receipt_email"),
            setup_future_usage=params.get("setup_future_usage"),
            status="requires_payment_method",
        )
        intent["client_secret"] = f"{intent['id']}_secret_{new_id('x')[2:]}"
        self.tell("payment_intent.created", intent)
        if params.get("payment_method"):
            method = self.find_method(params["payment_method"], livemode)
            intent.update(payment_method=method["id"], status="requires_confirmation")
        return self.confirm(intent, {}) if is_true(params.get("confirm")) else intent

    def confirm(self, intent: Thing, params: Thing) -> Thing:
        """Raises Refused, 402 `card_declined`, if the bank says no; the attempt is kept."""
        if params.get("payment_method"):
            method = self.find_method(params["payment_method"], intent["livemode"])
            intent["payment_method"] = method["id"]
        self._expect(intent, "requires_payment_method", "requires_confirmation", "requires_action")
        if not intent["payment_method"]:
            message = "You cannot confirm this PaymentIntent because it's missing a payment method."
            raise self.unexpected(intent, message)
        fate = self._fates[intent["payment_method"]]
        if fate == "asks":
            action = {"type": "use_stripe_sdk", "use_stripe_sdk": {}}
            intent.update(status="requires_action", next_action=action)
            self.tell("payment_intent.requires_action", intent)
        elif fate == "waits":
            intent["status"] = "processing"
            self.tell("charge.pending", self._charge(intent, "pending"))
            self.tell("payment_intent.processing", intent)
        elif fate == "declined":
            self._fail(intent)
            message, charge = "Your card was declined.", intent["latest_charge"]
            more = {"decline_code": "generic_decline", "charge": charge}
            raise self.refused(intent, 402, "card_declined", message, **more)
        else:
            self._succeed(intent)
        return intent

    def finish(self, intent: Thing, is_paid: bool) -> Thing:
        """The customer's part, done after the confirmation: a bank slip is paid, an authentication is passed, or not."""
        self._expect(intent, "processing", "requires_action")
        self._succeed(intent) if is_paid else self._fail(intent)
        return intent

    def capture(self, intent: Thing, params: Thing) -> Thing:
        """What is not captured goes back at once: it counts as refunded, but no message tells of a refund."""
        self._expect(intent, "requires_capture")
        amount = whole(params.get("amount_to_capture", intent["amount_capturable"]))
        if amount > intent["amount_capturable"]:
            raise Refused(400, "amount_too_large", "The amount is more than can be captured.")
        charge = self.things[intent["latest_charge"]]
        charge.update(captured=True, amount_captured=amount)
        intent.update(status="succeeded", amount_capturable=0, amount_received=amount)
        if amount < charge["amount"]:
            self.give_back(charge, charge["amount"] - amount, None)
        self.tell("charge.captured", charge)
        self.tell("payment_intent.succeeded", intent)
        return intent

    def cancel(self, intent: Thing, params: Thing) -> Thing:
        """What was only authorised counts as refunded, although it never came in."""
        self._expect(
            intent,
            "requires_payment_method",
            "requires_confirmation",
            "requires_action",
            "requires_capture",
        )
        if intent["status"] == "requires_capture":
            charge = self.things[intent["latest_charge"]]
            self.give_back(charge, charge["amount"], None)
            self.tell("charge.refunded", charge)
        intent.update(status="canceled", amount_capturable=0, canceled_at=int(time.time()))
        intent["cancellation_reason"] = params.get("cancellation_reason")
        self.tell("payment_intent.canceled", intent)
        return intent

    # Steps

    def _charge(self, intent: Thing, status: str) -> Thing:
        method = self.things[intent["payment_method"]]
        kind = method["type"]
        is_captured = status == "succeeded" and intent["capture_method"] != "manual"
        charge = self.create(
            "charge",
            "ch",
            intent["livemode"],
            amount=intent["amount"],
            amount_captured=intent["amount"] if is_captured else 0,
            amount_refunded=0,
            captured=is_captured,
            currency=intent["currency"],
            customer=intent["customer"],
            disputed=False,
            metadata=dict(intent["metadata"]),
            paid=status == "succeeded",
            payment_intent=intent["id"],
            payment_method=method["id"],
            payment_method_details={"type": kind, kind: method.get("card", {})},
            refunded=False,
            status=status,
        )
        intent["latest_charge"] = charge["id"]
        return charge

    def _succeed(self, intent: Thing) -> None:
        charge = self.things.get(intent["latest_charge"])
        if charge is None or charge["status"] != "pending":
            charge = self._charge(intent, "succeeded")
        else:
            amount = charge["amount"]
            charge.update(status="succeeded", paid=True, captured=True, amount_captured=amount)
        intent.update(next_action=None, last_payment_error=None)
        self.tell("charge.succeeded", charge)
        if charge["captured"]:
            intent.update(status="succeeded", amount_received=charge["amount"])
            self.tell("payment_intent.succeeded", intent)
        else:
            intent.update(status="requires_capture", amount_capturable=charge["amount"])
            self.tell("payment_intent.amount_capturable_updated", intent)

    def _fail(self, intent: Thing) -> None:
        charge = self.things.get(intent["latest_charge"])
        if charge is None or charge["status"] != "pending":
            charge = self._charge(intent, "failed")
        charge.update(status="failed", failure_code="card_declined")
        error = {"type": "card_error", "code": "card_declined", "message": "It was declined."}
        intent.update(status="requires_payment_method", payment_method=None, next_action=None)
        intent["last_payment_error"] = error
        self.tell("charge.failed", charge)
        self.tell("payment_intent.payment_failed", intent)

    def give_back(
        self, charge: Thing, amount: int, reason: Optional[str], *, moves_money: bool = False
    ) -> Thing:
        charge["amount_refunded"] += amount
        charge["refunded"] = charge["amount_refunded"] == charge["amount"]
        members = {name: charge[name] for name in ("currency", "payment_intent")}
        members.update(amount=amount, charge=charge["id"], reason=reason, status="succeeded")
        # What never came in moves no money of the account.
        members["balance_transaction"] = new_id("txn") if moves_money else None
        return self.create("refund", "re", charge["livemode"], **members)

    def _expect(self, intent: Thing, *statuses: str) -> None:
        if intent["status"] not in statuses:
            message = f"This is not possible while the PaymentIntent is {intent['status']}."
            raise self.unexpected(intent, message)

    def unexpected(self, intent: Thing, message: str) -> Refused:
        return self.refused(intent, 400, "payment_intent_unexpected_state", message)

    def refused(self, intent: Thing, status: int, code: str, message: str, **more: Any) -> Refused:
        shown = self.shown(intent, self.api_version)
        return Refused(status, code, message, payment_intent=shown, **more)
