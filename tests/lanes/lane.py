"""What the settings of both lanes share, and which of them belongs to the Saleor that is installed."""

from __future__ import annotations

import base64
import os
import warnings
from importlib.util import find_spec

# The plugin reads its key ring from the environment; commands that a test starts see the same one.
for _name in ("ENC", "INDEX"):
    os.environ.setdefault(f"ESD_{_name}_KEYS", "1:" + base64.b64encode(os.urandom(32)).decode())
    os.environ.setdefault(f"ESD_{_name}_ACTIVE", "1")


def host() -> str:
    """ "2.10" or "3.21", which stands for all later ones too: 2.10 has no channels."""
    return "3.21" if find_spec("saleor.channel") else "2.10"


def settings_module() -> str:
    return f"settings_saleor_{host().replace('.', '_')}"


def random_rsa_key() -> str:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    return (
        rsa.generate_private_key(public_exponent=65537, key_size=2048)
        .private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.TraditionalOpenSSL,
            serialization.NoEncryption(),
        )
        .decode()
    )


def filter_warnings() -> None:
    """For what loads before pytest's own filters hold: Saleor's packages may use what is deprecated, we may not."""
    warnings.filterwarnings("ignore")
    for category in (DeprecationWarning, PendingDeprecationWarning):
        warnings.filterwarnings("error", category=category, module="saleor_esd_plugin")


def for_tests(settings: dict) -> None:
    """Change the host's settings: quick, quiet, everything in this process."""
    settings.update(
        DEBUG=False,
        EMAIL_BACKEND="django.core.mail.backends.locmem.EmailBackend",
        DEFAULT_FROM_EMAIL="shop@example.com",
        # Argon2 and PBKDF2 are slow on purpose; no test is about them.
        PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
        AUTH_PASSWORD_VALIDATORS=[],
        # Without a broker, whatever the environment says.
        CELERY_BROKER_URL=None,
        CELERY_TASK_ALWAYS_EAGER=True,
        CELERY_TASK_EAGER_PROPAGATES=False,
        CACHES={"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}},
        ALLOWED_HOSTS=["*"],
    )
    # Else each mail parses its templates anew.
    settings["TEMPLATES"][0]["OPTIONS"]["debug"] = False
    settings["LOGGING"]["root"]["level"] = "WARNING"
    settings["LOGGING"]["loggers"]["py.warnings"] = {"level": "ERROR"}
