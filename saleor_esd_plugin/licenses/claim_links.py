"""Single-use links to a key (CLAIM_LINK): looking shows nothing and uses nothing, claiming gives the key."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Iterable, List, Optional, Tuple
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from ..accounts.addresses import as_mailed
from ..conf import settings
from ..errors import DeadLink
from ..events.record import record
from ..events.types import EventType
from ..host.db import now
from ..host.types import Actor
from ..keys.ring import vault
from ..keys.secret import SecretKey
from ..keys.stock import lifecycle as key_lifecycle
from ..tokens import is_token, new_token, token_hash
from .locks import lock_license
from .models import USABLE, ClaimLink, License


@transaction.atomic
def issue_claim_link(license_id: UUID, *, email: str) -> str:
    """A new token for the license and address; links to it that were not used yet die.

    The token is in this answer only; the row keeps its hash.
    """
    moment = now()
    void_claim_links([license_id], moment=moment)
    token = new_token()
    ClaimLink.objects.create(
        license_id=license_id,
        email=email,
        token_hash=token_hash(token),
        created_at=moment,
        expires_at=moment + timedelta(days=settings.claim_days),
    )
    return token


def void_claim_links_to(email: str, licenses: QuerySet) -> List[UUID]:
    """Make every unused link to these licenses that went to this address useless; ids of those licenses."""
    unused = ClaimLink.objects.filter(
        license__in=licenses, email__iexact=as_mailed(email), claimed_at=None, voided_at=None
    )
    # Locked first: who claims one this moment is faster, or gets nothing.
    locked = unused.select_for_update(of=("self",)).order_by("license_id", "pk")
    found = dict(locked.values_list("pk", "license_id"))
    ClaimLink.objects.filter(pk__in=list(found)).update(voided_at=now())
    return list(dict.fromkeys(found.values()))


def void_claim_links(license_ids: Iterable[UUID], *, moment: datetime) -> None:
    """Make every unused link to these licenses useless."""
    ClaimLink.objects.filter(
        license_id__in=list(license_ids), claimed_at=None, voided_at=None
    ).update(voided_at=moment)


def find_claim(token: str) -> Optional[License]:
    """The license that a usable link leads to, or None; uses nothing up, however often."""
    link = _usable(token)
    return link.license if link else None


def claim_license_key(token: str, *, actor: Actor) -> Tuple[License, SecretKey]:
    """The key behind a link, once (T-CLM-01). The event and the end of the link commit before the answer.

    Used, expired, voided, unknown and garbage tokens all raise the same DeadLink.
    """
    link = _usable(token)
    if link is None:
        raise DeadLink()
    # Opened first: a locked ring must not use the link up.
    secret = vault.decrypt(link.license.key)
    with transaction.atomic():
        license = lock_license(link.license_id)
        moment = now()
        used = ClaimLink.objects.filter(
            pk=link.pk, claimed_at=None, voided_at=None, expires_at__gt=moment
        ).update(claimed_at=moment)
        if not used or not license.is_usable_at(moment):
            raise DeadLink()
        key_lifecycle.mark_revealed([license.key_id], moment)
        record(
            EventType.LICENSE_KEY_CLAIMED,
            license.pk,
            actor=actor,
            order_id=link.license.order_line.order_id,
            account_id=license.account_id,
            suffix=license.key.suffix,
            recipient=link.email,
        )
    return license, secret


def _usable(token: str) -> Optional[ClaimLink]:
    if not is_token(token):
        return None
    return (
        ClaimLink.objects.select_related(
            "license__key__pool", "license__policy", "license__order_line"
        )
        .filter(
            token_hash=token_hash(token),
            claimed_at=None,
            voided_at=None,
            expires_at__gt=now(),
            license__in=License.objects.filter(USABLE),
        )
        .first()
    )
