"""What must hold for licenses and their keys (invariants 1 to 4 and 8); each query lists what is wrong."""

from __future__ import annotations

from typing import Iterator

from django.db.models import Count, Exists, F, OuterRef

from ..keys.models import LicenseKey
from .models import ISSUED, LIVE, Assignment, License


def violations() -> Iterator[str]:
    """A sentence per violation, naming rows by id."""
    live = License.objects.filter(fulfillment__in=LIVE)
    for row in _twice(live, "key_id"):
        yield f"1: key {row['key_id']} belongs to {row['rows']} live licenses"
    for row in _twice(live, "order_line_id", "unit_index"):
        yield f"1: unit {row['unit_index']} of line {row['order_line_id']} has {row['rows']} licenses"
    for license in live.filter(key__available__isnull=False):
        yield f"1: the key of license {license.pk} is for sale"
    seen_before = License.objects.filter(fulfillment__in=LIVE, key__revealed_at__lt=F("created_at"))
    for license in seen_before:
        yield f"4: license {license.pk} got a key that was revealed before"
    # An open assignment is what ASSIGNED means.
    for license in live.filter(fulfillment="ASSIGNED").exclude(assignments__ended_at=None):
        yield f"2: license {license.pk} is ASSIGNED to nobody"
    for assignment in Assignment.objects.filter(ended_at=None).exclude(
        license__fulfillment="ASSIGNED", end_customer_id=F("license__end_customer_id")
    ):
        yield f"2: assignment {assignment.pk} is open, its license is not held by that end customer"
    for license in live.filter(fulfillment__in=ISSUED, released_at=None):
        yield f"3: license {license.pk} is released without a moment"
    # Only here are both known, who holds a key and whether it is for sale.
    idle = LicenseKey.objects.filter(available=None, quarantined_at=None, revoked_at=None)
    for key_id in idle.filter(~Exists(live.filter(key=OuterRef("pk")))).values_list(
        "pk", flat=True
    ):
        yield f"8: key {key_id} is neither for sale nor on a license"


def _twice(rows, *fields: str):
    return rows.order_by().values(*fields).annotate(rows=Count("pk")).filter(rows__gt=1)
