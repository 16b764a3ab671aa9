"""Saleor 3.21 or later with our plugin, for the tests (Python 3.12, Django 5.2).

Not `saleor.tests.settings`: these empty PLUGINS.
"""

import os
from importlib.util import find_spec

import lane

# Saleor's settings read these; a variable that is set already stays.
os.environ.setdefault("SECRET_KEY", "only-for-tests")
os.environ.setdefault("ALLOWED_CLIENT_HOSTS", "localhost,127.0.0.1,testserver")
if "RSA_PRIVATE_KEY" not in os.environ:
    # Signs the tokens; without DEBUG Saleor does not make one up.
    os.environ["RSA_PRIVATE_KEY"] = lane.random_rsa_key()

from saleor.settings import *

# Installed with its metadata, the plugin was found by its entry point already; on sys.path only, it was not.
if "saleor_esd_plugin" not in INSTALLED_APPS:
    INSTALLED_APPS.append("saleor_esd_plugin")
if "saleor_esd_plugin.plugin.EsdPlugin" not in PLUGINS:
    PLUGINS.append("saleor_esd_plugin.plugin.EsdPlugin")
if not find_spec("saleor.payment.gateways.dummy"):
    PLUGINS.append("demo.gateway.DummyGateway")

# As in Saleor's own tests: a query that goes to the writer without saying so fails in requests and in tasks.
# It tells writer and replica apart by alias, so the replica's alias has to stay: tests/conftest.py lets it share
# the connection of `default`.
MIDDLEWARE.insert(0, "saleor.core.db.connection.restrict_writer_middleware")
CELERY_RESTRICT_WRITER_METHOD = "saleor.core.db.connection.restrict_writer"

# The webhooks of our tests go to servers on this machine.
HTTP_IP_FILTER_ENABLED = False
HTTP_IP_FILTER_ALLOW_LOOPBACK_IPS = True

lane.for_tests(globals())
