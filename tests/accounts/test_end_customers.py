from __future__ import annotations

import pytest

from saleor_esd_plugin.accounts.end_customers import (
    change_end_customer,
    create_end_customer,
    remove_end_customer,
)
from saleor_esd_plugin.accounts.errors import DuplicateCode, InvalidEmail
from saleor_esd_plugin.accounts.models import EndCustomer
from saleor_esd_plugin.accounts.queries import end_customers_visible_to
from saleor_esd_plugin.errors import Invalid, NotFound, Required
from saleor_esd_plugin.events.models import Event
from saleor_esd_plugin.ids import uuid7

BELLA = {"code": "C-1", "name": "Bella 🌸 S.A.", "email": "it@Bücher.example"}


@pytest.mark.django_db
def test_an_end_customer_has_code_name_and_address(make_account, staff):
    """I12."""
    account = make_account()
    made = create_end_customer(account.pk, **BELLA, country="br", language="PT_BR", actor=staff)

    assert EndCustomer.objects.values(
        "account_id", "code", "name", "email", "country", "language", "archived_at"
    ).get() == {
        "account_id": account.pk,
        "code": "C-1",
        "name": "Bella 🌸 S.A.",
        "email": "it@xn--bcher-kva.example",
        "country": "BR",
        "language": "pt-br",
        "archived_at": None,
    }
    event = Event.objects.get()
    assert (event.type, event.subject_id, event.account_id) == (
        "end_customer.created",
        made.pk,
        account.pk,
    )


@pytest.mark.django_db
def test_the_code_is_unique_per_account(make_account, staff, unchanged):
    """I12: another account may use the same code."""
    account, other = make_account(), make_account()
    create_end_customer(account.pk, **BELLA, actor=staff)
    second = create_end_customer(account.pk, **{**BELLA, "code": "C-2"}, actor=staff)
    create_end_customer(other.pk, **BELLA, actor=staff)

    with unchanged():
        with pytest.raises(DuplicateCode) as error:
            create_end_customer(account.pk, **BELLA, actor=staff)
        with pytest.raises(DuplicateCode):
            change_end_customer(second.pk, code="C-1", actor=staff)
    assert (error.value.code, error.value.field) == ("DUPLICATE_CODE", "code")


@pytest.mark.django_db
@pytest.mark.parametrize(
    "given, error",
    [
        ({"code": " "}, Required),
        ({"name": ""}, Required),
        ({"email": ""}, Required),
        ({"email": "a@localhost"}, InvalidEmail),
        ({"code": "x" * 65}, Invalid),
        ({"name": "a\0b"}, Invalid),
        ({"code": "C\x7f9"}, Invalid),
    ],
)
def test_bad_values_change_nothing(make_account, staff, unchanged, given, error):
    account = make_account()
    known = create_end_customer(account.pk, **BELLA, actor=staff)
    with unchanged():
        with pytest.raises(error):
            create_end_customer(account.pk, **{**BELLA, "code": "C-9", **given}, actor=staff)
        with pytest.raises(error):
            change_end_customer(known.pk, **given, actor=staff)


@pytest.mark.django_db
def test_unknown_ones_are_not_found(staff, unchanged):
    with unchanged():
        with pytest.raises(NotFound):
            create_end_customer(uuid7(), **BELLA, actor=staff)
        with pytest.raises(NotFound):
            change_end_customer(uuid7(), name="X", actor=staff)


@pytest.mark.django_db
def test_editing_tells_what_was_before(make_account, staff):
    """I17; the second call changes nothing and records nothing."""
    made = create_end_customer(make_account().pk, **BELLA, actor=staff)
    for _ in range(2):
        change_end_customer(made.pk, email="new@example.com", actor=staff)

    made.refresh_from_db()
    assert (made.email, made.name) == ("new@example.com", "Bella 🌸 S.A.")
    event = Event.objects.get(type="end_customer.updated")
    assert event.facts["changes"] == {
        "email": {"before": "it@xn--bcher-kva.example", "after": "new@example.com"}
    }


@pytest.mark.django_db
@pytest.mark.parametrize("keep_row", [True, False])
def test_removing_frees_the_code(make_account, staff, unchanged, keep_row):
    account = make_account()
    made = create_end_customer(account.pk, **BELLA, actor=staff)
    made_id = made.pk
    remove_end_customer(made, keep_row=keep_row, actor=staff)

    assert EndCustomer.objects.filter(pk=made_id).exists() is keep_row
    event = Event.objects.get(type="end_customer.deleted")
    assert (event.subject_id, event.facts) == (made_id, {"code": "C-1", "archived": keep_row})
    create_end_customer(account.pk, **BELLA, actor=staff)
    if keep_row:
        with unchanged():
            remove_end_customer(made, keep_row=True, actor=staff)
            with pytest.raises(NotFound):
                change_end_customer(made_id, name="X", actor=staff)


@pytest.mark.django_db
def test_only_those_who_may_assign_see_end_customers(make_account, make_member, staff):
    """I17, section 5: BILLING, SUPPORT and strangers see none."""
    account, other = make_account(), make_account()
    mine = create_end_customer(account.pk, **BELLA, actor=staff)
    theirs = create_end_customer(other.pk, **BELLA, actor=staff)
    seen = {
        role: list(end_customers_visible_to(make_member(account, ref, role)))
        for ref, role in enumerate_roles()
    }

    assert seen == {"MASTER": [mine], "ADMINISTRATOR": [mine], "BILLING": [], "SUPPORT": []}
    assert list(end_customers_visible_to(staff)) == [mine, theirs]


def enumerate_roles():
    return [("1", "MASTER"), ("2", "ADMINISTRATOR"), ("3", "BILLING"), ("4", "SUPPORT")]
