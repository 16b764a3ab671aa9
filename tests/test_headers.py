"""What a header may cost: bytes that reach a parser."""

import factories
import pytest
from django.test import RequestFactory

from saleor_esd_plugin import pages
from saleor_esd_plugin.host import graphql as door
from saleor_esd_plugin.licenses.claim_links import issue_claim_link
from saleor_esd_plugin.webhooks.stripe import endpoint

LONG = 60_000
CLAIM = "/plugins/global/esd/claim/"
requests = RequestFactory()


@pytest.fixture
def parsed(monkeypatch):
    """`parsed(module, name)`: the lengths of what the function of that name is given from now on."""

    def watch(module, name):
        lengths, parse = [], getattr(module, name)

        def noting(text, *args, **kwargs):
            lengths.append(len(text))
            return parse(text, *args, **kwargs)

        monkeypatch.setattr(module, name, noting)
        return lengths

    return watch


def test_a_long_wish_for_languages_reaches_no_parser(db, parsed):
    """Django 3.0 took 58 s for such a header of 60 kB; whoever sends one reads English."""
    lengths = parsed(pages, "parse_accept_lang_header")

    long = pages.respond(requests.get(CLAIM, HTTP_ACCEPT_LANGUAGE="a" * LONG), "/claim/")
    usual = pages.respond(
        requests.get(CLAIM, HTTP_ACCEPT_LANGUAGE="es-ES,es;q=0.9,en;q=0.8"), "/claim/"
    )

    assert lengths == [0, len("es-ES,es;q=0.9,en;q=0.8")]
    assert b'lang="en"' in long.content and b'lang="es"' in usual.content


def test_of_a_long_way_through_proxies_the_end_is_read(parsed):
    """What our own proxies wrote stays what counts, however much somebody put in front of it."""
    lengths = parsed(door, "ip_address")
    meta = {
        "REMOTE_ADDR": "192.0.2.1",
        "HTTP_X_FORWARDED_FOR": "6" * LONG + ", 203.0.113.9, 10.0.0.1",
    }

    found = [door.client_ip(meta, proxies) for proxies in (1, 2, 3)]

    assert found == ["10.0.0.1", "203.0.113.9", "192.0.2.1"]
    assert max(lengths) < 20


def test_an_id_of_a_request_that_is_too_long_reaches_no_parser(monkeypatch):
    looked_at = []
    pattern = door._REQUEST_ID
    monkeypatch.setattr(
        door,
        "_REQUEST_ID",
        type(
            "Noting", (), {"fullmatch": lambda self, t: looked_at.append(t) or pattern.fullmatch(t)}
        )(),
    )
    context = type("Context", (), {"META": {"HTTP_X_REQUEST_ID": "x" * LONG}})()

    assert len(door.actor_of(context).request_id) == 32
    assert looked_at == [""]


def test_a_long_signature_is_none(monkeypatch, parsed):
    """Stripe's has a few hundred characters."""
    monkeypatch.setenv("ESD_STRIPE_WEBHOOK_SECRETS", "whsec_a")
    seen = []
    verify = endpoint.verify_signature

    def noting(body, header, *args, **kwargs):
        seen.append(header)
        return verify(body, header, *args, **kwargs)

    monkeypatch.setattr(endpoint, "verify_signature", noting)
    request = requests.post(
        "/plugins/global/esd/stripe/",
        b"{}",
        content_type="application/json",
        HTTP_STRIPE_SIGNATURE="t=1," + "v1=a," * (LONG // 5),
    )

    assert endpoint.answer(request).status_code == 400
    assert seen == [""]


def test_a_form_of_a_long_type_is_not_read(db, monkeypatch):
    """Its boundary is searched for in the whole body."""
    license = factories.make_released(1)[0]
    token = issue_claim_link(license.pk, email="a@x.example")
    request = requests.post(CLAIM, {"token": token})
    request.META["CONTENT_TYPE"] = "multipart/form-data; boundary=" + "b" * LONG
    monkeypatch.setattr(
        type(request), "POST", property(lambda self: pytest.fail("the form was read"))
    )

    assert pages.respond(request, "/claim/").status_code == 404
