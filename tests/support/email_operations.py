"""The operations of the API that send e-mails, for the table of `audit_operations`."""

from __future__ import annotations

import factories as make
from audit_operations import ACTOR, Operation, leaves

from saleor_esd_plugin.emails.catalog import deliveries_of
from saleor_esd_plugin.emails.models import Delivery
from saleor_esd_plugin.emails.receipts import send_license_order_receipt
from saleor_esd_plugin.emails.resending import resend_license_email
from saleor_esd_plugin.emails.retrying import retry_delivery
from saleor_esd_plugin.events.models import Event


@leaves("license_email_resend", "license_email.resent")
def resend() -> Operation:
    license = make.make_assigned(1)[0]
    return lambda: resend_license_email(license.pk, actor=ACTOR)


@leaves(
    "license_email_resend",
    "end_customer.updated",
    "end_customer.address_changed",
    "license_email.resent",
)
def resend_corrected() -> Operation:
    license = make.make_assigned(1)[0]
    return lambda: resend_license_email(license.pk, email="new@example.com", actor=ACTOR)


@leaves("license_order_receipt_send", "license_order.receipt_sent")
def receipt() -> Operation:
    order = make.make_released(2)[0].order_line.order
    return lambda: send_license_order_receipt(
        order.pk, emails="a@example.com, b@example.com", actor=ACTOR
    )


@leaves("license_delivery_retry", "delivery.retried")
def retried() -> Operation:
    make.make_assigned(1)
    deliveries_of(Event.objects.get(type="license.assigned"))
    delivery = Delivery.objects.get(kind="LICENSE_ASSIGNED")
    Delivery.objects.filter(pk=delivery.pk).update(status="FAILED")
    return lambda: retry_delivery(delivery.pk, actor=ACTOR)
