"""Door to Saleor's Dashboard: an app of ours in its menu and on its order page, kept as rows.

Rows, and no installation over HTTP: Saleor 3 refuses addresses of its own network, and no token of an app is needed here.
The Dashboard of 2.10 shows no apps.
"""

from __future__ import annotations

from typing import Dict, NamedTuple, Tuple

from . import IS_V3

if IS_V3:
    from .saleor_3_21.dashboard import (
        HAS_APP_PROBLEMS,
        install_app,
        remove_app,
        show_problems,
        update_app,
    )
else:
    from .saleor_2_10.dashboard import (
        HAS_APP_PROBLEMS,
        install_app,
        remove_app,
        show_problems,
        update_app,
    )

__all__ = [
    "HAS_APP_PROBLEMS",
    "HAS_DASHBOARD_APPS",
    "DashboardApp",
    "Extension",
    "Problem",
    "Problems",
    "install_app",
    "remove_app",
    "show_problems",
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
    """`url` is what relative addresses of extensions follow; without a slash at its end. `logo` is a PNG of 256 px or more."""

    identifier: str
    name: str
    version: str
    url: str
    logo: bytes
    permissions: Tuple[str, ...]
    extensions: Tuple[Extension, ...]


class Problem(NamedTuple):
    """Something that the Dashboard shows beside the app until it is over."""

    message: str
    is_critical: bool = False


# By what tells one from another: 3 to 128 characters.
Problems = Dict[str, Problem]
