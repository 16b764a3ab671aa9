"""Asking the API as somebody, and showing that a refused request changed nothing.

What imports models is imported late: pytest may read this file before Django is set up.
"""

from __future__ import annotations

import json
from contextlib import contextmanager
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from rings import add_key, use_ring  # noqa: F401

from saleor_esd_plugin.graphql.global_ids import encode


@pytest.fixture
def api(db):
    """`api(user or app, or nobody)(document, variables)` gives the answer: {"data": …, "errors": […]}.

    `file=b"…"` is sent as the variable `file`, as Saleor's own clients send uploads.
    """

    def asked_by(somebody=None):
        import build

        headers = {}
        if somebody is not None:
            is_user = hasattr(somebody, "is_staff")
            headers = (build.auth_headers if is_user else build.app_headers)(somebody)

        def ask(document, variables=None, *, file=None, file_name="keys.txt"):
            body = {"query": document, "variables": variables or {}}
            if file is None:
                answer = Client().post(
                    "/graphql/", json.dumps(body), content_type="application/json", **headers
                )
            else:
                body["variables"]["file"] = None
                parts = {
                    "operations": json.dumps(body),
                    "map": json.dumps({"0": ["variables.file"]}),
                    "0": SimpleUploadedFile(file_name, file, "text/plain"),
                }
                answer = Client().post("/graphql/", parts, **headers)
            return answer.json()

        return ask

    return asked_by


@pytest.fixture(scope="session")
def each_of():
    """`each_of(ask, "query", "license(id: $it) { id }", "ID!", ids)`: what is answered to each, in few requests.

    "$it" stands for the value; what is refused is None, as in any answer.
    """

    def each_of(ask, kind, field, type_name, values):
        # Saleor 3 runs four mutations of a request at most.
        size = 4 if kind == "mutation" else len(values)
        parts = [values[start : start + size] for start in range(0, len(values), size)]
        return [
            answer for part in parts for answer in one_request(ask, kind, field, type_name, part)
        ]

    def one_request(ask, kind, field, type_name, values):
        given = {f"it{number}": value for number, value in enumerate(values)}
        declared = ", ".join(f"${name}: {type_name}" for name in given)
        fields = " ".join(f"{name}: {field.replace('$it', '$' + name)}" for name in given)
        answer = ask("%s(%s) { %s }" % (kind, declared, fields), given)
        assert answer.get("data"), answer
        return [answer["data"][name] for name in given]

    return each_of


@pytest.fixture(scope="session")
def refusals(each_of):
    """`refusals(ask, "licenseRecall", inputs)`: (field, code) of the one error of each, asked in few requests."""

    def refusals(ask, mutation, inputs):
        field = mutation + "(input: $it) { errors { field code } }"
        type_name = mutation[0].upper() + mutation[1:] + "Input!"
        answers = each_of(ask, "mutation", field, type_name, inputs)
        errors = [error for answer in answers for error in answer["errors"]]
        assert len(errors) == len(inputs)
        return [(error["field"], error["code"]) for error in errors]

    return refusals


@pytest.fixture(scope="session")
def found_by(each_of):
    """`found_by(ask, "licenses", "LicenseFilterInput", filters)`: the ids that each finds, 20 in one request."""

    def found_by(ask, field, type_name, filters):
        field += "(first: 100, filter: $it) { totalCount edges { node { id } } }"
        parts = [filters[start : start + 20] for start in range(0, len(filters), 20)]
        pages = [page for part in parts for page in each_of(ask, "query", field, type_name, part)]
        found = [[edge["node"]["id"] for edge in page["edges"]] for page in pages]
        assert [page["totalCount"] for page in pages] == [len(ids) for ids in found]
        return found

    return found_by


@pytest.fixture
def staff(db):
    """`staff("MANAGE_LICENSES")`: a member of the shop's staff with these permissions."""

    import build

    def make(*permissions):
        user = build.make_user(is_staff=True)
        build.grant(user, *permissions)
        return user

    return make


@pytest.fixture
def unchanged(db):
    """`with unchanged():` fails if a row of ours or of the shop's orders is another one afterwards."""

    @contextmanager
    def compare():
        before = _fingerprints()
        yield
        after = _fingerprints()
        assert after == before, {t for t in after if after[t] != before.get(t)}

    return compare


def _fingerprints():
    import factories

    return {**factories.table_digest(), **factories.table_digest("order_order", "order_orderline")}


@pytest.fixture
def mailed(db, smtp):
    """`mailed()`: (recipient, message) of all that follows from what has happened since the last call."""
    from letters import take

    seen = set()

    def send():
        from saleor_esd_plugin.emails.catalog import deliveries_of
        from saleor_esd_plugin.emails.send import send_delivery
        from saleor_esd_plugin.events.models import Event

        # What is sent makes events of its own; none of them makes a mail.
        for event in list(Event.objects.exclude(pk__in=seen).order_by("pk")):
            seen.add(event.pk)
            for delivery_id in deliveries_of(event):
                send_delivery(delivery_id)
        return take(smtp)

    return send


@pytest.fixture
def told(db):
    """`told("REFUNDED", 5)`: a payment provider's message of the payment "pi_1", and what follows from it.

    `stage` is a name of DisputeStage; `ref` what it is of, a thing of its own per kind unless given.
    """
    from saleor_esd_plugin.host.types import Actor
    from saleor_esd_plugin.orders.facts import Fact, note_payment_facts
    from saleor_esd_plugin.orders.models import DisputeStage, FactKind

    def tell(kind, amount=0, *, stage="", payment="pi_1", ref="", message="evt_1", currency="USD"):
        prefix = {"REFUNDED": "ch", "DISPUTE": "dp"}.get(kind, "pi")
        fact = Fact(
            "stripe",
            payment,
            FactKind[kind],
            ref or payment.replace("pi", prefix, 1),
            currency,
            Decimal(amount),
            DisputeStage[stage] if stage else None,
        )
        actor = Actor("PROVIDER", label="stripe", request_id=message)
        return note_payment_facts([fact], actor=actor)

    return tell


@pytest.fixture
def gid():
    """`gid("LicenseKeyPool", row)`: the global id of a row of ours, or of a primary key."""
    return lambda type_name, row: encode(type_name, getattr(row, "pk", row))


BAD_IDS = [
    "",
    " ",
    "0",
    "1",
    "null",
    "\u200b",
    "not base64 !",
    "VXNlcjox",  # User:1
    encode("LicenseKeyPool", "1"),
    encode("LicenseKeyPool", "' OR 1=1 --"),
    encode("LicenseNothing", "018f3a5e-0000-7000-8000-000000000000"),
    "018f3a5e-0000-7000-8000-000000000000",
    "A" * 10_000,
]


@pytest.fixture(scope="session")
def bad_ids():
    """Ids that are none: garbage, an integer, a raw UUID, another type, too long.

    A list and no parameter: each of them is refused, so the next one finds the same rows.
    """
    return BAD_IDS


@pytest.fixture
def queries(monkeypatch):
    """`queries(function)`: how many statements it executes."""
    from django.test.utils import CaptureQueriesContext

    from saleor_esd_plugin.keys.ring.keyring import load_keyring

    def count(function):
        # Every ten seconds the database is asked about the ring: not within what is counted.
        monkeypatch.setattr(load_keyring(), "trusted_until", float("inf"))
        with CaptureQueriesContext(connection) as captured:
            function()
        return len(captured)

    return count
