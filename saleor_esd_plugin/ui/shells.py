"""The one HTML file of the portal, and of staff's pages: all else on them is made by scripts, of what `/graphql/` answers."""

from __future__ import annotations

import json
from typing import Any, Dict, Tuple
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation.trans_real import parse_accept_lang_header

from ..conf import PLUGIN_ID, settings
from ..emails.languages import best_of, offered_languages
from ..emails.sender import sender
from ..host import shop
from ..host.headers import header
from ..host.types import PluginSettings
from .assets import digest, modules_of

ROOT = f"/plugins/global/{PLUGIN_ID}"
_STYLES = ("vendor/modern-normalize.css", "look.css")


def portal(request: HttpRequest) -> HttpResponse:
    """Buyers' pages; no other page may have them in a frame."""
    return _shell(request, "portal", ())


def staff(request: HttpRequest) -> HttpResponse:
    """Staff's pages, by themselves or within a Dashboard that operators name."""
    return _shell(request, "staff", settings.dashboard_origins)


def _shell(request: HttpRequest, name: str, framed_by: Tuple[str, ...]) -> HttpResponse:
    """The same for every address below `/<name>`, and to anybody: it holds nothing of an account."""
    if request.method not in ("GET", "HEAD"):
        return HttpResponseNotAllowed(["GET", "HEAD"])
    chosen = shop.plugin_settings()
    language = language_of(request)
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
    for header_name, value in headers(chosen, framed_by).items():
        answer[header_name] = value
    return answer


def address_of(asset: str) -> str:
    return f"{ROOT}/assets/{digest()}/{asset}"


def language_of(request: HttpRequest) -> str:
    """`?lang=` if there is one, else the best of our languages for this browser; English if there is none."""
    wishes = parse_accept_lang_header(header(request.META, "HTTP_ACCEPT_LANGUAGE"))
    asked = request.GET.get("lang", "")[:20]
    return best_of(wish.lower() for wish in (asked, *(wish for wish, _ in wishes)) if wish)


def _settings(name: str, chosen: PluginSettings, language: str) -> Dict[str, Any]:
    """What the scripts have to know before they ask; public."""
    found = sender()
    return {
        "root": f"{ROOT}/{name}",
        "api": reverse("api"),
        "refreshes": shop.HAS_REFRESH_TOKENS,
        "words": f"{ROOT}/words/{digest()}/",
        "language": language,
        "languages": offered_languages(),
        "shop": found.name or found.address,
        "logo": chosen.logo_address,
        "accent": chosen.accent_color,
        "shopAddress": chosen.shop_address,
        "passwordAddress": chosen.password_address,
        "signUpAddress": chosen.sign_up_address,
    }


def headers(chosen: PluginSettings, framed_by: Tuple[str, ...]) -> Dict[str, str]:
    """No script but ours, no markup from texts (Trusted Types), no frame but those of `framed_by`."""
    logo = urlsplit(chosen.logo_address)
    pictures = f" {logo.scheme}://{logo.netloc}" if logo.netloc else ""
    frames = " ".join(framed_by) or "'none'"
    found = {
        "Cache-Control": "no-store",
        "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
        f"img-src 'self'{pictures}; base-uri 'none'; form-action 'self'; frame-ancestors {frames}; "
        "require-trusted-types-for 'script'; trusted-types 'none'",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "X-Robots-Tag": "noindex, nofollow",
    }
    return found if framed_by else {**found, "X-Frame-Options": "DENY"}
