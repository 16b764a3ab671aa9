"""Checkouts whose keys are reserved: of the shop's own API, or as the services are given them."""

from __future__ import annotations

from typing import Any, Set
from uuid import UUID, uuid4

from saleor_esd_plugin.host.db import now
from saleor_esd_plugin.host.types import Checkout, CheckoutLine
from saleor_esd_plugin.keys.models import Reservation, ReservedKey


def switch(market: Any, *, reserves: bool, mirrors: bool) -> None:
    """Set the two settings of the plugin that decide how many are sold."""
    settings = {"Reserve keys at checkout": reserves, "Stock follows free keys": mirrors}
    configuration = {name: "true" if on else "false" for name, on in settings.items()}
    market.shop.set_plugin(market.owner, active=True, **configuration)


def ready(market: Any, product: Any, quantity: int = 1, *, person: Any = None) -> Any:
    """A checkout of a guest, or of that person, with a payment that nobody has charged yet."""
    email = person.email if person else f"{market.unique('guest')}@example.com"
    authorization = person.authorization if person else ""
    checkout = market.shop.checkout(
        market.place, (product.id, quantity), email=email, authorization=authorization
    )
    market.shop.pay(checkout, authorization)
    return checkout


def kept(product: Any) -> Set[UUID]:
    """The keys of the product's pool that are kept for checkouts."""
    return set(ReservedKey.objects.filter(pool=product.pool).values_list("key_id", flat=True))


def decline(monkeypatch: Any) -> None:
    """From now on the card is declined."""
    from saleor.payment import PaymentError, gateway

    def declined(*args, **kwargs):
        raise PaymentError("declined")

    monkeypatch.setattr(gateway, "process_payment", declined)


def checkout_of(policy: Any, quantity: int, token: str = "", **fields: Any) -> Checkout:
    """A checkout with one licensed line, as the host's door gives it."""
    line = CheckoutLine(policy.variant_ref, quantity, "Editor")
    return Checkout(token=token or str(uuid4()), lines=(line,), **fields)


def expire(*tokens: str) -> None:
    """The time of these checkouts is over, of all if none is named."""
    over = Reservation.objects.all()
    if tokens:
        over = over.filter(checkout_token__in=tokens)
    over.update(expires_at=now())
