"""Everybody who may ask the API about an account, for tests of who may do what (T-AUTHZ-01)."""

from __future__ import annotations

from typing import Any, Callable, Dict

import build
import factories

STAFF = ("MANAGE_LICENSES", "APPROVE_LICENSES", "MANAGE_LICENSE_KEYS", "REVEAL_LICENSE_KEYS")


def member(role: str) -> Callable[[Any], Any]:
    def make(account: Any) -> Any:
        user = build.make_user()
        factories.make_member(account, user, role)
        return user

    return make


def staff(*permissions: str) -> Callable[[Any], Any]:
    def make(account: Any) -> Any:
        user = build.make_user(is_staff=True)
        if permissions:
            build.grant(user, *permissions)
        return user

    return make


# Name -> what makes the user or app; it gets the account that is asked about.
ACTORS: Dict[str, Callable[[Any], Any]] = {
    "anonymous": lambda account: None,
    "shopper": lambda account: build.make_user(),
    "MASTER": member("MASTER"),
    "ADMINISTRATOR": member("ADMINISTRATOR"),
    "BILLING": member("BILLING"),
    "SUPPORT": member("SUPPORT"),
    "staff": staff(),
    **{permission: staff(permission) for permission in STAFF},
    "app": lambda account: build.make_app(),
    **{
        f"app {permission}": (lambda p: lambda account: build.make_app(p))(permission)
        for permission in STAFF
    },
}


def expectations(**outcomes: str) -> Dict[str, str]:
    """Actor -> outcome for all actors: `OK="MASTER, ADMINISTRATOR"` and so on; each must be named once."""
    found = {}
    for outcome, names in outcomes.items():
        for name in names.split(", "):
            assert name in ACTORS and name not in found, name
            found[name] = outcome
    assert set(found) == set(ACTORS), set(ACTORS) - set(found)
    return found


def outcome(answer: Dict[str, Any], field: str) -> str:
    """OK, the code of the first error of a mutation, or "DENIED" for the host's own PermissionDenied."""
    for error in answer.get("errors", ()):
        code = error["extensions"]["exception"]["code"]
        return "DENIED" if code == "PermissionDenied" else code
    errors = answer["data"][field]["errors"]
    return errors[0]["code"] if errors else "OK"
