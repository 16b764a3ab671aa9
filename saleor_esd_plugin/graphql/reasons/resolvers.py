"""The query for the table of reasons."""

from __future__ import annotations

from typing import Any, List, Optional

import graphene
from django.db.models import Q

from ...criteria import yes_no
from ...host.types import Actor
from ...licenses.reason_models import LicenseReason as ReasonRow
from ...permissions import MANAGE_LICENSES
from ..base import root_query, staff_with
from .types import LicenseReason, LicenseReasonAction


@root_query(staff_with(MANAGE_LICENSES))
def resolve_license_reasons(
    actor: Actor, info: Any, action: Optional[str] = None, is_archived: Optional[bool] = None
) -> List[ReasonRow]:
    found = ReasonRow.objects.filter(yes_no(is_archived, Q(archived_at__isnull=False)))
    return list(found if action is None else found.filter(actions__contains=[action]))


QUERIES = {
    "license_reasons": graphene.Field(
        graphene.List(graphene.NonNull(LicenseReason)),
        required=True,
        action=LicenseReasonAction(description="Those that are given for this."),
        is_archived=graphene.Boolean(description="Only archived ones, or only others."),
        resolver=resolve_license_reasons,
        description="Reasons for suspending, reinstating and cancelling, by code. For staff with MANAGE_LICENSES.",
    ),
}
