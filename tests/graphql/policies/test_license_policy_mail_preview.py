"""The mail that brings keys, shown before anybody gets it: as it is sent, without a key (I14, I18)."""

import build
import factories
import pytest
from django.core import signing

from saleor_esd_plugin.emails import policy_preview

pytestmark = pytest.mark.django_db

PREVIEW = """query($policy: ID!, $kind: LicensePolicyMailKind!, $language: String!, $instructions: [LicenseInstructionsInput!]) {
    licensePolicyMailPreview(policy: $policy, kind: $kind, language: $language, instructions: $instructions) {
        subject text html page } }"""
ADDRESS = "/plugins/global/esd/preview"


@pytest.fixture
def policy():
    texts = {"en": "Open <Help>.", "pt-br": "Abra o menu Ajuda."}
    return factories.make_policy(keys=1, instructions=texts, term="P1Y")


@pytest.fixture
def ask(api, staff):
    return api(staff("MANAGE_LICENSE_KEYS"))


@pytest.fixture
def shown(ask, policy, gid):
    def shown(kind="LICENSE_ASSIGNED", language="en", of=policy, **more):
        variables = {"policy": gid("LicensePolicy", of), "kind": kind, "language": language}
        return ask(PREVIEW, {**variables, **more})

    return shown


def found(answer):
    assert "errors" not in answer, answer
    return answer["data"]["licensePolicyMailPreview"]


def test_the_mail_comes_in_the_readers_language_with_the_shape_of_a_key(shown, policy):
    name = build.find_variant(policy.variant_ref).product.name

    mail = found(shown(language="pt_BR"))

    assert mail["subject"] == f"{name} (Standard): sua licença"
    assert "Abra o menu Ajuda." in mail["text"] and "Abra o menu Ajuda." in mail["html"]
    assert "•••••-•••••-•••••-•••••-•••••" in mail["text"]
    assert "Ada Lovelace" in mail["text"]
    assert '<html lang="pt-br">' in mail["html"]
    assert "valid until" in found(shown())["text"]
    assert "Open &lt;Help&gt;." in found(shown())["html"]


def test_a_buyer_who_keeps_them_reads_of_the_order(shown):
    assert "1042" in found(shown("LICENSE_KEYS"))["subject"]


def test_what_is_not_saved_yet_is_shown_and_not_stored(shown, policy, unchanged):
    draft = [{"language": "es", "text": "Abra el menú Ayuda."}]

    with unchanged():
        mail = found(shown(language="es", instructions=draft))
        other = found(shown(language="en", instructions=draft))
        none = found(shown(instructions=[]))

    assert "Abra el menú Ayuda." in mail["text"]
    # Whoever reads another language gets whichever text there is.
    assert "Abra el menú Ayuda." in other["text"] and "Hello" in other["text"]
    assert "Install the product and enter the key" in none["text"]


def test_a_link_stands_where_the_policy_gives_links(shown):
    by_link = factories.make_policy(keys=1, delivery="CLAIM_LINK")

    mail = found(shown(of=by_link))

    assert "/plugins/global/esd/claim/?token=" in mail["html"]
    assert "•••••" not in mail["text"]


def test_what_cannot_be_shown_is_refused(shown, policy):
    renewal = factories.make_renewal(policy)
    wrong = [
        shown(of=renewal),
        shown(language="klingon tongue"),
        shown(instructions=[{"language": "en", "text": "x" * 10_001}]),
        shown(instructions=[{"language": "en", "text": "x"}] * 2),
    ]

    for answer in wrong:
        assert answer["errors"][0]["extensions"]["exception"]["code"] == "INVALID", answer


def test_it_is_for_staff_who_write_instructions(api, staff, policy, gid):
    variables = {"policy": gid("LicensePolicy", policy), "kind": "LICENSE_KEYS", "language": "en"}
    others = [None, build.make_user(), staff("MANAGE_LICENSES"), build.make_app()]

    for refused in others:
        answer = api(refused)(PREVIEW, variables)
        assert answer["errors"][0]["extensions"]["exception"]["code"] == "PermissionDenied"


def test_a_frame_shows_what_was_signed_here_and_can_do_nothing(shown, client, monkeypatch):
    monkeypatch.setenv("ESD_DASHBOARD_ORIGINS", "https://dash.example")
    mail = found(shown())

    answer = client.post(ADDRESS, {"page": mail["page"]})

    assert answer.content.decode() == mail["html"]
    assert answer["Content-Security-Policy"] == (
        "sandbox; default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self' https://dash.example"
    )
    assert "X-Frame-Options" not in answer
    assert answer["Cache-Control"] == "no-store"


def test_a_frame_shows_nothing_that_somebody_else_wrote(shown, client, monkeypatch):
    page = found(shown())["page"]
    forged = signing.dumps("<b>Pay here</b>", salt="another", compress=True)

    for body in ({}, {"page": ""}, {"page": "<b>"}, {"page": forged}, {"page": page + "x"}):
        assert client.post(ADDRESS, body).status_code == 404, body
    assert client.get(ADDRESS, {"page": page}).status_code == 405
    monkeypatch.setattr(policy_preview, "_LONGEST_WAIT", -1)
    assert client.post(ADDRESS, {"page": page}).status_code == 404
