"""System checks. All are warnings, since Django starts nothing while there are errors, and a plugin
never takes the shop down (T-KEY-01). None asks the database.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Iterable, List

from django.conf import settings as django_settings
from django.core.checks import CheckMessage, Warning

from .conf import STRIPE_MODES, settings
from .host import GETS_SECURITY_FIXES
from .keys.ring import keyring

_KEY_FILES = ("ESD_ENC_KEYS_FILE", "ESD_INDEX_KEYS_FILE")
_STRIPE_FILES = ("ESD_STRIPE_WEBHOOK_SECRETS_FILE", "ESD_STRIPE_API_KEY_FILE")


def check_keyring(app_configs: Any = None, **kwargs: Any) -> List[CheckMessage]:
    """esd.E000 to E006: why the license keys are locked. E007: who else may read the key ring's files."""
    found: List[CheckMessage] = [
        Warning(problem.text, hint="Until then orders wait for their keys.", id=problem.id)
        for problem in keyring.problems()
    ]
    return found + _check_files(_KEY_FILES)


def check_stripe(app_configs: Any = None, **kwargs: Any) -> List[CheckMessage]:
    """esd.W009: a mode that Stripe does not have. E007: who else may read Stripe's secrets."""
    found: List[CheckMessage] = []
    if settings.stripe_mode not in STRIPE_MODES:
        found.append(
            Warning(
                'ESD_STRIPE_MODE is neither "live" nor "test": all messages of Stripe are refused.',
                hint='Set it to "live", or to "test" in a shop that takes no real money.',
                id="esd.W009",
            )
        )
    return found + _check_files(_STRIPE_FILES)


def check_deployment(app_configs: Any = None, **kwargs: Any) -> List[CheckMessage]:
    """What is fine on a developer's machine and is not in a shop; for `check --deploy`."""
    found: List[CheckMessage] = []

    def warn(id: str, text: str, hint: str) -> None:
        found.append(Warning(text, hint=hint, id=id))

    if django_settings.DEBUG:
        warn(
            "esd.W004",
            "DEBUG is on: error pages show what is in memory.",
            "Turn DEBUG off wherever real license keys are.",
        )
    elif getattr(django_settings, "CELERY_TASK_ALWAYS_EAGER", False):
        warn(
            "esd.W002",
            "Celery runs its tasks within web requests: customers wait for e-mails to be sent.",
            "Set CELERY_BROKER_URL, and start a worker.",
        )
    if settings.trusted_proxy_count == 0:
        warn(
            "esd.W006",
            "ESD_TRUSTED_PROXY_COUNT is 0: behind a proxy all visitors share its address and limits.",
            "Set it to the number of proxies in front of the shop; ignore this if there is none.",
        )
    if not _has_stripe_secret():
        warn(
            "esd.W005",
            "There is no secret for Stripe's messages, or its file cannot be read: refunds, disputes and "
            "late payments at Stripe stay unknown.",
            "Set ESD_STRIPE_WEBHOOK_SECRETS to the signing secret of the endpoint at Stripe. A shop that "
            'takes no payments by Stripe: SILENCED_SYSTEM_CHECKS = ["esd.W005"].',
        )
    if not GETS_SECURITY_FIXES:
        if not getattr(django_settings, "GRAPHQL_JWT", {}).get("JWT_VERIFY_EXPIRATION"):
            warn(
                "esd.W003",
                "User tokens never expire, not even after a change of the password.",
                "Set JWT_VERIFY_EXPIRATION=True.",
            )
        warn(
            "esd.W008",
            "Saleor 2.10 gets no security fixes any more and has known weaknesses.",
            "docs/saleor-2.10.md of the plugin lists what to do about them; better, move to Saleor 3.21 or later.",
        )
    return found


def _has_stripe_secret() -> bool:
    try:
        return bool(settings.stripe_webhook_secrets)
    except (OSError, UnicodeError):
        return False


def _check_files(names: Iterable[str]) -> List[CheckMessage]:
    found: List[CheckMessage] = []
    for name in names:
        path = os.environ.get(name, "").strip()
        if path:
            found += _check_file(name, Path(path))
    return found


def _check_file(name: str, path: Path) -> List[CheckMessage]:
    """The file has to be its owner's alone and outside the folders that the web server gives out."""
    found: List[CheckMessage] = []
    public = [getattr(django_settings, root, None) for root in ("MEDIA_ROOT", "STATIC_ROOT")]
    parents = path.resolve().parents
    if any(Path(folder).resolve() in parents for folder in public if folder):
        found.append(
            Warning(
                f"The file of {name} stands in MEDIA_ROOT or STATIC_ROOT, where anybody can fetch it.",
                hint="Move it, and replace what it holds: it is known to others now.",
                id="esd.E007",
            )
        )
    elif path.exists() and path.stat().st_mode & 0o077:
        found.append(
            Warning(
                f"Others than its owner may read the file of {name}.",
                hint="Set its mode to 0400 or 0600.",
                id="esd.E007",
            )
        )
    return found
