"""10,000 forged or mutated requests change nothing; with a guard taken away, some do."""

import logging
import random
import time

import factories
import lane
import pytest
from stripe_lane import as_body, signed

from saleor_esd_plugin.webhooks.stripe import endpoint

FORGED = 10_000


def forgeries(message, secret, chance):
    """Endless (body, header, method): what somebody without the secret, or of elsewhere, could send."""
    body, now = as_body(message), int(time.time())
    header = signed(body, secret, now)
    t, v1 = header.split(",")
    other_mode = as_body({**message, "livemode": False})
    foreign = as_body({**message, "account": "acct_foreign"})

    def flipped():
        place = chance.randrange(len(body))
        return body[:place] + bytes([body[place] ^ (1 << chance.randrange(8))]) + body[place + 1 :]

    def digit():
        place = chance.randrange(3, len(v1))
        new = chance.choice("0123456789abcdef".replace(v1[place], ""))
        return f"{t},{v1[:place]}{new}{v1[place + 1 :]}"

    def cut(text):
        return text[: chance.randrange(1, len(text))]

    def old(sign):
        return sign * chance.randrange(400, 10**8)

    kinds = [
        lambda: (flipped(), header, "POST"),
        lambda: (cut(body), header, "POST"),
        lambda: (body + b" " * chance.randrange(1, 9), header, "POST"),
        lambda: (body, signed(body, f"whsec_{chance.random()}", now), "POST"),
        lambda: (body, signed(body, "", now), "POST"),
        lambda: (body, digit(), "POST"),
        lambda: (body, cut(header), "POST"),
        lambda: (body, f"t={now - chance.randrange(1, 200)},{v1}", "POST"),
        lambda: (body, f"{t},t={now + 1},{v1}", "POST"),
        lambda: (body, f"{t},{v1.replace('v1', 'v0')}", "POST"),
        lambda: (body, signed(body, secret, now + old(-1)), "POST"),
        lambda: (body, signed(body, secret, now + old(1)), "POST"),
        lambda: (other_mode, signed(other_mode, secret, now), "POST"),
        lambda: (foreign, signed(foreign, secret, now), "POST"),
        lambda: (body, header, chance.choice(["GET", "PUT", "DELETE"])),
        lambda: (bytes(chance.getrandbits(8) for _ in range(40)), header, "POST"),
    ]
    while True:
        yield chance.choice(kinds)()


def test_ten_thousand_forged_requests_change_nothing(
    post, paid, secret, db, caplog, make_unpaid, states
):
    """The endpoint itself is asked, without the shop's middleware, for speed; the valid one does change."""
    caplog.set_level(logging.CRITICAL)
    order = make_unpaid("pi_1")
    message = paid()
    before, statuses = factories.table_digest(), set()
    began = time.perf_counter()
    attempts = forgeries(message, secret, random.Random(20))
    for _, (body, header, method) in zip(range(FORGED), attempts):
        statuses.add(post(body, header=header, method=method).status_code)
    took = time.perf_counter() - began

    assert factories.table_digest() == before
    assert statuses == {400, 405}
    print(f"\n{FORGED} forged or mutated requests on {lane.host()}: {took:.1f} s, 0 rows changed")
    assert post(message).status_code == 200
    assert factories.table_digest() != before
    assert states(order) == ["RELEASED"] * 6


@pytest.mark.parametrize("guard", ["verify_signature", "_check_mode", "_check_account"])
def test_without_its_guards_forged_requests_do_change_something(
    post, paid, secret, db, monkeypatch, guard
):
    """The control twin: each guard taken away, some forgery gets through."""
    monkeypatch.setattr(endpoint, guard, lambda *args, **kwargs: None)
    attempts = forgeries(paid(), secret, random.Random(20))
    before = factories.table_digest()

    statuses = [
        post(body, header=header, method=method).status_code
        for _, (body, header, method) in zip(range(200), attempts)
    ]

    assert 200 in statuses
    assert factories.table_digest() != before
