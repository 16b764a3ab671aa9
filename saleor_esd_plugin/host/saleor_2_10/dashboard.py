"""Saleor 2.10: its Dashboard shows no apps."""

from __future__ import annotations

from typing import Any

__all__ = ["install_app", "remove_app", "update_app"]


def install_app(wanted: Any) -> None:
    """Nothing."""


def update_app(wanted: Any) -> bool:
    """False: there is none."""
    return False


def remove_app(identifier: str) -> bool:
    """False: there was none."""
    return False
