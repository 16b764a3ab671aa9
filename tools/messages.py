"""make messages: the texts of mails and pages for translators, and in the compiled form that Django reads.

English stands in the templates and in the scripts of pages; each folder of `saleor_esd_plugin/locale` (pt_BR) is another language, and its django.po
all there is of it. A new one begins as an empty django.po. Runs with the host's Python, which has Django and Babel.
"""

from __future__ import annotations

import re
import sys
from io import BytesIO
from pathlib import Path
from typing import Iterator

from babel.messages import Catalog, Message
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

from saleor_esd_plugin.ui.words import CONTEXT, all_phrases
from tools.console import ROOT

PACKAGE = ROOT / "saleor_esd_plugin"


class Texts(Catalog):
    """A catalogue whose header has neither dates nor versions: it changes only when a text does."""

    @property
    def mime_headers(self):
        return [
            ("Language", str(self.locale)),
            # Versions of Babel differ in the last sign.
            ("Plural-Forms", self.plural_forms.rstrip(";") + ";"),
            ("MIME-Version", "1.0"),
            ("Content-Type", "text/plain; charset=utf-8"),
            ("Content-Transfer-Encoding", "8bit"),
        ]

    @mime_headers.setter
    def mime_headers(self, headers):
        Catalog.mime_headers.fset(self, headers)


def catalogues() -> list[Path]:
    """The django.po of each language."""
    return sorted(PACKAGE.glob("locale/*/LC_MESSAGES/django.po"))


def in_source() -> Catalog:
    """All messages of the templates, of the code, and of the scripts."""
    found = Catalog()
    for code in _code():
        for _, message, comments, context in extract(
            "python", BytesIO(code.encode()), comment_tags=["Translators:"]
        ):
            found.add(message, auto_comments=comments, context=context)
    for phrase in all_phrases():
        found.add(phrase if len(phrase) > 1 else phrase[0], context=CONTEXT)
    return found


def _code() -> Iterator[str]:
    for path in sorted((PACKAGE / "templates").rglob("*.*")):
        # What is no message may begin a line anywhere, which Python would take for an indented block.
        yield re.sub(r"^[ \t]+", "", templatize(path.read_text(encoding="utf-8")), flags=re.M)
    for path in sorted(PACKAGE.rglob("*.py")):
        yield path.read_text(encoding="utf-8")


def read(path: Path) -> Texts:
    language = path.parent.parent.name
    texts = Texts(locale=language)
    with path.open("rb") as file:
        for message in read_po(file, locale=language):
            texts[message.id] = message
    return texts


def compiled(texts: Texts) -> bytes:
    """The bytes of django.mo. What is fuzzy or missing is left out."""
    file = BytesIO()
    write_mo(file, texts)
    return file.getvalue()


def update(path: Path, found: Catalog) -> Texts:
    """Bring a language up to date: messages that are new, or fuzzy where the English one has changed; none that has gone."""
    texts = read(path)
    texts.update(found)
    texts.fuzzy = False
    for message in texts:
        # Newer Babels take the braces of the scripts for Python's.
        message.flags.discard("python-brace-format")
    with path.open("wb") as file:
        # No lines of the source, no folding: a change shows as the message that has changed.
        write_po(file, texts, width=0, no_location=True, sort_output=True, ignore_obsolete=True)
    path.with_suffix(".mo").write_bytes(compiled(texts))
    return texts


def untranslated(texts: Catalog) -> list[Message]:
    """Messages without a text in this language, or with one that nobody has looked at since the English one changed."""

    def is_whole(message: Message) -> bool:
        strings = message.string if message.pluralizable else [message.string]
        return all(strings) and not message.fuzzy

    return [message for message in texts if message.id and not is_whole(message)]


def main() -> int:
    """1 if something is left to translate."""
    found, is_whole = in_source(), True
    for path in catalogues():
        texts = update(path, found)
        todo = untranslated(texts)
        is_whole = is_whole and not todo
        print(f"{path.relative_to(ROOT)}: {len(texts)} messages, {len(todo)} to translate")
    return 0 if is_whole else 1


if __name__ == "__main__":
    sys.exit(main())
