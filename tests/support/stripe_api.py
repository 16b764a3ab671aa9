"""The addresses below /v1/ of Stripe's stand-in: keys, routes, idempotency. Standard library only."""

from __future__ import annotations

import json
import re
from email.message import Message
from typing import Any, Dict, Tuple

from stripe_account import Account
from stripe_messages import new_id
from stripe_store import Refused, Thing

SECRET_KEYS = {"sk_test_standin": False, "sk_live_standin": True}
PUBLIC_KEYS = {"pk_test_standin": False, "pk_live_standin": True}
_KINDS = (
    "charge",
    "customer",
    "dispute",
    "event",
    "payment_intent",
    "payment_method",
    "refund",
    "webhook_endpoint",
)
KINDS = {f"{kind}s": kind for kind in _KINDS}


class Api:
    """What is below /v1/, for one account."""

    def __init__(self) -> None:
        self.account = Account()
        # By Idempotency-Key: what was asked, and the answer to it.
        self._answers: Dict[str, Tuple[str, int, str]] = {}

    def answer(
        self, method: str, path: str, params: Thing, headers: Message
    ) -> Tuple[int, str, Dict[str, str]]:
        """Status, JSON and headers. The same Idempotency-Key gets the same answer, and changes nothing again."""
        sent = headers.get("Authorization", "").replace("Bearer ", "")
        is_public = sent in PUBLIC_KEYS and self._is_own_payment(path, params)
        if sent not in SECRET_KEYS and not is_public:
            error = {"type": "invalid_request_error", "message": "Invalid API Key provided."}
            return 401, json.dumps({"error": error}), {}
        key = headers.get("Idempotency-Key", "") if method == "POST" else ""
        asked = json.dumps([path, params], sort_keys=True)
        if key in self._answers:
            before, status, answer = self._answers[key]
            if before == asked:
                return status, answer, {"Idempotent-Replayed": "true"}
            error = {"type": "idempotency_error", "message": "A key is for one request only."}
            return 400, json.dumps({"error": error}), {}
        version = headers.get("Stripe-Version", self.account.api_version)
        try:
            found = self._call(method, path, params, {**SECRET_KEYS, **PUBLIC_KEYS}[sent])
            status, answer = 200, json.dumps(self._shown(found, version))
        except Refused as refused:
            status, answer = refused.status, json.dumps({"error": refused.error})
        if key:
            self._answers[key] = asked, status, answer
        return status, answer, {}

    def _shown(self, found: Thing, version: str) -> Thing:
        if found["object"] != "list":
            return self.account.shown(found, version)
        return {**found, "data": [self.account.shown(thing, version) for thing in found["data"]]}

    def _is_own_payment(self, path: str, params: Thing) -> bool:
        # A customer's browser knows the secret of its own payment, nothing else.
        found = re.fullmatch(r"payment_intents/(\w+)(/confirm)?", path)
        intent = self.account.things.get(found[1]) if found else None
        return intent is not None and params.get("client_secret") == intent["client_secret"]

    def _call(self, method: str, path: str, params: Thing, livemode: bool) -> Any:
        name, id, verb = (path.split("/") + ["", ""])[:3]
        kind = KINDS.get(name)
        if kind is None:
            raise Refused(404, "", f"Unrecognized request URL ({method}: /v1/{path}).")
        if method == "GET" and not id:
            page = self.account.page(kind, params, livemode)
            return {"object": "list", "url": f"/v1/{name}", **page}
        if method == "GET" and not verb:
            return self.account.get(kind, id)
        step = f"_{verb}_{kind}" if verb else f"_create_{kind}" if not id else "_change"
        if method == "DELETE":
            step = f"_delete_{kind}"
        if not hasattr(self, step):
            raise Refused(404, "", f"Unrecognized request URL ({method}: /v1/{path}).")
        if not id:
            return getattr(self, step)(params, livemode)
        return getattr(self, step)(self.account.get(kind, id), params)

    def _change(self, thing: Thing, params: Thing) -> Thing:
        thing["metadata"].update(params.get("metadata", {}))
        return thing

    def _create_payment_intent(self, params: Thing, livemode: bool) -> Thing:
        return self.account.create_intent(params, livemode)

    def _confirm_payment_intent(self, intent: Thing, params: Thing) -> Thing:
        return self.account.confirm(intent, params)

    def _capture_payment_intent(self, intent: Thing, params: Thing) -> Thing:
        return self.account.capture(intent, params)

    def _cancel_payment_intent(self, intent: Thing, params: Thing) -> Thing:
        return self.account.cancel(intent, params)

    def _refund_charge(self, charge: Thing, params: Thing) -> Thing:
        # This old address answers with the charge; both SDKs' Charge.refund() uses it.
        self.account.refund({**params, "charge": charge["id"]})
        return charge

    def _create_refund(self, params: Thing, livemode: bool) -> Thing:
        return self.account.refund(params)

    def _create_customer(self, params: Thing, livemode: bool) -> Thing:
        return self.account.create_customer(params, livemode)

    def _attach_payment_method(self, method: Thing, params: Thing) -> Thing:
        method["customer"] = self.account.get("customer", params.get("customer", ""))["id"]
        return method

    def _close_dispute(self, dispute: Thing, params: Thing) -> Thing:
        return self.account.change_dispute(dispute, "lost")

    def _create_webhook_endpoint(self, params: Thing, livemode: bool) -> Thing:
        members = {
            "enabled_events": list(params.get("enabled_events", {}).values()),
            "metadata": params.get("metadata", {}),
            "status": "enabled",
            "url": params.get("url"),
        }
        endpoint = self.account.create("webhook_endpoint", "we", livemode, **members)
        # Only the answer to its creation tells the secret.
        return {**endpoint, "secret": new_id("whsec")}

    def _delete_webhook_endpoint(self, endpoint: Thing, params: Thing) -> Thing:
        del self.account.things[endpoint["id"]]
        return {"id": endpoint["id"], "object": "webhook_endpoint", "deleted": True}
