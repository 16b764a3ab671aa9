"""Does what is in the database still open? A sample answers, for backups, restores and new key rings."""

from __future__ import annotations

from typing import Iterator

from ..errors import EsdError
from .models import LicenseKey
from .vault import decrypt


def unreadable_keys(count: int) -> Iterator[str]:
    """Open `count` random keys; a sentence for each that does not, naming its id. None is shown."""
    for key in LicenseKey.objects.select_related("pool").order_by("?")[:count]:
        try:
            decrypt(key)
        except EsdError as error:
            yield f"key {key.pk}: {error.message}"
