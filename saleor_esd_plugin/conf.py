"""What operators set: secrets and limits, from the environment only.

What shop staff change (sender, staff address, stock) is the plugin's configuration in Saleor and
comes through `host.shop.plugin_settings()`. Each property reads the environment at every use, so that
a test or a new key ring needs no restart of its own.
"""

from __future__ import annotations

import os
from typing import Optional, Tuple

PLUGIN_ID = "esd"
MAX_QUANTITY = 10_000
STRIPE_MODES = ("live", "test")


class Settings:
    """Our settings; the name of a property in upper case with `ESD_` in front is its variable."""

    @property
    def enc_keys(self) -> str:
        """`"2:BASE64,1:BASE64"`: the ring of 32-byte encryption keys, each with its number (kid)."""
        return _secret("ESD_ENC_KEYS")

    @property
    def enc_active(self) -> str:
        """The number of the encryption key that new keys are encrypted with."""
        return _text("ESD_ENC_ACTIVE")

    @property
    def index_keys(self) -> str:
        """`"1:BASE64"`: the ring of 32-byte keys that license keys are found by (HMAC)."""
        return _secret("ESD_INDEX_KEYS")

    @property
    def index_active(self) -> str:
        """The number of the index key that new keys are indexed with."""
        return _text("ESD_INDEX_ACTIVE")

    @property
    def max_quantity(self) -> int:
        """Units that one request may name [10,000]."""
        return _number("ESD_MAX_QUANTITY", MAX_QUANTITY)

    @property
    def max_nodes(self) -> int:
        """Objects of ours that one HTTP request to the API may ask for [10,000]."""
        return _number("ESD_MAX_NODES", 10_000)

    @property
    def max_total_counts(self) -> int:
        """Lists of ours with `totalCount` in one HTTP request [20]."""
        return _number("ESD_MAX_TOTAL_COUNTS", 20)

    @property
    def max_mutations(self) -> int:
        """Mutations of ours in one HTTP request [50]."""
        return _number("ESD_MAX_MUTATIONS", 50)

    @property
    def claim_url(self) -> Optional[str]:
        """The storefront's claim page; the token is appended. None: our own page."""
        return _text("ESD_CLAIM_URL") or None

    @property
    def invitation_url(self) -> Optional[str]:
        """The storefront's page that calls `licenseInvitationAccept`; the token is appended."""
        return _text("ESD_INVITATION_URL") or None

    @property
    def dashboard_origins(self) -> Tuple[str, ...]:
        """Where Saleor's Dashboard runs ("https://dashboard.shop.example"), separated by commas: it may frame staff's pages."""
        return tuple(_text("ESD_DASHBOARD_ORIGINS").replace(",", " ").split())

    @property
    def trusted_proxy_count(self) -> int:
        """Reverse proxies in front: the client's address is the n-th from the right [0]."""
        return _number("ESD_TRUSTED_PROXY_COUNT", 0)

    @property
    def claim_days(self) -> int:
        """Days that a claim link can be used [14]."""
        return _number("ESD_CLAIM_DAYS", 14)

    @property
    def stripe_webhook_secrets(self) -> Tuple[str, ...]:
        """The signing secrets ("whsec_…") of our endpoint at Stripe, separated by commas; empty: none.

        Several at once, so that one can be replaced. Raises OSError if there is a file and it cannot be read.
        """
        return tuple(_secret("ESD_STRIPE_WEBHOOK_SECRETS").replace(",", " ").split())

    @property
    def import_at_once(self) -> int:
        """Imports of keys with more rows than this are loaded in the background [10,000]."""
        return max(_number("ESD_IMPORT_AT_ONCE", 10_000), 0)

    @property
    def stripe_mode(self) -> str:
        """Whose messages are taken in, "live" or "test" ["live"]; whatever else was set, as it is."""
        return _text("ESD_STRIPE_MODE").lower() or "live"

    @property
    def stripe_account(self) -> str:
        """The connected account ("acct_…") whose messages are the shop's; empty: only the account's own."""
        return _text("ESD_STRIPE_ACCOUNT")

    @property
    def stripe_api_key(self) -> str:
        """The key that `esd_stripe_reconcile` asks Stripe with; nothing else needs it."""
        return _secret("ESD_STRIPE_API_KEY")


def _text(name: str) -> str:
    return os.environ.get(name, "").strip()


def _secret(name: str) -> str:
    """The value of `name`, or the content of the file that `name`_FILE points to."""
    value = _text(name)
    path = _text(name + "_FILE")
    if value or not path:
        return value
    with open(path, encoding="ascii") as file:
        return file.read().strip()


def _number(name: str, default: int) -> int:
    try:
        return int(_text(name) or default)
    except ValueError:
        return default


settings = Settings()
