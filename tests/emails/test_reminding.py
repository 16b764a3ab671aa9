"""Reminders of expiries (M15): who gets which when, each once, none too late, and none for what was renewed in time."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import factories as make
import pytest
from django.db import connection

from saleor_esd_plugin import sweep
from saleor_esd_plugin.emails import opting_out, reminding
from saleor_esd_plugin.emails.models import Reminder, ReminderOptOut
from saleor_esd_plugin.events.models import Event, SignsOfLife
from saleor_esd_plugin.events.signs import signs_of_life
from saleor_esd_plugin.licenses import lifecycle, renewal
from saleor_esd_plugin.licenses.models import License, SuspensionCause
from saleor_esd_plugin.licenses.policies.models import LicensePolicy

pytestmark = pytest.mark.django_db

# An hour after the sending hour.
TODAY = datetime(2031, 3, 10, 10, tzinfo=timezone.utc)
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def clock(monkeypatch, settings):
    """What time it is: set `clock.moment`. The scheduler has run until yesterday."""
    settings.TIME_ZONE = "UTC"

    class Clock:
        moment = TODAY

    for module in (reminding, renewal):
        monkeypatch.setattr(module, "now", lambda: Clock.moment)
    reminding.signs.note_reminded((TODAY - DAY).date())
    return Clock


def licenses(quantity=1, *, expires_in=30 * DAY, customer=None, **policy):
    """Released licenses of one account at buyer@x.example, whose term was set long ago."""
    policy = make.make_policy(keys=quantity, term="P1Y", **policy)
    made = make.make_released(quantity, policy=policy, email="buyer@x.example")
    found = License.objects.filter(pk__in=[one.pk for one in made])
    if customer:
        row = make.make_end_customer(made[0].account, email=customer, language="es")
        found.update(fulfillment="ASSIGNED", end_customer=row)
    expire(found, TODAY + expires_in)
    return found.order_by("unit_index")


def expire(found, at, *, set_at=TODAY - 300 * DAY):
    found.update(
        expires_at=at,
        grace_until=at + 30 * DAY,
        retained_until=at + 120 * DAY,
        term_set_at=set_at,
    )


def run():
    """What the sweep does about reminders until there is nothing left: how many licenses it told of."""
    done = reminding.remind_of_expiries()
    assert reminding.remind_of_expiries() == 0
    return done


def told():
    """(Days before, address, status) of all reminders."""
    rows = Reminder.objects.values_list("days_before", "address", "status")
    return sorted(rows, key=lambda row: (-row[0], *row[1:]))


def test_account_and_end_customer_are_told_once(clock, deliveries_for):
    """M15: 60, 30, 7 and 1 days before, each to both, in the language of each."""
    found = licenses(expires_in=60 * DAY, customer="it@end.example")
    both = ("buyer@x.example", "it@end.example")

    for day in range(64):
        clock.moment = TODAY + day * DAY
        assert run() == (day in (0, 30, 53, 59)), day

    assert told() == [(days, address, "MAILED") for days in (60, 30, 7, 1) for address in both]
    made = deliveries_for("license.reminded")
    assert [(row.kind, row.recipient, row.language) for row in made] == [
        ("LICENSES_EXPIRE", "buyer@x.example", "en"),
        ("LICENSES_EXPIRE", "it@end.example", "es"),
    ]
    assert {tuple(row.license_ids) for row in made} == {(str(found[0].pk),)}
    assert Event.objects.filter(type="license.reminded").count() == 4


def test_the_policy_says_when_also_at_the_expiry_and_after_it(clock):
    licenses(expires_in=2 * DAY, reminder_offsets=[2, 0, -10])
    days = []
    for day in range(20):
        clock.moment = TODAY + day * DAY
        if run():
            days.append(day)
    assert days == [0, 2, 12]
    assert [row[0] for row in told()] == [2, 0, -10]


def test_nothing_leaves_before_the_sending_hour_of_the_shop(clock, settings):
    """9 o'clock, of the day of the shop."""
    settings.TIME_ZONE = "America/Sao_Paulo"
    # 30 days later on the calendar of the shop, where it is 21:30 of the day before.
    licenses(expires_in=30 * DAY + timedelta(hours=14, minutes=30))
    clock.moment = datetime(2031, 3, 10, 11, 59, tzinfo=timezone.utc)
    assert run() == 0
    clock.moment = datetime(2031, 3, 10, 12, 0, tzinfo=timezone.utc)
    assert run() == 1
    assert Reminder.objects.get().due_at == clock.moment


def test_after_an_outage_the_latest_goes_out_and_the_missed_are_marked(clock):
    licenses(expires_in=30 * DAY)
    licenses(expires_in=60 * DAY)
    clock.moment = TODAY + 24 * DAY - timedelta(hours=5)
    assert run() == 0
    clock.moment = TODAY + 24 * DAY

    assert run() == 2

    assert told() == [
        (60, "buyer@x.example", "MAILED"),
        (30, "buyer@x.example", "MISSED"),
        (7, "buyer@x.example", "MAILED"),
    ]
    missed = Reminder.objects.get(status="MISSED")
    assert missed.event is None and missed.due_at == TODAY.replace(hour=9)


def test_what_had_passed_when_the_term_began_is_never_sent(clock):
    """Neither when it is released late, nor when the term is set while no worker runs."""
    found = licenses(expires_in=5 * DAY)
    expire(found, TODAY + 5 * DAY, set_at=TODAY + DAY)
    clock.moment = TODAY + 3 * DAY
    assert run() == 0
    clock.moment = TODAY + 4 * DAY
    assert run() == 1
    assert told() == [(1, "buyer@x.example", "MAILED")]


def test_a_renewal_begins_the_ladder_anew(clock):
    found = licenses(expires_in=7 * DAY)
    run()
    clock.moment = TODAY + DAY
    renewal.renew_licenses([found[0].pk], reason="paid", actor=make.STAFF)
    assert found[0].term_set_at == clock.moment

    ran = []
    for day in range(1, 380):
        clock.moment = TODAY + day * DAY
        if run():
            ran.append(day)

    assert ran == [7 + 366 - before for before in (60, 30, 7, 1)]
    assert Reminder.objects.values("expires_at").distinct().count() == 2


def test_a_stopped_clock_moves_the_ladder_with_the_expiry(clock):
    """P07: 10 days suspended, 10 days later; what would have come meanwhile by the new expiry never does."""
    found = licenses(expires_in=12 * DAY, suspension_clock="STOPS", reminder_offsets=[15, 9, 7])
    clock.moment = TODAY + DAY
    lifecycle.suspend(found.all(), cause=SuspensionCause.DISPUTE, moment=clock.moment)
    clock.moment = TODAY + 11 * DAY
    assert run() == 0
    lifecycle.reinstate(found.all(), cause="DISPUTE", moment=clock.moment)
    assert (found[0].expires_at, found[0].term_set_at) == (TODAY + 22 * DAY, clock.moment)

    ran = []
    for day in range(11, 20):
        clock.moment = TODAY + day * DAY
        if run():
            ran.append(day)

    assert ran == [13, 15]


def test_another_grace_is_no_other_expiry(clock):
    found = licenses(expires_in=7 * DAY)
    run()
    before = found[0].term_set_at
    renewal.set_license_terms(
        [found[0].pk],
        expires_at=found[0].expires_at,
        grace_until=found[0].expires_at,
        reason="no grace",
        actor=make.STAFF,
    )
    assert (found[0].grace_until, found[0].term_set_at) == (found[0].expires_at, before)


def test_nothing_for_what_is_suspended_or_has_ended(clock):
    suspended, returned, over = licenses(3)
    one = License.objects.filter
    one(pk=suspended.pk).update(suspended_at=TODAY, suspension_causes=["DISPUTE"])
    one(pk=returned.pk).update(fulfillment="RETURNED", ended_at=TODAY)
    # Its suspension has ended by the clock, which the sweep has not noted yet.
    one(pk=over.pk).update(
        suspended_at=TODAY - DAY, suspension_causes=["STAFF"], suspended_until=TODAY
    )

    assert run() == 1

    assert [row.license_id for row in Reminder.objects.all()] == [over.pk]
    one(pk=suspended.pk).update(suspended_at=None, suspension_causes=[])
    clock.moment = TODAY + timedelta(hours=5)
    assert run() == 0


def test_a_shop_that_is_upgraded_sends_no_wave(clock):
    SignsOfLife.objects.all().delete()
    licenses(expires_in=30 * DAY)
    licenses(expires_in=31 * DAY)

    assert run() == 0
    assert signs_of_life().reminded_on == TODAY.date()
    clock.moment = TODAY + DAY
    assert run() == 1


def test_one_address_gets_one_mail_and_nobody_without_one(clock, deliveries_for):
    licenses(customer="BUYER@x.example")
    nameless = licenses()
    type(nameless[0].account).objects.filter(pk=nameless[0].account_id).update(email="")

    assert run() == 2

    assert sorted(row[1:] for row in told()) == [
        ("", "NO_ADDRESS"),
        ("buyer@x.example", "MAILED"),
    ]
    assert [row.recipient for row in deliveries_for("license.reminded")] == ["buyer@x.example"]


@pytest.mark.parametrize("quantity, mails", [(5, 5), (6, 1)])
def test_more_than_five_on_a_day_are_one_mail(quantity, mails, deliveries_for):
    found = licenses(quantity, customer="it@end.example")
    License.objects.filter(pk=found[0].pk).update(end_customer=None, fulfillment="RELEASED")

    assert run() == quantity

    made = deliveries_for("license.reminded")
    to = [row.recipient for row in made]
    assert to.count("buyer@x.example") == mails
    # Of the holder's own there are five at most.
    assert to.count("it@end.example") == quantity - 1
    assert Event.objects.filter(type="license.reminded").count() == 1


def test_who_wants_none_gets_none(deliveries_for):
    found = licenses(customer="it@end.example")
    opting_out.stop_reminders("IT@End.example")
    opting_out.stop_reminders("it@end.example")

    run()

    assert ReminderOptOut.objects.count() == 1
    assert told() == [
        (30, "buyer@x.example", "MAILED"),
        (30, "it@end.example", "OPTED_OUT"),
    ]
    (delivery,) = deliveries_for("license.reminded")
    assert (delivery.recipient, delivery.license_ids) == ("buyer@x.example", [str(found[0].pk)])


def test_the_step_stands_in_the_sweep_and_reads_one_row_when_nothing_is_due(
    clock, django_assert_num_queries
):
    assert dict(sweep.STEPS)["reminded"] is reminding.remind_of_expiries
    run()
    with django_assert_num_queries(1):
        assert reminding.remind_of_expiries() == 0


def test_one_account_that_fails_stops_no_other_and_the_day_stays_open(clock, monkeypatch):
    broken = licenses()[0].account_id
    licenses()
    record = reminding.record

    def fails(type, subject, *, account_id, **more):
        assert account_id != broken
        return record(type, subject, account_id=account_id, **more)

    monkeypatch.setattr(reminding, "record", fails)
    with pytest.raises(Exception, match="AssertionError"):
        reminding.remind_of_expiries()
    assert Reminder.objects.count() == 1
    monkeypatch.setattr(reminding, "record", record)
    clock.moment = TODAY + DAY
    assert run() == 1
    assert Reminder.objects.count() == 2
    assert signs_of_life().reminded_on == clock.moment.date()


def test_what_is_due_is_read_through_the_index(clock):
    """The daily run looks at what expires on its days, not at all licenses."""
    query = reminding._DUE.format(days_before="(30)")
    values = {"after": TODAY - DAY, "until": TODAY, "moment": TODAY, "zone": "UTC", "hour": "09:00"}
    with connection.cursor() as cursor:
        # Of a table that is nearly empty any index may be read from end to end, but not as a bitmap.
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_indexscan = off")
        cursor.execute("EXPLAIN " + query, values)
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "using esd_license_expires" in plan or "on esd_license_expires" in plan


def test_the_policy_of_today_is_asked(clock):
    found = licenses(expires_in=45 * DAY)
    assert run() == 0
    LicensePolicy.objects.filter(pk=found[0].policy_id).update(reminder_offsets=[44])
    clock.moment = TODAY + DAY
    assert run() == 1
