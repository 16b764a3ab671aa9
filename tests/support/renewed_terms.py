"""Terms before and after a renewal."""

from __future__ import annotations

from saleor_esd_plugin.licenses.models import License


def ends(*licenses):
    return [
        License.objects.values_list("expires_at", "grace_until", "retained_until").get(pk=one.pk)
        for one in licenses
    ]


def a_year_later(moment):
    return moment.replace(year=moment.year + 1)
