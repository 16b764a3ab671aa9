"""Templates become one letter: subject, text and HTML, in the recipient's language.

A template is found by its name, so a shop overrides one by a file of the same name in its own TEMPLATES
DIRS. English stands in the templates, other languages in the catalogues of `locale/`. Every variable a
template may use is always set: under DEBUG the host prints a marker where one is missing.
"""

from __future__ import annotations

import re
from typing import Any, Dict

from django.template import Context, Template
from django.utils import translation

from ..text import as_line
from .languages import fallbacks, is_translated
from .sender import Sender
from .templates import FOLDER, ROOT, engine_for, has_folder

_LONGEST_SUBJECT = 200


class Letter:
    """What is sent. Holds clear keys, so it shows itself to nobody by accident."""

    __slots__ = ("html", "subject", "text")

    def __init__(self, subject: str, text: str, html: str):
        self.subject = subject
        self.text = text
        self.html = html

    def __repr__(self) -> str:
        return "<Letter>"

    def __reduce__(self) -> str:
        raise TypeError("A letter is not pickled.")


class CannotRender(Exception):
    """A template is missing or wrong; the message names the type of the error, never a value."""


def render(kind: str, language: str, contents: Dict[str, Any], sender: Sender) -> Letter:
    """The letter of this kind ("ORDER_CONFIRMED"); its text template begins with `Subject: …` and an empty line."""
    problem = ""
    try:
        return _render(kind.lower(), language, contents, sender)
    except Exception as error:
        problem = type(error).__name__
    # Raised here and not above: the error's own frames hold the letter, and error trackers send frames.
    raise CannotRender(f"{kind.lower()}: {problem}")


def _render(kind: str, language: str, contents: Dict[str, Any], sender: Sender) -> Letter:
    spoken = _spoken(kind, language)
    engine = engine_for(spoken)
    values = {
        **{name: _lines_of(name, value) for name, value in contents.items()},
        "language": spoken,
        "sender_name": sender.name or sender.address,
        "sender_address": sender.address,
        "accent_color": sender.accent_color,
        "has_logo": sender.logo is not None,
        "body_template": f"{FOLDER}/{kind}.html",
        "footer_template": f"{FOLDER}/_footer.html",
    }
    with translation.override(spoken):
        whole = _text(engine.get_template(f"{FOLDER}/{kind}.txt"), values).replace("\r\n", "\n")
        head, _, body = whole.lstrip().partition("\n\n")
        subject = as_line(head.partition(":")[2])[:_LONGEST_SUBJECT]
        footer = _text(engine.get_template(f"{FOLDER}/_footer.txt"), values)
        layout = engine.get_template(f"{ROOT}/layout.html")
        html = layout.render(Context({**values, "subject": subject}))
    text = re.sub(r"\n{3,}", "\n\n", body).strip()
    return Letter(subject, f"{text}\n\n-- \n{footer.strip()}\n", html)


def _spoken(kind: str, language: str) -> str:
    """The best language that this mail can be written in: of a catalogue, or of a folder of the shop's."""
    return next(one for one in fallbacks(language) if is_translated(one) or has_folder(kind, one))


def _lines_of(name: str, value: Any) -> Any:
    """`value` with each text in it on one line, or it would cut a subject in two; instructions may have several."""
    if isinstance(value, str):
        return value if name == "instructions" else as_line(value)
    if isinstance(value, dict):
        return {inner: _lines_of(inner, one) for inner, one in value.items()}
    if isinstance(value, list):
        return [_lines_of(name, one) for one in value]
    return value


def _text(template: Template, values: Dict[str, Any]) -> str:
    # Plain text: "&" stays "&".
    return template.render(Context(values, autoescape=False))
