"""A text as it is learnt: whole, cut short, and in the disguises that cleaning cannot undo."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from random import Random

#: Characters of the pieces that are learnt beside the whole text.
LENGTHS = (40, 20, 20)
#: Characters of a disguised piece.
DISGUISED = (20, 40, 200)

#: Share of the pieces in Arabic script that a name in Latin letters is put into.
FOREIGN = 0.1

#: Letters of Arabic script that pass for each other.
_SWAPS = {
    "ی": "يى", "ي": "یى", "ک": "كڪ", "ك": "کڪ", "ه": "ہە", "ہ": "هە", "ۀ": "هہ", "گ": "ګ",
    "ګ": "گ", "ں": "ن", "ے": "ې", "ې": "یے", "ۍ": "ی",
}  # fmt: skip
#: What a keyboard for another language does to a text throughout: Arabic, Urdu, Persian.
_KEYBOARDS = (
    str.maketrans("یکہۀں", "يكههن"),
    str.maketrans("يىكهۀ", "ییکہہ"),
    str.maketrans("يىكہۀ", "ییکهه"),
    str.maketrans("یکه", "يكہ"),
)
_BETWEEN_WORDS = re.compile(r"(?<=\w) (?=\w)")
#: A letter starred, a space put between two, a letter doubled.
_CHANGES = (
    (re.compile(r"(?<=\w\w)\w(?=\w)"), "*"),
    (re.compile(r"(?<=\w)(?=\w)"), " "),
    (re.compile(r"([^\W\d_])"), r"\1\1"),
)
_ARABIC = re.compile("[\u0600-\u06ff]")
_NAME = re.compile(r"(?<=[a-z,] )[A-Z][a-z]{2,}")


def views_of(text: str, random: Random, names: Sequence[str] = ()) -> Iterator[str]:
    """The text, pieces of it, and one piece disguised.

    ``names``: some of them are put into pieces in Arabic script, as news does with foreign names.
    """
    yield text
    for length in LENGTHS:
        if len(text) > length:
            piece = cut(text, length, random)
            if names and random.random() < FOREIGN and _ARABIC.search(piece):
                piece = named(piece, names, random)
            yield piece
    yield cut(disguised(text, random), random.choice(DISGUISED), random)


def named(text: str, names: Sequence[str], random: Random) -> str:
    """The text with one or two names put between two words, and as much cut off at the end."""
    words = text.split()
    at = random.randint(0, max(0, len(words) - 1))
    words[at:at] = random.choices(names, k=random.choice((1, 2)))
    return " ".join(words)[: max(len(text), 16)]


def names_in(texts: Iterable[str]) -> list[str]:
    """Words with a capital inside English sentences: mostly names."""
    return sorted({name for text in texts for name in _NAME.findall(text)})


def cut(text: str, length: int, random: Random) -> str:
    """A piece of the text: its beginning, or from anywhere."""
    if len(text) <= length:
        return text
    start = random.randrange(len(text) - length + 1) if random.random() < 0.5 else 0
    return text[start : start + length]


def disguised(text: str, random: Random) -> str:
    """The text with look-alikes swapped, spaces dropped or put in, letters doubled or starred."""
    way = random.random()
    if way < 0.5 and _ARABIC.search(text):
        return swapped(text, random)
    if way < 0.75:
        return merged(text, random)
    share = random.choice((0.1, 0.3))
    pattern, to = random.choice(_CHANGES)
    return pattern.sub(lambda m: m.expand(to) if random.random() < share else m[0], text)


def swapped(text: str, random: Random) -> str:
    """Letters of Arabic script swapped for others that look like them."""
    if random.random() < 0.25:
        return text.translate(random.choice(_KEYBOARDS))
    share = random.choice((0.5, 0.7, 0.9))
    return "".join(
        random.choice(_SWAPS[c]) if c in _SWAPS and random.random() < share else c for c in text
    )


def merged(text: str, random: Random) -> str:
    """Some or all spaces between words dropped."""
    share = random.choice((0.4, 1.0))
    return _BETWEEN_WORDS.sub(lambda _: "" if random.random() < share else " ", text)
