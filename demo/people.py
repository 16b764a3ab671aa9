"""People of a shop, made in its database: Saleor's own way for the first ones, before anybody can sign in."""

from __future__ import annotations

from typing import Any

from graphql_relay import to_global_id

from saleor_esd_plugin.host.db import writing


def make_user(
    email: str, password: str, *, is_staff: bool = False, is_superuser: bool = False
) -> Any:
    """An active user of the shop. Raises IntegrityError if the address is taken."""
    from saleor.account.models import User

    user = User(email=email, is_staff=is_staff, is_superuser=is_superuser, is_active=True)
    if hasattr(user, "is_confirmed"):
        # Saleor 3 lets nobody in before.
        user.is_confirmed = True
    user.set_password(password)
    with writing():
        user.save(force_insert=True)
    return user


def user_id(user: Any) -> str:
    """The user's id in the API."""
    return to_global_id("User", user.pk)
