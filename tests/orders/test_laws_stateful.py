"""Two laws over generated histories: an order says what it waits for, and no call is "done" that did nothing.

Each run takes the same few hundred steps; ESD_RACES=5000 takes as many others, and prints what was done (`-s`).
"""

from __future__ import annotations

import factories as make
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test
from laws_machine import Laws
from repetitions import IS_LONG, repetitions

pytestmark = pytest.mark.django_db

STEPS_EACH = 20
STEPS = repetitions(80)


def test_whatever_happens_orders_say_why_and_done_is_done(run_commits, mailoutbox):
    Laws.policies = [
        make.make_policy(keys=4, approval="MANUAL"),
        make.make_policy(keys=4, approval="RULES", approval_quantity=2),
        make.make_policy(keys=4, approval="AUTOMATIC"),
    ]
    Laws.run_commits = staticmethod(run_commits)
    run_commits()
    try:
        run_state_machine_as_test(
            Laws,
            settings=settings(
                max_examples=max(1, STEPS // STEPS_EACH),
                stateful_step_count=STEPS_EACH,
                derandomize=not IS_LONG,
                suppress_health_check=list(HealthCheck),
                # Not `explain`, for which every line is traced from the first example on.
                phases=(Phase.reuse, Phase.generate, Phase.shrink),
            ),
        )
    finally:
        if IS_LONG:
            print(*sorted(Laws.done.items(), key=str), sep="\n")
