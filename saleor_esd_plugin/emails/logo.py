"""The shop's logo inside each mail: a picture that the reader's program would have to load is mostly not shown.

It is asked for once a day, and kept in the host's cache.
"""

from __future__ import annotations

import hashlib
import logging
from typing import Optional, Tuple

from django.core.cache import cache

from ..host.pictures import fetch_picture

logger = logging.getLogger(__name__)

# Content type and bytes.
Picture = Tuple[str, bytes]

_KEPT, _KEPT_FAILURE = 24 * 3600, 600


def logo_of(address: str) -> Optional[Picture]:
    """The picture at the address; None if there is none, or the cache fails: no mail waits for its logo.

    May ask the network: not to be called inside a transaction.
    """
    if not address:
        return None
    try:
        kept = cache.get(_key(address))
        if kept is None:
            # Empty if there is none, so that the next mails do not ask again.
            kept = fetch_picture(address) or ()
            cache.set(_key(address), kept, _KEPT if kept else _KEPT_FAILURE)
        return kept or None
    except Exception as error:
        logger.warning("Mails leave without a logo: %s", type(error).__name__)
        return None


def _key(address: str) -> str:
    # An address may have what a cache's key may not.
    return "esd:logo:" + hashlib.sha256(address.encode()).hexdigest()
