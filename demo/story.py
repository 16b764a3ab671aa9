"""`python -m demo.story`: six licenses from the shelf to the end customer, told through the shop's own API.

Needs a shop that `demo.seed` has filled (ESD_DEMO_URL). Every sentence with a check mark was asserted; the first one
that is not true ends the story with exit code 1.
"""

from __future__ import annotations

import sys

from demo import cast, documents
from demo.chapters import life, money, reseller, shoppers, staff, stock
from demo.mailbox import Mailbox
from demo.narrator import Narrator
from demo.scene import Scene


def begin(scene: Scene) -> None:
    """The shop presents itself."""
    tell = scene.tell
    tell.step("The shop says whom its license mails come from, so that people can allow-list it")
    sender = scene.shop.do(documents.SENDER)
    tell.told(sender["address"], sender["address"], "shop@example.com")
    tell.told(
        f"In stock are {cast.ATLAS.keys} keys of Atlas",
        scene.free_keys(cast.ATLAS),
        cast.ATLAS.keys,
    )


def main() -> int:
    tell = Narrator(Mailbox(cast.state_folder() / "mail"))
    try:
        scene = Scene(tell)
        begin(scene)
        for chapter in (reseller, shoppers, staff, money, stock, life):
            chapter.tell_chapter(scene)
    except Exception as error:
        tell.break_off(error)
        return 1
    tell.end()
    return 0


if __name__ == "__main__":
    sys.exit(main())
