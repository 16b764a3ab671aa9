"""PF20: queries for a page of 100 licenses with product, order and end customer / for a page of 1."""

from __future__ import annotations

from benchmarks import setting  # noqa: F401  isort: skip

import json
from typing import Dict
from uuid import uuid4

import build
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from factories import STAFF, make_end_customer, make_license_order, make_policy, make_pool

from benchmarks.measure import report
from saleor_esd_plugin.licenses.models import License
from saleor_esd_plugin.licenses.units import assign_order_line
from saleor_esd_plugin.orders.approval import approve_license_order

DOCUMENT = """
query($first: Int!) {
  licenses(first: $first) {
    edges { node {
      id keyMask fulfillment lifecycle productName sku
      productVariant { id name product { id name } }
      licenseOrder { id number availability { text } order { id number } }
      account { id name }
      endCustomer { id code name email }
    } }
  }
}"""


def queries_for(first: int, headers: Dict[str, str]) -> int:
    body = json.dumps({"query": DOCUMENT, "variables": {"first": first}})
    with CaptureQueriesContext(connection) as captured:
        answer = Client().post("/graphql/", body, content_type="application/json", **headers)
    data = answer.json()
    assert "errors" not in data, data
    assert len(data["data"]["licenses"]["edges"]) == first
    return len(captured)


def main() -> None:
    # Every license its own order, product and end customer: the worst page.
    for _ in range(100):
        order = make_license_order(1, policy=make_policy(make_pool(is_generated=True)))
        approve_license_order(order.pk, actor=STAFF)
        customer = make_end_customer(order.account)
        line = order.lines.get()
        assign_order_line(line.pk, quantity=1, end_customer_id=customer.pk, actor=STAFF)
    assert License.objects.filter(fulfillment="ASSIGNED").count() == 100
    staff = build.make_user(f"{uuid4().hex[:8]}@shop.example", is_staff=True, is_superuser=True)
    headers = build.auth_headers(staff)
    queries_for(1, headers)  # builds the schema
    one, hundred = queries_for(1, headers), queries_for(100, headers)
    report(
        f"PF20  queries for a page of 100 ({hundred}) / for a page of 1 ({one})",
        [("", hundred / one, 1.0, 1.0)],
    )


if __name__ == "__main__":
    main()
