"""licenseAssign: N licenses, one end customer, one step."""

import build
import factories
import pytest
from actors import outcome

from saleor_esd_plugin.events.models import Event
from saleor_esd_plugin.host.db import now
from saleor_esd_plugin.keys.stock.lifecycle import mark_revealed
from saleor_esd_plugin.licenses.models import Assignment, License
from saleor_esd_plugin.licenses.replacement import replace_license_keys
from saleor_esd_plugin.licenses.units import recall_licenses

pytestmark = pytest.mark.django_db

ASSIGN = """mutation($input: LicenseAssignInput!) { licenseAssign(input: $input) {
    licenses { id fulfillment assignedAt endCustomer { code } account { id } }
    errors { field code message params { name value } } } }"""


@pytest.fixture
def reseller():
    return build.make_user()


@pytest.fixture
def ask(api, reseller):
    def call(**given):
        return api(reseller)(ASSIGN, {"input": given})

    return call


@pytest.fixture
def six(reseller):
    return factories.make_released(6, user=reseller)


@pytest.fixture
def customer(six):
    return factories.make_end_customer(six[0].account)


@pytest.fixture
def customer_of(gid):
    """The id of a new end customer of the account of these licenses."""
    return lambda licenses: gid(
        "LicenseEndCustomer", factories.make_end_customer(licenses[0].account)
    )


def error_of(answer):
    (error,) = answer["data"]["licenseAssign"]["errors"]
    assert answer["data"]["licenseAssign"]["licenses"] is None
    return error["field"], error["code"]


def test_two_of_six_by_line_and_quantity(ask, gid, six, customer):
    """I13: choose a quantity and one end customer, N are assigned in one step. I15: then they are ASSIGNED.

    By our id of the line, and then the next two by the shop's.
    """
    line, holder = six[0].order_line, gid("LicenseEndCustomer", customer)
    for chosen, line_id in (
        (six[:2], gid("LicenseOrderLine", line)),
        (six[2:4], gid("OrderLine", line.order_line_ref)),
    ):
        answer = ask(orderLine=line_id, quantity=2, endCustomer=holder)

        assigned = answer["data"]["licenseAssign"]["licenses"]
        assert answer["data"]["licenseAssign"]["errors"] == []
        assert [one["id"] for one in assigned] == [gid("License", license) for license in chosen]
        assert {one["fulfillment"] for one in assigned} == {"ASSIGNED"}
        assert {one["endCustomer"]["code"] for one in assigned} == {customer.code}
        assert all(one["assignedAt"] for one in assigned)
        event = Event.objects.filter(type="license.assigned").latest("pk")
        assert event.data == {"licenses": [str(license.pk) for license in chosen]}
    assert License.objects.filter(fulfillment="RELEASED").count() == 2


def test_chosen_licenses(ask, gid, six, customer, reseller):
    """I13, I15: by id; who assigned is kept."""
    chosen = [six[4], six[1]]

    answer = ask(
        licenses=[gid("License", license) for license in chosen],
        endCustomer=gid("LicenseEndCustomer", customer),
    )

    assigned = {one["id"] for one in answer["data"]["licenseAssign"]["licenses"]}
    assert assigned == {gid("License", license) for license in chosen}
    assert set(Assignment.objects.values_list("assigned_by", flat=True)) == {reseller.email}


def test_all_or_none(ask, gid, reseller, six, customer, unchanged):
    """I13: one that is not released keeps all of them as they are."""
    other = factories.licenses_of(factories.make_license_order(1, user=reseller))[0]

    with unchanged():
        answer = ask(
            licenses=[gid("License", six[0]), gid("License", other)],
            endCustomer=gid("LicenseEndCustomer", customer),
        )

    assert error_of(answer) == ("licenses", "NOT_RELEASED")


def test_more_than_there_are(ask, gid, six, customer, unchanged):
    with unchanged():
        answer = ask(
            orderLine=gid("LicenseOrderLine", six[0].order_line),
            quantity=7,
            endCustomer=gid("LicenseEndCustomer", customer),
        )

    (error,) = answer["data"]["licenseAssign"]["errors"]
    assert (error["code"], error["params"]) == (
        "NOT_ENOUGH_LICENSES",
        [{"name": "wanted", "value": "7"}, {"name": "available", "value": "6"}],
    )


def test_quantities_out_of_range(ask, gid, six, customer, unchanged):
    """1 to 10,000; what is no integer is refused by the schema."""
    given = {
        "orderLine": gid("LicenseOrderLine", six[0].order_line),
        "endCustomer": gid("LicenseEndCustomer", customer),
    }
    with unchanged():
        for quantity in (-1, 0, 10_001, 2**31 - 1):
            answer = ask(**given, quantity=quantity)
            assert error_of(answer) == ("quantity", "INVALID_QUANTITY"), quantity
        for quantity in ("five", 2**31, []):
            answer = ask(**given, quantity=quantity)
            assert answer["errors"], quantity
            assert not (answer.get("data") or {}).get("licenseAssign"), quantity


def test_one_way_of_choosing(ask, gid, customer, unchanged):
    with unchanged():
        for given in (
            {},
            {"quantity": 1},
            {"licenses": ["x"], "orderLine": "y", "quantity": 1},
            {"licenses": ["x"], "quantity": 1},
            {"orderLine": "y"},
        ):
            answer = ask(**given, endCustomer=gid("LicenseEndCustomer", customer))
            assert error_of(answer) == ("licenses", "INVALID"), given
        # One way, but with nothing in it.
        answer = ask(licenses=[], endCustomer=gid("LicenseEndCustomer", customer))
        assert error_of(answer) == ("licenses", "INVALID_QUANTITY")


def test_to_the_end_customer_of_somebody_else(ask, gid, six, unchanged):
    """NOT_FOUND for a foreign end customer, as for one that does not exist; by line and by license."""
    foreign = factories.make_end_customer(factories.make_account(build.make_user()))
    for given in (
        {"licenses": [gid("License", six[0])]},
        {"orderLine": gid("LicenseOrderLine", six[0].order_line), "quantity": 1},
    ):
        with unchanged():
            answer = ask(**given, endCustomer=gid("LicenseEndCustomer", foreign))
        assert error_of(answer) == ("endCustomer", "NOT_FOUND")


def test_staff_cannot_mix_accounts_either(api, staff, gid, six, unchanged):
    foreign = factories.make_end_customer(factories.make_account(build.make_user()))
    given = {
        "licenses": [gid("License", six[0])],
        "endCustomer": gid("LicenseEndCustomer", foreign),
    }
    with unchanged():
        answer = api(staff("MANAGE_LICENSES"))(ASSIGN, {"input": given})
    assert error_of(answer) == ("endCustomer", "NOT_FOUND")


def test_ids_that_are_none(api, reseller, gid, six, customer, unchanged, bad_ids, refusals):
    """T-AUTHZ-02: one NOT_FOUND for whatever is no id."""
    license, holder = gid("License", six[0]), gid("LicenseEndCustomer", customer)
    for field, wrong in (
        ("orderLine", lambda bad: {"orderLine": bad, "quantity": 1, "endCustomer": holder}),
        ("licenses", lambda bad: {"licenses": [bad], "endCustomer": holder}),
        ("endCustomer", lambda bad: {"licenses": [license], "endCustomer": bad}),
    ):
        with unchanged():
            found = refusals(api(reseller), "licenseAssign", [wrong(bad) for bad in bad_ids])
        assert found == [(field, "NOT_FOUND")] * len(bad_ids)


def test_what_another_end_customer_holds(ask, gid, six, customer, unchanged):
    """A license is recalled before it is given to somebody else."""
    other = factories.make_end_customer(six[0].account)
    factories.assign_licenses([six[0].pk], end_customer_id=other.pk, actor=factories.STAFF)
    with unchanged():
        answer = ask(
            licenses=[gid("License", six[0])], endCustomer=gid("LicenseEndCustomer", customer)
        )
    assert outcome(answer, "licenseAssign") == "INVALID_TRANSITION"


def test_again_to_the_same_end_customer_changes_nothing(ask, gid, six, customer, unchanged):
    given = {
        "licenses": [gid("License", six[0])],
        "endCustomer": gid("LicenseEndCustomer", customer),
    }
    ask(**given)
    with unchanged():
        answer = ask(**given)
    assert [one["fulfillment"] for one in answer["data"]["licenseAssign"]["licenses"]] == [
        "ASSIGNED"
    ]


@pytest.fixture
def known(reseller):
    """Two of six that another end customer had, and whose keys it may know; recalled since."""
    licenses = factories.make_assigned(6, user=reseller)
    ids = [license.pk for license in licenses]
    mark_revealed([license.key_id for license in licenses[:2]], now())
    recall_licenses(ids, actor=factories.STAFF, is_staff=True, reason="wrong customer")
    return factories.licenses_of(licenses[0].order_line.order)


def test_a_key_that_somebody_may_know_goes_to_nobody_else_unnoticed(
    ask, gid, known, customer_of, unchanged
):
    """Recalled and read: a code of its own names them; with acceptRevealedKey they are assigned."""
    given = {
        "licenses": [gid("License", license) for license in known],
        "endCustomer": customer_of(known),
    }
    for refused in ({}, {"acceptRevealedKey": False}, {"acceptRevealedKey": None}):
        with unchanged():
            answer = ask(**given, **refused)
        (error,) = answer["data"]["licenseAssign"]["errors"]
        assert (error["field"], error["code"]) == ("acceptRevealedKey", "KEY_REVEALED")
        expected = sorted(gid("License", license) for license in known[:2])
        assert error["params"][0] == {"name": "count", "value": "2"}
        assert sorted(one["value"] for one in error["params"][1:]) == expected
        assert {one["name"] for one in error["params"][1:]} == {"licenses"}

    assert outcome(ask(**given, acceptRevealedKey=True), "licenseAssign") == "OK"
    assert License.objects.filter(fulfillment="ASSIGNED").count() == 6


def test_by_quantity_keys_that_nobody_knows_come_first(ask, gid, known, customer_of, unchanged):
    given = {
        "orderLine": gid("LicenseOrderLine", known[0].order_line),
        "endCustomer": customer_of(known),
    }
    with unchanged():
        assert outcome(ask(**given, quantity=5), "licenseAssign") == "KEY_REVEALED"
    answer = ask(**given, quantity=4)
    assigned = [one["id"] for one in answer["data"]["licenseAssign"]["licenses"]]
    assert sorted(assigned) == sorted(gid("License", license) for license in known[2:])
    assert outcome(ask(**given, quantity=2, acceptRevealedKey=True), "licenseAssign") == "OK"


def test_a_key_that_was_mailed_counts_as_read(ask, gid, reseller, customer_of, mailed, unchanged):
    """INLINE: the activation e-mail holds it."""
    licenses = factories.make_assigned(1, user=reseller)
    mailed()
    ids = [license.pk for license in licenses]
    recall_licenses(ids, actor=factories.STAFF, is_staff=True, reason="wrong customer")
    given = {"licenses": [gid("License", licenses[0])], "endCustomer": customer_of(licenses)}
    with unchanged():
        assert outcome(ask(**given), "licenseAssign") == "KEY_REVEALED"
    again = {**given, "endCustomer": gid("LicenseEndCustomer", licenses[0].end_customer)}
    assert outcome(ask(**again), "licenseAssign") == "OK", "who had it before knows it anyway"


def test_what_nobody_had_before_or_nobody_knows_now_needs_no_word(
    ask, gid, reseller, known, customer_of
):
    """Read by its owner and never assigned; or given a new key since."""
    (license,) = factories.make_released(1, user=reseller)
    mark_revealed([license.key_id], now())
    factories.add_keys(known[0].key.pool, factories.fresh_keys(2))
    replace_license_keys([one.pk for one in known[:2]], reason="given away", actor=factories.STAFF)
    for licenses in ([license], known):
        given = {
            "licenses": [gid("License", one) for one in licenses],
            "endCustomer": customer_of(licenses),
        }
        assert outcome(ask(**given), "licenseAssign") == "OK"
