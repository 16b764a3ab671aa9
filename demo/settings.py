"""Saleor's own settings, our plugin, and what a shop on one machine needs besides. For Saleor 2.10 and for 3.x.

tools/serve.py passes the secrets and the folder for what is written; with ESD_HOST_ONLY set this is Saleor without us,
which is how the template database gets the host's tables.
"""

import os
import warnings
from importlib.util import find_spec
from pathlib import Path

HERE = Path(__file__).resolve().parent
STATE = Path(os.environ.get("ESD_STATE") or HERE.parent / ".cache" / "demo")

os.environ.setdefault("SECRET_KEY", "only-for-the-demo")
os.environ.setdefault("ALLOWED_CLIENT_HOSTS", "localhost,127.0.0.1")
if "ESD_DEMO_URL" in os.environ:
    # What links in mails begin with, on Saleor 3; of a 2.10 the seed sets the domain.
    os.environ.setdefault("PUBLIC_URL", os.environ["ESD_DEMO_URL"].rpartition("graphql/")[0])
# Saleor 3 gives tokens for five minutes, which is short for trying things out.
os.environ.setdefault("JWT_TTL_ACCESS", "1 day")
# Of one line, on Saleor 2.10; the seed tells a Saleor 3.
os.environ.setdefault("MAX_CHECKOUT_LINE_QUANTITY", "10000")

# The packages of 2020 warn about everything that came after them.
warnings.filterwarnings("ignore")

from saleor.settings import *

APP, PLUGIN = "saleor_esd_plugin", "saleor_esd_plugin.plugin.EsdPlugin"
# On Saleor 3 the entry point may have put it there before us.
INSTALLED_APPS = [app for app in INSTALLED_APPS if app != APP]
PLUGINS = [plugin for plugin in PLUGINS if plugin != PLUGIN]
if not os.environ.get("ESD_HOST_ONLY"):
    INSTALLED_APPS.append(APP)
    PLUGINS.append(PLUGIN)
    if not find_spec("saleor.channel"):
        # Saleor 2.10 cannot route addresses to a plugin: ours contain the shop's.
        ROOT_URLCONF = "saleor_esd_plugin.urls"
    # For orders that are paid days later.
    PLUGINS.append("demo.gateway.BankSlipGateway")
    if not find_spec("saleor.payment.gateways.dummy"):
        PLUGINS.append("demo.gateway.DummyGateway")

# The wheel of Saleor 2.10 has no templates: ours is the page that a browser gets at /graphql/.
TEMPLATES[0]["DIRS"] = [str(HERE / "templates"), *TEMPLATES[0]["DIRS"]]
MEDIA_ROOT = str(STATE / "media")

EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
EMAIL_FILE_PATH = str(STATE / "mail")
DEFAULT_FROM_EMAIL = "shop@example.com"

if DATABASES.pop("replica", None):
    # Saleor 3 may read from a second database server; one is enough here.
    DATABASE_CONNECTION_REPLICA_NAME = DATABASE_CONNECTION_DEFAULT_NAME
LOGGING["root"]["level"] = "WARNING"
