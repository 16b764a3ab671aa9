"""Templates become one letter: subject, text and HTML, in the recipient's language.

A template is found by its name, so a shop overrides one by a file of the same name in its own TEMPLATES
DIRS, and adds a language by a folder. Every variable a template may use is always set: under DEBUG the
host prints a marker where one is missing.
"""

from __future__ import annotations

import re
from typing import Any, Dict, Tuple

from django.template import Context, TemplateDoesNotExist
from django.template.loader import get_template
from django.utils import translation

from ..text import as_line
from .languages import fallbacks
from .sender import Sender

_FOLDER = "saleor_esd_plugin"
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
    folder, spoken = _folder(kind, language)
    values = {
        **{name: _lines_of(name, value) for name, value in contents.items()},
        "language": spoken,
        "sender_name": sender.name or sender.address,
        "sender_address": sender.address,
        "body_template": f"{folder}/{kind}.html",
        "footer_template": f"{folder}/_footer.html",
    }
    with translation.override(spoken):
        whole = _text(f"{folder}/{kind}.txt", values).replace("\r\n", "\n")
        head, _, body = whole.lstrip().partition("\n\n")
        subject = as_line(head.partition(":")[2])[:_LONGEST_SUBJECT]
        footer = _text(f"{folder}/_footer.txt", values)
        html = get_template(f"{_FOLDER}/layout.html").render({**values, "subject": subject})
    text = re.sub(r"\n{3,}", "\n\n", body).strip()
    return Letter(subject, f"{text}\n\n-- \n{footer.strip()}\n", html)


def _lines_of(name: str, value: Any) -> Any:
    """`value` with each text in it on one line, or it would cut a subject in two; instructions may have several."""
    if isinstance(value, str):
        return value if name == "instructions" else as_line(value)
    if isinstance(value, dict):
        return {inner: _lines_of(inner, one) for inner, one in value.items()}
    if isinstance(value, list):
        return [_lines_of(name, one) for one in value]
    return value


def _folder(kind: str, language: str) -> Tuple[str, str]:
    """The folder of the best language that has both templates of the kind, and that language."""
    for spoken in fallbacks(language):
        folder = f"{_FOLDER}/{spoken}"
        try:
            for name in (f"{kind}.txt", f"{kind}.html", "_footer.txt", "_footer.html"):
                get_template(f"{folder}/{name}")
        except TemplateDoesNotExist:
            continue
        return folder, spoken
    raise TemplateDoesNotExist(kind)


def _text(name: str, values: Dict[str, Any]) -> str:
    # Plain text: "&" stays "&". The loader's own render() would escape for HTML.
    return get_template(name).template.render(Context(values, autoescape=False))
