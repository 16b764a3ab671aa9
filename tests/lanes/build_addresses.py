"""Addresses in the host's rows, which are the same on every host."""

from __future__ import annotations

from django.contrib.sites.models import Site
from saleor.account.models import Address

__all__ = ["set_billing", "set_company"]


def set_billing(order, **address):
    """What stands in the order's billing address: `company_name`, `city` ..."""
    Address.objects.filter(pk=order.billing_address_id).update(**address)


def set_company(**address):
    """The shop's own address, in the site settings."""
    settings = Site.objects.get_current().settings
    settings.company_address = Address.objects.create(**address)
    settings.save()
