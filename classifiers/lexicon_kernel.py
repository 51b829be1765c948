"""The compiled search for terms: words looked up one by one in a trie kept as a hash table.

A node of the trie is a term's beginning, word by word; its key mixes the node before it with the
hash of the word. On a term's first word a glued prefix may stand, on its last one a grammatical
ending; both are tried where the table says that they may.

A hit that competes with others is one number, so that sorting numbers sorts hits: start, then the
longer, then the preferred language, then the order of the tables.
"""
# ruff: noqa: PLR0912, PLR0913, PLR0917 - compiled loops

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from classifiers.codepoints import Bytes, Codepoints, compiled
from classifiers.matching import Hashes, Words, hash_end, hash_of, hash_step
from classifiers.vocabulary import LANGUAGES

#: Hash of the files that this one is built on; see stamps.py.
BUILT_ON = "f5492519c1d2"

Ints = npt.NDArray[np.int32]

#: Endings are no longer than this.
LONGEST_ENDING = 8
#: No message that a channel carries has more; the rest of a hostile one is not looked up.
MAX_HITS = 4_096

MIX = np.uint64(0x2545F4914F6CDD1D)
#: What a rolling hash is multiplied by for each letter.
ROLL = np.uint64(0x5851F42D4C957F2D)
LENGTH = 4_095
#: Columns of an entry.
TERM, SET, PREFIX, LANGUAGE = range(4)
#: Bits of a key that point into ``starts``.
STARTS_BITS = 17
_STARTS_SHIFT = np.uint64(64 - STARTS_BITS)
ENDING_START = np.uint64(0x84222325CBF29CE4)
_WAW, _ALEF, _LAM = 0x648, 0x627, 0x644


class Trie(NamedTuple):
    """Compiled terms.

    ``keys`` and ``nodes`` are an open-addressing table (a power of two long, key 0: empty).
    ``entries[entry_first[n]:entry_first[n + 1]]`` are the terms that end at node ``n``, each a row
    of the term, the set of endings that may follow (-1: none), the prefixes that may precede (bit
    0: waw, bit 1: the article) and its language. ``starts`` has a 1 where the topmost bits of the
    key of some first word point: most words are the first of none, and end there.
    ``ending_keys`` holds the hashes of all endings, read backwards, ``ending_sets`` the sets that
    each is in, ``ending_last`` a 1 at their last letters. By term: language, group that it
    competes in, class, letters of a ``cased`` term (``cased[cased_first[t]:cased_first[t + 1]]``).
    ``squeezed_*``: terms without their spaces by the hash of their first letters.
    """

    keys: Hashes
    nodes: Ints
    deeper: Bytes
    entry_first: Ints
    entries: Ints
    starts: Bytes
    ending_keys: Hashes
    ending_sets: npt.NDArray[np.uint64]
    ending_last: Bytes
    language: npt.NDArray[np.int8]
    group: npt.NDArray[np.int8]
    klass: npt.NDArray[np.int8]
    cased: Ints
    cased_first: Ints
    squeezed_keys: Hashes
    squeezed_first: Ints
    squeezed_size: Ints
    squeezed_hash: Hashes
    squeezed_term: Ints
    groups: int
    context_group: int
    benign_group: int
    name_group: int
    benign_class: int


class Room(NamedTuple):
    """Scratch of one search: numbers that sort as hits, and the hits that stand."""

    found: npt.NDArray[np.int64]
    start: Ints
    end: Ints
    term: Ints
    reached: Ints
    letters: Hashes
    places: Ints
    powers: Hashes


def room(characters: int, groups: int) -> Room:
    """Scratch for texts of at most so many characters."""
    powers = np.ones(LENGTH + 1, np.uint64)
    np.multiply.accumulate(np.full(LENGTH, ROLL), out=powers[1:])
    return Room(
        found=np.empty(MAX_HITS, np.int64),
        start=np.empty(MAX_HITS, np.int32),
        end=np.empty(MAX_HITS, np.int32),
        term=np.empty(MAX_HITS, np.int32),
        reached=np.zeros(groups, np.int32),
        letters=np.empty(characters + 1, np.uint64),
        places=np.empty(characters + 1, np.int32),
        powers=powers,
    )


def places_of(languages: Collection[str] | None) -> Ints:
    """By language of :data:`~classifiers.vocabulary.LANGUAGES`: its rank, -1 where not wanted.

    >>> places_of(["ur"]).tolist()
    [-1, 0, -1, -1, -1, -1, 1]
    """
    wanted = list(languages or ())
    rank = {language: place for place, language in enumerate((*wanted, "any"))}
    other = -1 if wanted else len(rank)
    return np.array([rank.get(language, other) for language in LANGUAGES], np.int32)


@compiled
def child_key(node: int, word: np.uint64) -> np.uint64:
    """The key of the node that a word leads to; never 0."""
    key = np.uint64(word + np.uint64(node) * MIX)
    key ^= key >> np.uint64(31)
    return key if key != np.uint64(0) else MIX


@compiled
def _child(keys: Hashes, nodes: Ints, key: np.uint64) -> int:
    mask = np.uint64(keys.size - 1)
    at = key & mask
    while True:
        here = keys[at]
        if here == key:
            return int(nodes[at])
        if here == np.uint64(0):
            return -1
        at = (at + np.uint64(1)) & mask


@compiled
def _sets_of(keys: Hashes, sets: Hashes, ending: np.uint64) -> np.uint64:
    """The sets of endings that one is in, as bits."""
    mask = np.uint64(keys.size - 1)
    at = ending & mask
    while True:
        here = keys[at]
        if here == ending:
            return np.uint64(sets[at])
        if here == np.uint64(0):
            return np.uint64(0)
        at = (at + np.uint64(1)) & mask


@compiled
def _take(
    entries: Ints, first: int, last: int, start: int, end: int, sets: np.uint64, prefix: int,
    place: Ints, found: npt.NDArray[np.int64], count: int,
) -> int:  # fmt: skip
    """Note the terms of some entries; ``sets`` is 0 where no ending follows."""
    for e in range(first, last):
        rank = place[entries[e, LANGUAGE]]
        if rank < 0 or count >= MAX_HITS:
            continue
        if sets != np.uint64(0):
            allowed = entries[e, SET]
            if allowed < 0 or not (sets >> np.uint64(allowed)) & np.uint64(1):
                continue
        if prefix and entries[e, PREFIX] & prefix != prefix:
            continue
        size = min(end - start, LENGTH)
        found[count] = (
            (np.int64(start) << 44)
            | (np.int64(LENGTH - size) << 32)
            | (np.int64(rank) << 28)
            | np.int64(entries[e, TERM])
        )
        count += 1
    return count


@compiled
def _skip(m: Codepoints, first: int, end: int, way: int) -> int:
    """Letters to skip for what is glued to a word in Arabic script: and, the, and the; -1: none."""
    size = end - first
    if way == 1 and size > 1 and m[first] == _WAW:
        return 1
    if way == 2 and size > 2 and m[first] == _ALEF and m[first + 1] == _LAM:
        return 2
    if way == 3 and size > 3 and m[first] == _WAW:
        return 3 if m[first + 1] == _ALEF and m[first + 2] == _LAM else -1
    return -1


@compiled
def find_terms(
    trie: Trie, m: Codepoints, w: Words, words: int, place: Ints, found: npt.NDArray[np.int64]
) -> int:
    """Note every term of the languages with a ``place`` in the words of ``m``; returns how many.

    Of cased terms every spelling is noted: :func:`drop_other_case` follows.
    """
    # As locals: a call with all tables in its arguments costs more than the look-up itself.
    keys, nodes, entry_first, entries = trie.keys, trie.nodes, trie.entry_first, trie.entries
    ending_keys, ending_sets, last_letters = trie.ending_keys, trie.ending_sets, trie.ending_last
    starts, deeper = trie.starts, trie.deeper
    w_first, w_end, w_hash, w_state = w.first, w.end, w.hash, w.state
    none = np.uint64(0)
    count = 0
    for i in range(words):
        first = w_first[i]
        glued = m[first] == _WAW or m[first] == _ALEF
        for way in range(4 if glued else 1):
            skip = 0
            if way:
                skip = _skip(m, first, w_end[i], way)
                if skip < 0:
                    continue
            start = first + skip
            node = 0
            j = i
            while True:
                # The last word of a term, with an ending.
                begin = start if j == i else w_first[j]
                end = w_end[j]
                if m[end - 1] < last_letters.size and last_letters[m[end - 1]]:
                    h = ENDING_START
                    for size in range(1, min(LONGEST_ENDING, end - begin - 1) + 1):
                        h = hash_step(h, m[end - size])
                        sets = _sets_of(ending_keys, ending_sets, hash_end(h))
                        if sets == none:
                            continue
                        if skip == 0 or j > i:
                            stem = hash_end(w_state[end - size - 1])
                        else:
                            stem = hash_of(m, begin, end - size)
                        key = child_key(node, stem)
                        if node == 0 and not starts[key >> _STARTS_SHIFT]:
                            continue
                        at = _child(keys, nodes, key)
                        if at >= 0:
                            count = _take(
                                entries, entry_first[at], entry_first[at + 1], start, end, sets,
                                way, place, found, count,
                            )  # fmt: skip
                # The word as it stands.
                whole = w_hash[j] if skip == 0 or j > i else hash_of(m, begin, end)
                key = child_key(node, whole)
                if node == 0 and not starts[key >> _STARTS_SHIFT]:
                    break
                node = _child(keys, nodes, key)
                if node < 0:
                    break
                count = _take(
                    entries, entry_first[node], entry_first[node + 1], start, end, none, way,
                    place, found, count,
                )  # fmt: skip
                j += 1
                if not deeper[node] or j >= words or w_first[j] != w_end[j - 1] + 1:
                    break
    return count


@compiled
def drop_other_case(
    cased: Ints, cased_first: Ints, raw: Codepoints, off: Codepoints, of: Codepoints,
    found: npt.NDArray[np.int64], count: int,
) -> int:  # fmt: skip
    """Drop cased terms that the raw text writes otherwise; returns how many are left."""
    kept = 0
    for f in range(count):
        x = found[f]
        term = int(x & 0xFFFFFFF)
        a, b = cased_first[term], cased_first[term + 1]
        right = True
        if b > a:
            start = int(x >> 44)
            end = start + LENGTH - int((x >> 32) & LENGTH)
            first = off[of[start]]
            right = off[of[end - 1]] + 1 - first == b - a
            for i in range(a, b):
                right = right and raw[first + i - a] == cased[i]
        if right:
            found[kept] = x
            kept += 1
    return kept


@compiled
def sort(found: npt.NDArray[np.int64], count: int) -> None:
    if count > 64:
        found[:count] = np.sort(found[:count])
        return
    for i in range(1, count):
        x = found[i]
        j = i - 1
        while j >= 0 and found[j] > x:
            found[j + 1] = found[j]
            j -= 1
        found[j + 1] = x


@compiled
def select(trie: Trie, count: int, r: Room) -> int:
    """The hits that stand: of each group leftmost and longest, none inside a benign phrase."""
    if count == 0:
        return 0
    sort(r.found, count)
    r.reached[:] = 0
    size = 0
    benign = False
    last = np.int64(-1)
    for f in range(count):
        if r.found[f] == last:
            continue
        last = r.found[f]
        start = int(last >> 44)
        term = int(last & 0xFFFFFFF)
        group = trie.group[term]
        # Context words do not compete: "Pakistan" counts inside "Pakistan army" as well.
        if start < r.reached[group] and group != trie.context_group:
            continue
        end = start + LENGTH - int((last >> 32) & LENGTH)
        r.reached[group] = end
        r.start[size] = start
        r.end[size] = end
        r.term[size] = term
        benign = benign or group == trie.benign_group
        size += 1
    if not benign:
        return size
    kept = 0
    covered = 0  # how far the benign phrases before reach
    ahead = 0
    for h in range(size):
        while ahead < size and r.start[ahead] <= r.start[h]:
            if trie.group[r.term[ahead]] == trie.benign_group:
                covered = max(covered, r.end[ahead])
            ahead += 1
        if r.end[h] <= covered and trie.klass[r.term[h]] != trie.benign_class:
            continue
        r.start[kept] = r.start[h]
        r.end[kept] = r.end[h]
        r.term[kept] = r.term[h]
        kept += 1
    return kept


@compiled
def ending_key(m: Codepoints, n: int) -> np.uint64:
    """The key of the ending ``m[:n]``: its hash, read backwards."""
    h = ENDING_START
    for i in range(n - 1, -1, -1):
        h = hash_step(h, m[i])
    return hash_end(h)
