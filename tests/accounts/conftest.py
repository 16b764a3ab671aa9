"""Accounts and people for the tests of this room; the rooms above have factories of their own."""

from __future__ import annotations

from contextlib import contextmanager

import pytest

from saleor_esd_plugin.host.types import Actor

# Models are imported in the fixtures: pytest may load this file before Django is set up.
STAFF = Actor("USER", "900", "staff@example.com", frozenset({"MANAGE_LICENSES"}))


def user(ref: str, *permissions: str) -> Actor:
    return Actor("USER", ref, f"user{ref}@example.com", frozenset(permissions))


@pytest.fixture
def staff():
    return STAFF


@pytest.fixture
def make_account(db):
    from saleor_esd_plugin.accounts.models import Account
    from saleor_esd_plugin.host.db import now

    def make(**given):
        values = {"name": "Acme", "email": "acme@example.com", "created_at": now(), **given}
        return Account.objects.create(**values)

    return make


@pytest.fixture
def make_member(db):
    from saleor_esd_plugin.accounts.models import Member
    from saleor_esd_plugin.host.db import now

    def make(account, ref: str, role: str = "MASTER") -> Actor:
        Member.objects.create(account=account, user_ref=ref, role=role, created_at=now())
        return user(ref)

    return make


@pytest.fixture
def unchanged(db):
    """`with unchanged():` no row of this room and no event is written, changed or deleted inside."""
    from saleor_esd_plugin.accounts.models import Account, EndCustomer, Invitation, Member
    from saleor_esd_plugin.events.models import Event

    def rows():
        return [
            list(model.objects.order_by("pk").values())
            for model in (Account, Member, EndCustomer, Invitation, Event)
        ]

    @contextmanager
    def watch():
        before = rows()
        yield
        assert rows() == before

    return watch
