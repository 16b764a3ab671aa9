"""Months of a shop whose scheduler is down for three days now and then; ESD_RACES=10000 makes it two years of so many licenses.

A model in plain Python says what everybody should have got. It knows days, hours and states, and no SQL.
"""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from datetime import datetime, timedelta, timezone
from random import Random

import factories as make
import pytest
from repetitions import IS_LONG, repetitions

from saleor_esd_plugin.emails import reminding
from saleor_esd_plugin.emails.catalog import deliveries_of
from saleor_esd_plugin.emails.contents import contents_of
from saleor_esd_plugin.emails.mails import reminders as mail
from saleor_esd_plugin.emails.models import Delivery, Reminder
from saleor_esd_plugin.emails.reminder_rules import last_sending_day, reminders_of
from saleor_esd_plugin.errors import Several
from saleor_esd_plugin.events.models import Event
from saleor_esd_plugin.licenses import lifecycle, renewal
from saleor_esd_plugin.licenses.locks import lock_licenses
from saleor_esd_plugin.licenses.models import License, SuspensionCause
from saleor_esd_plugin.licenses.units import assign_licenses

pytestmark = pytest.mark.django_db

BEGIN = datetime(2031, 1, 1, tzinfo=timezone.utc)
LICENSES = repetitions(200)
DAYS = 730 if IS_LONG else 100
PER_ACCOUNT = 20
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


class Shop:
    """Licenses, the hand of chance, and the model: what was told to whom."""

    def __init__(self, seed):
        self.chance = Random(seed)
        self.moment = BEGIN
        self.told = {}
        self.seen_through = last_sending_day(BEGIN)
        self.ids = []

    def fill(self):
        pool = make.make_pool(is_generated=True)
        for number in range(LICENSES // PER_ACCOUNT):
            policy = make.make_policy(
                pool,
                term="P3M",
                suspension_clock=self.chance.choice(["RUNS", "STOPS"]),
                reminder_offsets=self.chance.choice([[60, 30, 7, 1], [3, 2, 1, 0, -1], [10]]),
            )
            made = make.make_released(PER_ACCOUNT, policy=policy, email=f"buyer{number}@x.example")
            account = made[0].account
            holder = make.make_end_customer(account, email=f"it{number % 7}@x.example")
            some = [one.pk for one in made if self.chance.random() < 0.5]
            if some:
                assign_licenses(some, end_customer_id=holder.pk, actor=make.STAFF)
            for one in made:
                expiry = BEGIN + self.chance.randrange(DAYS * 24) * HOUR
                if self.chance.random() < 0.5:
                    # Many on one day.
                    expiry = BEGIN + (20 + number % 50) * DAY
                License.objects.filter(pk=one.pk).update(
                    expires_at=expiry,
                    grace_until=expiry + 30 * DAY,
                    retained_until=expiry + 120 * DAY,
                    term_set_at=BEGIN - DAY,
                )
                self.ids.append(one.pk)

    def live_through_a_day(self):
        for _ in range(max(1, LICENSES // 100)):
            self.moment += 10 * timedelta(seconds=1)
            (license,) = lock_licenses([self.chance.choice(self.ids)])
            act = self.chance.choice(["renew", "suspend", "reinstate", "cancel"])
            causes = license.suspension_causes
            if license.fulfillment == "RETURNED" or license.retained_until <= self.moment:
                continue
            if act == "renew":
                self.renew(license)
            elif act == "suspend" and not causes:
                lifecycle.suspend([license], cause=SuspensionCause.PAYMENT, moment=self.moment)
            elif act == "reinstate" and causes:
                lifecycle.reinstate([license], cause="PAYMENT", moment=self.moment)
            elif act == "cancel" and self.chance.random() < 0.2:
                License.objects.filter(pk=license.pk).update(
                    fulfillment="RETURNED",
                    ended_at=self.moment,
                    suspended_at=None,
                    suspension_causes=[],
                )

    def renew(self, license):
        # Refused where the lapse is longer than the term.
        with suppress(Several):
            renewal.renew_licenses([license.pk], reason="paid", actor=make.STAFF)

    def expected(self):
        """(License, expiry, days before, address) -> status of what this sweep should write."""
        today = last_sending_day(self.moment)
        found = {}
        if today <= self.seen_through or today < self.moment.date():
            return found
        licenses = License.objects.select_related("policy", "account", "end_customer")
        for license in licenses.filter(pk__in=self.ids):
            if license.fulfillment == "RETURNED" or license.suspended_at:
                continue
            turns = [
                due
                for due in reminders_of(license.expires_at, license.policy.reminder_offsets)
                if self.seen_through < due.due_at.date() <= today
                and due.due_at >= license.term_set_at
            ]
            holder = license.end_customer.email if license.end_customer else None
            for due in turns:
                for address in {license.account.email, holder} - {None}:
                    key = (license.pk, license.expires_at, due.days_before, address)
                    found[key] = "MAILED" if due == turns[-1] else "MISSED"
        self.seen_through = today
        return found


@pytest.fixture
def shop(monkeypatch, settings):
    settings.TIME_ZONE = "UTC"
    shop = Shop(seed=7)
    for module in (reminding, renewal, mail):
        monkeypatch.setattr(module, "now", lambda: shop.moment)
    shop.fill()
    reminding.signs.note_reminded(shop.seen_through)
    return shop


def rows_since(moment):
    rows = Reminder.objects.filter(created_at=moment).values_list(
        "license_id", "expires_at", "days_before", "address", "status"
    )
    return {row[:4]: row[4] for row in rows}


def check_letters(event):
    """One mail per license up to five per address, else one; all of them have something to tell."""
    deliveries_of(event)
    deliveries = Delivery.objects.filter(event=event)
    rows = Reminder.objects.filter(event=event).values_list("address", flat=True)
    mails = Counter(delivery.recipient for delivery in deliveries)
    assert mails == {
        address: (1 if count > 5 else count) for address, count in Counter(rows).items()
    }
    for delivery in deliveries:
        assert contents_of(delivery)["number"] == len(delivery.license_ids)


def test_everybody_gets_each_reminder_once_and_in_time(shop):
    """M15: at most once; the latest due on the scheduler's return; none for what was renewed or ended in time."""
    outage, outages, mailed, missed = 0, 0, 0, 0
    for day in range(DAYS):
        shop.moment = BEGIN + day * DAY + 2 * HOUR
        shop.live_through_a_day()
        if outage:
            outage -= 1
            continue
        if shop.chance.random() < 0.06:
            # It comes back in three days, at whatever hour.
            outage, outages = 3, outages + 1
            continue
        first = shop.chance.choice([0, 8, 9, 17])
        for hour in sorted({first, 8, 9, 17}):
            if hour < first:
                continue
            shop.moment = BEGIN + day * DAY + hour * HOUR + timedelta(minutes=1)
            expected = shop.expected()
            reminding.remind_of_expiries()
            reminding.remind_of_expiries()

            assert rows_since(shop.moment) == expected
            assert not (expected.keys() & shop.told.keys())
            shop.told.update(expected)
            for event in Event.objects.filter(type="license.reminded", deliveries=None):
                check_letters(event)
        mailed = sum(status == "MAILED" for status in shop.told.values())
        missed = len(shop.told) - mailed

    assert Reminder.objects.count() == len(shop.told)
    assert outages > 3 and missed > 0 and mailed > LICENSES
    # Nobody at night.
    assert not Reminder.objects.filter(created_at__hour__lt=9).exists()
