from __future__ import annotations

from django.db import models

from ..ids import uuid7


class SavedView(models.Model):
    """What one of the staff named of the list of licenses: `query` is that of the page's address, without the "?"."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user_ref = models.CharField(max_length=36)
    name = models.CharField(max_length=64)
    query = models.CharField(max_length=1000, blank=True)

    class Meta:
        default_permissions = ()
        ordering = ("name",)
        constraints = [
            models.UniqueConstraint(fields=["user_ref", "name"], name="esd_saved_view_once")
        ]

    def __str__(self) -> str:
        return self.name
