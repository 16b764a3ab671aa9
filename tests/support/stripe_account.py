"""Money of the account that goes back: refunds and disputes. Standard library only."""

from __future__ import annotations

from stripe_messages import new_id
from stripe_payments import Payments
from stripe_store import Refused, Thing, whole

_CLOSED = ("lost", "won", "warning_closed", "prevented", "charge_refunded")


class Account(Payments):
    """All that the stand-in knows."""

    def refund(self, params: Thing) -> Thing:
        charge = self._charge_of(params)
        left = charge["amount"] - charge["amount_refunded"]
        if not charge["captured"]:
            message = "This payment was not captured; cancel its PaymentIntent instead."
            raise Refused(400, "charge_not_refundable", message)
        disputes = [x for x in self.things.values() if x["object"] == "dispute"]
        if any(x["charge"] == charge["id"] and not x["is_charge_refundable"] for x in disputes):
            raise Refused(400, "charge_disputed", "The charge is disputed; it cannot be refunded.")
        if not left:
            raise Refused(400, "charge_already_refunded", "The charge has been refunded already.")
        amount = whole(params.get("amount", left))
        if amount > left:
            message = f"Refund amount ({amount}) is greater than unrefunded amount ({left})."
            raise Refused(400, "amount_too_large", message, param="amount")
        refund = self.give_back(charge, amount, params.get("reason"), moves_money=True)
        refund["metadata"] = params.get("metadata", {})
        self.tell("charge.refunded", charge)
        self.tell("refund.created", refund)
        return refund

    def fail_refund(self, refund: Thing, status: str) -> Thing:
        """The bank could not take it (`failed`), or it was `canceled`: the charge counts it no more, which no message
        about the charge tells."""
        charge = self.things[refund["charge"]]
        charge["amount_refunded"] -= refund["amount"]
        charge["refunded"] = False
        refund.update(status=status, failure_balance_transaction=new_id("txn"))
        if status == "failed":
            refund["failure_reason"] = "lost_or_stolen_card"
            self.tell("refund.failed", refund)
        self.tell("refund.updated", refund)
        self.tell("charge.refund.updated", refund)
        return refund

    # Disputes

    def open_dispute(self, params: Thing) -> Thing:
        """`warning_needs_response` is an inquiry: no money leaves. Any other `status` begins with its withdrawal."""
        charge = self._charge_of(params)
        status = params.get("status", "needs_response")
        charge["disputed"] = True
        dispute = self.create(
            "dispute",
            "dp",
            charge["livemode"],
            amount=whole(params.get("amount", charge["amount"])),
            balance_transactions=[],
            charge=charge["id"],
            currency=charge["currency"],
            is_charge_refundable=status.startswith("warning"),
            payment_intent=charge["payment_intent"],
            reason=params.get("reason", "fraudulent"),
            status=status,
        )
        self.tell("charge.dispute.created", dispute)
        if not dispute["is_charge_refundable"]:
            self._move(dispute, -dispute["amount"], "charge.dispute.funds_withdrawn")
        return dispute

    def change_dispute(self, dispute: Thing, status: str) -> Thing:
        """Closed as won the money comes back; an inquiry that becomes a dispute takes it away."""
        before = dispute["status"]
        dispute["status"] = status
        if status in _CLOSED:
            self.tell("charge.dispute.closed", dispute)
            if status == "won":
                self._move(dispute, dispute["amount"], "charge.dispute.funds_reinstated")
            return dispute
        if before.startswith("warning") and not status.startswith("warning"):
            dispute["is_charge_refundable"] = False
            self.tell("charge.dispute.updated", dispute)
            self._move(dispute, -dispute["amount"], "charge.dispute.funds_withdrawn")
        else:
            self.tell("charge.dispute.updated", dispute)
        return dispute

    def _move(self, dispute: Thing, amount: int, type: str) -> None:
        moved = {"id": new_id("txn"), "object": "balance_transaction", "amount": amount}
        moved.update(currency=dispute["currency"], type="adjustment", source=dispute["id"])
        dispute["balance_transactions"].append(moved)
        self.tell(type, dispute)

    def _charge_of(self, params: Thing) -> Thing:
        if params.get("charge"):
            return self.get("charge", params["charge"])
        intent = self.get("payment_intent", params.get("payment_intent", ""))
        if not intent["latest_charge"]:
            message = "This PaymentIntent does not have a successful charge."
            raise self.unexpected(intent, message)
        return self.get("charge", intent["latest_charge"])
