"""What has changed between two revisions of a message, word by word where that can be afforded."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import groupby, islice

from ops.console.text import directions, segments
from ops.console.text.segments import Segment

#: Words, else lines, of each side that are compared; beyond that all of it counts as replaced.
TOKENS = 1_000
#: Code points that are shown: of one change, of what stayed the same before and after, of all.
SHOWN = 5_000
AROUND = 400
MOST = 10_000
#: Lines of an answer.
LINES = 500
#: So far from a change the border of its word is looked for.
_REACH = 200

# A word with its marks and joiners, a stretch of space, or one other character.
_WORD = re.compile(
    r"\r\n|[\n\v\f\r\x1c-\x1e\x85\u2028\u2029]|[^\S\n\v\f\r\x1c-\x1e\x85\u2028\u2029]+"
    r"|[^\s!-/:-@\[-`{-~،؛؟۔٪٫٬«»…“”‘’‚„–—\u202a-\u202e\u2066-\u2069]+|."
)

#: Kind, code points left out, text: one of the two is empty.
Part = tuple[str, int, str]


@dataclass(frozen=True, slots=True)
class Change:
    """Some text of one line that stayed the same, or is only in the new text or the old one.

    ``kind``: same, added or removed. ``line``: number of the line of the comparison it stands in.
    ``direction``: which way the line runs that it is of, on its own side; ``way``: which way the
    line of the comparison runs. ``omitted``: so many code points are left out here, and ``text``
    is empty. ``segments``: the text for a page.
    """

    text: str
    kind: str
    line: int = 0
    direction: str = "ltr"
    way: str = "ltr"
    omitted: int = 0
    segments: tuple[Segment, ...] = ()


def changed(old: str, new: str, *, language: str | None = None) -> tuple[Change, ...]:
    """The new text with what was added and removed, in order.

    Compares words; where there are too many, lines; where there are too many of those, calls all
    of it replaced. What is equal before and after is never compared, and shown only near to what
    is not. Without omissions, all that is not "added" is the old text, and all that is not
    "removed" the new one.

    >>> [(change.kind, change.text) for change in changed("the old words", "the new words")]
    [('same', 'the '), ('removed', 'old'), ('added', 'new'), ('same', ' words')]
    """
    before = _word_start(old, _alike(old, new))
    after = _word_end(old, _alike_at_end(old[before:], new[before:]))
    lead, parts = _beginning(old[:before])
    for kind, text in _compared(old[before : len(old) - after], new[before : len(new) - after]):
        parts.append((kind, 0, text[:SHOWN]))
        parts.append((kind, max(len(text) - SHOWN, 0), ""))
    return tuple(_changes(_joined([*parts, *_ending(old[len(old) - after :])]), lead, language))


def _alike(old: str, new: str) -> int:
    """Length of the common beginning, by halving: comparing slices is quick."""
    low, high = 0, min(len(old), len(new))
    while low < high:
        middle = (low + high + 1) // 2
        if old[low:middle] == new[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def _alike_at_end(old: str, new: str) -> int:
    """Length of the common end."""
    low, high = 0, min(len(old), len(new))
    while low < high:
        middle = (low + high + 1) // 2
        if old[len(old) - middle : len(old) - low] == new[len(new) - middle : len(new) - low]:
            low = middle
        else:
            high = middle - 1
    return low


def _word_start(text: str, place: int) -> int:
    """Back to the space before the word that ``place`` lies in or after."""
    least = max(place - _REACH, 0)
    while place > least and not text[place - 1].isspace():
        place -= 1
    return place


def _word_end(text: str, after: int) -> int:
    """The length of the end of a text without the word that it begins in."""
    least = max(after - _REACH, 0)
    while after > least and not text[len(text) - after].isspace():
        after -= 1
    return after


def _beginning(text: str) -> tuple[str, list[Part]]:
    """What stayed the same before the first change; first what was left out of its line."""
    cut = segments.letter_start(text, len(text) - AROUND) if len(text) > 2 * AROUND else 0
    lead = text[directions.paragraph_start(text, cut) : cut]
    return lead, [("same", cut, ""), ("same", 0, text[cut:])]


def _ending(text: str) -> list[Part]:
    cut = segments.letter_start(text, AROUND) if len(text) > 2 * AROUND else len(text)
    return [("same", 0, text[:cut]), ("same", len(text) - cut, "")]


def _compared(old: str, new: str) -> Iterator[tuple[str, str]]:
    """Kind and text of what differs, removals before additions."""
    for cut in (_words, _lines):
        before, after = cut(old), cut(new)
        if len(before) <= TOKENS and len(after) <= TOKENS:
            break
    else:
        before, after = [old], [new]
    for kind, i, j, k, m in SequenceMatcher(None, before, after).get_opcodes():
        if kind == "equal":
            yield "same", "".join(before[i:j])
        else:
            yield "removed", "".join(before[i:j])
            yield "added", "".join(after[k:m])


def _words(text: str) -> list[str]:
    """The words, and what is between them; no more than show that they are too many."""
    return [found[0] for found in islice(_WORD.finditer(text), TOKENS + 1)]


def _lines(text: str) -> list[str]:
    return [text[i:j] for i, j in islice(directions.lines(text, 0, len(text)), TOKENS + 1)]


def _joined(parts: Sequence[Part]) -> Iterator[Part]:
    """The parts that are not empty, neighbours of one kind as one."""
    kept = [part for part in parts if part[1] or part[2]]
    for (kind, _), group in groupby(kept, key=lambda part: (part[0], part[1] > 0)):
        alike = list(group)
        yield kind, sum(part[1] for part in alike), "".join(part[2] for part in alike)


def _changes(parts: Iterator[Part], lead: str, language: str | None) -> Iterator[Change]:
    """The parts line by line, within ``MOST`` and ``LINES``, each with the way it runs."""
    default = directions.of_language(language)
    lines: list[list[Part]] = [[]]
    left = MOST
    for kind, omitted, text in parts:
        shown = 0
        for start, end in directions.lines(text, 0, min(len(text), left)):
            if len(lines) == LINES:
                break
            lines[-1].append((kind, 0, text[start:end]))
            shown = end
            if directions.END.match(text, end - 1):
                lines.append([])
        left -= shown
        if omitted + len(text) > shown:
            lines[-1].append((kind, omitted + len(text) - shown, ""))
    for number, line in enumerate(lines):
        sides = {
            side: lead * (number == 0) + "".join(text for kind, _, text in line if kind in kinds)
            for side, kinds in (("removed", ("same", "removed")), ("added", ("same", "added")))
        }
        old = directions.direction(sides["removed"], 0, default)
        way = directions.direction(sides["added"], 0, old)
        for kind, omitted, text in line:
            yield Change(
                text,
                kind,
                number,
                old if kind == "removed" else way,
                way,
                omitted,
                segments.segments(text, 0, len(text), ends=kind != "same"),
            )
