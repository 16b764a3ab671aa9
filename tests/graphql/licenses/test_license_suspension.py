"""A suspended license as the API shows it: since when, why, red, and found by its lifecycle."""

from datetime import timedelta

import actors
import factories
import pytest

from saleor_esd_plugin.licenses.models import License
from saleor_esd_plugin.orders.approval import reject_license_order

pytestmark = pytest.mark.django_db

LICENSES = """query($filter: LicenseFilterInput) { licenses(first: 100, filter: $filter) {
    edges { node { id fulfillment lifecycle displayColor suspendedAt suspensionCauses } } } }"""
BY_TOKEN = """query($token: UUID!) { orderByToken(token: $token) { lines { licenses(first: 10) {
    edges { node { lifecycle suspendedAt suspensionCauses } } } } } }"""
REVEAL = """mutation($license: ID!) { licenseKeyReveal(input: {license: $license}) {
    key errors { code params { name value } } } }"""


@pytest.fixture
def disputed(told):
    """A license whose payment is disputed."""
    license = factories.make_released(1, payment_ref="pi_1")[0]
    told("DISPUTE", 10, stage="OPEN")
    license.refresh_from_db()
    return license


@pytest.fixture
def found(api, staff):
    """`found(lifecycle=["ACTIVE"])`: id -> node, as staff list them."""
    ask = api(staff("MANAGE_LICENSES"))

    def nodes(**filter):
        answer = ask(LICENSES, {"filter": filter})
        assert "errors" not in answer, answer
        return {e["node"].pop("id"): e["node"] for e in answer["data"]["licenses"]["edges"]}

    return nodes


def test_a_disputed_license_is_suspended_and_red(found, gid, disputed):
    """P03, P11"""
    assert found() == {
        gid("License", disputed): {
            "fulfillment": "RELEASED",
            "lifecycle": "SUSPENDED",
            "displayColor": "RED",
            "suspendedAt": disputed.suspended_at.isoformat(),
            "suspensionCauses": ["DISPUTE"],
        }
    }


def test_a_dispute_that_was_won_leaves_the_other_causes(found, gid, told, disputed):
    """P11: each cause is lifted by its own opposite only."""
    License.objects.filter(pk=disputed.pk).update(suspension_causes=["STAFF", "DISPUTE", "PAYMENT"])

    told("DISPUTE", 10, stage="WON")

    node = found()[gid("License", disputed)]
    assert (node["lifecycle"], node["suspensionCauses"]) == ("SUSPENDED", ["STAFF", "PAYMENT"])
    assert node["suspendedAt"] == disputed.suspended_at.isoformat()


def test_a_license_that_was_never_suspended(found, gid):
    license = factories.make_released(1)[0]
    node = found()[gid("License", license)]
    assert (node["suspendedAt"], node["suspensionCauses"]) == (None, [])
    assert (node["lifecycle"], node["displayColor"]) == ("ACTIVE", "GREEN")


def test_the_lifecycle_filter_agrees_with_what_is_shown(found, gid, disputed):
    """P05: SUSPENDED lies over every other state but CANCELLED."""
    policy = factories.make_policy(keys=3, term="P1Y", grace_days=30)
    active, expired, expired_too = factories.make_released(3, policy=policy)
    for license in (expired, expired_too):
        factories.expire(license, ago=timedelta(days=31))
    rejected = factories.make_license_order(1)
    reject_license_order(rejected.pk, reason="no", actor=factories.STAFF)
    (cancelled,) = factories.licenses_of(rejected)
    pending = factories.licenses_of(factories.make_license_order(1))[0]
    # Who is rejected or returned while suspended keeps the mark of it.
    for license in (expired_too, cancelled):
        License.objects.filter(pk=license.pk).update(
            suspension_causes=["STAFF"], suspended_at=license.created_at
        )

    expected = {
        "PENDING": {pending},
        "ACTIVE": {active},
        "GRACE": set(),
        "EXPIRED": {expired},
        "SUSPENDED": {disputed, expired_too},
        "CANCELLED": {cancelled},
    }
    for state, licenses in expected.items():
        nodes = found(lifecycle=[state])
        assert set(nodes) == {gid("License", one) for one in licenses}, state
        assert {node["lifecycle"] for node in nodes.values()} <= {state}
    assert len(found(lifecycle=list(expected))) == len(found()) == 6


def test_a_visitor_with_the_token_sees_that_it_is_suspended(api, disputed):
    """T-AUTHZ-07: states and dates."""
    token = str(disputed.order_line.order.order_uuid)

    answer = api()(BY_TOKEN, {"token": token})

    (line,) = answer["data"]["orderByToken"]["lines"]
    assert line["licenses"]["edges"] == [
        {
            "node": {
                "lifecycle": "SUSPENDED",
                "suspendedAt": disputed.suspended_at.isoformat(),
                "suspensionCauses": ["DISPUTE"],
            }
        }
    ]


def test_its_key_is_not_read(api, gid, disputed, unchanged):
    owner = actors.member("MASTER")(disputed.account)

    with unchanged():
        answer = api(owner)(REVEAL, {"license": gid("License", disputed)})

    assert answer["data"]["licenseKeyReveal"] == {
        "key": None,
        "errors": [
            {
                "code": "NOT_RELEASED",
                "params": [{"name": "fulfillment", "value": "SUSPENDED"}],
            }
        ],
    }
