"""Licenses by what they are and may become: cause, reason, renewable; counts per end customer."""

from datetime import timedelta

import factories
import pytest

from saleor_esd_plugin.orders.cancellation import cancel_licenses
from saleor_esd_plugin.orders.suspension import suspend_licenses

pytestmark = pytest.mark.django_db

LICENSES = """query($filter: LicenseFilterInput) { licenses(first: 100, filter: $filter) {
    edges { node { id } } } }"""
COUNTS = """query($id: ID!) { licenseAccount(id: $id) { endCustomers(first: 10) {
    edges { node { code licenseCounts { lifecycle count } } } } } }"""
DAY = timedelta(days=1)


@pytest.fixture
def ask(api, staff):
    return api(staff("MANAGE_LICENSES"))


@pytest.fixture
def found(ask):
    def found(**filter):
        edges = ask(LICENSES, {"filter": filter})["data"]["licenses"]["edges"]
        return {edge["node"]["id"] for edge in edges}

    return found


@pytest.fixture
def licenses():
    """In grace, expired, lapsed, suspended, cancelled, active; all of one end customer."""
    policy = factories.make_policy(keys=6, term="P1Y")
    made = factories.make_assigned(6, policy=policy)
    for license, days in zip(made, (1, 31, 121)):
        factories.expire(license, ago=days * DAY)
    suspend_licenses([made[3].pk], reason="PAYMENT_OVERDUE", actor=factories.STAFF)
    cancel_licenses([made[4].pk], reason="CUSTOMER_REQUEST", actor=factories.STAFF)
    return made


def test_by_cause_reason_and_whether_it_may_be_renewed(found, gid, licenses):
    """P05, P13."""
    grace, expired, lapsed, suspended, cancelled, active = (gid("License", one) for one in licenses)
    forever = gid("License", factories.make_released(1)[0])

    assert found(suspensionCauses=["STAFF"]) == {suspended}
    assert found(suspensionCauses=["DISPUTE", "PAYMENT"]) == set()
    assert found(stateReason=["PAYMENT_OVERDUE"]) == {suspended}
    assert found(stateReason=["CUSTOMER_REQUEST", "OTHER"]) == {cancelled}
    assert found(isRenewable=True) == {grace, expired, suspended, active}
    assert found(isRenewable=False) == {lapsed, cancelled, forever}
    assert found(lifecycle=["LAPSED"]) == {lapsed}


def test_counts_by_state_for_each_end_customer(ask, gid, licenses):
    """P05: grouped under their customer."""
    account = licenses[0].account
    other = factories.make_end_customer(account)
    answer = ask(COUNTS, {"id": gid("LicenseAccount", account)})

    edges = answer["data"]["licenseAccount"]["endCustomers"]["edges"]
    counts = {edge["node"]["code"]: edge["node"]["licenseCounts"] for edge in edges}
    states = ("ACTIVE", "GRACE", "EXPIRED", "LAPSED", "SUSPENDED", "CANCELLED")
    assert {each["lifecycle"]: each["count"] for each in counts[licenses[0].end_customer.code]} == {
        state: 1 for state in states
    }
    assert counts[other.code] == []
