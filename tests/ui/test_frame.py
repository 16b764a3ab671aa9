"""What the server gives a browser: the shell of the portal, the files that it loads, the words of a language."""

from __future__ import annotations

import gzip
import json
import re

import factories  # noqa: F401
import pytest

from saleor_esd_plugin.host import shop
from saleor_esd_plugin.ui import assets
from saleor_esd_plugin.ui.words import all_phrases, words

pytestmark = pytest.mark.django_db

ROOT = "/plugins/global/esd"
SCRIPTS = sorted(name for name in assets.all_assets() if name.endswith(".js"))
OURS = [name for name in SCRIPTS if not name.startswith("vendor/")]


@pytest.fixture
def settings_of_staff(monkeypatch):
    """Calls with what staff set; the portal is on."""
    from saleor_esd_plugin.host.types import PluginSettings

    def choose(**chosen):
        values = {"is_active": True, "has_portal": True, "sender_name": "Atlas", **chosen}
        monkeypatch.setattr(shop, "plugin_settings", lambda: PluginSettings(**values))

    choose()
    return choose


def settings_in(answer):
    html = answer.content.decode()
    (text,) = re.findall(r'data-settings="([^"]*)"', html)
    return json.loads(text.replace("&quot;", '"').replace("&amp;", "&").replace("&#x27;", "'"))


def test_the_portal_is_off_until_staff_switch_it_on(client):
    assert client.get(f"{ROOT}/portal").status_code == 404


@pytest.mark.parametrize("path", ["", "/", "/customers", "/purchases/T3JkZXI6MQ=="])
def test_every_address_below_the_portal_is_one_shell(client, settings_of_staff, path):
    answer = client.get(f"{ROOT}/portal{path}")

    assert (answer.status_code, answer["Cache-Control"]) == (200, "no-store")
    assert settings_in(answer)["root"] == f"{ROOT}/portal"
    for address in re.findall(r'(?:src|href)="([^"]*)"', answer.content.decode()):
        assert client.get(address).status_code == 200, address


@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_the_shell_is_only_read(client, settings_of_staff, method):
    assert getattr(client, method)(f"{ROOT}/portal").status_code == 405


def test_no_script_but_ours_no_markup_from_texts_no_frame(client, settings_of_staff):
    settings_of_staff(logo_address="https://cdn.example/logo.png?x=1")

    answer = client.get(f"{ROOT}/portal")

    assert answer["Content-Security-Policy"] == (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
        "img-src 'self' https://cdn.example; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; "
        "require-trusted-types-for 'script'; trusted-types 'none'"
    )
    assert answer["X-Frame-Options"] == "DENY"
    html = answer.content.decode()
    assert not re.search(r"<style|\sstyle=|\son\w+=|<script[^>]*>[^<]", html)


def test_only_a_dashboard_that_operators_name_may_frame_the_pages_of_staff(client, monkeypatch):
    alone = client.get(f"{ROOT}/staff")
    monkeypatch.setenv("ESD_DASHBOARD_ORIGINS", "https://dash.example, http://localhost:9000")
    framed = client.get(f"{ROOT}/staff/approvals")

    assert "frame-ancestors 'none';" in alone["Content-Security-Policy"]
    assert alone["X-Frame-Options"] == "DENY"
    assert (
        "frame-ancestors https://dash.example http://localhost:9000;"
        in framed["Content-Security-Policy"]
    )
    assert "X-Frame-Options" not in framed


def test_what_staff_set_reaches_the_scripts_as_data(client, settings_of_staff):
    settings_of_staff(
        sender_name='<b>"Atlas"</b>',
        accent_color="#123456",
        shop_address="https://shop.example/",
        password_address="https://shop.example/forgot",
        sign_up_address="https://shop.example/new",
    )

    answer = client.get(f"{ROOT}/portal")

    assert "<b>" not in answer.content.decode()
    known = settings_in(answer)
    assert known["accent"] == "#123456"
    assert (known["shopAddress"], known["passwordAddress"], known["signUpAddress"]) == (
        "https://shop.example/",
        "https://shop.example/forgot",
        "https://shop.example/new",
    )


@pytest.mark.parametrize(
    "address, policy", [("", "same-origin"), ("https://shop.example/", "unsafe-none")]
)
def test_only_a_known_storefront_may_stay_the_opener(client, settings_of_staff, address, policy):
    settings_of_staff(shop_address=address)

    assert client.get(f"{ROOT}/portal")["Cross-Origin-Opener-Policy"] == policy
    assert client.get(f"{ROOT}/staff")["Cross-Origin-Opener-Policy"] == "same-origin"


def test_signing_in_takes_a_password(client, settings_of_staff):
    for name in ("portal", "staff"):
        assert settings_in(client.get(f"{ROOT}/{name}"))["takesPasswords"] is True


@pytest.mark.only_on("3.21", reason="Saleor 2.10 knows no other way to sign in")
@pytest.mark.parametrize("mode", ["customers_only", "disabled"])
def test_a_shop_may_sign_in_without_passwords(client, settings_of_staff, mode):
    """Saleor 3.23's passwordLoginMode."""
    from saleor.site.models import SiteSettings

    if not hasattr(SiteSettings, "password_login_mode"):
        pytest.skip("before 3.23")
    SiteSettings.objects.update(password_login_mode=mode)

    portal, staff = (settings_in(client.get(f"{ROOT}/{name}")) for name in ("portal", "staff"))

    assert portal["takesPasswords"] is (mode == "customers_only")
    assert staff["takesPasswords"] is False


@pytest.mark.parametrize(
    "wanted, accepted, language",
    [
        ("", "es-UY,es;q=0.9", "es"),
        ("", "pt-PT", "pt-br"),
        ("", "ja", "en"),
        ("pt-br", "es", "pt-br"),
        ("zz", "es", "es"),
        ("x" * 500, "es", "es"),
    ],
)
def test_the_language_is_the_address_s_or_the_browser_s(
    client, settings_of_staff, wanted, accepted, language
):
    answer = client.get(f"{ROOT}/portal", {"lang": wanted}, HTTP_ACCEPT_LANGUAGE=accepted)

    assert settings_in(answer)["language"] == language
    assert settings_in(answer)["languages"] == ["en", "es", "pt-br"]


@pytest.mark.parametrize("name", sorted(assets.all_assets()))
def test_a_file_is_kept_for_ever_under_the_digest_of_all(client, name):
    address = f"{ROOT}/assets/{assets.digest()}/{name}"

    plain, packed = client.get(address), client.get(address, HTTP_ACCEPT_ENCODING="gzip, br")

    assert plain.status_code == 200
    assert plain["Cache-Control"] == "public, max-age=31536000, immutable"
    assert plain["X-Content-Type-Options"] == "nosniff"
    assert plain["Vary"] == "Accept-Encoding"
    assert packed["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.content) == plain.content == (assets.FOLDER / name).read_bytes()


@pytest.mark.parametrize(
    "path",
    [
        "0000000000000000/portal/main.js",
        "{0}/portal/nothing.js",
        "{0}/../words.py",
        "{0}/vendor/LICENSES.txt",
        "{0}",
        "",
    ],
)
def test_nothing_else_is_given_out(client, path):
    assert client.get(f"{ROOT}/assets/{path.format(assets.digest())}").status_code == 404


def loaded_later(name):
    """The scripts of single pages and dialogs, each with what it needs: of those that are loaded when they are opened."""
    sources = (script.read_text() for script in (assets.FOLDER / name).glob("*.js"))
    found = {file for source in sources for file in re.findall(r'import\("\./([^"]+)"\)', source)}
    return [assets.modules_of(f"{name}/{file}") for file in sorted(found)]


def test_a_browser_is_told_at_once_of_all_scripts_that_it_needs():
    needed = {name: assets.modules_of(f"{name}/main.js") for name in ("portal", "staff")}

    for name, modules in needed.items():
        assert modules[0] == f"{name}/main.js"
        assert len(modules) == len(set(modules))
    # No script lies about unused.
    later = [module for name in needed for modules in loaded_later(name) for module in modules]
    assert sorted({*needed["portal"], *needed["staff"], *later}) == SCRIPTS


@pytest.mark.parametrize("name, bound", [("portal", 40_000), ("staff", 60_000)])
def test_what_one_page_loads_has_a_bound(name, bound):
    """Bytes, compressed."""
    modules = assets.modules_of(f"{name}/main.js")
    files = assets.all_assets()

    for more in [[], *loaded_later(name)]:
        assert sum(len(files[module].compressed) for module in {*modules, *more}) <= bound, more
    assert (
        sum(len(file.compressed) for path, file in files.items() if path.endswith("css")) <= 15_000
    )


def test_only_a_plot_loads_what_draws_it():
    assert "vendor/uplot.js" not in assets.modules_of("staff/main.js")
    loaded = [modules[0] for modules in loaded_later("staff") if "vendor/uplot.js" in modules]
    assert loaded == ["staff/plot.js"]


@pytest.mark.parametrize("name", OURS)
def test_scripts_make_no_markup_from_texts_and_log_nothing(name):
    source = (assets.FOLDER / name).read_text()

    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(", source)
    assert not re.search(r"console\.|localStorage|document\.cookie", source)
    # What stays in the tab: see core/memory.js.
    assert ("sessionStorage" in source) is (name == "core/memory.js")


@pytest.mark.parametrize("name", OURS)
def test_each_word_is_one_that_translators_see(name):
    """A text that is put together, or comes from a variable, would stay English."""
    source = (assets.FOLDER / name).read_text()
    if name == "core/words.js":
        return
    calls = re.findall(r"(?<![\w.])tn?\((?!\s*\")", source)

    assert calls == []


@pytest.mark.parametrize("language", ["es", "pt-br"])
def test_every_word_is_translated(language):
    found = words(language)

    assert found["language"] == language
    for phrase in all_phrases():
        text = found["messages"][phrase[0]]
        for form in text if len(phrase) == 2 else [text]:
            placeholders = set(re.findall(r"{\w+}", "".join(phrase)))
            assert set(re.findall(r"{\w+}", form)) == placeholders, phrase


def test_plurals_by_number():
    spanish = words("es")
    forms = spanish["messages"]["{count} license"]

    assert [forms[spanish["plurals"][number]] for number in (0, 1, 2, 101)] == [
        "{count} licencias",
        "{count} licencia",
        "{count} licencias",
        "{count} licencias",
    ]


def test_the_words_have_an_address_each(client):
    address = f"{ROOT}/words/{assets.digest()}/"

    answer = client.get(address + "pt-br.json")

    assert answer.json()["messages"]["Purchases"] == "Licenças adquiridas"
    for other in ("fr.json", "es", "../es.json", ""):
        assert client.get(address + other).status_code == 404, other
    assert client.get(f"{ROOT}/words/0/es.json").status_code == 404
