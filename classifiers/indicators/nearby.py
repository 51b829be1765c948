"""Words around an indicator: where the listed ones stand in a message, found in one pass.

The message is folded as the lexicons read it, so a word counts in disguise too. The words of all
lists are one tree of characters; a hit tells by its bits in which lists the word is.
"""
# ruff: noqa: PLR0913, PLR0917 - compiled loops

from __future__ import annotations

import bisect
import functools
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from classifiers import kernel
from classifiers.codepoints import (
    DIGIT,
    LATIN,
    PLANES,
    Bytes,
    Codepoints,
    Tables,
    compiled,
    kind_of,
)
from classifiers.indicators.plain import Plain
from classifiers.indicators.words import LISTS
from classifiers.normalise import load_tables

#: Hash of the files that this one is built on; see stamps.py.
BUILT_ON = "b8cd54fb110c"

Words = Callable[[], frozenset[str]]


class Tree(NamedTuple):
    """The words: ``next[node, class of the next character]`` (0: none) and bits where one ends."""

    classes: Bytes  # of code points, 0: in no word
    next: npt.NDArray[np.int32]
    bits: npt.NDArray[np.int32]


class Room(NamedTuple):
    """Where a message is folded; one character gives at most four."""

    characters: Codepoints
    offsets: Codepoints
    guard: Bytes


@compiled
def _in_word(kind: Bytes, c: int) -> bool:
    return LATIN <= kind_of(kind, c) <= DIGIT or c == 95  # the low line


@compiled
def words_in(
    text: Codepoints, n: int, tables: Tables, tree: Tree, room: Room, hits: Codepoints
) -> int:
    """Write (start, end, bits) of each listed word in ``text[:n]`` to ``hits``; returns how many.

    ``room`` needs 4 n + 2 places; what ``hits`` has no room for is left out.
    """
    c = room.characters
    m = kernel.clean(text, n, tables, True, c, room.offsets, room.guard)
    found = 0
    for i in range(m):
        if i > 0 and _in_word(tables.kind, c[i - 1]):
            continue
        node = 0
        for j in range(i, m):
            kind = tree.classes[c[j]] if c[j] < PLANES else 0
            node = tree.next[node, kind] if kind else 0
            if node == 0:
                break
            if tree.bits[node] and not (j + 1 < m and _in_word(tables.kind, c[j + 1])):
                if found == hits.shape[0]:
                    return found
                hits[found, 0] = room.offsets[i]
                hits[found, 1] = room.offsets[j] + 1
                hits[found, 2] = tree.bits[node]
                found += 1
    return found


@compiled
def room_for(size: int) -> Room:
    """Room to fold a text of ``size`` characters."""
    places = 4 * size + 2
    return Room(np.empty(places, np.int32), np.empty(places, np.int32), np.empty(places, np.uint8))


@functools.cache
def tree() -> Tree:
    """The words of all lists; built once."""
    classes = np.zeros(PLANES, np.uint8)
    listed = [(word, 1 << place) for place, words in enumerate(LISTS) for word in words()]
    alphabet = sorted({char for word, _ in listed for char in word})
    for number, char in enumerate(alphabet, 1):
        classes[ord(char)] = number
    following: list[dict[int, int]] = [{}]
    bits = [0]
    for word, bit in listed:
        node = 0
        for char in word:
            number = int(classes[ord(char)])
            if number not in following[node]:
                following[node][number] = len(following)
                following.append({})
                bits.append(0)
            node = following[node][number]
        bits[node] |= bit
    table = np.zeros((len(following), len(alphabet) + 1), np.int32)
    for node, nodes in enumerate(following):
        for number, target in nodes.items():
            table[node, number] = target
    return Tree(classes, table, np.array(bits, np.int32))


def bit_of(words: Words) -> int:
    """The bit of a list of words."""
    return 1 << LISTS.index(words)


def near(plain: Plain, start: int, end: int, words: Words, reach: int = 80) -> bool:
    """Whether one of the ``words`` stands within ``reach`` characters of a span, outside it."""
    if plain.hits is None:
        plain.hits = _hits(plain.text)
    bit = bit_of(words)
    for place in range(bisect.bisect_left(plain.hits, [start - reach]), len(plain.hits)):
        first, last, bits = plain.hits[place]
        if first > end + reach:
            break
        if bits & bit and (last <= start or end <= first) and last <= end + reach:
            return True
    return False


def _hits(text: str) -> list[list[int]]:
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.int32)
    hits = np.empty((codes.size, 3), np.int32)
    tables = load_tables("match")
    found = words_in(codes, codes.size, tables, tree(), room_for(codes.size), hits)
    listed: list[list[int]] = hits[:found].tolist()
    return listed
