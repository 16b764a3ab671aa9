"""T-AUD-01, T-AUD-02, invariant 6: each operation leaves exactly its event; without the event nothing happens."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import Any, Iterator, List

import email_operations  # noqa: F401
import factories as make
import lifecycle_operations  # noqa: F401
import pytest
from audit_operations import ACTOR, OPERATIONS, REASON, Operation
from django.db import DatabaseError, connection

from saleor_esd_plugin.accounts.models import Account, EndCustomer
from saleor_esd_plugin.emails.catalog import deliveries_of
from saleor_esd_plugin.emails.models import Delivery
from saleor_esd_plugin.emails.send import send_delivery
from saleor_esd_plugin.errors import EsdError
from saleor_esd_plugin.events.models import Event
from saleor_esd_plugin.graphql.schema import MUTATIONS
from saleor_esd_plugin.host.db import now
from saleor_esd_plugin.host.types import ANONYMOUS
from saleor_esd_plugin.keys.models import LicenseKey
from saleor_esd_plugin.keys.ring import vault
from saleor_esd_plugin.licenses.claim_links import claim_license_key, issue_claim_link
from saleor_esd_plugin.licenses.handover import reveal_license_key
from saleor_esd_plugin.licenses.models import ClaimLink

pytestmark = pytest.mark.django_db

# What a second call does once more; all other operations have nothing left to do.
NEW_ACTS = {
    "license_key_pool_create": ["key_pool.created"],
    "license_key_replace": ["license_key.replaced"],
    "license_key_reveal": ["license_key.revealed"],
    "license_renew": ["license.renewed"],
    "license_term_set": ["license.term_set"],
    "licenses_export": ["export.requested"],
    "license_key_pool_export": ["export.requested"],
    "license_key_import_report_export": ["export.requested"],
    "license_email_resend": ["license_email.resent"],
    "license_email_resend resend_corrected": ["license_email.resent"],
    "license_order_receipt_send": ["license_order.receipt_sent"],
    "license_order_return return_by_line": ["license.returned"],
    "license_grant": ["license.granted", "license.released"],
    "license_grant grant_to_address": ["account.created", "license.granted", "license.released"],
    "license_grant grant_to_end_customer": [
        "license.granted",
        "license.released",
        "license.assigned",
    ],
}

operations = pytest.mark.parametrize("name", list(OPERATIONS))


@contextmanager
def events_refused() -> Iterator[None]:
    """The database takes no event."""
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION pg_temp.refuse() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN RAISE EXCEPTION 'disk full'; END $$"
        )
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(
            "CREATE TRIGGER refuse BEFORE INSERT ON esd_event"
            " FOR EACH ROW EXECUTE FUNCTION pg_temp.refuse()"
        )
    yield
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER refuse ON esd_event; DROP FUNCTION pg_temp.refuse()")


def test_the_table_holds_every_operation_of_the_api():
    """G16: 100 %. The buyer's words at checkout are the shop's until the order takes them over; a view is its keeper's own."""
    named = {name.split(" ")[0] for name in OPERATIONS}

    without = {"license_checkout_details_set", "license_view_save", "license_view_delete"}
    assert set(MUTATIONS) - named == without
    assert named <= set(MUTATIONS)


@operations
def test_each_operation_leaves_exactly_its_event(name):
    """T-AUD-01, T-AUD-02, invariants 5 to 7: never without its event, and none for what does not happen again."""
    prepare, types = OPERATIONS[name]
    operation = prepare()

    nothing_changes_without_its_event(operation)
    exactly_its_event_is_left(operation, types)
    a_second_time_is_a_new_act_or_nothing(operation, name)
    no_event_holds_a_key()
    no_event_names_anybody()


def nothing_changes_without_its_event(operation: Operation) -> None:
    """Both are written or neither."""
    before = make.table_digest()

    with events_refused(), pytest.raises(DatabaseError):
        operation()

    assert make.table_digest() == before


def exactly_its_event_is_left(operation: Operation, types: List[str]) -> None:
    """In the order in which it happened, with actor, time, address and request."""
    before, events = make.table_digest(), events_of(operation)

    assert make.table_digest() != before
    assert [event.type for event in events] == types
    for event in events:
        assert event.dispatch.told_at is None
    # What follows from an approval at once is the plugin's own doing.
    by_actor = [event for event in events if event.actor_kind != "SYSTEM"]
    assert len(by_actor) == len(events) - types.count("license.released")
    for event in by_actor:
        assert (event.actor_kind, event.actor_ref, event.actor_label) == (
            "USER",
            "9000001",
            "staff@shop.example",
        )
        assert (event.ip, event.request_id) == ("192.0.2.0/24", "r-1")


def a_second_time_is_a_new_act_or_nothing(operation: Operation, name: str) -> None:
    """What does not happen again, because it is so already or is refused, is not recorded."""
    before = make.table_digest()

    def again() -> None:
        try:
            operation()
        except EsdError:
            assert name not in NEW_ACTS

    assert [event.type for event in events_of(again)] == (NEW_ACTS.get(name) or [])
    assert (make.table_digest() == before) is (name not in NEW_ACTS)


def no_event_holds_a_key() -> None:
    """Invariant 7: not one clear key, plain or canonical."""
    clear = [vault.decrypt(key).reveal() for key in LicenseKey.objects.select_related("pool")]
    text = " ".join(str(list(row)) for row in Event.objects.values_list("data", "reason", "ip"))
    assert [key for key in clear if key in text or key.replace("-", "") in text] == []
    assert not Account.objects.filter(name__in=clear).exists()


def no_event_names_anybody() -> None:
    """It refers to names and addresses, so that a person can be forgotten."""
    names = {
        text for row in EndCustomer.objects.values_list("code", "name", "email") for text in row
    }.union(*Account.objects.values_list("name", "email"))
    data = json.dumps(list(Event.objects.values_list("data", flat=True)))
    assert [name for name in names if json.dumps(name) in data] == []
    assert "@" not in data


def events_of(operation: Operation) -> List[Event]:
    """What it records, at the moment when it happens."""
    known, began = set(Event.objects.values_list("pk", flat=True)), now()
    operation()
    events = list(Event.objects.exclude(pk__in=known).order_by("pk"))
    assert all(began <= event.created_at <= now() for event in events)
    return events


def test_without_the_event_no_key_is_seen():
    """T-AUD-02: no clear key leaves, none is marked as revealed, the link can still be used."""
    license = make.make_released(1)[0]
    token = issue_claim_link(license.pk, email="a@example.com")
    seen: List[Any] = []

    with events_refused():
        with pytest.raises(DatabaseError):
            seen.append(reveal_license_key(license.pk, actor=ACTOR, reason=REASON))
        with pytest.raises(DatabaseError):
            seen.append(claim_license_key(token, actor=ANONYMOUS))

    assert seen == []
    assert LicenseKey.objects.get(pk=license.key_id).revealed_at is None
    assert ClaimLink.objects.get(license=license).claimed_at is None
    assert claim_license_key(token, actor=ANONYMOUS)[1].reveal()


def test_without_the_event_no_mail_with_a_key_leaves(smtp):
    """T-AUD-02: an INLINE mail is a reveal."""
    license = make.make_released(1)[0]
    deliveries_of(Event.objects.get(type="license.released"))
    delivery = Delivery.objects.get(kind="LICENSE_KEYS")

    with events_refused():
        send_delivery(delivery.pk)

    assert smtp.messages == []
    assert LicenseKey.objects.get(pk=license.key_id).revealed_at is None
    delivery.refresh_from_db()
    assert (delivery.status, delivery.sent_at) == ("QUEUED", None)
    assert "disk full" not in delivery.error
