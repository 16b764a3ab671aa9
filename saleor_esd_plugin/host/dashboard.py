"""Door to Saleor's Dashboard: an app of ours in its menu and on its order page, kept as rows.

Rows, and no installation over HTTP: Saleor 3 refuses addresses of its own network, and no token of an app is needed here.
The Dashboard of 2.10 shows no apps.
"""

from __future__ import annotations

from typing import NamedTuple, Tuple

from . import IS_V3

if IS_V3:
    from .saleor_3_21.dashboard import install_app, remove_app, update_app
else:
    from .saleor_2_10.dashboard import install_app, remove_app, update_app

__all__ = [
    "HAS_DASHBOARD_APPS",
    "DashboardApp",
    "Extension",
    "install_app",
    "remove_app",
    "update_app",
]

HAS_DASHBOARD_APPS = IS_V3


class Extension(NamedTuple):
    """Something of an app in one place of the Dashboard; `mount` and `target` as in Saleor's manifests, in lower case."""

    identifier: str
    label: str
    mount: str
    target: str
    url: str
    # The name of a permission of ours: a token in the frame holds what app and user both have.
    permission: str


class DashboardApp(NamedTuple):
    """`url` is what relative addresses of extensions follow; without a slash at its end."""

    identifier: str
    name: str
    version: str
    url: str
    permissions: Tuple[str, ...]
    extensions: Tuple[Extension, ...]
