"""What must hold for licenses and their keys (invariants 1 to 4 and 8); each query lists what is wrong."""

from __future__ import annotations

from typing import Iterator

from django.db import connection
from django.db.models import Count, Exists, F, OuterRef, Q

from ..keys.models import LicenseKey, ReservedKey, WithheldKey
from .models import (
    ENDED,
    ISSUED,
    LIVE,
    Assignment,
    KeyReplacement,
    License,
    SuspensionCause,
)
from .stock_levels import miscounts
from .term_changes import ends_of
from .term_models import TermChange


def violations() -> Iterator[str]:
    """A sentence per violation, naming rows by id."""
    live = License.objects.filter(fulfillment__in=LIVE)
    for row in _twice(live, "key_id"):
        yield f"1: key {row['key_id']} belongs to {row['rows']} live licenses"
    for row in _twice(live, "order_line_id", "unit_index"):
        yield f"1: unit {row['unit_index']} of line {row['order_line_id']} has {row['rows']} licenses"
    yield from _out_of_place()
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
    withdrawn = Q(key__quarantined_at__isnull=False) | Q(key__revoked_at__isnull=False)
    for license in live.filter(withdrawn):
        yield f"8: license {license.pk} has a key that is quarantined or revoked"
    yield from _suspended()
    for license in License.objects.exclude(reason_code=None).exclude(fulfillment="RETURNED"):
        yield f"license {license.pk} has a reason why it was cancelled, and was not"
    cancelled = License.objects.filter(fulfillment="RETURNED").exclude(reason_code=None)
    for license in cancelled.filter(key__revoked_at=None):
        yield f"8: license {license.pk} was cancelled, and its key is not revoked"
    yield from _unlike_their_history()
    yield from _replaced()
    # Only here are both known, who holds a key and whether it is for sale.
    idle = LicenseKey.objects.filter(
        available=None, reserved=None, withheld=None, quarantined_at=None, revoked_at=None
    )
    for key_id in idle.filter(~Exists(live.filter(key=OuterRef("pk")))).values_list(
        "pk", flat=True
    ):
        yield f"8: key {key_id} is neither for sale nor kept nor on a license"
    elsewhere = Q(key__available__isnull=False) | Q(key__licenses__fulfillment__in=LIVE)
    for key_id in WithheldKey.objects.filter(elsewhere).values_list("pk", flat=True).distinct():
        yield f"8: key {key_id} is withheld, and for sale or on a license"
    gone = Q(key__revealed_at__isnull=False) | Q(key__quarantined_at__isnull=False)
    gone |= Q(key__revoked_at__isnull=False) | Q(key__withheld__isnull=False)
    for key_id in (
        ReservedKey.objects.filter(elsewhere | gone).values_list("pk", flat=True).distinct()
    ):
        yield f"8: key {key_id} is kept for a checkout, and seen, withdrawn, for sale or on a license"
    yield from miscounts()


def _out_of_place() -> Iterator[str]:
    """No foreign key looks at the rows above a license; a trigger does, and it also compares the copies."""
    with connection.cursor() as cursor:
        cursor.execute(_OUT_OF_PLACE)
        for (license_id,) in cursor.fetchall():
            yield (
                f"2: license {license_id} has no order line or key, or another policy or account than its order"
            )


_OUT_OF_PLACE = """
SELECT license.id FROM esd_license license
LEFT JOIN esd_licensekey key ON key.id = license.key_id
LEFT JOIN esd_licenseorderline line ON line.id = license.order_line_id
    AND line.policy_id = license.policy_id
LEFT JOIN esd_licenseorder shop_order ON shop_order.id = line.order_id
    AND shop_order.account_id = license.account_id
WHERE key.id IS NULL OR shop_order.id IS NULL
ORDER BY license.id
"""


def _suspended() -> Iterator[str]:
    """What is kept of a suspension belongs to one that is there; what has left is not suspended."""
    suspended = License.objects.exclude(suspension_causes=[])
    free = License.objects.filter(suspension_causes=[])
    by_staff = Q(suspension_causes__contains=[SuspensionCause.STAFF.value])
    for license in suspended.filter(fulfillment__in=ENDED):
        yield f"license {license.pk} is {license.fulfillment} and suspended"
    of_staff = Q(suspended_until=None, suspension_reason=None, suspension_note=None)
    for license in License.objects.exclude(by_staff).exclude(of_staff):
        yield f"license {license.pk} has an end or a reason of a suspension by staff, and there is none"
    for license in free.exclude(stopped_until=None):
        yield f"license {license.pk} has a stopped clock and is not suspended"
    for license in suspended.filter(stopped_until__lt=F("suspended_at")):
        yield f"license {license.pk} had its clock stopped before it was suspended"


def _unlike_their_history() -> Iterator[str]:
    """A term is what its last change made of it."""
    live = License.objects.filter(fulfillment__in=LIVE)
    last = TermChange.objects.order_by("license_id", "-place").distinct("license_id")
    for change in last.filter(license__in=live).select_related("license"):
        if tuple(change.after) != ends_of(change.license):
            yield f"license {change.license_id} has another term than it was given last"


def _replaced() -> Iterator[str]:
    """A replaced key stays with its history and is nobody's any more."""
    for row in KeyReplacement.objects.filter(old_key__quarantined_at=None):
        yield f"1: key {row.old_key_id} was replaced and is not quarantined"
    for row in KeyReplacement.objects.filter(old_key__licenses__fulfillment__in=LIVE):
        yield f"1: key {row.old_key_id} was replaced and is on a live license"
    for row in KeyReplacement.objects.filter(new_key__revealed_at__lt=F("replaced_at")):
        yield f"4: license {row.license_id} got a key by replacement that was revealed before"
    later = KeyReplacement.objects.filter(license=OuterRef("license"), pk__gt=OuterRef("pk"))
    last = KeyReplacement.objects.filter(~Exists(later)).exclude(new_key=F("license__key"))
    for row in last:
        yield f"1: license {row.license_id} has another key than it was given last"


def _twice(rows, *fields: str):
    return rows.order_by().values(*fields).annotate(rows=Count("pk")).filter(rows__gt=1)
