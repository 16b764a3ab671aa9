"""The one table of what may be done to a license in which state, and what becomes of it then.

docs/statuses.md shows it; a test holds both together.
"""

from __future__ import annotations

from datetime import datetime
from typing import Dict, List, Sequence, Tuple

from django.db.models import TextChoices

from ..errors import InvalidTransition, Several
from .causes import STAFF
from .models import ISSUED, License
from .rules import Lifecycle

_S = Lifecycle
# As the clock says: ACTIVE, GRACE, EXPIRED or LAPSED, PENDING if the term has not begun.
BY_THE_CLOCK = "by the clock"


class Action(TextChoices):
    """What is done to a license that was released."""

    SUSPEND = "SUSPEND"
    REINSTATE = "REINSTATE"
    CANCEL = "CANCEL"
    RENEW = "RENEW"
    SET_TERM = "SET_TERM"
    TRANSFER = "TRANSFER"


_USABLE = (_S.PENDING, _S.ACTIVE, _S.GRACE)
_BEFORE_THE_END = (*_USABLE, _S.EXPIRED, _S.LAPSED, _S.SUSPENDED)

# Action -> state -> what it becomes; what is missing is refused. PENDING is a license that was released and whose
# term has not begun. SUSPEND and REINSTATE are about the cause STAFF: what is suspended for another cause alone may
# be suspended by staff too, and is not reinstated by them (P11).
TRANSITIONS: Dict[Action, Dict[Lifecycle, str]] = {
    Action.SUSPEND: dict.fromkeys(_BEFORE_THE_END, _S.SUSPENDED.value),
    Action.REINSTATE: {_S.SUSPENDED: BY_THE_CLOCK},
    Action.CANCEL: dict.fromkeys(_BEFORE_THE_END, _S.CANCELLED.value),
    # P12: a license that expired while it was suspended is renewed as any other, and stays suspended.
    Action.RENEW: {
        _S.ACTIVE: _S.ACTIVE.value,
        _S.GRACE: BY_THE_CLOCK,
        _S.EXPIRED: BY_THE_CLOCK,
        _S.SUSPENDED: _S.SUSPENDED.value,
    },
    Action.SET_TERM: {
        **dict.fromkeys((_S.ACTIVE, _S.GRACE, _S.EXPIRED, _S.LAPSED), BY_THE_CLOCK),
        _S.SUSPENDED: _S.SUSPENDED.value,
    },
    Action.TRANSFER: {state: state.value for state in _USABLE},
}


def require_transition(
    action: Action, licenses: Sequence[License], *, moment: datetime, field: str = "licenses"
) -> None:
    """Raises Several InvalidTransition, one for all licenses that are in the same state, if one may not be changed so."""
    refused: Dict[Tuple[str, str], List[License]] = {}
    for license in licenses:
        before = refused_state(action, license, moment)
        if before:
            refused.setdefault((before, _target(action)), []).append(license)
    if refused:
        raise Several(
            InvalidTransition(
                f"{action.label} is not possible for {len(those)} of these licenses: {before}.",
                before=before,
                after=after,
                field=field,
                licenses=[str(license.pk) for license in those],
            )
            for (before, after), those in sorted(refused.items(), key=lambda item: item[0])
        )


def _target(action: Action) -> str:
    found = set(TRANSITIONS[action].values()) - {BY_THE_CLOCK}
    return found.pop() if len(found) == 1 else _S.ACTIVE.value


def refused_state(action: Action, license: License, moment: datetime) -> str:
    """The state in which this is not possible; empty if it is."""
    state = license.lifecycle_at(moment)
    if state != _S.CANCELLED and license.fulfillment not in ISSUED:
        return license.fulfillment
    if state not in TRANSITIONS[action]:
        return state.value
    # What a suspension lies over: without a term there is none to change, and once lapsed it stays so (M18).
    below = license.lifecycle_below(moment)
    changes_term = action in (Action.RENEW, Action.SET_TERM)
    if state == _S.SUSPENDED and changes_term and below not in TRANSITIONS[action]:
        return below.value
    by_staff = STAFF in license.suspension_causes
    if action == Action.SUSPEND and by_staff or action == Action.REINSTATE and not by_staff:
        return state.value
    return ""
