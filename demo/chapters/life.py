"""Years in a minute: a dealer owes, pays, and renews what expired meanwhile; another license ends for good (P07 to P13)."""

from __future__ import annotations

import time
from datetime import datetime, timedelta, timezone
from typing import Any, Dict, List

from demo import cast, documents
from demo.mailbox import text_of
from demo.narrator import keys_in
from demo.scene import Scene, nodes

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
    given = {"licenses": [license], "reason": "Renewed with her payment"}
    (renewed,) = shop.do(documents.RENEW, scene.staff, input=given)["licenses"]
    tell.told("Staff renew it: ACTIVE", _states([renewed]), [("ACTIVE", "GREEN")])
    tell.told(
        "The year counts from where the last one ended",
        renewed["expiresAt"][:10],
        _a_year_after(ends),
    )


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
    cancel(scene, ended)
