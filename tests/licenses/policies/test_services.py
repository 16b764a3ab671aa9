import build
import pytest
from factories import STAFF, make_license_order, make_policy, make_pool, table_digest, unique

from saleor_esd_plugin.errors import Invalid, InvalidQuantity, NotFound
from saleor_esd_plugin.events.models import Event
from saleor_esd_plugin.licenses.models import License
from saleor_esd_plugin.licenses.policies.models import LicensePolicy
from saleor_esd_plugin.licenses.policies.services import (
    create_license_policy,
    delete_license_policy,
    update_license_policy,
)

pytestmark = pytest.mark.django_db


def test_a_variant_has_one_policy():
    policy = make_policy()
    before = table_digest()

    with pytest.raises(Invalid) as refusal:
        create_license_policy(variant_ref=policy.variant_ref, pool_id=policy.pool_id, actor=STAFF)

    assert refusal.value.field == "variant"
    assert table_digest() == before


@pytest.mark.parametrize("ref", ["", "4711", "nonsense"])
def test_a_variant_that_the_shop_has_not_gets_no_policy(ref):
    pool = make_pool()
    before = table_digest()

    with pytest.raises(NotFound) as refusal:
        create_license_policy(variant_ref=ref, pool_id=pool.pk, actor=STAFF)

    assert refusal.value.field == "variant"
    assert table_digest() == before


@pytest.mark.parametrize(
    "fields, error, field",
    [
        ({"term": "1 year"}, Invalid, "term"),
        ({"approval_quantity": 0}, InvalidQuantity, "approvalQuantity"),
        ({"grace_days": -1}, Invalid, "graceDays"),
        ({"instructions": {"en": "x" * 10_001}}, Invalid, "instructions"),
    ],
)
def test_values_out_of_range_are_refused(fields, error, field):
    pool, variant = make_pool(), build.make_variant("Editor", sku="EDITOR-1")
    before = table_digest()

    with pytest.raises(error) as refusal:
        create_license_policy(variant_ref=str(variant.pk), pool_id=pool.pk, actor=STAFF, **fields)

    assert refusal.value.field == field
    assert table_digest() == before


def test_a_change_is_told_with_before_and_after():
    policy = make_policy()

    update_license_policy(policy.pk, term="P1Y", actor=STAFF)
    update_license_policy(policy.pk, term="P1Y", actor=STAFF)

    event = Event.objects.get(type="license_policy.updated")
    assert (event.data["before"], event.data["after"]) == ({"term": ""}, {"term": "P1Y"})


def test_an_unused_policy_is_deleted_and_its_variant_free_again():
    policy = make_policy()

    delete_license_policy(policy.pk, actor=STAFF)

    assert not LicensePolicy.objects.filter(pk=policy.pk).exists()
    create_license_policy(variant_ref=policy.variant_ref, pool_id=policy.pool_id, actor=STAFF)


def test_a_used_policy_is_archived_and_loses_no_license():
    order = make_license_order(2)
    policy = order.lines.get().policy

    delete_license_policy(policy.pk, actor=STAFF)

    assert LicensePolicy.objects.get(pk=policy.pk).archived_at is not None
    assert License.objects.filter(policy=policy).count() == 2
    assert Event.objects.get(type="license_policy.deleted").data["licenses"] == 2
    with pytest.raises(NotFound):
        update_license_policy(policy.pk, term="P1Y", actor=STAFF)


def test_a_variant_without_a_policy_is_not_esd():
    from saleor_esd_plugin.host import shop
    from saleor_esd_plugin.orders.intake.recording import observe_order

    order = build.make_order(
        [(build.make_variant(unique("Plain"), sku=unique("SKU")), 2)], paid=True
    )
    before = table_digest()

    assert observe_order(shop.read_order(shop.order_uuid_of(order)), at_checkout=True) is None
    assert table_digest() == before
