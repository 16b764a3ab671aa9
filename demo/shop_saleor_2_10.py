"""What Saleor 2.10 does in its own way."""

from __future__ import annotations

from typing import Any, Dict, Sequence, Tuple

from demo.shop import ADDRESS, DUMMY_GATEWAY, WAREHOUSE_ADDRESS, Place, Shop


class Saleor210(Shop):
    """A shop of Saleor 2.10: no channels, prices on the product, an error field per subject."""

    def make_group(
        self, superuser: str, name: str, permissions: Sequence[str], user_ids: Sequence[str]
    ) -> None:
        self.do(
            """mutation($input: PermissionGroupCreateInput!) {
              permissionGroupCreate(input: $input) {
                group { id } errors: permissionGroupErrors { field message code }
              }
            }""",
            superuser,
            input={"name": name, "addPermissions": list(permissions), "addUsers": list(user_ids)},
        )

    def sell_large_quantities(self, staff: str) -> None:
        pass  # Told by its environment: MAX_CHECKOUT_LINE_QUANTITY.

    def set_up(self, superuser: str, name: str) -> Place:
        zone = self.do(
            """mutation($input: ShippingZoneCreateInput!) {
              shippingZoneCreate(input: $input) {
                shippingZone { id } errors: shippingErrors { field message code }
              }
            }""",
            superuser,
            input={"name": name, "countries": ["US"], "default": False},
        )["shippingZone"]["id"]
        warehouse = self.do(
            """mutation($input: WarehouseCreateInput!) {
              createWarehouse(input: $input) {
                warehouse { id } errors: warehouseErrors { field message code }
              }
            }""",
            superuser,
            input={
                "name": name,
                "slug": name,
                "companyName": name,
                "email": "warehouse@example.com",
                "address": WAREHOUSE_ADDRESS,
                "shippingZones": [zone],
            },
        )["warehouse"]["id"]
        product_type = self.do(
            """mutation($name: String!) {
              productTypeCreate(input: {
                name: $name, hasVariants: false, isShippingRequired: false, isDigital: true,
                productAttributes: [], variantAttributes: []
              }) { productType { id } errors: productErrors { field message code } }
            }""",
            superuser,
            name=name,
        )["productType"]["id"]
        return Place(warehouse, self.make_category(superuser, name), product_type)

    def make_product(
        self,
        staff: str,
        place: Place,
        *,
        name: str,
        sku: str,
        price: float,
        stock: int = 100,
        tracks_stock: bool = True,
    ) -> str:
        product = self.do(
            """mutation($input: ProductCreateInput!) {
              productCreate(input: $input) {
                product { variants { id } } errors: productErrors { field message code }
              }
            }""",
            staff,
            input={
                "name": name,
                "productType": place.product_type,
                "category": place.category,
                "basePrice": price,
                "isPublished": True,
                "sku": sku,
                "trackInventory": tracks_stock,
                "attributes": [],
                "stocks": [{"warehouse": place.warehouse, "quantity": stock}],
            },
        )["product"]
        return product["variants"][0]["id"]

    def checkout(
        self, place: Place, *lines: Tuple[str, int], email: str, authorization: str = ""
    ) -> Dict[str, Any]:
        return self.do(
            """mutation($input: CheckoutCreateInput!) {
              checkoutCreate(input: $input) {
                checkout { id token isShippingRequired totalPrice { gross { amount currency } } }
                errors: checkoutErrors { field message code }
              }
            }""",
            authorization,
            input={
                "email": email,
                "billingAddress": ADDRESS,
                "lines": [{"variantId": id, "quantity": quantity} for id, quantity in lines],
            },
        )["checkout"]

    def pay(
        self,
        checkout: Dict[str, Any],
        authorization: str = "",
        *,
        gateway: str = DUMMY_GATEWAY,
        token: str = "fully-charged",
    ) -> None:
        self.do(
            """mutation($id: ID!, $gateway: String!, $token: String!, $amount: Decimal!) {
              checkoutPaymentCreate(checkoutId: $id, input: {
                gateway: $gateway, token: $token, amount: $amount
              }) { payment { id } errors: paymentErrors { field message code } }
            }""",
            authorization,
            id=checkout["id"],
            gateway=gateway,
            token=token,
            amount=checkout["totalPrice"]["gross"]["amount"],
        )

    def complete(self, checkout: Dict[str, Any], authorization: str = "") -> Dict[str, Any]:
        return self.do(
            """mutation($id: ID!) {
              checkoutComplete(checkoutId: $id) {
                order { %s } errors: checkoutErrors { field message code }
              }
            }"""
            % self.ORDER,
            authorization,
            id=checkout["id"],
        )["order"]

    def draft(self, staff: str, place: Place, *lines: Tuple[str, int], email: str) -> str:
        # Without a shipping address: 2.10 cannot complete a draft of digital lines that has one.
        return self.do(
            """mutation($input: DraftOrderCreateInput!) {
              draftOrderCreate(input: $input) {
                order { id } errors: orderErrors { field message code }
              }
            }""",
            staff,
            input={
                "userEmail": email,
                "billingAddress": ADDRESS,
                "lines": [{"variantId": id, "quantity": quantity} for id, quantity in lines],
            },
        )["order"]["id"]
