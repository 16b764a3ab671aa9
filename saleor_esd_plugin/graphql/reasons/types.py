"""The table of reasons, and the reason of a license."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Dict, List, Optional

import graphene
from promise import Promise

from ...emails.languages import choose_text
from ...licenses.models import License as LicenseRow
from ...licenses.reason_models import LicenseReason as ReasonRow
from ...licenses.reason_models import ReasonAction
from ...licenses.reasons import GivenReason
from ..base import nested
from ..enums import described_enum
from ..global_ids import Record
from ..loaders import load

LicenseReasonAction = described_enum(
    "LicenseReasonAction",
    "What a reason is given for.",
    {
        ReasonAction.SUSPEND.value: "`licenseSuspend`.",
        ReasonAction.REINSTATE.value: "`licenseReinstate`.",
        ReasonAction.CANCEL.value: "`licenseCancel`.",
    },
)


class LicenseReasonText(graphene.ObjectType):
    """How a reason reads to the customer, in one language."""

    language = graphene.String(required=True, description='The language, such as "pt-br".')
    text = graphene.String(required=True, description="A sentence.")


class LicenseReason(Record, graphene.ObjectType):
    """Why a license is suspended, reinstated or cancelled. Staff manage these."""

    code = graphene.String(required=True, description='Its name for programs ("PAYMENT_OVERDUE").')
    actions = graphene.List(
        graphene.NonNull(LicenseReasonAction), required=True, description="What it is given for."
    )
    needs_note = graphene.Boolean(
        required=True, description="Whoever gives it has to describe it besides."
    )
    texts = graphene.List(
        graphene.NonNull(LicenseReasonText),
        required=True,
        description="How it reads to the customer.",
    )
    is_archived = graphene.Boolean(
        required=True, description="It is given no more, and still read where it was."
    )

    @staticmethod
    def resolve_texts(root: ReasonRow, info: Any) -> List[LicenseReasonText]:
        return [
            LicenseReasonText(language=language, text=text)
            for language, text in sorted(root.texts.items())
        ]

    @staticmethod
    def resolve_is_archived(root: ReasonRow, info: Any) -> bool:
        return root.archived_at is not None


class LicenseStateReason(graphene.ObjectType):
    """Why staff suspended or cancelled a license."""

    code = graphene.String(required=True, description="The code of the reason.")
    text = graphene.String(
        required=True,
        language=graphene.String(default_value="", description='The language, such as "pt-br".'),
        description="How it reads to the customer; in English if not in that language.",
    )
    note = graphene.String(description="What staff say of it besides.")

    @staticmethod
    @nested
    def resolve_text(root: GivenReason, info: Any, language: str) -> Promise:
        return load(info.context, texts_of_reasons, root.code).then(
            lambda texts: choose_text(texts or {}, language) or root.code
        )

    @staticmethod
    def resolve_note(root: GivenReason, info: Any) -> Optional[str]:
        return root.note or None


def texts_of_reasons(codes: List[str]) -> Dict[str, Dict[str, str]]:
    """Code -> language -> text."""
    return dict(ReasonRow.objects.filter(code__in=codes).values_list("code", "texts"))


def state_reason(license: LicenseRow, at: datetime) -> Optional[GivenReason]:
    """What keeps the license from being used now, if staff have said why (P13)."""
    if license.is_suspended_at(at) and license.suspension_reason:
        return GivenReason(license.suspension_reason, license.suspension_note or "")
    return GivenReason(license.reason_code, license.reason) if license.reason_code else None
