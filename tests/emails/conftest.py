"""What the tests of this room share. Models are imported in the fixtures: pytest may load this file before
Django is set up."""

from __future__ import annotations

import pytest
from money_mails import mails_of, sold  # noqa: F401
from untold import nothing_follows_by_itself  # noqa: F401


@pytest.fixture
def configure(db):
    """Set the plugin's settings as shop staff would; `active=False` switches it off."""

    from factories import configure

    return configure


@pytest.fixture
def staff_address(configure):
    return lambda address: configure(staff_address=address)


@pytest.fixture
def deliveries_for(db):
    """Make the deliveries of the latest event of a type: `deliveries_for("license.released")`; rows by kind."""

    def deliveries_for(event_type):
        from saleor_esd_plugin.emails.catalog import deliveries_of
        from saleor_esd_plugin.emails.models import Delivery
        from saleor_esd_plugin.events.models import Event

        event = Event.objects.filter(type=event_type).latest("pk")
        deliveries_of(event)
        return list(Delivery.objects.filter(event=event).order_by("kind", "recipient", "pk"))

    return deliveries_for


@pytest.fixture
def letters(db, smtp):
    """Send the mails of the latest event of a type to a real server; what arrived, as (to, subject, text, html)."""

    def letters(deliveries):
        from saleor_esd_plugin.emails.send import send_delivery

        smtp.messages.clear()
        for delivery in deliveries:
            send_delivery(delivery.pk)
            delivery.refresh_from_db()
        return [Arrived(message) for message in smtp.messages]

    return letters


@pytest.fixture
def in_each_language(letters):
    """Send deliveries once per language; (language, letter) of all that arrived."""

    def in_each_language(deliveries):
        from saleor_esd_plugin.emails.models import Delivery

        arrived = []
        for language in ("en", "es", "pt-br"):
            for delivery in deliveries:
                Delivery.objects.filter(pk=delivery.pk).update(language=language, status="QUEUED")
            arrived += [(language, letter) for letter in letters(deliveries)]
        return arrived

    return in_each_language


@pytest.fixture
def follow(configure, smtp):
    """Call it: all mails leave that follow from what has happened. (To, kind) of each that arrived since.

    They come from licenses@acme.example; staff read them at staff@acme.example.
    """
    from saleor_esd_plugin.emails.catalog import deliveries_of
    from saleor_esd_plugin.emails.models import Delivery
    from saleor_esd_plugin.emails.send import send_delivery
    from saleor_esd_plugin.events.models import Event

    configure(sender_address="licenses@acme.example", staff_address="staff@acme.example")
    seen = set()

    def follow():
        for event in Event.objects.exclude(pk__in=seen).order_by("pk"):
            seen.add(event.pk)
            for delivery_id in deliveries_of(event):
                send_delivery(delivery_id)
        return arrived()

    def arrived():
        kinds = {f"<esd.{row.pk}@acme.example>": row.kind for row in Delivery.objects.all()}
        found = [(message["To"], kinds[message["Message-ID"]]) for message in smtp.messages]
        follow.text = "\n".join(
            message.get_body(("plain",)).get_content() for message in smtp.messages
        )
        smtp.messages.clear()
        return sorted(found)

    follow.arrived = arrived
    return follow


class Arrived:
    def __init__(self, message):
        self.message = message
        self.to = message["To"]
        self.subject = message["Subject"]
        self.text = message.get_body(("plain",)).get_content()
        self.html = message.get_body(("html",)).get_content()
