"""How a text stands on the page of an item: highlights on their letters, directions, blurring."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.console.browser.real import Served, Visitor, rows

if TYPE_CHECKING:
    from playwright.sync_api import Page

Visit = Callable[..., Visitor]

#: Items of each of three languages, with evidence, those with the most of it first.
WITH_EVIDENCE = """
    SELECT item_no, language, text, evidence FROM (
    SELECT i.item_no, f.language, any_value(f.text) AS text, flatten(list(f.evidence)) AS evidence
    FROM flagged f JOIN items i USING (revision_no)
    WHERE f.language IN ('ps', 'ur', 'prs') AND len(f.evidence) > 0
    GROUP BY i.item_no, f.language
    ) QUALIFY row_number() OVER (PARTITION BY language ORDER BY len(evidence) DESC, item_no) <= 4
"""
SEVERE = (
    "SELECT item_no FROM items WHERE severity {} 3 AND state = 'waiting' ORDER BY priority DESC"
)

# Where the marks of each kind lie on the page, and where the same code points lie in a copy of the
# text without marks: [line's top, left, right] from the corner of the text, neighbours joined.
PLACES = """spans => {
  const text = document.querySelector("#text .message-text");
  const join = rects => {
    const whole = [];
    for (const r of rects.sort((a, b) => a[0] - b[0] || a[1] - b[1])) {
      const last = whole.at(-1);
      if (last && Math.abs(last[0] - r[0]) < 3 && r[1] - last[2] < 0.6)
        last[2] = Math.max(last[2], r[2]);
      else whole.push(r);
    }
    return whole;
  };
  const local = (rects, from) => {
    const corner = from.getBoundingClientRect();
    return [...rects].filter(r => r.width > 0.01).map(
      r => [r.top - corner.top, r.left - corner.left, r.right - corner.left]);
  };
  const kinds = [...new Set(spans.map(span => span.shows))];
  const marks = kind => [...text.querySelectorAll(`mark.shows-${kind}`)];
  const marked = Object.fromEntries(kinds.map(kind =>
    [kind, join(marks(kind).flatMap(mark => local(mark.getClientRects(), text)))]));
  const plain = text.cloneNode(true);
  plain.querySelectorAll("mark").forEach(mark => mark.replaceWith(...mark.childNodes));
  plain.normalize();
  text.replaceWith(plain);
  const letters = [];  // each code point's node and offsets, those of line ends included
  const walker = document.createTreeWalker(plain, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    let at = 0;
    for (const letter of node.data) {
      letters.push([node, at, at + letter.length]);
      at += letter.length;
    }
  }
  const expected = Object.fromEntries(kinds.map(kind => [kind, join(
    spans.filter(span => span.shows === kind).flatMap(span =>
      letters.slice(span.start, span.end).flatMap(([node, from, to]) => {
        const range = document.createRange();
        range.setStart(node, from); range.setEnd(node, to);
        return local(range.getClientRects(), plain);
      })))]));
  const said = plain.textContent;
  plain.replaceWith(text);
  return { marked, expected, said };
}"""


def test_highlights_lie_on_their_letters(shared: Served, visit: Visit, bundled: Path) -> None:
    ana = visit(shared)
    ana.sign_in("ana")
    found = rows(bundled, WITH_EVIDENCE)
    assert {item["language"] for item in found} == {"ps", "ur", "prs"}
    assert len(found) >= 10
    for item in found:
        page = ana.go(f"/item/{item['item_no']}")
        places = page.evaluate(PLACES, item["evidence"])
        assert places["said"] == item["text"]
        for kind, expected in places["expected"].items():
            marked = places["marked"][kind]
            where = f"item {item['item_no']}, {kind}"
            assert len(marked) == len(expected), f"{where}: {marked} is not {expected}"
            for mine, theirs in zip(marked, expected, strict=True):
                # The tops of elements and of ranges differ by the padding of marks alone.
                assert mine[1:] == pytest.approx(theirs[1:], abs=1.5), where
                assert mine[0] == pytest.approx(theirs[0], abs=4), where


def strong(line: str) -> str | None:
    """The direction of the first strong letter."""
    for letter in line:
        kind = unicodedata.bidirectional(letter)
        if kind in ("R", "AL", "L"):
            return "ltr" if kind == "L" else "rtl"
    return None


def test_each_paragraph_reads_its_own_way(shared: Served, visit: Visit, bundled: Path) -> None:
    ana = visit(shared)
    ana.sign_in("ana")
    mixed = """
        SELECT i.item_no, any_value(f.text) AS text FROM flagged f JOIN items i USING (revision_no)
        WHERE f.language IN ('ps', 'ur', 'prs') AND regexp_matches(f.text, '\\n[a-zA-Z]')
        GROUP BY ALL ORDER BY i.item_no LIMIT 3
    """
    found = rows(bundled, mixed)
    assert len(found) == 3
    for item in found:
        page = ana.go(f"/item/{item['item_no']}")
        shown = page.evaluate(
            """() => [...document.querySelectorAll("#text p[data-start]")].map(p => {
              const range = document.createRange(), box = p.getBoundingClientRect();
              range.selectNodeContents(p);
              const first = [...range.getClientRects()].find(rect => rect.width > 0);
              return { text: p.textContent, way: getComputedStyle(p).direction,
                       left: first ? first.left - box.left : 0,
                       right: first ? box.right - first.right : 0 };
            })"""
        )
        assert {"rtl", "ltr"} <= {line["way"] for line in shown}
        for line in shown:
            expected = strong(line["text"])
            if expected is None or not line["text"].strip():
                continue
            assert line["way"] == expected, line
            assert (line["right"] if expected == "rtl" else line["left"]) < 2, line


def blurred(page: Page) -> bool:
    """Whether the text of the item cannot be read."""
    return "blur" in str(page.evaluate("getComputedStyle(document.querySelector('#text')).filter"))


def set_to(visitor: Visitor, **choices: str) -> None:
    page = visitor.go("/settings")
    for name, value in choices.items():
        page.locator(f"#{name}").select_option(value)
    page.get_by_role("button", name="Save").click()
    page.get_by_text("Your settings are kept.").wait_for()


def numbers(warehouse: Path, how: str) -> list[int]:
    return [row["item_no"] for row in rows(warehouse, SEVERE.format(how))]


def test_severe_text_is_blurred_until_it_is_revealed(
    shared: Served, visit: Visit, bundled: Path
) -> None:
    ana = visit(shared)
    ana.sign_in("bilal")
    severe, calm = numbers(bundled, "="), numbers(bundled, "<")
    page = ana.go(f"/item/{severe[0]}")
    assert blurred(page)
    ana.press("v")
    assert not blurred(page)
    ana.press("v")
    assert blurred(page)
    ana.press("v")
    page = ana.go(f"/item/{severe[1]}")
    assert blurred(page)  # revealing holds for one item
    assert not blurred(ana.go(f"/item/{calm[0]}"))
    # Nor does it stand in what is opened beside it, or in the queue.
    page = ana.go(f"/item/{severe[0]}/around")
    page = ana.go(f"/item/{severe[0]}")
    page.locator('[data-part="around"] summary').click()
    around = page.locator('[data-part="around"] .veil').first
    around.wait_for()
    assert "blur" in around.evaluate("element => getComputedStyle(element).filter")

    set_to(ana, blur="off")
    assert not blurred(ana.go(f"/item/{severe[0]}"))
    set_to(ana, blur="all")
    page = ana.go(f"/item/{calm[0]}")
    assert blurred(page)
    ana.press("v")
    assert not blurred(page)
    assert "blur" in ana.go("/queue").locator(".row-text").first.evaluate(
        "element => getComputedStyle(element).filter"
    )


def test_muted_theme_and_size_are_ones_own(shared: Served, visit: Visit, bundled: Path) -> None:
    ana = visit(shared)
    ana.sign_in("lea")
    light = """() => {
      const paper = getComputedStyle(document.body).backgroundColor;
      const [red, green, blue] = paper.match(/[\\d.]+/g).map(Number);
      return (red + green + blue) / 3 > 128;
    }"""
    size = "parseFloat(getComputedStyle(document.querySelector('#text')).fontSize)"
    page = ana.go(f"/item/{numbers(bundled, '=')[0]}")
    normal, colours = page.evaluate(size), "getComputedStyle(document.documentElement).filter"
    assert "saturate" in page.evaluate(colours)
    page.emulate_media(color_scheme="dark")
    assert not page.evaluate(light)
    page.emulate_media(color_scheme="light")
    assert page.evaluate(light)
    set_to(ana, theme="dark", muted="no", text_size="larger")
    assert not ana.go("/review").evaluate(light)
    page.emulate_media(color_scheme="dark")
    set_to(ana, theme="light")
    page = ana.go(f"/item/{numbers(bundled, '=')[0]}")
    assert page.evaluate(light)
    assert page.evaluate(size) > 1.15 * normal
    assert page.evaluate(colours) == "none"
