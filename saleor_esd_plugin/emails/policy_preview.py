"""Mails that hand keys over as their readers get them, for staff who write the instructions: with sample values, no key.

A browser shows one in a frame whose address is ours. What stands in it was rendered here and signed, so that the
address shows nothing else to anybody.
"""

from __future__ import annotations

from typing import Any, Dict, Mapping, Optional

from django.core import signing

from ..errors import Invalid
from ..host import shop
from ..host.db import now
from ..keys.formats import find_format
from ..keys.secret import SecretKey
from ..licenses.policies.models import LicensePolicy
from .mails.keys import about_keys, claim_address
from .models import DeliveryKind
from .order_context import product_name
from .render import Letter, render
from .sender import sender

_SALT = "esd.preview"
# Seconds, between the answer with it and the frame that asks for it.
_LONGEST_WAIT = 300
_NAME, _NUMBER = "Ada Lovelace", "1042"


def preview_license_mail(
    policy: LicensePolicy,
    *,
    kind: DeliveryKind,
    language: str,
    instructions: Optional[Mapping[str, str]] = None,
) -> Letter:
    """LICENSE_KEYS or LICENSE_ASSIGNED with one license of this policy, in this language ("pt-br").

    `instructions` (language -> text) take the place of the policy's; nothing is stored. It has no logo, which only a
    mail brings along. Raises Invalid for a renewal, which hands no key over, CannotRender.
    """
    if policy.is_renewal:
        raise Invalid("A renewal takes no key: no mail brings one.", field="policy")
    if instructions is not None:
        policy.instructions = dict(instructions)
    names = shop.names_of_variants([policy.variant_ref]).get(policy.variant_ref)
    expires_at = policy.term_from(now()).expires_at
    license = {
        "product": product_name(names.product_name, names.variant_name, names.sku)
        if names
        else policy.name,
        "key": SecretKey(find_format(policy.pool.format).mask("")),
        "link": claim_address(""),
        "expires_on": expires_at.date() if expires_at else None,
    }
    contents: Dict[str, Any] = {
        **about_keys(policy, language, [license]),
        "name": _NAME,
        "order_number": _NUMBER if kind is DeliveryKind.LICENSE_KEYS else "",
        "is_grant": False,
        "invitation_url": "",
        "portal_url": "",
    }
    return render(kind.value, language, contents, sender())


def signed_page(letter: Letter) -> str:
    """The HTML of a preview, to be shown by `shown_page` within some minutes."""
    return signing.dumps(letter.html, salt=_SALT, compress=True)


def shown_page(signed: str) -> Optional[str]:
    """The HTML that `signed_page` signed; None if it is old, or somebody else's."""
    try:
        return signing.loads(signed, salt=_SALT, max_age=_LONGEST_WAIT)
    except signing.BadSignature:
        return None
