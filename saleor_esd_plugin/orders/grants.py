"""Staff give licenses without an order of the shop: a trial, goodwill, what a partner uses himself."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Optional
from uuid import UUID

from django.db import connection, transaction

from ..accounts.access import refuse_own
from ..accounts.addresses import parse_address
from ..accounts.models import Account
from ..accounts.services import find_or_create_account
from ..conf import settings
from ..errors import ForbiddenRole, Invalid, InvalidQuantity, NotFound
from ..events.types import EventType
from ..host import shop
from ..host.db import now
from ..host.types import SYSTEM, Actor
from ..ids import uuid7
from ..keys.ring import keyring
from ..licenses.handover import STAFF_LIMITS, count_reveal, records_blocks
from ..licenses.models import License
from ..licenses.policies.models import LicensePolicy
from ..licenses.units import assign_order_line
from ..permissions import MANAGE_LICENSES
from ..text import SHORTEST_REASON, clean_reason
from .audit import record_of_order
from .errors import TooFewKeysToGrant
from .intake.checkout_details import parse_checkout_details
from .models import ApprovalState, LicenseOrder, LicenseOrderLine, OrderOrigin
from .release import release_approved
from .supply.claiming import choices_of, draw

_OWN = "Somebody else has to grant licenses to you."


@records_blocks
@transaction.atomic
def grant_licenses(
    policy_id: UUID,
    *,
    quantity: int,
    account_id: Optional[UUID] = None,
    email: str = "",
    end_customer_id: Optional[UUID] = None,
    purchase_order_reference: str = "",
    comment: str = "",
    reason: str,
    actor: Actor,
) -> LicenseOrder:
    """So many released licenses of the policy's product, in an order of their own: all of them or none.

    For an account, or for an address, which gets an account as a guest's purchase does. Keys come from the
    pools that a sale to that account would draw on; those that others wait for are theirs. With an end customer of
    the account they are assigned at once, and the activation e-mail follows. Again grants as many more.

    Raises ReasonRequired (10 characters), InvalidQuantity, Required, Invalid, InvalidEmail and its like,
    NotFound (`field` tells of what), ForbiddenRole (one's own account or address), KeyringLocked,
    TooFewKeysToGrant, RevealsUsedUp (an address that is not on file, see `licenses.disclosure`).
    """
    reason = clean_reason(reason, shortest=SHORTEST_REASON)
    words = parse_checkout_details(
        {"purchase_order_reference": purchase_order_reference, "comment": comment}
    )
    if not 1 <= quantity <= settings.max_quantity:
        raise InvalidQuantity(f"Grant 1 to {settings.max_quantity} licenses.", field="quantity")
    policy = LicensePolicy.objects.filter(pk=policy_id, archived_at=None).first()
    product = policy and shop.variant_names(policy.variant_ref)
    if policy is None or product is None:
        raise NotFound(field="policy")
    if policy.is_renewal:
        raise Invalid("A renewal cannot be granted: renew the license itself.", field="policy")
    keyring.verified_keyring(writes=False)
    account = _account(account_id, email, actor)
    moment = now()
    order = _new_order(account, moment, decision_reason=reason, actor=actor, **words)
    line = _new_line(order, policy, quantity, moment, **product)
    choices = choices_of(order, [line])[policy.pk]
    drawn, is_short = draw(order, line, choices, None, moment)
    if is_short:
        raise TooFewKeysToGrant(wanted=quantity, available=sum(each.units for each in drawn))
    record_of_order(
        EventType.LICENSE_GRANTED,
        order,
        actor=actor,
        reason=reason,
        permission=MANAGE_LICENSES,
        number=order.number,
        lines={str(line.pk): quantity},
        choices=[each.event_data() for each in drawn],
    )
    release_approved(order, is_paid=True, actor=SYSTEM)
    if account_id is None:
        _count_sending(line, actor)
    if end_customer_id is not None:
        assign_order_line(
            line.pk,
            quantity=quantity,
            end_customer_id=end_customer_id,
            is_staff=True,
            reason=reason,
            actor=actor,
        )
    return order


def _account(account_id: Optional[UUID], email: str, actor: Actor) -> Account:
    """Whom the licenses are for; never who grants them."""
    if (account_id is None) is not bool(email):
        raise Invalid("Give either “account” or “email”.", field="account")
    if account_id is None:
        address = parse_address(email)
        _refuse_own_address(address, actor)
        return find_or_create_account(
            user_ref="", email=address, name=address, language="", actor=actor
        )
    account = Account.objects.filter(pk=account_id).first()
    if account is None:
        raise NotFound(field="account")
    refuse_own(actor, [account.pk], buyer_refs=[account.user_ref or ""], message=_OWN)
    _refuse_own_address(account.email, actor)
    return account


def _refuse_own_address(address: str, actor: Actor) -> None:
    """A guest's account has no member by whom its owner could be told."""
    if actor.user_ref and address.lower() == actor.label.lower():
        raise ForbiddenRole(_OWN)


def _new_order(account: Account, moment: datetime, *, actor: Actor, **words: str) -> LicenseOrder:
    """Nothing is open of it: approved, confirmed, and paid as an order that costs nothing."""
    # Of version 7, as all of ours; the shop's are of version 4, so that none of its orders is taken for it.
    pk = uuid7()
    user_ref = account.user_ref or ""
    return LicenseOrder.objects.create(
        id=pk,
        order_uuid=pk,
        origin=OrderOrigin.GRANT.value,
        number=_next_number(),
        account=account,
        buyer_user_ref=user_ref,
        buyer_email=shop.user_email(user_ref) or account.email,
        follows_user=bool(user_ref),
        language=account.language,
        # Asked of by pools: it came through no channel, and has no billing address.
        channel="",
        country="",
        approval=ApprovalState.APPROVED.value,
        decided_by=(actor.label or actor.kind)[:254],
        decided_at=moment,
        ordered_at=moment,
        recorded_at=moment,
        confirmed_at=moment,
        paid_at=moment,
        **words,
    )


def _next_number() -> str:
    """A number of our own, such as "G-000123". Sorted by number, grants come after the shop's orders, whose numbers are shorter."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('esd_grant_number')")
        return f"G-{cursor.fetchone()[0]:06}"


def _new_line(
    order: LicenseOrder, policy: LicensePolicy, quantity: int, moment: datetime, **product: Any
) -> LicenseOrderLine:
    pk = uuid7()
    return LicenseOrderLine.objects.create(
        id=pk,
        order=order,
        order_line_ref=str(pk),
        policy=policy,
        variant_ref=policy.variant_ref,
        quantity=quantity,
        approved=quantity,
        allocated_at=moment,
        approval_reasons=[],
        **product,
    )


def _count_sending(line: LicenseOrderLine, actor: Actor) -> None:
    """Keys go to an address that staff have typed: that counts as reading one. Raises RevealsUsedUp."""
    count_reveal(
        License.objects.filter(order_line=line).values_list("pk", flat=True)[0],
        order_id=line.order_id,
        account_id=line.order.account_id,
        actor=actor,
        limits=STAFF_LIMITS,
    )
