"""A whole message for a page: a bounded part of it, in paragraphs that each run their own way."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, islice
from typing import Any

from ops.console.text import directions, segments
from ops.console.text.segments import Segment, Stretch

#: Code points in one answer, whatever is asked for.
MOST = 20_000
#: Lines in one answer.
LINES = 1_000
#: Segments in one answer, about: where they crowd, less is shown at once.
SEGMENTS = 2_000
#: Blank lines in a row that are shown.
BLANK = 2
_TAG = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*")


@dataclass(frozen=True, slots=True)
class Paragraph:
    """One line of the text with its terminator; which way it runs, and where it begins."""

    direction: str
    start: int
    segments: tuple[Segment, ...]


@dataclass(frozen=True, slots=True)
class Shown:
    """Part of a text, ready for a page.

    ``start``, ``end``: which part of the raw text. ``length``: that of the whole text. ``beyond``:
    how many marks begin after ``end``. ``language``: tag for the ``lang`` attribute, or None.
    """

    paragraphs: tuple[Paragraph, ...]
    start: int
    end: int
    length: int
    beyond: int
    language: str | None

    @property
    def folded(self) -> bool:
        """Whether there is more after it; ``shown(..., at=end)`` gives that."""
        return self.end < self.length


def shown(
    text: str,
    marks: Sequence[Mapping[str, Any]],
    *,
    language: str | None = None,
    most: int = 4_000,
    at: int = 0,
) -> Shown:
    """The part of a message that begins at ``at``, in paragraphs, its evidence marked.

    Args:
        text: the raw text, any string.
        marks: each with start, end (half-open, code points of the raw text) and shows (one of
            ``KINDS``; else it is shown as "other"). They may overlap, and are cut to the text.
        language: BCP 47 tag of the message; the way its paragraphs run that have no letters.
        most: code points that are shown, at most ``MOST``; it ends at the end of a paragraph or
            word where there is one in the second half. At most ``LINES`` lines, and less where
            signs and marks crowd.
        at: where to begin, for what comes after a part shown before.

    Of the raw text nothing is left out but marks beyond the eighth on one letter and blank lines
    beyond the second in a row; segments without text stand for them.

    >>> part = shown("چور ہے", [{"start": 0, "end": 3, "shows": "cue"}], language="ur")
    >>> [(p.direction, [(s.text, s.shows) for s in p.segments]) for p in part.paragraphs]
    [('rtl', [('چور', ('cue',)), (' ہے', ())])]
    """
    start = min(max(at, 0), len(text))
    borders = list(islice(directions.lines(text, start, _cut(text, start, most)), LINES))
    end = borders[-1][1] if borders else start
    within = [mark for mark in marks if int(mark["start"]) < end and int(mark["end"]) > start]
    marked = segments.stretches(text, within)
    way = directions.of_language(language)
    paragraphs = tuple(_paragraphs(text, borders, marked, way))
    crowd = sum(len(paragraph.segments) for paragraph in paragraphs)
    if crowd > SEGMENTS and end - start > 1:
        fewer = (end - start) * SEGMENTS // crowd
        return shown(text, marks, language=language, most=fewer, at=at)
    return Shown(
        paragraphs=paragraphs,
        start=start,
        end=end,
        length=len(text),
        beyond=sum(end <= int(mark["start"]) < len(text) for mark in marks),
        language=language if language and _TAG.fullmatch(language) else None,
    )


def _cut(text: str, start: int, most: int) -> int:
    """Where a part that begins at ``start`` ends: after a line, a word, a letter."""
    most = min(max(most, 1), MOST)
    end = start + most
    if end >= len(text):
        return len(text)
    if most > 1 and text[end - 1 : end + 1] == "\r\n":
        end -= 1
    half = start + most // 2
    line = directions.paragraph_start(text, end)
    if line > max(half, start):
        return line
    space = next(
        (place + 1 for place in range(end - 1, max(half, start), -1) if text[place].isspace()), 0
    )
    if space:
        return space
    letter = segments.letter_start(text, end)
    return letter if letter > start else end


def _paragraphs(
    text: str, borders: Sequence[tuple[int, int]], marked: Sequence[Stretch], default: str
) -> Iterator[Paragraph]:
    left = 0  # where the stretches begin that may still come
    for blank, group in groupby(borders, key=lambda border: not text[slice(*border)].strip()):
        lines = list(group)
        for start, end in lines[:BLANK] if blank else lines:
            while left < len(marked) and marked[left][1] <= start:
                left += 1
            right = left
            while right < len(marked) and marked[right][0] < end:
                right += 1
            first = directions.paragraph_start(text, start) if start == borders[0][0] else start
            way = directions.direction(text, first, default)
            yield Paragraph(way, start, segments.segments(text, start, end, marked[left:right]))
        if blank and len(lines) > BLANK:
            yield _left_out(lines[BLANK][0], lines[-1][1], len(lines) - BLANK)


def _left_out(start: int, end: int, count: int) -> Paragraph:
    words = f"{count:,} blank line{'s' * (count > 1)}"
    left_out = Segment("", start, end, (), f"{words}, not shown", f"+ {words}")
    return Paragraph("ltr", start, (left_out,))
