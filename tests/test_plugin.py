"""What the host sees of us: the plugin in its list, its settings, its hooks and pages."""

from __future__ import annotations

from types import SimpleNamespace

import build
import lane
import pytest
from django.http import HttpResponse, HttpResponseNotFound
from hooks import HOOKS
from saleor.celeryconf import app as celery_app

from saleor_esd_plugin import pages as pages_module
from saleor_esd_plugin.conf import PLUGIN_ID
from saleor_esd_plugin.host import shop
from saleor_esd_plugin.host.plugin import current_plugin
from saleor_esd_plugin.host.types import APP_LABEL
from saleor_esd_plugin.orders.intake import recording
from saleor_esd_plugin.plugin import EsdPlugin

pytestmark = pytest.mark.django_db

DEFAULTS = {
    "Sender name": "",
    "Sender address": "",
    "Staff address": "",
    "Stock follows free keys": True,
    "Reserve keys at checkout": False,
    "Slow payment gateways": "",
    "Buyer portal": False,
    **({} if lane.host() == "2.10" else {"Pages in the Dashboard": False}),
    "Logo": "",
    "Accent color": "",
    "Shop address": "",
    "Password address": "",
    "Sign-up address": "",
    "Renewal address": "",
    "Tax number": "",
}
CONFIGURATION = "configuration { name value type label helpText }"
PLUGINS = """
{ plugins(first: 100) { edges { node { id name description %s } } } }
""" % (
    f"active {CONFIGURATION}"
    if lane.host() == "2.10"
    else f"globalConfiguration {{ active {CONFIGURATION} }} channelConfigurations {{ active }}"
)
PLUGIN_UPDATE = """
mutation($id: ID!, $input: PluginUpdateInput!) {
  pluginUpdate(id: $id, input: $input) { errors: %s { field message code } }
}
""" % ("pluginsErrors" if lane.host() == "2.10" else "errors")
PLUGIN_UPDATE = PLUGIN_UPDATE.replace("errors: errors", "errors")


@pytest.fixture
def ask(client):
    """Ask the shop's API as a superuser: `ask(document, **variables)` gives `data`."""
    headers = build.auth_headers(build.make_user(is_staff=True, is_superuser=True))

    def ask(document, **variables):
        answer = client.post(
            "/graphql/",
            {"query": document, "variables": variables},
            content_type="application/json",
            **headers,
        ).json()
        assert "errors" not in answer, answer["errors"]
        return answer["data"]

    return ask


@pytest.fixture
def observed(monkeypatch):
    """What the hooks hand down: a list of (host.types.Order, at_checkout)."""
    calls = []
    monkeypatch.setattr(
        recording,
        "observe_order",
        lambda order, *, at_checkout=False: calls.append((order, at_checkout)),
    )
    monkeypatch.setattr(recording, "is_recorded", lambda order_uuid, *, settled: True)
    return calls


def shown(ask):
    """(node, its configuration) of ours in the host's own list of plugins."""
    nodes = [edge["node"] for edge in ask(PLUGINS)["plugins"]["edges"]]
    (node,) = [node for node in nodes if node["id"] == PLUGIN_ID]
    return node, node.get("globalConfiguration") or node


def values(configuration):
    """A yes or no is a bool on 2.10, but text in the API of both."""
    return {
        entry["name"]: {"true": True, "false": False}.get(
            str(entry["value"]).lower(), entry["value"] or ""
        )
        for entry in configuration["configuration"]
    }


# In the shop's list of plugins


def test_the_shop_lists_us_with_settings_that_explain_themselves(ask):
    """One configuration for all channels, active as soon as it is installed."""
    node, configuration = shown(ask)

    assert node["name"] == "Software licenses"
    assert node["description"].startswith("Sells license keys")
    assert configuration["active"] is True
    assert node.get("channelConfigurations", []) == []
    assert values(configuration) == DEFAULTS
    for entry in configuration["configuration"]:
        assert entry["label"] and len(entry["helpText"]) > 60
        assert entry["type"] in ("STRING", "BOOLEAN")


def test_the_id_is_that_of_the_settings_and_of_the_tables():
    assert EsdPlugin.PLUGIN_ID == PLUGIN_ID == APP_LABEL


def test_staff_change_settings(ask):
    entries = [
        {"name": "Sender address", "value": "keys@shop.example"},
        {"name": "Stock follows free keys", "value": "false"},
    ]

    answer = ask(PLUGIN_UPDATE, id=PLUGIN_ID, input={"configuration": entries})

    assert answer["pluginUpdate"]["errors"] == []
    found = shop.plugin_settings()
    assert (found.sender_address, found.mirrors_stock, found.is_active) == (
        "keys@shop.example",
        False,
        True,
    )
    assert values(shown(ask)[1]) == {
        **DEFAULTS,
        "Sender address": "keys@shop.example",
        "Stock follows free keys": False,
    }


@pytest.mark.parametrize("active", [True, False])
def test_changing_a_setting_neither_switches_it_on_nor_off(ask, active):
    """On 3.x the first row of a plugin is inactive unless somebody says otherwise."""
    if not active:
        ask(PLUGIN_UPDATE, id=PLUGIN_ID, input={"active": False})

    for name in ("once", "twice"):
        entry = {"name": "Sender name", "value": name}
        ask(PLUGIN_UPDATE, id=PLUGIN_ID, input={"configuration": [entry]})

    found = shop.plugin_settings()
    assert (found.is_active, found.sender_name) == (active, "twice")
    assert shown(ask)[1]["active"] is active


def test_changing_settings_does_not_change_the_class(ask):
    """On 2.10 it would hold for the whole process, database or not."""
    ask(
        PLUGIN_UPDATE,
        id=PLUGIN_ID,
        input={"configuration": [{"name": "Sender name", "value": "Changed"}]},
    )

    assert {entry["name"]: entry["value"] for entry in EsdPlugin.DEFAULT_CONFIGURATION} == DEFAULTS


@pytest.mark.parametrize(
    "name, value",
    [
        ("Sender address", "no address"),
        ("Staff address", "a@b.example\nBcc: c@d.example"),
        ("Sender name", "Shop\r\nBcc: c@d.example"),
        ("Sender name", "x" * 79),
        ("Logo", "https://cdn.example; script-src *"),
        ("Logo", "https://cdn.example/a\r\nSet-Cookie: b=c"),
        ("Logo", "data:image/png;base64,AAAA"),
        ("Shop address", "javascript:alert(1)"),
        ("Password address", "/forgot"),
        ("Sign-up address", "shop.example/new"),
        ("Renewal address", "shop.example/renew/{license}"),
        ("Accent color", "blue"),
        ("Accent color", "#0b5cad;"),
    ],
)
def test_settings_no_email_could_be_sent_with_and_no_page_made_of_are_refused(ask, name, value):
    answer = ask(
        PLUGIN_UPDATE, id=PLUGIN_ID, input={"configuration": [{"name": name, "value": value}]}
    )

    (error,) = answer["pluginUpdate"]["errors"]
    assert (error["field"], error["code"]) == ("configuration", "INVALID")
    assert f'"{name}"' in error["message"]
    assert values(shown(ask)[1])[name] == ""
    assert shop.plugin_settings().is_active is True


def test_staff_switch_it_off(ask, observed):
    """H3: 2.10 calls the hooks of inactive plugins too."""
    ask(PLUGIN_UPDATE, id=PLUGIN_ID, input={"active": False})
    plugin = current_plugin(PLUGIN_ID)
    order = build.make_order([(build.make_variant(), 1)])

    answers = [getattr(plugin, hook)(order, previous_value="before") for hook in HOOKS]

    assert shop.plugin_settings().is_active is False
    assert plugin.active is False
    assert answers == ["before"] * len(HOOKS)
    assert observed == []


def test_the_sweep_is_on_the_schedule():
    """H2."""
    entry = celery_app.conf.beat_schedule["esd-reconcile"]

    assert entry == {"task": "saleor_esd_plugin.tasks.reconcile", "schedule": 60.0}


def test_the_schedule_keeps_what_the_host_has_on_it():
    from saleor_esd_plugin.host.plugin import schedule

    before = dict(celery_app.conf.beat_schedule)

    schedule("esd-reconcile", "saleor_esd_plugin.tasks.reconcile", 60)

    assert dict(celery_app.conf.beat_schedule) == before


# Hooks


@pytest.mark.parametrize("hook", HOOKS)
def test_each_hook_hands_down_the_order_as_it_is_now(hook, observed):
    """All do the same; only the first one may vouch for the buyer's words."""
    # On 3.x an update is of interest only while staff may still edit the lines.
    status = "UNCONFIRMED" if hook == "order_updated" and lane.host() != "2.10" else "OPEN"
    order = build.make_order(
        [(build.make_variant(), 6)], metadata={"esd.comment": "hello"}, status=status
    )
    build.pay(order)
    plugin = current_plugin(PLUGIN_ID)

    # 3.x passes more arguments to some.
    assert getattr(plugin, hook)(order, previous_value="before", webhooks=None) == "before"

    ((found, at_checkout),) = observed
    # On 2.10 nobody asks for payments while a checkout completes; the first task after its commit does.
    is_asked = hook != "order_created" or lane.host() != "2.10"
    assert (found.uuid, found.is_paid) == (shop.order_uuid_of(order), is_asked)
    assert at_checkout is (hook == "order_created")
    if at_checkout:
        assert found.details == {"comment": "hello"}
    else:
        assert found.lines[0].quantity == 6


@pytest.mark.parametrize("hook", ["order_created", "order_fully_paid", "order_cancelled"])
def test_the_hosts_own_manager_reaches_us(hook, observed):
    """Installed by settings or entry point, active without a row in the database."""
    from saleor.plugins.manager import get_plugins_manager

    manager = get_plugins_manager(**({} if lane.host() == "2.10" else {"allow_replica": False}))
    order = build.make_order([(build.make_variant(), 1)])

    getattr(manager, hook)(order)

    assert [found.uuid for found, _ in observed] == [shop.order_uuid_of(order)]


def test_orders_created_in_bulk_are_history():
    assert "order_bulk_created" not in vars(EsdPlugin)


def test_a_host_object_that_makes_no_sense_is_survived(observed):
    assert current_plugin(PLUGIN_ID).order_updated(object(), "before") == "before"
    assert observed == []


# Pages


@pytest.fixture
def pages(monkeypatch):
    """Our pages: `/known` is one; a list of the paths asked for."""
    asked = []

    def respond(request, path):
        asked.append((request.method, path))
        return HttpResponse("page") if path == "/known" else None

    monkeypatch.setattr(pages_module, "respond", respond)
    return asked


def test_our_pages_have_the_same_address_on_every_host(client, pages):
    known = client.get("/plugins/global/esd/known")
    posted = client.post("/plugins/global/esd/known", {"x": 1})
    unknown = client.get("/plugins/global/esd/unknown/")

    assert (known.status_code, known.content) == (200, b"page")
    assert (posted.status_code, unknown.status_code) == (200, 404)
    assert pages == [("GET", "/known"), ("POST", "/known"), ("GET", "/unknown/")]


def test_a_plugin_that_is_switched_off_has_no_pages(client, ask, pages):
    """H3: on 3.x the address without "global" reaches inactive plugins too."""
    ask(PLUGIN_UPDATE, id=PLUGIN_ID, input={"active": False})

    for address in ("/plugins/global/esd/known", "/plugins/esd/known"):
        assert client.get(address).status_code == 404
    not_found = HttpResponseNotFound()
    request = SimpleNamespace(method="GET")
    assert current_plugin(PLUGIN_ID).webhook(request, "/known", not_found) is not_found
    assert pages == []


def test_the_shops_own_addresses_stay(client):
    answer = client.post(
        "/graphql/", {"query": "{ shop { name } }"}, content_type="application/json"
    )

    assert answer.json()["data"]["shop"]["name"]
