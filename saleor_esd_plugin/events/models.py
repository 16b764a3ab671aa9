from __future__ import annotations

from typing import Any, Dict

from django.db import models
from django.utils.functional import cached_property

from ..host.db import JSONField
from ..host.types import SYSTEM
from ..ids import uuid7
from .subjects import named, references


class Subject(models.Model):
    """A name or an address that one event refers to: of who did it, or in its `data`. A trigger refuses UPDATE and
    DELETE. An index finds all of one text in any case (`value__iexact`)."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    value = models.TextField()

    class Meta:
        default_permissions = ()


class Event(models.Model):
    """What happened, written in the transaction that did it. A trigger refuses UPDATE and DELETE.

    `subject_type` is the first half of the type's name ("license_order"), `subject_id` that record;
    `order_id` and `account_id` say to which order and account it belongs, for searching. `data` holds
    ids, counts and values before and after, never a key, and references to each `Subject`; read `facts`.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    # One of EventType; not `choices`, or every new kind of event would be a migration.
    type = models.CharField(max_length=40)
    subject_id = models.UUIDField(db_index=True)
    order_id = models.UUIDField(null=True, db_index=True)
    account_id = models.UUIDField(null=True, db_index=True)
    actor_kind = models.CharField(max_length=10)
    actor_ref = models.CharField(max_length=36, blank=True)
    # None for nobody, and for the plugin itself.
    actor_subject = models.ForeignKey(
        Subject, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    permission = models.CharField(max_length=32, blank=True)
    reason = models.CharField(max_length=500, blank=True)
    data = JSONField(default=dict)
    ip = models.CharField(max_length=45, blank=True)
    request_id = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        ordering = ("id",)
        indexes = [
            models.Index(fields=["type", "id"], name="esd_event_type"),
            models.Index(
                fields=["request_id"],
                condition=models.Q(actor_kind="PROVIDER"),
                name="esd_event_message",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.subject_id}"

    @property
    def subject_type(self) -> str:
        return self.type.split(".")[0]

    @property
    def actor_label(self) -> str:
        """An address or an app's name, as it was then; a statement, unless `actor_subject` was read with the event."""
        if self.actor_kind == SYSTEM.kind:
            return SYSTEM.label
        return self.actor_subject.value if self.actor_subject else ""

    @cached_property
    def facts(self) -> Dict[str, Any]:
        """`data` as it was told: texts in place of references. A statement if there are any."""
        subjects = Subject.objects.in_bulk(list(references(self.data)))
        return named(self.data, {str(pk): subject.value for pk, subject in subjects.items()})


class Dispatch(models.Model):
    """Has everybody been told of an event? Committed with it; the sweep finds those not yet told."""

    event = models.OneToOneField(Event, on_delete=models.PROTECT, primary_key=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField()
    told_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()
        indexes = [
            models.Index(
                fields=["due_at"], condition=models.Q(told_at=None), name="esd_dispatch_due"
            )
        ]


class Throttle(models.Model):
    """One use of something that may be done only so often: who or what, under which rule, when."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    rule = models.CharField(max_length=32)
    subject = models.CharField(max_length=64)
    used_at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        indexes = [models.Index(fields=["rule", "subject", "used_at"], name="esd_throttle_use")]


class SignsOfLife(models.Model):
    """What workers leave for whoever asks whether all is well: one row, made when it is first needed.

    `swept_at` is when a sweep last came to its end. `mails_failing_since` is the first time that no mail could be
    handed over since one could; None while they leave. `failing_steps` are those of the last sweep that failed, by
    name: "since" which sweep (ISO 8601), how many "times" in a row, and the types of the last errors ("error").
    `reminded_on` is the last day, in the shop's time zone, whose reminders of expiries are all made.
    """

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    swept_at = models.DateTimeField(null=True)
    mails_failing_since = models.DateTimeField(null=True)
    failing_steps = JSONField(null=True)
    reminded_on = models.DateField(null=True)

    class Meta:
        default_permissions = ()
