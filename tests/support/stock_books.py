"""The books of a whole stock: where each key is, read again after each step and compared with what may have happened."""

from __future__ import annotations

import logging
import re
from collections import Counter
from datetime import timedelta
from typing import Any, Callable, Dict, Iterable, List, Set

from django.core import mail
from django.db import connection
from stock_rows import KEYS, LINES, STATES, Key, Line, digest

from saleor_esd_plugin.events.models import Dispatch
from saleor_esd_plugin.graphql.keys.listing import pool_health
from saleor_esd_plugin.host.db import now
from saleor_esd_plugin.keys.models import KeyPool, LicenseKey
from saleor_esd_plugin.keys.ring import vault
from saleor_esd_plugin.licenses.models import Fulfillment
from saleor_esd_plugin.management.commands.esd_verify import ROOMS

_KEY = re.compile("[A-Z0-9]{5}(?:-[A-Z0-9]{5}){4}")

# What may become of a key. Whatever is not named for a step must not happen in it.
LOADED = {"NEW>FREE"}
SOLD = {"FREE>LICENSE", "RESERVED>LICENSE"}
KEPT = {"FREE>RESERVED"}
UNKEPT = {"RESERVED>FREE", "RESERVED>WITHHELD"}
BACK = {"LICENSE>FREE", "LICENSE>WITHHELD", "LICENSE>QUARANTINED", "LICENSE>REVOKED"}
AGED = {"FREE>WITHHELD", "WITHHELD>FREE"}
REPLACED = {"FREE>LICENSE", "LICENSE>QUARANTINED"}
QUARANTINED = {"FREE>QUARANTINED", "RESERVED>QUARANTINED", "WITHHELD>QUARANTINED"}
# Workers and the sweep do several things at once: what came in, or back, may be sold or be too old in the same step.
AT_ONCE = {"NEW>LICENSE", "NEW>WITHHELD", "LICENSE>LICENSE", "WITHHELD>LICENSE"}
ANYTHING = LOADED | SOLD | UNKEPT | BACK | AGED | AT_ONCE


class Books:
    """`texts`: key -> its clear text; `seen`: texts that somebody was shown; `offered`: pool -> texts that came in;
    `draws`: the pools that a line may draw on.

    `withdrawn`: order line -> units that left, as the steps wanted it.
    """

    def __init__(self, pools: List[KeyPool], draws: Callable[[Line], List[Any]]) -> None:
        self.pools, self.draws = [pool.pk for pool in pools], draws
        self.texts: Dict[Any, str] = {}
        self.seen: Set[str] = set()
        self.offered: Dict[Any, Set[str]] = {pool: set() for pool in self.pools}
        self.withdrawn: Dict[Any, int] = Counter()
        self.keys: Dict[Any, Key] = {}
        self.lines: List[Line] = []
        self.states: Dict[Any, int] = {}
        self.digest = digest()
        self._mails = len(mail.outbox)

    @property
    def accepted(self) -> Set[str]:
        return set(self.texts.values())

    def at(self, place: str) -> List[Key]:
        return [key for key in self.keys.values() if key.place == place]

    def sellable(self, pool: Any) -> int:
        return sum(
            key.place == "FREE" and key.pool == pool and not self.is_old(key)
            for key in self.keys.values()
        )

    def is_old(self, key: Key) -> bool:
        return key.use_by is not None and key.use_by < self._sold_from[key.pool]

    def check_refused(self) -> None:
        assert digest() == self.digest

    def close(self, moves: Iterable[str]) -> Dict[Any, tuple]:
        """Look at everything after a step that may move keys in these ways; key -> (before, after) of those it moved."""
        connection.check_constraints()
        before, self.keys = self.keys, self._read()
        self._read_mails()
        moved = {
            pk: (before[pk].places[0] if pk in before else ("NEW", None), key.places[0])
            for pk, key in self.keys.items()
            if pk not in before or before[pk].places != key.places
        }
        assert set(before) <= set(self.keys)
        told = {f"{old[0]}>{new[0]}" for old, new in moved.values()}
        assert told <= set(moves), told - set(moves)
        for pk, (_, (place, _)) in moved.items():
            if place in ("LICENSE", "RESERVED"):
                assert not self.is_old(self.keys[pk])
                assert pk not in before or not before[pk].is_seen, "sold although it was seen"
        self._check_seen()
        self._check_lines()
        self._check_health()
        assert violations() == []
        assert not Dispatch.objects.filter(attempts__gt=0).exists(), "a reaction failed"
        self.digest = digest()
        return moved

    def _read(self) -> Dict[Any, Key]:
        today = now().date()
        margins = KeyPool.objects.filter(pk__in=self.pools).values_list("pk", "use_by_margin")
        self._sold_from = {pk: today + timedelta(days=margin) for pk, margin in margins}
        found = {}
        with connection.cursor() as cursor:
            cursor.execute(KEYS)
            rows = cursor.fetchall()
        for pk, pool, batch, use_by, is_seen, gone, free, withheld, reserved, held in rows:
            places = [(gone, None)] if gone else []
            for place, where in zip(
                ("FREE", "WITHHELD", "RESERVED", "LICENSE"), (free, withheld, reserved, held)
            ):
                places += [(place, each) for each in where]
            assert len(places) == 1, f"key {pk} is in {places}"
            found[pk] = Key(pool, batch, use_by, is_seen, tuple(places))
        self.open(found)
        return found

    def open(self, keys: Dict[Any, Key]) -> None:
        """What came in new is what was offered to that pool, and nothing is there twice."""
        fresh = [pk for pk in keys if pk not in self.texts]
        for row in LicenseKey.objects.filter(pk__in=fresh).order_by("pk"):
            text = vault.decrypt(row).reveal()
            assert text in self.offered[row.pool_id]
            self.texts[row.pk] = text
        assert len(self.accepted) == len(self.texts) == len(keys)

    def _read_mails(self) -> None:
        for letter in mail.outbox[self._mails :]:
            self.seen |= set(_KEY.findall(letter.body)) & self.accepted
        self._mails = len(mail.outbox)

    def _check_seen(self) -> None:
        seen = {pk for pk, key in self.keys.items() if key.is_seen}
        assert seen == {pk for pk, text in self.texts.items() if text in self.seen}
        places = {self.keys[pk].place for pk in seen}
        assert places <= {"LICENSE", "QUARANTINED", "REVOKED"}

    def _check_lines(self) -> None:
        """Delivered and backordered is what was ordered and has not left."""
        held = Counter(key.places[0][1] for key in self.keys.values() if key.place == "LICENSE")
        with connection.cursor() as cursor:
            cursor.execute(LINES)
            self.lines = [Line(*row) for row in cursor.fetchall()]
        for line in self.lines:
            assert line.withdrawn == self.withdrawn[line.pk]
            assert line.missing >= 0
            if line.is_allocated and not line.is_ended:
                assert line.waits == (line.missing > 0)
            held.subtract(line.live)
        assert set(held.values()) <= {0}

    def _check_health(self) -> None:
        """The figures are those of a full count, made here."""
        with connection.cursor() as cursor:
            cursor.execute(STATES)
            self.states = Counter((pool, state) for pool, state in cursor.fetchall())
        health = pool_health(self.pools)
        for pool in self.pools:
            assert health[pool] == self._counted(pool)

    def _counted(self, pool: Any) -> Dict[str, Any]:
        mine = [key for key in self.keys.values() if key.pool == pool]
        fresh = [key for key in mine if key.place == "FREE"]
        places = Counter(key.place for key in mine)
        good = [key for key in fresh if not self.is_old(key)]
        sold, last = places["LICENSE"], now().date() + timedelta(days=90)
        days = Counter(key.use_by for key in good if key.use_by and key.use_by <= last)
        return {
            "imported": len(mine),
            "available": len(good),
            "reserved": places["RESERVED"],
            "withheld": places["WITHHELD"] + len(fresh) - len(good),
            "taken": sold,
            "quarantined": places["QUARANTINED"],
            "revoked": places["REVOKED"],
            "licenses": [
                {"fulfillment": state, "count": self.states[pool, state]}
                for state in Fulfillment.values
            ],
            "sold_last_7_days": sold,
            "sold_last_30_days": sold,
            "runway_days": len(good) * 7 // sold if sold else None,
            "expiring": sorted(days.items()),
            "average_cost": None,
            "backordered": sum(
                line.missing for line in self.lines if line.waits and pool in self.draws(line)
            ),
            "is_locked": False,
        }

    def are(self, state: str) -> int:
        """How many licenses are in this state."""
        return sum(count for (_, each), count in self.states.items() if each == state)


def violations() -> List[str]:
    """What `esd_verify` would name."""
    return [found for _, room in ROOMS for found in room.violations()]


class Errors(logging.Handler):
    """What the plugin logs as an error: reactions and the sweep go on after one, a test should not."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.lines: List[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())
