"""A mail to a buyer leads to the order in the portal, once the shop has switched that on."""

from __future__ import annotations

import build
import factories as make
import pytest

from saleor_esd_plugin.orders.approval import approve_license_order

pytestmark = pytest.mark.django_db


@pytest.fixture
def released(letters, deliveries_for):
    """Calls with the buyer: the order, and the mails of its release by recipient."""

    def release(user=None):
        order = make.make_license_order(
            1,
            user=user,
            email=user.email if user else "guest@home.example",
            details={"notification_email": "books@buyer.example"},
        )
        approve_license_order(order.pk, actor=make.STAFF)
        found = letters(deliveries_for("license.released"))
        return order, {one.to: one for one in found if "licenses are ready" in one.subject}

    return release


def test_a_buyer_with_an_account_gets_a_link_to_the_order(released, configure):
    configure(has_portal=True)
    buyer = build.make_user()

    order, mails = released(buyer)

    path = f"/plugins/global/esd/portal/purchases/{order.pk}"
    assert "Manage licenses: http" in mails[buyer.email].text
    assert path in mails[buyer.email].text
    assert f'{path}"' in mails[buyer.email].html
    # Whoever else is told has no account there.
    assert "/portal" not in mails["books@buyer.example"].text


def test_a_guest_gets_the_invitation_instead(released, configure):
    configure(has_portal=True)

    _, mails = released()

    assert "/invitation/?token=" in mails["guest@home.example"].text
    assert "/portal" not in mails["guest@home.example"].text


def test_without_a_portal_there_is_no_link(released):
    buyer = build.make_user()

    _, mails = released(buyer)

    assert "/portal" not in mails[buyer.email].text
