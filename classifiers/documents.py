"""Messages as the linear models see them: tokens with marks, in flat arrays.

A token is a word, a punctuation mark, or a whole term of the lexicon. Each carries the *marks* of
the terms that cover it (classes, frames, routes, severity, as bits), a hash of its surface and of
its stem, and a hash of its *shape*: what remains when content words are forgotten and terms are
replaced by their class, so that "T are the dogs of O" and "T are the clowns of O" look alike.
"""

from __future__ import annotations

import csv
import functools
import hashlib
import re
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classifiers.feature_kernel import (
    BREAK,
    COMMA,
    GRAM_REACH,
    LINK,
    NUMBER,
    QUOTE,
    QUOTE_CLOSE,
    QUOTE_OPEN,
    WORD,
    Documents,
    word_grams,
)
from classifiers.lexicon import Hit
from classifiers.mentions import Mention, find_mentions
from classifiers.vocabulary import CUE_CLASSES, FRAMES, NAME_CLASSES, ROUTES, Term

#: Bits of a token's marks, in this order.
CLASSES: tuple[str, ...] = (*CUE_CLASSES, *NAME_CLASSES)
BIT: dict[str, int] = {
    name: index
    for index, name in enumerate(
        (*CLASSES, *(f"frame:{name}" for name in FRAMES), *(f"route:{name}" for name in ROUTES))
    )
}
for _severity in (1, 2, 3):
    BIT[f"severity:{_severity}"] = len(BIT)

#: A message longer than this is read to here: the longest that a channel can carry, eight times.
MAX_CHARACTERS = 32_768
MAX_TOKENS = 4_000

_TOKEN = re.compile(
    r"https?://\S{1,500}|@\w{2,64}|\d+(?:[.,٫٬]\d+)*|\w+(?:['’]\w+)?"
    r"|[.!?؟۔…\n]+|[,،;؛:()|–—-]|[\"“”«»„]"
)
_PUNCTUATION = {
    **dict.fromkeys(".!?؟۔…\n", BREAK),
    **dict.fromkeys(",،;؛:()|–—-", COMMA),
    **dict.fromkeys("“«„", QUOTE_OPEN),
    **dict.fromkeys("”»", QUOTE_CLOSE),
    '"': QUOTE,
    "@": LINK,
}

NAMES = ("actor", "epithet", "designation", "outlet")

#: Of overlapping terms the first of these owns the token; the others only leave their marks.
_PRIORITY = {
    klass: index
    for index, klass in enumerate(
        (*NAMES, "benign", "hostile", "harm", "claim", "ask", "beneficiary")
    )
}


@dataclass(slots=True)
class Reading:
    """What was found in one message, for evidence: spans are of the folded text."""

    hits: Sequence[Hit]
    mentions: Sequence[Mention]


@dataclass(slots=True)
class Builder:
    """Collects messages, then gives them as one :class:`Documents`."""

    actors: Sequence[str]
    _words: dict[str, int] = field(default_factory=lambda: {"\0": 0})
    _tokens: list[int] = field(default_factory=list)
    _owned: dict[int, tuple[Term, str]] = field(default_factory=dict)
    _marks: dict[int, int] = field(default_factory=dict)
    _begin: list[int] = field(default_factory=list)
    _end: list[int] = field(default_factory=list)
    _first: list[int] = field(default_factory=lambda: [0])
    _by_message: list[tuple[int, int, int]] = field(default_factory=list)
    _mentions: list[tuple[int, int, float, int]] = field(default_factory=list)
    _mention_first: list[int] = field(default_factory=lambda: [0])

    def add(
        self, folded: str, hits: Sequence[Hit], *, language: int, speaker: str | None, facts: int
    ) -> Reading:
        """Append one message; ``folded`` and ``hits`` as normalised text and lexicon give them."""
        spans = [match.span() for match in _TOKEN.finditer(folded[:MAX_CHARACTERS])][:MAX_TOKENS]
        owned = _owned([start for start, _ in spans], [end for _, end in spans], hits)
        offset = len(self._tokens)
        place: dict[int, int] = {}  # index of a hit → the one token that it is
        for low, high, index in reversed(owned):
            hit = hits[index]
            spans[low:high] = [(spans[low][0], max(spans[high - 1][1], hit.end))]
        shift = 0
        for low, high, index in owned:
            place[index] = token = offset + low - shift
            shift += high - low - 1
            hit = hits[index]
            self._owned[token] = (hit.entry, folded[hit.start : hit.end])
        words = self._words
        self._tokens += [words.setdefault(folded[start:end], len(words)) for start, end in spans]
        begins, ends = [start for start, _ in spans], [end for _, end in spans]
        self._begin += begins
        self._end += ends
        for hit in hits:
            term = hit.entry
            marks = _marks_of(term.klass, term.frames, term.severity)
            for token in range(bisect_right(ends, hit.start), bisect_left(begins, hit.end)):
                self._marks[offset + token] = self._marks.get(offset + token, 0) | marks
        mentions = find_mentions(hits, speaker)
        for mention in mentions:
            if mention.hit in place:
                kind = CLASSES.index(mention.kind)
                for actor, share in mention.shares:
                    row = (place[mention.hit], self.actors.index(actor), share, kind)
                    self._mentions.append(row)
        self._mention_first.append(len(self._mentions))
        self._first.append(len(self._tokens))
        who = self.actors.index(speaker) if speaker in self.actors else -1
        self._by_message.append((language, who, facts))
        return Reading(hits, mentions)

    def build(self) -> Documents:
        """The messages added so far."""
        table = np.array([_word_row(word) for word in self._words], dtype=np.uint64).reshape(-1, 4)
        tokens = np.array(self._tokens, dtype=np.int64)
        rows = table[tokens]
        surface, stem, shape = (np.ascontiguousarray(rows[:, i]) for i in range(3))
        kind = rows[:, 3].astype(np.int8)
        marks = np.zeros(len(tokens), dtype=np.uint64)
        if self._owned:
            where = np.fromiter(self._owned, dtype=np.int64)
            terms = [
                _term_row(term.klass, "foreign_puppet" in term.frames, text)
                for term, text in self._owned.values()
            ]
            surface[where] = stem[where] = [row[0] for row in terms]
            shape[where] = [row[1] for row in terms]
            kind[where] = WORD
        if self._marks:
            where = np.fromiter(self._marks, dtype=np.int64)
            marks[where] = np.array(list(self._marks.values()), dtype=np.uint64)
        gram_first, grams = _grams(list(self._words))
        messages = np.array(self._by_message, dtype=np.int64).reshape(-1, 3)
        mentions = self._mentions or [(0, 0, 0.0, 0)]
        columns = [np.array(column) for column in zip(*mentions, strict=True)]
        count = len(self._mentions)
        return Documents(
            first=np.array(self._first, dtype=np.int64),
            surface=surface,
            stem=stem,
            shape=shape,
            kind=kind,
            marks=marks,
            begin=np.array(self._begin, dtype=np.int32),
            end=np.array(self._end, dtype=np.int32),
            word=tokens,
            gram_first=gram_first,
            grams=grams,
            language=messages[:, 0].astype(np.uint64),
            speaker=messages[:, 1].copy(),
            facts=messages[:, 2].astype(np.uint64),
            mention_first=np.array(self._mention_first, dtype=np.int64),
            mention_token=columns[0][:count].astype(np.int64),
            mention_actor=columns[1][:count].astype(np.int64),
            mention_share=columns[2][:count].astype(np.float32),
            mention_kind=columns[3][:count].astype(np.int64),
        )


def forget(docs: Documents, *, seed: int, terms: float, words: float) -> Documents:
    """The same messages with a share of cue terms taken for plain words and of words unknown.

    Training on such copies beside the originals keeps a model from leaning on single words of the
    phrases it is fitted on, and prepares it for cues that no table lists. Names are kept.
    """
    random = np.random.default_rng(seed)
    names = np.uint64(sum(1 << BIT[name] for name in NAME_CLASSES))
    cue = (docs.marks != 0) & ((docs.marks & names) == 0)
    lost = cue & (random.random(len(cue)) < terms)
    plain = (docs.kind == WORD) & (docs.shape == _hash("shape", "word"))
    unknown = plain & (random.random(len(cue)) < words)
    surface, stem, shape = blank_word()
    return docs._replace(
        marks=np.where(lost, np.uint64(0), docs.marks),
        shape=np.where(lost, shape, docs.shape),
        surface=np.where(unknown, surface, docs.surface),
        stem=np.where(unknown, stem, docs.stem),
        word=np.where(unknown, 0, docs.word),
    )


def blank_word() -> tuple[np.uint64, np.uint64, np.uint64]:
    """Surface, stem and shape of a word of which nothing is known."""
    unknown = np.uint64(_hash("surface", "unknown"))
    return unknown, unknown, np.uint64(_hash("shape", "word"))


@functools.lru_cache(maxsize=4_096)
def _marks_of(klass: str, frames: tuple[str, ...], severity: int | None) -> int:
    """The bits that a term leaves on its tokens."""
    marks = 1 << BIT[klass]
    for name in frames:
        marks |= 1 << BIT[f"route:{name}" if klass == "route" else f"frame:{name}"]
    if severity:
        marks |= 1 << BIT[f"severity:{severity}"]
    return marks


@functools.cache
def particles() -> frozenset[str]:
    """Folded function words of all languages: the only plain words that a shape remembers."""
    from classifiers.knowledge import fold  # noqa: PLC0415 - compiles a kernel on import

    path = Path(__file__).parent / "data" / "particles.csv"
    with path.open(encoding="utf-8", newline="") as file:
        return frozenset(fold(row["word"]) for row in csv.DictReader(file))


def _owned(
    begins: Sequence[int], ends: Sequence[int], hits: Sequence[Hit]
) -> list[tuple[int, int, int]]:
    """Runs [low, high) of tokens that one hit owns, with its index; in order, not overlapping."""
    order = sorted(
        (_PRIORITY.get(hit.entry.klass, 99), hit.start - hit.end, index)
        for index, hit in enumerate(hits)
        if hit.entry.klass != "context"
    )
    taken: set[int] = set()
    found = []
    for _, _, index in order:
        hit = hits[index]
        low, high = bisect_right(ends, hit.start), bisect_left(begins, hit.end)
        run = range(low, high)
        if run and taken.isdisjoint(run):
            taken.update(run)
            found.append((low, high, index))
    found.sort()
    return found


def _grams(words: Sequence[str]) -> tuple[NDArray[np.int64], NDArray[np.uint64]]:
    """Hashes of the character n-grams of the words, between spaces; none for the first."""
    padded = ["", *(f" {word[:GRAM_REACH]} " for word in words[1:])]
    sizes = np.array([len(word) for word in padded], np.int64)
    first = np.zeros(len(padded) + 1, np.int64)
    np.cumsum(sizes, out=first[1:])
    reach = np.minimum(sizes, GRAM_REACH)
    room = int(sum(np.maximum(reach - size + 1, 0).sum() for size in (2, 3, 4)))
    codes = np.frombuffer("".join(padded).encode("utf-32-le", "surrogatepass"), np.uint32)
    gram_first, grams = np.zeros(len(first), np.int64), np.zeros(room, np.uint64)
    word_grams(codes, first, gram_first, grams)
    return gram_first, grams


def _word_row(word: str) -> tuple[int, int, int, int]:
    """Surface, stem and shape hash, and kind, of a plain token."""
    kind = _PUNCTUATION.get(word[0], WORD)
    if word.startswith("http"):
        kind = LINK
    elif word[0].isdigit():
        kind = NUMBER
    if kind != WORD:
        value = _hash("kind", str(kind))
        return value, value, value, kind
    surface = _hash("surface", word)
    stem = _hash("stem", word[:4] if len(word) > 4 else word)
    shape = _hash("shape", f"={word}" if word in particles() else "word")
    return surface, stem, shape, kind


@functools.lru_cache(maxsize=32_768)
def _term_row(klass: str, puppet: bool, text: str) -> tuple[int, int]:
    """Surface and shape hash of a token that a term owns."""
    # What is said of a servant is said of the servant, not of the master: the one frame whose
    # cues stand between two names, so the one that a shape tells apart.
    suffix = "/puppet" if klass == "hostile" and puppet else ""
    return _hash("surface", text), _hash("shape", f"<{klass}{suffix}>")


def shape_of_word(word: str) -> np.uint64:
    """The shape of a function word."""
    return np.uint64(_hash("shape", f"={word}"))


@functools.lru_cache(maxsize=65_536)
def _hash(space: str, text: str) -> int:
    key = f"{space}\0{text}".encode("utf-8", "surrogatepass")
    return int.from_bytes(hashlib.blake2b(key, digest_size=8).digest(), "little")


def mask_of(names: Collection[str]) -> Any:
    """The bits of several names as one ``uint64``.

    >>> int(mask_of(["hostile"])) == 1 << BIT["hostile"]
    True
    """
    return np.uint64(sum(1 << BIT[name] for name in names))
