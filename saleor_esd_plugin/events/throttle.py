"""How often somebody did something, counted in the database: shared by all processes, exact."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Tuple

from ..advisory import LockClass, lock
from ..errors import RateLimited
from ..host.db import now
from .models import Throttle

# Rule -> (uses, window) pairs that all hold. Numbers: section 7 of the design.
Limits = Tuple[Tuple[int, timedelta], ...]
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def throttle(rule: str, subject: str, limits: Limits, *, uses: int = 1) -> None:
    """Count `uses` of `rule` by `subject` (any text; stored as a digest).

    Runs in the caller's transaction and holds a lock on the pair until it ends, so that two at once
    cannot both take the last place. Raises RateLimited, with the seconds to wait, if a limit is
    reached; nothing is counted then.
    """
    digest = hashlib.sha256(f"{rule}\x1f{subject}".encode()).hexdigest()
    lock(LockClass.THROTTLE, digest)
    moment = now()
    for limit, window in limits:
        used = Throttle.objects.filter(rule=rule, subject=digest, used_at__gt=moment - window)
        if used.count() + uses > limit:
            oldest = used.order_by("used_at").values_list("used_at", flat=True).first()
            wait = (oldest + window - moment) if oldest else window
            raise RateLimited(max(1, int(wait.total_seconds()) + 1))
    Throttle.objects.bulk_create(
        Throttle(rule=rule, subject=digest, used_at=moment) for _ in range(uses)
    )
