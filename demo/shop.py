"""A Saleor shop as its customers and staff reach it: through /graphql/, nothing else.

`Shop` has what both hosts do by the same document; what they do differently is in `shop_saleor_2_10.py` and
`shop_saleor_3_21.py`, under the same names. The demo talks HTTP, the tests talk to Django's test client: both give
a `post(document, variables, authorization) -> answer`. An `authorization` is the whole value of that header, empty
for visitors.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from importlib.util import find_spec
from typing import Any, Callable, Dict, List, NamedTuple, Sequence, Tuple

Post = Callable[[str, Dict[str, Any], str], Dict[str, Any]]

ADDRESS = {
    "firstName": "Ada",
    "lastName": "Lovelace",
    "companyName": "Analytical Engines",
    "streetAddress1": "Main Street 1",
    "city": "New York",
    "postalCode": "10001",
    "countryArea": "NY",
    "country": "US",
    "phone": "+12125551234",
}
WAREHOUSE_ADDRESS = {
    name: ADDRESS[name]
    for name in ("streetAddress1", "city", "postalCode", "countryArea", "country")
}
DUMMY_GATEWAY = "mirumee.payments.dummy"
# The demo's own, see gateway.py.
SLIP_GATEWAY = "demo.payments.slip"


class Refused(Exception):
    """The shop said no. `codes` are those of a mutation's `errors`, or of the answer as a whole."""

    def __init__(self, errors: List[Dict[str, Any]]):
        super().__init__("; ".join(str(error.get("message")) for error in errors))
        self.errors = errors
        self.codes = [_code(error) for error in errors]


def _code(error: Dict[str, Any]) -> str:
    return error.get("code") or ((error.get("extensions") or {}).get("exception") or {}).get(
        "code", ""
    )


class Place(NamedTuple):
    """Where products are sold and kept; ids of the API. `channel` is empty on 2.10, `channel_slug` too."""

    warehouse: str
    category: str
    product_type: str
    channel: str = ""
    channel_slug: str = ""


class Shop(ABC):
    """One shop. Methods that staff use take the staff's `authorization` first."""

    # The type of an amount as a variable, and what stands in front of a user's token.
    AMOUNT = "Decimal"
    TOKEN_PREFIX = "JWT"

    def __init__(self, post: Post):
        self.post = post

    def ask(self, document: str, authorization: str = "", **variables: Any) -> Dict[str, Any]:
        """`data` of the answer. Raises Refused if anything in it was."""
        answer = self.post(self.in_host_words(document), variables, authorization)
        errors = list(answer.get("errors") or [])
        data = answer.get("data") or {}
        for field in data.values():
            if isinstance(field, dict):
                errors += field.get("errors") or []
        if errors:
            raise Refused(errors)
        return data

    def do(self, document: str, authorization: str = "", **variables: Any) -> Any:
        """The answer of the first field."""
        return next(iter(self.ask(document, authorization, **variables).values()))

    def in_host_words(self, document: str) -> str:
        """The document as this host wants it. Written here: 2.10's names of error fields, AMOUNT for amounts."""
        return document.replace("AMOUNT", self.AMOUNT)

    # People

    def sign_in(self, email: str, password: str) -> str:
        """The `authorization` of that user."""
        answer = self.do(
            """mutation($email: String!, $password: String!) {
              tokenCreate(email: $email, password: $password) {
                token errors: accountErrors { field message code }
              }
            }""",
            email=email,
            password=password,
        )
        return f"{self.TOKEN_PREFIX} {answer['token']}"

    def make_app(self, staff: str, name: str, permissions: Sequence[str]) -> str:
        """The `authorization` of a new app with these permissions."""
        answer = self.do(
            """mutation($name: String!, $permissions: [PermissionEnum!]) {
              appCreate(input: {name: $name, permissions: $permissions}) {
                authToken errors: appErrors { field message code }
              }
            }""",
            staff,
            name=name,
            permissions=list(permissions),
        )
        return f"Bearer {answer['authToken']}"

    # Products

    def make_category(self, staff: str, name: str) -> str:
        answer = self.do(
            """mutation($name: String!) {
              categoryCreate(input: {name: $name}) {
                category { id } errors: productErrors { field message code }
              }
            }""",
            staff,
            name=name,
        )
        return answer["category"]["id"]

    # Checkouts

    def set_metadata(self, id: str, values: Dict[str, str], authorization: str = "") -> None:
        """Public metadata of anything; of a checkout anybody may set it who has its id."""
        self.do(
            """mutation($id: ID!, $values: [MetadataInput!]!) {
              updateMetadata(id: $id, input: $values) {
                item { __typename } errors: metadataErrors { field message code }
              }
            }""",
            authorization,
            id=id,
            values=[{"key": key, "value": value} for key, value in values.items()],
        )

    def buy(
        self, place: Place, *lines: Tuple[str, int], email: str, authorization: str = ""
    ) -> Dict[str, Any]:
        """Checkout, payment, order in one go; the order. `lines` are (variant id, quantity)."""
        checkout = self.checkout(place, *lines, email=email, authorization=authorization)
        self.pay(checkout, authorization)
        return self.complete(checkout, authorization)

    # Orders

    ORDER = (
        "id number status isPaid paymentStatus userEmail lines { id quantity quantityFulfilled }"
    )

    def order(self, staff: str, id: str) -> Dict[str, Any]:
        """The order as Saleor's own staff see it."""
        return self.do(
            """query($id: ID!) { order(id: $id) {
              %s fulfillments { id status lines { quantity } }
            } }"""
            % self.ORDER,
            staff,
            id=id,
        )

    def mark_as_paid(self, staff: str, id: str) -> Dict[str, Any]:
        return self._order_mutation("orderMarkAsPaid(id: $id)", staff, id=id)

    def cancel(self, staff: str, id: str) -> Dict[str, Any]:
        return self._order_mutation("orderCancel(id: $id)", staff, id=id)

    def refund(self, staff: str, id: str, amount: float) -> Dict[str, Any]:
        return self._order_mutation(
            "orderRefund(id: $id, amount: $amount)",
            staff,
            ", $amount: AMOUNT!",
            id=id,
            amount=amount,
        )

    def complete_draft(self, staff: str, id: str) -> Dict[str, Any]:
        return self._order_mutation("draftOrderComplete(id: $id)", staff, id=id)

    def cancel_fulfillments(self, staff: str, id: str, place: Place) -> None:
        """What staff have to do before a fulfilled order can be cancelled."""
        for fulfillment in self.order(staff, id)["fulfillments"]:
            self.do(
                """mutation($id: ID!, $warehouse: ID!) {
                  orderFulfillmentCancel(id: $id, input: {warehouseId: $warehouse}) {
                    order { id } errors: orderErrors { field message code }
                  }
                }""",
                staff,
                id=fulfillment["id"],
                warehouse=place.warehouse,
            )

    def _order_mutation(
        self, call: str, staff: str, types: str = "", **variables: Any
    ) -> Dict[str, Any]:
        answer = self.do(
            "mutation($id: ID!%s) { %s { order { %s } errors: orderErrors { field message code } } }"
            % (types, call, self.ORDER),
            staff,
            **variables,
        )
        return answer["order"]

    # The shop itself

    def set_domain(self, staff: str, domain: str) -> None:
        """What the links in the shop's mails begin with; a Saleor 3 that runs with PUBLIC_URL does not care."""
        self.do(
            """mutation($domain: String!) {
              shopDomainUpdate(input: {domain: $domain, name: "Demo shop"}) {
                shop { name } errors: shopErrors { field message code }
              }
            }""",
            staff,
            domain=domain,
        )

    @abstractmethod
    def sell_large_quantities(self, staff: str) -> None:
        """Up to 10,000 of a line; by itself Saleor stops at 50."""

    def set_plugin(self, staff: str, *, active: bool, **configuration: str) -> None:
        """Switch our plugin on or off; `configuration` are its settings by the names Saleor stores."""
        self.do(
            """mutation($input: PluginUpdateInput!) {
              pluginUpdate(id: "esd", input: $input) {
                plugin { id } errors: pluginsErrors { field message code }
              }
            }""",
            staff,
            input={
                "active": active,
                "configuration": [
                    {"name": name, "value": value} for name, value in configuration.items()
                ],
            },
        )

    # What the hosts do differently

    @abstractmethod
    def make_group(
        self, superuser: str, name: str, permissions: Sequence[str], user_ids: Sequence[str]
    ) -> None:
        """A permission group of Saleor's own, with these users in it."""

    @abstractmethod
    def set_up(self, superuser: str, name: str) -> Place:
        """A warehouse, a shipping zone, on 3.x a channel, and a product type that asks for no shipping."""

    @abstractmethod
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
        """A product with one variant, on sale; the variant's id. Unless it `tracks_stock`, any number is sold."""

    @abstractmethod
    def checkout(
        self, place: Place, *lines: Tuple[str, int], email: str, authorization: str = ""
    ) -> Dict[str, Any]:
        """A new checkout: `id`, `token`, `isShippingRequired`, `totalPrice`."""

    @abstractmethod
    def pay(
        self,
        checkout: Dict[str, Any],
        authorization: str = "",
        *,
        gateway: str = DUMMY_GATEWAY,
        token: str = "fully-charged",
    ) -> None:
        """Pay all of it by a gateway: by Saleor's dummy it is charged at once.

        Any other `token` is what the payment's provider calls it, and the shop keeps that.
        """

    @abstractmethod
    def complete(self, checkout: Dict[str, Any], authorization: str = "") -> Dict[str, Any]:
        """The order that became of the checkout."""

    @abstractmethod
    def draft(self, staff: str, place: Place, *lines: Tuple[str, int], email: str) -> str:
        """A draft order's id; `complete_draft` makes it an order, unpaid."""


def open_shop(post: Post) -> Shop:
    """The shop in the words of the Saleor that is installed here."""
    if find_spec("saleor.channel"):
        from demo.shop_saleor_3_21 import Saleor321 as found
    else:
        from demo.shop_saleor_2_10 import Saleor210 as found  # type: ignore[assignment]
    return found(post)


def without_error_names(document: str) -> str:
    """`errors: orderErrors {` becomes `errors {`."""
    return re.sub(r"errors: \w+", "errors", document)
