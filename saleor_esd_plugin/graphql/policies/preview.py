"""The mails that bring keys, shown to whoever writes their instructions."""

from __future__ import annotations

from typing import Any

import graphene

from ...emails.languages import choose_language
from ...emails.models import DeliveryKind
from ...emails.policy_preview import preview_license_mail, signed_page
from ...emails.render import Letter
from ...host.types import Actor
from ...licenses.policies.models import LicensePolicy
from ...licenses.policies.services import clean_instructions
from ...permissions import MANAGE_LICENSE_KEYS
from ...text import clean_language
from ..base import root_query, staff_with
from ..enums import described_enum
from ..global_ids import find
from ..localized import by_language
from .inputs import LicenseInstructionsInput

LicensePolicyMailKind = described_enum(
    "LicensePolicyMailKind",
    "A mail that brings keys.",
    {
        DeliveryKind.LICENSE_KEYS.value: "To a buyer who keeps the licenses.",
        DeliveryKind.LICENSE_ASSIGNED.value: "To an end customer, when a license is assigned.",
    },
)


class LicensePolicyMailPreview(graphene.ObjectType):
    """A mail as its reader gets it, but for its values, which are samples, and the logo. There is no key in it."""

    subject = graphene.String(required=True, description="Its subject.")
    text = graphene.String(required=True, description="The plain text.")
    html = graphene.String(required=True, description="The HTML, a whole document.")
    page = graphene.String(
        required=True,
        description="The HTML, signed: `/plugins/global/esd/preview` answers it to a POST with this as `page`, within "
        "five minutes, for a frame of staff's pages.",
    )

    @staticmethod
    def resolve_page(root: Letter, info: Any) -> str:
        return signed_page(root)


@root_query(staff_with(MANAGE_LICENSE_KEYS))
def resolve_license_policy_mail_preview(
    actor: Actor, info: Any, policy: str, kind: str, language: str, instructions: Any = None
) -> Letter:
    texts = None
    if instructions is not None:
        texts = clean_instructions(by_language(instructions, field="instructions"))
    return preview_license_mail(
        find(LicensePolicy.objects.select_related("pool"), policy, "LicensePolicy", field="policy"),
        kind=DeliveryKind(kind),
        language=choose_language(clean_language(language, field="language")),
        instructions=texts,
    )


QUERIES = {
    "license_policy_mail_preview": graphene.Field(
        graphene.NonNull(LicensePolicyMailPreview),
        policy=graphene.ID(required=True, description="Of which policy."),
        kind=LicensePolicyMailKind(required=True, description="Which mail."),
        language=graphene.String(
            required=True, description='In the language of a reader of this one, such as "pt-br".'
        ),
        instructions=graphene.List(
            graphene.NonNull(LicenseInstructionsInput),
            description="In place of the policy's own, to look at before they are saved.",
        ),
        resolver=resolve_license_policy_mail_preview,
        description="A mail that brings keys of a policy, with sample values and no key. For staff with "
        "MANAGE_LICENSE_KEYS.",
    ),
}
