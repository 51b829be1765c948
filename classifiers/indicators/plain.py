"""A message as the detectors read it: disguises undone, every character's raw place kept.

Unlike :func:`classifiers.normalise.normalise` this keeps case, punctuation and repeats, because
addresses consist of them.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence

from classifiers.indicators.shapes import GLUE, WIDEST

#: Letters of other scripts that pass for Latin ones, case kept.
_LOOKALIKES = dict(
    zip(
        "АВЕЅІЈКМНОРСТУХаеѕіјорсухӏԁԛԝһΑΒΕΖΗΙΚΜΝΟΡΤΥΧορνιαʏʀɡᴏ",
        "ABESIJKMHOPCTYXaesijopcyxldqwhABEZHIKMNOPTYXopviayrgo",
        strict=True,
    )
)


class Plain:
    """The text as detectors read it, and where its characters came from (None: unchanged).

    ``hits`` are the words found in it, in order, as :mod:`classifiers.indicators.nearby` lists
    them; None until somebody asks.
    """

    __slots__ = ("hits", "offsets", "text")

    def __init__(
        self,
        text: str,
        offsets: Sequence[int] | None = None,
        hits: list[list[int]] | None = None,
    ) -> None:
        self.text = text
        self.offsets = offsets
        self.hits = hits

    def raw_span(self, start: int, end: int) -> tuple[int, int]:
        """The span in code points of the raw text behind ``text[start:end]``."""
        if self.offsets is None:
            return start, end
        return int(self.offsets[start]), int(self.offsets[end - 1]) + 1


def plain_character(char: str) -> str | None:
    """What a character becomes; None: nothing.

    >>> plain_character("٣"), plain_character("Х"), plain_character("\u200b")
    ('3', 'X', None)
    """
    category = unicodedata.category(char)
    if category in ("Cf", "Mn", "Me", "Cs") or char == "ـ":
        return None
    if category == "Nd":
        return str(unicodedata.digit(char))
    if category == "Zs":
        return " "
    simple = unicodedata.normalize("NFKC", char)
    found = simple if len(simple) == 1 else char
    return _LOOKALIKES.get(found, found)


class _Characters(dict[int, "str | None"]):
    """A look-up table for ``str.translate``, filled as it is asked."""

    def __missing__(self, code: int) -> str | None:
        found = self[code] = plain_character(chr(code))
        return found


_CHARACTERS = _Characters()

#: A run of letters and digits, and what may stand between it and the next one of an address. No
#: address is as long as a run may be here.
_CHUNK = re.compile(rf"([0-9A-Za-z]{{1,128}})([{re.escape(GLUE)}]{{1,{WIDEST}}}(?=[0-9A-Za-z]))?")


def plain_of(text: str) -> Plain:
    """Undo invisible characters, marks, kashida, digits and letters of other scripts."""
    if text.isascii():
        return Plain(text)
    table = _CHARACTERS
    if len(table) > 20_000:
        table.clear()
    changed = text.translate(table)
    if len(changed) == len(text):
        return Plain(changed)
    return Plain(
        changed, [place for place, char in enumerate(text) if table[ord(char)] is not None]
    )


def joins(text: str, start: int, low: int, high: int) -> Iterator[tuple[str, int]]:
    """The runs of letters and digits from ``start`` on written together, while little parts them.

    Yields (joined, end in ``text``) at the end of each run, from ``low`` to ``high`` characters.

    >>> list(joins("PK36 SCBL-0000 (x)", 0, 8, 20))
    [('PK36SCBL', 9), ('PK36SCBL0000', 14)]
    """
    joined = ""
    while match := _CHUNK.match(text, start):
        joined += match.group(1)
        if len(joined) > high:
            return
        if len(joined) >= low:
            yield joined, match.end(1)
        if match.group(2) is None:
            return
        start = match.end()


def chunk(text: str, start: int) -> str:
    """The run of letters and digits that begins at ``start``."""
    match = _CHUNK.match(text, start)
    return match.group(1) if match else ""
