"""Many fetch one file at the same time: one gets it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import factories
from django.db import connections
from django.test import RequestFactory

from saleor_esd_plugin import pages
from saleor_esd_plugin.events.models import Event
from saleor_esd_plugin.exports.columns import LICENSE_COLUMNS
from saleor_esd_plugin.exports.license_rows import LicenseRows
from saleor_esd_plugin.exports.requests import export_licenses
from saleor_esd_plugin.licenses.models import License

REASON = "auditors want to see them"


def test_twenty_at_once_get_one_file(live_db):
    """T-CLM-01: 20 concurrent POSTs: 1 file, 1 event."""
    import build

    user = build.make_user(is_staff=True)
    build.grant(user, "REVEAL_LICENSE_KEYS")
    account = factories.make_released(2)[0].account
    rows = LicenseRows(
        License.objects.filter(account=account), list(LICENSE_COLUMNS), is_clear=True
    )
    wanted = {"account": _global_id(account)}
    actor = factories.actor_for(user, "REVEAL_LICENSE_KEYS")
    issued = export_licenses(
        rows, actor=actor, wanted=wanted, columns=None, is_clear=True, reason=REASON
    )

    def one(_):
        try:
            request = RequestFactory().post("/", {"token": issued.token})
            answer = pages.respond(request, "/export/")
            return answer.status_code, b"".join(answer)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(max_workers=10) as threads:
        answers = sorted(threads.map(one, range(20)))

    assert [status for status, _ in answers] == [200] + [404] * 19
    assert answers[0][1].count(b"\r\n") == 3
    events = Event.objects.filter(type="export.revealed", subject_id=issued.export.pk)
    assert events.count() == 1


def _global_id(account):
    from saleor_esd_plugin.graphql.global_ids import encode

    return encode("LicenseAccount", account.pk)
