"""Signing in: each answer of the shop in the words of whoever reads it, and a shop that takes no passwords."""

from __future__ import annotations

import json

import pytest
from conftest import ROOT, fill_in
from playwright.sync_api import expect

from demo import cast


@pytest.mark.parametrize(
    "email, password",
    [(cast.RESELLER.email, "wrong"), ("nobody@shop.example", cast.PASSWORD)],
)
def test_a_wrong_pair_does_not_say_which_of_both_it_is(open_page, email, password):
    page = open_page("portal")
    # Saleor 3 makes whoever failed wait for a moment.
    page.wait_for_timeout(2000)
    fill_in(page, email, password)

    expect(page.get_by_role("alert")).to_have_text(
        "This address and password do not belong together."
    )


# As Saleor 3.23 words them.
TILL = "Logging has been suspended till 2026-11-30 23:07:30.123456+00:00 due to too many logging attempts originating from the same IP address."


@pytest.mark.parametrize(
    "code, message, told",
    [
        (
            "ACCOUNT_NOT_CONFIRMED",
            "Account needs to be confirmed via email.",
            "Esta cuenta aún no está confirmada.",
        ),
        ("INACTIVE", "Account inactive.", "Esta cuenta está desactivada."),
        ("LOGIN_ATTEMPT_DELAYED", TILL, "Demasiados intentos. Inténtelo de nuevo a las 23:08."),
        ("LOGIN_ATTEMPT_DELAYED", "Later.", "Demasiados intentos. Espere un rato"),
        (
            "DISABLED_AUTHENTICATION_METHOD",
            "Password-based login is disabled.",
            "En esta tienda se ingresa de otra manera.",
        ),
        ("UNKNOWN_IP_ADDRESS", "Can't identify requester IP address.", "Algo falló"),
    ],
)
def test_every_answer_is_told(open_page, code, message, told):
    page = open_page("portal", language="es-UY")
    error = {"field": None, "message": message, "code": code}
    answer = {"data": {"tokenCreate": {"token": None, "errors": [error]}}}
    page.route("**/graphql/", lambda route: route.fulfill(body=json.dumps(answer)))
    fill_in(page, cast.RESELLER.email, cast.PASSWORD)

    expect(page.get_by_role("alert")).to_contain_text(told)
    expect(page.get_by_label("Contraseña")).to_have_value(cast.PASSWORD)


@pytest.mark.parametrize("name", ["portal", "staff"])
def test_without_passwords_there_is_no_form_but_the_way_to_sign_in(open_page, name):
    page = open_page(name)

    def without(route):
        body = route.fetch().text()
        body = body.replace("takesPasswords&quot;: true", "takesPasswords&quot;: false")
        body = body.replace(
            "shopAddress&quot;: &quot;", "shopAddress&quot;: &quot;https://shop.example/"
        )
        route.fulfill(body=body, content_type="text/html")

    page.route(ROOT + name, without)
    page.reload()

    expect(page.get_by_role("heading", name="Manage licenses")).to_be_visible()
    expect(page.get_by_role("textbox")).to_have_count(0)
    if name == "portal":
        link = page.get_by_role("link", name="Go to the shop")
        expect(link).to_have_attribute("href", "https://shop.example/")
    else:
        expect(page.get_by_text("Open these pages in Saleor's Dashboard.")).to_be_visible()
