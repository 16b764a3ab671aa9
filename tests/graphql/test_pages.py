"""What a page costs the database does not depend on how many rows it shows; and whether its token is old is known by a code."""

from __future__ import annotations

import json
import re
from datetime import timedelta

import build
import factories
import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from page_documents import documents

from saleor_esd_plugin.graphql.global_ids import encode
from saleor_esd_plugin.ui import assets

pytestmark = pytest.mark.django_db

# What they ask with is made of the order with the most licenses.
PAGES = {
    "Purchases": lambda order: {"first": 25},
    "Purchase": lambda order: {"id": encode("LicenseOrder", order.pk), "first": 50},
    "Customers": lambda order: {
        "account": encode("LicenseAccount", order.account_id),
        "isChosen": True,
        "first": 25,
    },
    "Licenses": lambda order: {"first": 25},
    "Queue": lambda order: {"filter": {"waitingFor": ["APPROVAL"]}, "first": 25},
    "Review": lambda order: {
        "id": encode("LicenseOrder", order.pk),
        "happened": {"order": encode("LicenseOrder", order.pk)},
        "mailed": {"order": encode("LicenseOrder", order.pk)},
    },
    "Waiting": lambda order: {},
    "Low": lambda order: {},
    "Policies": lambda order: {"first": 25},
    "ProductWidget": lambda order: {"filter": {}},
    "Emails": lambda order: {"first": 25},
    "Accounts": lambda order: {"first": 25},
    "EndCustomers": lambda order: {"first": 25},
    "Account": lambda order: {"id": encode("LicenseAccount", order.account_id), "first": 25},
    "LicensesByBuyer": lambda order: {"first": 25},
    "LicensesByCustomer": lambda order: {"first": 25},
    "Events": lambda order: {"first": 50},
}
OF_OWNERS = ("Purchases", "Purchase", "Customers", "Licenses")


def document_of(page):
    (found,) = [one.values[0] for one in documents() if re.match(rf"query {page}\b", one.values[0])]
    return found


def fill(owner, count):
    """So many orders that wait, and so many licenses of one order that are assigned to as many customers."""
    for _ in range(count):
        factories.make_license_order(1, user=owner, policy=factories.make_policy(keys=1))
    order = None
    for license in factories.make_released(count, user=owner):
        factories.assign_licenses(
            [license.pk],
            end_customer_id=factories.make_end_customer(license.account).pk,
            actor=factories.STAFF,
        )
        order = license.order_line.order
    return order


@pytest.mark.parametrize("page", sorted(PAGES))
def test_the_statements_of_a_page_do_not_grow_with_its_rows(api, staff, page):
    owner = build.make_user()
    everything = ("MANAGE_LICENSES", "APPROVE_LICENSES", "MANAGE_LICENSE_KEYS")
    ask = api(owner if page in OF_OWNERS else staff(*everything))

    counts = []
    for rows in (2, 6):
        order = fill(owner, rows)
        variables = PAGES[page](order)
        ask(document_of(page), variables)
        with CaptureQueriesContext(connection) as captured:
            answer = ask(document_of(page), variables)
        assert "errors" not in answer, answer
        counts.append(len(captured))

    assert counts[0] == counts[1], page


def test_a_token_that_has_expired_is_known_by_a_code_of_the_scripts(settings):
    # Saleor 2.10 gives tokens without an end unless it is told to.
    if hasattr(settings, "GRAPHQL_JWT"):
        settings.GRAPHQL_JWT = {**settings.GRAPHQL_JWT, "JWT_VERIFY_EXPIRATION": True}
    source = (assets.FOLDER / "core" / "api.js").read_text()
    codes = re.search(r"SIGNED_OUT = (\[.*?\]);", source)[1]
    user = build.make_user()
    with time_machine.travel(timezone.now() - timedelta(days=2), tick=False):
        headers = build.auth_headers(user)

    body = {"query": "{ licenseOrders(first: 1) { totalCount } }"}
    answer = Client().post(
        "/graphql/", json.dumps(body), content_type="application/json", **headers
    )

    error = answer.json()["errors"][0]
    assert error["extensions"]["exception"]["code"] in json.loads(codes)
