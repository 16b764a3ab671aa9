"""What every chapter works with: the shop, the people signed in, and a few questions that are asked often."""

from __future__ import annotations

from typing import Any, Dict, Tuple

from demo import cast, documents, web
from demo.narrator import Narrator
from demo.shop import Place, open_shop


class Scene:
    """The seeded shop. `tell` is the narrator; `owner`, `staff`, `rita`, `ada`, `gina` are authorizations."""

    def __init__(self, tell: Narrator):
        seeded = cast.read_seeded()
        self.tell, self.shop = tell, open_shop(web.post)
        self.place = Place(*seeded["place"])
        self._variants, self._pools = seeded["variants"], seeded["pools"]
        self.owner, self.staff, self.rita, self.ada, self.gina = (
            self.shop.sign_in(person.email, cast.PASSWORD)
            for person in (cast.OWNER, cast.APPROVER, cast.RESELLER, cast.SHOPPER, cast.GUEST)
        )

    def line(self, product: cast.Product, quantity: int) -> Tuple[str, int]:
        """For a checkout."""
        return self._variants[product.sku], quantity

    def buy(self, product: cast.Product, quantity: int, email: str, authorization: str = "") -> str:
        """Checkout and payment in one go; the id of Saleor's order."""
        line = self.line(product, quantity)
        return self.shop.buy(self.place, line, email=email, authorization=authorization)["id"]

    def license_order(self, order: str, authorization: str = "") -> Dict[str, Any]:
        """Our side of Saleor's order, as staff see it unless said otherwise."""
        return self.shop.do(documents.ORDER, authorization or self.staff, order=order)

    def approve(self, order: str, **details: Any) -> Dict[str, Any]:
        """Staff approve; the license order then."""
        answer = self.shop.do(documents.APPROVE, self.staff, input={"id": order, **details})
        return answer["licenseOrder"]

    def pool(self, product: cast.Product) -> str:
        """The id of the pool that its keys come from."""
        return self._pools[product.sku]

    def stock(self, product: cast.Product) -> Dict[str, Any]:
        """How that pool stands: `lowStockAt`, `health`."""
        return self.shop.do(documents.POOL_HEALTH, self.staff, pool=self.pool(product))

    def free_keys(self, product: cast.Product) -> int:
        """Keys of the product's pool that can be sold."""
        return self.stock(product)["health"]["available"]

    def shop_status(self, order: str) -> str:
        """The status of Saleor's own order."""
        return self.shop.order(self.owner, order)["status"]


def stand(order: Dict[str, Any]) -> Tuple[str, str]:
    """("4 of 6", "PARTIALLY_RELEASED")."""
    return order["availability"]["text"], order["status"]


def waiting(order: Dict[str, Any]) -> Dict[str, int]:
    """What the order's units wait for, with how many."""
    return {each["reason"]: each["quantity"] for each in order["waiting"]}


def nodes(connection: Dict[str, Any]) -> list:
    """The nodes of a list."""
    return [edge["node"] for edge in connection["edges"]]
