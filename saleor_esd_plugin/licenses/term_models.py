from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from ..ids import uuid7
from .models import License


def _ends() -> ArrayField:
    """The expiry with the ends of grace and retention; three times None if it never expires."""
    return ArrayField(models.DateTimeField(null=True), size=3)


class TermChange(models.Model):
    """A renewal of a license, a term that was set by hand, or what a stopped clock did to it since: how its ends came
    to be what they are. A license that has none of the first two has none.

    What is taken back stays with `undone_at`, and `before` and `after` of what came later are as if it had never
    been. A renewal counts `terms` times `term` (ISO 8601 duration) by `basis` at `at`; where the suspension of the
    license, which began at `since`, stopped its clock, that is when it stopped. A stopped clock has `moved_by`: so
    much later, or earlier, is what lay ahead at `since`. A term set by hand has neither.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    license = models.ForeignKey(
        License, on_delete=models.PROTECT, db_index=False, related_name="term_changes"
    )
    # Counted from 0 under the license's lock: clocks of several machines differ.
    place = models.PositiveIntegerField()
    at = models.DateTimeField()
    since = models.DateTimeField(null=True)
    moved_by = models.DurationField(null=True)
    term = models.CharField(max_length=32, blank=True)
    terms = models.PositiveSmallIntegerField(default=1)
    basis = models.CharField(max_length=20, blank=True)
    grace_days = models.PositiveSmallIntegerField(default=0)
    retention_days = models.PositiveSmallIntegerField(default=0)
    before = _ends()
    after = _ends()
    made_at = models.DateTimeField()
    undone_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()
        ordering = ("license", "place")
        constraints = [
            models.UniqueConstraint(fields=["license", "place"], name="esd_term_change_place")
        ]
