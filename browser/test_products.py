"""Staff's pages of products: one is licensed in one dialog, sold, changed, its mail looked at, and licensed no more."""

from __future__ import annotations

import pytest
from conftest import keys_like
from playwright.sync_api import expect

from demo import cast

POLICY = """query($text: String) { licensePolicies(first: 1, filter: {text: $text}) { edges { node {
    id kind approval approvalQuantity approvesFirstOrderManually term graceDays retentionDays reminderOffsets fallsBack
    transfersPer30Days isArchived renews instructions { language text } pool { id name format isGenerated }
    rankedPools { pool { name } countries channels accounts { email } } } } } }"""


@pytest.fixture
def owner(scene):
    return scene.shop.sign_in(cast.OWNER.email, cast.PASSWORD)


@pytest.fixture
def unlicensed(scene, owner):
    """`unlicensed("Tern Maps")`: the variant of a new product that nothing licenses yet."""

    def make(name):
        product = {"name": name, "sku": name.upper(), "price": 1, "tracks_stock": False}
        return scene.shop.make_product(owner, scene.place, **product)

    return make


def policy_of(scene, text):
    edges = scene.shop.do(POLICY, scene.paul, text=text)["edges"]
    return edges[0]["node"] if edges else None


def choose(field, text, whole):
    """As somebody does who types a part, and takes what is offered."""
    field.fill(text)
    expect(field.locator("xpath=following-sibling::datalist/option").first).to_be_attached()
    field.fill(whole)


def test_a_product_is_licensed_by_one_dialog_filled_and_sold(scene, sign_in, unlicensed):
    """Steps 5 to 7 of the README, by clicking only. I18."""
    variant = unlicensed("Tern Maps")
    page = sign_in(cast.APPROVER, "staff/products")
    page.get_by_role("button", name="Sell as licensed…").click()
    dialog = page.get_by_role("dialog", name="Sell as licensed")
    choose(dialog.get_by_label("Product"), "tern", "Tern Maps (TERN MAPS)")
    expect(dialog.get_by_label("Name of the pool")).to_have_value("Tern Maps")
    dialog.get_by_label("Format of the keys").select_option("5X5_25")
    dialog.get_by_label("Term", exact=True).select_option("M")
    dialog.get_by_label("How many").fill("6")
    dialog.get_by_role("button", name="Sell as licensed").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Add keys to Tern Maps")
    expect(page.get_by_role("status").last).to_have_text("Tern Maps is sold as licensed.")
    made = policy_of(scene, "TERN MAPS")
    assert (made["approval"], made["term"], made["kind"]) == ("MANUAL", "P6M", "LICENSE")
    assert made["pool"]["format"] == "5X5_25" and not made["pool"]["isGenerated"]
    page.get_by_label("Keys", exact=True).fill("\n".join(keys_like(3)))
    page.get_by_role("button", name="Check").click()
    page.get_by_role("button", name="Import 3 keys").click()
    expect(page.get_by_role("heading", name="3 keys are in stock")).to_be_visible()
    assert scene.buy(variant, 2)["availability"]["text"] == "0 of 2"
    page.get_by_role("link", name="Open the pool").click()
    page.get_by_role("link", name="Tern Maps", exact=True).click()
    expect(page.get_by_text("1 key left.")).to_be_visible()
    assert page.url.endswith("/products/" + made["id"].replace("=", "%3D"))


def test_what_is_refused_makes_neither_pool_nor_policy(scene, sign_in, unlicensed):
    unlicensed("Umber Ink")
    page = sign_in(cast.APPROVER, "staff/products?shown=others&text=umber")
    page.get_by_role("button", name="Sell as licensed… Umber Ink").click()
    dialog = page.get_by_role("dialog", name="Sell as licensed")
    expect(dialog.get_by_label("Product")).to_have_value("Umber Ink (UMBER INK)")
    dialog.get_by_label("Keys", exact=True).select_option("GENERATED")
    dialog.get_by_label("Term", exact=True).select_option("OTHER")
    dialog.get_by_label("Duration").fill("two years")
    dialog.get_by_role("button", name="Sell as licensed").click()

    expect(dialog.get_by_label("Term", exact=True)).to_have_attribute("aria-invalid", "true")
    pools = (
        "query($text: String) { licenseKeyPools(first: 1, filter: {text: $text}) { totalCount } }"
    )
    assert scene.shop.do(pools, scene.paul, text="Umber Ink")["totalCount"] == 0
    assert policy_of(scene, "UMBER INK") is None
    dialog.get_by_label("Duration").fill("P1Y6M")
    dialog.get_by_role("button", name="Sell as licensed").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Umber Ink")
    expect(page.get_by_text("∞ Made as they are sold")).to_be_visible()
    made = policy_of(scene, "UMBER INK")
    assert made["term"] == "P1Y6M" and made["pool"]["isGenerated"]
    page.get_by_role("link", name="‹ Products").click()
    page.get_by_role("button", name="Not licensed").click()
    page.get_by_role("searchbox").fill("umber")
    page.get_by_role("searchbox").press("Enter")
    expect(page.get_by_text("No product matches.")).to_be_visible()


def test_a_renewal_names_what_it_renews(scene, sign_in, unlicensed):
    unlicensed("Vole Cloud, another year")
    scene.licensed("Vole Cloud")
    page = sign_in(cast.APPROVER, "staff/products")
    page.get_by_role("button", name="Sell as licensed…").click()
    dialog = page.get_by_role("dialog", name="Sell as licensed")
    name = "Vole Cloud, another year (VOLE CLOUD, ANOTHER YEAR)"
    choose(dialog.get_by_label("Product"), "vole", name)
    dialog.get_by_label("Keys", exact=True).select_option("NONE")
    choose(dialog.get_by_label("Renews licenses of"), "vole", "Vole Cloud (VOLE CLOUD)")
    expect(dialog.get_by_role("button", name="Remove Vole Cloud (VOLE CLOUD)")).to_be_visible()
    dialog.get_by_role("button", name="Sell as licensed").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Vole Cloud, another year")
    made = policy_of(scene, "VOLE CLOUD, ANOTHER")
    assert (made["kind"], made["term"], len(made["renews"])) == ("RENEWAL", "P1Y", 1)
    expect(page.get_by_role("heading", name="Instructions")).to_have_count(0)
    page.get_by_role("link", name="‹ Products").click()
    page.get_by_role("searchbox").fill("vole cloud, another")
    page.get_by_role("searchbox").press("Enter")
    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page.locator("tbody tr")).to_contain_text("Renews Vole Cloud")


def test_all_of_a_policy_is_changed_and_refusals_stand_beside_their_fields(scene, sign_in):
    scene.licensed("Wren Draw")
    scene.licensed("Wren Draw for Uruguay")
    before = policy_of(scene, "WREN DRAW")
    assert before["rankedPools"] == []
    policies = scene.shop.do(POLICY.replace("first: 1", "first: 9"), scene.paul, text="Wren Draw")
    (before,) = [e["node"] for e in policies["edges"] if e["node"]["pool"]["name"] == "Wren Draw"]
    page = sign_in(cast.APPROVER, f"staff/products/{before['id']}")
    save = page.get_by_role("button", name="Save")
    expect(save).to_be_disabled()
    page.get_by_label("Days of grace").fill("200")
    expect(page.get_by_text("Not saved yet.")).to_be_visible()
    save.click()
    retention = page.get_by_label("Days of retention")
    expect(retention).to_be_focused()
    expect(retention).to_have_accessible_description(
        "Retention counts from the expiry and includes the 200 days of grace."
    )
    retention.fill("400")
    page.get_by_role("button", name="Add a pool for some buyers").click()
    rank = page.get_by_role("group", name="Before it: pool 1")
    choose(rank.get_by_label("Pool"), "wren", "Wren Draw for Uruguay")
    rank.get_by_label("Countries").fill("Uruguay")
    save.click()
    expect(rank.get_by_label("Countries")).to_have_attribute("aria-invalid", "true")
    rank.get_by_label("Countries").fill("UY, br")
    choose(rank.get_by_label("Accounts"), "rita", f"{cast_account(scene)} – {cast.RESELLER.email}")
    page.get_by_label("Go on to the next pool").uncheck()
    page.get_by_label("Approval", exact=True).select_option("RULES")
    page.get_by_label("Most units without staff").fill("10")
    page.get_by_label("First order by staff").uncheck()
    page.get_by_label("Reminders").fill("30, 7; -3")
    page.get_by_label("Transfers in 30 days").fill("2")
    save.click()

    expect(page.get_by_role("status").last).to_have_text("Wren Draw is saved.")
    expect(save).to_be_disabled()
    saved = scene.shop.do(
        "query($id: ID!) { licensePolicy(id: $id) {" + POLICY.partition("node {")[2][:-4],
        scene.paul,
        id=before["id"],
    )
    changed = {
        "approval": "RULES",
        "approvalQuantity": 10,
        "approvesFirstOrderManually": False,
        "graceDays": 200,
        "retentionDays": 400,
        "reminderOffsets": [30, 7, -3],
        "transfersPer30Days": 2,
        "fallsBack": False,
        "rankedPools": [
            {
                "pool": {"name": "Wren Draw for Uruguay"},
                "countries": ["UY", "BR"],
                "channels": [],
                "accounts": [{"email": cast.RESELLER.email}],
            }
        ],
    }
    assert saved == {**before, **changed}


def cast_account(scene):
    accounts = scene.shop.do(
        "{ licenseAccounts(first: 9, filter: {isReseller: true}) { edges { node { name email } } } }",
        scene.paul,
    )
    (name,) = [
        each["node"]["name"]
        for each in accounts["edges"]
        if each["node"]["email"] == cast.RESELLER.email
    ]
    return name


def test_instructions_are_seen_as_the_customer_gets_them_before_they_are_saved(scene, sign_in):
    """I18. The frame of the mail can do nothing, and holds no key."""
    scene.licensed("Xenon Lab")
    policy = policy_of(scene, "XENON LAB")
    page = sign_in(cast.APPROVER, f"staff/products/{policy['id']}")
    for language, text in (("es", "Abra <b>Ayuda</b>."), ("pt_BR", "Abra a Ajuda.")):
        page.get_by_label("Another language").fill(language)
        page.get_by_role("button", name="Add", exact=True).click()
        page.locator("textarea").last.fill(text)
    page.get_by_role("button", name="Preview of the e-mail…").click()
    dialog = page.get_by_role("dialog", name="Preview of the e-mail")
    dialog.get_by_label("Language").select_option("es")

    mail = page.frame_locator("iframe")
    expect(dialog).to_contain_text("Subject: Xenon Lab: su licencia")
    expect(mail.get_by_text("Abra <b>Ayuda</b>.")).to_be_visible()
    expect(mail.locator("code")).to_have_text("•••••-•••••-•••••-•••••-•••••")
    assert dialog.locator("iframe").get_attribute("sandbox") == ""
    # Its own look, which the page's own policy would forbid.
    assert mail.locator(".card").evaluate("card => getComputedStyle(card).borderTopWidth") == "4px"
    dialog.get_by_label("Reader").select_option("LICENSE_KEYS")
    dialog.get_by_label("Language").select_option("pt-br")
    dialog.get_by_role("button", name="Plain text").click()
    expect(dialog.locator("pre")).to_contain_text("Abra a Ajuda.")
    expect(dialog).to_contain_text("Subject: Xenon Lab: suas licenças (Pedido 1042)")
    assert policy_of(scene, "XENON LAB")["instructions"] == []
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Save").click()

    expect(page.get_by_role("status").last).to_have_text("Xenon Lab is saved.")
    assert policy_of(scene, "XENON LAB")["instructions"] == [
        {"language": "es", "text": "Abra <b>Ayuda</b>."},
        {"language": "pt-br", "text": "Abra a Ajuda."},
    ]


def test_a_product_is_licensed_no_more_and_the_page_says_that_it_is_still_sold(scene, sign_in):
    variant = scene.licensed("Yarrow Mail")
    scene.buy(variant, 1)
    policy = policy_of(scene, "YARROW MAIL")
    page = sign_in(cast.APPROVER, f"staff/products/{policy['id']}")
    page.get_by_role("button", name="Stop licensing…").click()
    page.get_by_role("dialog").get_by_role("button", name="Stop licensing").click()

    expect(page.get_by_role("dialog", name="Still on sale")).to_contain_text("Yarrow Mail")
    page.get_by_role("button", name="Understood").click()
    expect(page.get_by_text("Archived: new orders of this product get no licenses")).to_be_visible()
    expect(page.get_by_label("Name for staff")).to_be_disabled()
    assert policy_of(scene, "YARROW MAIL")["isArchived"]
    page.get_by_role("link", name="‹ Products").click()
    page.get_by_role("button", name="Archived").click()
    expect(page.get_by_role("link", name="Yarrow Mail").first).to_be_visible()


def test_who_may_not_see_products_is_told_so_and_who_may_not_change_them_too(scene, sign_in):
    scene.licensed("Zinc Scan")
    policy = policy_of(scene, "ZINC SCAN")
    page = sign_in(cast.CLERK, f"staff/products/{policy['id']}")
    page.get_by_label("Name for staff").fill("Mine")
    page.get_by_role("button", name="Save").click()

    expect(page.get_by_role("alert")).to_contain_text("Your role does not allow this.")
    assert policy_of(scene, "ZINC SCAN") == policy
