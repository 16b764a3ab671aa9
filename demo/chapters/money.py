"""What the payment provider tells: money that comes late, a part that goes back, a dispute (B07, P03, P11)."""

from __future__ import annotations

from typing import Any, Dict, List, Tuple

from demo import cast, documents, provider
from demo.narrator import keys_in
from demo.provider import Message, Payment
from demo.scene import Scene, nodes, stand, waiting
from demo.shop import DUMMY_GATEWAY, SLIP_GATEWAY


def buy(
    scene: Scene, product: cast.Product, quantity: int, who: Tuple[str, str], gateway: str
) -> Tuple[str, Payment]:
    """The id of Saleor's order, and its payment at the provider; `who` is (e-mail, authorization)."""
    email, authorization = who
    checkout = scene.shop.checkout(
        scene.place, scene.line(product, quantity), email=email, authorization=authorization
    )
    gross = checkout["totalPrice"]["gross"]
    payment = Payment(round(gross["amount"] * 100), gross["currency"])
    scene.shop.pay(checkout, authorization, gateway=gateway, token=payment.id)
    return scene.shop.complete(checkout, authorization)["id"], payment


def pay_by_slip(scene: Scene) -> Tuple[str, Payment]:
    tell = scene.tell
    tell.step("Rita buys six more and pays by bank slip; staff approve before the money comes")
    order, payment = buy(scene, cast.ATLAS, 6, (cast.RESELLER.email, scene.rita), SLIP_GATEWAY)
    tell.told(
        "Four keys of Atlas are left, so staff hear of that too", scene.free_keys(cast.ATLAS), 4
    )
    tell.mails(cast.RESELLER.email, cast.STAFF_ADDRESS, cast.STAFF_ADDRESS)
    approved = scene.approve(order)
    tell.told("0 of 6, Pending", stand(approved), ("0 of 6", "PENDING"))
    tell.told("All six wait for the payment", waiting(approved), {"PAYMENT": 6})
    tell.told("Nothing has come in", money(scene, order)["capturedAmount"], {"amount": 0})
    tell.mails(cast.RESELLER.email)

    tell.step("Days later she pays at the bank, and Stripe tells the shop")
    paid = payment.succeed()
    take_in(scene, paid, "The shop takes the message in")
    tell.told(
        "6 of 6, Done: released by itself",
        stand(scene.license_order(order)),
        ("6 of 6", "DONE"),
    )
    tell.told("Saleor's own order is fulfilled", scene.shop_status(order), "FULFILLED")
    tell.mails(cast.RESELLER.email)
    known = money(scene, order)
    tell.told(
        "294.00 came in, it is paid",
        (known["capturedAmount"], known["paid"]),
        ({"amount": 294}, True),
    )
    tell.told(
        "Saleor, whom nobody told, takes it for unpaid",
        scene.shop.order(scene.owner, order)["isPaid"],
        False,
    )
    tell.told(
        f"Staff find by the message {paid.id[:10]}… what followed from it",
        events_of(scene, paid),
        [("LICENSE_ORDER_PAID", paid.id), ("LICENSE_RELEASED", paid.id)],
    )
    take_in(scene, paid, "The same message comes again, and is accepted")
    tell.told("Nothing more follows", len(events_of(scene, paid)), 2)
    tell.mails()
    return order, payment


def give_back_two(scene: Scene, order: str, payment: Payment) -> None:
    tell = scene.tell
    tell.step("Staff give back the money for two of the six, in Stripe's dashboard")
    free = scene.free_keys(cast.ATLAS)
    refunded = payment.refund(2 * 4900)
    take_in(scene, refunded, "Stripe tells of 98.00, the price of two")
    tell.told("Staff see 4 of 4, Done", stand(scene.license_order(order)), ("4 of 4", "DONE"))
    tell.told("So does Rita", stand(scene.license_order(order, scene.rita)), ("4 of 4", "DONE"))
    known = money(scene, order)
    tell.told("98.00 went back", known["refundedAmount"], {"amount": 98})
    tell.told("Nothing is left for staff to decide", known["openRefundAmount"], {"amount": 0})
    tell.told(
        "Two keys that nobody had seen are for sale again",
        scene.free_keys(cast.ATLAS),
        free + 2,
    )
    (mail,) = tell.mails(cast.RESELLER.email)
    tell.show(mail)


def dispute(scene: Scene) -> None:
    tell, shop = scene.tell, scene.shop
    tell.step("Ada buys Comet Mail and pays by card")
    order, payment = buy(scene, cast.COMET, 1, (cast.SHOPPER.email, scene.ada), DUMMY_GATEWAY)
    tell.told("1 of 1, Done", stand(scene.license_order(order)), ("1 of 1", "DONE"))
    (mail,) = tell.mails(cast.SHOPPER.email)
    tell.told("Her mail has her key", len(keys_in(mail)), 1)

    tell.step("Her bank disputes the payment")
    take_in(scene, payment.dispute("created", "needs_response"), "Stripe tells the shop")
    (license,) = licenses(scene, order)
    tell.told(
        "Her license is suspended, and staff see why",
        (license["lifecycle"], license["suspensionCauses"]),
        ("SUSPENDED", ["DISPUTE"]),
    )
    tell.refused(
        "She cannot read the key for now",
        "NOT_RELEASED",
        lambda: shop.do(documents.REVEAL, scene.ada, license=license["id"]),
    )
    tell.told("The order is marked as disputed", money(scene, order)["disputed"], True)
    to_staff, to_ada = tell.mails(cast.STAFF_ADDRESS, cast.SHOPPER.email)
    tell.show(to_staff)
    tell.told("Neither mail has a key in it", keys_in(to_staff) + keys_in(to_ada), [])

    tell.step("The shop wins the dispute")
    take_in(scene, payment.dispute("closed", "won"), "Stripe tells the shop")
    (license,) = licenses(scene, order)
    tell.told(
        "Her license is active again",
        (license["lifecycle"], license["suspensionCauses"]),
        ("ACTIVE", []),
    )
    key = shop.do(documents.REVEAL, scene.ada, license=license["id"])["key"]
    tell.told(
        "She reads the key that her mail had",
        [key],
        keys_in(mail),
    )
    tell.told("The order is no longer marked", money(scene, order)["disputed"], False)
    tell.mails(cast.STAFF_ADDRESS, cast.SHOPPER.email)
    take_in(
        scene,
        payment.dispute("updated", "under_review"),
        "A message from before the decision comes late",
    )
    (license,) = licenses(scene, order)
    tell.told("What is over stays over", license["lifecycle"], "ACTIVE")
    tell.mails()


def take_in(scene: Scene, message: Message, sentence: str) -> None:
    """The provider sends it, and the shop says yes."""
    scene.tell.told(sentence, provider.deliver(message), (200, '{"received": true}'))


def events_of(scene: Scene, message: Message) -> List[Tuple[str, str]]:
    """What the message caused, in order of the alphabet: type, and which message it says it was."""
    found = scene.shop.do(documents.EVENTS_OF_MESSAGE, scene.staff, message=message.id)
    return sorted((event["type"], event["message"]) for event in nodes(found))


def money(scene: Scene, order: str) -> Dict[str, Any]:
    """How the money of the order stands, as staff see it."""
    return scene.shop.do(documents.MONEY, scene.staff, order=order)["payment"]


def licenses(scene: Scene, order: str) -> List[Dict[str, Any]]:
    """`id`, `lifecycle` and `suspensionCauses` of each."""
    return nodes(scene.shop.do(documents.MONEY, scene.staff, order=order)["licenses"])


def tell_chapter(scene: Scene) -> None:
    order, payment = pay_by_slip(scene)
    give_back_two(scene, order, payment)
    dispute(scene)
