"""Message text made fit to be looked at: cut around its evidence, nothing in it invisible.

Message text is hostile input. What is invisible or turns the direction of a line is shown by its
number, stacks of marks are cut, and a text of any size gives a piece of bounded size. Escaping is
the template's task; here are only letters.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

#: Code points of a text that are shown, and so many on either side of evidence in a longer one.
LIMIT = 600
AROUND = 120
#: Marks in a row on one letter; more of them are a disguise, or paint over the lines around.
MARKS = 4
#: Spans of one answer that are marked.
SPANS = 40
#: Names of models, slices and actors.
NAME = 48

_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_JOINERS = "\u200c\u200d"
_BREAKS = {"\n": "↵", "\t": "⇥", "\r": "↵"}

Span = tuple[int, int, str]


@dataclass(frozen=True, slots=True)
class Piece:
    """Some letters in a row of one kind.

    ``kinds``: what they are evidence of, that of the shortest span first. ``sign``: they stand for
    what cannot be seen, which ``title`` names, and are not letters of the text.
    """

    text: str
    kinds: tuple[str, ...] = ()
    sign: bool = False
    title: str = ""

    @property
    def kind(self) -> str:
        """The kinds in words."""
        return " and ".join(self.kinds)


def excerpt(text: str, spans: Sequence[Span] = (), limit: int = LIMIT) -> list[Piece]:
    """The text as pieces, at most about ``limit`` code points, around its evidence.

    Args:
        text: any string.
        spans: (start, end, kind), half-open, in code points; what lies outside the text is cut.
        limit: how much is shown.

    >>> [(piece.text, piece.kinds) for piece in excerpt("the puppets", [(4, 11, "cue")])]
    [('the ', ()), ('puppets', ('cue',))]
    >>> [piece.text for piece in excerpt("a\\u202eb")]
    ['a', 'U+202E', 'b']
    """
    kept = [
        (max(start, 0), min(end, len(text)), plain(kind, NAME))
        for start, end, kind in spans[:SPANS]
        if max(start, 0) < min(end, len(text))
    ]
    pieces: list[Piece] = []
    reached = 0
    for start, end in _windows(text, kept, limit):
        if start > reached:
            pieces.append(_gap(start - reached))
        edges = {start, end}
        for span in kept:
            edges |= {edge for edge in span[:2] if start < edge < end}
        for first, last in pairwise(sorted(edges)):
            around = [span for span in kept if span[0] <= first and last <= span[1]]
            around.sort(key=lambda span: span[1] - span[0])  # a name within a cue is the name
            kinds = tuple(dict.fromkeys(kind for _, _, kind in around))
            pieces += _seen(text, first, last, kinds)
        reached = end
    if reached < len(text):
        pieces.append(_gap(len(text) - reached))
    return pieces


def plain(text: object, limit: int = NAME) -> str:
    """A short name as one line without anything invisible.

    >>> plain("a\\u202eb\\nc")
    'aU+202Eb↵c'
    """
    cut = str(text)[: limit + 1]
    shown = "".join(piece.text for piece in _seen(cut, 0, min(len(cut), limit), ()))
    return shown + ("…" if len(cut) > limit else "")


def evidence(text: str, spans: Sequence[Span]) -> list[tuple[str, list[Piece]]]:
    """Evidence in the order of the text: kind and words, for those who do not see the marks."""
    return [
        (plain(kind), excerpt(text[max(start, 0) : min(end, len(text))][: AROUND + 1], (), AROUND))
        for start, end, kind in sorted(spans[:SPANS])
        if max(start, 0) < min(end, len(text))
    ]


def _windows(text: str, spans: Sequence[Span], limit: int) -> Iterator[tuple[int, int]]:
    """The parts of a text that are shown, in order, not overlapping."""
    if len(text) <= limit:
        yield 0, len(text)
        return
    left = limit
    reached = 0
    for low, high in sorted((span[0], span[1]) for span in spans) or [(0, 0)]:
        start = max(low - AROUND, reached)
        end = min(high + AROUND if spans else limit, start + left, len(text))
        if end <= max(start, low):
            continue  # it lies within what is shown, or there is no room
        if start > reached:
            start = _letter(text, start, reached)
        yield start, end
        left -= end - start
        reached = end
        if left <= 0:
            return


def _letter(text: str, start: int, least: int) -> int:
    """The letter that a mark at ``start`` stands on."""
    for place in range(start, max(least, start - MARKS), -1):
        if not unicodedata.category(text[place]).startswith("M"):
            return place
    return start


def _seen(text: str, start: int, end: int, kinds: tuple[str, ...]) -> Iterator[Piece]:
    marks = 0
    signs: list[str] = []
    for place in range(start, end):
        letter = text[place]
        category = unicodedata.category(letter)
        marks = marks + 1 if category in ("Mn", "Me") else 0
        if letter in _BREAKS:
            signs.append(_BREAKS[letter])
        elif marks > MARKS:
            signs.append("marks")
        elif category in _INVISIBLE and not _joins(text, place):
            signs.append(f"U+{ord(letter):04X}")
        else:
            signs.append("")
    place = start
    for sign, run in groupby(signs):
        count = len(list(run))
        letters = text[place : place + count]
        place += count
        if not sign:
            yield Piece(letters, kinds)
        elif sign == "marks":
            yield Piece(f"+{count}", kinds, True, f"{count} more marks on this letter")
        elif sign in _BREAKS.values():
            yield Piece(sign if count == 1 else f"{sign}×{count}", kinds, True, "line or tab")
        else:
            name = unicodedata.name(letters[0], "a character without a name").lower()
            yield Piece(sign if count == 1 else f"{sign}×{count}", kinds, True, name)


def _joins(text: str, place: int) -> bool:
    """Whether a joiner does its own work: between Arabic letters, or parts of one emoji."""
    if text[place] not in _JOINERS or not 0 < place < len(text) - 1:
        return False
    before, after = text[place - 1], text[place + 1]
    if unicodedata.bidirectional(after) == "AL":
        return unicodedata.bidirectional(before) in ("AL", "NSM")
    return text[place] == "\u200d" and unicodedata.category(after) == "So"


def _gap(count: int) -> Piece:
    return Piece(f"… {count:,} …", (), True, f"{count:,} characters are not shown")
