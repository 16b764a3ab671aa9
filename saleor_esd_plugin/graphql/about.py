"""What the plugin tells of itself: whom its mail comes from, and whether it works."""

from __future__ import annotations

from typing import Any, List

import graphene

from .. import __version__
from ..emails.sender import Sender, sender
from ..host.types import Actor
from ..keys import key_checks, keyring
from ..keys.uniqueness import missing_index_keys
from ..permissions import STAFF_PERMISSIONS
from .base import anyone, root_query, staff_with


class LicenseSender(graphene.ObjectType):
    """Whom all our mail comes from, so that people can allow-list it."""

    name = graphene.String(required=True, description="The name shown; may be empty.")
    address = graphene.String(
        required=True, description="The one address; empty while the shop has none."
    )


class LicenseHealth(graphene.ObjectType):
    """Whether the plugin works."""

    is_unlocked = graphene.Boolean(
        required=True,
        description="False: without the right key ring orders are recorded, but no key is handed out.",
    )
    problems = graphene.List(
        graphene.NonNull(graphene.String),
        required=True,
        description="What operators have to correct, in sentences that name settings.",
    )
    version = graphene.String(required=True, description="The version of the plugin.")


@root_query(anyone)
def resolve_license_sender(actor: Actor, info: Any) -> Sender:
    return sender()


@root_query(staff_with(*STAFF_PERMISSIONS))
def resolve_license_health(actor: Actor, info: Any) -> LicenseHealth:
    locked: List[str] = [problem.text for problem in keyring.problems()]
    lacking: List[str] = []
    if not locked:
        ring = keyring.load_keyring()
        locked = list(key_checks.disagreements(ring, writes=False))
        # Locks nothing but imports.
        lacking = [] if locked else missing_index_keys(ring)
    return LicenseHealth(is_unlocked=not locked, problems=locked + lacking, version=__version__)


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
