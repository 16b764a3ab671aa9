"""What Saleor 3.21 and later do in their own way."""

from __future__ import annotations

from typing import Any, Dict, Sequence, Tuple

from demo.shop import (
    ADDRESS,
    DUMMY_GATEWAY,
    WAREHOUSE_ADDRESS,
    Place,
    Shop,
    without_error_names,
)


class Saleor321(Shop):
    """A shop of Saleor 3.21 or later: channels, prices per channel, `errors` everywhere."""

    AMOUNT = "PositiveDecimal"
    TOKEN_PREFIX = "Bearer"

    def in_host_words(self, document: str) -> str:
        return super().in_host_words(without_error_names(document))

    def make_group(
        self, superuser: str, name: str, permissions: Sequence[str], user_ids: Sequence[str]
    ) -> None:
        self.do(
            """mutation($input: PermissionGroupCreateInput!) {
              permissionGroupCreate(input: $input) { group { id } errors { field message code } }
            }""",
            superuser,
            input={
                "name": name,
                "addPermissions": list(permissions),
                "addUsers": list(user_ids),
                # Without it not even a superuser reaches a channel.
                "restrictedAccessToChannels": False,
            },
        )

    def sell_large_quantities(self, staff: str) -> None:
        self.do(
            """mutation {
              shopSettingsUpdate(input: {limitQuantityPerCheckout: 10000}) {
                shop { name } errors { field message code }
              }
            }""",
            staff,
        )

    def set_up(self, superuser: str, name: str) -> Place:
        channel = self.do(
            """mutation($input: ChannelCreateInput!) {
              channelCreate(input: $input) { channel { id } errors { field message code } }
            }""",
            superuser,
            input={
                "name": name,
                "slug": name,
                "currencyCode": "USD",
                "isActive": True,
                "defaultCountry": "US",
            },
        )["channel"]["id"]
        warehouse = self.do(
            """mutation($input: WarehouseCreateInput!) {
              createWarehouse(input: $input) { warehouse { id } errors { field message code } }
            }""",
            superuser,
            input={
                "name": name,
                "slug": name,
                "email": "warehouse@example.com",
                "address": WAREHOUSE_ADDRESS,
            },
        )["warehouse"]["id"]
        self.update_channel(
            superuser,
            channel,
            addWarehouses=[warehouse],
            orderSettings={"automaticallyConfirmAllNewOrders": True},
        )
        self.do(
            """mutation($input: ShippingZoneCreateInput!) {
              shippingZoneCreate(input: $input) { shippingZone { id } errors { field message code } }
            }""",
            superuser,
            input={
                "name": name,
                "countries": ["US"],
                "addWarehouses": [warehouse],
                "addChannels": [channel],
            },
        )
        product_type = self.do(
            """mutation($name: String!) {
              productTypeCreate(input: {
                name: $name, kind: NORMAL, hasVariants: false, isShippingRequired: false,
                productAttributes: [], variantAttributes: []
              }) { productType { id } errors { field message code } }
            }""",
            superuser,
            name=name,
        )["productType"]["id"]
        category = self.make_category(superuser, name)
        return Place(warehouse, category, product_type, channel, channel_slug=name)

    def update_channel(self, superuser: str, channel: str, **changes: Any) -> None:
        """Only here: what happens to a channel's orders, `orderSettings={"allowUnpaidOrders": True}`."""
        self.do(
            """mutation($id: ID!, $input: ChannelUpdateInput!) {
              channelUpdate(id: $id, input: $input) { channel { id } errors { field message code } }
            }""",
            superuser,
            id=channel,
            input=changes,
        )

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
              productCreate(input: $input) { product { id } errors { field message code } }
            }""",
            staff,
            input={
                "name": name,
                "productType": place.product_type,
                "category": place.category,
                "attributes": [],
            },
        )["product"]["id"]
        self.do(
            """mutation($id: ID!, $channel: ID!) {
              productChannelListingUpdate(id: $id, input: {updateChannels: [{
                channelId: $channel, isPublished: true, visibleInListings: true, isAvailableForPurchase: true
              }]}) { product { id } errors { field message code } }
            }""",
            staff,
            id=product,
            channel=place.channel,
        )
        variant = self.do(
            """mutation($input: ProductVariantCreateInput!) {
              productVariantCreate(input: $input) { productVariant { id } errors { field message code } }
            }""",
            staff,
            input={
                "product": product,
                "sku": sku,
                "trackInventory": tracks_stock,
                "attributes": [],
                "stocks": [{"warehouse": place.warehouse, "quantity": stock}],
            },
        )["productVariant"]["id"]
        self.do(
            """mutation($id: ID!, $channel: ID!, $price: PositiveDecimal!) {
              productVariantChannelListingUpdate(id: $id, input: [{channelId: $channel, price: $price}]) {
                variant { id } errors { field message code }
              }
            }""",
            staff,
            id=variant,
            channel=place.channel,
            price=price,
        )
        return variant

    def checkout(
        self, place: Place, *lines: Tuple[str, int], email: str, authorization: str = ""
    ) -> Dict[str, Any]:
        return self.do(
            """mutation($input: CheckoutCreateInput!) {
              checkoutCreate(input: $input) {
                checkout { id token isShippingRequired totalPrice { gross { amount currency } } }
                errors { field message code }
              }
            }""",
            authorization,
            input={
                "channel": place.channel_slug,
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
            """mutation($id: ID!, $gateway: String!, $token: String!, $amount: PositiveDecimal!) {
              checkoutPaymentCreate(id: $id, input: {
                gateway: $gateway, token: $token, amount: $amount
              }) { payment { id } errors { field message code } }
            }""",
            authorization,
            id=checkout["id"],
            gateway=gateway,
            token=token,
            amount=checkout["totalPrice"]["gross"]["amount"],
        )

    def pay_by_transaction(
        self, staff: str, id: str, gross: Dict[str, Any], reference: str
    ) -> None:
        """Only here: an app or staff tell that a checkout or an order was paid, by bank slip for example."""
        self.do(
            """mutation($id: ID!, $amount: PositiveDecimal!, $currency: String!, $reference: String!) {
              transactionCreate(id: $id, transaction: {
                name: "Bank slip", pspReference: $reference,
                amountCharged: {amount: $amount, currency: $currency}
              }) { transaction { id } errors { field message code } }
            }""",
            staff,
            id=id,
            amount=gross["amount"],
            currency=gross["currency"],
            reference=reference,
        )

    def complete(self, checkout: Dict[str, Any], authorization: str = "") -> Dict[str, Any]:
        return self.do(
            """mutation($id: ID!) {
              checkoutComplete(id: $id) { order { %s } errors { field message code } }
            }"""
            % self.ORDER,
            authorization,
            id=checkout["id"],
        )["order"]

    def draft(self, staff: str, place: Place, *lines: Tuple[str, int], email: str) -> str:
        return self.do(
            """mutation($input: DraftOrderCreateInput!) {
              draftOrderCreate(input: $input) { order { id } errors { field message code } }
            }""",
            staff,
            input={
                "channelId": place.channel,
                "userEmail": email,
                "billingAddress": ADDRESS,
                "shippingAddress": ADDRESS,
                "lines": [{"variantId": id, "quantity": quantity} for id, quantity in lines],
            },
        )["order"]["id"]

    def confirm(self, staff: str, id: str) -> Dict[str, Any]:
        """Only here: staff confirm an order of a channel that does not confirm by itself."""
        return self._order_mutation("orderConfirm(id: $id)", staff, id=id)

    def change_line(self, staff: str, line: str, quantity: int) -> None:
        """Only here: staff change an order line while the order is unconfirmed; 0 removes it."""
        document = (
            """mutation($id: ID!, $quantity: Int!) {
              orderLineUpdate(id: $id, input: {quantity: $quantity}) {
                orderLine { id } errors { field message code }
              }
            }"""
            if quantity
            else """mutation($id: ID!) {
              orderLineDelete(id: $id) { orderLine { id } errors { field message code } }
            }"""
        )
        self.do(document, staff, id=line, **({"quantity": quantity} if quantity else {}))

    def add_line(self, staff: str, order: str, variant: str, quantity: int) -> None:
        """Only here: staff add a line to an unconfirmed order."""
        self.do(
            """mutation($id: ID!, $lines: [OrderLineCreateInput!]!) {
              orderLinesCreate(id: $id, input: $lines) { order { id } errors { field message code } }
            }""",
            staff,
            id=order,
            lines=[{"variantId": variant, "quantity": quantity}],
        )
