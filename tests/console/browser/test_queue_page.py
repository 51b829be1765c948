"""The queue by keyboard: filters, search, kept filters, and many items decided at once."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.console.browser.real import Served, Visitor, rows

if TYPE_CHECKING:
    from playwright.sync_api import Page

Serve = Callable[..., Served]
Visit = Callable[..., Visitor]


def total(page: Page) -> int:
    """How many items the list says there are."""
    return int(re.sub(r"\D", "", page.locator("#rows h2 .number").inner_text()))


def tab_to(page: Page, selector: str, most: int = 60) -> None:
    """Press Tab until what is meant has the focus."""
    for _ in range(most):
        if page.evaluate("s => document.activeElement.matches(s)", selector):
            return
        page.keyboard.press("Tab")
    pytest.fail(f"Tab does not lead to {selector}")


def test_searching_filtering_and_keeping_a_filter(
    serve: Serve, visit: Visit, bundled: Path
) -> None:
    (word,) = rows(
        bundled,
        """SELECT word, count(DISTINCT item_no) AS items FROM (
               SELECT i.item_no, unnest(string_split_regex(f.text, '[^\\p{L}]+')) AS word
               FROM flagged f JOIN items i USING (revision_no) WHERE f.language = 'ur')
           WHERE length(word) = 6 GROUP BY word ORDER BY items DESC, word LIMIT 1""",
    )
    ana = visit(serve())
    page = ana.sign_in("ana", "/queue")
    every = total(page)
    assert every == rows(bundled, "SELECT count(*) AS n FROM items")[0]["n"]
    ana.press("/")
    page.keyboard.type(word["word"])
    page.wait_for_url("**text=*")
    page.wait_for_function(
        f"document.querySelector('#rows h2').textContent.match(/\\d+/)[0] != {every}"
    )
    found = total(page)
    assert word["items"] <= found < every  # search folds letters, and finds parts of words
    assert page.locator("#f-text").input_value() == word["word"]

    ana.press("Escape", "/")
    page.keyboard.press("Shift+Tab")  # State
    page.keyboard.press("Shift+Tab")  # Target
    page.keyboard.press("Shift+Tab")  # Language
    page.keyboard.type("Urdu")
    page.wait_for_url(lambda url: "language=ur" in url and "text=%" in url)
    page.locator("#save-filter input[name=language][value=ur]").wait_for(state="attached")
    shown = {row.inner_text() for row in page.locator(".row-facts span:first-child").all()}
    assert shown <= {"Urdu"}
    mine = total(page)
    tab_to(page, "#save-filter summary")
    ana.press("Enter")
    tab_to(page, "#filter-name")
    page.keyboard.type("urdu word")
    ana.press("Enter")
    page.get_by_role("list", name="Saved filters").wait_for()
    assert total(page) == mine
    page.get_by_role("link", name="Clear").click()
    page.wait_for_url("**/queue")
    assert total(page) == every
    tab_to(page, ".chip a")
    ana.press("Enter")
    page.wait_for_url("**text=*")
    assert total(page) == mine

    # What is reviewed from here is what was filtered, item after item.
    act = ""
    page.locator("#main").focus()
    ana.press("g", "r")
    page.wait_for_url("**/review?**")
    for _ in range(2):
        act = ana.ready(after=act)
        assert word["word"][:4] in page.locator("#text").inner_text()
        ana.press("k")
    page.locator("#work[data-saved]").wait_for()


def test_nothing_under_a_filter_says_so(serve: Serve, visit: Visit) -> None:
    ana = visit(serve())
    page = ana.sign_in("ana", "/queue?text=zzzzzzqqqq")
    assert "Nothing here under this filter" in page.locator("#rows").inner_text()
    page = ana.go("/review?text=zzzzzzqqqq")
    assert "Nothing that you may decide" in page.locator("#work").inner_text()
    assert page.locator("#rows .bulk-tools").count() == 0
    assert ana.go("/queue").locator("input[name=item]").count() == 0  # a moderator has no bulk


def test_many_are_decided_after_a_preview_and_a_typed_count(serve: Serve, visit: Visit) -> None:
    lea = visit(served := serve())
    page = lea.sign_in("lea", "/queue?language=ps")
    chosen = []
    tab_to(page, "input[name=item]")
    for _ in range(4):
        chosen.append(int(page.evaluate("document.activeElement.value")))
        lea.press("Space", "Tab")
        tab_to(page, "input[name=item]")
    page.locator("[data-chosen]", has_text="Decide the 4 chosen").focus()
    lea.press("Enter")
    page.wait_for_url("**/bulk/preview")
    title = page.get_by_role("heading", level=1).inner_text()
    offered = int(re.search(r"\d+", title)[0])  # type: ignore[index]
    assert offered == page.locator(".item-row").count()
    left = page.locator(".notice.warn b").all_inner_texts()
    assert offered + sum(map(int, left)) == 4  # severe ones want two reviewers each

    tab_to(page, "input[value=reject], input[name=judgement]")
    lea.press("Space", "ArrowDown")
    assert page.locator("input[name=judgement]:checked").get_attribute("value") == "reject"
    page.locator("#bulk-count").focus()
    page.keyboard.type(str(offered + 1))
    lea.press("Enter")
    assert page.url.endswith("/bulk/preview")  # the wrong count goes nowhere
    page.locator("#bulk-count").fill(str(offered))
    lea.press("Enter")
    page.wait_for_url("**/history?act=*")
    assert page.locator("table.history tbody tr").count() >= offered
    found = served.read(
        """SELECT i.item_no, d.judgement, d.purpose, d.reviewer, count(DISTINCT d.act_id) AS acts,
               any_value(i.state) AS state, count(*) AS flags,
               count(DISTINCT (d.label, d.target)) AS once
           FROM decisions d JOIN flagged f USING (channel_key, message_id, content_id, label)
           JOIN items i USING (revision_no)
           WHERE d.target IS NOT DISTINCT FROM f.target AND d.copy_of IS NULL GROUP BY ALL"""
    )
    assert {row["item_no"] for row in found} <= set(chosen)
    assert len(found) == offered
    for row in found:
        assert (row["judgement"], row["purpose"], row["reviewer"]) == ("reject", "bulk", "lea")
        assert (row["acts"], row["state"]) == (1, "decided")
        assert row["flags"] == row["once"]


def test_a_count_that_is_wrong_is_refused_by_the_server_too(serve: Serve, visit: Visit) -> None:
    lea = visit(served := serve())
    page = lea.sign_in("lea", "/queue")
    page.get_by_role("button", name=re.compile("Decide all")).click()
    page.locator("input[value=reject]").check()
    page.locator("#bulk-count").fill("1")
    lea.expected = {422}
    page.evaluate("document.querySelector('form:has(#bulk-count)').noValidate = true")
    page.get_by_role("button", name=re.compile("^Decide ")).click()
    page.get_by_text("Nothing was decided: the count to type is").wait_for()
    assert served.read("SELECT count(*) AS n FROM decisions") == [{"n": 0}]
