"""A stretch of text as flat segments: what each is evidence of, and what in it cannot be seen."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from ops.console.text import controls
from ops.console.text.directions import END

#: What a span may show; the order in which several are named.
KINDS = ("target", "cue", "ask", "route", "beneficiary", "claim", "quote", "indicator")
#: What a span shows that is none of these.
OTHER = "other"
#: Marks in a row on one letter that are shown; more are a disguise, or paint over the lines around.
STACK = 8
#: Spans of one text that are marked, the first ones.
SPANS = 500
#: Names on one sign.
NAMES = 3
# A mark is widened over so many code points at most, to keep a letter and its marks together.
_CLUSTER = 32

#: Start, end, what it shows, in code points.
Stretch = tuple[int, int, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Segment:
    """Some letters in a row that show the same.

    ``start``, ``end``: their place in the raw text. ``text``: what a page carries of them, which
    is the raw text itself but in two cases: characters that a page cannot carry are replaced one
    for one, and what is left out has no text (``text == ""``). ``shows``: what they are evidence
    of. ``control``: what is invisible, replaced or left out here, in words; None for plain text.
    ``sign``: the same in short, to be shown beside the text; empty where the text shows itself.
    """

    text: str
    start: int
    end: int
    shows: tuple[str, ...] = ()
    control: str | None = None
    sign: str = ""

    @property
    def title(self) -> str:
        """What the letters show, in words."""
        return " and ".join(self.shows)


def stretches(text: str, marks: Sequence[Mapping[str, Any]]) -> list[Stretch]:
    """Overlapping spans as stretches that do not overlap, in order, each with all that it shows.

    A span that begins or ends between a letter and its marks (or within an emoji) is widened to
    the whole of it, as half a letter cannot be highlighted; the caller's spans stay as they are.
    What lies outside the text is cut.

    >>> marks = [{"start": 0, "end": 7, "shows": "cue"}, {"start": 4, "end": 7, "shows": "target"}]
    >>> stretches("the foe.", marks)
    [(0, 4, ('cue',)), (4, 7, ('target', 'cue'))]
    """
    edges: list[tuple[int, int, str]] = []
    for mark in sorted(marks, key=lambda mark: int(mark["start"]))[:SPANS]:
        start, end = max(int(mark["start"]), 0), min(int(mark["end"]), len(text))
        if start < end:
            kind = mark["shows"] if mark["shows"] in KINDS else OTHER
            edges.append((letter_start(text, start), 1, kind))
            edges.append((letter_end(text, end), -1, kind))
    edges.sort()
    found: list[Stretch] = []
    open_: dict[str, int] = {}
    reached = 0
    for place, change, kind in edges:
        showing = tuple(name for name in (*KINDS, OTHER) if open_.get(name))
        if place > reached and showing:
            found.append((reached, place, showing))
        reached = place
        open_[kind] = open_.get(kind, 0) + change
    return found


def segments(
    text: str, start: int, end: int, shown: Sequence[Stretch] = (), *, ends: bool = False
) -> tuple[Segment, ...]:
    """The segments of ``text[start:end]``, in order and without gaps.

    ``ends``: give the end of a line a sign too, where it is itself what has changed.
    """
    found: list[Segment] = []
    for first, last, kinds in _filled(shown, start, end):
        found += _runs(text, first, last, kinds, ends)
    return tuple(found)


def letter_start(text: str, place: int) -> int:
    """The start of the letter with its marks, or of the emoji, that ``place`` lies in."""
    least = max(place - _CLUSTER, 0)
    while place > least and _extends(text, place):
        place -= 1
    return place


def letter_end(text: str, place: int) -> int:
    """The end of the letter with its marks, or of the emoji, that ``place`` lies in."""
    most = min(place + _CLUSTER, len(text))
    while place < most and _extends(text, place):
        place += 1
    return place


def _extends(text: str, place: int) -> bool:
    """Whether the character at ``place`` is of one letter or emoji with that before it."""
    if not 0 < place < len(text) or text[place] < "\u0300" or END.match(text, place - 1):
        return False
    letter = text[place]
    if unicodedata.category(letter).startswith("M") or "\U0001f3fb" <= letter <= "\U0001f3ff":
        return True
    if controls.UNSEEN.match(letter):
        return controls.at_work(text, place)
    return text[place - 1] == "\u200d" and controls.pictograph(letter)


def _filled(shown: Sequence[Stretch], start: int, end: int) -> Iterator[Stretch]:
    """The stretches within ``start`` and ``end``, and what lies between them."""
    for opening, closing, kinds in shown:
        first, last = max(opening, start), min(closing, end)
        if first < last:
            if start < first:
                yield start, first, ()
            yield first, last, kinds
            start = last
    if start < end:
        yield start, end, ()


def _runs(text: str, start: int, end: int, kinds: tuple[str, ...], ends: bool) -> Iterator[Segment]:
    sorts = _sorts(text, start, end, ends)
    first = start
    for sort, run in groupby(sorts):
        last = first + sum(1 for _ in run)
        letters = text[first:last]
        if sort == "plain":
            yield Segment(letters, first, last, kinds)
        elif sort == "stacked":
            count = last - first
            words = f"{count:,} more combining mark{'s' * (count > 1)} on one letter, not shown"
            sign = f"+ {count:,} mark{'s' * (count > 1)}"
            yield Segment("", first, last, kinds, words, sign)
        elif sort == "foreign":
            words = _named(controls.name, letters)
            carried = "".join(map(controls.stand_in, letters))
            yield Segment(carried, first, last, kinds, words)
        elif sort == "end":
            yield Segment(letters, first, last, kinds, "end of line", "↵")
        else:
            words = _named(controls.name, letters)
            yield Segment(letters, first, last, kinds, words, _named(controls.short, letters))
        first = last


def _named(naming: Any, letters: str) -> str:
    names = list(dict.fromkeys(map(naming, dict.fromkeys(letters))))
    words = " ".join(names[:NAMES]) if naming is controls.short else ", ".join(names[:NAMES])
    more = "…" if len(names) > NAMES else ""
    return f"{words}{more} ×{len(letters):,}" if len(letters) > len(names) else words + more


def _sorts(text: str, start: int, end: int, ends: bool) -> Iterator[str]:
    """Of what sort each character is, for the eye."""
    before = start
    while before > max(start - STACK, 0) and unicodedata.category(text[before - 1])[0] == "M":
        before -= 1
    marks = start - before
    for place in range(start, end):
        letter = text[place]
        if " " <= letter <= "~":
            marks = 0
            yield "plain"
        elif ends and letter in "\r\n":
            yield "end"
        elif controls.NOTABLE.match(letter):
            if controls.FOREIGN.match(letter):
                marks = 0
                yield "foreign"
            else:
                yield "plain" if controls.at_work(text, place) else "unseen"
        elif unicodedata.category(letter)[0] == "M":
            marks += 1
            yield "stacked" if marks > STACK else "plain"
        else:
            marks = 0
            yield "plain"
