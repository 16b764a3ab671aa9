"""Reports of staff, and the chart of a pool: a sentence, a plot, the same as a table and as a file."""

from __future__ import annotations

import csv
from datetime import datetime, timedelta, timezone
from pathlib import Path

from conftest import keys_like
from playwright.sync_api import expect
from test_stock import paste, pool_named

from demo import cast


def saved(page, name="Save as CSV"):
    """The rows of the file that the report's own button saves."""
    with page.expect_download() as download:
        page.locator(".report").get_by_role("button", name=name).click()
    text = Path(download.value.path()).read_text(encoding="utf-8-sig")
    return list(csv.reader(text.splitlines()))


def test_a_pool_tells_its_days_and_how_long_it_lasts(scene, sign_in):
    variant = scene.licensed("Pavo Charts", lowStockThreshold=2)
    pool = pool_named(scene, "Pavo Charts")
    page = sign_in(cast.APPROVER, f"staff/stock/{pool['id']}/import")
    paste(page, keys_like(10))
    page.get_by_role("button", name="Import 10 keys").click()
    scene.buy(variant, 4)
    page.get_by_role("link", name="Open the pool").click()

    chart = page.locator(".report")
    expect(chart.get_by_role("img")).to_have_attribute(
        "aria-label", "Pavo Charts: " + chart.locator("p").first.inner_text()
    )
    # 6 keys: at 4 in 7 days they last 10 days, at 4 in 30 days 45.
    today = datetime.now(timezone.utc).date()
    first, last = (f"{day:%B} {day.day}" for day in (today + timedelta(10), today + timedelta(45)))
    expect(chart).to_contain_text(f"the last key goes between {first} and {last}.")
    expect(chart.locator("canvas")).to_be_visible()
    chart.locator(".u-over").hover()
    expect(chart.locator("figcaption")).to_contain_text("Warning 2")

    chart.get_by_role("button", name="Table").focus()
    page.keyboard.press("Enter")
    expect(chart.locator("canvas")).to_have_count(0)
    expect(chart.locator("tbody tr")).to_have_count(31)
    expect(chart.locator("tbody tr").last.locator("td")).to_have_text(
        [f"{today:%b} {today.day}", "6", "10", "4", "—", "—"]
    )
    head, *rows = saved(page)
    assert head == ["Day", "Free", "Added", "Sold", "At least", "At most"]
    assert rows[-1] == [str(today), "6", "10", "4", "", ""]
    assert rows[0] == [str(today + timedelta(30)), "", "", "", "0", "2"]


def test_a_pool_without_sales_has_no_forecast_and_a_new_one_no_chart(scene, sign_in):
    scene.licensed("Pyxis Quiet")
    pool = pool_named(scene, "Pyxis Quiet")
    page = sign_in(cast.APPROVER, f"staff/stock/{pool['id']}")
    expect(page.get_by_role("heading", name="Deliveries")).to_be_visible()
    expect(page.locator(".report")).to_have_count(0)
    page.get_by_role("link", name="Add keys").last.click()
    paste(page, keys_like(3))
    page.get_by_role("button", name="Import 3 keys").click()
    page.get_by_role("link", name="Open the pool").click()

    expect(page.locator(".report")).to_contain_text("None was sold in 30 days")
    expect(page.locator(".report .mark")).to_have_count(2)


def test_reports_tell_what_runs_out_is_due_waited_and_failed(scene, sign_in):
    variant = scene.licensed("Rana =Sum", lowStockThreshold=0)
    pool = pool_named(scene, "Rana =Sum")
    page = sign_in(cast.APPROVER, f"staff/stock/{pool['id']}/import")
    paste(page, keys_like(5))
    page.get_by_role("button", name="Import 5 keys").click()
    scene.approve(scene.buy(variant, 4))

    page.get_by_role("link", name="Reports", exact=True).click()
    expect(page.get_by_role("heading", name="Keys left")).to_be_visible()
    expect(page.locator(".lengths li").filter(has_text="Rana =Sum")).to_contain_text("1 to 7 days")
    head, *rows = saved(page)
    assert head[:2] == ["Pool", "Free"]
    assert ["Rana =Sum", "1", "0", "4", "1", "7"] in rows

    parts = page.get_by_role("navigation", name="Reports")
    parts.get_by_role("link", name="Approval time").click()
    expect(page.locator(".report")).to_contain_text("half of the decisions came within")
    expect(page.locator("canvas")).to_be_visible()
    page.get_by_role("button", name="Table").click()
    expect(page.locator("tbody tr")).to_have_count(12)
    assert int(saved(page)[-1][1]) >= 1

    parts.get_by_role("link", name="E-mails that failed").click()
    expect(page.locator(".report, .empty")).to_contain_text("in the last 12 weeks.")
    parts.get_by_role("link", name="Renewals due").click()
    expect(page.get_by_text("in the next 12 weeks")).to_be_visible()
    expect(parts.get_by_role("link", name="Renewals due")).to_have_attribute("aria-current", "page")


def test_whoever_may_not_read_a_report_is_told(sign_in):
    page = sign_in(cast.CLERK, "staff/reports")

    expect(page.get_by_text("Your permissions do not include this report.")).to_be_visible()
