"""What the plugin tells of itself: whom its mail comes from, and whether it works."""

from __future__ import annotations

from typing import Any, Dict, List

import graphene

from .. import __version__
from ..emails.sender import Sender, sender
from ..health import Health, examine
from ..host.graphql import DateTime
from ..host.types import Actor
from ..orders.blockers import orders_waiting_by_reason
from ..permissions import STAFF_PERMISSIONS
from .base import anyone, nested, root_query, staff_with
from .licenses.enums import LicenseWaitingReason


class LicenseSender(graphene.ObjectType):
    """Whom all our mail comes from, so that people can allow-list it."""

    name = graphene.String(required=True, description="The name shown; may be empty.")
    address = graphene.String(
        required=True, description="The one address; empty while the shop has none."
    )


class LicenseWaitingOrders(graphene.ObjectType):
    """How many orders wait for something."""

    reason = graphene.Field(LicenseWaitingReason, required=True, description="For what.")
    orders = graphene.Int(required=True, description="How many; an order may wait for several.")


class LicenseFailingStep(graphene.ObjectType):
    """A step of the sweep that failed. The others were done all the same."""

    step = graphene.String(required=True, description="Its name, a line of `esd_reconcile`.")
    since = graphene.Field(
        DateTime, required=True, description="The first sweep that it failed in."
    )
    times = graphene.Int(required=True, description="In how many sweeps in a row it has failed.")
    error = graphene.String(
        required=True,
        description="The types of what went wrong the last time, with commas between them. The log says where.",
    )


class LicenseHealth(graphene.ObjectType):
    """Whether the plugin works."""

    is_active = graphene.Boolean(
        required=True,
        description="False: staff have switched the plugin off. It records, releases and mails nothing.",
    )
    is_unlocked = graphene.Boolean(
        required=True,
        description="False: without the right key ring orders are recorded, but no key is handed out.",
    )
    swept_at = graphene.Field(
        DateTime, description="When a sweep last came to its end. Null: none ever has."
    )
    is_sweep_late = graphene.Boolean(
        required=True,
        description="No sweep came to its end in the last 5 minutes: what was missed stays missed.",
    )
    failing_steps = graphene.List(
        graphene.NonNull(LicenseFailingStep),
        required=True,
        description="Steps of the sweep that failed in the last one. One is left out again once a sweep has done it.",
    )
    mails_failing_since = graphene.Field(
        DateTime,
        description="Since then no mail could be handed to a mail server. Null: the last one could.",
    )
    broker_answers = graphene.Boolean(
        description="Celery's broker answers. False: workers are not woken, the sweep does their work. Null: "
        "there is no broker, tasks run within requests."
    )
    broker_down_since = graphene.Field(
        DateTime,
        description="When this process of the shop noticed that the broker does not answer. Null: it does.",
    )
    waiting_orders = graphene.List(
        graphene.NonNull(LicenseWaitingOrders),
        required=True,
        description="How many orders wait, by what they wait for. What none waits for is left out.",
    )
    problems = graphene.List(
        graphene.NonNull(graphene.String),
        required=True,
        description="What operators have to correct, in sentences that name settings.",
    )
    version = graphene.String(required=True, description="The version of the plugin.")

    @staticmethod
    @nested
    def resolve_waiting_orders(root: Health, info: Any) -> List[Dict[str, Any]]:
        counts = orders_waiting_by_reason()
        return [{"reason": reason, "orders": count} for reason, count in counts.items() if count]

    @staticmethod
    def resolve_version(root: Health, info: Any) -> str:
        return __version__


@root_query(anyone)
def resolve_license_sender(actor: Actor, info: Any) -> Sender:
    return sender()


@root_query(staff_with(*STAFF_PERMISSIONS))
def resolve_license_health(actor: Actor, info: Any) -> Health:
    return examine()


QUERIES = {
    "license_sender": graphene.Field(
        graphene.NonNull(LicenseSender),
        resolver=resolve_license_sender,
        description="Whom all our mail comes from. For everybody.",
    ),
    "license_health": graphene.Field(
        graphene.NonNull(LicenseHealth),
        resolver=resolve_license_health,
        description="Whether the plugin works. For staff with any of our permissions.",
    ),
}
