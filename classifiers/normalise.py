"""Text as the classifiers read it, with every character's place in the raw text kept.

Two layers share one compiled pass (:mod:`classifiers.kernel`):

* :func:`clean` undoes disguises and keeps the letters: invisible and bidi controls, kashida and
  diacritics go; presentation forms, full-width and mathematical letters become plain ones; case
  is dropped; l e t t e r spacing, stars and dots inside words, letters repeated three times or
  more, look-alikes from other scripts inside Latin words and leetspeak are undone; ``#a_b`` and
  ``#CamelCase`` become words; spaces are closed up (a run with a line break stays a line break).
  Language detection reads this: which ye or kaf a writer uses tells the language.
* :func:`normalise` also folds what readers take for the same letter (ي/ی, ك/ک, ه/ہ/ۀ, أ/ا,
  accents, apostrophes): :mod:`classifiers.matching`. Lexicons match on this; their terms go
  through the same function.

The zero-width non-joiner becomes nothing, as other invisible characters do. Links, e-mail
addresses and @handles keep their characters, but for case. Vowel signs of Indic scripts are letters
and stay. Time is linear in the length of the text.

>>> n = normalise("the k.h.a.w.a.r.i.j of #My_City")
>>> n.text
'the khawarij of #my city'
>>> to_raw_span(n, 4, 12)
(4, 19)
"""

from __future__ import annotations

import csv
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

import numpy as np

from classifiers import codepoints as cp
from classifiers import kernel, matching, precomputed

LOOKALIKES = Path(__file__).parent / "data" / "lookalikes.csv"
Layer = Literal["clean", "match"]


@dataclass(frozen=True, slots=True)
class Normalised:
    """A text and where its characters came from.

    ``offsets[i]`` is the index in the raw text of the character that ``text[i]`` stands for,
    never decreasing; one more entry at the end holds the length of the raw text.
    """

    text: str
    offsets: Sequence[int]
    raw: str


def normalise(text: str) -> Normalised:
    """The form that lexicons match on, with offsets into ``text`` (code points)."""
    return _through(text, "match")


def clean(text: str) -> Normalised:
    """The form that language detection reads: disguises undone, letters kept."""
    return _through(text, "clean")


def to_raw_span(normalised: Normalised, start: int, end: int) -> tuple[int, int]:
    """The stretch of the raw text behind ``normalised.text[start:end]``; empty only if that is.

    What was dropped inside the stretch lies within it; white space after it does not.

    Raises:
        ValueError: where start and end are not places in the text, in order.
    """
    size = len(normalised.text)
    if not 0 <= start <= end <= size:
        raise ValueError(f"no span {start}:{end} in a text of {size} characters")
    first = int(normalised.offsets[start])
    if start == end:
        return first, first
    last = int(normalised.offsets[end - 1])
    stop = int(normalised.offsets[end])
    while stop > last + 1 and _trails(normalised.raw[stop - 1]):
        stop -= 1
    return first, max(stop, last + 1)


def _trails(char: str) -> bool:
    """Whether a character after a word does not belong to it, though it was dropped."""
    return not (char.isalnum() or unicodedata.category(char)[0] == "M" or char == "ـ")


def _through(text: str, layer: Layer) -> Normalised:
    if not text:
        return Normalised("", range(1), text)
    tables = load_tables("clean")
    raw = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.int32)
    if layer == "clean":
        chars, offsets = kernel.cleaned(raw, tables, False)
    else:
        chars, offsets = matching.folded(raw, tables, load_tables("match").fold)
    folded = chars.tobytes().decode("utf-32-le", "surrogatepass")
    return Normalised(folded, offsets.tolist(), text)


@cache
def load_tables(layer: Layer) -> cp.Tables:
    """The tables of one layer, from Unicode and ``data/lookalikes.csv``.

    Raises:
        ValueError: a row of the file is wrong; the message names file and line.
    """
    return cp.Tables(**precomputed.kept(f"letters-{layer}", lambda: _build(layer)._asdict()))


def _build(layer: Layer) -> cp.Tables:
    fold = np.arange(cp.PLANES, dtype=np.int32)
    kind = np.full(cp.PLANES, cp.OTHER, np.uint8)
    latin = np.zeros(cp.PLANES, np.int32)
    expansions: list[list[int]] = [[0] * 4]
    changes: dict[str, dict[str, str]] = {"clean": {}, "match": {}, "latin": {}}
    for row_layer, char, to in read_lookalikes(LOOKALIKES):
        changes[row_layer][char] = to
    kind[0x3400:0xA000] = kind[0xAC00:0xD7A4] = cp.LETTER
    for code in _codes():
        to = _cleaned(chr(code))
        to = "".join(changes["clean"].get(char, char) for char in to)
        if layer == "match":
            to = "".join(_matched(char, changes["match"]) for char in to)
        if len(to) > 4:
            to = " "
        if len(to) > 1:
            expansions.append([ord(char) for char in to] + [0] * (4 - len(to)))
            fold[code] = 1 - len(expansions)
        else:
            fold[code] = ord(to) if to else 0
    for code in _codes():
        kind[code] = _kind(chr(code))
    for char, to in changes["latin"].items():
        latin[ord(char)] = ord(to)
    return cp.Tables(fold, kind, latin, np.array(expansions, np.int32))


def read_lookalikes(path: Path) -> Iterator[tuple[str, str, str]]:
    """Rows (layer, character, what it becomes) of a look-alike table.

    Raises:
        ValueError: a row is wrong; the message names file and line.
    """
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file)
        if rows.fieldnames != ["layer", "from", "to", "note"]:
            raise ValueError(f"{path}, line 1: the header must be layer,from,to,note")
        for row in rows:
            where = f"{path}, line {rows.line_num}"
            if row["layer"] not in ("clean", "match", "latin"):
                raise ValueError(f"{where}: layer {row['layer']!r} is not clean, match or latin")
            if len(row["to"] or "") > 1 or (row["layer"] == "latin" and not row["to"]):
                raise ValueError(f"{where}: 'to' must be one character (none: dropped)")
            if not row["from"]:
                raise ValueError(f"{where}: 'from' is empty")
            for char in row["from"]:
                yield row["layer"], char, row["to"]


def _codes() -> Iterator[int]:
    """Code points worth asking about: the two planes without ideographs, Hangul, private use."""
    yield from range(0x3400)
    yield from range(0xA000, 0xAC00)
    yield from range(0xD7A4, 0xE000)
    yield from range(0xF900, 0x17000)
    yield from range(0x1D000, 0x20000)


#: Marks that sit on letters of any script or on Arabic ones. Marks of Indic scripts are vowels.
_MARKS = (
    (0x0300, 0x0370), (0x0483, 0x048A), (0x0591, 0x05C8), (0x0610, 0x061B), (0x064B, 0x0660),
    (0x0670, 0x0671), (0x06D6, 0x06EE), (0x0898, 0x08A0), (0x08CA, 0x0900), (0x1AB0, 0x1B00),
    (0x1DC0, 0x1E00), (0x20D0, 0x2100), (0xFE00, 0xFE10), (0xFE20, 0xFE30),
)  # fmt: skip


def _is_mark(char: str) -> bool:
    return char == "ـ" or (
        unicodedata.category(char)[0] == "M"
        and any(first <= ord(char) < end for first, end in _MARKS)
    )


def _is_emoji(char: str, category: str) -> bool:
    name = unicodedata.name(char, "")
    if "CIRCLED" in name or "SQUARED LATIN" in name or 0x1F150 <= ord(char) <= 0x1F189:
        return False  # letters in a frame
    return category == "So" or (category == "Sk" and char > "\u2190")


def _cleaned(char: str) -> str:  # noqa: PLR0911 - a list of cases
    """What a character becomes in the cleaning layer, before the look-alike table."""
    category = unicodedata.category(char)
    if char in "\n\r\v\f\x85\u2028\u2029":
        return "\n"
    if char == "\t" or category == "Zs" or _is_emoji(char, category):
        return " "
    if category in ("Cc", "Cf", "Cs") or _is_mark(char):
        return ""
    if 0x1F150 <= ord(char) <= 0x1F189:  # white letters on black
        return chr(ord("a") + (ord(char) - 0x1F150) % 32 % 26)
    if category == "Nd":
        return str(unicodedata.digit(char))
    if (
        category[0] in "LNP"
        or "CIRCLED" in (name := unicodedata.name(char, ""))
        or ("SQUARED LATIN" in name or "FULLWIDTH" in name)
    ):
        plain = unicodedata.normalize("NFKC", char).lower()
        return "".join(c for c in plain if not _is_mark(c)).strip()
    return char


def _matched(char: str, changes: dict[str, str]) -> str:
    """What a cleaned character becomes in the matching layer."""
    if char in changes:
        return changes[char]
    if char > "\x7f" and unicodedata.category(char)[0] == "L":
        base = unicodedata.normalize("NFD", char)[0]
        if base.isascii():
            return base
    return char


_KINDS = {
    " ": cp.SPACE, "\n": cp.NEWLINE, "#": cp.HASH, "'": cp.QUOTE,
    "-": cp.DASH, "_": cp.DASH, ".": cp.DOT,
    "*": cp.STAR, "·": cp.STAR, "~": cp.STAR, "^": cp.STAR, "+": cp.STAR,
}  # fmt: skip


def _kind(char: str) -> int:  # noqa: PLR0911 - a list of cases
    """What a cleaned character is, for the kernel."""
    if char in _KINDS:
        return _KINDS[char]
    if char.isascii():
        if char.isalpha():
            return cp.LATIN
        return cp.DIGIT if char.isdigit() else cp.OTHER
    category = unicodedata.category(char)
    code = ord(char)
    if category in ("Mn", "Mc"):
        return cp.OTHER if _is_mark(char) else cp.LETTER
    if category[0] != "L":
        return cp.OTHER
    if (
        code < 0x2B0
        or 0x1E00 <= code < 0x1F00
        or 0x2C60 <= code < 0x2C80
        or (0xA720 <= code < 0xA800)
    ):
        return cp.LATIN
    if 0x600 <= code < 0x700 or 0x750 <= code < 0x780 or 0x870 <= code < 0x900:
        return cp.ARABIC
    return cp.LETTER
