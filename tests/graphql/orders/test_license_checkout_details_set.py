"""licenseCheckoutDetailsSet: what the buyer says before completing the checkout (I04, I05, I06)."""

import actors
import build
import lane
import pytest

pytestmark = pytest.mark.django_db

SET = """mutation($input: LicenseCheckoutDetailsSetInput!) { licenseCheckoutDetailsSet(input: $input) {
    notificationEmail purchaseOrderReference comment errors { field code message } } }"""


@pytest.fixture
def checkout():
    return build.make_checkout()


@pytest.fixture
def say(api, checkout, gid):
    def call(**given):
        given.setdefault("checkout", gid("Checkout", checkout.token))
        return api()(SET, {"input": given})["data"]["licenseCheckoutDetailsSet"]

    return call


def kept(checkout):
    """The public metadata of the checkout, ours only."""
    checkout = type(checkout).objects.get(pk=checkout.pk)
    row = checkout if lane.host() == "2.10" else getattr(checkout, "metadata_storage", None)
    found = row.metadata if row else {}
    return {key: value for key, value in found.items() if key.startswith("esd.")}


def test_what_the_buyer_says_is_kept_with_the_checkout(say, checkout):
    """I04: another address than the login's; I05: a reference; I06: a comment in any script."""
    payload = say(
        notificationEmail=" AP@Bücher.example ",
        purchaseOrderReference=" PO 7/ü ",
        comment="Bitte bis Freitag 🙏",
    )

    assert payload == {
        "notificationEmail": "AP@xn--bcher-kva.example",
        "purchaseOrderReference": "PO 7/ü",
        "comment": "Bitte bis Freitag 🙏",
        "errors": [],
    }
    assert kept(checkout) == {
        "esd.notification_email": "AP@xn--bcher-kva.example",
        "esd.purchase_order_reference": "PO 7/ü",
        "esd.comment": "Bitte bis Freitag 🙏",
    }


def test_what_the_buyer_says_is_kept_on_one_line(say, checkout):
    """A text area is no error; what would begin a line of its own in a mail becomes a space."""
    payload = say(
        purchaseOrderReference="PO-7\r\nBcc: a@x.example", comment="one\n\ntwo\u2028three\t4"
    )
    assert payload["errors"] == []
    assert kept(checkout) == {
        "esd.purchase_order_reference": "PO-7 Bcc: a@x.example",
        "esd.comment": "one two three 4",
    }


def test_what_is_left_out_stays_what_is_empty_goes(say, checkout):
    say(notificationEmail="a@x.example", purchaseOrderReference="PO-1", comment="hello")
    say(purchaseOrderReference="", comment=None)
    assert kept(checkout) == {"esd.notification_email": "a@x.example"}


@pytest.mark.parametrize(
    ("given", "field", "code"),
    [
        ({"notificationEmail": "a@localhost"}, "notificationEmail", "INVALID_EMAIL"),
        (
            {"notificationEmail": "Foo <a@x.example>"},
            "notificationEmail",
            "DISPLAY_NAME_NOT_ALLOWED",
        ),
        ({"notificationEmail": "ü@x.example"}, "notificationEmail", "NON_ASCII_LOCAL_PART"),
        ({"notificationEmail": "a@x.example, b@x.example"}, "notificationEmail", "INVALID_EMAIL"),
        ({"purchaseOrderReference": "x" * 129}, "purchaseOrderReference", "INVALID"),
        ({"comment": "x" * 2001}, "comment", "INVALID"),
        ({"comment": "nul \0"}, "comment", "INVALID"),
    ],
)
def test_what_cannot_be_kept_leaves_all_as_it_was(say, checkout, given, field, code):
    say(comment="before")
    payload = say(**{"purchaseOrderReference": "PO-2", **given})
    (error,) = payload["errors"]
    assert (error["field"], error["code"]) == (field, code)
    assert kept(checkout) == {"esd.comment": "before"}


def test_ids_that_are_none(say, checkout, bad_ids):
    """T-AUTHZ-02: NOT_FOUND for whatever is no checkout."""
    for bad in bad_ids:
        (error,) = say(checkout=bad, comment="hello")["errors"]
        assert (error["field"], error["code"]) == ("checkout", "NOT_FOUND"), bad
    assert kept(checkout) == {}


@pytest.mark.parametrize("who", ["anonymous", "shopper", "APPROVE_LICENSES", "app"])
def test_a_users_checkout_is_not_somebody_elses(api, gid, who):
    """Saleor 2.10 shows anybody its id by `_entities`; with it the notices could be sent elsewhere."""
    checkout = build.make_checkout(user=build.make_user())
    given = {"checkout": gid("Checkout", checkout.token), "notificationEmail": "x@x.example"}

    answer = api(actors.ACTORS[who](None))(SET, {"input": given})

    (error,) = answer["data"]["licenseCheckoutDetailsSet"]["errors"]
    assert (error["field"], error["code"]) == ("checkout", "NOT_FOUND")
    assert kept(checkout) == {}


@pytest.mark.parametrize("is_staff", [False, True])
def test_a_users_checkout_is_the_users_and_staffs(api, gid, staff, is_staff):
    user = build.make_user()
    checkout = build.make_checkout(user=user)
    ask = api(staff("MANAGE_LICENSES") if is_staff else user)

    answer = ask(SET, {"input": {"checkout": gid("Checkout", checkout.token), "comment": "hello"}})

    assert answer["data"]["licenseCheckoutDetailsSet"]["errors"] == []
    assert kept(checkout) == {"esd.comment": "hello"}
