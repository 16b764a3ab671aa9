"""What operations on accounts take."""

from __future__ import annotations

import graphene

from ..filters import LicenseDateTimeRange
from ..licenses.filters import LicenseFilterInput
from ..sorting import BY_AGE, Sorting

ACCOUNT_SORTING = Sorting(
    "LicenseAccount",
    {
        "CREATED_AT": (*BY_AGE, "When it was created."),
        "NAME": ("name", str, "Its name."),
        "EMAIL": ("email", str, "Its address."),
    },
)

END_CUSTOMER_SORTING = Sorting(
    "LicenseEndCustomer",
    {
        "CODE": ("code", str, "The account's own name for it."),
        "NAME": ("name", str, "Its legal name."),
        "CREATED_AT": (*BY_AGE, "When it was created."),
    },
    descending=False,
)


class LicenseAccountFilterInput(graphene.InputObjectType):
    """Which accounts to list; conditions that are given must all hold."""

    text = graphene.String(description="Part of the name or the address.")
    is_reseller = graphene.Boolean(description="Only resellers, or only others.")
    user = graphene.ID(description="Accounts that this user is a member of.")
    created_at = LicenseDateTimeRange(description="When it was created.")
    licenses = LicenseFilterInput(description="Which have a license that matches.")


class LicenseEndCustomerFilterInput(graphene.InputObjectType):
    """Which end customers to list; conditions that are given must all hold."""

    text = graphene.String(description="Part of the code, the name or the address.")
    account = graphene.ID(description="Of this account.")
    licenses = LicenseFilterInput(description="Who have a license that matches.")


class LicenseAccountUpdateInput(graphene.InputObjectType):
    """What to change; what is left out stays."""

    id = graphene.ID(required=True, description="The account.")
    name = graphene.String(description="Its name, up to 128 characters.")
    language = graphene.String(description='Of its e-mails, such as "pt-br".')
    is_reseller = graphene.Boolean(
        description="Assigns licenses to end customers. Only staff may change it."
    )


class LicenseAccountCreateInput(graphene.InputObjectType):
    """An account for a user who has bought nothing yet."""

    user = graphene.ID(required=True, description="The shop's user whose account it is.")
    name = graphene.String(description="Up to 128 characters; the user's address if left out.")
    language = graphene.String(description='Of its e-mails, such as "pt-br".')
    is_reseller = graphene.Boolean(
        description="Assigns licenses to end customers; no key is mailed to it."
    )


class LicenseEndCustomerCreateInput(graphene.InputObjectType):
    """A new end customer."""

    account = graphene.ID(required=True, description="Whose end customer it is.")
    code = graphene.String(
        required=True,
        description="The account's own name for it, up to 64 characters, unique in any case.",
    )
    name = graphene.String(required=True, description="The legal name, up to 128 characters.")
    email = graphene.String(required=True, description="Where activation e-mails go.")
    country = graphene.String(description="Two letters (ISO 3166-1).")
    language = graphene.String(description='Of its e-mails, such as "pt-br".')


class LicenseEndCustomerUpdateInput(graphene.InputObjectType):
    """What to change; what is left out stays."""

    id = graphene.ID(required=True, description="The end customer.")
    code = graphene.String(description="The account's own name for it.")
    name = graphene.String(description="The legal name.")
    email = graphene.String(
        description="Where activation e-mails go. A member who gives it confirms it, also if it is the same."
    )
    country = graphene.String(description="Two letters (ISO 3166-1); empty for none.")
    language = graphene.String(description="Of its e-mails; empty for the account's.")
    reason = graphene.String(
        description="Why, 10 to 500 characters. Staff need one for a new address while licenses are held there, "
        "unless it is on file; the account is told."
    )


class LicenseEndCustomerDeleteInput(graphene.InputObjectType):
    """Which end customer to delete."""

    id = graphene.ID(required=True, description="The end customer. It must hold no license.")


class LicenseInvitationAcceptInput(graphene.InputObjectType):
    """The invitation to accept."""

    token = graphene.String(
        required=True, description="From the link in the e-mail; give it as a variable."
    )
