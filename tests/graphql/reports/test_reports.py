"""Reports through the API: what each number says, who may ask, and what it costs."""

from __future__ import annotations

from datetime import timedelta

import factories as make
import pytest
from actors import ACTORS, expectations
from django.db import connection
from django.test.utils import CaptureQueriesContext

from saleor_esd_plugin.emails.models import Delivery
from saleor_esd_plugin.events.models import Event
from saleor_esd_plugin.host.db import now
from saleor_esd_plugin.licenses.models import License
from saleor_esd_plugin.orders.approval import approve_license_order, reject_license_order
from saleor_esd_plugin.orders.models import LicenseOrder
from saleor_esd_plugin.weeks import WEEK, week_of

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
STOCK = "query($first: Int) { licenseStockReport(first: $first) { name health { available runwayDays } } }"
RENEWALS = "query($weeks: Int) { licenseRenewalReport(weeks: $weeks) { inGrace expired weeks { week licenses } } }"
APPROVALS = """query($weeks: Int) { licenseApprovalReport(weeks: $weeks) {
    week decisions median ninetiethPercentile } }"""
MAILS = """query($weeks: Int) { licenseDeliveryReport(weeks: $weeks) {
    week sent failed kinds { kind sent failed } } }"""
ALL = {"licenseStockReport": STOCK, "licenseRenewalReport": RENEWALS}
ALL.update(licenseApprovalReport=APPROVALS, licenseDeliveryReport=MAILS)
BOTH = "MANAGE_LICENSES, APPROVE_LICENSES, app MANAGE_LICENSES, app APPROVE_LICENSES"
WHO = {
    "licenseStockReport": "MANAGE_LICENSE_KEYS, app MANAGE_LICENSE_KEYS",
    "licenseRenewalReport": "MANAGE_LICENSES, app MANAGE_LICENSES",
    "licenseApprovalReport": BOTH,
    "licenseDeliveryReport": BOTH,
}


@pytest.fixture
def ask(api, staff):
    everything = api(staff("MANAGE_LICENSES", "APPROVE_LICENSES", "MANAGE_LICENSE_KEYS"))
    return lambda document, **variables: next(
        iter(everything(document, variables)["data"].values())
    )


def this_week():
    return week_of(now().date())


@pytest.mark.parametrize("report", sorted(ALL))
def test_reports_are_for_staff_with_the_right(api, report):
    others = ", ".join(name for name in ACTORS if name not in WHO[report].split(", "))
    account = make.make_account()

    for name, outcome in expectations(OK=WHO[report], REFUSED=others).items():
        answer = api(ACTORS[name](account))(ALL[report])
        refused = (answer.get("errors") or [{}])[0].get("extensions", {}).get("exception", {})
        assert refused.get("code") == (None if outcome == "OK" else "PermissionDenied"), name


def test_pools_by_how_long_they_last(ask):
    lasting, soon, unsold = make.make_pool(60), make.make_pool(10), make.make_pool(1)
    empty, archived = make.make_pool(1), make.make_pool(1)
    make.make_pool(), make.make_pool(is_generated=True)
    for pool, quantity in ((lasting, 4), (soon, 4), (empty, 1)):
        make.make_license_order(quantity, policy=make.make_policy(pool))
    archived.archived_at = now()
    archived.save()

    found = ask(STOCK)

    assert [
        (one["name"], one["health"]["available"], one["health"]["runwayDays"]) for one in found
    ] == [
        (empty.name, 0, 0),
        (soon.name, 6, 10),
        (lasting.name, 56, 98),
        (unsold.name, 1, None),
    ]
    assert [one["name"] for one in ask(STOCK, first=1)] == [empty.name]


def test_renewals_by_week_with_what_is_over(ask):
    """M17, M18: what is in grace is used still, what has expired is only renewed."""
    policy = make.make_policy(keys=12, term="P1Y", grace_days=30, retention_days=120)
    licenses = make.make_released(10, policy=policy)
    over = [(0, 1 * DAY), (1, 29 * DAY), (2, 40 * DAY), (3, 130 * DAY)]
    for place, ago in over:
        make.expire(licenses[place], ago=ago)
    monday = this_week() + WEEK
    for place, days in ((4, 0), (5, 6), (6, 7), (7, 14), (8, 21)):
        ends = dict.fromkeys(("expires_at", "grace_until", "retained_until"))
        begin = now().replace(hour=12) - (now().date() - monday)
        ends.update({name: begin + days * DAY for name in ends})
        License.objects.filter(pk=licenses[place].pk).update(**ends)
    License.objects.filter(pk=licenses[5].pk).update(
        suspended_at=now(), suspension_causes=["PAYMENT"]
    )
    # Perpetual, and rejected.
    make.make_released(1)

    assert ask(RENEWALS, weeks=2) == {
        "inGrace": 2,
        "expired": 1,
        "weeks": [
            {"week": str(this_week()), "licenses": 0},
            {"week": str(monday), "licenses": 1},
            {"week": str(monday + WEEK), "licenses": 1},
        ],
    }
    assert [one["licenses"] for one in ask(RENEWALS)["weeks"]] == [0, 1, 1, 1, 1] + [0] * 8


def decide(seconds, *, approve=True):
    """An order that was decided on so many seconds after it came."""
    order = make.make_license_order(1)
    if approve:
        approve_license_order(order.pk, actor=make.STAFF)
    else:
        reject_license_order(order.pk, reason="no", actor=make.STAFF)
    type = f"license_order.{'approved' if approve else 'rejected'}"
    event = Event.objects.get(order_id=order.pk, type=type)
    ordered_at = event.created_at - timedelta(seconds=seconds)
    LicenseOrder.objects.filter(pk=order.pk).update(ordered_at=ordered_at)


def test_half_and_nine_of_ten_decisions(ask):
    for seconds in range(100, 1100, 100):
        decide(seconds, approve=seconds < 900)
    make.make_license_order(1)

    found = ask(APPROVALS, weeks=2)

    # Between the fifth and the sixth, and a tenth of the way from the ninth to the tenth.
    assert found == [
        {
            "week": str(this_week() - WEEK),
            "decisions": 0,
            "median": None,
            "ninetiethPercentile": None,
        },
        {"week": str(this_week()), "decisions": 10, "median": 550, "ninetiethPercentile": 910},
    ]
    assert len(ask(APPROVALS)) == 12


def test_what_a_policy_approves_by_itself_is_no_decision(ask):
    make.make_license_order(1, policy=make.make_policy(keys=1, approval="AUTO"))

    assert [one["decisions"] for one in ask(APPROVALS, weeks=1)] == [0]


def mail(kind, status, *, weeks_ago=0):
    event = Event.objects.order_by("pk").first()
    Delivery.objects.create(
        event=event,
        kind=kind,
        recipient="a@example.com",
        language="en",
        status=status,
        dedupe_key=make.unique("mail"),
        created_at=now() - WEEK * weeks_ago,
        due_at=now(),
    )


def test_mails_that_failed_by_week_and_kind(ask):
    make.make_pool()
    for status in ("SENT", "SENT", "FAILED", "QUEUED", "SUPPRESSED"):
        mail("RECEIPT", status)
    mail("LICENSE_KEYS", "FAILED")
    mail("LICENSE_KEYS", "FAILED", weeks_ago=1)
    mail("LICENSE_KEYS", "FAILED", weeks_ago=2)

    keys = {"kind": "LICENSE_KEYS", "sent": 0, "failed": 1}
    assert ask(MAILS, weeks=2) == [
        {"week": str(this_week() - WEEK), "sent": 0, "failed": 1, "kinds": [keys]},
        {
            "week": str(this_week()),
            "sent": 2,
            "failed": 2,
            "kinds": [keys, {"kind": "RECEIPT", "sent": 2, "failed": 1}],
        },
    ]


@pytest.mark.parametrize("document", [RENEWALS, APPROVALS, MAILS])
@pytest.mark.parametrize("weeks", [0, 54])
def test_so_many_weeks_are_not_told(api, staff, document, weeks):
    answer = api(staff("MANAGE_LICENSES"))(document, {"weeks": weeks})

    assert answer["errors"][0]["message"] == "Ask for 1 to 53 weeks."


@pytest.mark.parametrize("first", [0, 101])
def test_so_many_pools_are_not_told(api, staff, first):
    answer = api(staff("MANAGE_LICENSE_KEYS"))(STOCK, {"first": first})

    assert answer["errors"][0]["message"] == "Ask for 1 to 100 pools."


def test_the_statements_of_a_report_do_not_grow_with_its_rows(ask):
    counts = []
    for rows in (1, 4):
        for _ in range(rows):
            decide(100)
            mail("RECEIPT", "FAILED")
            make.expire(make.make_released(1, policy=make.make_policy(keys=1, term="P1Y"))[0])
        counts.append([])
        for document in ALL.values():
            ask(document)
            with CaptureQueriesContext(connection) as captured:
                ask(document)
            counts[-1].append(len(captured))

    assert counts[0] == counts[1]
