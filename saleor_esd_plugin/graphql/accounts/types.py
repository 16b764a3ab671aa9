"""Accounts, their members and end customers."""

from __future__ import annotations

from typing import Any

import graphene
from promise import Promise

from ...accounts.access import rights_in
from ...accounts.models import Account, EndCustomer, Role
from ...host.graphql import DateTime, host_types, load_user_names, load_users
from ...permissions import Right
from ..base import current_actor, nested
from ..connections import KeysetConnection, connect_nested, connection_field, page_of
from ..documents import refuse_literal_secrets
from ..enums import described_enum
from ..global_ids import Record
from ..licenses.filters import LicenseFilterInput, license_filter
from ..licenses.listing import license_counts_of, licenses_of_end_customers
from ..loaders import load, rows
from ..sorting import BY_AGE, Order
from .inputs import END_CUSTOMER_SORTING, LicenseEndCustomerFilterInput
from .listing import end_customer_filter, end_customers_below, members_of

_OLDEST_FIRST = Order("CREATED_AT", *BY_AGE, descending=False)

LicenseMemberRole = described_enum(
    "LicenseMemberRole",
    "What a member is in an account.",
    {
        Role.MASTER.value: "Owns the account: manages members, and may do everything else.",
        Role.ADMINISTRATOR.value: "Uses, assigns and reveals licenses; sees the account's events.",
        Role.BILLING.value: "Sends receipts; sees no license.",
        Role.SUPPORT.value: "Sees licenses without any character of a key; sends e-mails again.",
    },
)


LicenseRight = described_enum(
    "LicenseRight",
    "What a member may do in an account, by its role.",
    {
        Right.SEE_LICENSES: "See its licenses.",
        Right.SEE_KEY_HINT: "See the last characters of their keys.",
        Right.SEE_ORDERS: "See its license orders.",
        Right.REVEAL: "Read keys, and have them in a file.",
        Right.ASSIGN: "Assign and recall licenses; enter and change end customers.",
        Right.RESEND: "Send e-mails about licenses again.",
        Right.CORRECT_ADDRESS: "Send them to a corrected address.",
        Right.SEND_RECEIPT: "Send receipts.",
        Right.SEE_EVENTS: "See what happened.",
        Right.EXPORT: "Have licenses in a file, masked; without SEE_KEY_HINT without keys.",
        Right.MANAGE_MEMBERS: "See and manage its members, change its name and language.",
    },
)


class LicenseMember(Record, graphene.ObjectType):
    """A user's role in an account."""

    user = graphene.Field(
        lambda: host_types().User,
        description="The user, unless it was deleted since; null for whom the shop does not give it: it does "
        "to the user itself, and to staff with MANAGE_USERS, of staff with MANAGE_STAFF.",
    )
    name = graphene.String(
        description="First and last name as the shop has them now; empty if it has none."
    )
    email = graphene.String(required=True, description="The address when it became a member.")
    role = graphene.Field(LicenseMemberRole, required=True, description="What it may do.")
    created_at = graphene.Field(DateTime, required=True, description="Since when.")

    @staticmethod
    def resolve_name(root: Any, info: Any) -> Promise:
        return load(info.context, load_user_names, root.user_ref)

    @staticmethod
    def resolve_user(root: Any, info: Any) -> Promise:
        return load(info.context, load_users, root.user_ref, info.context)


@nested
def resolve_licenses(root: EndCustomer, info: Any, **paging: Any) -> Promise:
    # A license names its end customer: each of the two files needs the other.
    from ..licenses.types import LicenseConnection

    page = page_of(_OLDEST_FIRST, **paging)
    return connect_nested(
        LicenseConnection,
        info,
        licenses_of_end_customers,
        root.pk,
        "end_customer_id",
        page,
        current_actor(info),
    )


@nested
def resolve_license_counts(root: Any, info: Any, filter: Any = None) -> Promise:
    refuse_literal_secrets(info, ("key",))
    whose = "account_id" if isinstance(root, Account) else "end_customer_id"
    wanted, actor = license_filter(filter), current_actor(info)
    return load(info.context, license_counts_of, root.pk, whose, wanted, actor).then(
        lambda counts: [
            {"lifecycle": state, "count": count} for state, count in (counts or {}).items()
        ]
    )


def license_counts() -> graphene.Field:
    """The field of whatever has licenses."""
    return graphene.Field(
        graphene.NonNull(
            graphene.List(graphene.NonNull("saleor_esd_plugin.graphql.licenses.types.LicenseCount"))
        ),
        filter=LicenseFilterInput(description="Only those that match."),
        resolver=resolve_license_counts,
        description="How many licenses it has in which state, as far as you may see them; states without any are left "
        "out.",
    )


class LicenseEndCustomer(Record, graphene.ObjectType):
    """A final licensee under an account; licenses are assigned to it."""

    account = graphene.Field(
        lambda: LicenseAccount, required=True, description="Whose end customer it is."
    )
    code = graphene.String(
        required=True, description="The account's own name for it, unique in the account."
    )
    name = graphene.String(required=True, description="The legal name.")
    email = graphene.String(required=True, description="Where activation e-mails go.")
    email_by_staff = graphene.Boolean(
        required=True,
        description="The shop's staff entered the address. It is not on file until a member gives it too.",
    )
    country = graphene.String(required=True, description="Two letters (ISO 3166-1), or empty.")
    language = graphene.String(
        required=True, description='Of its e-mails, such as "pt-br"; empty: the account\'s.'
    )
    is_archived = graphene.Boolean(
        required=True, description="Was deleted, and stays because licenses were once its own."
    )
    created_at = graphene.Field(DateTime, required=True, description="When it was created.")
    licenses = connection_field(
        "saleor_esd_plugin.graphql.licenses.types.LicenseConnection",
        resolve_licenses,
        "The licenses that it holds today, oldest first, as far as you may see them.",
    )
    license_counts = license_counts()

    @staticmethod
    def resolve_account(root: EndCustomer, info: Any) -> Promise:
        return load(info.context, rows, root.account_id, Account)

    @staticmethod
    def resolve_is_archived(root: EndCustomer, info: Any) -> bool:
        return root.archived_at is not None


class LicenseEndCustomerConnection(KeysetConnection):
    """A page of end customers."""

    class Meta:
        node = LicenseEndCustomer


@nested
def resolve_end_customers(
    root: Account, info: Any, filter: Any = None, sort_by: Any = None, **paging: Any
) -> Promise:
    refuse_literal_secrets(info, ("key",))
    page = page_of(END_CUSTOMER_SORTING.chosen(sort_by), **paging)
    return connect_nested(
        LicenseEndCustomerConnection,
        info,
        end_customers_below,
        root.pk,
        "account_id",
        page,
        current_actor(info),
        end_customer_filter(filter),
    )


@nested
def resolve_members(root: Account, info: Any) -> Promise:
    return load(info.context, members_of, root.pk, current_actor(info))


@nested
def resolve_rights(root: Account, info: Any) -> Promise:
    mine = load(info.context, rights_in, root.pk, current_actor(info))
    return mine.then(lambda rights: sorted(rights or ()))


class LicenseAccount(Record, graphene.ObjectType):
    """The person or organisation that owns licenses."""

    name = graphene.String(required=True, description="Its name.")
    email = graphene.String(required=True, description="The address of the latest purchase.")
    language = graphene.String(
        required=True, description='Of its e-mails, such as "pt-br"; empty if unknown.'
    )
    is_reseller = graphene.Boolean(
        required=True, description="Assigns licenses to end customers; gets no keys by itself."
    )
    is_active = graphene.Boolean(
        required=True, description="False: its members may do nothing in it."
    )
    created_at = graphene.Field(DateTime, required=True, description="When it was created.")
    user = graphene.Field(
        lambda: host_types().User,
        description="The buyer whose personal account it is; none for a guest's. Null for whom the shop does "
        "not give it: it does to the user itself, and to staff with MANAGE_USERS, of staff with MANAGE_STAFF.",
    )
    members = graphene.List(
        graphene.NonNull(LicenseMember),
        required=True,
        resolver=resolve_members,
        description="Who may act in it. Empty for those who may not manage its members.",
    )
    rights = graphene.List(
        graphene.NonNull(LicenseRight),
        required=True,
        resolver=resolve_rights,
        description="What you may do in it as one of its members; empty if you are none.",
    )
    end_customers = connection_field(
        LicenseEndCustomerConnection,
        resolve_end_customers,
        "Its end customers. Empty for those who may not assign licenses.",
        filter=LicenseEndCustomerFilterInput(description="Which ones."),
        sort_by=END_CUSTOMER_SORTING.argument(),
    )
    license_counts = license_counts()

    @staticmethod
    def resolve_user(root: Account, info: Any) -> Promise:
        return load(info.context, load_users, root.user_ref, info.context)


class LicenseAccountConnection(KeysetConnection):
    """A page of accounts."""

    class Meta:
        node = LicenseAccount
