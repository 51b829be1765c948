"""A message as the detectors read it: disguises undone, every character's raw place kept.

Unlike :func:`classifiers.normalise.normalise` this keeps case, punctuation and repeats, because
addresses consist of them.
"""

from __future__ import annotations

import functools
import itertools
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

#: Letters of other scripts that pass for Latin ones, case kept.
_LOOKALIKES = dict(
    zip(
        "АВЕЅІЈКМНОРСТУХаеѕіјорсухӏԁԛԝһΑΒΕΖΗΙΚΜΝΟΡΤΥΧορνιαʏʀɡᴏ",
        "ABESIJKMHOPCTYXaesijopcyxldqwhABEZHIKMNOPTYXopviayrgo",
        strict=True,
    )
)


class Chunk(NamedTuple):
    """A run of ASCII letters and digits; ``glued`` when little stands before the next one."""

    text: str
    start: int
    end: int
    glued: bool


@dataclass(frozen=True, slots=True)
class Plain:
    """The text as detectors read it, and where its characters came from (None: unchanged)."""

    text: str
    raw: str
    offsets: Sequence[int] | None
    chunks: Sequence[Chunk] = field(repr=False, default=())
    digits: int = 0

    def raw_span(self, start: int, end: int) -> tuple[int, int]:
        """The span in code points of the raw text behind ``text[start:end]``."""
        if self.offsets is None:
            return start, end
        return self.offsets[start], self.offsets[end - 1] + 1


class _Characters(dict[int, "str | None"]):
    """What one character becomes: a look-up table for ``str.translate``, filled as it is asked."""

    def __missing__(self, code: int) -> str | None:
        char = chr(code)
        category = unicodedata.category(char)
        found: str | None
        if category in ("Cf", "Mn", "Me", "Cs") or char == "ـ":
            found = None
        elif category == "Nd":
            found = str(unicodedata.digit(char))
        elif category == "Zs":
            found = " "
        else:
            simple = unicodedata.normalize("NFKC", char)
            found = simple if len(simple) == 1 else char
            found = _LOOKALIKES.get(found, found)
        self[code] = found
        return found


_CHARACTERS = _Characters()

#: A run, and after it what may stand inside one address or number: one to three of these.
_CHUNK = re.compile(r"([0-9A-Za-z]+)([ .\-_·•*|~,/\\‐‑–—،٫\n\r]{1,3}(?=[0-9A-Za-z]))?")

_DIGIT = re.compile("[0-9]")

#: A hostile message may hold a million chunks; what people read has few.
MAX_CHUNKS = 20_000


def plain_of(text: str) -> Plain:
    """Undo invisible characters, marks, kashida, digits and letters of other scripts."""
    if text.isascii():
        return Plain(text, text, None, tuple(_chunks(text)), len(_DIGIT.findall(text)))
    table = _CHARACTERS
    if len(table) > 20_000:
        table.clear()
    changed = text.translate(table)
    offsets = None
    if len(changed) != len(text):
        offsets = [place for place, char in enumerate(text) if table[ord(char)] is not None]
    return Plain(changed, text, offsets, tuple(_chunks(changed)), len(_DIGIT.findall(changed)))


def _chunks(text: str) -> Iterator[Chunk]:
    for match in itertools.islice(_CHUNK.finditer(text), MAX_CHUNKS):
        yield Chunk(match.group(1), match.start(), match.end(1), match.group(2) is not None)


def joins(plain: Plain, first: int, low: int, high: int) -> Iterator[tuple[str, int]]:
    """Chunks from index ``first`` on written together, as long as they are glued.

    Yields (text, end in ``plain.text``) for each length from ``low`` to ``high`` characters.
    """
    parts: list[str] = []
    size = 0
    for index in range(first, len(plain.chunks)):
        chunk = plain.chunks[index]
        parts.append(chunk.text)
        size += len(chunk.text)
        if size > high:
            return
        if size >= low:
            yield "".join(parts), chunk.end
        if not chunk.glued:
            return


@functools.cache
def _word_pattern(words: frozenset[str]) -> re.Pattern[str]:
    ordered = sorted(map(re.escape, words), key=len, reverse=True)
    return re.compile(rf"(?<!\w)(?:{'|'.join(ordered)})(?!\w)")


def near(plain: Plain, start: int, end: int, words: frozenset[str], reach: int = 80) -> bool:
    """Whether one of the folded ``words`` stands within ``reach`` characters of a span."""
    from classifiers.normalise import normalise  # noqa: PLC0415 - compiles a kernel on import

    before = plain.text[max(0, start - reach) : start]
    after = plain.text[end : end + reach]
    return _word_pattern(words).search(normalise(f"{before} … {after}").text) is not None
