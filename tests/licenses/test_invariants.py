"""What `esd_verify` names of suspensions and cancellations, broken one by one; the others are in tests/test_verify.py."""

from __future__ import annotations

import pytest
from django.db import connection
from factories import STAFF, make_assigned

from saleor_esd_plugin.licenses.invariants import violations
from saleor_esd_plugin.licenses.models import License
from saleor_esd_plugin.orders.cancellation import cancel_licenses
from saleor_esd_plugin.orders.suspension import suspend_licenses

pytestmark = pytest.mark.django_db


@pytest.fixture
def sold():
    return make_assigned(2)


def change(license: License, values: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE esd_license SET {values} WHERE id = %s", [license.pk])


def test_what_was_suspended_or_cancelled_is_clean(sold):
    suspend_licenses([one.pk for one in sold], reason="PAYMENT_OVERDUE", actor=STAFF)
    cancel_licenses([sold[0].pk], reason="CUSTOMER_REQUEST", actor=STAFF)

    assert list(violations()) == []


@pytest.mark.parametrize(
    "leftover", ["suspended_until = now()", "suspension_reason = 'OTHER'", "suspension_note = 'x'"]
)
@pytest.mark.parametrize("cause", ["", "suspended_at = now(), suspension_causes = '{PAYMENT}', "])
def test_an_end_and_a_reason_are_of_the_cause_staff(sold, leftover, cause):
    """P11."""
    change(sold[0], cause + leftover)

    assert list(violations()) == [
        f"license {sold[0].pk} has an end or a reason of a suspension by staff, and there is none"
    ]


def test_a_stopped_clock_is_of_a_suspension(sold):
    change(sold[0], "stopped_until = now()")

    assert list(violations()) == [f"license {sold[0].pk} has a stopped clock and is not suspended"]


def test_a_clock_is_not_stopped_before_its_suspension(sold):
    change(
        sold[0],
        "suspended_at = now(), suspension_causes = '{PAYMENT}',"
        " stopped_until = now() - interval '1 day'",
    )

    assert list(violations()) == [
        f"license {sold[0].pk} had its clock stopped before it was suspended"
    ]


def test_what_has_left_is_not_suspended(sold):
    cancel_licenses([sold[0].pk], reason="CUSTOMER_REQUEST", actor=STAFF)
    change(sold[0], "suspended_at = now(), suspension_causes = '{PAYMENT}'")

    assert list(violations()) == [f"license {sold[0].pk} is RETURNED and suspended"]


def test_what_has_a_reason_of_cancelling_was_cancelled(sold):
    change(sold[0], "reason_code = 'OTHER'")

    assert list(violations()) == [
        f"license {sold[0].pk} has a reason why it was cancelled, and was not"
    ]


def test_the_key_of_what_was_cancelled_is_revoked(sold):
    """P08, invariant 8."""
    cancel_licenses([sold[0].pk], reason="CUSTOMER_REQUEST", actor=STAFF)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE esd_licensekey DISABLE TRIGGER esd_key_is_immutable")
        cursor.execute(
            "UPDATE esd_licensekey SET revoked_at = NULL WHERE id = %s", [sold[0].key_id]
        )

    assert f"8: license {sold[0].pk} was cancelled, and its key is not revoked" in violations()
