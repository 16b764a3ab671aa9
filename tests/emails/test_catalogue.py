"""The texts of mails and pages in each language: whole, up to date, compiled, and part of the package."""

from __future__ import annotations

import re
from configparser import ConfigParser
from glob import glob

import pytest

from tools import messages
from tools.console import ROOT

# One worker reads the sources, which takes seconds.
pytestmark = pytest.mark.xdist_group("catalogue")

PLACEHOLDER = re.compile(r"%\((\w+)\)s|%%")
LANGUAGES = ["es", "pt_BR"]


def catalogue(language):
    return messages.PACKAGE / "locale" / language / "LC_MESSAGES" / "django.po"


def key(message):
    return message.context, message.id


def texts_of(catalog):
    return [message for message in catalog if message.id]


def strings_of(message):
    return (message.string,) if isinstance(message.string, str) else message.string


@pytest.fixture(scope="module")
def in_source():
    """What all files of the package say now; reading them takes seconds, and no test changes it."""
    return messages.in_source()


def test_each_language_has_a_catalogue():
    assert messages.catalogues() == [catalogue(language) for language in LANGUAGES]


def test_each_message_is_marked_as_ours(in_source):
    """Saleor's and Django's catalogues are merged with it, and know "Total" and "Quantity" as well."""
    found = texts_of(in_source)
    assert len(found) > 140
    assert {message.context for message in found} == {"esd mail", "esd page", "esd ui"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_message_is_missing_or_stale_or_fuzzy(language, in_source):
    """`make messages` was run, and a person has translated what it found."""
    wanted = {key(message) for message in texts_of(in_source)}
    texts = messages.read(catalogue(language))

    assert {key(message) for message in texts_of(texts)} == wanted
    assert messages.untranslated(texts) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_translation_has_the_placeholders_of_the_english_text(language):
    for message in texts_of(messages.read(catalogue(language))):
        ids = (message.id,) if isinstance(message.id, str) else message.id
        allowed = [sorted(PLACEHOLDER.findall(text)) for text in ids]
        for text in strings_of(message):
            assert sorted(PLACEHOLDER.findall(text)) in allowed, text
            assert "%" not in PLACEHOLDER.sub("", text), text


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_compiled_texts_are_those_of_the_catalogue(language):
    path = catalogue(language)
    assert path.with_suffix(".mo").read_bytes() == messages.compiled(messages.read(path))


@pytest.mark.parametrize("language", LANGUAGES)
def test_extracting_again_changes_no_byte(language, in_source, tmp_path):
    """On both hosts, whose versions of Babel differ."""
    path = tmp_path / language / "LC_MESSAGES" / "django.po"
    path.parent.mkdir(parents=True)
    path.write_bytes(catalogue(language).read_bytes())

    messages.update(path, in_source)

    assert path.read_bytes() == catalogue(language).read_bytes()
    assert (
        path.with_suffix(".mo").read_bytes() == catalogue(language).with_suffix(".mo").read_bytes()
    )


def test_a_changed_sentence_waits_for_a_person(tmp_path):
    """A language begins as an empty file; where the English text has changed, the old translation is not shown."""
    path = tmp_path / "fr" / "LC_MESSAGES" / "django.po"
    path.parent.mkdir(parents=True)
    path.touch()
    (message,) = texts_of(messages.update(path, says("You have a license")))
    assert not message.string
    path.write_text(path.read_text().replace('license"\nmsgstr ""', 'license"\nmsgstr "Licence"'))

    (message,) = texts_of(messages.update(path, says("You have a licence")))

    assert (message.id, message.string, message.fuzzy) == ("You have a licence", "Licence", True)
    assert b"Licence" not in path.with_suffix(".mo").read_bytes()
    assert texts_of(messages.update(path, says("Entirely other words"))) != []
    assert "Licence" not in path.read_text()


def says(text):
    found = messages.Catalog()
    found.add(text, context="esd mail")
    return found


def test_the_package_holds_catalogues_and_templates():
    """With the patterns of setup.cfg, as setuptools reads them."""
    config = ConfigParser()
    config.read(str(ROOT / "setup.cfg"))
    patterns = config["options.package_data"]["saleor_esd_plugin"].split()
    packed = {
        found for one in patterns for found in glob(str(messages.PACKAGE / one), recursive=True)
    }
    files = [path for path in messages.PACKAGE.rglob("*.*") if path.suffix not in (".py", ".pyc")]
    assert {path.suffix for path in files} == {
        ".po",
        ".mo",
        ".html",
        ".txt",
        ".js",
        ".css",
        ".png",
        ".svg",
    }
    assert [path for path in files if str(path) not in packed] == []


@pytest.mark.parametrize("language, foreign", [("es", "[ãõçêâô]"), ("pt_BR", "[ñ¿¡]|ción|ciones")])
def test_no_text_is_in_the_other_language(language, foreign):
    """The two are near enough that a text pasted into the wrong catalogue is overlooked."""
    other = {"es": "pt_BR", "pt_BR": "es"}[language]
    there = {key(message): message.string for message in texts_of(messages.read(catalogue(other)))}
    for message in texts_of(messages.read(catalogue(language))):
        for text in strings_of(message):
            assert not re.search(foreign, text), text
            words = re.findall(r"\w+", re.sub(r"\{\w+\}|%\(\w+\)s", "", text))
            assert len(words) < 4 or there[key(message)] != message.string, text
