"""Saleor 2.10: its Dashboard shows no apps."""

from __future__ import annotations

from typing import Any

__all__ = ["HAS_APP_PROBLEMS", "install_app", "remove_app", "show_problems", "update_app"]

HAS_APP_PROBLEMS = False


def install_app(wanted: Any) -> None:
    """Nothing."""


def update_app(wanted: Any) -> bool:
    """False: there is none."""
    return False


def remove_app(identifier: str) -> bool:
    """False: there was none."""
    return False


def show_problems(identifier: str, wanted: Any) -> int:
    """0: nothing is shown."""
    return 0
