"""Templates, and how a shop replaces them."""

from __future__ import annotations

import pickle
from copy import deepcopy
from pathlib import Path

import pytest
from django.test import RequestFactory
from django.utils import translation

import saleor_esd_plugin
from saleor_esd_plugin import pages
from saleor_esd_plugin.emails.models import DeliveryKind
from saleor_esd_plugin.emails.render import CannotRender, Letter, render
from saleor_esd_plugin.emails.sender import Sender
from saleor_esd_plugin.emails.templates import FOLDER, engine_for
from tools import messages

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
OPEN = {
    "order": {"number": "7", "buyer_email": "b@x.example"},
    "lines": [
        {
            "product": "Editor",
            "available": 1,
            "of": 2,
            "waiting": [{"reason": "PAYMENT", "quantity": 1}],
        }
    ],
    "open_refund": "€5.00",
    "captured": "€60.00",
}
TEMPLATES = Path(saleor_esd_plugin.__file__).parent / "templates" / "saleor_esd_plugin" / "mails"


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


def test_every_kind_has_its_templates():
    for kind in DeliveryKind.values:
        for ending in ("txt", "html"):
            assert (TEMPLATES / f"{kind.lower()}.{ending}").is_file()


@pytest.mark.parametrize(
    "language, spoken, subject",
    [
        ("es", "es", "Editor: el personal de la tienda ha leído una de sus claves"),
        ("es-mx", "es", "Editor: el personal de la tienda ha leído una de sus claves"),
        ("pt-br", "pt-br", "Editor: a equipe da loja leu uma de suas chaves"),
        ("pt-ao", "pt-br", "Editor: a equipe da loja leu uma de suas chaves"),
    ],
)
def test_a_letter_comes_in_the_readers_language(settings, language, spoken, subject):
    """Whichever languages the shop sells in."""
    settings.LANGUAGES = [("en", "English")]
    letter = render("KEY_REVEALED", language, REVEALED, SHOP)
    assert letter.subject == subject
    assert f'<html lang="{spoken}">' in letter.html


def test_an_english_letter_of_a_shop_in_another_language_is_english(settings):
    """Where a catalogue lacks a text, Django takes that of LANGUAGE_CODE."""
    settings.LANGUAGE_CODE = "es"
    for language in ("en", "en-gb", "ja"):
        letter = render("KEY_REVEALED", language, REVEALED, SHOP)
        assert letter.subject == "Editor: the shop's staff have read one of your keys"
        assert "Hola" not in letter.text + letter.html


def test_without_translations_all_letters_are_english(settings, monkeypatch):
    settings.USE_I18N = False
    # It keeps what it has looked up by that setting.
    monkeypatch.setattr(translation, "_trans", type(translation._trans)())
    letter = render("KEY_REVEALED", "es", REVEALED, SHOP)
    assert '<html lang="en">' in letter.html and "Hello," in letter.text


def test_an_unknown_language_gets_english_and_says_so():
    letter = render("KEY_REVEALED", "ja", REVEALED, SHOP)
    assert letter.subject == "Editor: the shop's staff have read one of your keys"
    assert '<html lang="en">' in letter.html


@pytest.mark.parametrize("folder", ["mails", "en"])
def test_a_shop_overrides_a_text_by_its_name(shop_templates, folder):
    shop_templates(f"{folder}/key_revealed.txt", "Subject: Look at {{ product }}\n\nA & B\n")
    letter = render("KEY_REVEALED", "en", REVEALED, SHOP)
    assert letter.subject == "Look at Editor"
    assert letter.text == (
        "A & B\n\n-- \nAcme\nAll e-mail about your licenses comes from licenses@acme.example\n"
    )
    assert "<p>A member of the shop's staff has read a license key" in letter.html


def test_a_shops_text_for_one_language_wins_over_its_text_for_all(shop_templates):
    shop_templates("mails/key_revealed.txt", "Subject: For all\n\nFor all")
    shop_templates("mails/_footer.txt", "Shop")
    shop_templates("es/key_revealed.txt", "Subject: Para España\n\nTexto")
    shop_templates("es/_footer.html", "<p>Tienda</p>")

    spanish, english = (render("KEY_REVEALED", one, REVEALED, SHOP) for one in ("es", "en"))

    assert (spanish.subject, spanish.text) == ("Para España", "Texto\n\n-- \nShop\n")
    assert "<p>Tienda</p>" in spanish.html and "<p>Hola,</p>" in spanish.html
    assert (english.subject, english.text) == ("For all", "For all\n\n-- \nShop\n")
    assert "Tienda" not in english.html


def test_a_shops_part_is_in_every_mail_that_includes_it(shop_templates):
    """For one language in the folder of that language, as before, or for all of them."""
    shop_templates("es/_amounts.txt", "Importes: {{ captured }}")
    shop_templates("mails/_order.html", "<p>No. {{ order.number }}</p>")
    spanish, english = (render("ORDER_REFUND_OPEN", one, OPEN, SHOP) for one in ("es", "en"))
    assert "Importes: €60.00" in spanish.text and "Paid: €60.00" in english.text
    assert "<p>No. 7</p>" in spanish.html and "<p>No. 7</p>" in english.html


def test_a_shops_copy_of_an_earlier_template_still_finds_its_parts(shop_templates):
    """It names the folder of the language, in which there are no files of ours any more."""
    shop_templates(
        "pt-br/order_refund_open.txt",
        'Subject: Um\n\n{% include "saleor_esd_plugin/pt-br/_order.txt" %}',
    )
    shop_templates(
        "pt-br/order_refund_open.html", '{% include "saleor_esd_plugin/pt-br/_order.html" %}'
    )
    letter = render("ORDER_REFUND_OPEN", "pt-br", OPEN, SHOP)
    assert letter.text.startswith("Pedido 7\n\n- Editor: 1 de 2 disponíveis\n")
    assert "<strong>Pedido 7</strong>" in letter.html
    assert "aguardando pagamento: 1" in letter.text and "aguardando pagamento: 1" in letter.html


def test_a_shop_adds_a_language_by_a_catalogue(settings, tmp_path):
    """One file in its LOCALE_PATHS; the entry that holds the code of the language says that there are texts."""

    def speak(folder, **texts):
        path = tmp_path / folder / "fr" / "LC_MESSAGES" / "django.mo"
        path.parent.mkdir(parents=True)
        catalog = messages.Texts(locale="fr")
        for english, french in texts.items():
            catalog.add(english, french, context="esd mail")
        path.write_bytes(messages.compiled(catalog))
        settings.LOCALE_PATHS = [str(tmp_path / folder)]
        return render("KEY_REVEALED", "fr-ca", REVEALED, SHOP)

    assert speak("other", **{"Hello,": "Bonjour,"}).text.startswith("Hello,\n")
    letter = speak("ours", **{"Hello,": "Bonjour,", "en": "fr"})

    assert letter.text.startswith("Bonjour,\n")
    assert '<html lang="fr">' in letter.html


def test_no_language_is_loaded_that_has_no_file():
    """Django keeps each one that was asked for, and browsers can ask for any."""
    known = set(translation.trans_real._translations)
    for language in ("es-zzzz", "xx-yy", "../../es"):
        render("KEY_REVEALED", language, REVEALED, SHOP)
    assert set(translation.trans_real._translations) - known <= {"es", "en"}


@pytest.mark.parametrize("place, languages", [("es/", ["es"]), ("", ["es", "en"])])
def test_a_shop_overrides_a_page_for_one_language_or_for_all(db, shop_templates, place, languages):
    shop_templates(f"pages/{place}gone.html", "<p>{{ language }}: ask us</p>")
    for wish in ("es", "en"):
        answer = pages.respond(RequestFactory().get("/", HTTP_ACCEPT_LANGUAGE=wish), "/claim/")
        html = answer.content.decode()
        assert (html == f"<p>{wish}: ask us</p>") is (wish in languages)


def test_a_shop_adds_a_language_by_a_folder(shop_templates):
    shop_templates("ja/key_revealed.txt", "Subject: お知らせ\n\n本文\n")
    assert "Look" not in render("KEY_REVEALED", "ja", REVEALED, SHOP).text
    assert render("KEY_REVEALED", "ja", REVEALED, SHOP).subject.startswith("Editor:")
    for name in ("key_revealed.html", "_footer.txt", "_footer.html"):
        shop_templates(f"ja/{name}", "本文")
    letter = render("KEY_REVEALED", "ja", REVEALED, SHOP)
    assert (letter.subject, letter.text) == ("お知らせ", "本文\n\n-- \n本文\n")
    assert '<html lang="ja">' in letter.html


@pytest.mark.parametrize("is_debug", [True, False])
def test_a_template_is_parsed_once_unless_somebody_works_on_it(settings, is_debug):
    """Saleor's own loaders parse it for each mail, which takes longer than the rest of it."""
    templates = deepcopy(settings.TEMPLATES)
    templates[0]["OPTIONS"]["debug"] = is_debug
    settings.TEMPLATES = templates
    engine = engine_for("es")
    first, second = (engine.get_template(f"{FOLDER}/receipt.txt") for _ in range(2))
    assert (first is second, engine_for("es") is engine) == (not is_debug, True)


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
