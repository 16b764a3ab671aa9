"""Templates, and how a shop replaces them."""

from __future__ import annotations

import pickle
from copy import deepcopy
from pathlib import Path

import pytest

import saleor_esd_plugin
from saleor_esd_plugin.emails.models import DeliveryKind
from saleor_esd_plugin.emails.render import CannotRender, Letter, render
from saleor_esd_plugin.emails.sender import Sender

SHOP = Sender("Acme", "licenses@acme.example")
REVEALED = {
    "product": "Editor",
    "masked_key": "•••••",
    "order_number": "7",
    "licenses": [{"product": "Editor", "masked_key": "•••••", "order_number": "7"}],
    "reason": "because",
    "sent_to": "",
    "revealed_at": None,
}
TEMPLATES = Path(saleor_esd_plugin.__file__).parent / "templates" / "saleor_esd_plugin"


@pytest.fixture
def shop_templates(settings, tmp_path):
    """A folder that the shop puts in front, as in docs: TEMPLATES DIRS."""
    templates = deepcopy(settings.TEMPLATES)
    templates[0]["DIRS"] = [str(tmp_path), *templates[0]["DIRS"]]
    settings.TEMPLATES = templates

    def write(name, text):
        path = tmp_path / "saleor_esd_plugin" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    return write


@pytest.mark.parametrize("language", ["en", "es", "pt-br"])
def test_every_kind_has_its_templates(language):
    for kind in DeliveryKind.values:
        for ending in ("txt", "html"):
            assert (TEMPLATES / language / f"{kind.lower()}.{ending}").is_file()


def test_the_languages_have_the_same_files():
    names = {
        folder.name: {path.name for path in folder.iterdir()}
        for folder in TEMPLATES.iterdir()
        if (folder / "_footer.txt").is_file()
    }
    assert sorted(names) == ["en", "es", "pt-br"]
    assert names["en"] == names["es"] == names["pt-br"]


def test_an_unknown_language_gets_english_and_says_so():
    letter = render("KEY_REVEALED", "ja", REVEALED, SHOP)
    assert letter.subject == "Editor: the shop's staff have read one of your keys"
    assert '<html lang="en">' in letter.html


def test_a_shop_overrides_a_text_by_its_name(shop_templates):
    shop_templates("en/key_revealed.txt", "Subject: Look at {{ product }}\n\nA & B\n")
    letter = render("KEY_REVEALED", "en", REVEALED, SHOP)
    assert letter.subject == "Look at Editor"
    assert letter.text == (
        "A & B\n\n-- \nAcme\nAll e-mail about your licenses comes from licenses@acme.example\n"
    )


def test_a_shop_adds_a_language_by_a_folder(shop_templates):
    shop_templates("ja/key_revealed.txt", "Subject: お知らせ\n\n本文\n")
    assert "Look" not in render("KEY_REVEALED", "ja", REVEALED, SHOP).text
    assert render("KEY_REVEALED", "ja", REVEALED, SHOP).subject.startswith("Editor:")
    for name in ("key_revealed.html", "_footer.txt", "_footer.html"):
        shop_templates(f"ja/{name}", "本文")
    letter = render("KEY_REVEALED", "ja", REVEALED, SHOP)
    assert (letter.subject, letter.text) == ("お知らせ", "本文\n\n-- \n本文\n")
    assert '<html lang="ja">' in letter.html


def test_a_broken_template_tells_the_type_only(shop_templates):
    """T-LOG-02: no chained exception whose frames hold the letter."""
    shop_templates("en/key_revealed.txt", "Subject: x\n\n{% nonsense %}")
    with pytest.raises(CannotRender) as error:
        render("KEY_REVEALED", "en", REVEALED, SHOP)
    assert str(error.value) == "key_revealed: TemplateSyntaxError"
    assert (error.value.__cause__, error.value.__context__) == (None, None)


def test_a_letter_shows_itself_to_nobody():
    """Section 6: error trackers print what they find in a frame."""
    letter = Letter("subject", "CANARY", "CANARY")
    assert "CANARY" not in f"{letter!r}{letter}"
    with pytest.raises(TypeError):
        pickle.dumps(letter)


def test_headers_are_one_line():
    assert Sender("Ação 🚀", "a@x.example").header.isascii()
    assert Sender("Acme", "a@x.example").domain == "x.example"


def test_an_empty_line_in_a_name_cuts_no_subject():
    """Nor does any other text of several lines put words into the body, but for the instructions."""
    name = "Editor\n\nSubject: pay\r\n\u2028now"
    contents = {**REVEALED, "product": name, "reason": "one\n\ntwo"}
    contents["licenses"] = [{**REVEALED["licenses"][0], "product": name}]

    letter = render("KEY_REVEALED", "en", contents, SHOP)

    assert letter.subject == "Editor Subject: pay now: the shop's staff have read one of your keys"
    assert letter.text.startswith("Hello,\n\nA member of the shop's staff has read")
    assert "Product: Editor Subject: pay now\n" in letter.text
    assert "Reason: one two\n" in letter.text
    assert "Product: Editor Subject: pay now<br>" in letter.html
