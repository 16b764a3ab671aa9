"""Software licenses for Saleor: keys in stock, approval, release, assignment, e-mail."""

__version__ = "0.1.0"

# Django 3.0 finds no AppConfig by itself; later versions ignore the line.
default_app_config = "saleor_esd_plugin.apps.EsdConfig"
