"""Reading what the mail server of a test received."""

from __future__ import annotations

import re

KEY = re.compile(r"\b(?:[BCDFGHJKMNPQRTVWXY2346789]{5}-){4}[BCDFGHJKMNPQRTVWXY2346789]{5}\b")


def text_of(message):
    """The plain text."""
    return message.get_body(("plain",)).get_content()


def keys_in(message):
    """The clear keys in the plain text, in the format 5X5_25."""
    return KEY.findall(text_of(message))


def take(smtp):
    """(recipient, message) of all that arrived since the last call; each went to one address."""
    found = [(message.envelope_to, message) for message in smtp.messages]
    smtp.messages.clear()
    assert all(len(recipients) == 1 for recipients, _ in found)
    return [(recipients[0], message) for recipients, message in found]


def recipients(received):
    """The addresses of what `take` gave, sorted."""
    return sorted(recipient for recipient, _ in received)
