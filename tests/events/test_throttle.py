from datetime import timedelta

import pytest
from django.db.models import F
from factories import STAFF

from saleor_esd_plugin.errors import RateLimited
from saleor_esd_plugin.events.models import Throttle
from saleor_esd_plugin.events.throttle import DAY, HOUR, throttle

pytestmark = pytest.mark.django_db
LIMITS = ((3, HOUR), (5, DAY))


def use(times=1, subject="a"):
    for _ in range(times):
        throttle("resend", subject, LIMITS)


def age(by):
    Throttle.objects.update(used_at=F("used_at") - by)


def test_the_limit_is_exact_and_says_how_long_to_wait():
    """T-RL-01, in the table."""
    use(3)

    with pytest.raises(RateLimited) as refusal:
        use()

    assert 3590 <= refusal.value.params["seconds"] <= 3601
    assert Throttle.objects.count() == 3


def test_after_the_window_it_is_free_again_until_the_longer_one_is_full():
    use(3)
    age(timedelta(hours=1, seconds=1))
    use(2)

    with pytest.raises(RateLimited) as refusal:
        use()

    assert refusal.value.params["seconds"] > 3600


def test_another_subject_and_another_rule_count_apart():
    use(3)

    use(3, subject="b")
    throttle("reveal", "a", LIMITS)

    assert Throttle.objects.count() == 7


def test_who_it_was_is_stored_as_a_digest():
    use(subject=STAFF.label)

    assert STAFF.label not in Throttle.objects.get().subject
    assert len(Throttle.objects.get().subject) == 64


def test_several_uses_at_once_fit_or_are_refused():
    throttle("receipt", "account", ((10, DAY),), uses=8)

    with pytest.raises(RateLimited):
        throttle("receipt", "account", ((10, DAY),), uses=3)

    assert Throttle.objects.count() == 8
