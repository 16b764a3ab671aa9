"""What operations on the table of reasons take."""

from __future__ import annotations

import graphene

from .types import LicenseReasonAction


class LicenseReasonTextInput(graphene.InputObjectType):
    """A reason in one language."""

    language = graphene.String(required=True, description='The language, such as "pt-br".')
    text = graphene.String(required=True, description="A sentence, up to 250 characters.")


class _ReasonFields:
    needs_note = graphene.Boolean(
        description="Whoever gives it has to describe it besides [false]."
    )


class LicenseReasonCreateInput(_ReasonFields, graphene.InputObjectType):
    """A new reason."""

    code = graphene.String(
        required=True, description="2 to 40 capital letters, digits and underscores."
    )
    actions = graphene.List(
        graphene.NonNull(LicenseReasonAction), required=True, description="What it is given for."
    )
    texts = graphene.List(
        graphene.NonNull(LicenseReasonTextInput),
        required=True,
        description="How it reads to the customer, in one language at least.",
    )


class LicenseReasonUpdateInput(_ReasonFields, graphene.InputObjectType):
    """What to change; what is left out stays."""

    id = graphene.ID(required=True, description="The reason.")
    actions = graphene.List(
        graphene.NonNull(LicenseReasonAction), description="What it is given for; replaces all."
    )
    texts = graphene.List(
        graphene.NonNull(LicenseReasonTextInput),
        description="How it reads to the customer; replaces all.",
    )


class LicenseReasonDeleteInput(graphene.InputObjectType):
    """Which reason to take out of use."""

    id = graphene.ID(required=True, description="The reason.")
