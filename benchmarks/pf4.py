"""PF4: allocating an order of 10,000 keys / one `checkoutComplete` of Saleor's own, with four lines."""

from __future__ import annotations

from benchmarks import setting  # noqa: F401  isort: skip

from django.test.utils import override_settings
from factories import make_license_order, make_policy, make_pool, unique

from benchmarks.checkouts import open_market, paid_checkout, plugins, use_a_broker
from benchmarks.measure import REPETITIONS, compare, report
from benchmarks.stock import fill
from saleor_esd_plugin.licenses.models import License
from saleor_esd_plugin.orders.supply.allocation import allocate_license_order

KEYS, LINES, TIMES = 10_000, 4, 3


def main() -> None:
    use_a_broker()
    rounds = TIMES * REPETITIONS + 1
    pool = make_pool()
    fill(pool, rounds * KEYS)
    policy = make_policy(pool)
    orders = [make_license_order(KEYS, policy=policy, allocate=False) for _ in range(rounds)]
    market = open_market()
    with override_settings(PLUGINS=plugins(with_ours=False)):
        variants = [
            market.shop.make_product(
                *(market.owner, market.place), name=name, sku=name, price=10, stock=10_000
            )
            for name in (unique("Editor") for _ in range(LINES))
        ]
        checkouts = [paid_checkout(market, *variants) for _ in range(rounds)]

        def allocate() -> None:
            allocate_license_order(orders.pop().pk)

        def checkout_complete() -> None:
            market.shop.complete(checkouts.pop())

        # Nobody meets a Saleor that has not answered yet.
        allocate(), checkout_complete()
        ratio = compare(allocate, checkout_complete, times=TIMES)
    assert License.objects.filter(policy=policy).count() == rounds * KEYS
    report(
        f"PF4  allocating {KEYS:,} keys / one checkoutComplete of {LINES} lines (CPU)",
        [("", ratio, 0.20, 0.12)],
    )


if __name__ == "__main__":
    main()
