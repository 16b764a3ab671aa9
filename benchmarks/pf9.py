"""PF9: imported keys per CPU second / gift cards of `giftCardBulkCreate` per CPU second (Saleor 3)."""

from __future__ import annotations

from benchmarks import setting  # noqa: F401  isort: skip

import io

import lane
from factories import make_pool

from benchmarks.checkouts import open_market, use_a_broker
from benchmarks.imports import import_file
from benchmarks.key_files import new_keys, use_ring
from benchmarks.measure import REPETITIONS, compare, not_here, report

KEYS, CARDS = 50_000, 200
TITLE = "PF9  imported keys / cards of giftCardBulkCreate (per CPU second)"
DOCUMENT = """mutation($input: GiftCardBulkCreateInput!) {
  giftCardBulkCreate(input: $input) { count errors { field message code } }
}"""


def main() -> None:
    if lane.host() == "2.10":
        not_here(TITLE, "this Saleor has no giftCardBulkCreate")
        return
    use_ring()
    use_a_broker()
    market, pool = open_market(), make_pool()
    # Made before the clock is read.
    files = ["\n".join(new_keys(KEYS)).encode() for _ in range(REPETITIONS + 1)]

    def keys() -> None:
        import_file(pool, io.BytesIO(files.pop()))

    def cards() -> None:
        balance = {"amount": 10, "currency": "USD"}
        given = {"count": CARDS, "balance": balance, "isActive": True}
        answer = market.shop.do(DOCUMENT, market.owner, input=given)
        assert answer["count"] == CARDS

    keys(), cards()
    ratio = KEYS / CARDS / compare(keys, cards, times=1)
    report(TITLE, [("", ratio, 100, 200)])


if __name__ == "__main__":
    main()
