"""The names of what happens: the record and what became of it."""

from __future__ import annotations

from django.db import models


class EventType(models.TextChoices):
    LICENSE_ORDER_RECORDED = "license_order.recorded"
    LICENSE_ORDER_CHANGED = (
        "license_order.changed"  # its lines were edited while it was unconfirmed
    )
    LICENSE_ORDER_ALLOCATED = "license_order.allocated"
    LICENSE_ORDER_BACKORDERED = "license_order.backordered"
    LICENSE_ORDER_APPROVED = "license_order.approved"
    LICENSE_ORDER_REJECTED = "license_order.rejected"
    LICENSE_ORDER_PAID = "license_order.paid"
    LICENSE_ORDER_CONFIRMED = "license_order.confirmed"
    LICENSE_ORDER_CANCELLED = "license_order.cancelled"
    LICENSE_ORDER_PARTIALLY_REFUNDED = "license_order.partially_refunded"
    LICENSE_ORDER_REFUNDED = "license_order.refunded"
    LICENSE_ORDER_RETURN_NAMED = "license_order.return_named"
    LICENSE_ORDER_REFUND_SETTLED = "license_order.refund_settled"
    LICENSE_ORDER_DISPUTED = "license_order.disputed"
    LICENSE_ORDER_DISPUTE_CLOSED = "license_order.dispute_closed"
    LICENSE_ORDER_RECEIPT_SENT = "license_order.receipt_sent"
    LICENSE_RELEASED = "license.released"
    LICENSE_ASSIGNED = "license.assigned"
    LICENSE_RECALLED = "license.recalled"
    LICENSE_RETURNED = "license.returned"
    LICENSE_SUSPENDED = "license.suspended"
    LICENSE_REINSTATED = "license.reinstated"
    LICENSE_EMAIL_RESENT = "license_email.resent"
    LICENSE_KEY_REVEALED = "license_key.revealed"
    LICENSE_KEY_CLAIMED = "license_key.claimed"
    LICENSE_KEY_REVOKED = "license_key.revoked"
    LICENSE_POLICY_CREATED = "license_policy.created"
    LICENSE_POLICY_UPDATED = "license_policy.updated"
    LICENSE_POLICY_DELETED = "license_policy.deleted"
    KEY_POOL_CREATED = "key_pool.created"
    KEY_POOL_UPDATED = "key_pool.updated"
    KEY_BATCH_IMPORTED = "key_batch.imported"
    KEY_BATCH_QUARANTINED = "key_batch.quarantined"
    ACCOUNT_CREATED = "account.created"
    ACCOUNT_UPDATED = "account.updated"
    INVITATION_ACCEPTED = "invitation.accepted"
    END_CUSTOMER_CREATED = "end_customer.created"
    END_CUSTOMER_UPDATED = "end_customer.updated"
    END_CUSTOMER_DELETED = "end_customer.deleted"
    DELIVERY_FAILED = "delivery.failed"
    DECRYPT_TAMPERED = "decrypt.tampered"
    RATE_BLOCKED = "rate.block"
    WEBHOOK_MISMATCH = "webhook.mismatch"
