"""How an e-mail would read if it left now. Whoever looks at it learns no key and no link that opens something."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import transaction

from ..errors import EsdError
from .contents import contents_of
from .errors import Held, NothingToSend
from .models import Delivery
from .render import CannotRender, render
from .sender import sender


@dataclass(frozen=True)
class Preview:
    """`problem` says why nothing would leave now; `subject` and `text` are empty then."""

    subject: str = ""
    text: str = ""
    problem: str = ""


def preview_delivery(delivery: Delivery) -> Preview:
    """The letter of a delivery as it would be now: its text is not kept, so that of a sent one may have been another.

    Keys are masked, and where a link gives a key or an account away, dots stand. Nothing is issued, counted as
    read, or changed.
    """
    delivery.data = {**delivery.data, "is_preview": True}
    try:
        with transaction.atomic():
            letter = render(delivery.kind, delivery.language, contents_of(delivery), sender())
            # What making a letter writes, such as the licenses that it leaves for later, is taken back.
            transaction.set_rollback(True)
    except (NothingToSend, Held, CannotRender, EsdError) as why:
        return Preview(problem=str(why))
    return Preview(subject=letter.subject, text=letter.text)
