"""Who signed, and when: what the SDKs check, and what they let pass (2.49 on Saleor 2.10, 3.5 on Saleor 3)."""

import hashlib
import hmac

import pytest
import stripe
from stripe_lane import signed

from saleor_esd_plugin.webhooks.stripe.verification import (
    NotOfThisMoment,
    NotSigned,
    verify_signature,
)

BODY = '{"id": "evt_1", "text": "São"}'.encode()
AT = 1_800_000_000
ONE, OTHER = "whsec_one", "whsec_other"


def verify(header, secrets=(ONE,), *, body=BODY, at=AT):
    verify_signature(body, header, secrets, at=at)


def v1(secret=ONE, at=AT):
    return signed(BODY, secret, at).partition(",v1=")[2]


def test_what_stripe_signed_passes():
    verify(signed(BODY, ONE, AT))


def test_another_byte_does_not():
    for place in range(len(BODY)):
        body = BODY[:place] + bytes([BODY[place] ^ 1]) + BODY[place + 1 :]
        with pytest.raises(NotSigned):
            verify(signed(BODY, ONE, AT), body=body)


def test_several_secrets_are_good_while_one_is_replaced():
    for secret in (ONE, OTHER):
        verify(signed(BODY, secret, AT), (ONE, OTHER))

    with pytest.raises(NotSigned, match=r"no secret of ESD_STRIPE_WEBHOOK_SECRETS \(there are 2\)"):
        verify(signed(BODY, "whsec_third", AT), (ONE, OTHER))


def test_an_empty_secret_is_none():
    """T-WH-01: the SDK itself takes a signature made with the empty secret."""
    header = signed(BODY, "", AT)
    assert stripe.WebhookSignature.verify_header(BODY.decode(), header, "")

    for secrets in ((), ("",), ("", ONE)):
        with pytest.raises(NotSigned):
            verify(header, secrets)


def test_one_valid_signature_of_two_is_enough():
    """T-WH-02: Stripe sends two while a secret is replaced."""
    verify(f"t={AT},v1={'0' * 64},v1={v1()}")
    verify(f"t={AT},v1={v1()},v0={'0' * 64}")


@pytest.mark.parametrize(
    "header",
    [
        "",
        ",",
        f"t={AT}",
        f"t={AT},v0={v1()}",
        f"t={AT},v1=",
        f"t={AT},v1={'0' * 64}",
        f"t={AT},v1={v1().upper()}",
        f"t={AT},v1={v1()[:-1]}",
        f"t={AT},v1={v1()[:-1]}é",
        f"t={AT + 1},v1={v1()}",
        f"v1={v1()}",
        f"t=,v1={v1()}",
        f"t={AT},t={AT},v1={v1()}",
        f"t={AT},t={AT + 9},v1={v1()}",
        f"t=+{AT},v1={v1()}",
        f"t= {AT},v1={v1()}",
        f"t=1_800_000_000,v1={v1()}",
        f"t={AT}=1,v1={v1()}",
        f"t={AT}\n,v1={v1()}",
        f"t={'9' * 5000},v1={v1()}",
        f"t=nan,v1={v1()}",
        v1(),
        "é" * 9,
    ],
)
def test_a_header_of_another_form_is_refused(header):
    """T-WH-02: no header, `t=` only, `v0` only; several `t=`, spellings that int() takes, letters beyond ASCII."""
    with pytest.raises(NotSigned):
        verify(header)


def test_a_body_that_is_no_text_is_refused():
    body = b"\xff\xfe{}"
    digest = hmac.new(ONE.encode(), b"%d." % AT + body, hashlib.sha256).hexdigest()

    with pytest.raises(NotSigned):
        verify(f"t={AT},v1={digest}", body=body)


@pytest.mark.parametrize("seconds", [-300, 0, 300])
def test_five_minutes_either_way_are_now(seconds):
    verify(signed(BODY, ONE, AT + seconds))


@pytest.mark.parametrize("seconds", [-301, 301, 10 * 365 * 86400, -AT + 1970])
def test_another_moment_is_refused(seconds):
    """T-WH-04: the SDK takes what was signed for in ten years."""
    header = signed(BODY, ONE, AT + seconds)
    if seconds > 0:
        assert stripe.WebhookSignature.verify_header(BODY.decode(), header, ONE, tolerance=300)

    with pytest.raises(NotOfThisMoment) as refused:
        verify(header)

    assert refused.value.seconds == seconds


def test_the_moment_is_told_to_nobody_who_cannot_sign():
    with pytest.raises(NotSigned):
        verify(signed(BODY, OTHER, AT - 9999))


def test_no_refusal_quotes_anything():
    for header in (signed(BODY, OTHER, AT), f"t={AT}", "garbage"):
        with pytest.raises(NotSigned) as refused:
            verify(header)
        text = str(refused.value)
        assert not any(part in text for part in (ONE, OTHER, "evt_1", str(AT), "garbage"))
