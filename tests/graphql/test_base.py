"""What mutations and resolvers share."""

import logging
from types import SimpleNamespace

import build
import factories
import graphene
import lane
import pytest
import time_machine
from django.db import IntegrityError, connection

from saleor_esd_plugin.errors import EsdError, LoginRequired, PermissionRefused
from saleor_esd_plugin.graphql import base
from saleor_esd_plugin.graphql.global_ids import encode
from saleor_esd_plugin.host.types import ANONYMOUS, Actor
from saleor_esd_plugin.ui import assets

CREATE = """mutation($input: LicenseKeyPoolCreateInput!) { licenseKeyPoolCreate(input: $input) {
    pool { id } errors { field code message } } }"""


def test_a_mutation_without_a_policy_fails_at_import():
    """T-AUTHZ-00"""
    with pytest.raises(TypeError, match="LicenseNobody does not say who may call it"):

        class LicenseNobody(base.BaseMutation):
            class Arguments:
                input = graphene.String(required=True)


def test_no_permission_means_nobody_not_everybody():
    """H17"""
    with pytest.raises(TypeError):
        base.staff_with()


def test_who_passes_which_policy():
    user, app = Actor("USER", ref="1"), Actor("APP", ref="1")
    approver = Actor("USER", ref="2", permissions=frozenset({"APPROVE_LICENSES"}))
    robot = Actor("APP", ref="2", permissions=frozenset({"APPROVE_LICENSES"}))
    everybody = (ANONYMOUS, user, app, approver, robot)

    def refused(policy):
        answers = []
        for actor in everybody:
            try:
                answers.append(policy(actor))
            except EsdError as error:
                answers.append(type(error))
        return answers

    no, login = PermissionRefused, LoginRequired
    assert refused(base.staff_with("APPROVE_LICENSES")) == [no, no, no, None, None]
    assert refused(base.owner_or_staff("APPROVE_LICENSES")) == [login, None, no, None, None]
    assert refused(base.signed_in) == [login, None, login, None, login]
    assert refused(base.anyone) == [None] * 5


@pytest.mark.django_db
def test_what_fails_unexpectedly_tells_clients_and_logs_nothing(
    api, staff, monkeypatch, caplog, unchanged
):
    """H6: PostgreSQL quotes values in its errors, 2.10 would show them."""
    caplog.set_level(logging.DEBUG)

    def fail(*args, **kwargs):
        raise IntegrityError("DETAIL: Key (name)=(CANARY) already exists.")

    monkeypatch.setattr("saleor_esd_plugin.keys.stock.pools.create_key_pool", fail)
    monkeypatch.setattr("saleor_esd_plugin.graphql.about.sender", fail)
    with unchanged():
        mutation = api(staff("MANAGE_LICENSE_KEYS"))(
            CREATE, {"input": {"name": "x", "format": "5X5_25"}}
        )
        query = api()("{ licenseSender { address } }")

    sentence = "That is not possible at the moment. Try again later."
    assert mutation["data"]["licenseKeyPoolCreate"] == {
        "pool": None,
        "errors": [{"field": None, "code": "SERVICE_UNAVAILABLE", "message": sentence}],
    }
    (error,) = query["errors"]
    assert error["message"] == sentence
    assert error["extensions"]["exception"]["code"] == "SERVICE_UNAVAILABLE"
    assert "CANARY" not in caplog.text + str(mutation) + str(query)
    assert "LicenseKeyPoolCreate failed: IntegrityError" in caplog.text


@pytest.mark.django_db
def test_a_batch_that_fails_tells_nothing_either(api, staff, monkeypatch, caplog):
    """H6, below the first level: loaders run after the resolvers."""

    def fail(*args, **kwargs):
        raise RuntimeError("CANARY")

    factories.make_pool()
    monkeypatch.setattr("saleor_esd_plugin.graphql.keys.listing.pool_stock", fail)
    document = "{ licenseKeyPools(first: 1) { edges { node { name health { imported } } } } }"

    answer = api(staff("MANAGE_LICENSE_KEYS"))(document)

    assert answer["errors"][0]["extensions"]["exception"]["code"] == "SERVICE_UNAVAILABLE"
    assert "CANARY" not in caplog.text + str(answer)


@pytest.mark.django_db
def test_a_right_that_was_taken_is_gone_at_the_next_request(api):
    """T-AUTHZ-04"""
    app = build.make_app("MANAGE_LICENSE_KEYS")
    ask = api(app)
    document = "{ licenseKeyPools(first: 1) { totalCount } }"
    assert "errors" not in ask(document)

    app.permissions.clear()

    assert ask(document)["errors"][0]["extensions"]["exception"]["code"] == "PermissionDenied"


@pytest.mark.django_db
def test_an_inactive_user_is_nobody(api, staff):
    user = staff("MANAGE_LICENSE_KEYS")
    ask = api(user)
    type(user).objects.filter(pk=user.pk).update(is_active=False)

    answer = ask("{ licenseKeyPools(first: 1) { totalCount } }")

    assert answer["errors"]


@pytest.mark.django_db
def test_two_mutations_in_one_operation_show_each_its_own_result(api, staff):
    """What the first answer loaded is not shown again by the second."""
    pool_id = encode("LicenseKeyPool", factories.make_pool().pk)
    keys = factories.fresh_keys(2)
    document = """mutation($pool: ID!, $one: [String!], $two: [String!]) {
        a: licenseKeysImport(input: {pool: $pool, keys: $one, dryRun: false}) {
            report { batch { pool { health { available } } } } }
        b: licenseKeysImport(input: {pool: $pool, keys: $two, dryRun: false}) {
            report { batch { pool { health { available } } } } } }"""

    answer = api(staff("MANAGE_LICENSE_KEYS"))(
        document, {"pool": pool_id, "one": keys[:1], "two": keys[1:]}
    )

    seen = [answer["data"][name]["report"]["batch"]["pool"]["health"]["available"] for name in "ab"]
    assert seen == [1, 2]


@pytest.mark.django_db
def test_a_nested_resolver_translates_what_its_promise_refuses(monkeypatch):
    from promise import Promise

    monkeypatch.setattr(base, "require_budget", lambda info: None)

    @base.nested
    def resolve(root, info):
        return Promise.reject(RuntimeError("CANARY"))

    found = resolve(None, SimpleNamespace())

    with pytest.raises(Exception) as caught:
        found.get()
    assert type(caught.value).__name__ == "SERVICE_UNAVAILABLE"
    assert "CANARY" not in str(caught.value)
    assert connection.connection is None or not connection.needs_rollback


@pytest.mark.django_db
@pytest.mark.parametrize(
    "document",
    [
        "query { licenseOrders(first: 1) { totalCount } }",
        "query { licenses(first: 1) { totalCount } }",
        "mutation { licenseRecall(input: {licenses: []}) { errors { code } } }",
    ],
)
def test_a_token_of_no_use_is_named_so_that_clients_get_another(client, document):
    """Not SERVICE_UNAVAILABLE: Saleor 3 looks at the token no sooner than somebody asks whose it is."""
    user = build.make_user()
    forged = {"HTTP_AUTHORIZATION": build.auth_headers(user)["HTTP_AUTHORIZATION"][:-6] + "AAAAAA"}
    with time_machine.travel("2026-01-01"):
        expired = build.auth_headers(user)

    for headers in [forged, expired] if lane.host() != "2.10" else [forged]:
        answer = client.post(
            "/graphql/", {"query": document}, content_type="application/json", **headers
        ).json()

        code = answer["errors"][0]["extensions"]["exception"]["code"]
        # What the pages take for the end of a session.
        assert f'"{code}"' in (assets.FOLDER / "core" / "api.js").read_text(), code
