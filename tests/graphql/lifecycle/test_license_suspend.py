"""licenseSuspend and licenseReinstate: staff stop the use of licenses for a while."""

from datetime import timedelta

import build
import factories
import pytest

from saleor_esd_plugin.events.models import Event
from saleor_esd_plugin.host.db import now
from saleor_esd_plugin.licenses.lifecycle import end_due_suspensions
from saleor_esd_plugin.licenses.models import License

pytestmark = pytest.mark.django_db

SHOWN = """{ id lifecycle displayColor suspendedAt suspendedUntil suspensionCauses expiresAt graceUntil
    retainedUntil stateReason { code text(language: "es") note } }"""
SUSPEND = """mutation($input: LicenseSuspendInput!) { licenseSuspend(input: $input) {
    licenses %s errors { field code message params { name value } } } }""" % (SHOWN,)
REINSTATE = SUSPEND.replace("Suspend(", "Reinstate(").replace("SuspendInput", "ReinstateInput")
LICENSE = "query($id: ID!) { license(id: $id) %s }" % (SHOWN,)


@pytest.fixture
def manager(staff):
    return staff("MANAGE_LICENSES")


@pytest.fixture
def suspend(api, manager, gid):
    """`suspend(licenses, until=…)` by staff: the payload."""

    def call(licenses, **given):
        input = {"licenses": [gid("License", one) for one in licenses], "reason": "PAYMENT_OVERDUE"}
        return api(manager)(SUSPEND, {"input": {**input, **given}})["data"]["licenseSuspend"]

    return call


@pytest.fixture
def reinstate(api, manager, gid):
    def call(licenses, **given):
        input = {"licenses": [gid("License", one) for one in licenses], "reason": "RESOLVED"}
        return api(manager)(REINSTATE, {"input": {**input, **given}})["data"]["licenseReinstate"]

    return call


def yearly(quantity=1, **policy):
    policy = factories.make_policy(keys=quantity, term="P1Y", **policy)
    return factories.make_assigned(quantity, policy=policy)


def test_staff_suspend_and_reinstate_with_a_reason_that_stays_readable(
    suspend, reinstate, api, gid, smtp
):
    """P07, P09, P11, P13, P14."""
    owner = build.make_user()
    policy = factories.make_policy(keys=2, term="P1Y")
    licenses = factories.make_assigned(2, policy=policy, user=owner)

    payload = suspend(licenses, note="owes for March")

    assert payload["errors"] == []
    for shown in payload["licenses"]:
        assert (shown["lifecycle"], shown["displayColor"]) == ("SUSPENDED", "RED")
        assert shown["suspensionCauses"] == ["STAFF"]
        assert shown["stateReason"] == {
            "code": "PAYMENT_OVERDUE",
            "text": "Hay un pago vencido.",
            "note": "owes for March",
        }
    seen = api(owner)(LICENSE, {"id": gid("License", licenses[0])})["data"]["license"]
    assert seen["stateReason"]["text"] == "Hay un pago vencido."
    (event,) = Event.objects.filter(type="license.suspended")
    assert (event.reason, event.data["reason_code"], event.data["cause"]) == (
        *("owes for March", "PAYMENT_OVERDUE", "STAFF"),
    )
    assert (event.permission, list(event.data["lines"].values())) == ("MANAGE_LICENSES", [[0, 1]])

    payload = reinstate(licenses)

    assert [one["lifecycle"] for one in payload["licenses"]] == ["ACTIVE", "ACTIVE"]
    assert [one["stateReason"] for one in payload["licenses"]] == [None, None]
    assert License.objects.filter(expires_at=licenses[0].expires_at).count() == 2
    assert Event.objects.get(type="license.reinstated").data["reason_code"] == "RESOLVED"


def test_all_or_none_and_each_refused_one_is_named(suspend, reinstate, gid, unchanged):
    """P11: the table of transitions; the answer has from and to."""
    free, held, cancelled = yearly(1), yearly(1), yearly(1)
    pending = factories.licenses_of(factories.make_license_order(1))
    suspend(held)
    License.objects.filter(pk=cancelled[0].pk).update(fulfillment="RETURNED", ended_at=now())

    with unchanged():
        payload = suspend([*free, *held, *cancelled, *pending])

    errors = [
        (error["field"], error["code"], {each["name"]: each["value"] for each in error["params"]})
        for error in payload["errors"]
    ]
    assert errors == [
        (
            "licenses",
            "INVALID_TRANSITION",
            {"before": before, "after": "SUSPENDED", "licenses": gid("License", those[0])},
        )
        for before, those in (
            ("CANCELLED", cancelled),
            ("PENDING_APPROVAL", pending),
            ("SUSPENDED", held),
        )
    ]
    with unchanged():
        (error,) = reinstate(free)["errors"]
    assert error["code"] == "INVALID_TRANSITION"


def test_another_cause_is_not_lifted_by_staff(suspend, reinstate, api, gid, unchanged, disputed):
    """P11: each cause is lifted by its own."""
    with unchanged():
        (error,) = reinstate([disputed])["errors"]
    assert error["code"] == "INVALID_TRANSITION"

    assert suspend([disputed])["licenses"][0]["suspensionCauses"] == ["DISPUTE", "STAFF"]
    (shown,) = reinstate([disputed])["licenses"]
    assert (shown["lifecycle"], shown["suspensionCauses"]) == ("SUSPENDED", ["DISPUTE"])


@pytest.fixture
def disputed():
    from provider import disputed as dispute
    from provider import tell

    payment = factories.unique("pi")
    (license,) = factories.make_released(1, payment_ref=payment)
    tell(dispute(10, payment=payment))
    license.refresh_from_db()
    assert license.suspension_causes == ["DISPUTE"]
    return license


def test_until_a_date_it_is_true_before_the_sweep_says_so(suspend, api, manager, gid):
    """The event comes from the sweep, and names the moment that was given."""
    licenses = yearly(2)
    until = (now() + timedelta(days=3)).replace(microsecond=0)
    (shown, _) = suspend(licenses, until=until.isoformat())["licenses"]
    assert (shown["lifecycle"], shown["suspendedUntil"]) == ("SUSPENDED", until.isoformat())
    passed = now() - timedelta(seconds=1)
    License.objects.update(suspended_until=passed)

    ask = api(manager)
    shown = ask(LICENSE, {"id": gid("License", licenses[0])})["data"]["license"]
    assert (shown["lifecycle"], shown["stateReason"]) == ("ACTIVE", None)

    assert end_due_suspensions() == 2
    assert end_due_suspensions() == 0
    (event,) = Event.objects.filter(type="license.reinstated")
    assert (event.actor_kind, event.reason, event.data["cause"]) == ("SYSTEM", "until", "STAFF")
    assert list(event.data["lines"].values()) == [[0, 1]]
    found = License.objects.values_list("suspension_causes", "suspended_at", "suspension_reason")
    assert set(map(str, found)) == {"([], None, None)"}


@pytest.mark.parametrize("clock, moves", [("RUNS", False), ("STOPS", True)])
def test_a_stopped_clock_moves_the_term_by_the_known_time_at_once(suspend, reinstate, clock, moves):
    """P07, decision 6: grace and retention follow the expiry."""
    (license,) = yearly(suspension_clock=clock)
    until = now() + timedelta(days=10)

    suspend([license], until=until.isoformat())

    after = License.objects.get()
    moved = after.expires_at - license.expires_at
    assert moved == (until - after.suspended_at if moves else timedelta(0))
    assert after.grace_until - license.grace_until == moved
    assert after.retained_until - license.retained_until == moved
    reinstate([license])
    lasted = License.objects.get().expires_at - license.expires_at
    assert timedelta(0) <= lasted < timedelta(minutes=5)
    assert (lasted > timedelta(0)) is moves


def test_one_that_expired_meanwhile_is_expired(suspend, reinstate):
    """P12."""
    (license,) = yearly()
    suspend([license])
    factories.expire(license, ago=timedelta(days=31))

    (shown,) = reinstate([license])["licenses"]

    assert (shown["lifecycle"], shown["displayColor"]) == ("EXPIRED", "RED")


def test_what_cannot_be_understood_changes_nothing(suspend, unchanged):
    """P09: some reasons need a description."""
    licenses = yearly()
    past = (now() - timedelta(minutes=1)).isoformat()
    cases = [
        ({"reason": ""}, "reason", "REQUIRED"),
        ({"reason": "NOBODY_KNOWS"}, "reason", "INVALID"),
        ({"reason": "PAYMENT_RECEIVED"}, "reason", "INVALID"),
        ({"reason": "OTHER"}, "note", "NOTE_REQUIRED"),
        ({"reason": "OTHER", "note": " "}, "note", "NOTE_REQUIRED"),
        ({"note": "x" * 501}, "note", "INVALID"),
        ({"until": past}, "until", "INVALID"),
    ]
    with unchanged():
        for given, field, code in cases:
            (error,) = suspend(licenses, **given)["errors"]
            assert (error["field"], error["code"]) == (field, code), given
        assert suspend([])["errors"][0]["code"] == "INVALID_QUANTITY"


def test_at_most_500_at_once(suspend, unchanged):
    from uuid import uuid4

    class Row:
        def __init__(self):
            self.pk = uuid4()

    with unchanged():
        assert suspend([Row() for _ in range(501)])["errors"][0]["code"] == "INVALID_QUANTITY"
        assert suspend([Row()])["errors"][0]["code"] == "NOT_FOUND"


def test_licenses_of_several_orders_leave_an_event_each(suspend):
    suspend([*yearly(2), *yearly(1)])

    events = Event.objects.filter(type="license.suspended")
    assert sorted(list(event.data["lines"].values())[0] for event in events) == [[0], [0, 1]]
