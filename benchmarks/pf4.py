"""PF4: allocating an order of 10,000 keys, whole / the one raw statement that claims them."""

from __future__ import annotations

from benchmarks import setting  # noqa: F401  isort: skip

from factories import make_license_order, make_policy, make_pool

from benchmarks.checkouts import use_a_broker
from benchmarks.measure import REPETITIONS, compare, report
from benchmarks.raw import RawClaims
from benchmarks.stock import fill, make_lines
from saleor_esd_plugin.licenses.models import License
from saleor_esd_plugin.orders.supply.allocation import allocate_license_order

KEYS, TIMES = 10_000, 3


def main() -> None:
    use_a_broker()
    rounds = TIMES * REPETITIONS
    pools = [make_pool(), make_pool()]
    for pool in pools:
        fill(pool, rounds * KEYS)
    policies = [make_policy(pool) for pool in pools]
    orders = [make_license_order(KEYS, policy=policies[0], allocate=False) for _ in range(rounds)]
    raw = RawClaims(pools[1], iter(make_lines(policies[1], rounds, KEYS)))

    ratio = compare(lambda: allocate_license_order(orders.pop().pk), raw, times=TIMES)
    assert [License.objects.filter(policy=policy).count() for policy in policies] == [
        rounds * KEYS
    ] * 2
    report(
        f"PF4  allocating an order of {KEYS:,} keys / the one raw statement (CPU)",
        [("", ratio, 1.3, 1.1)],
    )


if __name__ == "__main__":
    main()
