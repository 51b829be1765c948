"""Cut a folded text into tokens, and give runs of them to the terms that own them."""
# ruff: noqa: PLR0912, PLR0913, PLR0915, PLR0917 - compiled loops

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from classifiers.codepoints import DIGIT, Bytes, compiled, is_letter, kind_of
from classifiers.documents import (
    BREAK,
    KIND,
    LINK,
    NEVER,
    NUMBER,
    PARTICLE,
    PLAIN,
    QUOTE_CLOSE,
    QUOTE_OPEN,
    STEM,
    SURFACE,
    WORD,
)
from classifiers.matching import HASH_START, Hashes, hash_end, hash_step, mixed

#: Hash of the files that this one is built on; see stamps.py.
BUILT_ON = "c39725def55c"

Ints = NDArray[np.int32]

MAX_TOKENS = 4_000
STEM_LETTERS = 4

_ZERO, _ONE = np.uint64(0), np.uint64(1)


class Tokens(NamedTuple):
    """The tokens of one message, before those that one term covers become one."""

    begin: Ints
    end: Ints
    kind: NDArray[np.int8]
    surface: Hashes
    stem: Hashes
    shape: Hashes


@compiled
def _is_particle(table: Hashes, word: np.uint64) -> bool:
    mask = np.uint64(table.size - 1)
    at = word & mask
    while table[at] != _ZERO:
        if table[at] == word:
            return True
        at = (at + _ONE) & mask
    return False


@compiled
def _letter(m: Ints, i: int, n: int, kind: Bytes) -> bool:
    """Whether a letter, a digit or a low line stands at ``i``."""
    if i >= n:
        return False
    k = kind_of(kind, m[i])
    return bool(is_letter(k) or k == DIGIT or m[i] == 95)


@compiled
def _link(m: Ints, i: int, n: int) -> bool:
    """Whether ``http://`` or ``https://`` stands at ``i``."""
    if i + 8 >= n or m[i] != 104 or m[i + 1] != 116 or m[i + 2] != 116 or m[i + 3] != 112:
        return False
    j = i + 5 if m[i + 4] == 115 else i + 4
    return bool(m[j] == 58 and m[j + 1] == 47 and m[j + 2] == 47)


@compiled
def _emoji(x: int) -> bool:
    """Whether a code point is a pictograph: it says something, as a word does."""
    return 0x1F300 <= x <= 0x1FAFF or 0x2600 <= x <= 0x27BF or 0x1F1E6 <= x <= 0x1F1FF


@compiled
def cut(m: Ints, n: int, kind: Bytes, signs: Bytes, particles: Hashes, to: Tokens) -> int:
    """Cut ``m[:n]`` into tokens with kinds and hashes; returns how many, at most MAX_TOKENS."""
    surface, stems, shapes = to.surface, to.stem, to.shape
    begins, ends, kinds = to.begin, to.end, to.kind
    count = 0
    i = 0
    while i < n and count < MAX_TOKENS:
        x = m[i]
        k = kind_of(kind, x)
        first = i
        token = -1
        if is_letter(k):
            if _link(m, i, n):
                while i < n and m[i] != 32 and m[i] != 10 and i - first < 500:
                    i += 1
                token = LINK
            else:
                h = HASH_START
                stem = HASH_START
                while _letter(m, i, n, kind):
                    h = hash_step(h, m[i])
                    i += 1
                    if i - first == STEM_LETTERS:
                        stem = h
                if i - first < STEM_LETTERS:
                    stem = h
                word = hash_end(h)
                surface[count] = mixed(SURFACE, word)
                stems[count] = mixed(STEM, hash_end(stem))
                shapes[count] = mixed(PARTICLE, word) if _is_particle(particles, word) else PLAIN
                token = WORD
        elif k == DIGIT:
            while i < n and kind_of(kind, m[i]) == DIGIT:
                i += 1
                if (
                    i + 1 < n
                    and (m[i] == 46 or m[i] == 44 or m[i] == 0x66B or m[i] == 0x66C)
                    and kind_of(kind, m[i + 1]) == DIGIT
                ):
                    i += 1
            token = NUMBER
        elif x == 64 and _letter(m, i + 1, n, kind) and _letter(m, i + 2, n, kind):
            i += 1
            while _letter(m, i, n, kind) and i - first < 65:
                i += 1
            token = LINK
        elif x == 39:
            # Single quotation marks of every kind are folded to this one; those inside words are
            # gone. It opens before a word and closes after one.
            after = i > 0 and m[i - 1] != 32 and m[i - 1] != 10
            before = _letter(m, i + 1, n, kind)
            i += 1
            if before == after:
                continue
            token = QUOTE_OPEN if before else QUOTE_CLOSE
        elif x < signs.size and signs[x]:
            token = int(signs[x])
            i += 1
            if token == BREAK:
                while i < n and m[i] < signs.size and signs[m[i]] == BREAK:
                    i += 1
        elif _emoji(x):
            while i < n and m[i] == x:
                i += 1
            word = hash_end(hash_step(HASH_START, x))
            surface[count] = mixed(SURFACE, word)
            stems[count] = mixed(STEM, word)
            shapes[count] = mixed(PARTICLE, word)
            token = WORD
        else:
            i += 1
            continue
        if token != WORD:
            h = mixed(KIND, np.uint64(token))
            surface[count] = h
            stems[count] = h
            shapes[count] = h
        begins[count] = first
        ends[count] = i
        kinds[count] = token
        count += 1
    return count


@compiled
def own_tokens(
    priorities: Ints, begin: Ints, end: Ints, tokens: int, start: Ints, stop: Ints, term: Ints,
    hits: int, owner: Ints, low_of: Ints, high_of: Ints, order: NDArray[np.int64],
) -> None:  # fmt: skip
    """Give tokens to the hits that own them: ``owner[token]`` is the hit, -1 for none.

    ``low_of`` and ``high_of`` become the run of tokens that each hit covers.
    """
    for i in range(tokens):
        owner[i] = -1
    at = 0
    candidates = 0
    for h in range(hits):
        while at < tokens and end[at] <= start[h]:
            at += 1
        low = at
        high = low
        while high < tokens and begin[high] < stop[h]:
            high += 1
        low_of[h] = low
        high_of[h] = high
        priority = priorities[term[h]]
        if priority != NEVER and high > low:
            length = min(stop[h] - start[h], 4095)
            order[candidates] = (priority << 40) | ((4095 - length) << 20) | h
            candidates += 1
    if candidates > 48:
        order[:candidates] = np.sort(order[:candidates])
    else:
        for i in range(1, candidates):
            x = order[i]
            j = i - 1
            while j >= 0 and order[j] > x:
                order[j + 1] = order[j]
                j -= 1
            order[j + 1] = x
    for i in range(candidates):
        h = int(order[i] & 0xFFFFF)
        free = True
        for token in range(low_of[h], high_of[h]):
            free = free and owner[token] < 0
        if free:
            for token in range(low_of[h], high_of[h]):
                owner[token] = h
