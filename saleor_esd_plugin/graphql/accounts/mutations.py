"""Changing accounts and their end customers."""

from __future__ import annotations

from typing import Any, Tuple

import graphene

from ...accounts import access, end_customers, invitations, queries, services
from ...accounts.models import EndCustomer
from ...host.graphql import ref_of
from ...host.types import Actor
from ...licenses.holders import delete_end_customer, update_end_customer
from ...permissions import MANAGE_LICENSES, Right
from ..base import BaseMutation, owner_or_staff, signed_in, staff_with
from ..global_ids import find
from .inputs import (
    LicenseAccountCreateInput,
    LicenseAccountUpdateInput,
    LicenseEndCustomerCreateInput,
    LicenseEndCustomerDeleteInput,
    LicenseEndCustomerUpdateInput,
    LicenseInvitationAcceptInput,
)
from .types import LicenseAccount, LicenseEndCustomer


def _end_customer_to_change(actor: Actor, global_id: str) -> Tuple[EndCustomer, bool]:
    """It, and whether the actor changes it as staff of the shop.

    Raises NotFound for strangers, ForbiddenRole for members who may look but not assign.
    """
    rows = EndCustomer.objects.filter(
        account__in=queries.accounts_in_use_by(actor), archived_at=None
    )
    end_customer = find(rows, global_id, "LicenseEndCustomer")
    is_member = access.require_right(actor, end_customer.account_id, Right.ASSIGN, MANAGE_LICENSES)
    return end_customer, not is_member


class LicenseEndCustomerCreate(BaseMutation):
    """Creates an end customer, to whom licenses can then be assigned.

    For MASTER and ADMINISTRATOR of the account, and staff with MANAGE_LICENSES.
    """

    policy = owner_or_staff(MANAGE_LICENSES)

    class Arguments:
        input = LicenseEndCustomerCreateInput(required=True, description="The end customer.")

    end_customer = graphene.Field(LicenseEndCustomer, description="The new end customer.")

    @classmethod
    def perform(cls, actor: Actor, input: Any) -> LicenseEndCustomerCreate:
        account = find(
            queries.accounts_in_use_by(actor), input.account, "LicenseAccount", field="account"
        )
        is_member = access.require_right(actor, account.pk, Right.ASSIGN, MANAGE_LICENSES)
        created = end_customers.create_end_customer(
            account.pk,
            code=input.code,
            name=input.name,
            email=input.email,
            country=input.country or "",
            language=input.language or "",
            by_staff=not is_member,
            actor=actor,
        )
        return cls(end_customer=created)


class LicenseEndCustomerUpdate(BaseMutation):
    """Changes an end customer. With another address, mails that have not left go to the new one.

    Unused claim links that went to the old address are useless, and new ones are sent; keys that were mailed in
    clear are not sent again.

    Staff who change the address while licenses are held there give a `reason`, unless the new one is on file;
    the account is told, and it counts as one reading of a key.
    For MASTER and ADMINISTRATOR of the account, and staff with MANAGE_LICENSES.
    """

    policy = owner_or_staff(MANAGE_LICENSES)

    class Arguments:
        input = LicenseEndCustomerUpdateInput(required=True, description="What to change.")

    end_customer = graphene.Field(LicenseEndCustomer, description="The end customer as it is now.")

    @classmethod
    def perform(cls, actor: Actor, input: Any) -> LicenseEndCustomerUpdate:
        end_customer, is_staff = _end_customer_to_change(actor, input.id)
        updated = update_end_customer(
            end_customer.pk,
            is_staff=is_staff,
            reason=input.reason or "",
            code=input.code,
            name=input.name,
            email=input.email,
            country=input.country,
            language=input.language,
            actor=actor,
        )
        return cls(end_customer=updated)


class LicenseEndCustomerDelete(BaseMutation):
    """Deletes an end customer who holds no license; who once held one is archived instead.

    For MASTER and ADMINISTRATOR of the account, and staff with MANAGE_LICENSES.
    """

    policy = owner_or_staff(MANAGE_LICENSES)

    class Arguments:
        input = LicenseEndCustomerDeleteInput(required=True, description="Which one.")

    end_customer = graphene.Field(LicenseEndCustomer, description="The end customer as it was.")

    @classmethod
    def perform(cls, actor: Actor, input: Any) -> LicenseEndCustomerDelete:
        end_customer, _ = _end_customer_to_change(actor, input.id)
        delete_end_customer(end_customer.pk, actor=actor)
        return cls(end_customer=end_customer)


class LicenseAccountCreate(BaseMutation):
    """Makes the account of a user before the first purchase does, so that a reseller starts as one.

    For staff with MANAGE_LICENSES.
    """

    policy = staff_with(MANAGE_LICENSES)

    class Arguments:
        input = LicenseAccountCreateInput(required=True, description="Whose, and what kind.")

    account = graphene.Field(LicenseAccount, description="The new account.")

    @classmethod
    def perform(cls, actor: Actor, input: Any) -> LicenseAccountCreate:
        created = services.create_account(
            user_ref=ref_of(input.user, "User") or "",
            name=input.name or "",
            language=input.language or "",
            is_reseller=bool(input.is_reseller),
            actor=actor,
        )
        return cls(account=created)


class LicenseAccountUpdate(BaseMutation):
    """Changes an account.

    Its MASTER may change name and language; staff with MANAGE_LICENSES also whether it is a reseller's.
    """

    policy = owner_or_staff(MANAGE_LICENSES)

    class Arguments:
        input = LicenseAccountUpdateInput(required=True, description="What to change.")

    account = graphene.Field(LicenseAccount, description="The account as it is now.")

    @classmethod
    def perform(cls, actor: Actor, input: Any) -> LicenseAccountUpdate:
        account = find(queries.visible_to(actor), input.id, "LicenseAccount")
        is_reseller = input.is_reseller is not None
        access.require_account_change(actor, account.pk, is_reseller=is_reseller)
        updated = services.update_account(
            account.pk,
            is_reseller=input.is_reseller,
            name=input.name,
            language=input.language,
            actor=actor,
        )
        return cls(account=updated)


class LicenseInvitationAccept(BaseMutation):
    """Makes you a member of the account that the link in the e-mail is for. Sign in first.

    A link can be used once, within 7 days. An equal address alone opens no account.
    """

    policy = signed_in
    secret_inputs = ("token",)

    class Arguments:
        input = LicenseInvitationAcceptInput(required=True, description="The invitation.")

    account = graphene.Field(
        LicenseAccount, description="The account that you are a member of now."
    )

    @classmethod
    def perform(cls, actor: Actor, input: Any) -> LicenseInvitationAccept:
        return cls(account=invitations.accept_invitation(input.token, actor=actor))


MUTATIONS = (
    LicenseAccountCreate,
    LicenseAccountUpdate,
    LicenseEndCustomerCreate,
    LicenseEndCustomerUpdate,
    LicenseEndCustomerDelete,
    LicenseInvitationAccept,
)
