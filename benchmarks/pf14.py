"""PF14 to PF17: lists of 1,000,000 licenses / Saleor's own gift cards, the first page, a page without a count or filter."""

from __future__ import annotations

from benchmarks import setting  # noqa: F401  isort: skip

import os
from typing import Any, Dict, List, Tuple

from django.db import connection

from benchmarks.many_licenses import Asking, fill
from benchmarks.measure import Clock, compare, report
from saleor_esd_plugin.graphql.global_ids import encode
from saleor_esd_plugin.host import IS_V3
from saleor_esd_plugin.licenses.models import License

LICENSES = int(os.environ.get("ESD_BENCH_ROWS", "1000000"))
CARDS = LICENSES // 10
# As many fields of each: most of the time goes into the host's machinery for a field.
FIELDS = "edges { node { id keyMask lifecycle } }"
PAGE = (
    f"query($filter: LicenseFilterInput) {{ licenses(first: 100, filter: $filter) {{ {FIELDS} }} }}"
)
SORTED = f"""query($after: String, $field: LicenseSortField!) {{
    licenses(first: 100, after: $after, sortBy: {{field: $field, direction: ASC}}) {{ {FIELDS} }} }}"""
END = """query($field: LicenseSortField!) {
    licenses(last: 100, sortBy: {field: $field, direction: ASC}) { pageInfo { startCursor } } }"""
COUNTED = f"{{ licenses(first: 100) {{ totalCount {FIELDS} }} }}"
CARD_CODE = "last4CodeChars" if IS_V3 else "displayCode"
CARD_PAGE = f"{{ giftCards(first: 100) {{ edges {{ node {{ id {CARD_CODE} isActive }} }} }} }}"
CARD_ROWS = (
    """INSERT INTO giftcard_giftcard (code, is_active, created_at, currency, initial_balance_amount,
        current_balance_amount, created_by_email, metadata, private_metadata)
    SELECT 'CARD-' || n, TRUE, now(), 'USD', 10, 10, '', '{}', '{}' FROM generate_series(1, %s) AS n"""
    if IS_V3
    else """INSERT INTO giftcard_giftcard (code, is_active, created, start_date, currency,
        initial_balance_amount, current_balance_amount)
    SELECT 'CARD-' || n, TRUE, now(), now(), 'USD', 10, 10 FROM generate_series(1, %s) AS n"""
)


def filters() -> List[Tuple[str, Dict[str, Any]]]:
    """One of each kind, that few or many rows match."""
    one = License.objects.select_related("order_line__order", "key").order_by("pk")[LICENSES // 2]
    soon = {"gte": "2026-01-01T00:00:00Z", "lte": "2026-01-02T00:00:00Z"}
    found: List[Tuple[str, Dict[str, Any]]] = [
        ("text", {"text": "Customer 4711"}),
        ("text, nothing", {"text": "no such thing"}),
        *(
            (f"lifecycle {state}", {"lifecycle": [state]})
            for state in ("GRACE", "SUSPENDED", "LAPSED")
        ),
        ("fulfillment, none", {"fulfillment": ["PENDING_APPROVAL"]}),
        ("suspensionCauses", {"suspensionCauses": ["STAFF"]}),
        ("stateReason", {"stateReason": ["PAYMENT_OVERDUE"]}),
        ("isRenewable", {"isRenewable": True}),
        ("product", {"product": "Product 17"}),
        ("sku", {"sku": "SKU-17"}),
        ("orderNumber", {"orderNumber": one.order_line.order.number}),
        ("buyer", {"buyer": "buyer-1@example.com"}),
        ("account", {"account": encode("LicenseAccount", one.account_id)}),
        ("endCustomerText", {"endCustomerText": "customer-77@example.com"}),
        ("keySuffix", {"keySuffix": one.key.suffix}),
        ("expiresAt", {"expiresAt": soon}),
        ("releasedAt", {"releasedAt": soon}),
        ("createdAt", {"createdAt": soon}),
    ]
    return found


SORTS = ("CREATED_AT", "RELEASED_AT", "EXPIRES_AT", "END_CUSTOMER", "ORDER_NUMBER")


def _at_the_end(ask: Asking) -> Any:
    def measure(field: str) -> Tuple[str, float, float, float]:
        cursor = ask(END, {"field": field})["licenses"]["pageInfo"]["startCursor"]
        last = {"field": field, "after": cursor}
        spent = compare(lambda: ask(SORTED, last), lambda: ask(SORTED, {"field": field}), times=2)
        return field, spent, 1.5, 1.1

    return measure


def main() -> None:
    fill(LICENSES)
    with connection.cursor() as cursor:
        cursor.execute(CARD_ROWS, [CARDS])
        cursor.execute("ANALYZE")
    ask = Asking()
    assert len(ask(PAGE)["licenses"]["edges"]) == len(ask(CARD_PAGE)["giftCards"]["edges"]) == 100
    report(
        f"PF14  a page of 100 of {LICENSES:,} licenses / of {CARDS:,} gift cards of Saleor",
        [("", compare(lambda: ask(PAGE), lambda: ask(CARD_PAGE), times=5), 1.0, 0.6)],
    )
    report(
        "PF15  the page of 100 at the end / at the beginning, by each sort",
        list(map(_at_the_end(ask), SORTS)),
    )
    report(
        "PF16  that page with totalCount / without",
        [("", compare(lambda: ask(COUNTED), lambda: ask(PAGE), times=5), 1.2, 1.05)],
    )
    rows = []
    for name, filter in filters():
        spent = compare(
            lambda filter=filter: ask(PAGE, {"filter": filter}),  # type: ignore[misc]
            lambda: ask(PAGE),
            times=1,
            read=Clock.read_backend,
        )
        rows.append((name, spent, 50, 20))
    report("PF17  PostgreSQL's part of a page with a filter / of a page without", rows)


if __name__ == "__main__":
    main()
