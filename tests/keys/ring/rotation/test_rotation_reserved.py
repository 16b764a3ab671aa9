"""Rotation while keys are kept for a checkout: they move to the new key of the ring like all others."""

from __future__ import annotations

import io

import factories as make
import pytest
from django.core.management import call_command
from reserved import checkout_of

from saleor_esd_plugin.keys.models import LicenseKey, ReservedKey
from saleor_esd_plugin.keys.ring import vault
from saleor_esd_plugin.orders.models import LicenseOrder
from saleor_esd_plugin.orders.supply.allocation import allocate_license_order
from saleor_esd_plugin.orders.supply.reservations import reserve_for_checkout

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("half", ["enc", "index"])
def test_kept_keys_are_rewritten_and_stay_kept(half, use_ring, add_key):
    """2.3, 2.4: afterwards the old key may leave the ring, and the order still gets what was kept."""
    ring = use_ring()
    policy = make.make_policy(keys=3)
    reserve_for_checkout(checkout_of(policy, 2, "kept"))
    rows = list(ReservedKey.objects.order_by("pk").values())
    clear = {row.pk: vault.decrypt(row).reveal() for row in LicenseKey.objects.all()}
    new = add_key(ring, **{half: True})
    out = io.StringIO()

    call_command("esd_rewrap", *(["--index"] if half == "index" else []), stdout=out, stderr=out)

    assert f"3 license keys are now under key 2 of ESD_{half.upper()}_KEYS." in out.getvalue()
    assert list(ReservedKey.objects.order_by("pk").values()) == rows
    left = {"enc": ring.enc, "index": ring.index, half: {2: getattr(new, half)[2]}}
    use_ring(**left)
    call_command("esd_verify", stdout=out)
    order = make.make_license_order(2, policy=policy, allocate=False)
    LicenseOrder.objects.filter(pk=order.pk).update(checkout_token="kept")
    allocate_license_order(order.pk)
    got = {one.key_id: vault.decrypt(one.key).reveal() for one in make.licenses_of(order)}
    assert got == {row["key_id"]: clear[row["key_id"]] for row in rows}
