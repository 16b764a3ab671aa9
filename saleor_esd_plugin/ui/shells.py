"""The one HTML file of the portal, and of staff's pages: all else on them is made by scripts, of what `/graphql/` answers."""

from __future__ import annotations

import json
from typing import Any, Dict, Optional, Tuple
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation

from ..conf import PLUGIN_ID, settings
from ..emails.languages import offered_languages
from ..host import shop
from ..host.types import PluginSettings
from ..pages import HEADERS, language_of, shop_name
from .assets import digest, modules_of

ROOT = f"/plugins/global/{PLUGIN_ID}"
_STYLES = ("vendor/modern-normalize.css", "look.css")


def portal(request: HttpRequest) -> Optional[HttpResponse]:
    """Buyers' pages, unless they are switched off; no other page may have them in a frame."""
    chosen = shop.plugin_settings()
    return _shell(request, "portal", chosen, ()) if chosen.has_portal else None


def staff(request: HttpRequest) -> HttpResponse:
    """Staff's pages, by themselves or within a Dashboard that operators name."""
    return _shell(request, "staff", shop.plugin_settings(), settings.dashboard_origins)


def _shell(
    request: HttpRequest, name: str, chosen: PluginSettings, framed_by: Tuple[str, ...]
) -> HttpResponse:
    """The same for every address below `/<name>`, and to anybody: it holds nothing of an account."""
    if request.method not in ("GET", "HEAD"):
        return HttpResponseNotAllowed(["GET", "HEAD"])
    language = language_of(request, request.GET.get("lang", "")[:20])
    with translation.override(language):
        html = render_to_string(
            "saleor_esd_plugin/ui/shell.html",
            {
                "language": language,
                "settings": json.dumps(_settings(name, chosen, language)),
                "icon": address_of("icon.svg"),
                "styles": [address_of(style) for style in _STYLES],
                "scripts": [address_of(script) for script in modules_of(f"{name}/main.js")],
            },
        )
    answer = HttpResponse(html)
    keeps_opener = name == "portal" and bool(chosen.shop_address)
    for header, value in _headers(name, chosen, framed_by, keeps_opener).items():
        answer[header] = value
    return answer


def address_of(asset: str) -> str:
    return f"{ROOT}/assets/{digest()}/{asset}"


def _settings(name: str, chosen: PluginSettings, language: str) -> Dict[str, Any]:
    """What the scripts have to know before they ask; public."""
    return {
        "root": f"{ROOT}/{name}",
        "api": reverse("api"),
        "refreshes": shop.HAS_REFRESH_TOKENS,
        "takesPasswords": shop.takes_passwords(of_staff=name == "staff"),
        "words": f"{ROOT}/words/{digest()}/",
        "language": language,
        "languages": offered_languages(),
        "shop": shop_name(),
        "sender": chosen.sender_address,
        "logo": chosen.logo_address,
        "accent": chosen.accent_color,
        "shopAddress": chosen.shop_address,
        "renewalAddress": chosen.renewal_address,
        "passwordAddress": chosen.password_address,
        "signUpAddress": chosen.sign_up_address,
    }


def _headers(
    name: str, chosen: PluginSettings, framed_by: Tuple[str, ...], keeps_opener: bool
) -> Dict[str, str]:
    """No script but ours, no markup from texts (Trusted Types), no frame but those of `framed_by`.

    `keeps_opener`: the window that opened the page may hand a token over. Saleor 3 cuts the two apart otherwise.
    """
    logo = urlsplit(chosen.logo_address)
    pictures = f" {logo.scheme}://{logo.netloc}" if logo.netloc else ""
    frames = " ".join(framed_by) or "'none'"
    # Within which staff look at mails, as they are sent: see routes.py.
    inner = "frame-src 'self'; " if name == "staff" else ""
    policy = (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
        f"img-src 'self'{pictures}; {inner}base-uri 'none'; form-action 'self'; frame-ancestors {frames}; "
        "require-trusted-types-for 'script'; trusted-types 'none'"
    )
    found = {
        **HEADERS,
        "Content-Security-Policy": policy,
        "Cross-Origin-Opener-Policy": "unsafe-none" if keeps_opener else "same-origin",
    }
    if framed_by:
        del found["X-Frame-Options"]
    return found
