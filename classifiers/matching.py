"""The second layer of the text, as lexicons match on it: letters folded, words found and hashed.

A cleaned text (:mod:`classifiers.kernel`) is folded letter by letter, so that what readers take
for the same letter is the same code point, and cut into words: runs of letters and digits. Each
word has a 64-bit hash, and so has each of its beginnings, for looking up stems.
"""
# ruff: noqa: PLR0912, PLR0913, PLR0917, PLR1714, SIM109 - compiled loops

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from classifiers.codepoints import (
    DIGIT,
    NEWLINE,
    PLANES,
    QUOTE,
    SPACE,
    Bytes,
    Codepoints,
    Tables,
    compiled,
    is_letter,
    kind_of,
)
from classifiers.kernel import capacity, clean

#: Hash of the files that this one is built on; see stamps.py.
BUILT_ON = "822cc16b1e63"

Hashes = npt.NDArray[np.uint64]

HASH_START = np.uint64(0xCBF29CE484222325)
_STEP = np.uint64(0x9E3779B97F4A7C15)
_LAST = np.uint64(0xFF51AFD7ED558CCD)


class Words(NamedTuple):
    """The words of one folded text; room for as many as there may be.

    Word ``i`` is ``[first[i], end[i])`` with the hash ``hash[i]``; ``state[j]`` is the unfinished
    hash of a word's letters up to and including character ``j``.
    """

    first: Codepoints
    end: Codepoints
    hash: Hashes
    state: Hashes


def room_for_words(characters: int) -> Words:
    """Room for the words of a text of so many characters."""
    words = characters // 2 + 1
    return Words(
        np.empty(words, np.int32),
        np.empty(words, np.int32),
        np.empty(words, np.uint64),
        np.empty(characters, np.uint64),
    )


@compiled
def matched(
    c: Codepoints,
    n: int,
    guard: Bytes,
    fold: Codepoints,
    kind: Bytes,
    m: Codepoints,
    of: Codepoints,
) -> int:
    """Fold ``c[:n]`` into ``m``; ``of[j]`` is the index in ``c`` of ``m[j]``. Returns the length.

    Apostrophes between letters go, and what folding makes of runs is closed up as in cleaning:
    one space for many, one letter for three or more of them.
    """
    size = 0
    run = 0
    for i in range(n):
        x = c[i]
        if x < PLANES:
            f = fold[x]
            if f == 0:
                continue
            if f > 0:
                x = f
        if guard[i]:
            run = 0
        else:
            k = kind_of(kind, x)
            if k == SPACE or k == NEWLINE:
                if size > 0 and (m[size - 1] == 32 or m[size - 1] == 10):
                    if x == 10:
                        m[size - 1] = 10
                    continue
                run = 0
            elif is_letter(k):
                if size > 0 and m[size - 1] == x and run > 0:
                    run += 1
                    if run == 3:
                        size -= 1
                    if run >= 3:
                        continue
                else:
                    run = 1
            elif k == QUOTE:
                letter = size > 0 and is_letter(kind_of(kind, m[size - 1]))
                if letter and i + 1 < n and is_letter(kind_of(kind, c[i + 1])):
                    continue
                run = 0
            else:
                run = 0
        m[size] = x
        of[size] = i
        size += 1
    return size


@compiled
def folded(raw: Codepoints, t: Tables, fold: Codepoints) -> tuple[Codepoints, Codepoints]:
    """Clean and fold one text: its characters, and their raw indices, the raw length last."""
    places = capacity(raw, raw.size, t.fold)
    c, off = np.empty(places, np.int32), np.empty(places, np.int32)
    guard = np.empty(places, np.uint8)
    n = clean(raw, raw.size, t, False, c, off, guard)
    m, of = np.empty(n, np.int32), np.empty(n + 1, np.int32)
    size = matched(c, n, guard, fold, t.kind, m, of)
    for i in range(size):
        of[i] = off[of[i]]
    of[size] = raw.size
    return m[:size], of[: size + 1]


@compiled
def hash_step(h: np.uint64, x: int) -> np.uint64:
    """Take one more character into the hash of a word."""
    return np.uint64((h ^ np.uint64(x)) * _STEP)


@compiled
def hash_end(h: np.uint64) -> np.uint64:
    """The finished hash of a word."""
    h = np.uint64((h ^ (h >> np.uint64(29))) * _LAST)
    return h ^ (h >> np.uint64(32))


@compiled
def hash_of(m: Codepoints, first: int, end: int) -> np.uint64:
    """The hash of ``m[first:end]`` as a word."""
    h = HASH_START
    for i in range(first, end):
        h = hash_step(h, m[i])
    return hash_end(h)


@compiled
def find_words(m: Codepoints, n: int, kind: Bytes, words: Words) -> int:
    """Find and hash the words of ``m[:n]``; returns how many there are."""
    count = 0
    i = 0
    while i < n:
        k = kind_of(kind, m[i])
        if not (is_letter(k) or k == DIGIT):
            i += 1
            continue
        words.first[count] = i
        h = HASH_START
        while is_letter(k) or k == DIGIT:
            h = hash_step(h, m[i])
            words.state[i] = h
            i += 1
            if i >= n:
                break
            k = kind_of(kind, m[i])
        words.end[count] = i
        words.hash[count] = hash_end(h)
        count += 1
    return count


def word_hash(text: str) -> int:
    """The hash of one word in its folded form."""
    return int(hash_of(np.array([ord(char) for char in text], np.int32), 0, len(text)))


#: What a token is: the kinds of :mod:`classifiers.feature_kernel`.
_SIGNS = {1: ".!?؟۔…\n", 2: ",،;؛:()|–—-", 3: "“«„", 4: "”»", 5: '"'}


@cache
def sign_table() -> Bytes:
    """By code point below 0x3000: the kind of token that a punctuation mark is, else 0."""
    table = np.zeros(0x3000, np.uint8)
    for kind, chars in _SIGNS.items():
        for char in chars:
            table[ord(char)] = kind
    return table


@compiled
def mixed(space: np.uint64, x: np.uint64) -> np.uint64:
    """A hash of ``x`` in one of several spaces."""
    h = np.uint64((np.uint64(space) ^ (np.uint64(x) * _STEP)) * _LAST)
    return h ^ (h >> np.uint64(32))
