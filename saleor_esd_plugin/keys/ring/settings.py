"""Reading the key ring's settings: what they say, or everything that is wrong with them."""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass, field
from typing import Callable, Dict, List, NamedTuple, Tuple

from django.conf import settings as django_settings

from ...conf import settings

KEY_BYTES = 32
HIGHEST_KID = 32767
_ENTRY = re.compile(r"([1-9][0-9]{0,4}):([A-Za-z0-9+/]+={0,2})")


class Problem(NamedTuple):
    """`id` is that of the system check, `text` a sentence for operators without any value."""

    id: str
    text: str


@dataclass
class RingSettings:
    """The settings as read; complete if `problems` is empty. Never printed: it holds the keys."""

    enc: Dict[int, bytes] = field(default_factory=dict, repr=False)
    enc_active: int = 0
    index: Dict[int, bytes] = field(default_factory=dict, repr=False)
    index_active: int = 0
    problems: List[Problem] = field(default_factory=list)


_remembered: Tuple[Tuple[str, ...], RingSettings] = ((), RingSettings())


def read_settings() -> RingSettings:
    """What the environment says at this moment; parsed again only when it changed."""
    global _remembered
    texts = (
        _text("ESD_ENC_KEYS", lambda: settings.enc_keys),
        settings.enc_active,
        _text("ESD_INDEX_KEYS", lambda: settings.index_keys),
        settings.index_active,
        str(django_settings.SECRET_KEY),
    )
    if _remembered[0] != texts:
        _remembered = (texts, _parse(*texts))
    return _remembered[1]


_UNREADABLE = "\0"


def _text(name: str, read: Callable[[], str]) -> str:
    """The setting, or a mark that its file cannot be read, which no value can be."""
    try:
        return read()
    except (OSError, UnicodeDecodeError):
        return _UNREADABLE


def _parse(
    enc_keys: str, enc_active: str, index_keys: str, index_active: str, secret_key: str
) -> RingSettings:
    read = RingSettings()
    read.enc, read.enc_active = _ring("ESD_ENC", enc_keys, enc_active, read.problems)
    read.index, read.index_active = _ring("ESD_INDEX", index_keys, index_active, read.problems)
    keys = [*read.enc.values(), *read.index.values()]
    if len(set(keys)) < len(keys):
        read.problems.append(
            Problem("esd.E005", "All keys of ESD_ENC_KEYS and ESD_INDEX_KEYS have to be different.")
        )
    host_secret = secret_key.encode()
    if any(host_secret in (key, base64.b64encode(key)) for key in keys):
        read.problems.append(
            Problem("esd.E006", "ESD_ENC_KEYS and ESD_INDEX_KEYS must not hold the SECRET_KEY.")
        )
    return read


def _ring(
    name: str, text: str, active: str, problems: List[Problem]
) -> Tuple[Dict[int, bytes], int]:
    """The keys by number and the active number; what is wrong is added to `problems`."""
    keys: Dict[int, bytes] = {}
    if not text:
        problems.append(
            Problem("esd.E000", f"Set {name}_KEYS; `manage.py esd_generate_key` makes a key ring.")
        )
        return keys, 0
    if text == _UNREADABLE:
        problems.append(Problem("esd.E001", f"The file of {name}_KEYS_FILE cannot be read."))
        return keys, 0
    wrong = set()
    for entry in text.split(","):
        match = _ENTRY.fullmatch(entry.strip())
        key = _decoded(match.group(2)) if match else b""
        kid = int(match.group(1)) if match else 0
        if not key or kid > HIGHEST_KID:
            wrong.add("esd.E001")
        elif len(key) != KEY_BYTES:
            wrong.add("esd.E002")
        elif kid in keys:
            wrong.add("esd.E003")
        else:
            keys[kid] = key
    if not wrong and not (active.isdecimal() and int(active) in keys):
        wrong.add("esd.E004")
    problems.extend(Problem(id, _SENTENCES[id].format(name)) for id in sorted(wrong))
    return keys, 0 if wrong else int(active)


_SENTENCES = {
    "esd.E001": "{0}_KEYS has to read NUMBER:BASE64,NUMBER:BASE64 with numbers from 1 to 32767.",
    "esd.E002": "Every key of {0}_KEYS has to be 32 bytes long.",
    "esd.E003": "A number stands twice in {0}_KEYS.",
    "esd.E004": "{0}_ACTIVE has to be one of the numbers in {0}_KEYS.",
}


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        return b""
