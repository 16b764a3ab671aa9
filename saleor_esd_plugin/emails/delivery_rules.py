from __future__ import annotations

from datetime import timedelta
from typing import Optional

from ..accounts.models import Account
from ..licenses.policies.models import LicensePolicy

# After the first attempt, the second, …; when they are used up the delivery has failed (C6).
_WAITS = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=15),
    timedelta(hours=1),
    timedelta(hours=4),
    timedelta(hours=24),
)


def wait_after(attempts: int) -> Optional[timedelta]:
    """How long to wait after so many failed attempts (1 or more); None to give up."""
    return _WAITS[attempts - 1] if attempts <= len(_WAITS) else None


def goes_to_buyer(policy: LicensePolicy, account: Account) -> bool:
    """Is the key mailed to the buyer on release? A reseller assigns it to somebody instead."""
    return policy.sends_key_to_buyer and not account.is_reseller
