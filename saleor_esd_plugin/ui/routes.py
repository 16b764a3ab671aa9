"""What stands below `/plugins/global/esd`: the portal, staff's pages, what they load, the app's manifest, and the pages behind links in e-mails."""

from __future__ import annotations

import json
from typing import Optional

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse

from .. import pages
from ..conf import settings
from ..emails.languages import offered_languages
from ..emails.policy_preview import shown_page
from ..host.dashboard import HAS_DASHBOARD_APPS
from . import assets
from .manifest import manifest
from .shells import portal, staff
from .words import words


def respond(request: HttpRequest, path: str) -> Optional[HttpResponse]:
    """The answer to `path`, what follows `/plugins/global/esd` ("/portal/customers"); None if it is none of ours."""
    first, _, rest = path.lstrip("/").partition("/")
    if first == "assets":
        return assets.respond(request, rest)
    if first == "words":
        return _words(rest)
    if first == "portal":
        return portal(request)
    if first == "staff":
        return staff(request)
    if first == "preview" and not rest:
        return _preview(request)
    if first == "manifest" and HAS_DASHBOARD_APPS:
        return JsonResponse(manifest())
    return pages.respond(request, path)


def _preview(request: HttpRequest) -> Optional[HttpResponse]:
    """A mail that `licensePolicyMailPreview` rendered, for a frame of staff's pages: it can do nothing but be looked at."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    html = shown_page(request.POST.get("page", ""))
    if html is None:
        return None
    answer = HttpResponse(html)
    frames = " ".join(("'self'", *settings.dashboard_origins))
    for name, value in pages.HEADERS.items():
        if name != "X-Frame-Options":
            answer[name] = value
    answer["Content-Security-Policy"] = (
        f"sandbox; default-src 'none'; style-src 'unsafe-inline'; frame-ancestors {frames}"
    )
    return answer


def _words(rest: str) -> Optional[HttpResponse]:
    """The words at "<digest>/es.json"."""
    version, _, name = rest.partition("/")
    language = name[: -len(".json")]
    if (
        version != assets.digest()
        or not name.endswith(".json")
        or language not in offered_languages()
    ):
        return None
    answer = HttpResponse(
        json.dumps(words(language), ensure_ascii=False), content_type="application/json"
    )
    # Not for ever: a shop may have texts of its own.
    answer["Cache-Control"] = "public, max-age=3600"
    answer["X-Content-Type-Options"] = "nosniff"
    return answer
