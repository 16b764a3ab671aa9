"""Two who give end customers of one account the same code in two cases at once; a control first."""

from __future__ import annotations

from factories import make_account, make_end_customer
from racing import failures, meet, together

from saleor_esd_plugin.accounts import end_customers
from saleor_esd_plugin.accounts.errors import DuplicateCode
from saleor_esd_plugin.accounts.models import Account, EndCustomer


def create_both(account):
    codes = ("acme", "ACME")
    return together([lambda code=code: make_end_customer(account, code=code) for code in codes])


def codes_of(account):
    return sorted(EndCustomer.objects.filter(account=account).values_list("code", flat=True))


def test_without_the_accounts_lock_both_get_it(live_db, monkeypatch):
    account = make_account()
    monkeypatch.setattr(
        end_customers, "_lock_account", lambda pk: Account.objects.filter(pk=pk).first()
    )
    meet(monkeypatch, end_customers, "_refuse_taken", threads=2)

    assert failures(create_both(account)) == []
    assert codes_of(account) == ["ACME", "acme"]


def test_one_of_two_gets_a_code(live_db):
    """I12"""
    account = make_account()

    (refused,) = failures(create_both(account))

    assert isinstance(refused, DuplicateCode)
    assert len(codes_of(account)) == 1
