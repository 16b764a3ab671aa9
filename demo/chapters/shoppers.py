"""People who buy for themselves: signed in, as a guest, and paying later (B07)."""

from __future__ import annotations

from demo import cast, documents, web
from demo.narrator import KEY, keys_in, link_in, token_of
from demo.scene import Scene, nodes, stand, waiting


def buy_generated(scene: Scene) -> None:
    tell = scene.tell
    tell.step("Ada buys Comet Mail; its keys are generated, its approval is automatic")
    order = scene.buy(cast.COMET, 1, cast.SHOPPER.email, scene.ada)
    tell.told(
        "1 of 1, Done, at once", stand(scene.license_order(order, scene.ada)), ("1 of 1", "DONE")
    )
    tell.told("Saleor's own order is fulfilled", scene.shop_status(order), "FULFILLED")
    (mail,) = tell.mails(cast.SHOPPER.email)
    tell.told("Her one mail has the key", len(keys_in(mail)), 1)
    tell.show(mail)


def buy_as_guest(scene: Scene) -> str:
    """The link into the guest's account."""
    tell = scene.tell
    tell.step("Gina buys a year of Beacon Cloud without signing in")
    order = scene.buy(cast.BEACON, 1, cast.GUEST_AT_WORK)
    found = scene.license_order(order)
    tell.told("1 of 1, Done", stand(found), ("1 of 1", "DONE"))
    expires = nodes(found["licenses"])[0]["expiresAt"]
    tell.told(f"The license ends in a year, on {expires[:10]}", bool(expires), True)
    (mail,) = tell.mails(cast.GUEST_AT_WORK)
    tell.told("Her mail has no key in it", keys_in(mail), [])
    tell.show(mail)

    tell.step("She opens the link in her mail")
    link = link_in(mail, "/esd/claim/")
    for _ in range(2):
        status, page = web.open_page(link)
        tell.told(
            "Looking at the page shows no key and uses nothing up",
            (status, keys_of(page)),
            (200, []),
        )
    status, page = web.open_page(link, token=token_of(link))
    tell.told("The button gives her the key", (status, len(set(keys_of(page)))), (200, 1))
    tell.say(f"It is {keys_of(page)[0]}")
    status, page = web.open_page(link, token=token_of(link))
    tell.told("A second time it gives nothing", (status, keys_of(page)), (404, []))
    tell.refused(
        "Nor does the API",
        "NOT_FOUND",
        lambda: scene.shop.do(documents.CLAIM, token=token_of(link)),
    )
    return link_in(mail, "/esd/invitation/")


def accept_invitation(scene: Scene, link: str) -> None:
    tell, shop = scene.tell, scene.shop
    tell.step("Gina signs in at home, to see what she bought as a guest at work")
    before = shop.do(documents.MY_ORDERS, scene.gina)["totalCount"]
    tell.told("The shop does not know that it was her: she sees nothing", before, 0)
    shop.do(documents.INVITATION_ACCEPT, scene.gina, token=token_of(link))
    orders = shop.do(documents.MY_ORDERS, scene.gina)
    tell.told("With the link from her mail the account is hers", orders["totalCount"], 1)
    tell.refused(
        "Nobody can use that link again",
        "NOT_FOUND",
        lambda: shop.do(documents.INVITATION_ACCEPT, scene.ada, token=token_of(link)),
    )


def pay_later(scene: Scene) -> None:
    tell, shop = scene.tell, scene.shop
    address = "bruno@slip.example"
    tell.step("Bruno pays by bank slip: the money comes days later")
    draft = shop.draft(scene.owner, scene.place, scene.line(cast.COMET, 2), email=address)
    order = shop.complete_draft(scene.owner, draft)["id"]
    found = scene.license_order(order)
    tell.told("0 of 2, Pending", stand(found), ("0 of 2", "PENDING"))
    tell.told("His licenses wait for the payment", waiting(found), {"PAYMENT": 2})
    tell.mails()
    tell.say("That the order was received he is told after a minute, unless the money is quicker")

    shop.mark_as_paid(scene.owner, order)
    tell.told(
        "The bank confirms: 2 of 2, by itself",
        stand(scene.license_order(order)),
        ("2 of 2", "DONE"),
    )
    (mail,) = tell.mails(address)
    tell.told("And the keys are on their way", len(keys_in(mail)), 2)


def keys_of(page: str) -> list:
    """The clear keys on a page."""
    return KEY.findall(page)


def tell_chapter(scene: Scene) -> None:
    buy_generated(scene)
    accept_invitation(scene, buy_as_guest(scene))
    pay_later(scene)
