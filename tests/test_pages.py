"""The pages that links in e-mails lead to: looking uses nothing up, pressing the button does, once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import product

import factories
import pytest
from django.db import connections
from django.test import Client, RequestFactory

from saleor_esd_plugin import pages
from saleor_esd_plugin.accounts.invitations import issue_invitation
from saleor_esd_plugin.accounts.models import Invitation
from saleor_esd_plugin.emails.sender import Sender
from saleor_esd_plugin.events.models import Event
from saleor_esd_plugin.host.db import now
from saleor_esd_plugin.keys.models import LicenseKey
from saleor_esd_plugin.keys.ring import vault
from saleor_esd_plugin.licenses.claim_links import issue_claim_link
from saleor_esd_plugin.licenses.models import ClaimLink

CLAIM = "/plugins/global/esd/claim/"
INVITATION = "/plugins/global/esd/invitation/"
requests = RequestFactory()


def look(token, path=CLAIM, method="get", **headers):
    request = getattr(requests, method)(path, {"token": token}, **headers)
    return pages.respond(request, path[len("/plugins/global/esd") :])


def press(token, **headers):
    request = requests.post(CLAIM, {"token": token}, **headers)
    return pages.respond(request, "/claim/")


@pytest.fixture
def license(db):
    policy = factories.make_policy(
        keys=1, instructions={"en": "1. <Install> it.", "pt-br": "1. Instale."}
    )
    return factories.make_released(1, policy=policy)[0]


@pytest.fixture
def token(license):
    return issue_claim_link(license.pk, email="a@x.example")


def test_looking_again_and_again_uses_nothing_up(license, token):
    """T-CLM-02: scanners of e-mail open every link; the page has a button and no character of the key."""
    clear, before = vault.decrypt(license.key).reveal(), factories.table_digest()
    for method in ("get", "head") * 5:
        answer = look(token, method=method)
        assert answer.status_code == 200
        assert clear[-5:] not in answer.content.decode()
    assert factories.table_digest() == before
    html = look(token).content.decode()
    assert f'<form method="post" action="{CLAIM}">' in html
    assert f'name="token" value="{token}"' in html

    assert clear in press(token).content.decode()


def test_product_and_shop_before_the_button_and_what_to_do_after_it(license, monkeypatch):
    """People press no button of a page that does not say whose it is; what it names is escaped."""
    monkeypatch.setattr(pages, "sender", lambda: Sender("<b>Müller</b> & Co", "shop@x.example"))
    line = license.order_line
    line.product_name, line.variant_name = "<script>Office</script>", "5 users"
    line.save(update_fields=["product_name", "variant_name"])
    for wish, by, todo, steps in (
        ("en", "Sent by", "How to activate", "1. &lt;Install&gt; it."),
        ("pt-br", "Enviada por", "Como ativar", "1. Instale."),
        # There are no instructions in Spanish: those in English are better than none.
        ("es", "Enviada por", "Cómo activarla", "1. &lt;Install&gt; it."),
    ):
        token = issue_claim_link(license.pk, email="a@x.example")
        header = {"HTTP_ACCEPT_LANGUAGE": wish}

        before = look(token, **header).content.decode()
        after = press(token, **header).content.decode()

        for html in (before, after):
            assert "&lt;script&gt;Office&lt;/script&gt; (5 users)</strong>" in html
            assert f"{by} &lt;b&gt;Müller&lt;/b&gt; &amp; Co</p>" in html
            assert "<script>" not in html and "<b>" not in html
        assert before.index("Office") < before.index("<button")
        assert steps not in before and todo not in before
        assert after.index("Office") < after.index('<code class="key">') < after.index(todo)
        assert after.index(todo) < after.index(steps)


def test_a_shop_without_a_name_has_that_of_its_site_or_its_address(token, monkeypatch):
    for shop, site, told in (
        (Sender("Atlas", "shop@x.example"), "Site", "Sent by Atlas"),
        (Sender("", "shop@x.example"), "Site", "Sent by Site"),
        (Sender("", "shop@x.example"), "", "Sent by shop@x.example"),
        (Sender("", ""), "", ""),
    ):
        monkeypatch.setattr(pages, "sender", lambda shop=shop: shop)
        monkeypatch.setattr(pages.shop, "site_name", lambda site=site: site)
        html = look(token).content.decode()
        assert told in html and ("Sent by" in html) is bool(told)


def test_what_cannot_be_looked_up_uses_no_link_up(token, monkeypatch):
    def fails():
        raise OSError

    monkeypatch.setattr(pages, "sender", fails)
    before = factories.table_digest()
    assert [look(token).status_code, press(token).status_code] == [503, 503]
    assert factories.table_digest() == before


def test_nothing_is_asked_for_once_the_link_is_used_up(license, token, monkeypatch):
    """What could fail then would take the key along."""
    claim = pages.claim_license_key

    def claims(*args, **kwargs):
        monkeypatch.setattr(pages, "sender", None)
        return claim(*args, **kwargs)

    monkeypatch.setattr(pages, "claim_license_key", claims)

    assert vault.decrypt(license.key).reveal() in press(token).content.decode()


def test_pressing_the_button_shows_the_key_once(license, token):
    """T-CLM-01: the key with product and instructions, one event; then the page of a link that cannot be used."""
    answer = press(token, REMOTE_ADDR="198.51.100.7")

    html = answer.content.decode()
    assert answer.status_code == 200
    assert vault.decrypt(license.key).reveal() in html
    assert license.order_line.product_name in html
    assert "1. &lt;Install&gt; it." in html
    event = Event.objects.get(type="license_key.claimed")
    assert (event.subject_id, event.actor_kind) == (license.pk, "ANONYMOUS")
    assert event.ip.startswith("198.51.100.")
    assert LicenseKey.objects.get(pk=license.key_id).revealed_at is not None
    assert press(token).status_code == 404
    assert Event.objects.filter(type="license_key.claimed").count() == 1


def test_links_that_cannot_be_used_are_all_alike(license, db):
    """T-CLM-03: used, expired, voided, recalled, unknown, garbage: the same answer to looking and pressing."""
    licenses = [license, *factories.make_released(3)]
    used, expired, voided, returned = [
        issue_claim_link(one.pk, email="a@x.example") for one in licenses
    ]
    press(used)
    ClaimLink.objects.filter(license=licenses[1]).update(expires_at=now() - timedelta(seconds=1))
    ClaimLink.objects.filter(license=licenses[2]).update(voided_at=now())
    type(license).objects.filter(pk=licenses[3].pk).update(fulfillment="RETURNED", ended_at=now())
    garbage = ["A" * 43, "", " ", "\u200b", "null", "0", "é" * 43, "\0", "A" * 100_000, "<script>"]
    before = factories.table_digest()

    answers = {
        (answer.status_code, answer.content)
        for one in (used, expired, voided, returned, *garbage)
        for answer in (look(one), press(one))
    }

    ((status, content),) = answers
    assert status == 404 and b"This link cannot be used" in content
    assert factories.table_digest() == before


def test_other_methods_are_refused(db):
    for path, method in product((CLAIM, INVITATION), ("put", "delete", "patch", "options")):
        answer = pages.respond(getattr(requests, method)(path), path[len("/plugins/global/esd") :])
        assert answer.status_code == 405, (path, method)


def test_nothing_is_kept_of_a_page(token):
    """2.5: no cache, no referrer, no search engine, no script, no frame; also of refusals."""
    invitation = look("A" * 43, INVITATION)
    for answer in (look(token), press(token), press(token), look("x", INVITATION), invitation):
        assert answer["Cache-Control"] == "no-store"
        assert answer["Referrer-Policy"] == "no-referrer"
        assert "noindex" in answer["X-Robots-Tag"]
        assert answer["X-Content-Type-Options"] == "nosniff"
        policy = answer["Content-Security-Policy"]
        assert policy.startswith(
            "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'"
        )
        assert "<script" not in answer.content.decode()


def test_the_browsers_language(token):
    for wish, language, words in (
        ("", "en", "Show the key"),
        ("pt-PT,pt;q=0.9,en;q=0.8", "pt-br", "Mostrar a chave"),
        ("de, es-MX;q=0.7, en;q=0.3", "es", "Mostrar la clave"),
        ("de", "en", "Show the key"),
        ("x" * 10_000, "en", "Show the key"),
        ("*;q=nonsense", "en", "Show the key"),
    ):
        html = look(token, HTTP_ACCEPT_LANGUAGE=wish).content.decode()
        assert f'<html lang="{language}">' in html and words in html, wish


def test_every_page_stands_in_every_language(license, monkeypatch):
    for wish in ("en", "pt-br", "es"):
        token = issue_claim_link(license.pk, email="a@x.example")
        header = {"HTTP_ACCEPT_LANGUAGE": wish}
        shown = [look(token, **header), look("A" * 43, INVITATION, **header), look("", **header)]
        with monkeypatch.context() as patch:
            patch.setenv("ESD_ENC_KEYS", "")
            shown.append(press(token, **header))
        shown.append(press(token, **header))
        assert [answer.status_code for answer in shown] == [200, 200, 404, 503, 200]
        assert len({answer.content for answer in shown}) == 5
        for answer in shown:
            assert f'<html lang="{wish}">' in answer.content.decode()


def test_a_locked_key_ring_uses_no_link_up(license, token, monkeypatch, caplog):
    """2.6: "try later", the log names the kind of error and no value; the link works afterwards."""
    monkeypatch.setenv("ESD_ENC_KEYS", "")
    before = factories.table_digest()
    answer = press(token)
    assert answer.status_code == 503
    assert factories.table_digest() == before
    assert token not in caplog.text
    monkeypatch.undo()
    assert press(token).status_code == 200


def test_an_invitation_is_explained_and_used_by_nobody(db):
    """The page shows the single-use code and the mutation that takes it; it asks and changes nothing."""
    account = factories.make_account()
    token = issue_invitation(account.pk, email=account.email)
    before = factories.table_digest()

    answer = look(token, INVITATION)

    html = answer.content.decode()
    assert answer.status_code == 200
    assert f'<code class="key">{token}</code>' in html and "licenseInvitationAccept" in html
    assert factories.table_digest() == before
    assert Invitation.objects.get().accepted_at is None
    posted = requests.post(INVITATION, {"token": token})
    assert pages.respond(posted, "/invitation/").status_code == 405


def test_with_a_portal_an_invitation_ends_there(db):
    factories.configure(has_portal=True, sign_up_address="https://shop.example/new")
    account = factories.make_account()
    token = issue_invitation(account.pk, email=account.email)

    html = look(token, INVITATION).content.decode()

    # Behind the #, as no server has to see it.
    assert f'href="/plugins/global/esd/portal/invitation#{token}"' in html
    assert 'href="https://shop.example/new"' in html
    assert "licenseInvitationAccept" not in html
    assert Invitation.objects.get().accepted_at is None


def test_a_broken_invitation_shows_nothing_of_what_was_sent(db):
    for token in ("", "short", "A" * 44, "<script>alert(1)</script>", "A" * 42 + "\n"):
        answer = look(token, INVITATION)
        assert answer.status_code == 404, token
        assert "<script" not in answer.content.decode()


def test_other_paths_are_none_of_ours(db):
    for path in ("/", "", "/hook/", "/claim/more/", "/claims/"):
        assert pages.respond(requests.get("/plugins/global/esd" + path), path) is None, path


def test_the_shop_routes_to_the_page(token):
    """Through the host's own routes, or ours on Saleor 2.10."""
    answer = Client().get(CLAIM, {"token": token})
    assert answer.status_code == 200 and b"Show the key" in answer.content
    assert answer["Cache-Control"] == "no-store"
    answer = Client().post(CLAIM, {"token": token})
    assert answer.status_code == 200
    assert Client().head(CLAIM, {"token": token}).status_code == 404


def test_fifty_at_once_get_one_key(live_db):
    """T-CLM-01: 50 concurrent POSTs: 1 key, 1 event."""
    license = factories.make_released(1)[0]
    token = issue_claim_link(license.pk, email=live_db("a") + "@x.example")
    clear = vault.decrypt(license.key).reveal()

    def one(_):
        try:
            answer = press(token)
            return answer.status_code, clear in answer.content.decode()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(max_workers=16) as threads:
        answers = list(threads.map(one, range(50)))

    assert sorted(answers) == [(200, True)] + [(404, False)] * 49
    events = Event.objects.filter(type="license_key.claimed", subject_id=license.pk)
    assert events.count() == 1
