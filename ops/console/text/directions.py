"""Where the lines of a text end, and which way each of them runs (UAX #9, rules P2 and P3)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import cache

from classifiers.language.table import load

#: What ends a paragraph; the same as for ``str.splitlines``.
END = re.compile("\r\n|[\n\v\f\r\x1c-\x1e\x85\u2028\u2029]")
_ENDS = tuple("\n\v\f\r\x1c\x1d\x1e\x85\u2028\u2029")
#: So many code points of a paragraph are looked at; what comes after decides nothing.
LOOK = 20_000
_RIGHT_TO_LEFT = frozenset({"Arab", "Hebr", "Thaa", "Syrc", "Nkoo"})


def lines(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Start and end of each line within ``text[start:end]``, its terminator with it.

    >>> list(lines("a\\r\\n\\nb", 0, 5))
    [(0, 3), (3, 4), (4, 5)]
    """
    while start < end:
        found = END.search(text, start, end)
        after = found.end() if found else end
        yield start, after
        start = after


def paragraph_start(text: str, place: int) -> int:
    """Where the paragraph begins that ``place`` lies in, at most ``LOOK`` before it."""
    least = max(place - LOOK, 0)
    if 0 < place < len(text) and text[place - 1 : place + 1] == "\r\n":
        place -= 1  # within a terminator
    return max(least, *(text.rfind(end, least, place) + 1 for end in _ENDS))


def direction(text: str, start: int, default: str) -> str:
    """``rtl`` or ``ltr``: by the first strong character of the paragraph at ``start``.

    What is isolated is passed over; ``default`` is the answer where there is no such character.

    >>> direction("12 سلام abc", 0, "ltr"), direction("...", 0, "rtl")
    ('rtl', 'rtl')
    >>> direction("\u2067سلام\u2069 abc", 0, "ltr")
    'ltr'
    """
    found = END.search(text, start, start + LOOK)
    depth = 0
    for letter in text[start : found.start() if found else start + LOOK]:
        kind = unicodedata.bidirectional(letter)
        if kind in ("LRI", "RLI", "FSI"):
            depth += 1
        elif kind == "PDI":
            depth = max(depth - 1, 0)
        elif depth == 0 and kind in ("L", "R", "AL"):
            return "ltr" if kind == "L" else "rtl"
    return default


def of_language(tag: str | None) -> str:
    """Which way a language is written; left to right where it is not known.

    >>> of_language("ps"), of_language("ur-Latn"), of_language(None)
    ('rtl', 'ltr', 'ltr')
    """
    if tag is None:
        return "ltr"
    known = _scripts().get(tag, ())
    return "rtl" if known and _RIGHT_TO_LEFT.issuperset(known) else "ltr"


@cache
def _scripts() -> dict[str, tuple[str, ...]]:
    return {tag: language.scripts for tag, language in load().by_tag.items()}
