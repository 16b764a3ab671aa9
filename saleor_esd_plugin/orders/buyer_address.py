"""The buyer's address is the one that the shop has now. No host tells that it changed, so whoever reads looks.

An order's account stays whatever its address becomes: both hosts set the user of an order by an equal
address alone, and an address proves nothing.
"""

from __future__ import annotations

from typing import Optional
from uuid import UUID

from django.db import transaction

from ..accounts.services import readdress_account
from ..events.types import EventType
from ..host import shop
from ..host.types import SYSTEM, Order
from ..licenses.claim_links import void_claim_links_to
from ..licenses.models import Fulfillment, License
from .audit import record_of_order
from .locks import lock_order, lock_order_uuid
from .models import LicenseOrder


@transaction.atomic
def read_buyer_address(license_order_id: UUID) -> LicenseOrder:
    """The order with the buyer's address of this moment, locked until the transaction ends. Raises NotFound."""
    license_order = lock_order(license_order_id)
    follow_buyer_address(license_order, read_head(license_order))
    return license_order


def read_head(license_order: LicenseOrder) -> Optional[Order]:
    """The shop's order without lines and money; None if the shop has deleted it.

    Of a grant, which the shop does not know, what it has of the user whom it is for; None if that is nobody.
    """
    if license_order.is_of_shop:
        return shop.read_order_head(license_order.order_uuid)
    user_ref = license_order.buyer_user_ref
    address = shop.user_email(user_ref)
    if not address:
        return None
    return Order(
        uuid=license_order.order_uuid,
        number=license_order.number,
        created_at=license_order.ordered_at,
        status="OPEN",
        is_paid=True,
        email=address,
        user_ref=user_ref,
        user_email=address,
    )


def note_buyer_address(license_order: LicenseOrder, order: Order) -> None:
    """As `follow_buyer_address`, for callers without the order's lock who may have read `order` long ago."""
    if license_order.follows_user is not None and not _differs(license_order, order):
        return
    lock_order_uuid(license_order.order_uuid)
    license_order.refresh_from_db(fields=["buyer_email", "follows_user", "account"])
    follow_buyer_address(license_order, read_head(license_order))


def follow_buyer_address(
    license_order: LicenseOrder, order: Optional[Order], *, besides: Optional[UUID] = None
) -> None:
    """Bring the buyer's address up to the shop's; again changes nothing. One event, if it is another one.

    The caller holds the order's lock, has read `order` since (None: the shop has deleted it), and locks no
    license afterwards. Unused links that went to the old address, into the account or to a key, are useless
    from now on; what follows by mail says the event, but for the license `besides`.
    """
    if order is None:
        return
    if license_order.follows_user is None:
        # Recorded by a release that did not ask.
        license_order.follows_user = (
            order.has_users_email and order.user_ref == license_order.buyer_user_ref
        )
        license_order.save(update_fields=["follows_user"])
    if not _differs(license_order, order):
        return
    before, after = license_order.buyer_email, _address(license_order, order)
    license_order.buyer_email = after
    license_order.save(update_fields=["buyer_email"])
    lost_invitation = license_order.account_id is not None and readdress_account(
        license_order.account_id, user_ref=order.user_ref, before=before, after=after
    )
    # What was given to an end customer went to another person.
    kept = License.objects.filter(
        order_line__order=license_order, fulfillment=Fulfillment.RELEASED.value
    )
    lost_links = void_claim_links_to(before, kept.values("pk"))
    record_of_order(
        EventType.LICENSE_ORDER_BUYER_ADDRESS_CHANGED,
        license_order,
        actor=SYSTEM,
        before=before,
        after=after,
        lost_invitation=lost_invitation,
        licenses=[str(pk) for pk in lost_links if pk != besides],
    )


def _differs(license_order: LicenseOrder, order: Order) -> bool:
    """Addresses that differ only in case are one."""
    return _address(license_order, order).lower() != license_order.buyer_email.lower()


def _address(license_order: LicenseOrder, order: Order) -> str:
    address = order.buyer_email(
        license_order.buyer_user_ref, follows_user=bool(license_order.follows_user)
    )
    return address[:254]
