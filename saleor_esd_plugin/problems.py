"""What Saleor's Dashboard shows as problems of our app (from 3.22 on): few keys, locked keys, mails that do not leave.

Texts are in the shop's language, as the Dashboard has one for everybody; what operators have to do is English.
"""

from __future__ import annotations

from django.utils import translation
from django.utils.translation import pgettext

from .conf import PLUGIN_ID
from .emails.languages import best_of
from .events.signs import signs_of_life
from .host import dashboard, shop
from .keys.models import KeyPool
from .keys.ring import keyring

# Saleor keeps 100 for an app.
MOST_POOLS = 50


def show_problems() -> int:
    """The Dashboard shows what is wrong now, and nothing that is over; how many came, changed or went."""
    with translation.override(best_of([shop.default_language()])):
        return dashboard.show_problems(PLUGIN_ID, _found())


def _found() -> dashboard.Problems:
    found = {}
    if not keyring.is_unlocked():
        text = pgettext("esd ui", "Keys cannot be opened: orders wait.")
        why = [problem.text for problem in keyring.problems()]
        found["keys-locked"] = dashboard.Problem(" ".join([text, *why]), is_critical=True)
    if signs_of_life().mails_failing_since is not None:
        text = pgettext("esd ui", "No e-mail about licenses leaves.")
        found["mails-failing"] = dashboard.Problem(text, is_critical=True)
    low = KeyPool.objects.filter(low_stock_at__isnull=False, archived_at=None)
    for pool in low.order_by("low_stock_at", "pk")[:MOST_POOLS]:
        text = pgettext("esd ui", "Few keys are left in the pool {name}.").format(name=pool.name)
        found[f"low-stock-{pool.pk}"] = dashboard.Problem(text)
    return found
