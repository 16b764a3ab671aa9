"""What must be true of events; `manage.py esd_verify` prints every violation."""

from __future__ import annotations

from typing import Iterator

from django.db import connection

# Who did it has a foreign key, the references in the data have none.
_LOST = """
SELECT DISTINCT event.id
FROM esd_event event, jsonb_path_query(event.data, '$.**.subject') AS reference
WHERE NOT EXISTS (SELECT FROM esd_subject WHERE id::text = reference #>> '{}')
ORDER BY event.id
"""


def violations() -> Iterator[str]:
    """One sentence for each violation, naming ids only."""
    with connection.cursor() as cursor:
        cursor.execute(_LOST)
        for (event_id,) in cursor.fetchall():
            yield f"event {event_id}: refers to a subject that is not there"
