"""The shop of `demo/shop.py` through Django's test client, and a market in it: for whole sales, really committed."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any, Dict, List, Optional, Tuple
from uuid import UUID

import build
import factories
import lane
from django.db import connection
from django.test import Client

from demo import documents, people
from demo.shop import Place, Shop
from demo.shop import open_shop as open_shop_with
from saleor_esd_plugin.host import shop as shop_door
from saleor_esd_plugin.host.refs import split_global_id
from saleor_esd_plugin.keys.models import AvailableKey
from saleor_esd_plugin.licenses.models import License
from saleor_esd_plugin.orders.models import LicenseOrder

PASSWORD = "pw"

# Places by database and settings, set up once: what live_db commits stays for the module.
_places: Dict[Tuple[str, str], Place] = {}


def post(document: str, variables: Dict[str, Any], authorization: str) -> Dict[str, Any]:
    """One request of its own, as a browser would send it."""
    headers = {"HTTP_AUTHORIZATION": authorization} if authorization else {}
    answer = Client().post(
        "/graphql/",
        json.dumps({"query": document, "variables": variables}),
        content_type="application/json",
        **headers,
    )
    return answer.json()


def open_shop() -> Shop:
    """The shop of this lane."""
    return open_shop_with(post)


class Market:
    """One shop, its superuser signed in as `owner`, and a place to sell at.

    `unique` is what the fixture live_db gives. With `order_settings` (3.x) it is a place, and so a channel, of
    its own, whose orders go that way.
    """

    def __init__(self, unique: Any, **order_settings: Any):
        self.unique, self.shop = unique, open_shop()
        user = people.make_user(
            unique("owner") + "@shop.example", PASSWORD, is_staff=True, is_superuser=True
        )
        self.owner = self.shop.sign_in(user.email, PASSWORD)
        if lane.host() != "2.10":
            # A superuser of Saleor 3 reaches no channel before being in such a group.
            self.shop.make_group(
                self.owner, unique("all"), ["MANAGE_ORDERS"], [people.user_id(user)]
            )
        key = connection.settings_dict["NAME"], str(order_settings)
        if key not in _places:
            _places[key] = self.shop.set_up(self.owner, unique("place"))
            if order_settings:
                channel = _places[key].channel
                self.shop.update_channel(self.owner, channel, orderSettings=order_settings)
        self.place = _places[key]

    def product(
        self,
        keys: int = 0,
        *,
        is_generated: bool = False,
        stock: int = 100,
        price: float = 10,
        **policy: Any,
    ) -> SimpleNamespace:
        """A licensed product: `id` (of its variant in the API), `ref`, `name`, `pool`, `policy`, clear `keys`."""
        name = self.unique("Editor")
        variant = self.shop.make_product(
            self.owner, self.place, name=name, sku=name, price=price, stock=stock
        )
        pool = factories.make_pool(is_generated=is_generated)
        clear = factories.fresh_keys(keys)
        if keys:
            factories.add_keys(pool, clear)
        ref = ref_of(variant)
        made = factories.make_policy(pool, variant=build.find_variant(ref), **policy)
        return SimpleNamespace(id=variant, ref=ref, name=name, pool=pool, policy=made, keys=clear)

    def person(
        self, prefix: str = "buyer", *permissions: str, address: str = ""
    ) -> SimpleNamespace:
        """Somebody who is signed in: `email`, `user`, `authorization`; with permissions a member of staff."""
        address = address or f"{self.unique(prefix)}@example.com"
        user = people.make_user(address, PASSWORD, is_staff=bool(permissions))
        if permissions:
            build.grant(user, *permissions)
        authorization = self.shop.sign_in(user.email, PASSWORD)
        return SimpleNamespace(email=user.email, user=user, authorization=authorization)

    def reseller(self, staff: SimpleNamespace) -> SimpleNamespace:
        """A person whose account staff have marked as a reseller's, before the first purchase."""
        person = self.person("reseller")
        given = {"user": people.user_id(person.user), "isReseller": True}
        self.shop.do(documents.ACCOUNT_CREATE, staff.authorization, input=given)
        return person

    def license_order(self, order: Dict[str, Any], person: SimpleNamespace) -> Any:
        """Our side of Saleor's order as that person sees it."""
        return self.shop.do(documents.ORDER, person.authorization, order=order["id"])

    def approve(self, staff: SimpleNamespace, order: Dict[str, Any], **details: Any) -> Any:
        """Staff approve; the answer of `licenseOrderApprove`."""
        given = {"id": order["id"], **details}
        return self.shop.do(documents.APPROVE, staff.authorization, input=given)

    def buy(
        self,
        product: SimpleNamespace,
        quantity: int = 1,
        *,
        email: str = "",
        authorization: str = "",
    ) -> Dict[str, Any]:
        """Saleor's order of a checkout that was paid by card."""
        return self.shop.buy(
            self.place,
            (product.id, quantity),
            email=email or f"{self.unique('guest')}@example.com",
            authorization=authorization,
        )

    def order(self, order: Dict[str, Any]) -> Dict[str, Any]:
        """Saleor's order as its staff see it now."""
        return self.shop.order(self.owner, order["id"])


def nodes(connection: Dict[str, Any]) -> List[Dict[str, Any]]:
    """The nodes of a list of the API."""
    return [edge["node"] for edge in connection["edges"]]


def ref_of(global_id: str) -> str:
    """The primary key within an id of the API."""
    found = split_global_id(global_id)
    assert found, global_id
    return found[1]


def order_uuid_of(order: Dict[str, Any]) -> UUID:
    """The uuid that our rows name Saleor's order by."""
    from saleor.order.models import Order

    return shop_door.order_uuid_of(Order.objects.get(pk=ref_of(order["id"])))


def find_license_order(order: Dict[str, Any]) -> Optional[LicenseOrder]:
    """Our record of Saleor's order, or None."""
    return LicenseOrder.objects.filter(order_uuid=order_uuid_of(order)).first()


def states(order: Dict[str, Any]) -> List[str]:
    """The fulfillment of each license of Saleor's order, by unit index, the ended ones too."""
    licenses = License.objects.filter(order_line__order=find_license_order(order))
    rows = licenses.order_by("order_line", "unit_index", "pk")
    return list(rows.values_list("fulfillment", flat=True))


def free_keys(product: SimpleNamespace) -> int:
    """How many keys of the product's pool are for sale."""
    return AvailableKey.objects.filter(pool=product.pool).count()


def shop_stock(product: SimpleNamespace) -> List[int]:
    """`Stock.quantity` of each stock row of the variant."""
    from saleor.warehouse.models import Stock

    rows = Stock.objects.filter(product_variant_id=product.ref).order_by("pk")
    return list(rows.values_list("quantity", flat=True))
