"""Terms in text whose spaces cannot be trusted: words run together, or torn apart.

The lexicon looks for whole words. Where a message has words of improbable length, or hardly any
words longer than a letter or two, long terms are looked for once more with everything but letters
taken out of both sides.
"""
# ruff: noqa: PLR0912, PLR0913, PLR0917 - compiled loops

from __future__ import annotations

import numpy as np

from classifiers.codepoints import Bytes, Codepoints, compiled, is_letter, kind_of
from classifiers.lexicon_kernel import LENGTH, MAX_HITS, MIX, ROLL, Ints, Room, Trie, sort
from classifiers.matching import Words

#: Hash of the files that this one is built on; see stamps.py.
BUILT_ON = "684366fe22ab"

#: Letters of a term that is looked for so: shorter ones stand inside other words too often.
SQUEEZED_LETTERS = 8
#: So many letters in one word raise the suspicion.
LONG_WORD = 13


@compiled
def untrusted(w: Words, words: int, m: Codepoints, n: int, kind: Bytes) -> bool:
    """Whether the spaces look tampered with: words of improbable length, or hardly any letters."""
    for i in range(words):
        if w.end[i] - w.first[i] < LONG_WORD:
            continue
        run = 0
        for j in range(w.first[i], w.end[i]):
            run = run + 1 if is_letter(kind_of(kind, m[j])) else 0
            if run >= LONG_WORD:
                return True
    gaps = 1
    for j in range(n):
        gaps += m[j] == 32
    return gaps > 5 and n < 3 * gaps


@compiled
def find_squeezed(
    trie: Trie, m: Codepoints, n: int, kind: Bytes, place: Ints, hits: int, r: Room
) -> int:
    """Add hits of long terms in the text without its spaces; returns how many hits there are.

    A place that a hit of the same class covers gets no second one, nor a name a second name.
    """
    size = 0
    r.letters[0] = np.uint64(0)
    for i in range(n):
        if is_letter(kind_of(kind, m[i])):
            r.letters[size + 1] = r.letters[size] * ROLL + np.uint64(m[i])
            r.places[size] = i
            size += 1
    mask = np.uint64(trie.squeezed_keys.size - 1)
    count = 0
    for i in range(size - SQUEEZED_LETTERS + 1):
        h = r.letters[i + SQUEEZED_LETTERS] - r.letters[i] * r.powers[SQUEEZED_LETTERS]
        key = squeezed_key(h)
        at = key & mask
        while trie.squeezed_keys[at] != np.uint64(0) and trie.squeezed_keys[at] != key:
            at = (at + np.uint64(1)) & mask
        if trie.squeezed_keys[at] == np.uint64(0):
            continue
        for e in range(trie.squeezed_first[at], trie.squeezed_first[at + np.uint64(1)]):
            letters = trie.squeezed_size[e]
            term = trie.squeezed_term[e]
            if i + letters > size or place[trie.language[term]] < 0 or count >= MAX_HITS:
                continue
            if r.letters[i + letters] - r.letters[i] * r.powers[letters] != trie.squeezed_hash[e]:
                continue
            start = r.places[i]
            length = min(r.places[i + letters - 1] + 1 - start, LENGTH)
            # The longer first: they are the surer ones.
            r.found[count] = (
                (np.int64(LENGTH - length) << 48) | (np.int64(start) << 28) | np.int64(term)
            )
            count += 1
    sort(r.found, count)
    before = hits
    for f in range(count):
        x = r.found[f]
        start = int((x >> 28) & 0xFFFFF)
        end = start + LENGTH - int(x >> 48)
        term = int(x & 0xFFFFFFF)
        name = trie.group[term] == trie.name_group
        free = hits < MAX_HITS
        for h in range(hits):
            if r.start[h] < end and r.end[h] > start:
                other = r.term[h]
                same = trie.klass[other] == trie.klass[term]
                if same or (name and trie.group[other] == trie.group[term]):
                    free = False
                    break
        if free:
            r.start[hits] = start
            r.end[hits] = end
            r.term[hits] = term
            hits += 1
    if hits > before:
        _by_start(r, hits)
    return hits


@compiled
def squeezed_key(rolled: np.uint64) -> np.uint64:
    """The key under which terms with these first letters stand; never 0."""
    key = np.uint64((rolled ^ (rolled >> np.uint64(32))) * MIX)
    key ^= key >> np.uint64(29)
    return key if key != np.uint64(0) else MIX


@compiled
def rolled(m: Codepoints, n: int) -> np.uint64:
    """The rolling hash of ``m[:n]``."""
    h = np.uint64(0)
    for i in range(n):
        h = np.uint64(h * ROLL + np.uint64(m[i]))
    return h


@compiled
def _by_start(r: Room, hits: int) -> None:
    """Order hits by start, the longer first."""
    for i in range(1, hits):
        start, end, term = r.start[i], r.end[i], r.term[i]
        j = i - 1
        while j >= 0 and (r.start[j] > start or (r.start[j] == start and r.end[j] < end)):
            r.start[j + 1], r.end[j + 1], r.term[j + 1] = r.start[j], r.end[j], r.term[j]
            j -= 1
        r.start[j + 1], r.end[j + 1], r.term[j + 1] = start, end, term
