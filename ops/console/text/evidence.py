"""The marked passages of a text one by one, for who hears the page and for who reads a long one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ops.console.text import directions, segments
from ops.console.text.segments import Segment

#: Passages in one answer, and code points of each.
MOST, LONG = 40, 120


@dataclass(frozen=True, slots=True)
class Passage:
    """A marked passage.

    ``shows``: what it is evidence of. ``start``, ``end``: its place in the raw text, half-open, in
    code points. ``direction``: which way it runs. ``segments``: its letters as a page shows them,
    at most :data:`LONG`; ``cut``: whether there are more.
    """

    shows: str
    start: int
    end: int
    direction: str
    segments: tuple[Segment, ...]
    cut: bool


def passages(
    text: str, marks: Sequence[Mapping[str, Any]], *, language: str | None = None
) -> tuple[Passage, ...]:
    """What is marked in a text, in its order, each passage once for each thing it shows.

    Args:
        text: the raw text, any string.
        marks: as for :func:`ops.console.text.shown`; the first :data:`MOST` of them.
        language: the way passages run that have no letters.

    >>> marks = [{"start": 4, "end": 7, "shows": "target"}, {"start": 0, "end": 7, "shows": "cue"}]
    >>> [(one.shows, one.segments[0].text) for one in passages("the foe.", marks)]
    [('cue', 'the foe'), ('target', 'foe')]
    """
    way = directions.of_language(language)
    places = {
        (
            segments.letter_start(text, max(int(mark["start"]), 0)),
            segments.letter_end(text, min(int(mark["end"]), len(text))),
            mark["shows"] if mark["shows"] in segments.KINDS else segments.OTHER,
        )
        for mark in marks
        if max(int(mark["start"]), 0) < min(int(mark["end"]), len(text))
    }
    found = []
    for start, end, shows in sorted(places, key=lambda place: (place[0], -place[1], place[2])):
        last = end if end - start <= LONG else segments.letter_start(text, start + LONG)
        letters = segments.segments(text, start, last, ends=True)
        way_of = directions.direction(text[start:last], 0, way)
        found.append(Passage(shows, start, end, way_of, letters, last < end))
    return tuple(found[:MOST])
