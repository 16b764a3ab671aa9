"""What staff decide: a part, a refusal, a cancellation; and what the shop does not sell."""

from __future__ import annotations

from demo import cast, documents
from demo.mailbox import text_of
from demo.narrator import keys_in
from demo.scene import Scene, stand


def approve_a_part(scene: Scene) -> None:
    tell, shop = scene.tell, scene.shop
    tell.step("Rita buys six more, and staff approve four of them")
    free = scene.free_keys(cast.ATLAS)
    order = scene.buy(cast.ATLAS, 6, cast.RESELLER.email, scene.rita)
    tell.mails(cast.RESELLER.email, cast.STAFF_ADDRESS)
    line = scene.license_order(order)["lines"][0]["id"]
    approved = scene.approve(order, lines=[{"id": line, "quantity": 4}])
    tell.told("4 of 6", stand(approved), ("4 of 6", "PARTIALLY_RELEASED"))
    tell.mails(cast.RESELLER.email)
    refusal = tell.refused(
        "A receipt has to wait until every key is issued",
        "KEYS_NOT_ISSUED",
        lambda: shop.do(documents.RECEIPT, scene.rita, order=order, emails="boss@reseller.example"),
    )
    counts = {each["name"]: each["value"] for each in refusal.errors[0]["params"]}
    tell.told("It says how far the order is", counts, {"issued": "4", "of": "6"})

    tell.step("They reject the other two, with a reason")
    reason = "More than your contract allows"
    rejected = shop.do(documents.REJECT, scene.staff, order=order, reason=reason)["licenseOrder"]
    tell.told("What was approved stays: 4 of 4, Done", stand(rejected), ("4 of 4", "DONE"))
    (mail,) = tell.mails(cast.RESELLER.email)
    tell.told("Rita is told why", reason in text_of(mail), True)
    tell.told("Two keys are back in the pool", scene.free_keys(cast.ATLAS), free - 4)


def cancel(scene: Scene) -> None:
    tell, shop = scene.tell, scene.shop
    tell.step("An order is cancelled before anybody decided on it")
    free = scene.free_keys(cast.ATLAS)
    order = scene.buy(cast.ATLAS, 3, cast.SHOPPER.email, scene.ada)
    tell.mails(cast.SHOPPER.email, cast.STAFF_ADDRESS)
    tell.told(f"Of {free} free keys it holds three", scene.free_keys(cast.ATLAS), free - 3)
    shop.cancel(scene.owner, order)
    tell.told("Saleor cancels it, and so do we", stand(scene.license_order(order))[1], "CANCELLED")
    (mail,) = tell.mails(cast.SHOPPER.email)
    tell.told(
        "Its three keys are free again, as nobody saw them", scene.free_keys(cast.ATLAS), free
    )
    tell.told("The mail about it has no key in it", keys_in(mail), [])


def sell_no_more_than_there_is(scene: Scene) -> None:
    tell = scene.tell
    free = scene.free_keys(cast.ATLAS)
    tell.step(f"Somebody wants {free + 1} copies, but there are {free} keys")
    tell.refused(
        "Saleor's stock follows the free keys, so it says no",
        "INSUFFICIENT_STOCK",
        lambda: scene.shop.checkout(
            scene.place, scene.line(cast.ATLAS, free + 1), email=cast.SHOPPER.email
        ),
    )


def tell_chapter(scene: Scene) -> None:
    approve_a_part(scene)
    cancel(scene)
    sell_no_more_than_there_is(scene)
