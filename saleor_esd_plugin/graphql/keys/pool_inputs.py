"""What the inputs of pools say, in the words of the services."""

from __future__ import annotations

from typing import Any, Dict

from ...accounts.addresses import parse_addresses
from ...keys.models import KeyKind

_SETTINGS = ("use_by_margin", "low_stock_threshold", "runway_alert_days", "staff_addresses")


def new_pool_from(input: Any) -> Dict[str, Any]:
    """What `create_key_pool` takes, of a LicenseKeyPoolCreateInput. Raises InvalidEmail."""
    return {
        "name": input.name,
        "format": input.format,
        "kind": input.kind or KeyKind.PRODUCT_KEY.value,
        "is_generated": bool(input.is_generated),
        **settings_from(input),
    }


def settings_from(input: Any) -> Dict[str, Any]:
    """The settings of a pool that are given; addresses as the e-mail room takes them."""
    given = {name: getattr(input, name) for name in _SETTINGS if getattr(input, name) is not None}
    if given.get("staff_addresses", "").strip():
        addresses = parse_addresses(given["staff_addresses"], field="staffAddresses")
        given["staff_addresses"] = ", ".join(addresses)
    return given
