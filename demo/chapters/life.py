"""Years in a minute: a dealer owes, pays, and renews what expired meanwhile; another license ends for good (P07 to P13, M15)."""

from __future__ import annotations

import time
from datetime import datetime, timedelta, timezone
from typing import Any, Dict, List

from demo import cast, days, documents
from demo.mailbox import text_of
from demo.narrator import keys_in
from demo.scene import Scene, nodes, stand

NOTE = "Invoice 4711 of May"


def suspend(scene: Scene) -> List[str]:
    """Two licenses of Rita's that staff have suspended; their ids."""
    tell, shop = scene.tell, scene.shop
    tell.step("Rita has not paid an old invoice: staff suspend what she bought")
    order = scene.buy(cast.BEACON, 2, cast.RESELLER.email, scene.rita)
    tell.mails(cast.RESELLER.email)
    found = nodes(shop.do(documents.LICENSES_OF_ORDER, scene.rita, order=order)["licenses"])
    licenses = [license["id"] for license in found]
    given = {"licenses": licenses, "reason": "PAYMENT_OVERDUE", "note": NOTE}
    suspended = shop.do(documents.SUSPEND, scene.staff, input=given)["licenses"]
    tell.told("Both are red: SUSPENDED", _states(suspended), [("SUSPENDED", "RED")] * 2)
    (mail,) = tell.mails(cast.RESELLER.email)
    tell.told("Rita reads why", "A payment is overdue." in text_of(mail), True)
    tell.told("The mail has no key in it", keys_in(mail), [])
    shown = shop.do(documents.STATE_REASON, scene.rita, license=licenses[0])["stateReason"]
    tell.told(
        "She sees it beside the license, in Spanish if she likes",
        (shown["text"], shown["note"]),
        ("Hay un pago vencido.", NOTE),
    )
    tell.refused(
        "Its key is shown to nobody",
        "NOT_RELEASED",
        lambda: shop.do(documents.REVEAL, scene.rita, license=licenses[0]),
    )
    tell.refused(
        "Suspending it once more is none of the things that can be done to it",
        "INVALID_TRANSITION",
        lambda: shop.do(documents.SUSPEND, scene.staff, input=given),
    )
    return licenses


def reinstate(scene: Scene, license: str) -> None:
    tell, shop = scene.tell, scene.shop
    tell.step("A year goes by, of which the story waits two seconds; then she pays")
    ends = (datetime.now(timezone.utc) + timedelta(seconds=2)).isoformat()
    term = {"expiresAt": ends, "graceUntil": ends, "reason": "The demo has no patience"}
    shop.do(documents.TERM_SET, scene.staff, input={"licenses": [license], **term})
    time.sleep(2.5)
    given = {"licenses": [license], "reason": "PAYMENT_RECEIVED"}
    (found,) = shop.do(documents.REINSTATE, scene.staff, input=given)["licenses"]
    tell.told(
        "Reinstated it is what the clock says: EXPIRED",
        _states([found]),
        [("EXPIRED", "RED")],
    )
    (mail,) = tell.mails(cast.RESELLER.email)
    tell.told(
        "Rita reads that it has to be renewed", "once they are renewed" in text_of(mail), True
    )
    quote = shop.do(documents.QUOTE, scene.rita, license=license)
    tell.told("It counts from where the last year ended", quote["startsAt"][:10], ends[:10])
    tell.told("So the day that lapsed is paid for too", quote["lapsedDays"], 1)
    (offer,) = quote["offers"]
    tell.told("She is told what another year costs", offer["price"]["amount"], 110.0)
    _buy_renewal(scene, license)
    tell.told("It is renewed: ACTIVE", _state(scene, license), "ACTIVE")
    tell.told("For a year from then", _expiry(scene, license), _a_year_after(ends))


def remind(scene: Scene, license: str) -> None:
    tell, shop = scene.tell, scene.shop
    tell.step("Two months before the next expiry the shop begins to remind her")
    ends = datetime.now(timezone.utc) + timedelta(days=62)
    term = {"expiresAt": ends.isoformat(), "reason": "The demo has no patience"}
    shop.do(documents.TERM_SET, scene.staff, input={"licenses": [license], **term})
    tell.told("A day too early nobody is written to", days.sweep_daily(0, 1), 0)
    tell.mails()
    passed = 1
    for left in (60, 30, 7):
        on = 62 - left
        tell.told(f"{left} days before she gets one reminder", days.sweep_daily(passed + 1, on), 1)
        (mail,) = tell.mails(cast.RESELLER.email)
        passed = on
        tell.told(
            "It names the product, and no key",
            (cast.BEACON.name in text_of(mail), keys_in(mail)),
            (True, []),
        )
    tell.step("She renews: the reminder of the last day does not come")
    _buy_renewal(scene, license)
    tell.told("It lasts a year longer", _expiry(scene, license), _a_year_after(ends.isoformat()))
    tell.told("Nothing is due until long after", days.sweep_daily(passed + 1, 70), 0)
    tell.mails()


def _buy_renewal(scene: Scene, license: str) -> None:
    """Rita buys another year and names the license in the checkout; it is renewed once that is paid."""
    tell, shop = scene.tell, scene.shop
    line = scene.line(cast.BEACON_AGAIN, 1)
    checkout = shop.checkout(scene.place, line, email=cast.RESELLER.email, authorization=scene.rita)
    given = {"checkout": checkout["id"], "renews": [license]}
    shop.do(documents.CHECKOUT_DETAILS, scene.rita, input=given)
    shop.pay(checkout, scene.rita)
    order = shop.complete(checkout, scene.rita)["id"]
    bought = scene.license_order(order)
    tell.told("She buys another year for it: 1 of 1, DONE", stand(bought), ("1 of 1", "DONE"))
    tell.told("No key is taken", nodes(bought["licenses"]), [])
    (mail,) = tell.mails(cast.RESELLER.email)
    tell.told("She reads that it is renewed", cast.BEACON.name in text_of(mail), True)


def _state(scene: Scene, license: str) -> str:
    return scene.shop.do(documents.LIFE, scene.rita, license=license)["lifecycle"]


def _expiry(scene: Scene, license: str) -> str:
    return scene.shop.do(documents.LIFE, scene.rita, license=license)["expiresAt"][:10]


def cancel(scene: Scene, license: str) -> None:
    tell, shop = scene.tell, scene.shop
    tell.step("The other license is cancelled")
    free = scene.free_keys(cast.BEACON)
    given = {"licenses": [license], "reason": "CONTRACT_TERMINATION"}
    (found,) = shop.do(documents.CANCEL, scene.staff, input=given)["licenses"]
    tell.told("CANCELLED", _states([found]), [("CANCELLED", "RED")])
    tell.mails(cast.RESELLER.email)
    tell.told("Its key goes nowhere", scene.free_keys(cast.BEACON), free)
    tell.refused(
        "A cancelled one stays cancelled",
        "INVALID_TRANSITION",
        lambda: shop.do(
            documents.REINSTATE, scene.staff, input={"licenses": [license], "reason": "MISTAKE"}
        ),
    )


def _states(licenses: List[Dict[str, Any]]) -> List[tuple]:
    return [(license["lifecycle"], license["displayColor"]) for license in licenses]


def _a_year_after(moment: str) -> str:
    """The day; after February 29 it is the 28th."""
    found = datetime.fromisoformat(moment)
    is_leap_day = (found.month, found.day) == (2, 29)
    return found.replace(year=found.year + 1, day=28 if is_leap_day else found.day).isoformat()[:10]


def tell_chapter(scene: Scene) -> None:
    owed, ended = suspend(scene)
    reinstate(scene, owed)
    remind(scene, owed)
    cancel(scene, ended)
