"""`License.timeline` over the API: for owners and staff, null for visitors."""

from datetime import timedelta

import factories
import pytest

from saleor_esd_plugin.emails.models import Reminder
from saleor_esd_plugin.host.db import now
from saleor_esd_plugin.licenses.models import License

pytestmark = pytest.mark.django_db

TIMELINE = "query($id: ID!) { license(id: $id) { timeline { at kind isPast } } }"
BY_TOKEN = """query($token: UUID!) { orderByToken(token: $token) { lines { licenses(first: 10) {
    edges { node { timeline { at } } } } } } }"""


@pytest.fixture
def license(db):
    """One that expires in 20 days, of whose expiry two people were told 30 days before."""
    one = factories.make_released(1)[0]
    factories.expire(one, ago=-timedelta(days=20))
    one.refresh_from_db()
    told = {"days_before": 30, "due_at": now(), "created_at": now(), "status": "MAILED"}
    for address in ("a@x.example", "b@x.example"):
        Reminder.objects.create(license=one, expires_at=one.expires_at, address=address, **told)
    return one


def test_staff_see_what_happened_and_what_will(api, staff, gid, license):
    answer = api(staff("MANAGE_LICENSES"))(TIMELINE, {"id": gid("License", license)})

    found = answer["data"]["license"]["timeline"]
    assert [(one["kind"], one["isPast"]) for one in found] == [
        ("RELEASE", True),
        ("START", True),
        ("REMINDER", True),
        ("REMINDER", False),
        ("REMINDER", False),
        ("EXPIRY", False),
        ("GRACE_END", False),
        ("RETENTION_END", False),
    ]
    assert found[5]["at"] == License.objects.get().expires_at.isoformat()
    assert [one["at"] for one in found] == sorted(one["at"] for one in found)


def test_visitors_do_not(api, license):
    token = license.order_line.order.order_uuid
    answer = api()(BY_TOKEN, {"token": str(token)})

    (edge,) = answer["data"]["orderByToken"]["lines"][0]["licenses"]["edges"]
    assert edge["node"] == {"timeline": None}
