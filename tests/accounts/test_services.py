from __future__ import annotations

import pytest

from saleor_esd_plugin.accounts.models import Account, Member
from saleor_esd_plugin.accounts.services import find_or_create_account, update_account
from saleor_esd_plugin.errors import Invalid, NotFound
from saleor_esd_plugin.events.models import Event
from saleor_esd_plugin.ids import uuid7

BUYER = {"user_ref": "7", "email": "ana@example.com", "name": "Ana", "language": "pt-BR"}


@pytest.mark.django_db
def test_a_buyer_has_one_personal_account_and_is_its_master():
    """Invariant 5: a second purchase finds the account that the first one made."""
    first = find_or_create_account(**BUYER)
    second = find_or_create_account(**BUYER)

    assert first.pk == second.pk
    assert Account.objects.values("user_ref", "name", "email", "language", "is_reseller").get() == {
        "user_ref": "7",
        "name": "Ana",
        "email": "ana@example.com",
        "language": "pt-br",
        "is_reseller": False,
    }
    assert list(Member.objects.values_list("account_id", "user_ref", "role")) == [
        (first.pk, "7", "MASTER")
    ]
    assert list(Event.objects.values_list("type", "account_id")) == [("account.created", first.pk)]


@pytest.mark.django_db
def test_the_latest_purchase_tells_the_address():
    account = find_or_create_account(**BUYER)
    find_or_create_account(**{**BUYER, "email": "ana@new.example", "language": ""})

    account.refresh_from_db()
    assert (account.email, account.language) == ("ana@new.example", "pt-br")
    event = Event.objects.get(type="account.updated")
    assert event.facts["changes"] == {
        "email": {"before": "ana@example.com", "after": "ana@new.example"}
    }


@pytest.mark.django_db
def test_guests_with_one_address_stay_apart():
    """An equal address alone proves nothing (T-AUTHZ-06): no member, no shared account."""
    find_or_create_account(**BUYER)
    guests = [find_or_create_account(**{**BUYER, "user_ref": ""}) for _ in range(2)]

    assert Account.objects.count() == 3
    assert [account.user_ref for account in guests] == [None, None]
    assert Member.objects.count() == 1


@pytest.mark.django_db
def test_a_guest_without_a_name_is_called_by_the_address():
    account = find_or_create_account(user_ref="", email="g@example.com", name="", language="")
    assert account.name == "g@example.com"


@pytest.mark.django_db
def test_a_name_is_one_line(make_account, staff):
    """The shop's own, and what its MASTER or staff type."""
    account = find_or_create_account(**{**BUYER, "name": "Ana\r\nLima"})
    assert account.name == "Ana Lima"
    assert update_account(account.pk, name="Acme\n\nLtd.", actor=staff).name == "Acme Ltd."


@pytest.mark.django_db
def test_staff_make_an_account_a_resellers(make_account, staff):
    account = make_account()
    update_account(account.pk, is_reseller=True, name="Acme 🚀", actor=staff)
    update_account(account.pk, is_reseller=True, actor=staff)

    account.refresh_from_db()
    assert (account.is_reseller, account.name) == (True, "Acme 🚀")
    event = Event.objects.get()
    assert (event.type, event.actor_ref) == ("account.updated", "900")
    assert event.data["changes"]["is_reseller"] == {"before": False, "after": True}


@pytest.mark.django_db
def test_a_refused_update_changes_nothing(make_account, staff, unchanged):
    account = make_account()
    with unchanged():
        with pytest.raises(Invalid):
            update_account(account.pk, is_reseller=True, name="x" * 129, actor=staff)
        with pytest.raises(NotFound):
            update_account(uuid7(), is_reseller=True, actor=staff)
