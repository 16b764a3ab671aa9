"""Our own pages under `/plugins/global/esd`: where links in e-mails lead if the shop has no page for them.

Opening one shows no key and uses nothing up, since mail scanners and previews open every link; pressing
the button does. Nothing is kept of them: no cache, no referrer, no search engine, no script.
"""

from __future__ import annotations

import logging
from functools import partial
from typing import Any, Callable, Dict, Optional
from uuid import uuid4

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation.trans_real import parse_accept_lang_header

from .conf import settings
from .emails.languages import best_of, choose_text
from .emails.opting_out import address_in, stop_reminders
from .emails.order_context import PORTAL_PATH, product_of
from .emails.sender import sender
from .errors import DeadLink, NotFound
from .exports.files import fetch
from .exports.requests import find_export
from .health import examine
from .host import shop
from .host.db import writing
from .host.graphql import actor_of_today, client_ip
from .host.headers import header
from .host.plugin import streamed
from .host.types import Actor
from .licenses.claim_links import claim_license_key, find_claim
from .licenses.models import License
from .tokens import is_token

logger = logging.getLogger(__name__)

_FOLDER = "saleor_esd_plugin/pages"
# Where the button of an invitation leads, on the same host.
_PORTAL = f"{PORTAL_PATH}/invitation"
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex, nofollow",
}


def respond(request: HttpRequest, path: str) -> Optional[HttpResponse]:
    """The answer to `path`, what follows `/plugins/global/esd` ("/claim/"); None if it is none of ours."""
    page = _find_page(path.strip("/"))
    if page is None:
        return None
    with writing():
        answer = page(request)
    for name, value in HEADERS.items():
        answer[name] = value
    return answer


def _find_page(path: str) -> Optional[Callable[[HttpRequest], HttpResponse]]:
    name, _, token = path.partition("/")
    if name == "unsubscribe" and token:
        return partial(_unsubscribe, token=token)
    return _PAGES.get(path)


def _claim(request: HttpRequest) -> HttpResponse:
    """Product, shop and a button (GET), then the key and what to do with it, once (POST).

    One answer for all links that cannot be used (T-CLM-03).
    """

    def about(license: License) -> Dict[str, Any]:
        return {"product": product_of(license.order_line)}

    return _single_use(request, "claim", find_claim, _show_key, about)


def _export(request: HttpRequest) -> HttpResponse:
    """A button (GET), then the file, once (POST); as for a claim."""
    return _single_use(request, "export", find_export, _send_file)


def _single_use(
    request: HttpRequest,
    name: str,
    find: Callable[[str], Any],
    use: Callable[[HttpRequest], HttpResponse],
    about: Callable[[Any], Dict[str, Any]] = lambda found: {},
) -> HttpResponse:
    if request.method not in ("GET", "HEAD", "POST"):
        return HttpResponseNotAllowed(["GET", "HEAD", "POST"])
    try:
        if request.method == "POST":
            return use(request)
        token = request.GET.get("token", "")
        found = find(token)
        if found is None:
            return _page(request, "gone", status=404)
        return _page(request, name, token=token, **about(found))
    except NotFound:
        return _page(request, "gone", status=404)
    except Exception as error:
        # Its text may quote what it was about.
        logger.error("The page “%s” failed: %s", name, type(error).__name__)
        # Nothing is asked for it, where asking for something has just failed.
        return _page(request, "later", status=503, frame={})


def shop_name() -> str:
    """What the shop is called on our pages."""
    return _frame()["shop"]


def _frame() -> Dict[str, str]:
    """What stands around each page: the shop as our mails name it, else as Saleor does; and its color, which may be empty."""
    found = sender()
    name = found.name or shop.site_name() or found.address
    return {"shop": name, "accent": found.accent_color}


def _show_key(request: HttpRequest) -> HttpResponse:
    # Looked up before the link is used up: afterwards nothing may fail.
    frame = _frame()
    license, secret = claim_license_key(_posted_token(request), actor=_visitor(request))
    return _page(
        request,
        "key",
        frame=frame,
        product=product_of(license.order_line),
        # Opened by the template: in a frame of ours it would be a text that error trackers send.
        key=secret,
        instructions=choose_text(license.policy.instructions, language_of(request)),
    )


def _posted_token(request: HttpRequest) -> str:
    """What the page's form sent, empty for what no form sends: reading it parses the header."""
    return request.POST.get("token", "") if header(request.META, "CONTENT_TYPE") else ""


def _send_file(request: HttpRequest) -> HttpResponse:
    export = find_export(_posted_token(request))
    if export is None:
        raise DeadLink()
    proxies = settings.trusted_proxy_count
    actor = actor_of_today(export.actor_kind, export.actor_ref, request.META, proxies)
    file = fetch(export, actor)
    answer = streamed(request, file.pieces, file.content_type)
    answer["Content-Disposition"] = f'attachment; filename="{file.name}"'
    return answer


def _invitation(request: HttpRequest) -> HttpResponse:
    """How to become a member with the code in the link. It is looked up by nobody here."""
    if request.method not in ("GET", "HEAD"):
        return HttpResponseNotAllowed(["GET", "HEAD"])
    token = request.GET.get("token", "")
    if not is_token(token):
        return _page(request, "gone", status=404)
    chosen = shop.plugin_settings()
    return _page(
        request,
        "invitation",
        token=token,
        portal=_PORTAL if chosen.has_portal else "",
        sign_up=chosen.sign_up_address,
    )


def _unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """A button (GET), then no more reminders (POST, by it or by a mail program, which sends no cookie: RFC 8058)."""
    if request.method not in ("GET", "HEAD", "POST"):
        return HttpResponseNotAllowed(["GET", "HEAD", "POST"])
    address = address_in(token)
    if address is None:
        return _page(request, "gone", status=404)
    if request.method == "POST":
        stop_reminders(address)
    return _page(request, "unsubscribe", address=address, is_stopped=request.method == "POST")


def _health(request: HttpRequest) -> HttpResponse:
    """For probes, which hold no permission: whether all is well, in a word; why is told by `licenseHealth`."""
    if request.method not in ("GET", "HEAD"):
        return HttpResponseNotAllowed(["GET", "HEAD"])
    try:
        is_well = not examine().problems
    except Exception as error:
        logger.error("Nobody knows whether all is well: %s", type(error).__name__)
        is_well = False
    return HttpResponse(
        "ok" if is_well else "not ok", content_type="text/plain", status=200 if is_well else 503
    )


_PAGES: Dict[str, Callable[[HttpRequest], HttpResponse]] = {
    "claim": _claim,
    "export": _export,
    "health": _health,
    "invitation": _invitation,
}


def _page(
    request: HttpRequest,
    name: str,
    *,
    status: int = 200,
    frame: Optional[Dict[str, str]] = None,
    **values: Any,
) -> HttpResponse:
    language = language_of(request)
    # A shop may have a page of its own for one language.
    places = [f"{_FOLDER}/{language}/{name}.html", f"{_FOLDER}/{name}.html"]
    around = {**(_frame() if frame is None else frame), "language": language, "path": request.path}
    with translation.override(language):
        html = render_to_string(places, {**values, **around})
    return HttpResponse(html, status=status)


def language_of(request: HttpRequest, *first: str) -> str:
    """The best of our languages for this browser, `first` before what it asks for; English if none of them is one."""
    wishes = parse_accept_lang_header(header(request.META, "HTTP_ACCEPT_LANGUAGE"))
    return best_of(wish.lower() for wish in (*first, *(wish for wish, _ in wishes)) if wish)


def _visitor(request: HttpRequest) -> Actor:
    ip = client_ip(request.META, settings.trusted_proxy_count)
    return Actor("ANONYMOUS", ip=ip, request_id=uuid4().hex)
