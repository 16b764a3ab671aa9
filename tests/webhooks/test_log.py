"""What operators read when something is set up wrong: what it is and what to do, and nothing secret."""

import logging
import time

import pytest
from stripe_lane import as_body, signed


@pytest.mark.parametrize(
    "env, message, key, at, words",
    [
        (
            {},
            {},
            "whsec_wrong",
            0,
            [
                "the signature fits no secret of ESD_STRIPE_WEBHOOK_SECRETS (there are 1)",
                "signing secret of this endpoint at Stripe",
            ],
        ),
        (
            {"ESD_STRIPE_WEBHOOK_SECRETS": ""},
            {},
            None,
            0,
            ["there is no secret; set ESD_STRIPE_WEBHOOK_SECRETS"],
        ),
        (
            {"ESD_STRIPE_WEBHOOK_SECRETS": "", "ESD_STRIPE_WEBHOOK_SECRETS_FILE": "/nowhere"},
            {},
            None,
            0,
            ["the file of ESD_STRIPE_WEBHOOK_SECRETS_FILE cannot be read"],
        ),
        (
            {},
            {"livemode": False},
            None,
            0,
            ['a test message came, and ESD_STRIPE_MODE is "live"', "change ESD_STRIPE_MODE"],
        ),
        ({"ESD_STRIPE_MODE": "x"}, {}, None, 0, ["ESD_STRIPE_MODE is neither"]),
        ({}, {}, None, -600, ["seconds before this server's clock", "check the clock"]),
        ({}, {}, None, 600, ["seconds after this server's clock", "check the clock"]),
        ({}, {"account": "acct_1"}, None, 0, ["connected account", "set ESD_STRIPE_ACCOUNT"]),
    ],
)
def test_the_log_says_what_is_wrong_and_what_to_do(
    refused, paid, secret, monkeypatch, caplog, env, message, key, at, words
):
    """As an operator would get it wrong; without the body, the header or a secret (T-LOG-05)."""
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    message = paid("pi_canary", id="evt_canary", **message)

    refused(message, key=key or secret, at=int(time.time()) + at)

    (line,) = [one for one in caplog.records if one.name.startswith("saleor_esd_plugin")]
    assert line.levelno == logging.WARNING and not line.exc_info
    for word in words:
        assert word in line.getMessage()
    signature = signed(as_body(message), key or secret)[-64:]
    for hidden in (secret, "whsec_wrong", signature, "pi_canary", "evt_canary", "acct_1"):
        assert hidden not in caplog.text


def test_a_clock_that_is_off_is_told_in_seconds(refused, paid, caplog):
    refused(paid(), at=int(time.time()) - 600)

    assert "signed it 600 seconds before" in caplog.text or "signed it 601 seconds" in caplog.text


def test_a_mismatch_is_told(post, paid, db, caplog, make_unpaid):
    make_unpaid("pi_1")
    post(paid(id="evt_1", intent={"currency": "eur"}))

    assert "message evt_1 does not fit the shop: EUR was told of a payment in USD" in caplog.text
