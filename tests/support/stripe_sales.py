"""What a sale that Stripe tells of has come to, and where Saleor's own plugin hears of it."""

from __future__ import annotations

from collections import Counter

import factories
from shop import find_license_order
from stripe_lane import pay

from saleor_esd_plugin.events.models import Event
from saleor_esd_plugin.licenses.models import License
from saleor_esd_plugin.orders.approval import approve_license_order


def released_sale(sdk, quantity):
    """So many units for 10.00 each, released: our order, and its payment's id. For what begins after a sale."""
    intent = pay(sdk, amount=1000 * quantity)
    policy = factories.make_policy(keys=quantity, approval="AUTOMATIC", sends_key_to_buyer=False)
    order = factories.make_license_order(quantity, policy=policy, payment_ref=intent.id)
    approve_license_order(order.pk, actor=factories.STAFF)
    return order, intent.id


def authorised_sale(sdk, quantity):
    """The same, approved, while its money is only authorised."""
    intent = pay(sdk, amount=1000 * quantity, capture_method="manual")
    order = factories.make_license_order(quantity, paid=False, payment_ref=intent.id)
    approve_license_order(order.pk, actor=factories.STAFF)
    return order, intent.id


def happened(order):
    """How often what happened to the order, Saleor's or ours."""
    events = Event.objects.filter(order_id=_ours(order).pk)
    return Counter(events.values_list("type", flat=True))


def amounts(order):
    """What we know of the order's money: captured, refunded, charged back, refunded and still open."""
    found = _ours(order)
    return tuple(
        map(float, (found.captured, found.refunded, found.charged_back, found.open_refund))
    )


def suspended(order):
    """Whether each license of the order is, by unit index."""
    licenses = License.objects.filter(order_line__order=_ours(order))
    return [one.suspended_at is not None for one in licenses.order_by("unit_index", "pk")]


def saleors_receiver(market, sdk):
    """The address and the secret of Saleor's own endpoint at Stripe."""
    from saleor.plugins.models import PluginConfiguration

    (registered,) = sdk.WebhookEndpoint.list().data
    row = PluginConfiguration.objects.get(
        identifier="saleor.payments.stripe", channel__slug=market.place.channel_slug
    )
    values = {one["name"]: one["value"] for one in row.configuration}
    return registered.url, values["webhook_secret_key"]


def _ours(order):
    """Our order of Saleor's, or itself, as it is now."""
    if isinstance(order, dict):
        return find_license_order(order)
    order.refresh_from_db()
    return order
