"""Guests and their links (issue: accounts; T-CLM-03 and T-AUTHZ-06 for invitations)."""

from __future__ import annotations

import hashlib
from datetime import timedelta

import pytest

from saleor_esd_plugin.accounts.access import visible_to
from saleor_esd_plugin.accounts.invitations import accept_invitation, issue_invitation
from saleor_esd_plugin.accounts.models import Invitation, Member
from saleor_esd_plugin.errors import LoginRequired, NotFound
from saleor_esd_plugin.events.models import Event
from saleor_esd_plugin.host.db import now
from saleor_esd_plugin.host.types import ANONYMOUS, SYSTEM, Actor

ANA = Actor("USER", "7", "ana@example.com")
BEN = Actor("USER", "8", "ben@example.com")


@pytest.mark.django_db
def test_the_link_makes_whoever_is_signed_in_the_master(make_account):
    account = make_account(email="guest@example.com")
    token = issue_invitation(account.pk, email="guest@example.com")
    assert list(visible_to(ANA)) == []

    assert accept_invitation(token, actor=ANA).pk == account.pk

    assert list(Member.objects.values_list("account_id", "user_ref", "email", "role")) == [
        (account.pk, "7", "ana@example.com", "MASTER")
    ]
    assert list(visible_to(ANA)) == [account]
    event = Event.objects.get()
    assert (event.type, event.account_id, event.actor_ref, event.data) == (
        "invitation.accepted",
        account.pk,
        "7",
        {"role": "MASTER"},
    )


@pytest.mark.django_db
def test_an_equal_address_alone_proves_nothing(make_account):
    """T-AUTHZ-06: neither before nor after somebody else opened the link."""
    account = make_account(email=BEN.label)
    token = issue_invitation(account.pk, email=BEN.label)
    assert list(visible_to(BEN)) == []

    accept_invitation(token, actor=ANA)

    assert list(visible_to(BEN)) == []


@pytest.mark.django_db
def test_only_the_hash_is_stored(make_account):
    token = issue_invitation(make_account().pk, email="g@example.com")
    row = Invitation.objects.values().get()

    assert len(token) == 43
    assert bytes(row["token_hash"]) == hashlib.sha256(token.encode()).digest()
    assert token not in str(row)
    assert row["expires_at"] - row["created_at"] == timedelta(days=7)


@pytest.mark.django_db
def test_used_expired_void_unknown_and_garbage_answer_alike(make_account, unchanged):
    """T-CLM-03 for invitations."""
    account = make_account()
    used, void, expired = (issue_invitation(account.pk, email="g@example.com") for _ in range(3))
    closed = issue_invitation(make_account(is_active=False).pk, email="g@example.com")
    Invitation.objects.filter(token_hash=hashlib.sha256(expired.encode()).digest()).update(
        expires_at=now() - timedelta(seconds=1)
    )
    accept_invitation(used, actor=ANA)
    tokens = [used, void, expired, closed, "x" * 43, "", " ", "null", "0", "\u200b", "ü" * 43]
    tokens += ["' OR 1=1 --", "x" * 10_000, "\ud800", None, 7]

    answers = set()
    with unchanged():
        for token in tokens:
            for actor in (ANA, BEN):
                with pytest.raises(NotFound) as error:
                    accept_invitation(token, actor=actor)
                answers.add((str(error.value), error.value.field, str(error.value.params)))
    assert len(answers) == 1


@pytest.mark.django_db
def test_any_of_the_mailed_links_works_until_one_is_used(make_account, unchanged):
    """A guest may open the confirmation after the approval notice came; both hold a link."""
    account = make_account()
    first, second = (issue_invitation(account.pk, email="g@example.com") for _ in range(2))

    accept_invitation(first, actor=ANA)

    assert Invitation.objects.filter(voided_at=None).count() == 1
    with unchanged(), pytest.raises(NotFound):
        accept_invitation(second, actor=BEN)


@pytest.mark.django_db
@pytest.mark.parametrize("actor", [ANONYMOUS, SYSTEM, Actor("APP", "1")])
def test_only_a_user_can_accept(make_account, unchanged, actor):
    token = issue_invitation(make_account().pk, email="g@example.com")
    with unchanged(), pytest.raises(LoginRequired):
        accept_invitation(token, actor=actor)
    assert accept_invitation(token, actor=ANA)


@pytest.mark.django_db
def test_a_member_keeps_its_role(make_account, make_member):
    """Nobody changes their own role (section 5)."""
    account = make_account()
    helper = make_member(account, "7", "SUPPORT")
    accept_invitation(issue_invitation(account.pk, email="g@example.com"), actor=helper)
    assert Member.objects.get().role == "SUPPORT"


def test_two_at_once_open_one_link(live_db):
    """Section 5: under a row lock; of eight users with one link each, one becomes a member."""
    from concurrent.futures import ThreadPoolExecutor

    from django.db import connection

    from saleor_esd_plugin.accounts.models import Account

    email = live_db("guest") + "@example.com"
    account = Account.objects.create(name="Guest", email=email, created_at=now())
    tokens = [issue_invitation(account.pk, email=email) for _ in range(8)]

    def accept(number):
        try:
            accept_invitation(tokens[number], actor=Actor("USER", f"{number}"))
            return True
        except NotFound:
            return False
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as threads:
        outcomes = list(threads.map(accept, range(8)))

    assert outcomes.count(True) == 1
    assert Member.objects.filter(account=account).count() == 1
    assert Event.objects.filter(account_id=account.pk).count() == 1
