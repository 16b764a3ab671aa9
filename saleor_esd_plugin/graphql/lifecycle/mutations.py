"""What staff do to licenses during their life: suspend, reinstate, cancel, renew, set their term."""

from __future__ import annotations

from typing import Any, Dict

import graphene

from ...errors import Required
from ...host.types import Actor
from ...licenses.renewal import renew_licenses, set_license_terms
from ...orders.cancellation import cancel_licenses
from ...orders.suspension import reinstate_licenses, suspend_licenses
from ...permissions import MANAGE_LICENSES
from ..base import BaseMutation, staff_with
from ..global_ids import decode_all
from ..licenses.types import License
from .inputs import (
    LicenseCancelInput,
    LicenseReinstateInput,
    LicenseRenewInput,
    LicenseSuspendInput,
    LicenseTermSetInput,
)


def _with_reason(actor: Actor, input: Any) -> Dict[str, Any]:
    return {
        "license_ids": decode_all(input.licenses, "License", field="licenses"),
        "reason": input.reason,
        "note": input.note,
        "notifies_end_customers": bool(input.notify_end_customers),
        "actor": actor,
    }


class LicenseSuspend(BaseMutation):
    """Suspends licenses: all of them or none. Their keys are not shown, sent or assigned, and links do not work.

    What a policy says decides whether the term runs on. The buyer gets an e-mail. For staff with MANAGE_LICENSES.
    """

    policy = staff_with(MANAGE_LICENSES)

    class Arguments:
        input = LicenseSuspendInput(required=True, description="Which ones, and why.")

    licenses = graphene.List(graphene.NonNull(License), description="The licenses as they are now.")

    @classmethod
    def perform(cls, actor: Actor, input: Any) -> LicenseSuspend:
        return cls(licenses=suspend_licenses(**_with_reason(actor, input), until=input.until))


class LicenseReinstate(BaseMutation):
    """Lifts staff's suspension: of all of these licenses or of none. What is suspended for another cause stays so.

    A license that expired meanwhile is EXPIRED, and may be renewed. The buyer gets an e-mail, and end customers who
    were told of the suspension. Nobody reinstates licenses of their own account. For staff with MANAGE_LICENSES.
    """

    policy = staff_with(MANAGE_LICENSES)

    class Arguments:
        input = LicenseReinstateInput(required=True, description="Which ones, and why.")

    licenses = graphene.List(graphene.NonNull(License), description="The licenses as they are now.")

    @classmethod
    def perform(cls, actor: Actor, input: Any) -> LicenseReinstate:
        return cls(licenses=reinstate_licenses(**_with_reason(actor, input)))


class LicenseCancel(BaseMutation):
    """Ends licenses for good: all of them or none. Their keys are revoked, and nothing brings them back.

    No money goes back by itself; if it does later, it takes no other license. The buyer gets an e-mail. For staff with
    MANAGE_LICENSES.
    """

    policy = staff_with(MANAGE_LICENSES)

    class Arguments:
        input = LicenseCancelInput(required=True, description="Which ones, and why.")

    licenses = graphene.List(graphene.NonNull(License), description="The licenses as they are now.")

    @classmethod
    def perform(cls, actor: Actor, input: Any) -> LicenseCancel:
        return cls(licenses=cancel_licenses(**_with_reason(actor, input)))


class LicenseRenew(BaseMutation):
    """Renews licenses by terms of their policies: all of them or none. From when that counts the policy says.

    It never shortens a term. What is suspended stays so; what is LAPSED or never expires cannot be renewed. Nobody
    renews licenses of their own account. For staff with MANAGE_LICENSES.
    """

    policy = staff_with(MANAGE_LICENSES)

    class Arguments:
        input = LicenseRenewInput(required=True, description="Which ones, and why.")

    licenses = graphene.List(graphene.NonNull(License), description="The licenses as they are now.")

    @classmethod
    def perform(cls, actor: Actor, input: Any) -> LicenseRenew:
        renewed = renew_licenses(
            decode_all(input.licenses, "License", field="licenses"),
            terms=1 if input.terms is None else input.terms,
            reason=input.reason,
            actor=actor,
        )
        return cls(licenses=renewed)


class LicenseTermSet(BaseMutation):
    """Sets until when licenses last: all of them or none. The one way to change the term of a license that exists.

    Policies change it for no license. What is set is set: a suspension that stops the clock moves it no more. Not for
    licenses of one's own account. For staff with MANAGE_LICENSES.
    """

    policy = staff_with(MANAGE_LICENSES)

    class Arguments:
        input = LicenseTermSetInput(required=True, description="Until when, and why.")

    licenses = graphene.List(graphene.NonNull(License), description="The licenses as they are now.")

    @classmethod
    def perform(cls, actor: Actor, input: Any) -> LicenseTermSet:
        # A forgotten date must not mean for ever.
        if "expires_at" not in input:
            raise Required("Say when they expire; null for never.", field="expiresAt")
        changed = set_license_terms(
            decode_all(input.licenses, "License", field="licenses"),
            expires_at=input.expires_at,
            grace_until=input.grace_until,
            retained_until=input.retained_until,
            reason=input.reason,
            actor=actor,
        )
        return cls(licenses=changed)


MUTATIONS = (LicenseSuspend, LicenseReinstate, LicenseCancel, LicenseRenew, LicenseTermSet)
