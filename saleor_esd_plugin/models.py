"""An index for Django, which looks for models here; each room defines its own."""

from .accounts.models import Account, EndCustomer, Invitation, Member
from .emails.models import Delivery, Reminder, ReminderOptOut
from .events.models import Dispatch, Event, SignsOfLife, Subject, Throttle
from .exports.models import Export
from .host.db import register_permissions
from .keys.models import (
    AvailableKey,
    KeyBatch,
    KeyCheck,
    KeyImport,
    KeyImportChunk,
    KeyPool,
    LicenseKey,
    Reservation,
    ReservedKey,
    StockChange,
    WithheldKey,
)
from .licenses.models import Assignment, ClaimLink, KeyReplacement, License
from .licenses.policies.models import LicensePolicy, RankedPool
from .licenses.reason_models import LicenseReason
from .licenses.term_models import TermChange
from .licenses.view_models import SavedView
from .orders.models import LicenseOrder, LicenseOrderLine, PaymentFact
from .orders.renewals.models import CheckoutRenewal, LicenseRenewal
from .permissions import STAFF_PERMISSIONS
from .webhooks.models import InboundEvent

__all__ = [
    "Account",
    "Assignment",
    "AvailableKey",
    "CheckoutRenewal",
    "ClaimLink",
    "Delivery",
    "Dispatch",
    "EndCustomer",
    "Event",
    "Export",
    "InboundEvent",
    "Invitation",
    "KeyBatch",
    "KeyCheck",
    "KeyImport",
    "KeyImportChunk",
    "KeyPool",
    "KeyReplacement",
    "License",
    "LicenseKey",
    "LicenseOrder",
    "LicenseOrderLine",
    "LicensePolicy",
    "LicenseReason",
    "LicenseRenewal",
    "Member",
    "PaymentFact",
    "RankedPool",
    "Reminder",
    "ReminderOptOut",
    "Reservation",
    "ReservedKey",
    "SavedView",
    "SignsOfLife",
    "StockChange",
    "Subject",
    "TermChange",
    "Throttle",
    "WithheldKey",
]

register_permissions(STAFF_PERMISSIONS)
