"""What one Stripe account has: objects by their ids, and an Event for every change. Standard library only.

Objects are dictionaries as Stripe answers them, amounts are in the smallest unit of their currency.
"""

from __future__ import annotations

import time
from typing import Any, Callable, Dict, List

from stripe_messages import API_VERSION, event, new_id

Thing = Dict[str, Any]

# Since this version payments list no charges and charges no refunds.
_WITHOUT_LISTS = "2022-11-15"
_BELONGS = {"payment_intent": "charge", "charge": "refund"}
_FILTERS = ("charge", "customer", "payment_intent", "type")
_BOUNDS: Dict[str, Callable[[int, int], bool]] = {
    "gt": lambda created, bound: created > bound,
    "gte": lambda created, bound: created >= bound,
    "lt": lambda created, bound: created < bound,
    "lte": lambda created, bound: created <= bound,
}


class Refused(Exception):
    """Stripe's answer to what it does not do: the HTTP status and the members of `error`."""

    def __init__(self, status: int, code: str, message: str, **more: Any):
        super().__init__(message)
        kind = "card_error" if status == 402 else "invalid_request_error"
        self.status = status
        self.error = {"type": kind, "code": code, "message": message, **more}


class Store:
    """`things` by id, in the order in which they came; `pending` are the messages that nobody has taken yet."""

    def __init__(self) -> None:
        self.things: Dict[str, Thing] = {}
        self.pending: List[Thing] = []
        self.api_version = API_VERSION

    def get(self, kind: str, id: str) -> Thing:
        """Raises Refused, 404 `resource_missing`, for another kind of thing too."""
        thing = self.things.get(id)
        if thing is None or thing["object"] != kind:
            raise Refused(404, "resource_missing", f"No such {kind}: '{id}'", param="id")
        return thing

    def create(self, kind: str, prefix: str, livemode: bool, **members: Any) -> Thing:
        thing = {"id": new_id(prefix), "object": kind, "created": int(time.time())}
        thing.update({"livemode": livemode, "metadata": {}, **members})
        self.things[thing["id"]] = thing
        return thing

    def tell(self, type: str, thing: Thing) -> None:
        """Keep an Event about the thing as it is now, for /v1/events and to be sent."""
        version = self.api_version
        shown = self.shown(thing, version)
        message = event(type, shown, livemode=thing["livemode"], api_version=version)
        self.things[message["id"]] = message
        self.pending.append(message)

    def shown(self, thing: Thing, version: str) -> Thing:
        """The thing as an API of that version shows it, with the lists of what belongs to it."""
        belongs = _BELONGS.get(thing["object"])
        if not belongs or version >= _WITHOUT_LISTS:
            return thing
        name = belongs + "s"
        found = [
            self.shown(other, version)
            for other in reversed(list(self.things.values()))
            if other["object"] == belongs and other[thing["object"]] == thing["id"]
        ]
        url = f"/v1/{name}?{thing['object']}={thing['id']}"
        listed = {"object": "list", "data": found, "has_more": False, "url": url}
        return {**thing, name: {**listed, "total_count": len(found)}}

    def page(self, kind: str, params: Thing, livemode: bool) -> Dict[str, Any]:
        """One page of a list, newest first: `data` and `has_more`. Raises Refused if `starting_after` is unknown."""
        found = [
            thing
            for thing in reversed(list(self.things.values()))
            if thing["object"] == kind and thing["livemode"] == livemode and _fits(thing, params)
        ]
        after = params.get("starting_after")
        if after:
            self.get(kind, after)
            ids = [thing["id"] for thing in found]
            found = found[ids.index(after) + 1 :] if after in ids else []
        limit = int(params.get("limit", 10))
        if not 1 <= limit <= 100:
            raise Refused(400, "parameter_invalid_integer", "Limit must be between 1 and 100.")
        return {"data": found[:limit], "has_more": len(found) > limit}


def _fits(thing: Thing, params: Thing) -> bool:
    types = params.get("types")
    return (
        all(thing.get(name) == params[name] for name in _FILTERS if name in params)
        and (not types or thing["type"] in types.values())
        and all(
            _BOUNDS[name](thing["created"], int(bound))
            for name, bound in params.get("created", {}).items()
        )
    )


def whole(value: Any) -> int:
    """An amount that came as text. Raises Refused for anything but a positive integer."""
    if not str(value).isdigit() or not int(value):
        raise Refused(400, "parameter_invalid_integer", f"Invalid positive integer: {value}")
    return int(value)


def is_true(value: Any) -> bool:
    # The SDK writes Python's own "True".
    return str(value).lower() == "true"
