"""Saleor 2.10.1 with our plugin, as its operator would set it up, for the tests (Python 3.8, Django 3.0)."""

import os
import threading

import lane
from django.db import connections

# Saleor's settings read these; a variable that is set already stays.
os.environ.setdefault("SECRET_KEY", "only-for-tests")
os.environ.setdefault("ALLOWED_CLIENT_HOSTS", "localhost,127.0.0.1,testserver")

from saleor.settings import *

INSTALLED_APPS += ["saleor_esd_plugin"]
PLUGINS += ["saleor_esd_plugin.plugin.EsdPlugin"]
# Saleor 2.10 cannot route addresses to a plugin: ours contain the shop's.
ROOT_URLCONF = "saleor_esd_plugin.urls"

lane.for_tests(globals())
# Whenever a connection is looked up, asgiref 3.2 asks asyncio for the task: 5 % of all tests, of which none is asynchronous.
connections._connections = threading.local()
