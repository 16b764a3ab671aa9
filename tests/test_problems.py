"""What is wrong stands beside our app in Saleor's Dashboard (3.22 and later), until it is over."""

from __future__ import annotations

from io import StringIO

import factories as make
import pytest
from django.core.management import call_command

from saleor_esd_plugin import problems, tasks
from saleor_esd_plugin.events import signs
from saleor_esd_plugin.events.models import SignsOfLife
from saleor_esd_plugin.host import dashboard, shop
from saleor_esd_plugin.host.db import now
from saleor_esd_plugin.keys.models import KeyPool
from saleor_esd_plugin.keys.ring import keyring

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.only_on("3.21", reason="the Dashboard of 2.10 shows no apps"),
    pytest.mark.skipif(
        not dashboard.HAS_APP_PROBLEMS, reason="3.22 and later have problems of apps"
    ),
]


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = str(tmp_path)


@pytest.fixture
def app():
    from saleor.app.models import App

    call_command("esd_dashboard", "install", stdout=StringIO())
    return App.objects.get(identifier="esd", removed_at=None)


@pytest.fixture
def pool():
    """It is low."""
    pool = make.make_pool(5)
    KeyPool.objects.filter(pk=pool.pk).update(low_stock_at=pool.created_at, name="Atlas {x}")
    return pool


def shown(app):
    """(key, message, whether critical), those that nobody dismissed."""
    rows = app.problems.filter(dismissed=False).order_by("key")
    return [(row.key, row.message, row.is_critical) for row in rows]


def test_a_pool_that_is_low_is_shown_until_it_has_recovered(app, pool):
    low = [(f"low-stock-{pool.pk}", "Few keys are left in the pool Atlas {x}.", False)]

    assert (problems.show_problems(), shown(app)) == (1, low)
    assert (problems.show_problems(), shown(app)) == (0, low)
    KeyPool.objects.filter(pk=pool.pk).update(low_stock_at=None)
    assert (problems.show_problems(), shown(app)) == (1, [])


def test_it_is_part_of_the_sweep(app, pool):
    KeyPool.objects.filter(pk=pool.pk).update(low_stock_at=None, low_stock_threshold=5)

    assert tasks.reconcile_all()["problems"] == 1

    assert [key for key, *_ in shown(app)] == [f"low-stock-{pool.pk}"]


def test_texts_are_in_the_language_of_the_shop_and_follow_a_new_name(app, pool, monkeypatch):
    problems.show_problems()
    monkeypatch.setattr(shop, "default_language", lambda: "es")
    KeyPool.objects.filter(pk=pool.pk).update(name="Borealis")

    assert problems.show_problems() == 1

    assert [message for _, message, _ in shown(app)] == [
        "Quedan pocas claves en el grupo Borealis."
    ]


def test_locked_keys_and_mails_that_do_not_leave(app, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setenv("ESD_ENC_KEYS", "")
        patch.setattr(keyring, "is_unlocked", lambda: False)
        SignsOfLife.objects.update_or_create(pk=1, defaults={"mails_failing_since": now()})
        assert problems.show_problems() == 2
        locked, failing = shown(app)
        assert locked[0] == "keys-locked" and locked[2] is True
        assert locked[1].startswith("Keys cannot be opened: orders wait. Set ESD_ENC_KEYS")
        assert failing == ("mails-failing", "No e-mail about licenses leaves.", True)

    SignsOfLife.objects.update(mails_failing_since=None)
    assert (problems.show_problems(), shown(app)) == (2, [])
    assert signs.signs_of_life().mails_failing_since is None


def test_one_that_staff_dismissed_stays_so_until_it_comes_back(app, pool):
    problems.show_problems()
    app.problems.update(dismissed=True, dismissed_by_user_email="olga@shop.example")

    assert (problems.show_problems(), shown(app)) == (0, [])
    KeyPool.objects.filter(pk=pool.pk).update(low_stock_at=None)
    problems.show_problems()
    KeyPool.objects.filter(pk=pool.pk).update(low_stock_at=pool.created_at)

    assert (problems.show_problems(), len(shown(app))) == (1, 1)


def test_without_the_app_nothing_is_shown(pool):
    from saleor.app.models import AppProblem

    assert problems.show_problems() == 0
    assert not AppProblem.objects.exists()


def test_no_more_than_saleor_keeps(app, monkeypatch):
    monkeypatch.setattr(problems, "MOST_POOLS", 2)
    for _ in range(3):
        made = make.make_pool(1)
        KeyPool.objects.filter(pk=made.pk).update(low_stock_at=made.created_at)

    assert (problems.show_problems(), len(shown(app))) == (2, 2)
