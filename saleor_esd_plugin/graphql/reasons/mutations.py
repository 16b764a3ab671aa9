"""Changing the table of reasons."""

from __future__ import annotations

from typing import Any, Dict

import graphene

from ...host.types import Actor
from ...licenses.reasons import (
    FIELDS,
    create_license_reason,
    delete_license_reason,
    update_license_reason,
)
from ...permissions import MANAGE_LICENSES
from ..base import BaseMutation, staff_with
from ..global_ids import decode
from ..localized import by_language
from .inputs import LicenseReasonCreateInput, LicenseReasonDeleteInput, LicenseReasonUpdateInput
from .types import LicenseReason


def _fields(input: Any) -> Dict[str, Any]:
    given = {name: input[name] for name in FIELDS if input.get(name) is not None}
    if "texts" in given:
        given["texts"] = by_language(given["texts"], field="texts")
    return given


class LicenseReasonCreate(BaseMutation):
    """Adds a reason for suspending, reinstating or cancelling. For staff with MANAGE_LICENSES."""

    policy = staff_with(MANAGE_LICENSES)

    class Arguments:
        input = LicenseReasonCreateInput(required=True, description="The reason.")

    license_reason = graphene.Field(LicenseReason, description="The new reason.")

    @classmethod
    def perform(cls, actor: Actor, input: Any) -> LicenseReasonCreate:
        created = create_license_reason(code=input.code, actor=actor, **_fields(input))
        return cls(license_reason=created)


class LicenseReasonUpdate(BaseMutation):
    """Changes a reason; also where it was given it reads so from now on. For staff with MANAGE_LICENSES."""

    policy = staff_with(MANAGE_LICENSES)

    class Arguments:
        input = LicenseReasonUpdateInput(required=True, description="What to change.")

    license_reason = graphene.Field(LicenseReason, description="The reason as it is now.")

    @classmethod
    def perform(cls, actor: Actor, input: Any) -> LicenseReasonUpdate:
        reason_id = decode(input.id, "LicenseReason")
        changed = update_license_reason(reason_id, actor=actor, **_fields(input))
        return cls(license_reason=changed)


class LicenseReasonDelete(BaseMutation):
    """Takes a reason out of use; where it was given it stays. For staff with MANAGE_LICENSES."""

    policy = staff_with(MANAGE_LICENSES)

    class Arguments:
        input = LicenseReasonDeleteInput(required=True, description="Which one.")

    license_reason = graphene.Field(LicenseReason, description="The reason, archived.")

    @classmethod
    def perform(cls, actor: Actor, input: Any) -> LicenseReasonDelete:
        archived = delete_license_reason(decode(input.id, "LicenseReason"), actor=actor)
        return cls(license_reason=archived)


MUTATIONS = (LicenseReasonCreate, LicenseReasonUpdate, LicenseReasonDelete)
