"""Whether the plugin works: what `licenseHealth`, `esd_health` and the page for probes tell.

A handful of statements, none of which grows with the shop, and a second at most for a broker that is silent.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from typing import Dict, Iterator, List, Optional, Tuple

from .events.signs import FailingStep, failing_steps, signs_of_life
from .host import broker, shop
from .host.db import now
from .keys.ring import checks, keyring
from .keys.ring.uniqueness import missing_index_keys

LATE_AFTER = timedelta(minutes=5)
# Seconds for which a key that nothing was found under counts as removed: to find nothing, all of the stock is read.
_TRUSTED_SECONDS = 600.0

_unused_until: Dict[int, float] = {}


@dataclass(frozen=True)
class Health:
    """How the plugin stands at one moment. `problems` are sentences for operators; empty: all is well.

    `broker_answers` is None without a broker; `broker_down_since` is what this process knows.
    """

    is_active: bool
    is_unlocked: bool
    swept_at: Optional[datetime]
    is_sweep_late: bool
    failing_steps: Tuple[FailingStep, ...]
    mails_failing_since: Optional[datetime]
    broker_answers: Optional[bool]
    broker_down_since: Optional[datetime]
    problems: Tuple[str, ...]


def examine() -> Health:
    """Look at everything now."""
    signs, moment = signs_of_life(), now()
    locked, lacking = _keys()
    health = Health(
        is_active=shop.plugin_settings().is_active,
        is_unlocked=not locked,
        swept_at=signs.swept_at,
        is_sweep_late=signs.swept_at is None or moment - signs.swept_at > LATE_AFTER,
        failing_steps=tuple(failing_steps(signs)),
        mails_failing_since=signs.mails_failing_since,
        broker_answers=broker.answers(),
        broker_down_since=broker.down_since(),
        problems=(*locked, *lacking),
    )
    return replace(health, problems=(*health.problems, *_other_problems(health)))


def _keys() -> Tuple[List[str], List[str]]:
    """Why keys are locked; and which keys of the ring are lacking although that locks nothing yet."""
    locked = [problem.text for problem in keyring.problems()]
    if locked:
        return locked, []
    ring = keyring.load_keyring()
    locked = list(checks.disagreements(ring, writes=False))
    # An index key that is lacking keeps imports out; without an encryption key what it sealed cannot be opened.
    return locked, [] if locked else [*_missing_enc_keys(ring), *missing_index_keys(ring)]


def _missing_enc_keys(ring: keyring.KeyRing) -> Iterator[str]:
    for kid in checks.kids_once_used(checks.ENC):
        if kid in ring.enc_kids or _unused_until.get(kid, 0) > time.monotonic():
            continue
        if checks.is_used(checks.ENC, kid):
            yield checks.missing(checks.ENC, kid)
        else:
            _unused_until[kid] = time.monotonic() + _TRUSTED_SECONDS


def _other_problems(health: Health) -> Iterator[str]:
    if not health.is_active:
        yield "The plugin is switched off: it records, releases and mails nothing."
    if health.swept_at is None:
        yield "The sweep has never run: start beat, or run esd_reconcile from cron every minute."
    elif health.is_sweep_late:
        yield f"No sweep has ended since {_text(health.swept_at)}: look at worker and beat, or cron."
    for failing in health.failing_steps:
        times = "once" if failing.times == 1 else f"{failing.times} times in a row"
        yield (
            f"The sweep's step {failing.step} failed {times} since {_text(failing.since)}: {failing.error}; "
            "the log of workers, or of cron, says where."
        )
    if health.mails_failing_since is not None:
        yield f"No mail could leave since {_text(health.mails_failing_since)}: look at EMAIL_URL."
    if health.broker_answers is False:
        yield "The broker does not answer: no worker is woken, only sweeps from cron work."


def _text(moment: datetime) -> str:
    return moment.astimezone(timezone.utc).strftime("%Y-%m-%d %H:%M:%S UTC")
