"""A reseller buys six copies, and gives them to customers of hers (I03 to I18, K03, K15 to K17)."""

from __future__ import annotations

from demo import cast, documents
from demo.mailbox import text_of
from demo.narrator import keys_in
from demo.scene import Scene, nodes, stand, waiting

PURCHASING = "purchasing@reseller.example"


def order_six(scene: Scene) -> str:
    """Rita's order; its id in Saleor."""
    tell, shop = scene.tell, scene.shop
    tell.step("Rita, a reseller, buys six copies of Atlas Office")
    checkout = shop.checkout(
        scene.place,
        scene.line(cast.ATLAS, 6),
        email=cast.RESELLER.email,
        authorization=scene.rita,
    )
    gross = checkout["totalPrice"]["gross"]
    tell.told("No shipping is asked for", checkout["isShippingRequired"], False)
    tell.told(
        f"She sees the amount first: {gross['amount']:.2f} {gross['currency']}",
        gross["amount"],
        6 * 49,
    )
    details = {
        "notificationEmail": PURCHASING,
        "purchaseOrderReference": "PO-4711",
        "comment": "For the new office in Lisbon",
    }
    noted = shop.do(
        documents.CHECKOUT_DETAILS, scene.rita, input={"checkout": checkout["id"], **details}
    )
    tell.told(
        f"She notes an address for notices ({PURCHASING}), her reference PO-4711 and a comment",
        {name: noted[name] for name in details},
        details,
    )
    shop.pay(checkout, scene.rita)
    order = shop.complete(checkout, scene.rita)
    tell.told(f"Saleor has her order {order['number']}, paid", order["isPaid"], True)

    found = scene.license_order(order["id"], scene.rita)
    tell.told("Her licenses: 0 of 6, Pending", stand(found), ("0 of 6", "PENDING"))
    tell.told("They wait for approval, all six", waiting(found), {"APPROVAL": 6})
    tell.told("Reference and comment were kept", found["purchaseOrderReference"], "PO-4711")
    mails = tell.mails(cast.RESELLER.email, PURCHASING, cast.STAFF_ADDRESS)
    tell.told("None of these mails has a key in it", [keys_in(mail) for mail in mails], [[]] * 3)
    return order["id"]


def approve(scene: Scene, order: str) -> None:
    tell = scene.tell
    tell.step("The shop's staff look at what waits, and approve")
    queue = scene.shop.do(documents.QUEUE, scene.staff)
    tell.told("1 order waits for approval", queue["totalCount"], 1)
    tell.told(f"It is {cast.RESELLER.email}'s", nodes(queue)[0]["buyerEmail"], cast.RESELLER.email)
    tell.refused(
        "Rita cannot approve it herself",
        "PermissionDenied",
        lambda: scene.shop.do(documents.APPROVE, scene.rita, input={"id": order}),
    )
    tell.told("Paul approves: 6 of 6, Done", stand(scene.approve(order)), ("6 of 6", "DONE"))
    tell.told("Saleor's own order is fulfilled", scene.shop_status(order), "FULFILLED")
    mails = tell.mails(cast.RESELLER.email, PURCHASING)
    tell.told(
        "Rita assigns keys, so none is mailed to her", [keys_in(mail) for mail in mails], [[], []]
    )
    tell.refused(
        "Whoever approves now is told that it is decided",
        "ALREADY_DECIDED",
        lambda: scene.approve(order),
    )


def assign_two(scene: Scene, order: str) -> str:
    """One of the two licenses; its id."""
    tell, shop = scene.tell, scene.shop
    tell.step("Rita creates an end customer and assigns two licenses")
    found = scene.license_order(order, scene.rita)
    customer = shop.do(
        documents.END_CUSTOMER_CREATE,
        scene.rita,
        input={
            "account": found["account"]["id"],
            "code": "C-100",
            "name": "Müller & Söhne GmbH",
            "email": "it@muller.example",
            "country": "DE",
            "language": "en",
        },
    )["endCustomer"]
    tell.told("The end customer has a code of hers, C-100", customer["code"], "C-100")
    assigned = shop.do(
        documents.ASSIGN,
        scene.rita,
        line=found["lines"][0]["id"],
        quantity=2,
        endCustomer=customer["id"],
    )["licenses"]
    tell.told(
        "Two licenses are theirs, in one step",
        [license["fulfillment"] for license in assigned],
        ["ASSIGNED"] * 2,
    )
    (mail,) = tell.mails("it@muller.example")
    tell.show(mail)
    tell.told("The activation e-mail holds both keys", len(set(keys_in(mail))), 2)
    tell.told(
        "Lists show only the end of each",
        sorted(license["keyMask"][-5:] for license in assigned),
        sorted(key[-5:] for key in keys_in(mail)),
    )
    return assigned[0]["id"]


def assign_in_portuguese(scene: Scene, order: str) -> None:
    tell, shop = scene.tell, scene.shop
    tell.step("Another end customer reads Portuguese")
    found = scene.license_order(order, scene.rita)
    customer = shop.do(
        documents.END_CUSTOMER_CREATE,
        scene.rita,
        input={
            "account": found["account"]["id"],
            "code": "C-101",
            "name": "Padaria São João 🥖",
            "email": "ola@padaria.example",
            "country": "BR",
            "language": "pt-br",
        },
    )["endCustomer"]
    shop.do(
        documents.ASSIGN,
        scene.rita,
        line=found["lines"][0]["id"],
        quantity=1,
        endCustomer=customer["id"],
    )
    (mail,) = tell.mails("ola@padaria.example")
    tell.told("So does the mail, instructions included", "Baixe o Atlas" in text_of(mail), True)


def resend_corrected(scene: Scene, license: str) -> None:
    tell = scene.tell
    tell.step("The address was wrong: Rita corrects it and sends the mail again")
    answer = scene.shop.do(
        documents.RESEND, scene.rita, license=license, email="admin@muller.example"
    )
    tell.told(
        "The end customer has the new address from now on",
        answer["license"]["endCustomer"]["email"],
        "admin@muller.example",
    )
    (mail,) = tell.mails("admin@muller.example")
    tell.told("The key went to that address", len(keys_in(mail)), 1)


def receipt_for_two(scene: Scene, order: str) -> None:
    tell = scene.tell
    tell.step("Rita sends the receipt to two addresses, separated by a comma")
    addresses = ["boss@reseller.example", "books@reseller.example"]
    sent = scene.shop.do(documents.RECEIPT, scene.rita, order=order, emails=", ".join(addresses))
    tell.told("The API repeats whom it goes to", sent["emails"], addresses)
    first, second = tell.mails(*addresses)
    tell.show(first)
    tell.told("Each got a message of their own, keys masked", keys_in(first) + keys_in(second), [])


def reveal(scene: Scene, order: str) -> None:
    tell, shop = scene.tell, scene.shop
    tell.step("Rita keeps one license herself and reads its key")
    licenses = nodes(scene.license_order(order, scene.rita)["licenses"])
    free = [license for license in licenses if license["fulfillment"] == "RELEASED"]
    tell.told("Three of her six are not assigned", len(free), 3)
    key = shop.do(documents.REVEAL, scene.rita, license=free[0]["id"])["key"]
    tell.told(f"She reads {key}", key[-5:], free[0]["keyMask"][-5:])
    events = nodes(shop.do(documents.EVENTS, scene.rita, order=scene.license_order(order)["id"]))
    tell.told(
        "What happened to her order is on record",
        {"LICENSE_ORDER_APPROVED", "LICENSE_RELEASED", "LICENSE_ASSIGNED"}
        <= {event["type"] for event in events},
        True,
    )

    tell.step("Ada, a shopper, is curious about Rita's licenses")
    tell.refused(
        "Reading the key",
        "NOT_FOUND",
        lambda: shop.do(documents.REVEAL, scene.ada, license=free[0]["id"]),
    )
    tell.told(
        "Looking at the license finds nothing, as if there were none",
        shop.do(documents.LICENSE, scene.ada, id=free[0]["id"]),
        None,
    )
    tell.told("Her own list is empty", shop.do(documents.MY_ORDERS, scene.ada)["totalCount"], 0)


def tell_chapter(scene: Scene) -> None:
    order = order_six(scene)
    approve(scene, order)
    license = assign_two(scene, order)
    assign_in_portuguese(scene, order)
    resend_corrected(scene, license)
    receipt_for_two(scene, order)
    reveal(scene, order)
