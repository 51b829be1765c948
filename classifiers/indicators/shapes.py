"""What an indicator looks like from afar: each detector states it once, as data.

A :class:`Shape` is a necessary condition. The compiled scan (:mod:`classifiers.indicators.scan`)
reads it to pass over messages that hold nothing, and :func:`places` is the same condition as a
regular expression, for detectors that have to try every such place.
"""

from __future__ import annotations

import functools
import itertools
import re
import string
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

DIGITS = string.digits
LETTERS = string.ascii_letters
ALNUM = DIGITS + LETTERS
#: What may stand inside one address or number, up to :data:`WIDEST` of them at a time.
GLUE = " .-_·•*|~,/\\‐‑–—،٫\n\r"
WIDEST = 3

#: Characters of a message that are read where many are, as in the rest of the pipeline.
READ = 32_768
#: Places tried per shape and message: enough for any real message, a bound for a hostile one.
TRIES = 2_000


class Part(NamedTuple):
    """From ``least`` to ``most`` characters, each one of ``characters``."""

    characters: str
    least: int = 1
    most: int = 1


@dataclass(frozen=True, eq=False)
class Shape:
    """One way in which an indicator may be written, in terms of ``Plain.text``.

    Each of the ``parts`` goes as far as it can; ``gaps`` are what may stand between any two of
    their characters, and no part takes one. ``not_after`` cannot stand before the first.

    Of the characters taken, ``digits`` at least are digits; ``jumble`` at least is their number of
    digits plus that of capitals or small letters, whichever are fewer (a random address of 33
    characters has 16, words written together few); the last ones spell ``ending``, in either case.

    Where there are ``words``, one of them stands within ``reach`` of the indicator.
    """

    parts: tuple[Part, ...]
    gaps: str = ""
    not_after: str = ALNUM
    digits: int = 0
    jumble: int = 0
    ending: str = ""
    words: Callable[[], frozenset[str]] | None = None
    reach: int = 80


def spelled(letters: str) -> tuple[Part, ...]:
    """The parts of a fixed spelling, in either case."""
    return tuple(Part("".join(sorted({char.lower(), char.upper()}))) for char in letters)


def places(text: str, shape: Shape, start: int = 0) -> Iterator[int]:
    """Where in ``text[start:]`` the shape begins, at most :data:`TRIES` times.

    Words are not looked for. The places may overlap.

    >>> list(places("a 12 34 5", Shape((Part("1"), Part(DIGITS, 3, 9)), gaps=" ")))
    [2]
    """
    found: Iterator[re.Match[str]] = _pattern(shape).finditer(text, start)
    if shape.digits or shape.jumble or shape.ending:
        found = (match for match in found if _suits(match.group() + match.group(1), shape))
    return map(re.Match.start, itertools.islice(found, TRIES))


def _suits(written: str, shape: Shape) -> bool:
    """Whether the counts and the ending hold for what the parts took, gaps included."""
    digits = sum(map(written.count, DIGITS))
    if digits < shape.digits or not written.lower().endswith(shape.ending):
        return False
    if digits >= shape.jumble:
        return True
    cases = min(sum(map(str.isupper, written)), sum(map(str.islower, written)))
    return digits + cases >= shape.jumble


@functools.cache
def _pattern(shape: Shape) -> re.Pattern[str]:
    # The first character is all that is consumed, so that places may overlap; it stands first in
    # the pattern, because then the search for it is quick.
    between = f"{_set(shape.gaps)}{{0,{WIDEST}}}" if shape.gaps else ""
    first, *others = shape.parts
    begin = _set(first.characters)
    alone = f"(?<!{_set(shape.not_after)}{begin})" if shape.not_after else ""
    if first.most > 1:
        others.insert(0, Part(first.characters, first.least - 1, first.most - 1))
    parts = [f"(?:{between}{_set(chars)}){{{low},{high}}}" for chars, low, high in others]
    return re.compile(f"{begin}{alone}(?=({''.join(parts)}))")


def _set(characters: str) -> str:
    return f"[{re.escape(characters)}]"
