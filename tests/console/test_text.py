"""Message text on a page: nothing of it lost, altered, interpreted or unbounded."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, ClassVar

import jinja2
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ops.console.text import (
    KINDS,
    MOST,
    Change,
    Segment,
    Shown,
    changed,
    controls,
    evidence,
    passages,
    shown,
)
from ops.console.text import directions as ways
from ops.console.text.segments import SPANS, STACK, letter_end, letter_start, stretches

CONSOLE = Path(__file__).parents[2] / "ops" / "console"
MACROS: Any = (
    jinja2.Environment(
        loader=jinja2.FileSystemLoader(CONSOLE / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
    )
    .get_template("text.html")
    .module
)

_PIECES = st.sampled_from(
    [
        "<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "&amp;", "&#13;", "]]>",
        "<!--", "-->", "</p>", "{{ 7*7 }}", "javascript:alert(1)", "https://example.org/?a=b&c",
        "\x00", "\x1b[31m", "\ud83d", "\ude00", "\r", "\n", "\r\n", "\n\n\n\n", "\u2028", "\x85",
        "\x1c", "\t", "  ", "\u202e", "\u202c", "\u2067", "\u2069", "\u200b", "\u200c", "\u200d",
        "\ufeff", "\u00ad", "\u0301", "\u0301" * 20, "\u064e", "\ufe0f", "\U000e0041", "\ufdd0",
        "چور", "می\u200cخواهم", "دُشمن", "سلام", "abc", "12", "👨\u200d👩\u200d👧", "👍🏽", "🏴",
    ]
)  # fmt: skip
TEXTS = st.lists(
    st.one_of(_PIECES, st.text(st.characters(exclude_categories=()), max_size=8)), max_size=24
).map("".join)


@st.composite
def marked(draw: st.DrawFn) -> tuple[str, list[dict[str, Any]]]:
    """A text with spans on it, some beyond its ends or empty."""
    text = draw(TEXTS)
    places = st.integers(-2, len(text) + 3)
    spans = draw(st.lists(st.tuples(places, places, st.sampled_from([*KINDS, "<b>"])), max_size=8))
    return text, [{"start": a, "end": b, "shows": kind} for a, b, kind in spans]


def segments(part: Shown) -> list[Segment]:
    return [segment for paragraph in part.paragraphs for segment in paragraph.segments]


def all_parts(text: str, marks: list[dict[str, Any]], **options: Any) -> Iterator[Shown]:
    at = 0
    while True:
        part = shown(text, marks, at=at, **options)
        yield part
        if not part.folded:
            return
        assert part.end > at
        at = part.end


class Page(HTMLParser):
    """What a browser's parser would make of a page: elements, attributes, text."""

    ALLOWED: ClassVar[dict[str, set[str]]] = {
        "div": {"class", "lang"},
        "p": {"class", "dir", "data-start"},
        "mark": {"class", "title", "id"},
        "span": {"class", "dir", "title", "data-sign", "data-length"},
        "ul": {"class"},
        "li": set(),
        "a": {"class", "href", "data-passage"},
        "bdi": {"class"},
        "ins": {"dir"},
        "del": {"dir"},
        "strong": set(),
    }

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.text = ""
        self.classes: set[str] = set()
        self.feed(str(html))  # not Markup, whose slices escape anew
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        assert set(names) <= self.ALLOWED[tag]
        assert len(set(names)) == len(names)
        self.open.append(tag)
        values = dict(attrs)
        self.classes |= set((values.get("class") or "").split())
        assert values.get("dir", "rtl") in ("rtl", "ltr")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"a comment: {data!r}")

    handle_decl = unknown_decl = handle_pi = handle_comment


def carried(segment: Segment, raw: str) -> None:
    """Hold a segment against the stretch of raw text that it says it is."""
    assert len(raw) == segment.end - segment.start > 0
    if segment.text == "":
        assert raw.isspace() or all(unicodedata.category(letter)[0] == "M" for letter in raw)
        assert segment.sign.startswith("+ ")
        assert segment.control
    elif segment.text != raw:
        assert len(segment.text) == len(raw)
        assert all(controls.FOREIGN.match(letter) for letter in raw)
        assert not controls.FOREIGN.search(segment.text)
        assert segment.control


@given(marked(), st.integers(1, 40))
@example(("a" + "\u0301" * 50, [{"start": 0, "end": 1, "shows": "cue"}]), 5)
def test_the_segments_are_the_text(drawn: tuple[str, list[dict[str, Any]]], most: int) -> None:
    text, marks = drawn
    reached = 0
    for part in all_parts(text, marks, most=most):
        assert part.end - part.start <= most
        assert part.length == len(text)
        for paragraph in part.paragraphs:
            assert paragraph.start == paragraph.segments[0].start
            for segment in paragraph.segments:
                assert segment.start == reached
                carried(segment, text[segment.start : segment.end])
                reached = segment.end
        assert reached == part.end
    assert reached == len(text)


@given(marked())
def test_every_letter_of_a_span_says_what_it_shows(drawn: tuple[str, list[dict[str, Any]]]) -> None:
    text, marks = drawn
    showing: dict[int, set[str]] = {}
    for segment in segments(shown(text, marks)):
        for place in range(segment.start, segment.end):
            showing[place] = set(segment.shows)
            if not segment.text and text[place].isspace():
                showing[place] = set(KINDS) | {"other"}  # blank lines that are left out
    least: dict[int, set[str]] = {place: set() for place in showing}
    most: dict[int, set[str]] = {place: set() for place in showing}
    for mark in marks:
        kind = mark["shows"] if mark["shows"] in KINDS else "other"
        start, end = max(mark["start"], 0), min(mark["end"], len(text))
        if start < end:
            for place in range(start, end):
                least[place].add(kind)
            for place in range(letter_start(text, start), letter_end(text, end)):
                most[place].add(kind)
    for place, kinds in showing.items():
        assert least[place] <= kinds
        assert kinds <= most[place] or text[place].isspace()


@given(marked(), st.sampled_from(["ps", "en", None, '"><script>']))
def test_the_page_carries_the_text_and_nothing_of_it_is_markup(
    drawn: tuple[str, list[dict[str, Any]]], language: str | None
) -> None:
    text, marks = drawn
    part = shown(text, marks, language=language)
    page = Page(MACROS.message_text(part))
    assert page.text == "".join(segment.text for segment in segments(part))
    kinds = {f"shows-{kind}" for kind in (*KINDS, "other", "several")}
    assert page.classes <= {"message-text", "text-sign"} | kinds
    page.text.encode()  # no half of a surrogate pair


@given(TEXTS, TEXTS, TEXTS, TEXTS)
def test_a_difference_holds_both_texts(a: str, old: str, new: str, b: str) -> None:
    changes = changed(a + old + b, a + new + b, language="ps")
    page = Page(MACROS.difference(changes))
    assert page.text == "".join(s.text for change in changes for s in change.segments)
    sides = {
        side: "".join(change.text for change in changes if change.kind in ("same", side))
        for side in ("removed", "added")
    }
    assert not any(change.omitted for change in changes)
    assert sides == {"removed": a + old + b, "added": a + new + b}
    for change in changes:
        assert len(change.text.splitlines()) <= 1


@given(TEXTS)
def test_lines_are_those_of_python(text: str) -> None:
    lines = [text[start:end] for start, end in ways.lines(text, 0, len(text))]
    assert lines == text.splitlines(keepends=True)


def test_every_invisible_character_is_known() -> None:
    # Signs of Arabic and Syriac that enclose numbers are of this category too, and are seen.
    seen = {*range(0x600, 0x606), 0x6DD, 0x70F, 0x890, 0x891, 0x8E2, 0x110BD, 0x110CD}
    for code in range(0x110000):
        letter = chr(code)
        category = unicodedata.category(letter)
        if (category == "Cf" and code not in seen) or category in ("Zl", "Zp"):
            assert controls.UNSEEN.match(letter), f"U+{code:04X}"
        if category in ("Cc", "Cs"):
            assert bool(controls.FOREIGN.match(letter)) == (letter not in "\t\n\r"), f"U+{code:04X}"
        if category[0] in "LNP" and controls.UNSEEN.match(letter):
            assert "FILLER" in unicodedata.name(letter)


@pytest.mark.parametrize(
    ("text", "direction"),
    [
        ("سلام abc", "rtl"),
        ("abc سلام", "ltr"),
        ("12. (سلام) abc", "rtl"),
        ("\u2067سلام\u2069 abc", "ltr"),
        ("\u2066abc\u2069 سلام", "rtl"),
        ("\u2066abc \u2067x\u2069 y\u2069 سلام", "rtl"),
        ("\u2067سلام abc", "rtl"),  # never closed: nothing is left, so the language's
        ("\u2069abc", "ltr"),  # closes nothing
        ("\u202eabc", "ltr"),  # an override is not a letter
        ("\u200fabc", "rtl"),  # a mark is
        ("12 + 34 😀", "rtl"),
        ("", "rtl"),
        ("שלום", "rtl"),
    ],
)
def test_direction_of_a_paragraph(text: str, direction: str) -> None:
    assert ways.direction(text, 0, "rtl") == direction


def test_each_line_runs_its_own_way_and_one_without_letters_as_the_language() -> None:
    text = "سلام\nhello\n123\n"
    assert [p.direction for p in shown(text, [], language="ur").paragraphs] == ["rtl", "ltr", "rtl"]
    assert [p.direction for p in shown(text, []).paragraphs] == ["rtl", "ltr", "ltr"]
    assert [p.direction for p in shown(text, [], language="ur-Latn").paragraphs][2] == "ltr"
    assert [p.direction for p in shown(text, [], language="unheard-of").paragraphs][2] == "ltr"


def test_a_later_part_of_a_line_runs_as_the_line() -> None:
    text = "سلام " + "hello " * 50
    first, *rest = all_parts(text, [], most=60)
    assert {p.direction for part in (first, *rest) for p in part.paragraphs} == {"rtl"}
    assert len(rest) > 3


def test_overlapping_spans_are_flat_and_each_names_all() -> None:
    marks = [
        {"start": 2, "end": 8, "shows": "cue"},
        {"start": 4, "end": 6, "shows": "target"},
        {"start": 5, "end": 10, "shows": "quote"},
        {"start": 5, "end": 10, "shows": "quote"},
    ]
    assert stretches("0123456789", marks) == [
        (2, 4, ("cue",)),
        (4, 5, ("target", "cue")),
        (5, 6, ("target", "cue", "quote")),
        (6, 8, ("cue", "quote")),
        (8, 10, ("quote",)),
    ]


@pytest.mark.parametrize(
    ("text", "span", "covered"),
    [
        ("دُشمن", (0, 1), (0, 2)),  # the vowel sign stays on its letter
        ("دُشمن", (1, 3), (0, 3)),
        ("دُشمن", (0, 2), (0, 2)),
        ("می\u200cخواهم", (0, 2), (0, 3)),
        ("x👨\u200d👩\u200d👧y", (1, 2), (1, 6)),
        ("x👨\u200d👩\u200d👧y", (5, 6), (1, 6)),
        ("👍🏽!", (0, 1), (0, 2)),
        ("a\n\u0301b", (2, 3), (2, 3)),  # nothing joins a mark to the line before
    ],
)
def test_letters_are_not_torn(text: str, span: tuple[int, int], covered: tuple[int, int]) -> None:
    (found,) = stretches(text, [{"start": span[0], "end": span[1], "shows": "cue"}])
    assert found[:2] == covered


@pytest.mark.parametrize(
    "text",
    [
        "می\u200cخواهم", "۱۴۰۲ ه\u200d ق", "کتاب\u064e\u200cها", "❤\ufe0f",
        "1\ufe0f\u20e3", "👨\u200d👩\u200d👧",
        "🏳\ufe0f\u200d🌈", "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
        "क\u094d\u200dष", "tab\tand\nline\r\n",
    ],
)  # fmt: skip
def test_what_does_honest_work_has_no_sign(text: str) -> None:
    assert [s.sign or s.control for s in segments(shown(text, []))] == [None] * len(
        text.splitlines()
    )


@pytest.mark.parametrize(
    ("text", "sign"),
    [
        ("a\u200cb", "ZWNJ"), ("a\u200db", "ZWJ"), ("a\u200bb", "ZWSP"), ("a\u00adb", "SHY"),
        ("سل\u200bام", "ZWSP"), ("\u202eabc", "RLO"), ("a\u2067\u2069", "RLI PDI"),
        ("\ufeffa", "BOM"),
        ("سلام\u200c abc", "ZWNJ"), ("a\ufe0f", "VS16"), ("a" + "\U000e0041" * 5, "TAG ×5"),
        ("a\u3164", "U+3164"), ("a\u2028", "LS"), ("\u200e\u200e\u200f", "LRM RLM ×3"),
        ("\u200b\u200c\u200d\u200e", "ZWSP ZWNJ ZWJ…"),
    ],
)  # fmt: skip
def test_what_is_invisible_has_a_sign_beside_the_raw_text(text: str, sign: str) -> None:
    found = segments(shown(text, []))
    assert [segment.sign for segment in found if segment.sign] == [sign]
    assert "".join(segment.text for segment in found) == text


def test_what_a_page_cannot_carry_is_replaced_one_for_one_and_named() -> None:
    found = segments(shown("a\x00\x1b\ud800b\x7f\x9bc", []))
    assert [(s.text, s.control) for s in found] == [
        ("a", None),
        (
            "␀␛\ufffd",
            "control character U+0000, control character U+001B, half of a surrogate pair U+D800",
        ),
        ("b", None),
        ("␡\ufffd", "control character U+007F, control character U+009B"),
        ("c", None),
    ]


def test_stacked_marks_and_blank_lines_are_counted_not_shown() -> None:
    found = segments(shown("a" + "\u0301" * 20 + "b", []))
    assert [(len(s.text), s.end - s.start, s.sign) for s in found] == [
        (1 + STACK, 1 + STACK, ""),
        (0, 12, "+ 12 marks"),
        (1, 1, ""),
    ]
    part = shown("a\n\n \n\t\n\nb\n\n\n\nc", [])
    assert [segment.sign for segment in segments(part)] == [
        "", "", "", "+ 2 blank lines", "", "", "", "+ 1 blank line", "",
    ]  # fmt: skip


def test_a_fold_falls_between_lines_or_words_or_letters() -> None:
    assert shown("one two three\nfour five six", [], most=20).end == len("one two three\n")
    assert shown("one two three four", [], most=10).end == len("one two ")
    assert shown("x" * 9 + "e\u0301", [], most=10).end == 9
    assert shown("x" * 50, [], most=10).end == 10
    assert not shown("x" * 10, [], most=10).folded
    assert shown("x" * 9 + "\r\ny", [], most=10).end == 9


def test_marks_beyond_a_fold_are_counted() -> None:
    marks = [{"start": at, "end": at + 3, "shows": "cue"} for at in (0, 5000, 9000)]
    part = shown("word " * 2000, marks)
    assert (part.folded, part.length, part.beyond) == (True, 10_000, 2)
    assert "2 marked passages" in MACROS.message_text(part)
    rest = shown("word " * 2000, marks, at=part.end, most=MOST)
    assert (rest.folded, rest.beyond) == (False, 0)


@given(marked())
def test_a_passage_is_what_was_marked_and_where_it_stands(
    drawn: tuple[str, list[dict[str, Any]]],
) -> None:
    text, marks = drawn
    found = passages(text, marks)
    ids = set(re.findall(r'id="(at-\d+)"', MACROS.message_text(shown(text, marks), named=True)))
    for one in found:
        assert 0 <= one.start < one.end <= len(text)
        assert one.shows in (*KINDS, "other")
        for segment in one.segments:
            carried(segment, text[segment.start : segment.end])
        letters = [place for part in one.segments for place in range(part.start, part.end)]
        assert letters == list(range(one.start, one.end))[: len(letters)]
        assert one.cut == (len(letters) < one.end - one.start)
        assert f"at-{one.start}" in ids or len(shown(text, marks).paragraphs) > 2
    wanted = {(max(m["start"], 0), min(m["end"], len(text)), m["shows"]) for m in marks}
    for start, end, shows in wanted:
        if start < end and shows in KINDS and len(found) < evidence.MOST:
            assert any(p.shows == shows and p.start <= start and end <= p.end for p in found)
    page = Page(MACROS.marked(found, shown(text, marks)))
    assert {f"shows-{one.shows}" for one in found} <= page.classes


def test_many_and_long_passages_are_bounded() -> None:
    text = "letters " * 5_000
    marks = [{"start": at, "end": at + 4_000, "shows": "cue"} for at in range(0, 30_000, 8)]
    found = passages(text, marks)
    assert len(found) == evidence.MOST
    assert all(one.cut for one in found)
    assert len(MACROS.marked(found, shown(text, marks))) < 40 * 600


HOSTILE = {
    "marks": "a" + "\u0301" * 1_000_000,
    "overrides": "\u202e" * 1_000_000,
    "overrides and letters": "a\u202e" * 500_000,
    "pairs of controls": "\u2067\u2066\u202e" * 300_000,
    "line ends": "\n" * 100_000,
    "short lines": "a\n" * 500_000,
    "one word": "x" * 1_000_000,
    "one joined word": "چور" * 300_000,
    "nulls": "\x00" * 1_000_000,
    "markup": '<b class="&">' * 80_000,
    "spaces": " " * 1_000_000,
}


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("most", [4_000, 10**9])
def test_the_page_is_bounded_whatever_the_text(name: str, most: int) -> None:
    text = HOSTILE[name]
    marks = [{"start": at, "end": at + 9, "shows": KINDS[at % 8]} for at in range(0, 50_000, 7)]
    part = shown(text, marks, most=most)
    assert 0 < part.end <= min(most, MOST)
    assert part.folded
    assert sum(len(paragraph.segments) for paragraph in part.paragraphs) < 3_500
    assert len(MACROS.message_text(part)) < 600_000
    assert len(MACROS.message_text(shown(text, [], most=4_000))) < 120_000


@pytest.mark.parametrize("name", HOSTILE)
def test_a_difference_is_bounded_whatever_the_texts(name: str) -> None:
    text = HOSTILE[name]
    for other in ("", text[::-1] + "x", "word " * 200_000, text + "!", "!" + text):
        changes = changed(text, other)
        assert sum(len(change.text) for change in changes) <= 10_000
        assert len(MACROS.difference(changes)) < 500_000


def test_no_more_than_the_first_spans_are_marked() -> None:
    marks = [{"start": at, "end": at + 1, "shows": "cue"} for at in range(0, 2_000, 2)]
    assert len(stretches("x" * 2_000, marks)) == SPANS


def kinds(changes: tuple[Change, ...]) -> list[tuple[str, str]]:
    return [(change.kind, change.text) for change in changes if change.text]


def test_words_are_compared_and_where_they_are_too_many_lines() -> None:
    assert kinds(changed("alpha beta", "alpha beta gamma")) == [
        ("same", "alpha beta"),
        ("added", " gamma"),
    ]
    assert kinds(changed("دُشمن راغی.", "دَشمن راغی.")) == [
        ("removed", "دُشمن"),
        ("added", "دَشمن"),
        ("same", " راغی."),
    ]
    lines = [f"line {n} of many words\n" for n in range(300)]
    new = ["first\n", *lines[1:150], "between\n", *lines[150:-1], "last\n"]
    found = changed("".join(lines), "".join(new))
    assert [c.text for c in found if c.kind == "added"] == ["first\n", "between\n", "last"]
    words = [f"{n} " for n in range(4_000)]
    found = changed("".join(words), "".join(reversed(words)))
    assert not any(c.text.strip() for c in found if c.kind == "same")


def test_a_change_in_a_long_text_is_shown_with_what_is_around_it() -> None:
    text = "word " * 100_000
    found = changed(text + "old " + text, text + "new " + text)
    assert [c.text for c in found if c.kind != "same"] == ["old", "new"]
    assert [c.omitted > 400_000 for c in found] == [True, False, False, False, False, True]
    assert "unchanged characters, not shown" in MACROS.difference(found)


def test_each_side_of_a_difference_runs_its_own_way() -> None:
    (removed, added) = changed("hello", "سلام")
    assert (removed.direction, added.direction, removed.way) == ("ltr", "rtl", "rtl")
    found = changed("سلام abc", "سلام def")
    assert {(c.direction, c.way) for c in found} == {("rtl", "rtl")}
    long = "سلام " + "word " * 1_000
    assert {c.way for c in changed(long + "a", long + "b")} == {"rtl"}


def test_a_changed_override_is_seen() -> None:
    html = MACROS.difference(changed("abc", "a\u202ebc"))
    assert re.search(r'<ins dir="ltr">a<span class="text-sign" data-sign="RLO"', html)


def test_marks_do_not_take_room_between_letters() -> None:
    css = (CONSOLE / "static" / "text.css").read_text(encoding="utf-8")
    for kind in (*KINDS, "several"):
        assert f"mark.shows-{kind}" in css
    for rule in re.findall(r"[^{}]*\bmark\b[^{}]*\{([^}]*)\}", css):
        assert not re.search(r"(padding|margin|border)[a-z-]*:\s*[^0;\s]", rule)
        assert "display" not in rule
