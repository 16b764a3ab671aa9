"""Where keys come from and go: a list with defects, a warning, a backorder that fills, a key that leaked."""

from __future__ import annotations

from typing import Any, Dict, List, Tuple

from demo import cast, documents, web
from demo.narrator import KEY, keys_in, token_of
from demo.scene import Scene, nodes, stand, waiting
from demo.seed import keys_of_a_supplier

SUPPLIER = "Delta Software Inc."
LATE_BUYER = "bruno@slip.example"


def import_a_list(scene: Scene) -> None:
    tell = scene.tell
    tell.step("The first keys of Delta Draw come in a spreadsheet that somebody made by hand")
    file, defects = _list_made_by_hand()
    checked = _import(scene, file=file, dryRun=True)
    tell.told("Staff check it first: nothing is stored", checked["imported"], 0)
    tell.told(
        "The report has a verdict for each line, and never a key",
        [(each["row"], each["verdict"]) for each in checked["refusedRows"]],
        [(line, verdict) for line, verdict, _ in defects],
    )
    for line, verdict, why in defects:
        tell.say(f"  line {line:2}  {verdict:18}  {why}")
    tell.refused(
        "A bad line, and none of the file gets into stock",
        "INVALID",
        lambda: _import(scene, file=file, dryRun=False),
    )
    done = _import(scene, file=file, dryRun=False, skipInvalid=True)
    tell.told(
        "Unless staff say so: five keys are in stock",
        (done["imported"], scene.free_keys(cast.DELTA)),
        (5, 5),
    )
    again = _import(scene, file=file, dryRun=False, skipInvalid=True)
    tell.told(
        "The same file once more adds nothing and says so",
        (again["isRepeat"], scene.free_keys(cast.DELTA)),
        (True, 5),
    )


def run_low(scene: Scene) -> str:
    """One of the keys that Ada bought."""
    tell = scene.tell
    tell.step("Ada buys two copies; three keys are left, and three is where the shop wants to know")
    scene.buy(cast.DELTA, 2, cast.SHOPPER.email, scene.ada)
    mails = tell.mails(cast.SHOPPER.email, cast.STOCK_ADDRESS)
    tell.show(mails[-1])
    tell.told(
        "It is on the list of what runs low",
        scene.stock(cast.DELTA)["lowStockAt"] is not None,
        True,
    )
    return next(key for mail in mails for key in keys_in(mail))


def sell_what_is_to_come(scene: Scene) -> None:
    tell = scene.tell
    tell.step("Bruno buys five; the shop sells Delta Draw also if keys have to be ordered first")
    order = scene.buy(cast.DELTA, 5, LATE_BUYER)
    tell.told("3 of 5 at once", stand(scene.license_order(order)), ("3 of 5", "PARTIALLY_RELEASED"))
    tell.told("Two wait for keys", waiting(scene.license_order(order)), {"KEYS": 2})
    mails = tell.mails(LATE_BUYER, LATE_BUYER)
    tell.show(next(mail for mail in mails if "come later" in str(mail["Subject"])))
    tell.told("Three keys are on their way to him", sum(len(keys_in(mail)) for mail in mails), 3)

    tell.step("The supplier delivers eight more")
    _import(scene, keys=keys_of_a_supplier(8), dryRun=False)
    tell.told("5 of 5, by itself", stand(scene.license_order(order)), ("5 of 5", "DONE"))
    (mail,) = tell.mails(LATE_BUYER)
    tell.told("His other two keys follow", len(keys_in(mail)), 2)
    health = scene.stock(cast.DELTA)
    tell.told(
        "Six are left, nobody waits, and nothing runs low",
        (health["health"]["available"], health["health"]["backordered"], health["lowStockAt"]),
        (6, 0, None),
    )


def replace_a_key(scene: Scene, leaked: str) -> None:
    tell, shop = scene.tell, scene.shop
    tell.step("One of Ada's keys stands in a forum")
    (license,) = nodes(shop.do(documents.LICENSE_OF_KEY, scene.staff, key=leaked))
    tell.say(f"By that key staff find her license, {license['keyMask']}")
    reason = "Posted in a forum before we sold it"
    shop.do(documents.KEY_REPLACE, scene.staff, license=license["id"], reason=reason)
    (mail,) = tell.mails(cast.SHOPPER.email)
    tell.show(mail)
    (fresh,) = keys_in(mail)
    tell.told("She has another key for the same license", fresh != leaked, True)
    (license,) = nodes(shop.do(documents.LICENSE_OF_KEY, scene.staff, key=leaked))
    tell.told("The old key still leads to it", license["keyMask"][-5:], fresh[-5:])
    tell.told(
        "It is never sold again: five keys are free, one is in quarantine",
        (scene.free_keys(cast.DELTA), scene.stock(cast.DELTA)["health"]["quarantined"]),
        (5, 1),
    )

    tell.step("The supplier has to make it good: staff fetch the file for him")
    url = shop.do(documents.SUPPLIER_CLAIM, scene.staff, pool=scene.pool(cast.DELTA))["url"]
    status, page = web.open_page(url, token=token_of(url))
    lines = page.lstrip("\ufeff").splitlines()
    for line in lines:
        tell.say(f"  {line}")
    tell.told(
        "One key, masked, with whom it came from and the reason",
        (status, lines[1:], KEY.findall(page)),
        (200, [f"{_masked(leaked)},{SUPPLIER},{reason}"], []),
    )
    status, _ = web.open_page(url, token=token_of(url))
    tell.told("The address works once", status, 404)


def _import(scene: Scene, **what: Any) -> Dict[str, Any]:
    """The report of an import into the pool of Delta Draw."""
    given = {"pool": scene.pool(cast.DELTA), "supplier": SUPPLIER, **what}
    return scene.shop.do(documents.KEYS_IMPORT, scene.staff, input=given)["report"]


def _list_made_by_hand() -> Tuple[web.File, List[Tuple[Any, ...]]]:
    """A file with five good lines; of the others line number, verdict, and what is wrong."""
    good = keys_of_a_supplier(6)
    # Each line, its verdict and what is wrong with it.
    lines: List[Tuple[str, ...]] = [
        ("key;use_by",),
        (f"{good[0]};",),
        (f"{good[1].lower()};",),
        (f"{good[0].replace('-', ' ')};", "DUPLICATE_IN_FILE", "the key of line 2, with spaces"),
        (f"{good[2].replace('-', '–')};2031-01-31",),
        ("1.23E+15;", "SPREADSHEET_DAMAGE", "was a key before: 1.23E+15"),
        (f"{good[3]};",),
        (f"O{good[4][1:]};", "INVALID_CHARACTER", "has a letter O"),
        (f"{good[4][:-1]};", "INVALID_LENGTH", "lacks its last character"),
        (f"{good[4]};31.02.2031", "BAD_FORMAT", "is sold until 31.02.2031"),
        (f"{good[5]};",),
    ]
    text = "".join(f"{line[0]}\r\n" for line in lines)
    defects = [(number, *line[1:]) for number, line in enumerate(lines, 1) if line[1:]]
    return web.File("delta.csv", text.encode("utf-8-sig")), defects


def _masked(key: str) -> str:
    return "•••••-" * 4 + key[-5:]


def tell_chapter(scene: Scene) -> None:
    import_a_list(scene)
    leaked = run_low(scene)
    sell_what_is_to_come(scene)
    replace_a_key(scene, leaked)
