"""Every page: no barrier that axe finds, light or dark; nothing sideways on a phone; no errors."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.console.browser.real import Served, Visitor, rows

Visit = Callable[..., Visitor]

AXE = (Path(__file__).parents[1] / "axe" / "axe.min.js").read_text(encoding="utf-8")
RUN = """async only => {
  const options = only ? { runOnly: { type: "rule", values: [only] } } : {};
  const found = await axe.run(document, { ...options, resultTypes: ["violations"] });
  return found.violations.filter(one => ["serious", "critical"].includes(one.impact)).map(
    one => [one.id, one.help, one.nodes.slice(0, 3).map(node => node.html.slice(0, 200))]);
}"""
#: What reaches beyond the window, the innermost first.
SIDEWAYS = """() => document.documentElement.scrollWidth <= innerWidth ? [] :
  [...document.querySelectorAll("body *")]
    .filter(e => e.getBoundingClientRect().right > innerWidth + 1)
    .reverse().slice(0, 5).map(e => e.outerHTML.slice(0, 160))"""


def checked(visitor: Visitor, where: str) -> None:
    """Look at the page as it stands, light and dark, wide and narrow."""
    page = visitor.page
    page.set_viewport_size({"width": 1280, "height": 900})
    page.emulate_media(color_scheme="light")
    page.evaluate(AXE)
    assert page.evaluate(RUN, None) == [], where
    page.emulate_media(color_scheme="dark")
    assert page.evaluate(RUN, "color-contrast") == [], f"{where}, dark"
    page.set_viewport_size({"width": 360, "height": 740})
    assert page.evaluate(SIDEWAYS) == [], f"{where}, narrow"
    assert page.evaluate(RUN, "target-size") == [], f"{where}, narrow"


def test_signing_in(shared: Served, visit: Visit) -> None:
    somebody = visit(shared)
    somebody.go("/sign-in")
    checked(somebody, "/sign-in")


def test_reviewing(shared: Served, visit: Visit, bundled: Path) -> None:
    (item,) = rows(
        bundled,
        """SELECT i.item_no FROM items i JOIN indicators n USING (revision_no)
           WHERE i.language = 'ps' ORDER BY i.copies DESC, i.item_no LIMIT 1""",
    ) or [{"item_no": 1}]
    lea = visit(shared)
    page = lea.sign_in("lea")
    act = lea.ready()
    checked(lea, "/review")
    lea.press("c")
    lea.ready(after=act)
    lea.go(f"/item/{item['item_no']}")
    lea.ready()
    lea.press("v", "d", "n", "Escape", "e", "Escape", "s", "Escape", "x")  # all that opens
    lea.press("Escape", "n", "Escape", "e")
    lea.page.locator(".part:not([open]) summary").first.wait_for()
    while page.locator(".part:not([open]) > summary").count():
        page.locator(".part:not([open]) > summary").first.click()
    page.wait_for_load_state("networkidle")
    page.get_by_role("button", name="Where else").click()
    page.wait_for_load_state("networkidle")
    assert not page.locator(".part-body .notice.bad").count()
    checked(lea, "an item, all open")
    lea.press("Escape", "?")
    page.locator("dialog[open]").wait_for()
    checked(lea, "the keys")


def test_the_queue_and_many_at_once(shared: Served, visit: Visit) -> None:
    lea = visit(shared)
    page = lea.sign_in("lea", "/queue?language=ur")
    checked(lea, "/queue")
    page.locator(".more-filters summary").click()
    page.locator("#save-filter summary").click()
    page.locator("#filter-name").fill("اردو")
    page.keyboard.press("Enter")
    page.get_by_role("list", name="Saved filters").wait_for()
    checked(lea, "/queue, a kept filter")
    page.get_by_role("button", name=re.compile("Decide all")).click()
    page.wait_for_url("**/bulk/preview")
    checked(lea, "/bulk/preview")


@pytest.mark.parametrize(
    "path",
    [
        "/history",
        "/settings",
        "/settings/password",
        "/users",
        "/overview",
        "/team",
        "/agreement",
        "/export",
        "/indicators?channel=tg:1",
    ],
)
def test_other_pages(shared: Served, visit: Visit, path: str) -> None:
    root = visit(shared)
    root.expected = {404}
    page = root.sign_in("root")
    found: Any = page.goto(shared.address + path)
    if found.status == 404:
        pytest.skip(f"there is no {path} yet")
    checked(root, path)
    root.go("/there/is/no/such/page")
    checked(root, "not found")
