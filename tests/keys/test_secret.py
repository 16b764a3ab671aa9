from __future__ import annotations

import copy
import hmac
import json
import logging
import pickle

import pytest

from saleor_esd_plugin.keys.formats import random_text
from saleor_esd_plugin.keys.secret import SecretKey, SecretKeys

CANARY = random_text("BCDFGHJKMNPQRTVWXY2346789", 25)


@pytest.mark.parametrize(
    "show",
    [
        repr,
        str,
        "{}".format,
        "{:>40}".format,
        "{!r}".format,
        lambda key: f"{key}",
        lambda key: "%s %r" % (key, key),
    ],
)
def test_shown_in_any_way_it_is_masked(show):
    """T-LOG-09: repr, str and format."""
    assert CANARY not in show(SecretKey(CANARY))
    assert "•••" in show(SecretKey(CANARY))


@pytest.mark.parametrize(
    "use", [json.dumps, pickle.dumps, copy.copy, copy.deepcopy, hash, vars, iter, len]
)
def test_what_would_copy_it_fails(use):
    """T-LOG-09: json, pickle, copy, hash."""
    with pytest.raises(TypeError) as caught:
        use(SecretKey(CANARY))

    assert CANARY not in str(caught.value)


def test_every_pickle_protocol_is_refused():
    """T-LOG-09: also the protocols that Celery and caches choose."""
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        with pytest.raises(TypeError):
            pickle.dumps(SecretKey(CANARY), protocol)


def test_comparing_takes_constant_time(monkeypatch):
    """T-LOG-09: `==` is hmac.compare_digest, and only another SecretKey is equal."""
    compared = []
    monkeypatch.setattr(
        "saleor_esd_plugin.keys.secret.hmac",
        type(
            "Spy",
            (),
            {"compare_digest": lambda *both: compared.append(both) or hmac.compare_digest(*both)},
        ),
    )

    assert SecretKey(CANARY) == SecretKey(CANARY)
    assert SecretKey(CANARY) != SecretKey(CANARY[:-1] + "?")
    assert SecretKey(CANARY) != CANARY
    assert len(compared) == 2


def test_a_log_record_holds_no_clear_key(caplog):
    """T-LOG-09: as an argument of a log call."""
    logging.getLogger("test").warning("key %s %r", SecretKey(CANARY), SecretKey(CANARY))

    assert CANARY not in caplog.text


def test_only_reveal_gives_it():
    assert SecretKey(CANARY).reveal() == CANARY


def keys_of_a_file():
    keys = SecretKeys()
    keys.add(CANARY.encode())
    keys.append(None)
    return keys


@pytest.mark.parametrize("show", [repr, str, "{}".format, lambda keys: f"{keys} {keys.add}"])
def test_the_keys_of_a_file_are_masked(show):
    """T-LOG-09: all at once as each of them."""
    assert CANARY not in show(keys_of_a_file())


@pytest.mark.parametrize("use", [json.dumps, pickle.dumps, copy.copy, copy.deepcopy, hash, vars])
def test_what_would_copy_the_keys_of_a_file_fails(use):
    """T-LOG-09: json, pickle, copy, hash."""
    with pytest.raises(TypeError) as caught:
        use(keys_of_a_file())
    assert CANARY not in str(caught.value)


def test_a_key_of_a_file_is_a_secret_key_or_missing():
    keys = keys_of_a_file()

    assert list(keys) == [SecretKey(CANARY), None] and len(keys) == 2
    assert keys.reveal() == [CANARY.encode(), b""]
    keys.put(1, SecretKey("ABCDEFGH"))
    assert keys.reveal() == [CANARY.encode(), b"ABCDEFGH"]
