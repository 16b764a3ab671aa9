"""What is left of large imports and of no more use is forgotten, by the sweep.

An import that put keys into stock stays, with its report, as long as its batches. Its rows themselves, sealed,
are there only while they wait to be loaded.
"""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from ...host.db import now
from ..models import KeyBatch, KeyImport, KeyImportChunk
from .loading import drop_rows

KEPT = timedelta(days=90)
IMPORTS_AT_ONCE = 100


def forget_old_imports() -> int:
    """How many imports were deleted or lost the rows that still waited, at most 100 of each.

    Deleted, with their reports, are those that brought no key: 90 days after they were through (dry runs,
    refused and repeated ones), or 90 days after they were stopped. Rows that wait go once a batch of their
    import is in quarantine, since they are loaded no more.
    """
    return _forget_waiting() + _delete_old()


@transaction.atomic
def _delete_old() -> int:
    old = now() - KEPT
    ended = Q(finished_at__lt=old) | Q(finished_at=None, stopped_at__lt=old)
    bare = ~Exists(KeyBatch.objects.filter(key_import=OuterRef("pk")))
    # Whoever resumes one at this moment has locked it, and keeps it.
    found = KeyImport.objects.select_for_update(skip_locked=True).filter(ended).filter(bare)
    ids = [each.pk for each in found.order_by("pk")[:IMPORTS_AT_ONCE]]
    KeyImport.objects.filter(pk__in=ids).delete()
    return len(ids)


def _forget_waiting() -> int:
    waiting = KeyImportChunk.objects.filter(key_import=OuterRef("pk")).exclude(ciphertext=None)
    withdrawn = KeyBatch.objects.filter(key_import=OuterRef("pk"), quarantined_at__isnull=False)
    found = KeyImport.objects.filter(finished_at=None).filter(Exists(withdrawn))
    imports = list(found.filter(Exists(waiting)).order_by("pk")[:IMPORTS_AT_ONCE])
    for key_import in imports:
        drop_rows(key_import)
    return len(imports)
