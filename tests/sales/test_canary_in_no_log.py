"""T-LOG-01 to T-LOG-05: through a full life of keys, no clear key is where it must not be (invariant 7).

Fresh keys are watched for in logs at DEBUG, in statements and their parameters, in the arguments of tasks, in every
answer but those that hand a key out, and at the end in every column of the database.
"""

from __future__ import annotations

import logging
import re

import factories
import pytest
from canary import Watch
from django.db import connection
from graphql_relay import to_global_id
from letters import text_of
from shop import find_license_order

from demo import documents
from demo.shop import Refused
from saleor_esd_plugin.emails import render
from saleor_esd_plugin.keys.ring import vault
from saleor_esd_plugin.licenses.models import License


class Life:
    """The operations of a key's life, each answer but those that hand out a key being watched."""

    def __init__(self, market, watch):
        self.market, self.watch = market, watch
        self.staff = market.person(
            "staff",
            "APPROVE_LICENSES",
            "MANAGE_LICENSES",
            "MANAGE_LICENSE_KEYS",
            "REVEAL_LICENSE_KEYS",
        )

    def do(self, document, person=None, *, hands_out=False, **variables):
        who = (person or self.staff).authorization
        try:
            answer = self.market.shop.do(document, who, **variables)
        except Refused as refusal:
            self.watch.answers.append(repr(refusal.errors))
            raise
        if not hands_out:
            self.watch.answers.append(repr(answer))
        return answer

    def refused(self, document, person=None, **variables):
        with pytest.raises(Refused) as refusal:
            self.do(document, person, **variables)
        return refusal.value.codes


@pytest.fixture
def canaries():
    return factories.fresh_keys(6)


def test_the_watch_finds_what_is_there(live_db, canaries):
    """A control: each place is really looked at."""
    for place in ("log", "sql", "task", "answer"):
        watch = Watch(canaries)
        with watch.on():
            if place == "log":
                logging.getLogger("saleor_esd_plugin.somewhere").debug("x %s", canaries[0].lower())
            elif place == "sql":
                with connection.cursor() as cursor:
                    cursor.execute("SELECT %s", [canaries[1].encode()])
            elif place == "task":
                watch.note_task(sender=type("Task", (), {"name": "x"}), args=[canaries[2]])
            else:
                watch.answers.append(canaries[3].replace("-", ""))
        assert place in watch.leaks()


def test_a_full_life_leaves_no_clear_key_behind(market, smtp, client, capfd, canaries):
    """T-LOG-01, T-LOG-03 to T-LOG-05: imported, sold, mailed, assigned, revealed, claimed, returned."""
    watch = Watch(canaries)
    life = Life(market, watch)
    inline = market.product(approval="MANUAL")
    linked = market.product(approval="AUTOMATIC", delivery="CLAIM_LINK")
    pools = [to_global_id("LicenseKeyPool", str(each.pool.pk)) for each in (inline, linked)]
    buyer = market.person()
    smtp.messages.clear()

    with watch.on():
        for dry_run in (True, False):
            given = {"pool": pools[0], "keys": canaries[:4] + ["NOT-A-KEY"], "skipInvalid": True}
            life.do(documents.KEYS_IMPORT, input={**given, "dryRun": dry_run})
        life.do(
            documents.KEYS_IMPORT, input={"pool": pools[1], "keys": canaries[4:], "dryRun": False}
        )
        # The same keys elsewhere: the database's own message would quote them.
        with pytest.raises(Refused):
            life.do(
                documents.KEYS_IMPORT,
                input={"pool": pools[1], "keys": canaries[:2], "dryRun": False},
            )

        order = market.buy(inline, 3, email=buyer.email, authorization=buyer.authorization)
        life.do(documents.APPROVE, input={"id": order["id"]})
        found = life.do(documents.ORDER, buyer, order=order["id"])
        customer = life.do(
            documents.END_CUSTOMER_CREATE,
            buyer,
            input={
                "account": found["account"]["id"],
                "code": "C-1",
                "name": "End",
                "email": "end@example.com",
            },
        )["endCustomer"]
        (license,) = life.do(
            documents.ASSIGN,
            buyer,
            line=found["lines"][0]["id"],
            quantity=1,
            endCustomer=customer["id"],
        )["licenses"]
        life.do(documents.RESEND, buyer, license=license["id"])
        life.do(documents.RECEIPT, buyer, order=order["id"], emails="boss@example.com")
        shown = life.do(documents.REVEAL, buyer, hands_out=True, license=license["id"])
        assert shown["key"] in canaries
        by_key = life.do(
            "query($key: String!) { licenses(first: 5, filter: {key: $key}) { totalCount } }",
            key=shown["key"].lower(),
        )
        assert by_key["totalCount"] == 1
        assert life.refused(
            '{ licenses(first: 5, filter: {key: "%s"}) { totalCount } }' % shown["key"]
        ) == ["LITERAL_SECRET_FORBIDDEN"]

        market.buy(linked, 2, email="guest@example.com")
        tokens = re.findall(r"/esd/claim/\?token=([\w-]+)", "".join(map(text_of, smtp.messages)))
        page = client.post("/plugins/global/esd/claim/", {"token": tokens[0]})
        assert watch.is_in(page.content.decode())
        claimed = life.do(documents.CLAIM, hands_out=True, token=tokens[1])
        assert claimed["key"] in canaries
        assert life.refused(documents.CLAIM, token=tokens[1]) == ["NOT_FOUND"]

        market.shop.cancel_fulfillments(market.owner, order["id"], market.place)
        market.shop.cancel(market.owner, order["id"])
        assert life.refused(documents.REVEAL, buyer, license=license["id"]) == ["NOT_RELEASED"]

    assert watch.leaks() == []
    out, err = capfd.readouterr()
    assert not watch.is_in(out + err)
    assert watch.tables() == []
    # The keys were where they belong: in the mails.
    assert any(watch.is_in(text_of(message)) for message in smtp.messages)


def test_faults_tell_no_key(market, smtp, monkeypatch, canaries):
    """T-LOG-02, T-LOG-07: what fails while a key is open says so without it."""
    watch = Watch(canaries)
    life = Life(market, watch)
    product = market.product(approval="AUTOMATIC", sends_key_to_buyer=False)
    factories.add_keys(product.pool, canaries[:3])
    mailed = market.product(approval="AUTOMATIC")
    factories.add_keys(mailed.pool, canaries[3:])
    buyer = market.person()
    order = market.buy(product, 2, email=buyer.email, authorization=buyer.authorization)
    row = License.objects.filter(order_line__order=find_license_order(order)).first()
    license = to_global_id("License", str(row.pk))

    def fail(*args, **kwargs):
        raise RuntimeError(f"something about {canaries[0]}")

    with watch.on():
        with monkeypatch.context() as broken:
            broken.setattr(vault, "decrypt", fail)
            assert life.refused(documents.REVEAL, buyer, license=license) == ["SERVICE_UNAVAILABLE"]
        with monkeypatch.context() as broken:
            broken.setattr(render, "_text", fail)
            unsent = market.buy(mailed, 1, email=buyer.email, authorization=buyer.authorization)
        with monkeypatch.context() as broken:
            broken.setattr("saleor_esd_plugin.keys.importing.small.judge", fail)
            pool = to_global_id("LicenseKeyPool", str(product.pool.pk))
            given = {"pool": pool, "keys": canaries[:1], "dryRun": False}
            assert life.refused(documents.KEYS_IMPORT, input=given) == ["SERVICE_UNAVAILABLE"]

    assert watch.leaks() == []
    deliveries = life.do(documents.ORDER, order=unsent["id"])["deliveries"]["edges"]
    errors = {each["node"]["kind"]: each["node"]["error"] for each in deliveries}
    assert errors["LICENSE_KEYS"] == "CannotRender license_keys: RuntimeError"
