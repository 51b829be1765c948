"""Where Chromium puts the letters: highlights on the right ones, everything else in its order."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jinja2
import numpy as np
import pytest
from matplotlib.image import imread

from ops.console.text import KINDS, changed, shown

if TYPE_CHECKING:
    from playwright.sync_api import Page

CONSOLE = Path(__file__).parents[3] / "ops" / "console"
MACROS: Any = (
    jinja2.Environment(loader=jinja2.FileSystemLoader(CONSOLE / "templates"), autoescape=True)
    .get_template("text.html")
    .module
)
CSS = (CONSOLE / "static" / "text.css").read_text(encoding="utf-8")
FONTS = ["sans-serif", "'Noto Naskh Arabic'", "'Noto Nastaliq Urdu'"]

# language, text, what is marked in it: words with what they show, in order
MESSAGES = {
    "Pashto": (
        "ps",
        "د پنډۍ جرنیلان دومره بې شرمه دي چې د خپل ولس په ژړا هم خاندي.",
        [("پنډۍ جرنیلان", "target"), ("جر", "quote"), ("شرمه", "cue"), ("لس په ژ", "claim")],
    ),
    "Urdu": (
        "ur",
        "سب جانتے ہیں کہ فتنہ الخوارج کی ڈوریاں دہلی سے ہلتی ہیں۔ یہ کرائے کے لوگ ہیں اور کچھ نہیں۔"
        " داعش خراسان والے پرلے درجے کے جھوٹے اور بزدل ہیں۔",
        [("الخوارج", "target"), ("خوارج کی ڈو", "cue"), ("رائے", "cue"),
         ("لوگ ہیں اور کچھ نہیں۔ داعش", "quote")],
    ),
    "Dari": (
        "prs",
        "کمک‌های خود را به برادران ما برسانید، می‌خواهیم که بیایید.\nشمارهٔ کارت ۶۰۳۷ ۹۹۱۱ است.",
        [("برادران", "beneficiary"), ("می‌خوا", "ask"), ("کارت ۶۰۳۷", "route"),
         ("۹۹۱۱", "indicator")],
    ),
    "vowel signs": ("ps", "دُشمَن دَ مُلک", [("دُش", "cue"), ("مُ", "target")]),
    "right to left with Latin": (
        "ur",
        "ہمارے چینل t.me/x پر USDT (TRC20) بھیجیں: TQx12ab، شکریہ 100% bhai!",
        [("چینل t.me", "route"), ("USDT (TRC20) بھی", "ask"), ("TQx12ab،", "indicator"),
         ("100% bh", "cue")],
    ),
    "left to right with Arabic": (
        "en",
        "They call داعش خراسان puppets (مزدوران) of 3 states, see page 12 عکس now",
        [("call داعش", "cue"), ("خراسان puppets (مز", "target"), ("12 عک", "quote")],
    ),
    "isolates and overrides": (
        "ur",
        "اس نے \u2067abc سلام\u2069 اور \u202edef غلام\u202c کہا (\u2066xyz، ہاں\u2069)!",
        [("abc سلا", "cue"), ("def غل", "target"), ("xyz، ہا", "quote")],
    ),
    "emoji": ("ps", "سلام 👨\u200d👩\u200d👧 دوسته 👍🏽 ښه",
              [("👨\u200d👩\u200d👧 دو", "cue"), ("👍🏽", "target")]),
}  # fmt: skip


def marks_of(text: str, words: list[tuple[str, str]]) -> list[dict[str, Any]]:
    found = []
    for word, kind in words:
        start = text.index(word)
        found.append({"start": start, "end": start + len(word), "shows": kind})
    return found


def open_(page: Page, *parts: Any, font: str = "sans-serif", extra: str = "") -> None:
    body = "\n".join(f'<section id="part{n}">{part}</section>' for n, part in enumerate(parts))
    page.set_content(
        f"<!doctype html><meta charset=utf-8><style>{CSS}\n"
        f"body {{ font: 20px/1.5 {font}; width: 30em }}\n{extra}</style><body>{body}"
    )


# For each kind that is shown: where its mark elements are, and where the same letters are in an
# unmarked copy, as stretches (top, left, right) from the corner of their paragraphs; neighbours on
# one line as one, as a mark is of several elements where it crosses another or a sign.
RECTS = """() => {
  const paragraphs = id => [...document.querySelectorAll(`#${id} p`)];
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
  const local = (rects, p) => {
    const corner = p.getBoundingClientRect();
    return [...rects].filter(r => r.width > 0.01)
      .map(r => [r.top - corner.top, r.left - corner.left, r.right - corner.left]);
  };
  const letters = p => {
    const walker = document.createTreeWalker(p, NodeFilter.SHOW_TEXT), places = [];
    while (walker.nextNode())
      for (let i = 0; i < walker.currentNode.length; i++) places.push([walker.currentNode, i]);
    return places;
  };
  const found = {};
  const plain = paragraphs("part1");
  paragraphs("part0").forEach((p, number) => {
    const places = letters(p), copies = letters(plain[number]);
    for (const mark of p.querySelectorAll("mark")) {
      const first = places.findIndex(([node]) => mark.contains(node));
      const last = places.findLastIndex(([node]) => mark.contains(node));
      const range = document.createRange();
      const text = places.slice(first, last + 1).map(([node, i]) => node.data[i]).join("");
      range.setStart(...copies[first]);
      range.setEnd(copies[last][0], copies[last][1] + 1);
      for (const kind of mark.classList) {
        found[kind] ??= {marked: [], plain: [], text: ""};
        found[kind].marked.push(...local(mark.getClientRects(), p));
        found[kind].plain.push(...local(range.getClientRects(), plain[number]));
        found[kind].text += text;
      }
    }
  });
  for (const kind in found) {
    found[kind].marked = join(found[kind].marked);
    found[kind].plain = join(found[kind].plain);
  }
  return found;
}"""


@pytest.mark.parametrize("font", FONTS)
@pytest.mark.parametrize("name", MESSAGES)
def test_a_highlight_covers_its_letters(page: Page, name: str, font: str) -> None:
    language, text, words = MESSAGES[name]
    marks = marks_of(text, words)
    unmarked = MACROS.message_text(shown(text, [], language=language))
    open_(page, MACROS.message_text(shown(text, marks, language=language)), unmarked, font=font)
    found = page.evaluate(RECTS)
    for kind in {kind for _, kind in words}:
        rects = found[f"shows-{kind}"]
        assert rects["text"] == "".join(word for word, shows in words if shows == kind)
        assert len(rects["marked"]) == len(rects["plain"]) > 0
        for marked, plain in zip(rects["marked"], rects["plain"], strict=True):
            assert marked[1:] == pytest.approx(plain[1:], abs=1), (kind, rects)
            assert marked[0] == pytest.approx(plain[0], abs=3)


BARE = "background: none; text-decoration: none"
WORDS = ["داعشیان", "الخوارج", "خواهم", "لاسونه", "پښتانه", "مُحَمَّد"]


def torn(page: Page, word: str, font: str, style: str) -> list[float]:
    """How much of the ink changes with a mark up to the first, second … letter: 0 for nothing.

    Only letters are compared, so marks are without colour and line here.
    """
    parts = [
        MACROS.message_text(shown(word, [{"start": 0, "end": edge, "shows": "cue"}]))
        for edge in range(len(word))  # the first is not marked
    ]
    open_(page, *parts, font=font, extra=f".message-text mark[class] {{ {style} }}")
    assert page.locator("mark").count() == len(word) - 1
    pictures = [
        imread(BytesIO(page.locator(f"#part{n} p").screenshot()))[..., :3]
        for n in range(len(parts))
    ]
    plain = pictures[0]
    return [float(np.abs(plain - other).sum() / (1 - plain).sum()) for other in pictures[1:]]


@pytest.mark.parametrize("font", FONTS)
@pytest.mark.parametrize("word", WORDS)
def test_letters_join_across_a_mark(page: Page, word: str, font: str) -> None:
    # What is painted in two pieces differs by shades at the seam, a torn word by a fifth or more.
    assert max(torn(page, word, font, BARE)) < 0.1


@pytest.mark.parametrize("font", FONTS)
def test_a_torn_word_would_be_noticed(page: Page, font: str) -> None:
    assert min(torn(page, "خښتین", font, f"{BARE}; padding: 0 0.5px")) > 0.2
    assert max(torn(page, "خښتین", font, f"{BARE}; display: inline-block")) > 0.2


LETTERS = """id => {
  const walker = document.createTreeWalker(document.getElementById(id), NodeFilter.SHOW_TEXT);
  const lefts = [];
  while (walker.nextNode())
    for (let i = 0; i < walker.currentNode.length; i++) {
      const range = document.createRange();
      range.setStart(walker.currentNode, i);
      range.setEnd(walker.currentNode, i + 1);
      lefts.push(Math.round(range.getBoundingClientRect().left));
    }
  return lefts;
}"""


@pytest.mark.parametrize(
    "control", ["\u202e", "\u202d\u202e" * 70, "\u2067", "\u202b", "\u2067\u202e"]
)
def test_an_override_ends_with_its_paragraph(page: Page, control: str) -> None:
    after = "then (1) abc سلام 23 - x"
    page_around = "<p>around (2) סלام abc 45</p>"
    lefts = []
    for text in (f"abc {control}defghi\n{after}", f"abc defghi\n{after}"):
        part = shown(text, [{"start": 3, "end": 6, "shows": "cue"}])
        first, second = MACROS.message_text(part).split("</p>", 1)
        assert "abc" in first
        assert after in second
        html = MACROS.message_text(part)
        open_(page, f"<span>12 abc {html} def (3)</span>", page_around)
        page.evaluate("document.querySelectorAll('#part0 p')[1].id = 'after'")
        lefts.append([page.evaluate(LETTERS, "after"), page.evaluate(LETTERS, "part1")])
    assert lefts[0] == lefts[1]


def test_an_override_in_what_was_removed_ends_with_it(page: Page) -> None:
    lefts = []
    for control in ("", "\u202e"):
        changes = changed(f"abc {control}gone kept (1) def", "abc kept (1) def")
        open_(page, MACROS.difference(changes))
        assert page.locator("del").count() == 1
        left = page.evaluate(LETTERS, "part0")[-len("kept (1) def") :]
        lefts.append([place - left[0] for place in left])
    assert lefts[0] == pytest.approx(lefts[1], abs=1)
    assert lefts[0] == sorted(lefts[0])


HOSTILE = (
    "<script>document.title='run'</script> <img src=x onerror=\"document.title='run'\">\r\n"
    "javascript:alert(1) https://example.org/?a=b&amp;c \u202eabc\u202c \u200b\ufeff&#13;&lt;\r"
    "سلام می\u200cخواهم \x00\x1b[31m \ud83d\ude00 👨\u200d👩\u200d👧\u2028next\x85"
    "a\u0301\u0302 \ufdd0 \U000e0041 tab\there  two spaces \n\nend"
)


def test_the_text_in_the_page_is_the_raw_text(page: Page) -> None:
    marks = [{"start": at, "end": at + 9, "shows": "cue"} for at in range(0, len(HOSTILE), 13)]
    open_(page, MACROS.message_text(shown(HOSTILE, marks, language="ur")))
    expected = (
        HOSTILE.replace("\x00", "␀").replace("\x1b", "␛").replace("\x85", "\ufffd")
        .replace("\ud83d\ude00", "\ufffd\ufffd")
    )  # fmt: skip
    assert page.evaluate("document.querySelector('.message-text').textContent") == expected
    assert page.title() == ""
    assert page.locator("script, img, a, [href], [src]").count() == 0
    names = page.evaluate(
        "[...new Set([...document.querySelectorAll('section *')].map(e => e.localName))].sort()"
    )
    assert names == ["div", "mark", "p", "span"]


def test_what_is_copied_is_the_raw_text(page: Page) -> None:
    text = "سلام \u202eabc\u202c می\u200cخواهم\nline\u200b two\n\n\r\n  indented\tx\nend"
    marks = [{"start": 2, "end": 8, "shows": "cue"}, {"start": 20, "end": 30, "shows": "target"}]
    open_(page, MACROS.message_text(shown(text, marks, language="ps")))
    copied = page.evaluate(
        """() => {
          getSelection().selectAllChildren(document.querySelector(".message-text"));
          return getSelection().toString();
        }"""
    )
    assert copied == text


def test_lines_start_at_their_own_side(page: Page) -> None:
    open_(page, MACROS.message_text(shown("سلام\nhello\n123", [], language="ps")))
    sides = page.evaluate(
        """() => [...document.querySelectorAll("p")].map(p => {
          const range = document.createRange(), box = p.getBoundingClientRect();
          range.selectNodeContents(p);
          const text = [...range.getClientRects()].find(rect => rect.width > 0);
          return [Math.round(text.left - box.left), Math.round(box.right - text.right)];
        })"""
    )
    assert [side.index(0) for side in sides] == [1, 0, 1]


@pytest.mark.parametrize(
    "text",
    ["e" + "\u0301" * 5_000, "e" + "\u0316\u0301" * 4, "x" * 5_000, "ﷺ" * 600, "\u202e" * 4_000],
)
def test_nothing_of_a_message_paints_outside_of_it(page: Page, text: str) -> None:
    pictures = []
    for message in ("e", text):
        open_(page, "above", MACROS.message_text(shown(message, [])))
        box = page.locator(".message-text").bounding_box()
        assert box is not None
        assert box["width"] == pytest.approx(600, abs=1)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        clip = {"x": 0.0, "y": 0.0, "width": 900.0, "height": float(int(box["y"]))}
        pictures.append(page.screenshot(clip=clip))  # type: ignore[arg-type]
    assert pictures[0] == pictures[1]


def test_each_kind_has_a_line_of_its_own(page: Page) -> None:
    open_(page, MACROS.marks_key(KINDS))
    for colours in ("none", "active"):
        page.emulate_media(forced_colors=colours)  # type: ignore[arg-type]
        lines = page.evaluate(
            """() => [...document.querySelectorAll("mark")].map(mark => {
              const style = getComputedStyle(mark);
              return [style.textDecorationLine, style.textDecorationStyle,
                      style.textDecorationThickness].join(" ");
            })"""
        )
        assert len(set(lines)) == len(KINDS)
        assert all(line.startswith("underline") for line in lines)
