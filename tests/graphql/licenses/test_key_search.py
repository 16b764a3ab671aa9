"""Searching for a license by its whole key: what it tells, and how often."""

import re

import build
import factories
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from saleor_esd_plugin.keys.ring import vault
from saleor_esd_plugin.keys.ring.keyring import load_keyring
from saleor_esd_plugin.licenses.replacement import replace_license_keys

pytestmark = pytest.mark.django_db


def test_whether_somebody_else_has_a_key_costs_the_same_statements(api, monkeypatch):
    """A key that nobody has cost one statement and one that somebody has three: 200 aliases told them apart."""
    mine, foreign = factories.make_released(1)[0], factories.make_released(1)[0]
    replaced = factories.make_released(1, policy=factories.make_policy(keys=3))[0]
    old = vault.decrypt(replaced.key).reveal()
    replace_license_keys([replaced.pk], reason="leaked", actor=factories.STAFF)
    user = build.make_user()
    factories.make_member(mine.account, user, "MASTER")
    ask = api(user)
    document = """query($f: LicenseFilterInput) { licenses(first: 5, filter: $f) {
        edges { node { id } } } }"""
    monkeypatch.setattr(load_keyring(), "trusted_until", float("inf"))

    def search(text):
        with CaptureQueriesContext(connection) as captured:
            answer = ask(document, {"f": {"key": text}})
        tables = [re.findall(r'(?:FROM|INTO) "(\w+)"', one["sql"]) for one in captured]
        return len(answer["data"]["licenses"]["edges"]), tables

    own, _ = search(vault.decrypt(mine.key).reveal())
    _, its = search(vault.decrypt(mine.key).reveal())
    others = [
        search(vault.decrypt(foreign.key).reveal()),
        search(old),
        search(factories.fresh_keys(1)[0]),
        search("not a key at all 🔑"),
        search(""),
    ]

    assert own == 1
    assert others == [(0, its)] * 5


def test_searching_for_keys_is_counted_but_for_staff(api, staff):
    license = factories.make_released(1)[0]
    user = build.make_user()
    factories.make_member(license.account, user, "MASTER")
    document = "query($f: LicenseFilterInput) { %s }" % " ".join(
        "a%d: licenses(first: 1, filter: $f) { edges { node { id } } }" % n for n in range(20)
    )
    given = {"f": {"key": vault.decrypt(license.key).reveal()}}

    answers = [api(user)(document, given) for _ in range(3)]
    refused = api(user)(document, given)
    of_staff = [api(staff("MANAGE_LICENSES"))(document, given) for _ in range(4)]

    assert not any("errors" in answer for answer in answers + of_staff)
    codes = {error["extensions"]["exception"]["code"] for error in refused["errors"]}
    assert (refused["data"], codes) == (None, {"RATE_LIMITED"})
    assert "seconds" in refused["errors"][0]["message"]
