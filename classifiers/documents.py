"""Messages as the linear models see them: tokens with marks, in flat arrays.

A token is a word, a punctuation mark, or a whole term of the lexicon. Each carries the *marks* of
the terms that cover it (classes, frames, routes, severity, as bits), a hash of its surface and of
its stem, and a hash of its *shape*: what remains when content words are forgotten and terms are
replaced by their class, so that "T are the dogs of O" and "T are the clowns of O" look alike.
"""

from __future__ import annotations

import csv
import functools
from collections.abc import Collection
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from classifiers.matching import mixed, word_hash
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

#: The kinds of tokens; what stands for a break ends a sentence.
WORD, BREAK, COMMA, QUOTE_OPEN, QUOTE_CLOSE, QUOTE, NUMBER, LINK = range(8)

NAMES = ("actor", "epithet", "designation", "outlet")

#: Of overlapping terms the first of these owns the token; the others only leave their marks.
_PRIORITY = {
    klass: index
    for index, klass in enumerate(
        (*NAMES, "benign", "hostile", "harm", "claim", "ask", "beneficiary")
    )
}
_LEAST, NEVER = 99, 100

#: Spaces of hashes: what a hash is the hash of.
SURFACE, STEM, PARTICLE, TERM, KIND = (np.uint64(n) for n in range(11, 16))
#: The shape of every word that is no particle, and the surface of one of which nothing is known.
PLAIN, UNKNOWN = np.uint64(0xF1B36CB689B7E067), np.uint64(0xF1051C8E945F0510)


class Documents(NamedTuple):
    """A batch of messages in flat arrays; those of tokens are aligned with each other.

    ``first[i]:first[i + 1]`` are the tokens of document ``i``, ``mention_first[i]:…`` its rows in
    the mention arrays (one row for each actor that a mention may mean, those of one mention
    together, the likeliest first) and ``hit_first[i]:…`` its lexicon hits. By document: ``message``
    is the row of the batch, ``language`` the index of the tag among ``SCORED``, ``speaker`` the
    index of the channel's actor or -1, ``facts`` bits of what else is known
    (:mod:`classifiers.features`). ``begin`` and ``end`` are raw code points. ``letters`` holds the
    sums of the letter weights of a token's n-grams (units of the weights' scales; a column for each
    of the letter heads) and ``grams`` their number. Where the n-grams themselves are asked for, as
    in training, token ``t`` has ``rows[row_first[t]:row_first[t] + grams[t]]`` of the table.
    """

    first: NDArray[np.int64]
    surface: NDArray[np.uint64]
    stem: NDArray[np.uint64]
    shape: NDArray[np.uint64]
    kind: NDArray[np.int8]
    marks: NDArray[np.uint64]
    begin: NDArray[np.int32]
    end: NDArray[np.int32]
    letters: NDArray[np.int32]
    grams: NDArray[np.int32]
    row_first: NDArray[np.int64]
    rows: NDArray[np.int32]
    message: NDArray[np.int64]
    language: NDArray[np.int8]
    speaker: NDArray[np.int64]
    facts: NDArray[np.uint64]
    mention_first: NDArray[np.int64]
    mention_token: NDArray[np.int64]
    mention_actor: NDArray[np.int64]
    mention_share: NDArray[np.float32]
    mention_kind: NDArray[np.int64]
    hit_first: NDArray[np.int64]
    hit_term: NDArray[np.int32]
    hit_token: NDArray[np.int64]
    hit_begin: NDArray[np.int32]
    hit_end: NDArray[np.int32]

    @property
    def size(self) -> int:
        """How many documents there are."""
        return len(self.first) - 1


class TermMarks(NamedTuple):
    """What a token takes from the term that covers it, by index of the term.

    ``priority``: of overlapping terms the lowest owns the token, :data:`NEVER` none.
    """

    marks: NDArray[np.uint64]
    shape: NDArray[np.uint64]
    priority: NDArray[np.int32]
    klass: NDArray[np.int8]


def term_marks(terms: Collection[Term]) -> TermMarks:
    """What tokens take from each of the terms."""
    rows = [
        (
            marks_of(term.klass, term.frames, term.severity),
            shape_of_term(term),
            NEVER if term.klass == "context" else _PRIORITY.get(term.klass, _LEAST),
            CLASSES.index(term.klass),
        )
        for term in terms
    ] or [(0, 0, NEVER, 0)]
    marks, shapes, priorities, classes = zip(*rows, strict=True)
    return TermMarks(
        np.array(marks, np.uint64),
        np.array(shapes, np.uint64),
        np.array(priorities, np.int32),
        np.array(classes, np.int8),
    )


def shape_of_term(term: Term) -> int:
    """The shape of a token that a term owns: its class."""
    # What is said of a servant is said of the servant, not of the master: the one frame whose
    # cues stand between two names, so the one that a shape tells apart.
    puppet = term.klass == "hostile" and "foreign_puppet" in term.frames
    return _shape_of_class(term.klass, puppet)


@functools.cache
def _shape_of_class(klass: str, puppet: bool) -> int:
    return int(mixed(TERM, np.uint64(CLASSES.index(klass) + 64 * puppet)))


@functools.lru_cache(maxsize=4_096)
def marks_of(klass: str, frames: tuple[str, ...], severity: int | None) -> int:
    """The bits that a term leaves on its tokens."""
    marks = 1 << BIT[klass]
    for name in frames:
        marks |= 1 << BIT[f"route:{name}" if klass == "route" else f"frame:{name}"]
    if severity:
        marks |= 1 << BIT[f"severity:{severity}"]
    return marks


@functools.cache
def particles() -> NDArray[np.uint64]:
    """Hashes of the function words of all languages: the only plain words that a shape remembers.

    An open-addressing table, a power of two long; 0: empty.
    """
    from classifiers.knowledge import fold_all  # noqa: PLC0415 - compiles a kernel on import

    path = Path(__file__).parent / "data" / "particles.csv"
    with path.open(encoding="utf-8", newline="") as file:
        words = {
            word for row in fold_all(r["word"] for r in csv.DictReader(file)) for word in [row]
        }
    size = 1 << (4 * len(words)).bit_length()
    table = np.zeros(size, np.uint64)
    for word in sorted(words):
        key = word_hash(word)
        at = key & (size - 1)
        while table[at]:
            at = (at + 1) & (size - 1)
        table[at] = key
    return table


def shape_of_word(word: str) -> np.uint64:
    """The shape of a function word, given in its folded form."""
    return np.uint64(mixed(PARTICLE, np.uint64(word_hash(word))))


def forget(docs: Documents, *, seed: int, terms: float, words: float) -> Documents:
    """The same messages with a share of cue terms taken for plain words and of words unknown.

    Training on such copies beside the originals keeps a model from leaning on single words of the
    phrases it is fitted on, and prepares it for cues that no table lists. Names are kept.
    """
    random = np.random.default_rng(seed)
    names = np.uint64(sum(1 << BIT[name] for name in NAME_CLASSES))
    cue = (docs.marks != 0) & ((docs.marks & names) == 0)
    lost = cue & (random.random(len(cue)) < terms)
    plain = (docs.kind == WORD) & (docs.shape == PLAIN)
    unknown = plain & (random.random(len(cue)) < words)
    return docs._replace(
        marks=np.where(lost, np.uint64(0), docs.marks),
        shape=np.where(lost, PLAIN, docs.shape),
        surface=np.where(unknown, UNKNOWN, docs.surface),
        stem=np.where(unknown, UNKNOWN, docs.stem),
        letters=np.where(unknown[:, None], np.int32(0), docs.letters),
        grams=np.where(unknown, np.int32(0), docs.grams),
    )


def mask_of(names: Collection[str]) -> Any:
    """The bits of several names as one ``uint64``.

    >>> int(mask_of(["hostile"])) == 1 << BIT["hostile"]
    True
    """
    return np.uint64(sum(1 << BIT[name] for name in names))
