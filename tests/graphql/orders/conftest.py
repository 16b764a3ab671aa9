"""Fixtures: a buyer who owns licenses, a product that renews them, and orders of it."""

from __future__ import annotations

import pytest

NAME = """mutation($input: LicenseCheckoutDetailsSetInput!) { licenseCheckoutDetailsSet(input: $input) {
    renews { id } errors { field code params { name value } } } }"""
SET = """mutation($input: LicenseOrderRenewalsSetInput!) { licenseOrderRenewalsSet(input: $input) {
    licenseOrder { id } errors { field code params { name value } } } }"""
APPROVE = """mutation($input: LicenseOrderApproveInput!) { licenseOrderApprove(input: $input) {
    licenseOrder { id } errors { field code } } }"""
READ = """query($id: ID!) { licenseOrder(id: $id) {
    status availability { text assigned pending backordered } waiting { reason quantity }
    lines { isRenewal licenses(first: 5) { totalCount }
        renewals { license { id } problem renewedAt expiresBefore expiresAfter } }
} }"""


@pytest.fixture
def buyer():
    import build

    return build.make_user("ana@example.com")


@pytest.fixture
def policy():
    import factories as make

    return make.make_policy(keys=5, term="P1Y", grace_days=10)


@pytest.fixture
def renewal(policy):
    import factories as make

    return make.make_renewal(policy)


@pytest.fixture
def owned(buyer, policy):
    """`owned(2)`: released licenses of the buyer, which expire in a year."""
    import factories as make

    return lambda quantity=1: make.make_released(quantity, policy=policy, user=buyer)


@pytest.fixture
def name_in(api, buyer, gid):
    """`name_in(checkout, licenses)`: the buyer names them."""

    def name_in(checkout, licenses, *, by=buyer):
        ids = [gid("License", one) for one in licenses]
        given = {"checkout": gid("Checkout", checkout.token), "renews": ids}
        return api(by)(NAME, {"input": given})["data"]["licenseCheckoutDetailsSet"]

    return name_in


@pytest.fixture
def buy(buyer, renewal, name_in):
    """`buy(2, licenses)`: an order of so many renewals, for which the checkout named these licenses."""

    import build
    import factories as make

    def buy(quantity=1, licenses=(), *, user=buyer, policy=renewal, paid=True):
        checkout = build.make_checkout(user=buyer)
        if licenses:
            assert name_in(checkout, licenses)["errors"] == []
        return make.make_license_order(
            quantity,
            policy=policy,
            user=user,
            paid=paid,
            checkout_token=str(checkout.token),
            payment_ref="pi_renewal",
        )

    return buy


@pytest.fixture
def approve(api, staff, gid):
    ask = api(staff("APPROVE_LICENSES"))

    def approve(order, **given):
        payload = ask(APPROVE, {"input": {"id": gid("LicenseOrder", order), **given}})
        assert payload["data"]["licenseOrderApprove"]["errors"] == []

    return approve


@pytest.fixture
def set_renewals(api, staff, gid):
    ask = api(staff("MANAGE_LICENSES"))

    def set_renewals(order, licenses):
        ids = [gid("License", one) for one in licenses]
        given = {"orderLine": gid("LicenseOrderLine", order.lines.get()), "licenses": ids}
        return ask(SET, {"input": given})["data"]["licenseOrderRenewalsSet"]

    return set_renewals


@pytest.fixture
def read(api, staff, gid):
    from saleor_esd_plugin.orders import blockers
    from saleor_esd_plugin.orders.models import LicenseOrder

    ask = api(staff("MANAGE_LICENSES"))

    def read(order):
        found = ask(READ, {"id": gid("LicenseOrder", order)})["data"]["licenseOrder"]
        row = LicenseOrder.objects.filter(pk=order.pk)
        by_condition = {
            reason for reason in blockers.REASONS if row.filter(blockers.orders_waiting(reason))
        }
        assert by_condition == {wait["reason"] for wait in found["waiting"]}
        return found

    return read
