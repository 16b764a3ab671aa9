"""Inbound addresses for Saleor 2.10, which cannot route to plugins: `ROOT_URLCONF = "saleor_esd_plugin.urls"`.

The same address as on Saleor 3, `/plugins/global/esd/…`, then all of the shop's own.
"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseNotFound
from django.urls import re_path

from .conf import PLUGIN_ID
from .host.db import writing
from .host.plugin import current_plugin, shop_urlpatterns


def respond(request: HttpRequest, path: str) -> HttpResponse:
    """What the plugin answers to `path` ("/claim/…"): 404 for what it does not know, or switched off."""
    with writing():
        plugin = current_plugin(PLUGIN_ID)
        not_found = HttpResponseNotFound()
        return plugin.webhook(request, path, not_found) if plugin else not_found


# Ours first: under DEBUG the shop's end in a pattern that takes everything.
urlpatterns = [
    re_path(rf"^plugins/global/{PLUGIN_ID}(?P<path>/.*)$", respond),
    *shop_urlpatterns(),
]
