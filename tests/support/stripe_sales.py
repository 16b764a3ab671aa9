"""What a sale that Stripe tells of has come to, and where Saleor's own plugin hears of it."""

from __future__ import annotations

from collections import Counter

from shop import find_license_order

from saleor_esd_plugin.events.models import Event
from saleor_esd_plugin.licenses.models import License


def happened(order):
    """How often what happened to the order."""
    events = Event.objects.filter(order_id=find_license_order(order).pk)
    return Counter(events.values_list("type", flat=True))


def amounts(order):
    """What we know of the order's money: captured, refunded, charged back, refunded and still open."""
    found = find_license_order(order)
    return tuple(
        map(float, (found.captured, found.refunded, found.charged_back, found.open_refund))
    )


def suspended(order):
    """Whether each license of the order is, by unit index."""
    licenses = License.objects.filter(order_line__order=find_license_order(order))
    return [one.is_suspended for one in licenses.order_by("unit_index", "pk")]


def saleors_receiver(market, sdk):
    """The address and the secret of Saleor's own endpoint at Stripe."""
    from saleor.plugins.models import PluginConfiguration

    (registered,) = sdk.WebhookEndpoint.list().data
    row = PluginConfiguration.objects.get(
        identifier="saleor.payments.stripe", channel__slug=market.place.channel_slug
    )
    values = {one["name"]: one["value"] for one in row.configuration}
    return registered.url, values["webhook_secret_key"]
