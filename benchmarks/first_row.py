"""Drives a browser for PF21: `first_row.py <address> <browser> <e-mail>`, the password on standard input.

Prints a JSON list of pairs of milliseconds: from the click on "Licenses" until the first row is drawn, and of the request
that the page made for it, made again without the page. Both in the same browser, in turns, after rounds that warm up.
Wall time, as a browser mostly waits: on a machine that others use too the pairs vary, the median of their ratios little.
"""

from __future__ import annotations

import json
import sys

from playwright.sync_api import Page, Request, sync_playwright

WARM_UP, ROUNDS = 3, 11

_ROW = """async () => {
    const row = new Promise((drawn) => {
        const look = () => document.querySelector("main tbody tr") && (seen.disconnect(), requestAnimationFrame(() => drawn(performance.now())));
        const seen = new MutationObserver(look);
        seen.observe(document.body, {childList: true, subtree: true});
    });
    const began = performance.now();
    document.querySelector("nav a[href$='/licenses']").click();
    return (await row) - began;
}"""
_BARE = """async ([address, body, authorization]) => {
    const began = performance.now();
    const headers = {"Content-Type": "application/json", Authorization: authorization};
    const answer = await (await fetch(address, {method: "POST", body, headers, credentials: "omit"})).json();
    if (!answer.data.licenses.edges.length) throw new Error(JSON.stringify(answer));
    return performance.now() - began;
}"""


def main(address: str, browser: str, email: str, password: str) -> None:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=browser, args=["--no-sandbox", "--disable-background-networking"]
        )
        page = chromium.new_page(locale="en")
        page.set_default_timeout(120_000)
        asked: list[Request] = []
        page.on("request", lambda request: is_list(request) and asked.append(request))
        page.goto(f"{address}/plugins/global/esd/staff")
        page.fill("[name=email]", email)
        page.fill("[name=password]", password)
        page.keyboard.press("Enter")
        page.wait_for_selector("nav a")
        pairs = [measure(page, asked, number % 2) for number in range(WARM_UP + ROUNDS)]
        chromium.close()
    print(json.dumps(pairs[WARM_UP:]))


def measure(page: Page, asked: list[Request], is_row_first: int) -> list[float]:
    """Who goes first alternates; the page is one without a table in between, and nothing else is under way."""
    page.click("nav a[href$='/reports']")
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(200)
    if is_row_first or not asked:
        row = page.evaluate(_ROW)
        return [row, bare(page, asked[-1])]
    spent = bare(page, asked[-1])
    return [page.evaluate(_ROW), spent]


def bare(page: Page, request: Request) -> float:
    page.wait_for_load_state("networkidle")
    return page.evaluate(_BARE, [request.url, request.post_data, request.headers["authorization"]])


def is_list(request: Request) -> bool:
    return request.method == "POST" and "query StaffLicenses" in (request.post_data or "")


if __name__ == "__main__":
    main(*sys.argv[1:4], password=sys.stdin.read())
