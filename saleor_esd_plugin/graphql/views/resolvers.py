"""The query for views of the list of licenses."""

from __future__ import annotations

from typing import Any, List

import graphene

from ...host.types import Actor
from ...licenses.saved_views import views_of
from ...licenses.view_models import SavedView
from ...permissions import MANAGE_LICENSES, REVEAL_LICENSE_KEYS
from ..base import root_query, staff_with
from .types import LicenseView


@root_query(staff_with(MANAGE_LICENSES, REVEAL_LICENSE_KEYS))
def resolve_license_views(actor: Actor, info: Any) -> List[SavedView]:
    return list(views_of(actor))


QUERIES = {
    "license_views": graphene.Field(
        graphene.List(graphene.NonNull(LicenseView)),
        required=True,
        resolver=resolve_license_views,
        description="The views of the list of licenses that you have kept, by name. For staff with MANAGE_LICENSES or "
        "REVEAL_LICENSE_KEYS.",
    ),
}
