"""licenseEmailResend, licenseOrderReceiptSend and the list of what was sent."""

import actors
import build
import factories
import pytest
from actors import outcome

from saleor_esd_plugin.accounts.models import EndCustomer
from saleor_esd_plugin.emails import catalog
from saleor_esd_plugin.emails.models import Delivery
from saleor_esd_plugin.events.models import Event

pytestmark = pytest.mark.django_db

RESEND = """mutation($input: LicenseEmailResendInput!) { licenseEmailResend(input: $input) {
    license { endCustomer { email } } errors { field code message params { name value } } } }"""
RECEIPT = """mutation($input: LicenseOrderReceiptSendInput!) { licenseOrderReceiptSend(input: $input) {
    emails licenseOrder { number } errors { field code message params { name value } } } }"""
DELIVERIES = """query($filter: LicenseDeliveryFilterInput) {
    licenseDeliveries(filter: $filter, first: 100) { totalCount edges { node {
        id kind recipient language status attempts error createdAt sentAt } } } }"""
OF_LICENSE = "query($id: ID!) { license(id: $id) { deliveries { kind recipient } } }"

WITH_ITS_SUBJECT = """query { licenseDeliveries(first: 100) { edges { node {
    kind licenseOrder { id number } licenses { id keyMask } } } } }"""


@pytest.fixture
def owner():
    return build.make_user()


@pytest.fixture
def license(owner):
    return factories.make_assigned(1, user=owner)[0]


def told():
    """Make the deliveries that follow from what has happened."""
    for event in Event.objects.all():
        catalog.deliveries_of(event)


def recipients(answer):
    assert "errors" not in answer, answer
    edges = answer["data"]["licenseDeliveries"]["edges"]
    return [(edge["node"]["kind"], edge["node"]["recipient"]) for edge in edges]


def test_a_corrected_address_is_saved(api, owner, license, gid):
    """I16: an assigned license can be sent again; the end customer keeps the corrected address."""
    given = {"license": gid("License", license), "email": "right@x.example"}

    answer = api(owner)(RESEND, {"input": given})["data"]["licenseEmailResend"]

    assert answer == {"license": {"endCustomer": {"email": "right@x.example"}}, "errors": []}
    assert EndCustomer.objects.get(pk=license.end_customer_id).email == "right@x.example"
    assert Event.objects.get(type="license_email.resent").facts["email"] == "right@x.example"


def test_support_sends_to_the_address_on_file_only(api, license, gid, unchanged):
    """B15 and section 5: SUPPORT re-sends, and corrects no address."""
    ask = api(actors.member("SUPPORT")(license.account))
    given = {"license": gid("License", license)}
    with unchanged():
        answer = ask(RESEND, {"input": {**given, "email": "mine@x.example"}})
    assert outcome(answer, "licenseEmailResend") == "FORBIDDEN_ROLE"
    assert outcome(ask(RESEND, {"input": given}), "licenseEmailResend") == "OK"


def test_addresses_that_are_none(api, owner, license, gid, unchanged):
    """T-AUTHZ-02 for e-mail: an empty one is not taken for a missing one."""
    ask, given = api(owner), {"license": gid("License", license)}
    with unchanged():
        for email in ("", " ", "\u200b", "null", "a@localhost", "Foo <a@x.example>"):
            answer = ask(RESEND, {"input": {**given, "email": email}})
            (error,) = answer["data"]["licenseEmailResend"]["errors"]
            assert error["field"] == "email", email
            assert error["code"] in ("REQUIRED", "INVALID_EMAIL", "DISPLAY_NAME_NOT_ALLOWED"), email


def test_the_fourth_within_an_hour(api, owner, license, gid, unchanged):
    given = {"input": {"license": gid("License", license)}}
    ask = api(owner)
    for _ in range(3):
        assert outcome(ask(RESEND, given), "licenseEmailResend") == "OK"
    with unchanged():
        assert outcome(ask(RESEND, given), "licenseEmailResend") == "RATE_LIMITED"


def test_a_receipt_goes_to_each_address_once(api, owner, license, gid):
    """K16: to oneself or others, separated by commas; by either id of the order."""
    order = license.order_line.order
    given = {"order": gid("LicenseOrder", order), "emails": "a@x.example, b@y.example;A@x.example"}

    answer = api(owner)(RECEIPT, {"input": given})["data"]["licenseOrderReceiptSend"]

    assert answer == {
        "emails": ["a@x.example", "b@y.example"],
        "licenseOrder": {"number": order.number},
        "errors": [],
    }


def test_no_receipt_before_every_key_is_issued(api, staff, gid, unchanged):
    """K17, invariant 9: KEYS_NOT_ISSUED with the counts."""
    order = factories.make_license_order(2)
    given = {"order": gid("LicenseOrder", order), "emails": "a@x.example"}
    with unchanged():
        answer = api(staff("MANAGE_LICENSES"))(RECEIPT, {"input": given})
    (error,) = answer["data"]["licenseOrderReceiptSend"]["errors"]
    facts = {param["name"]: param["value"] for param in error["params"]}
    assert (error["code"], facts) == ("KEYS_NOT_ISSUED", {"issued": "0", "of": "2"})


def test_billing_sends_receipts_and_sees_no_order(api, license, gid):
    """B14: BILLING, by the matrix."""
    ask = api(actors.member("BILLING")(license.account))
    given = {"order": gid("LicenseOrder", license.order_line.order), "emails": "a@x.example"}
    answer = ask(RECEIPT, {"input": given})["data"]["licenseOrderReceiptSend"]
    assert answer == {"emails": ["a@x.example"], "licenseOrder": None, "errors": []}


def test_lists_of_addresses_that_are_refused(api, owner, license, gid, unchanged):
    """T-EML-05."""
    ask, given = api(owner), {"order": gid("LicenseOrder", license.order_line.order)}
    with unchanged():
        for emails, code in (
            ("", "REQUIRED"),
            (",,;", "REQUIRED"),
            (",".join(f"a{n}@x.example" for n in range(21)), "TOO_MANY_RECIPIENTS"),
            ("a@x.example, nonsense", "INVALID_EMAIL"),
        ):
            answer = ask(RECEIPT, {"input": {**given, "emails": emails}})
            assert outcome(answer, "licenseOrderReceiptSend") == code, emails


def test_orders_that_are_none(api, owner, unchanged, bad_ids, refusals):
    inputs = [{"order": bad, "emails": "a@x.example"} for bad in bad_ids]
    with unchanged():
        found = refusals(api(owner), "licenseOrderReceiptSend", inputs)
    assert found == [("order", "NOT_FOUND")] * len(bad_ids)


def test_deliveries_with_filters(api, staff, owner, license, gid):
    """P05 for e-mails: order, license, kind, status, recipient, dates; newest first."""
    other = factories.make_assigned(1)[0]
    told()
    Delivery.objects.filter(recipient=other.end_customer.email).update(status="FAILED", error="550")
    order, holder = license.order_line.order, license.end_customer
    ask = api(staff("APPROVE_LICENSES"))
    activation = ("LICENSE_ASSIGNED", holder.email)

    def found(**filter):
        return recipients(ask(DELIVERIES, {"filter": filter}))

    everything = recipients(ask(DELIVERIES))
    assert len(everything) == Delivery.objects.count() > 4
    assert activation in found(order=gid("LicenseOrder", order))
    assert activation in found(license=gid("License", license))
    assert {kind for kind, _ in found(kind=["LICENSE_ASSIGNED"])} == {"LICENSE_ASSIGNED"}
    assert found(kind=["LICENSE_ASSIGNED"], status=["QUEUED"]) == [activation]
    assert found(status=["FAILED"]) == [("LICENSE_ASSIGNED", other.end_customer.email)]
    assert found(recipient=holder.email.upper()) == [activation]
    assert found(createdAt={"lte": "2020-01-01T00:00:00Z"}) == []
    assert found(sentAt={"gte": "2020-01-01T00:00:00Z"}) == []
    assert found(license="nonsense") == found(order="nonsense") == []
    mine = api(owner)(OF_LICENSE, {"id": gid("License", license)})["data"]["license"]["deliveries"]
    assert {"kind": "LICENSE_ASSIGNED", "recipient": holder.email} in mine


def test_who_sees_deliveries(api, license, gid):
    told()
    asked = {"filter": {"order": gid("LicenseOrder", license.order_line.order)}}
    for who, sees in (
        ("MASTER", True),
        ("ADMINISTRATOR", True),
        ("SUPPORT", True),
        ("BILLING", False),
        ("shopper", False),
        ("staff", False),
        ("REVEAL_LICENSE_KEYS", False),
        ("MANAGE_LICENSES", True),
        ("APPROVE_LICENSES", True),
    ):
        found = recipients(api(actors.ACTORS[who](license.account))(DELIVERIES, asked))
        assert bool(found) is sees, who


def test_visitors_see_none(api):
    error = api()(DELIVERIES)["errors"][0]
    assert error["extensions"]["exception"]["code"] == "LOGIN_REQUIRED"


def subjects(answer):
    assert "errors" not in answer, answer
    nodes = [edge["node"] for edge in answer["data"]["licenseDeliveries"]["edges"]]
    return {
        node["kind"]: (
            node["licenseOrder"] and node["licenseOrder"]["number"],
            [license["id"] for license in node["licenses"]],
        )
        for node in nodes
    }


def test_a_delivery_leads_to_its_order_and_licenses(api, staff, owner, license, gid):
    told()
    order = license.order_line.order

    for ask in (
        api(owner),
        api(actors.member("SUPPORT")(license.account)),
        api(staff("MANAGE_LICENSES")),
        api(staff("APPROVE_LICENSES")),
    ):
        found = subjects(ask(WITH_ITS_SUBJECT))
        assert found["ORDER_RELEASED"] == (order.number, [])
        assert found["LICENSE_ASSIGNED"] == (order.number, [gid("License", license)])


def test_a_delivery_leads_to_nothing_foreign(api, owner, license):
    """T-AUTHZ-01: not even if its row named something of another account."""
    foreign = factories.make_released(1)[0]
    told()
    Delivery.objects.filter(account_id=license.account_id).update(
        order_id=foreign.order_line.order_id, license_ids=[str(foreign.pk)]
    )

    found = subjects(api(owner)(WITH_ITS_SUBJECT))
    assert found and all(subject == (None, []) for subject in found.values())


def test_what_many_deliveries_lead_to_costs_as_many_queries_as_of_one(api, owner, license, queries):
    """PF20"""
    told()
    ask = api(owner)
    ask(WITH_ITS_SUBJECT)
    of_one = queries(lambda: ask(WITH_ITS_SUBJECT))

    for _ in range(3):
        factories.make_assigned(2, user=owner)
    told()

    assert len(subjects(ask(WITH_ITS_SUBJECT))) > 0
    assert queries(lambda: ask(WITH_ITS_SUBJECT)) == of_one
