"""The buyer's address follows the shop's: once, whole or not at all, and never back to what was read long ago."""

from __future__ import annotations

import build
import factories as make
import pytest

from saleor_esd_plugin.accounts.models import Invitation
from saleor_esd_plugin.events.models import Dispatch, Event
from saleor_esd_plugin.host import shop
from saleor_esd_plugin.licenses.claim_links import find_claim, issue_claim_link
from saleor_esd_plugin.orders import buyer_address
from saleor_esd_plugin.orders.approval import approve_license_order, reject_license_order
from saleor_esd_plugin.orders.intake.recording import observe_order
from saleor_esd_plugin.orders.models import LicenseOrder

pytestmark = pytest.mark.django_db
CHANGED = "license_order.buyer_address_changed"


def correct(order, email):
    """Nobody is told."""
    build.set_email(build.find_order(order.order_uuid), email)


def in_shop(order):
    return shop.read_order(order.order_uuid)


@pytest.fixture
def order():
    return make.make_license_order(2, email="bayer@example.com")


def test_once_however_often_it_is_read(order):
    """Invariants 5 and 6."""
    correct(order, "buyer@example.com")

    for _ in range(2):
        observe_order(in_shop(order))
        buyer_address.read_buyer_address(order.pk)
        make.reconcile_orders()

    (event,) = Event.objects.filter(type=CHANGED)
    assert (event.subject_id, event.order_id, event.account_id) == (
        order.pk,
        order.pk,
        order.account_id,
    )
    assert (event.facts["before"], event.facts["after"]) == (
        "bayer@example.com",
        "buyer@example.com",
    )
    assert Dispatch.objects.filter(event=event, told_at=None).count() == 1


def test_the_same_address_in_other_letters_is_no_other(order):
    correct(order, "Bayer@Example.com")
    before = make.table_digest()

    observe_order(in_shop(order))
    buyer_address.read_buyer_address(order.pk)

    assert make.table_digest() == before


def test_what_was_read_long_ago_does_not_bring_the_old_address_back(order):
    """The sweep reads many orders before it looks at each: the shop is asked again under the order's lock."""
    long_ago = in_shop(order)
    correct(order, "buyer@example.com")
    buyer_address.read_buyer_address(order.pk)

    observe_order(long_ago)

    order.refresh_from_db()
    assert order.buyer_email == "buyer@example.com"
    assert Event.objects.filter(type=CHANGED).count() == 1


@pytest.mark.parametrize("point", ["readdress_account", "void_claim_links_to", "record_of_order"])
def test_all_of_it_or_nothing(order, monkeypatch, point):
    """Invariant 6: a worker that dies within leaves nothing of it, and the next look does all."""
    approve_license_order(order.pk, actor=make.STAFF)
    issue_claim_link(make.licenses_of(order)[0].pk, email="bayer@example.com")
    correct(order, "buyer@example.com")
    before = make.table_digest()

    with monkeypatch.context() as patch:
        patch.setattr(buyer_address, point, dies)
        with pytest.raises(Died):
            buyer_address.read_buyer_address(order.pk)
    assert make.table_digest() == before

    buyer_address.read_buyer_address(order.pk)
    assert len(Event.objects.get(type=CHANGED).data["licenses"]) == 1


class Died(Exception):
    pass


def dies(*args, **kwargs):
    raise Died


def test_only_unused_links_to_the_old_address_die(order):
    """The link of a license that an end customer holds is his, although it went to the same address."""
    approve_license_order(order.pk, actor=make.STAFF)
    kept, given = make.licenses_of(order)
    customer = make.make_end_customer(order.account, email="bayer@example.com")
    make.assign_licenses([given.pk], end_customer_id=customer.pk, actor=make.STAFF)
    theirs = issue_claim_link(given.pk, email="bayer@example.com")
    mine = issue_claim_link(kept.pk, email="Bayer@example.com")
    other_order = make.make_license_order(1, email="bayer@example.com")
    approve_license_order(other_order.pk, actor=make.STAFF)
    (other,) = make.licenses_of(other_order)
    others = issue_claim_link(other.pk, email="bayer@example.com")

    correct(order, "buyer@example.com")
    buyer_address.read_buyer_address(order.pk)

    assert find_claim(mine) is None
    assert find_claim(theirs) == given and find_claim(others) == other
    assert Event.objects.get(type=CHANGED).data["licenses"] == [str(kept.pk)]
    assert not Invitation.objects.exists()


def test_an_address_that_no_mail_writes_out_is_compared_as_mails_have_it(order):
    """A domain of other letters stands in links as mails have it (IDNA)."""
    approve_license_order(order.pk, actor=make.STAFF)
    (license, _) = make.licenses_of(order)
    correct(order, "buyer@müller.example")
    buyer_address.read_buyer_address(order.pk)
    token = issue_claim_link(license.pk, email="buyer@xn--mller-kva.example")

    correct(order, "buyer@mueller.example")
    buyer_address.read_buyer_address(order.pk)

    assert find_claim(token) is None


def test_an_order_recorded_before_is_asked_at_the_first_look():
    """It may be of a user whose address it had, and is from then on what it is now."""
    user = build.make_user("ada@buyer.example")
    order = make.make_license_order(1, user=user, email=user.email)
    assert LicenseOrder.objects.get(pk=order.pk).follows_user is True
    LicenseOrder.objects.update(follows_user=None)

    make.reconcile_orders()
    user.email = "ada@elsewhere.example"
    user.save()
    make.reconcile_orders()

    order.refresh_from_db()
    assert (order.follows_user, order.buyer_email) == (True, "ada@elsewhere.example")


def test_a_deleted_order_keeps_what_we_know():
    order = make.make_license_order(1, email="bayer@example.com", paid=False)
    build.find_order(order.order_uuid).delete()

    buyer_address.read_buyer_address(order.pk)

    order.refresh_from_db()
    assert order.buyer_email == "bayer@example.com"


def test_an_account_made_after_the_correction_has_the_right_address():
    """Recorded with the typo; allocation makes the account."""
    order = make.make_license_order(1, email="bayer@example.com", allocate=False)
    correct(order, "buyer@example.com")

    observe_order(in_shop(order))
    order = make.allocate_license_order(order.pk)

    assert (order.account.email, order.account.user_ref) == ("buyer@example.com", None)
    assert Event.objects.get(type=CHANGED).account_id is None


@pytest.mark.parametrize("decide", [approve_license_order, reject_license_order])
def test_a_user_of_an_equal_address_is_no_buyer(order, decide):
    """He may decide on the order that the shop has given him: it is not his."""
    user = build.make_user("staff@buyer.example", is_staff=True)
    host_order = build.find_order(order.order_uuid)
    build.set_email(host_order, user.email)
    host_order.user = user
    host_order.save()
    make.reconcile_orders()
    actor = make.actor_for(user, "APPROVE_LICENSES")

    decide(order.pk, actor=actor, reason="checked")

    order.refresh_from_db()
    assert (order.buyer_user_ref, order.account.user_ref, order.decided_by) == (
        "",
        None,
        user.email,
    )
