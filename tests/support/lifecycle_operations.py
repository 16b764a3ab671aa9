"""Operations on the life of licenses, with the events that they leave: see `audit_operations`."""

from __future__ import annotations

from datetime import timedelta

import factories as make
from audit_operations import ACTOR, REASON, Operation, leaves

from saleor_esd_plugin.licenses.reason_models import LicenseReason
from saleor_esd_plugin.licenses.reasons import (
    create_license_reason,
    delete_license_reason,
    update_license_reason,
)
from saleor_esd_plugin.licenses.renewal import renew_licenses, set_license_terms
from saleor_esd_plugin.licenses.transfer import transfer_licenses
from saleor_esd_plugin.orders.cancellation import cancel_licenses
from saleor_esd_plugin.orders.renewals.naming import set_renewals
from saleor_esd_plugin.orders.suspension import reinstate_licenses, suspend_licenses


@leaves("license_suspend", "license.suspended")
def suspend() -> Operation:
    ids = [one.pk for one in make.make_released(2)]
    return lambda: suspend_licenses(ids, reason="PAYMENT_OVERDUE", actor=ACTOR)


@leaves("license_reinstate", "license.reinstated")
def reinstate() -> Operation:
    ids = [one.pk for one in make.make_released(2)]
    suspend_licenses(ids, reason="PAYMENT_OVERDUE", actor=make.STAFF)
    return lambda: reinstate_licenses(ids, reason="RESOLVED", actor=ACTOR)


@leaves("license_cancel", "license.cancelled")
def cancel() -> Operation:
    ids = [one.pk for one in make.make_released(2)]
    return lambda: cancel_licenses(ids, reason="CUSTOMER_REQUEST", actor=ACTOR)


@leaves("license_renew", "license.renewed")
def renew() -> Operation:
    ids = [one.pk for one in make.make_released(2, policy=make.make_policy(keys=2, term="P1Y"))]
    return lambda: renew_licenses(ids, reason=REASON, actor=ACTOR)


@leaves("license_order_renewals_set", "license_order.renewals_set")
def set_order_renewals() -> Operation:
    (license,) = make.make_released(1, policy=make.make_policy(keys=1, term="P1Y"))
    order = make.make_license_order(1, policy=make.make_renewal(license.policy))
    return lambda: set_renewals(order.lines.get().pk, [license.pk], actor=ACTOR)


@leaves("license_term_set", "license.term_set")
def set_term() -> Operation:
    (license,) = make.make_released(1, policy=make.make_policy(keys=1, term="P1Y"))
    ends = license.expires_at + timedelta(days=3)
    return lambda: set_license_terms([license.pk], expires_at=ends, reason=REASON, actor=ACTOR)


@leaves("license_transfer", "license.transferred", "license.assigned")
def transfer() -> Operation:
    licenses = make.make_assigned(2)
    other = make.make_end_customer(licenses[0].account)
    ids = [one.pk for one in licenses]
    return lambda: transfer_licenses(ids, end_customer_id=other.pk, actor=ACTOR)


@leaves("license_reason_create", "license_reason.created")
def create_reason() -> Operation:
    given = {"actions": ["CANCEL"], "texts": {"en": "It is over."}}
    return lambda: create_license_reason(code="OVER", actor=ACTOR, **given)


@leaves("license_reason_update", "license_reason.updated")
def update_reason() -> Operation:
    reason = LicenseReason.objects.get(code="OTHER")
    return lambda: update_license_reason(reason.pk, needs_note=False, actor=ACTOR)


@leaves("license_reason_delete", "license_reason.deleted")
def delete_reason() -> Operation:
    reason = LicenseReason.objects.get(code="OTHER")
    return lambda: delete_license_reason(reason.pk, actor=ACTOR)
