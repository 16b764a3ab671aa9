"""The buyers' portal, from signing in to the receipt (Incotel's steps 10 to 20)."""

from __future__ import annotations

import csv
import io
import re
import time

from conftest import fill_in, mails_to, row_of
from playwright.sync_api import expect

from demo import cast


def test_a_reseller_assigns_what_was_approved_and_sends_the_receipt_in_spanish(scene, sign_in):
    """I09, I11, I12, I13, K16, K17: "0 de 6" becomes "6 de 6"; customer, assignment and mails."""
    order = scene.order(6, cast.ATLAS)
    page = sign_in(cast.RESELLER, "portal", language="es-UY")

    expect(row_of(page, order)).to_contain_text("0 de 6")
    expect(row_of(page, order)).to_contain_text("Pendiente")
    row_of(page, order).get_by_role("link", name="Gestionar").click()
    expect(page.get_by_text("La tienda está revisando su pedido.")).to_be_visible()
    expect(page.get_by_role("button", name="Ver")).to_have_count(0)
    scene.approve(order)
    page.reload()
    if not scene.has_refresh_tokens:
        fill_in(page, cast.RESELLER.email, cast.PASSWORD)

    expect(page.get_by_text("6 de 6 disponibles")).to_be_visible()
    page.get_by_role("button", name="+ Nuevo cliente…").click()
    page.get_by_label("Código").fill("01")
    page.get_by_label("Nombre (razón social)").fill("Acme SA")
    page.get_by_role("dialog").get_by_label("Mail").fill("it@acme.example")
    page.get_by_role("button", name="Guardar").click()
    expect(page.get_by_label("Cliente", exact=True)).to_have_value("01 · Acme SA – it@acme.example")
    page.get_by_label("Cantidad a asignar").fill("2")
    page.get_by_role("button", name="Asignar").click()

    expect(page.get_by_role("status").last).to_have_text(
        "2 licencias asignadas a Acme SA; se envía un correo a it@acme.example."
    )
    expect(page.locator("tbody .state.info")).to_have_count(2)
    expect(page.get_by_text("4 por asignar")).to_be_visible()
    assert len(mails_to("it@acme.example", 1)) == 1

    page.get_by_role("button", name="Quitar rita@reseller.example").click()
    page.get_by_label("Enviar a").fill(
        "ana@reseller.example, contabilidad@reseller.example; it@acme.example"
    )
    page.get_by_role("button", name="Enviar recibo").click()
    expect(page.get_by_role("status").last).to_have_text("El recibo se envía a 3 direcciones.")
    assert len(mails_to("contabilidad@reseller.example", 1)) == 1


def test_a_key_is_seen_for_a_while_and_stands_nowhere_else(scene, sign_in):
    order = scene.order(1)
    page = sign_in(cast.RESELLER, "portal")
    page.clock.install()
    row_of(page, order).get_by_role("link", name="Manage").click()

    page.get_by_role("button", name=re.compile("^Show")).click()
    expect(page.locator("tbody code")).not_to_contain_text("•")
    key = page.locator("tbody code").inner_text()
    assert re.fullmatch(r"[A-Z0-9]{5}(-[A-Z0-9]{5}){4}", key)
    stored = page.evaluate(
        "JSON.stringify([{...sessionStorage}, {...localStorage}, history.state, location.href])"
    )
    page.clock.fast_forward(31_000)

    expect(page.locator("tbody code")).to_have_text(f"•••••-{key[-5:]}")
    assert key not in stored
    assert key not in page.content()


def test_all_keys_of_an_order_are_saved_as_a_file_three_times_an_hour(scene, sign_in):
    """P06: exactly the keys, as text and as a table; in no address and no storage."""
    order = scene.order(3)
    page = sign_in(cast.RESELLER, "portal")
    requests = []
    page.on("request", lambda request: requests.append(request.url))
    row_of(page, order).get_by_role("link", name="Manage").click()
    page.get_by_role("button", name=re.compile("^Show")).first.click()
    expect(page.locator("tbody code").first).not_to_contain_text("•")
    shown = page.locator("tbody code").all_inner_texts()
    files = []
    for format in ("TXT", "CSV", "TXT"):
        page.get_by_role("button", name="Download keys").click()
        dialog = page.get_by_role("dialog")
        expect(dialog.get_by_text("The file has 3 keys.")).to_be_visible()
        dialog.get_by_label("Format").select_option(format)
        with page.expect_download() as waiting:
            dialog.get_by_role("button", name="Download", exact=True).click()
        expect(page.get_by_role("status").last).to_have_text(
            "The file was saved. Its keys count as read."
        )
        expect(dialog).to_have_count(0)
        files.append((waiting.value.suggested_filename, waiting.value.path().read_bytes()))

    (_, text), (table_name, table), (text_name, again) = files
    assert (table_name, text_name) == (f"keys-{order['number']}.csv", f"keys-{order['number']}.txt")
    keys = text.decode().splitlines()
    assert text == again == "".join(f"{key}\n" for key in keys).encode()
    assert sorted(key[-5:] for key in keys) == sorted(text[-5:] for text in shown)
    assert shown[0] in keys
    assert all(re.fullmatch(r"[A-Z0-9]{5}(-[A-Z0-9]{5}){4}", key) for key in keys)
    rows = list(csv.DictReader(io.StringIO(table.decode("utf-8-sig"))))
    assert [row["key"] for row in rows] == keys
    assert {(row["product_name"], row["sku"]) for row in rows} == {("Comet Mail", cast.COMET.sku)}
    stored = page.evaluate(
        "JSON.stringify([{...sessionStorage}, {...localStorage}, history.state, location.href])"
    )
    assert not [key for key in keys if key in stored + "".join(requests)]
    assert not [url for url in requests if "token=" in url]

    page.get_by_role("button", name="Download keys").click()
    page.get_by_role("button", name="Download", exact=True).click()
    expect(page.get_by_role("alert")).to_have_text(
        re.compile("Too often. Try again in 60 minutes.")
    )


def test_a_corrected_address_gets_the_mail_again_and_a_license_is_taken_back(scene, sign_in):
    """I13."""
    order = scene.order(1, cast.BEACON)
    code, mail = order["number"], f"right{order['number']}@end.example"
    page = sign_in(cast.RESELLER, "portal")
    row_of(page, order).get_by_role("link", name="Manage").click()
    page.get_by_role("button", name="+ New customer…").click()
    page.get_by_label("Code").fill(f"C{code}")
    page.get_by_label("Name").fill("Beta")
    page.get_by_role("dialog").get_by_label("E-mail", exact=True).fill("typo@end.example")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("button", name="Assign").click()

    page.get_by_role("button", name=re.compile("^Send again")).click()
    page.get_by_role("dialog").get_by_label("E-mail", exact=True).fill(mail)
    page.get_by_role("dialog").get_by_role("button", name="Send", exact=True).click()

    expect(page.get_by_role("status").last).to_have_text(f"An e-mail goes to {mail}.")
    assert len(mails_to(mail, 1)) == 1

    page.get_by_role("button", name=re.compile("^Take back")).click()
    page.get_by_role("dialog").get_by_label("Reason").fill("Another one was meant")
    page.get_by_role("dialog").get_by_role("button", name="Take back").click()
    expect(page.get_by_role("status").last).to_have_text("Taken back from Beta.")
    expect(page.get_by_text("1 to assign")).to_be_visible()


def test_what_a_field_refuses_is_told_beside_it_and_nothing_is_lost(sign_in):
    page = sign_in(cast.RESELLER, "portal/customers")
    name = f"Gamma {time.time()}"
    for code in (name, name):
        page.get_by_role("button", name="New customer").click()
        page.get_by_label("Code").fill(code)
        page.get_by_label("Name").fill(name)
        page.get_by_role("dialog").get_by_label("E-mail", exact=True).fill("x@end.example")
        page.get_by_role("button", name="Save").click()
        if page.get_by_role("dialog").get_by_text("This code is taken.").is_visible():
            break
        page.wait_for_timeout(1000)

    expect(page.get_by_label("Code")).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_label("Code")).to_have_value(name)
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="New customer")).to_be_focused()


def test_without_a_connection_the_page_says_so_and_goes_on_later(scene, sign_in):
    order = scene.order(1)
    page = sign_in(cast.RESELLER, "portal")
    page.context.set_offline(True)
    page.get_by_role("button", name="Done", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("The shop cannot be reached.")

    page.context.set_offline(False)
    page.get_by_role("button", name="Try again").click()

    expect(row_of(page, order)).to_be_visible()
    page.complaints.clear()


def test_the_receipt_is_shown_to_print_and_sent_in_portuguese(scene, sign_in):
    """K15, K16: Kivuto's receipt: the whole order, to two addresses."""
    order = scene.order(2, cast.COMET)
    page = sign_in(cast.RESELLER, "portal", language="pt-BR")
    row_of(page, order).get_by_role("link", name="Gerenciar").click()
    page.get_by_label("Enviar para").fill("rita@reseller.example; conta@reseller.example")
    page.get_by_role("button", name="Enviar recibo").click()
    expect(page.get_by_role("status").last).to_have_text("O recibo será enviado para 2 endereços.")
    page.get_by_role("link", name="Ver e imprimir").click()

    sheet = page.get_by_role("article")
    expect(sheet.get_by_role("heading")).to_have_text(f"Recibo do pedido {order['number']}")
    expect(sheet.locator("tbody tr").first).to_contain_text("Comet Mail")
    expect(sheet.locator("tr.total")).to_contain_text("US$ 30,00")
    page.evaluate("globalThis.print = () => document.body.setAttribute('data-printed', '')")
    sheet.get_by_role("button", name="Imprimir").click()
    expect(page.locator("body[data-printed]")).to_have_count(1)
    page.emulate_media(media="print")
    expect(page.get_by_role("button", name="Imprimir")).to_be_hidden()
    assert len(mails_to("conta@reseller.example", 1)) == 1


def test_a_guest_takes_the_account_over(scene, open_page):
    """The link in the e-mail ends among the purchases; used again it says that it is dead."""
    guest = f"guest{time.time()}@home.example"
    order = scene.shop.buy(
        scene.place, (scene.variants[cast.COMET.sku], 1), email=guest, authorization=""
    )
    text = mails_to(guest, 1)[0].get_body(("plain",)).get_content()
    link = re.search(r"/plugins/global/esd/(invitation/\?token=\S+)", text)[1]
    for turn in ("first", "second"):
        page = open_page(link)
        page.get_by_role("link", name="Sign in").click()
        fill_in(page, cast.SHOPPER.email, cast.PASSWORD)
        page.get_by_role("button", name="Take over").click()
        if turn == "first":
            expect(row_of(page, {"number": str(order["number"])})).to_be_visible()
        else:
            expect(page.get_by_text("This link was used before")).to_be_visible()
        assert link.partition("=")[2] not in page.url


def test_any_of_all_customers_is_found_by_typing(scene, sign_in):
    """More than the page loads; by keyboard alone, and only whoever is named exactly."""
    mark = time.time_ns()
    account = scene.shop.do("{ licenseAccounts(first: 1) { edges { node { id } } } }", scene.rita)[
        "edges"
    ][0]["node"]["id"]
    create = """licenseEndCustomerCreate(input: {{account: "{0}", code: "{1}", name: "{2}", email: "{1}@end.example"}})
      {{ errors {{ code }} }}"""
    names = {f"M{mark}-{number}": f"Many {number}" for number in range(101)}
    names[f"Z{mark}"] = f"Zeta {mark}"
    wanted = [create.format(account, *customer) for customer in names.items()]
    # Saleor 3 takes four at once.
    for start in range(0, len(wanted), 4):
        aliased = "\n".join(f"a{at}: {one}" for at, one in enumerate(wanted[start : start + 4]))
        scene.shop.ask(f"mutation {{ {aliased} }}", scene.rita)
    order = scene.order(1, cast.COMET)
    page = sign_in(cast.RESELLER, "portal")
    row_of(page, order).get_by_role("link", name="Manage").click()
    field = page.get_by_label("Customer", exact=True)
    expect(page.locator("datalist option")).to_have_count(100)

    field.press_sequentially(f"zeta {mark}")
    expect(page.locator(f"datalist option[value^='Z{mark}']")).to_be_attached()
    field.press("Enter")
    assert field.evaluate("field => field.validationMessage").startswith("Choose one of the list")
    expect(page.get_by_text("1 to assign")).to_be_visible()

    # At once: whoever pastes a code presses Enter before the browser has drawn anything.
    is_valid = """async (field, code) => {
        field.value = code;
        field.dispatchEvent(new Event("input", {bubbles: true}));
        await new Promise((pass) => queueMicrotask(() => queueMicrotask(pass)));
        return field.checkValidity(); }"""
    assert field.evaluate(is_valid, f"z{mark}") is True
    expect(page.get_by_text(f"The activation e-mail goes to Z{mark}@end.example.")).to_be_visible()
    field.press("Enter")
    expect(page.get_by_role("status").last).to_contain_text(f"1 license assigned to Zeta {mark}")
