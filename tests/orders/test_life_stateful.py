"""The life of licenses after their sale, whatever happens in whatever order: the rows are what a model says.

Each run takes the same sixty steps; ESD_RACES=30000 takes as many others, and prints what was done (`-s`).
"""

from __future__ import annotations

import random

import build
import factories as make
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test
from life_people import Life
from repetitions import IS_LONG, repetitions

pytestmark = pytest.mark.django_db

STEPS_EACH = 60 if IS_LONG else 30
RUNS = max(1, repetitions(60) // STEPS_EACH)


def test_whatever_happens_a_license_is_what_its_history_says(run_commits, mailoutbox):
    """P03, P07, P08, P11, P12, M17, M18."""
    Life.policies = [
        make.make_policy(keys=36, term="P1M", suspension_clock="STOPS", grace_days=10),
        make.make_policy(
            keys=36,
            term="P60D",
            expiry_basis="FROM_ASSIGNMENT",
            renewal_basis="FROM_NOW",
            suspension_clock="STOPS",
            transfers_per_30_days=1,
        ),
        make.make_policy(keys=36, term="P1Y", renewal_basis="FROM_NOW_IF_EXPIRED"),
        make.make_policy(keys=36),
    ]
    Life.renewals = [make.make_renewal(*Life.policies, term=term) for term in ("P1M", "P1Y")]
    Life.buyer = build.make_user("ana@example.com")
    account = make.make_account(Life.buyer)
    Life.customers = [make.make_end_customer(account) for _ in range(2)]
    Life.run_commits = staticmethod(run_commits)
    run_commits()
    try:
        # The first run of Hypothesis is the simplest, of which one of each turn is enough.
        for Life.turn in [random.random()] if IS_LONG else range(RUNS):
            run_state_machine_as_test(
                Life,
                settings=settings(
                    max_examples=RUNS if IS_LONG else 1,
                    stateful_step_count=STEPS_EACH,
                    derandomize=not IS_LONG,
                    suppress_health_check=list(HealthCheck),
                    # Not `explain`, for which every line is traced from the first example on.
                    phases=(Phase.reuse, Phase.generate, Phase.shrink),
                ),
            )
    finally:
        if IS_LONG:
            print(Life.turn, *sorted(Life.counts.items(), key=str), sep="\n")
