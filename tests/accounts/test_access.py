"""Section 5: rights come from rows of this moment, an equal address is no identity."""

from __future__ import annotations

import pytest

from saleor_esd_plugin.accounts.access import (
    account_ids_with,
    require_account_change,
    require_right,
    require_right_in_all,
    require_right_on_visible,
    visible_to,
)
from saleor_esd_plugin.accounts.models import Member
from saleor_esd_plugin.accounts.queries import members_visible_to, memberships, name_for_actor
from saleor_esd_plugin.errors import ForbiddenRole, LoginRequired, NotFound, PermissionRefused
from saleor_esd_plugin.host.types import ANONYMOUS, SYSTEM, Actor
from saleor_esd_plugin.ids import uuid7
from saleor_esd_plugin.permissions import MANAGE_LICENSES, ROLE_RIGHTS, Right

ALL_RIGHTS = [value for name, value in vars(Right).items() if name.isupper()]
STRANGER = Actor("USER", "66", "acme@example.com")


def ids(queryset):
    return set(queryset.values_list("account_id", flat=True))


@pytest.mark.django_db
@pytest.mark.parametrize("role", sorted(ROLE_RIGHTS))
def test_each_role_may_what_the_table_says(make_account, make_member, role):
    account = make_account()
    make_account()
    member = make_member(account, "1", role)

    for right in ALL_RIGHTS:
        if right in ROLE_RIGHTS[role]:
            assert require_right(member, account.pk, right) is True
            assert ids(account_ids_with(member, right)) == {account.pk}
        else:
            with pytest.raises(ForbiddenRole):
                require_right(member, account.pk, right)
            assert ids(account_ids_with(member, right)) == set()
    assert list(visible_to(member)) == [account]


@pytest.mark.django_db
def test_strangers_get_the_answer_for_what_does_not_exist(make_account, make_member):
    """T-AUTHZ-06: the account's own e-mail address opens nothing."""
    account = make_account(email=STRANGER.label)
    make_member(account, "1")
    answers = set()
    for account_id in (account.pk, uuid7()):
        with pytest.raises(NotFound) as error:
            require_right(STRANGER, account_id, Right.SEE_LICENSES, MANAGE_LICENSES)
        answers.add((str(error.value), error.value.field, str(error.value.params)))

    assert len(answers) == 1
    assert list(visible_to(STRANGER)) == []


@pytest.mark.django_db
def test_the_anonymous_sign_in_first(make_account):
    account = make_account()
    with pytest.raises(LoginRequired):
        require_right(ANONYMOUS, account.pk, Right.SEE_LICENSES, MANAGE_LICENSES)
    assert list(visible_to(ANONYMOUS)) == []


@pytest.mark.django_db
def test_apps_and_the_plugin_itself_are_members_of_nothing(make_account, make_member):
    account = make_account()
    make_member(account, "1")
    make_member(account, "")
    for actor in (Actor("APP", "1"), SYSTEM, Actor("USER", "")):
        assert list(visible_to(actor)) == []
        with pytest.raises(NotFound):
            require_right(actor, account.pk, Right.SEE_LICENSES)


@pytest.mark.django_db
def test_staff_permissions_count_one_by_one(make_account, make_member, staff):
    """None implies another; a member with a staff permission acts as staff only where the role lacks it."""
    account = make_account()
    assert require_right(staff, account.pk, Right.REVEAL, MANAGE_LICENSES) is False
    with pytest.raises(NotFound):
        require_right(staff, account.pk, Right.REVEAL, "REVEAL_LICENSE_KEYS")
    with pytest.raises(NotFound):
        require_right(staff, uuid7(), Right.REVEAL, MANAGE_LICENSES)
    assert list(visible_to(staff)) == [account]

    make_member(account, staff.ref, "SUPPORT")
    assert require_right(staff, account.pk, Right.RESEND, MANAGE_LICENSES) is True
    assert require_right(staff, account.pk, Right.ASSIGN, MANAGE_LICENSES) is False


@pytest.mark.django_db
def test_rights_end_with_the_row(make_account, make_member):
    """T-AUTHZ-04 for members: given, then taken; an inactive account counts as none."""
    account = make_account()
    member = make_member(account, "1")
    assert list(visible_to(member)) == [account]

    account.is_active = False
    account.save()
    assert list(visible_to(member)) == []
    with pytest.raises(NotFound):
        require_right(member, account.pk, Right.SEE_LICENSES)

    account.is_active = True
    account.save()
    Member.objects.all().delete()
    assert list(visible_to(member)) == []


@pytest.mark.django_db
def test_only_masters_and_staff_see_members(make_account, make_member, staff):
    account = make_account()
    master, helper = make_member(account, "1"), make_member(account, "2", "ADMINISTRATOR")

    assert members_visible_to(master).count() == 2
    assert members_visible_to(staff).count() == 2
    assert members_visible_to(helper).count() == 0


@pytest.mark.django_db
def test_who_sees_a_row_is_told_what_is_missing(make_account, make_member, staff):
    """An order may have no account yet; nobody is told of permissions who does not see the row."""
    account = make_account()
    master, helper = make_member(account, "1"), make_member(account, "2", "SUPPORT")
    asked = (account.pk, Right.REVEAL, "REVEAL_LICENSE_KEYS")

    assert require_right_on_visible(master, *asked) is True
    assert require_right_on_visible(staff, None, Right.ASSIGN, MANAGE_LICENSES) is False
    with pytest.raises(ForbiddenRole):
        require_right_on_visible(helper, *asked)
    with pytest.raises(PermissionRefused) as refusal:
        require_right_on_visible(staff, *asked)
    assert refusal.value.permissions == ("REVEAL_LICENSE_KEYS",)


@pytest.mark.django_db
def test_staff_who_are_members_of_one_account_act_as_members(make_account, make_member, staff):
    own, other = make_account(), make_account()
    make_member(own, staff.ref)
    asked = (Right.ASSIGN, MANAGE_LICENSES)

    assert require_right_in_all(staff, [other.pk], *asked) is False
    assert require_right_in_all(staff, [own.pk, other.pk], *asked) is True
    with pytest.raises(PermissionRefused):
        require_right_in_all(Actor("USER", staff.ref), [own.pk, other.pk], *asked)


@pytest.mark.django_db
def test_only_staff_say_whether_an_account_is_a_resellers(make_account, make_member, staff):
    account = make_account()
    master, helper = make_member(account, "1"), make_member(account, "2", "ADMINISTRATOR")

    require_account_change(master, account.pk, is_reseller=False)
    require_account_change(staff, account.pk, is_reseller=True)
    with pytest.raises(PermissionRefused):
        require_account_change(master, account.pk, is_reseller=True)
    with pytest.raises(ForbiddenRole):
        require_account_change(helper, account.pk, is_reseller=False)


@pytest.mark.django_db
def test_no_member_reads_the_names_of_staff(make_account, make_member, staff):
    account = make_account()
    master = make_member(account, "1")
    assert memberships([(account.pk, "1"), (account.pk, "2")]) == {(account.pk, "1"): True}

    assert name_for_actor("Ann", staff, is_member=False) == "Ann"
    assert name_for_actor("Ann", master, is_member=True) == "Ann"
    assert name_for_actor("Ann", master, is_member=False) == "staff"
