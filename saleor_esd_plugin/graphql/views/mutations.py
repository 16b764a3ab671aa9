"""Keeping views of the list of licenses."""

from __future__ import annotations

from typing import Any

import graphene

from ...host.types import Actor
from ...licenses.saved_views import delete_license_view, save_license_view
from ...permissions import MANAGE_LICENSES, REVEAL_LICENSE_KEYS
from ..base import BaseMutation, staff_with
from ..global_ids import decode
from .types import LicenseView

_WHO = staff_with(MANAGE_LICENSES, REVEAL_LICENSE_KEYS)


class LicenseViewSaveInput(graphene.InputObjectType):
    """A view to keep."""

    name = graphene.String(
        required=True, description="Up to 64 characters; a view of yours of this name is replaced."
    )
    query = graphene.String(
        required=True,
        description='Filters as the page\'s address has them, such as "state=SUSPENDED"; up to 1,000 characters.',
    )


class LicenseViewSave(BaseMutation):
    """Keeps a view of the list of licenses for you alone, 50 at most.

    For staff with MANAGE_LICENSES or REVEAL_LICENSE_KEYS; an app keeps none.
    """

    policy = _WHO

    class Arguments:
        input = LicenseViewSaveInput(required=True, description="The view.")

    license_view = graphene.Field(LicenseView, description="The view.")

    @classmethod
    def perform(cls, actor: Actor, input: Any) -> LicenseViewSave:
        view = save_license_view(name=input.name, query=input.query, actor=actor)
        return cls(license_view=view)


class LicenseViewDeleteInput(graphene.InputObjectType):
    """Which view to delete."""

    id = graphene.ID(required=True, description="The view, one of yours.")


class LicenseViewDelete(BaseMutation):
    """Deletes a view of yours. For staff with MANAGE_LICENSES or REVEAL_LICENSE_KEYS."""

    policy = _WHO

    class Arguments:
        input = LicenseViewDeleteInput(required=True, description="Which one.")

    license_view = graphene.Field(LicenseView, description="The view as it was.")

    @classmethod
    def perform(cls, actor: Actor, input: Any) -> LicenseViewDelete:
        view = delete_license_view(decode(input.id, "LicenseView"), actor=actor)
        return cls(license_view=view)


MUTATIONS = (LicenseViewSave, LicenseViewDelete)
