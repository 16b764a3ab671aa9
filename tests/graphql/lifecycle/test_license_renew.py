"""licenseRenew and licenseTermSet: how long a license lasts."""

from datetime import datetime, timedelta, timezone

import build
import factories
import pytest

from saleor_esd_plugin.events.models import Event
from saleor_esd_plugin.host.db import now
from saleor_esd_plugin.licenses.models import License
from saleor_esd_plugin.licenses.policies.services import update_license_policy
from saleor_esd_plugin.orders.suspension import reinstate_licenses, suspend_licenses

pytestmark = pytest.mark.django_db

SHOWN = "{ id lifecycle expiresAt graceUntil retainedUntil }"
RENEW = """mutation($input: LicenseRenewInput!) { licenseRenew(input: $input) {
    licenses %s errors { field code message params { name value } } } }""" % (SHOWN,)
SET = RENEW.replace("Renew(", "TermSet(").replace("RenewInput", "TermSetInput")
REINSTATE = RENEW.replace("Renew(", "Reinstate(").replace("RenewInput", "ReinstateInput")
QUOTE = """query($license: ID!, $terms: Int) { licenseRenewalQuote(license: $license, terms: $terms) {
    startsAt expiresAt lapsedDays basis price { amount currency } } }"""
DAY = timedelta(days=1)


@pytest.fixture
def call(api, staff, gid):
    ask = api(staff("MANAGE_LICENSES"))

    def call(document, name, licenses, **given):
        input = {"licenses": [gid("License", one) for one in licenses], "reason": "offer 12"}
        return ask(document, {"input": {**input, **given}})["data"][name]

    return call


@pytest.fixture
def renew(call):
    return lambda licenses, **given: call(RENEW, "licenseRenew", licenses, **given)


@pytest.fixture
def set_term(call):
    return lambda licenses, **given: call(SET, "licenseTermSet", licenses, **given)


def yearly(quantity=1, **policy):
    policy = factories.make_policy(keys=quantity, **{"term": "P1Y", **policy})
    return factories.make_released(quantity, policy=policy)


def read(*licenses):
    return [License.objects.select_related("policy").get(pk=one.pk) for one in licenses]


def test_another_term_follows_the_one_that_runs(renew):
    """M17, M18: grace and retention follow, as the policy says now."""
    licenses = yearly(2)
    update_license_policy(licenses[0].policy_id, grace_days=5, actor=factories.STAFF)

    payload = renew(licenses, terms=2)

    assert payload["errors"] == []
    assert {one["lifecycle"] for one in payload["licenses"]} == {"ACTIVE"}
    for before, after in zip(licenses, read(*licenses)):
        assert after.expires_at == before.expires_at.replace(year=before.expires_at.year + 2)
        assert after.grace_until == after.expires_at + 5 * DAY
        assert after.retained_until == after.expires_at + 120 * DAY
        assert after.starts_at == before.starts_at
    (event,) = Event.objects.filter(type="license.renewed")
    assert (event.reason, event.data["terms"], len(event.data["licenses"])) == ("offer 12", 2, 2)


def test_changing_a_policy_changes_no_license_that_exists():
    (license,) = yearly()
    update_license_policy(license.policy_id, grace_days=0, retention_days=0, actor=factories.STAFF)
    assert read(license)[0].grace_until == license.expires_at + 30 * DAY
    assert read(license)[0].retained_until == license.expires_at + 120 * DAY


@pytest.mark.parametrize(
    "basis, ago, since_expiry",
    [
        ("FROM_EXPIRY", 40, True),
        ("FROM_NOW", 40, False),
        ("FROM_NOW_IF_EXPIRED", 10, True),
        ("FROM_NOW_IF_EXPIRED", 40, False),
    ],
)
def test_from_when_a_renewal_counts(renew, basis, ago, since_expiry):
    """P12: from the expiry, what lapsed is paid for too."""
    (license,) = yearly(term="P90D", renewal_basis=basis)
    factories.expire(license, ago=ago * DAY)
    (license,) = read(license)

    (shown,) = renew([license])["licenses"]

    (after,) = read(license)
    start = license.expires_at if since_expiry else now()
    assert abs(after.expires_at - start - 90 * DAY) < timedelta(minutes=1)
    assert shown["lifecycle"] == "ACTIVE"


def test_a_renewal_never_shortens(renew, unchanged):
    (license,) = yearly(renewal_basis="FROM_NOW")
    later = license.expires_at + 400 * DAY
    factories.expire(license, ago=now() - later)

    with unchanged():
        (error,) = renew([license], terms=1)["errors"]
    assert (error["field"], error["code"]) == ("terms", "INVALID")
    assert {"name": "terms", "value": "3"} in error["params"]

    renew([license], terms=3)
    assert read(license)[0].expires_at > later


def test_a_term_that_would_be_over_already_says_how_many_it_takes(renew, unchanged):
    """A term shorter than the lapse."""
    (license,) = yearly(term="P10D")
    factories.expire(license, ago=35 * DAY)
    with unchanged():
        (error,) = renew([license], terms=2)["errors"]
    assert (error["field"], error["code"]) == ("terms", "INVALID")
    assert {"name": "terms", "value": "4"} in error["params"]
    assert renew([license], terms=4)["licenses"][0]["lifecycle"] == "ACTIVE"


def test_what_cannot_be_renewed(renew, unchanged):
    """Retention over, perpetual, cancelled, not released yet: all or none."""
    (lapsed,), (forever,), (good,) = yearly(), yearly(term=""), yearly()
    factories.expire(lapsed, ago=121 * DAY)
    pending = factories.licenses_of(factories.make_license_order(1))
    with unchanged():
        cases = [
            ([good, lapsed], {}, "licenses", "INVALID_TRANSITION"),
            ([good, *pending], {}, "licenses", "INVALID_TRANSITION"),
            ([good, forever], {}, "licenses", "INVALID"),
            ([good], {"terms": 0}, "terms", "INVALID_QUANTITY"),
            ([good], {"terms": 11}, "terms", "INVALID_QUANTITY"),
            ([good], {"reason": " "}, "reason", "REASON_REQUIRED"),
        ]
        for licenses, given, field, code in cases:
            (error,) = renew(licenses, **given)["errors"]
            assert (error["field"], error["code"]) == (field, code), (given, error)


@pytest.mark.parametrize("clock", ["RUNS", "STOPS"])
def test_a_suspended_one_is_renewed_and_stays_suspended(renew, clock):
    """P12. With a stopped clock, "now" is when it stopped: the whole term is left when it is reinstated."""
    (license,) = yearly(term="P90D", renewal_basis="FROM_NOW", suspension_clock=clock)
    factories.expire(license, ago=40 * DAY)
    suspend_licenses([license.pk], reason="PAYMENT_OVERDUE", actor=factories.STAFF)
    since = now() - 10 * DAY
    stopped = since if clock == "STOPS" else None
    License.objects.filter(pk=license.pk).update(
        starts_at=since - 60 * DAY, suspended_at=since, stopped_until=stopped
    )

    payload = renew([license])

    assert payload["errors"] == []
    (shown,) = payload["licenses"]
    (after,) = read(license)
    assert (shown["lifecycle"], after.suspension_causes) == ("SUSPENDED", ["STAFF"])
    start = since if clock == "STOPS" else now()
    assert abs(after.expires_at - start - 90 * DAY) < timedelta(minutes=1)


def test_what_expired_before_its_clock_stopped_is_renewed_in_between(renew):
    """P07, P12: the days of the suspension are added to what was renewed as well, and taken back with its rest."""
    (license,) = yearly(term="P60D", suspension_clock="STOPS")
    factories.expire(license, ago=10 * DAY)
    expiry = read(license)[0].expires_at
    until = now() + 30 * DAY
    suspend_licenses([license.pk], reason="PAYMENT_OVERDUE", until=until, actor=factories.STAFF)
    since = read(license)[0].suspended_at
    assert read(license)[0].expires_at == expiry

    assert renew([license])["errors"] == []

    (after,) = read(license)
    assert after.expires_at == expiry + 60 * DAY + (until - since)
    reinstate_licenses([license.pk], reason="PAYMENT_RECEIVED", actor=factories.STAFF)
    (after,) = read(license)
    assert timedelta(0) < after.expires_at - expiry - 60 * DAY < timedelta(minutes=1)


def test_a_term_is_set_by_hand(set_term):
    """The one way to change a term that exists; also what is LAPSED comes back by it."""
    (license,) = yearly()
    factories.expire(license, ago=200 * DAY)
    ends = datetime(2040, 12, 31, 23, 59, 59, tzinfo=timezone.utc)

    (shown,) = set_term([license], expiresAt=ends.isoformat())["licenses"]

    assert (shown["lifecycle"], shown["expiresAt"]) == ("ACTIVE", ends.isoformat())
    (after,) = read(license)
    assert (after.grace_until, after.retained_until) == (ends + 30 * DAY, ends + 120 * DAY)
    grace = ends + 200 * DAY
    set_term([license], expiresAt=ends.isoformat(), graceUntil=grace.isoformat())
    (after,) = read(license)
    assert (after.grace_until, after.retained_until) == (grace, grace)
    set_term([license], expiresAt=None)
    (after,) = read(license)
    assert (after.expires_at, after.grace_until, after.retained_until) == (None, None, None)
    assert Event.objects.filter(type="license.term_set").count() == 3


def test_terms_that_make_no_sense(set_term, unchanged):
    (license,) = yearly()
    ends = now() + DAY
    early = (ends - timedelta(hours=1)).isoformat()
    cases = [
        ({"expiresAt": (license.starts_at - DAY).isoformat()}, "expiresAt"),
        ({"expiresAt": ends.isoformat(), "graceUntil": early}, "graceUntil"),
        ({"expiresAt": ends.isoformat(), "retainedUntil": early}, "retainedUntil"),
        ({"graceUntil": early}, "expiresAt"),
    ]
    with unchanged():
        for given, field in cases:
            (error,) = set_term([license], **{"expiresAt": None, **given})["errors"]
            assert (error["field"], error["code"]) == (field, "INVALID"), given
        (error,) = set_term([license])["errors"]
        assert (error["field"], error["code"]) == ("expiresAt", "REQUIRED")


@pytest.mark.parametrize("until", [None, timedelta(days=90)])
def test_a_term_that_is_set_while_the_clock_stands_still_is_as_it_was_set(set_term, until):
    """Nothing of the suspension is added to it, or taken back."""
    (license,) = yearly(suspension_clock="STOPS")
    moment = now()
    suspend_licenses(
        [license.pk],
        reason="PAYMENT_OVERDUE",
        until=until and moment + until,
        actor=factories.STAFF,
    )
    ends = (moment + 10 * DAY).replace(microsecond=0)
    set_term([license], expiresAt=ends.isoformat())

    reinstate_licenses([license.pk], reason="RESOLVED", actor=factories.STAFF)

    (after,) = read(license)
    assert (after.expires_at, after.grace_until) == (ends, ends + 30 * DAY)


def test_what_lapsed_is_not_renewed_by_suspending_it(renew, unchanged):
    """M18."""
    (license,) = yearly()
    factories.expire(license, ago=121 * DAY)
    suspend_licenses([license.pk], reason="PAYMENT_OVERDUE", actor=factories.STAFF)
    with unchanged():
        (error,) = renew([license])["errors"]
    assert {"name": "before", "value": "LAPSED"} in error["params"]


def test_nobody_gives_oneself_time(api, gid, unchanged):
    """A member of staff may be a buyer as well."""
    user = build.make_user(is_staff=True)
    build.grant(user, "MANAGE_LICENSES")
    policy = factories.make_policy(keys=1, term="P1Y")
    (license,) = factories.make_released(1, policy=policy, user=user)
    suspend_licenses([license.pk], reason="PAYMENT_OVERDUE", actor=factories.STAFF)
    given = {"licenses": [gid("License", license)]}
    calls = (
        (RENEW, "licenseRenew", {"reason": "why not"}),
        (SET, "licenseTermSet", {"reason": "why not", "expiresAt": None}),
        (REINSTATE, "licenseReinstate", {"reason": "RESOLVED"}),
    )
    with unchanged():
        for document, name, more in calls:
            answer = api(user)(document, {"input": {**given, **more}})["data"][name]
            assert answer["errors"][0]["code"] == "FORBIDDEN_ROLE", name


def test_an_owner_reads_what_a_renewal_gives_and_costs(api, gid, unchanged):
    """P12: retroactive, from the expiry; the price is the shop's, for all terms."""
    owner = build.make_user()
    policy = factories.make_policy(keys=1, term="P90D")
    (license,) = factories.make_released(1, policy=policy, user=owner)
    factories.expire(license, ago=40 * DAY)
    (expired,) = read(license)
    ask, ids = api(owner), {"license": gid("License", license)}

    with unchanged():
        quote = ask(QUOTE, {**ids, "terms": 2})["data"]["licenseRenewalQuote"]

    assert quote["startsAt"] == expired.expires_at.isoformat()
    assert quote["expiresAt"] == (expired.expires_at + 180 * DAY).isoformat()
    assert (quote["lapsedDays"], quote["basis"]) == (41, "FROM_EXPIRY")
    assert quote["price"] == {"amount": 20.0, "currency": "USD"}
    factories.expire(license, ago=121 * DAY)
    refused = ask(QUOTE, ids)["errors"][0]["extensions"]["exception"]["code"]
    assert refused == "INVALID_TRANSITION"
    stranger = api(build.make_user())(QUOTE, ids)["errors"][0]["extensions"]["exception"]["code"]
    assert stranger == "NOT_FOUND"


@pytest.mark.parametrize("name", ["renew", "set_term"])
def test_a_term_that_has_not_begun_is_not_changed_though_it_is_suspended(name, request, unchanged):
    """It begins with the first assignment, which a suspension only puts off."""
    (license,) = yearly(expiry_basis="FROM_ASSIGNMENT")
    suspend_licenses([license.pk], reason="PAYMENT_OVERDUE", actor=factories.STAFF)
    given = {} if name == "renew" else {"expiresAt": None}

    with unchanged():
        (error,) = request.getfixturevalue(name)([license], **given)["errors"]

    assert error["code"] == "INVALID_TRANSITION"
    assert {"name": "before", "value": "PENDING"} in error["params"]
