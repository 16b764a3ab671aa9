"""licenseKeyClaim: for a storefront that has its own page for the links in e-mails."""

import factories
import pytest
from actors import outcome

from saleor_esd_plugin.events.models import Event
from saleor_esd_plugin.keys.ring import vault
from saleor_esd_plugin.licenses.claim_links import issue_claim_link
from saleor_esd_plugin.licenses.models import ClaimLink

pytestmark = pytest.mark.django_db

CLAIM = """mutation($token: String!) { licenseKeyClaim(input: {token: $token}) {
    key productName variantName errors { field code message } } }"""


@pytest.fixture
def license():
    return factories.make_released(1)[0]


@pytest.fixture
def token(license):
    return issue_claim_link(license.pk, email="a@x.example")


def test_whoever_has_the_link_gets_the_key_once(api, license, token, unchanged):
    """T-CLM-01, T-CLM-03: the second time it is NOT_FOUND, as for any other token."""
    answer = api()(CLAIM, {"token": token})["data"]["licenseKeyClaim"]

    assert answer == {
        "key": vault.decrypt(license.key).reveal(),
        "productName": license.order_line.product_name,
        "variantName": "Standard",
        "errors": [],
    }
    event = Event.objects.get(type="license_key.claimed")
    assert (event.actor_kind, event.facts["recipient"]) == ("ANONYMOUS", "a@x.example")
    with unchanged():
        again = api()(CLAIM, {"token": token})
    assert outcome(again, "licenseKeyClaim") == "NOT_FOUND"


@pytest.mark.parametrize(
    "token", ["", " ", "\u200b", "null", "0", "A" * 43, "ü" * 43, "A" * 10_000]
)
def test_tokens_that_are_none(api, unchanged, token):
    """T-AUTHZ-02: all alike."""
    with unchanged():
        answer = api()(CLAIM, {"token": token})
    assert answer["data"]["licenseKeyClaim"] == {
        "key": None,
        "productName": None,
        "variantName": None,
        "errors": [
            {
                "field": "token",
                "code": "NOT_FOUND",
                "message": "This link does not work, or not any more. Ask for a new one.",
            }
        ],
    }


def test_the_token_comes_as_a_variable(api, token, unchanged):
    """H7: a token in the text of a document goes to traces."""
    with unchanged():
        answer = api()(
            'mutation { licenseKeyClaim(input: {token: "%s"}) { key errors { code } } }' % token
        )
    assert outcome(answer, "licenseKeyClaim") == "LITERAL_SECRET_FORBIDDEN"
    assert ClaimLink.objects.get().claimed_at is None
