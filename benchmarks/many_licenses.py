"""A shop with many licenses, written in SQL, and how it is asked for them."""

from __future__ import annotations

import json
from typing import Any, Dict, Optional

import build
import factories
from django.db import connection
from django.test import Client

from saleor_esd_plugin.licenses.policies.models import LicensePolicy

UNITS = 5
_ID = "('{head}-' || lpad(to_hex({n}), 12, '0'))::uuid"


def _id(kind: int, n: str) -> str:
    """The id of the nth row of a kind, ascending."""
    return _ID.format(head=f"0198000{kind}-0000-7000-8000", n=n)


# One in 100 is suspended, one in 50 in grace, one in 40 expired, one in 30 lapsed; three in five have a holder.
_STATEMENTS = (
    f"""INSERT INTO esd_account (id, name, email, language, is_reseller, is_active, created_at)
    SELECT {_id(1, "n")}, 'Account ' || n, 'buyer-' || n || '@example.com', '', TRUE, TRUE, now()
    FROM generate_series(0, %(accounts)s - 1) AS n""",
    f"""INSERT INTO esd_endcustomer (
        id, account_id, code, name, email, country, language, email_by_staff, created_at
    ) SELECT {_id(2, "n")}, {_id(1, "n %% %(accounts)s")}, 'C' || n, 'Customer ' || n,
        'customer-' || n || '@example.com', '', '', FALSE, now()
    FROM generate_series(0, %(accounts)s * 10 - 1) AS n""",
    f"""INSERT INTO esd_licenseorder (
        id, order_uuid, number, account_id, buyer_user_ref, buyer_email, language, notification_email,
        purchase_order_reference, comment, checkout_token, is_duplicate_checkout, approval, decided_by,
        decision_reason, unpaid_release_reason, ordered_at, recorded_at, confirmed_at, paid_at, currency, total,
        captured, refunded, charged_back, open_refund, settled_refund, failed_refund, peak_refund
    ) SELECT {_id(3, "n")}, {_id(3, "n")}, (100000 + n)::text, {_id(1, "n %% %(accounts)s")}, '',
        'buyer-' || n %% %(accounts)s || '@example.com', '', '', 'PO ' || n, '', '', FALSE, 'APPROVED', '', '', '',
        moment, moment, moment, moment, 'EUR', 50, 50, 0, 0, 0, 0, 0, 0
    FROM generate_series(0, %(orders)s - 1) AS n,
        LATERAL (SELECT now() - (%(orders)s - n) * interval '1 minute' AS moment) AS at""",
    f"""INSERT INTO esd_licenseorderline (
        id, order_id, order_line_ref, policy_id, variant_ref, sku, product_name, variant_name, quantity, approved,
        withdrawn, fulfilled, allocated_at
    ) SELECT {_id(4, "n")}, {_id(3, "n")}, 'bench-' || n, %(policy)s::uuid, %(variant)s, 'SKU-' || n %% 50,
        'Product ' || n %% 50, '', {UNITS}, {UNITS}, 0, {UNITS}, now()
    FROM generate_series(0, %(orders)s - 1) AS n""",
    f"""INSERT INTO esd_licensekey (id, pool_id, ciphertext, index_kid, blind_index, suffix, created_at)
    SELECT {_id(5, "n")}, %(pool)s::uuid, '\\x00', 1, decode(md5(n::text) || md5('b' || n), 'hex'),
        upper(substr(md5(n::text), 1, 5)), now()
    FROM generate_series(0, %(orders)s * {UNITS} - 1) AS n""",
    f"""INSERT INTO esd_license (
        id, order_line_id, unit_index, key_id, policy_id, account_id, end_customer_id, fulfillment, created_at,
        released_at, assigned_at, starts_at, expires_at, grace_until, retained_until, suspended_at,
        suspension_causes, suspension_reason, reason
    ) SELECT {_id(6, "n")}, {_id(4, f"n / {UNITS}")}, n %% {UNITS}, {_id(5, "n")}, %(policy)s::uuid,
        {_id(1, f"(n / {UNITS}) %% %(accounts)s")},
        CASE WHEN n %% 5 < 3 THEN {_id(2, f"(n / {UNITS}) %% %(accounts)s + %(accounts)s * (n %% 10)")} END,
        CASE WHEN n %% 5 < 3 THEN 'ASSIGNED' ELSE 'RELEASED' END, began, began, began, began, ends,
        ends + interval '30 days', ends + interval '120 days',
        CASE WHEN n %% 100 = 7 THEN now() END,
        CASE WHEN n %% 100 = 7 THEN '{{STAFF}}'::varchar[] ELSE '{{}}' END,
        CASE WHEN n %% 100 = 7 THEN 'PAYMENT_OVERDUE' END, ''
    FROM generate_series(0, %(orders)s * {UNITS} - 1) AS n,
        LATERAL (SELECT now() - interval '400 days' + n * interval '10 seconds' AS began) AS start,
        LATERAL (SELECT CASE WHEN n %% 50 = 3 THEN now() - n %% 29 * interval '1 day'
            WHEN n %% 40 = 11 THEN now() - (31 + n %% 80) * interval '1 day'
            WHEN n %% 30 = 17 THEN now() - (121 + n %% 80) * interval '1 day'
            ELSE now() + (1 + n %% 365) * interval '1 day' END AS ends) AS term""",
)


def fill(count: int) -> LicensePolicy:
    """`count` licenses of a policy, five an order, ten accounts for a thousand orders."""
    pool = factories.make_pool()
    policy = factories.make_policy(pool, term="P1Y")
    values = {
        "orders": count // UNITS,
        "accounts": max(1, count // UNITS // 100),
        "policy": str(policy.pk),
        "variant": policy.variant_ref,
        "pool": str(pool.pk),
    }
    with connection.cursor() as cursor:
        for statement in _STATEMENTS:
            cursor.execute(statement, values)
        cursor.execute("ANALYZE")
    return policy


class Asking:
    """GraphQL of staff who see all licenses."""

    def __init__(self) -> None:
        staff = build.make_user(
            factories.unique("s") + "@shop.example", is_staff=True, is_superuser=True
        )
        self._headers = build.auth_headers(staff)
        self._client = Client()

    def __call__(self, document: str, variables: Optional[Dict[str, Any]] = None) -> Dict[str, Any]:
        body = json.dumps({"query": document, "variables": variables or {}})
        answer = self._client.post(
            "/graphql/", body, content_type="application/json", **self._headers
        ).json()
        assert "errors" not in answer, answer["errors"]
        return answer["data"]
