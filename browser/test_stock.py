"""Staff's pages of the stock: a pool runs out and is filled, a bad delivery leaves the sale, who sees none of it."""

from __future__ import annotations

from pathlib import Path

from conftest import keys_like
from playwright.sync_api import expect

from demo import cast

SETTINGS = """query($text: String) { licenseKeyPools(first: 1, filter: {text: $text}) { edges { node {
    id format lowStockThreshold runwayAlertDays staffAddresses health { available quarantined backordered } } } } }"""
BATCHES = """query($id: ID!) { licenseKeyPool(id: $id) { batches(first: 9) { edges { node {
    supplier purchaseReference averageCost accepted refused available quarantineReason } } } } }"""


def pool_named(scene, name):
    (edge,) = scene.shop.do(SETTINGS, scene.paul, text=name)["edges"]
    return edge["node"]


def batches_of(scene, pool):
    edges = scene.shop.do(BATCHES, scene.paul, id=pool["id"])["batches"]["edges"]
    return [edge["node"] for edge in edges]


def paste(page, keys):
    page.get_by_label("Keys", exact=True).fill("\n".join(keys))
    page.get_by_role("button", name="Check").click()


def test_a_pool_that_runs_out_says_so_on_all_pages_until_pasted_keys_fill_it(scene, sign_in):
    variant = scene.licensed("Lyra Paint", lowStockThreshold=2)
    pool = pool_named(scene, "Lyra Paint")
    page = sign_in(cast.APPROVER, f"staff/stock/{pool['id']}/import")
    paste(page, keys_like(2))
    page.get_by_role("button", name="Import 2 keys").click()
    expect(page.get_by_role("heading", name="2 keys are in stock")).to_be_focused()

    scene.buy(variant, 5)
    page.reload()
    if page.get_by_label("Password").count():
        page = sign_in(cast.APPROVER, "staff/approvals")
    band = page.locator(".low .band").filter(has_text="Lyra Paint")
    expect(band).to_contain_text("Lyra Paint: no key left. 3 licenses wait for keys.")
    page.get_by_role("link", name="Stock", exact=True).click()
    page.get_by_role("button", name="Only low").click()
    row = page.locator("tbody tr").filter(has_text="Lyra Paint")
    expect(row).to_contain_text("✕ Empty")
    expect(row).to_contain_text("Now")

    band.get_by_role("link", name="Add keys").click()
    first, second, *others = keys_like(9)
    page.get_by_label("Supplier").fill("Lyra Inc.")
    page.get_by_label("Purchase").fill("INV-7")
    page.get_by_label("Cost of a key").fill("12,50")
    paste(page, [first, second, *others, first, "0OIL0-0OIL0-0OIL0-0OIL0-0OIL0", "BCDFG"])
    expect(page.get_by_role("heading", name="12 rows were checked")).to_be_focused()
    told = page.locator("tbody tr")
    expect(told).to_have_count(3)
    expect(told.nth(0)).to_contain_text("Repeats a row above")
    expect(told.nth(1)).to_contain_text("A character that the format does not have")
    expect(told.nth(2)).to_contain_text("Not as long as the format wants")
    assert len(batches_of(scene, pool)) == 1
    page.get_by_role("button", name="Import 9 keys").click()

    expect(page.get_by_role("heading", name="9 keys are in stock")).to_be_visible()
    expect(page.get_by_text("3 rows were left out.")).to_be_visible()
    expect(page.get_by_text("3 licenses that waited have their keys.")).to_be_visible()
    expect(page.get_by_text("6 keys are free now.")).to_be_visible()
    expect(band).to_have_count(0)
    assert first not in page.content()
    brought = batches_of(scene, pool)[0]
    assert (brought["supplier"], brought["purchaseReference"]) == ("Lyra Inc.", "INV-7")
    assert float(brought["averageCost"]) == 12.5
    assert (brought["accepted"], brought["refused"]) == (9, 3)


def test_rows_unlike_the_others_are_shown_and_confirmed_one_by_one(scene, sign_in):
    scene.licensed("Mira Sound", format="GENERIC")
    pool = pool_named(scene, "Mira Sound")
    page = sign_in(cast.APPROVER, f"staff/stock/{pool['id']}/import")
    keys = [f"MS-{number}-{number * 7919 % 9000 + 1000}-QX" for number in range(1000, 1030)]
    paste(page, ["Your keys of November", *keys, "SPARE-KEY-FROM-THE-PHONE-0001"])

    held = page.get_by_role("group", name="Are these keys?")
    expect(held).to_contain_text("Row 1: Your keys of November")
    held.get_by_label("Row 32").check()
    page.get_by_role("button", name="Import 31 keys").click()

    expect(page.get_by_role("heading", name="31 keys are in stock")).to_be_visible()
    expect(page.get_by_text("1 row was left out.")).to_be_visible()
    assert pool_named(scene, "Mira Sound")["health"]["available"] == 31

    page.get_by_role("button", name="Add more keys").click()
    paste(page, keys[:1])
    expect(page.get_by_text("1 · Already in this pool")).to_be_visible()
    expect(page.get_by_role("button", name="Import 0 keys")).to_be_disabled()


def test_a_bad_delivery_leaves_the_sale_with_a_reason(scene, sign_in):
    variant = scene.licensed("Nova Scan")
    pool = pool_named(scene, "Nova Scan")
    page = sign_in(cast.APPROVER, f"staff/stock/{pool['id']}/import")
    paste(page, keys_like(7))
    page.get_by_role("button", name="Import 7 keys").click()
    scene.buy(variant, 2)
    page.get_by_role("link", name="Open the pool").click()
    expect(page.get_by_text("5 keys left.")).to_be_visible()

    page.get_by_role("button", name="Quarantine…").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("5 free keys leave the sale for good.")
    expect(dialog).to_contain_text("2 licenses hold keys of it and keep them")
    dialog.get_by_label("Reason").fill("Refused by the publisher")
    dialog.get_by_role("button", name="Quarantine").click()

    expect(page.get_by_role("status").last).to_have_text("The delivery was taken out of sale.")
    expect(page.get_by_text(": Refused by the publisher")).to_be_visible()
    expect(page.get_by_text("0 keys left.")).to_be_visible()
    assert pool_named(scene, "Nova Scan")["health"]["quarantined"] == 5
    with page.expect_download() as saved:
        page.get_by_role("button", name="Claim for the supplier").click()
    claim = saved.value.path().read_text("utf-8-sig").splitlines()
    assert claim[0].startswith("key_mask,batch,supplier")
    assert len(claim) == 6 and all("Refused by the publisher" in line for line in claim[1:])


def test_a_pool_is_made_and_changed(scene, sign_in):
    page = sign_in(cast.APPROVER, "staff/stock")
    page.get_by_role("button", name="New pool").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name").fill("Pavo Notes")
    dialog.get_by_label("Format of the keys").select_option("5X5_25")
    dialog.get_by_label("Warn at so many free keys").fill("12")
    dialog.get_by_label("Who is told by e-mail").fill("no address")
    dialog.get_by_role("button", name="Save").click()
    wrong = dialog.get_by_label("Who is told by e-mail")
    expect(wrong).to_have_accessible_description("This is not an e-mail address.")
    wrong.fill("stock@shop.example")
    dialog.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Pavo Notes")

    page.get_by_role("button", name="Change").click()
    dialog.get_by_label("Name").fill("Pavo Notes 2")
    dialog.get_by_label("Warn when they last so many days").fill("14")
    dialog.get_by_role("button", name="Save").click()

    expect(page.get_by_role("heading", level=1)).to_contain_text("Pavo Notes 2")
    found = pool_named(scene, "Pavo Notes 2")
    assert (found["format"], found["lowStockThreshold"]) == ("5X5_25", 12)
    assert (found["runwayAlertDays"], found["staffAddresses"]) == (14, ["stock@shop.example"])


def test_what_is_looked_for_stands_in_the_address(scene, sign_in):
    page = sign_in(cast.APPROVER, "staff/stock")
    page.get_by_role("searchbox").fill("atlas")
    page.get_by_role("searchbox").press("Enter")
    expect(page.locator("tbody tr")).to_have_count(1)
    assert page.url.endswith("/stock?text=atlas")
    expect(page.get_by_role("status").first).to_have_text("1 pool")
    page.get_by_role("searchbox").fill("no such name")
    page.get_by_role("searchbox").press("Enter")

    page.get_by_role("button", name="Show all").click()

    expect(page.get_by_role("link", name=cast.BEACON.name, exact=True)).to_be_visible()


def test_a_large_import_is_stopped_and_goes_on(scene, sign_in):
    scene.licensed("Rhea Mesh")
    pool = pool_named(scene, "Rhea Mesh")
    page = sign_in(cast.APPROVER, f"staff/stock/{pool['id']}/import")
    file = {"name": "rhea.txt", "mimeType": "text/plain"}
    body = "\n".join(keys_like(12_000)).encode()
    page.get_by_label("Or a file").set_input_files([{**file, "buffer": body}])
    page.get_by_role("button", name="Check").click()

    expect(page.get_by_role("heading", name="12,000 rows were checked")).to_be_visible()
    page.get_by_role("button", name="Import 12,000 keys").click()

    expect(page.get_by_role("heading", name="12,000 keys are in stock")).to_be_visible()
    assert pool_named(scene, "Rhea Mesh")["health"]["available"] == 12_000


def test_who_may_not_see_stock_sees_no_band_and_is_told_so_on_its_pages(scene, sign_in):
    """MANAGE_LICENSE_KEYS. What is refused once is not asked for again."""
    scene.licensed("Siri Maps", lowStockThreshold=3)
    pool = pool_named(scene, "Siri Maps")
    page = sign_in(cast.CLERK, "staff/approvals")
    expect(page.get_by_role("heading", level=1)).to_have_text("Approvals")
    expect(page.locator(".low")).to_have_count(0)
    expect(page.get_by_role("alert")).to_have_count(0)

    page.get_by_role("link", name="Stock", exact=True).click()

    expect(page.get_by_role("alert")).to_contain_text("Your role does not allow this.")
    assert pool["id"] not in page.content()


def test_a_table_of_a_supplier_is_read_once_its_columns_are_named(scene, sign_in):
    """What is wrong with it is saved as a file, with the rows themselves."""
    scene.licensed("Tucana Draw")
    pool = pool_named(scene, "Tucana Draw")
    page = sign_in(cast.APPROVER, f"staff/stock/{pool['id']}/import")
    first, second, third = keys_like(3)
    rows = [
        *("Pos;Serial number;Valid until;Price, net", f"1;{first};2040-01-31;9.5"),
        *(f"2;{second};2040-01-31;9.5", "3;=none;2040-01-31;9.5", f"4;{third};soon;9.5"),
    ]
    paste(page, rows)

    expect(page.get_by_role("heading", name="Which column is what?")).to_be_focused()
    chosen = {"Pos": "", "Serial number": "key", "Valid until": "use_by", "Price, net": "cost"}
    for name, role in chosen.items():
        expect(page.get_by_role("combobox", name=name)).to_have_value(role)
    parts = page.get_by_label("What parts the columns")
    expect(parts).to_have_value(";")
    parts.select_option(",")
    expect(page.get_by_role("combobox", name="Price, net")).to_have_count(0)
    parts.select_option(";")
    page.get_by_role("combobox", name="Pos").select_option("key")
    expect(page.get_by_role("combobox", name="Serial number")).to_have_value("")
    page.get_by_role("combobox", name="Serial number").select_option("key")
    page.get_by_role("button", name="Check").click()

    expect(page.get_by_role("heading", name="4 rows were checked")).to_be_focused()
    with page.expect_download() as saved:
        page.get_by_role("button", name="Save the problems as CSV").click()
    assert saved.value.path().read_text("utf-8-sig").splitlines() == [
        "Row,Why,Text",
        '4,A character that the format does not have,"3;=none;2040-01-31;9.5"',
        f'5,Not like the heading says,"4;{third};soon;9.5"',
    ]
    page.get_by_role("button", name="Import 2 keys").click()

    expect(page.get_by_role("heading", name="2 keys are in stock")).to_be_visible()
    (brought,) = batches_of(scene, pool)
    assert (float(brought["averageCost"]), brought["accepted"], brought["refused"]) == (9.5, 2, 2)


# File -> how many of its rows are good, and what is said of the others; see tests/keys/importing/test_outliers.py.
CASES = {
    **dict.fromkeys(
        ("h00_heading.txt", "h02_heading.txt", "h05_heading.txt", "h08_heading.txt"),
        (2, "1 · Unlike the others: held back"),
    ),
    "h09_heading.txt": (2, "1 · Unlike the others: held back"),
    "h_trailer.txt": (2, "2 · Unlike the others: held back"),
    "c2_one_line.txt": (0, "1 · Several keys in a line"),
    "n_numbers_and_dates.txt": (3, "7 · A spreadsheet made something else of it"),
    "c1_trailing_commas.txt": (3, ""),
    "c4_semi.txt": (3, ""),
    "b1_space_quote.csv": (2, ""),
    "b3_quoted_trailing.txt": (4, ""),
    "a1_short_rows.csv": (8, ""),
}


def test_small_files_that_failed_elsewhere_get_a_verdict_for_each_row(scene, sign_in):
    """T-IMP-F3: none of them is taken for a table whose columns have to be named."""
    files = Path(__file__).parent.parent / "tests" / "keys" / "importing" / "cases"
    assert sorted(CASES) == sorted(file.name for file in files.iterdir())
    scene.licensed("Vela Mail", format="GENERIC")
    pool = pool_named(scene, "Vela Mail")
    page = sign_in(cast.APPROVER, f"staff/stock/{pool['id']}/import")
    for name, (good, told) in CASES.items():
        page.get_by_label("Or a file").set_input_files(files / name)
        page.get_by_role("button", name="Check").click()
        counts = page.locator(".links").first
        expect(page.get_by_role("heading", name="checked")).to_be_focused()
        for text in filter(None, [good and f"{good} · New", told]):
            expect(counts).to_contain_text(text)
        expect(counts.locator(".state")).to_have_count(bool(good) + bool(told))
        page.get_by_role("button", name="Back").click()
    assert pool_named(scene, "Vela Mail")["health"]["available"] == 0
