"""The compiled loops behind :mod:`classifiers.features`: what is told of a candidate, a message.

Each loop writes hashed features of one document into three buffers and says how many there are.
Training reads them as sparse rows, scoring adds up their weights; both read the same buffers, so
they cannot disagree. What follows from the reference tables is an argument, never a global: numba
freezes globals into machine code.
"""
# ruff: noqa: PLR0913, PLR0917 - compiled loops

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from classifiers.codepoints import compiled
from classifiers.documents import (
    BREAK,
    COMMA,
    PLAIN,
    QUOTE,
    QUOTE_CLOSE,
    QUOTE_OPEN,
    Documents,
)
from classifiers.token_kernel import MAX_TOKENS

#: Hash of the files that this one is built on; see stamps.py.
BUILT_ON = "c39cbcb2e1ae"

Ints = NDArray[np.int64]
Hashes = NDArray[np.uint64]
Columns = NDArray[np.int32]

WIDTH = 16
#: Features of one kind that a row holds at most.
BUFFER = 16_384

#: Roles of a mention for one candidate; ``ALLY`` stands in one list with the target.
NONE, TARGET, SPEAKER, OTHER, MILITANT, OUTLET, DESIGNATION, ALLY = range(8)

#: Where the letters of a token count: not at all, where the target is spoken of, elsewhere.
NOWHERE, NEAR, FAR = range(3)

_U = np.uint64
_MIX = _U(0x9E3779B97F4A7C15)
_COLUMNS = _U((1 << WIDTH) - 1)
_ONE, _ZERO = _U(1), _U(0)


class Codes(NamedTuple):
    """Which bits of a token's marks mean what; the numbers of some classes."""

    cues: np.uint64
    negation: np.uint64
    reporting: np.uint64
    hypothetical: np.uint64
    speaking: np.uint64
    pronoun: np.uint64
    puppet: np.uint64
    ask: np.uint64
    beneficiary: np.uint64
    humanitarian: np.uint64
    route: np.uint64
    focus: np.uint64
    class_mask: np.uint64
    severity_shift: np.uint64
    frame_shift: np.uint64
    class_count: int
    frame_count: int
    epithet_kind: int
    outlet_kind: int
    designation_kind: int


class Sheet(NamedTuple):
    """Room for one document: by token or sentence, and the three buffers of features."""

    role: NDArray[np.int8]
    of_epithet: NDArray[np.int8]
    quoted: NDArray[np.int8]
    mood: NDArray[np.int8]
    doubted: NDArray[np.int8]
    region: NDArray[np.int8]
    sentence: NDArray[np.int32]
    state: NDArray[np.int8]
    others: NDArray[np.int8]
    seen: Hashes
    who: Hashes
    begins: Ints
    relations: Columns
    shapes: Columns
    words: Columns


def sheet() -> Sheet:
    """Room for any document."""
    size = MAX_TOKENS + 2
    return Sheet(
        role=np.zeros(size, np.int8),
        of_epithet=np.zeros(size, np.int8),
        quoted=np.zeros(size, np.int8),
        mood=np.zeros(size, np.int8),
        doubted=np.zeros(size, np.int8),
        region=np.zeros(size, np.int8),
        sentence=np.zeros(size, np.int32),
        state=np.zeros(size, np.int8),
        others=np.zeros(size, np.int8),
        seen=np.zeros(size, np.uint64),
        who=np.zeros(size, np.uint64),
        begins=np.zeros(size, np.int64),
        relations=np.empty(BUFFER, np.int32),
        shapes=np.empty(BUFFER, np.int32),
        words=np.empty(BUFFER, np.int32),
    )


@compiled
def mix(a: Any, b: Any) -> Any:
    h = (_U(a) ^ (_U(b) * _MIX)) * _U(0xFF51AFD7ED558CCD)
    return h ^ (h >> _U(32))


@compiled
def bucket(n: int) -> int:
    return n if n <= 3 else (4 if n <= 5 else (5 if n <= 8 else (6 if n <= 14 else 7)))


@compiled
def mark_quoted(kind: Any, a: int, b: int, out: Any) -> None:
    """Mark the tokens between a pair of quotation marks that are at most 80 tokens apart."""
    for i in range(b - a):
        out[i] = 0
    i = a
    while i < b:
        if kind[i] == QUOTE or kind[i] == QUOTE_OPEN:
            closing = -1
            for j in range(i + 1, min(b, i + 80)):
                if kind[j] == QUOTE_CLOSE or (kind[j] == QUOTE and kind[i] == QUOTE):
                    closing = j
                    break
            if closing > 0:
                for j in range(i, closing + 1):
                    out[j - a] = 1
                i = closing
        i += 1


@compiled
def mark_moods(docs: Documents, a: int, n: int, code: Codes, x: Sheet) -> None:
    """Say of each token whether the speaker asserts it: 0, or why not.

    1: it stands in quotation marks; 2: a negation governs it, within six tokens and no comma; 3:
    its sentence is a supposition; 4: its sentence reports. ``x.quoted``, ``x.sentence``,
    ``x.begins`` and ``x.seen`` must be filled.
    """
    for i in range(n):
        s = x.sentence[i]
        if x.quoted[i]:
            x.mood[i] = 1
        elif x.seen[s] & code.hypothetical:
            x.mood[i] = 3
        elif x.seen[s] & code.reporting:
            x.mood[i] = 4
        else:
            x.mood[i] = 0
    for i in range(n):
        if not docs.marks[a + i] & code.negation:
            continue
        s = x.sentence[i]
        for step in (-1, 1):
            j = i + step
            while x.begins[s] <= j < x.begins[s + 1] and abs(j - i) <= 6:
                if docs.kind[a + j] == COMMA:
                    break
                if x.mood[j] != 1:
                    x.mood[j] = 2
                j += step


@compiled
def in_mood(mood: int, h: Any) -> Any:
    """A feature of a token, kept apart where the speaker does not assert it."""
    return h if mood == 0 else mix(h, 900 + mood)


@compiled
def find_allies(kind: Any, shape: Any, a: int, n: int, role: Any, joining: Any) -> None:
    """Make allies of the others whom a list joins to the target.

    A list: nothing but function words and commas between two names, one of them a comma or a
    conjunction.
    """
    for step in (1, -1):
        i = 0 if step == 1 else n - 1
        gap, joined = 99, False
        while 0 <= i < n:
            if role[i] == TARGET or role[i] == ALLY or (role[i] == OTHER and joined and gap <= 4):
                if role[i] == OTHER:
                    role[i] = ALLY
                gap, joined = 0, False
            elif role[i] != NONE or kind[a + i] == BREAK:
                gap, joined = 99, False
            elif gap < 99:
                gap += 1
                if kind[a + i] == COMMA:
                    joined = True
                elif shape[a + i] == PLAIN:
                    gap = 99
                for k in range(len(joining)):
                    joined = joined or shape[a + i] == joining[k]
            i += step


@compiled
def number_sentences(kind: Any, a: int, b: int, out: Any) -> int:
    """Number the sentences of tokens [a, b); returns how many."""
    number = 0
    for i in range(a, b):
        out[i - a] = number
        if kind[i] == BREAK and i + 1 < b:
            number += 1
    return number + 1


@compiled
def put(buffer: Any, n: int, h: Any) -> int:
    if n < BUFFER:
        buffer[n] = np.int32(h & _COLUMNS)
        return n + 1
    return n


@compiled
def pair(buffer: Any, count: int, h: Any, shape: Any, a: int, n: int, t: int, r: int) -> int:
    """Which function words follow and precede the target at ``t`` and its rival at ``r``."""
    t1 = shape[a + t + 1] if t + 1 < n else _ZERO
    t0 = shape[a + t - 1] if t > 0 else _ZERO
    r1 = shape[a + r + 1] if r + 1 < n else _ZERO
    r0 = shape[a + r - 1] if r > 0 else _ZERO
    count = put(buffer, count, mix(mix(h, _U(1)), t1))
    count = put(buffer, count, mix(mix(h, _U(2)), t0))
    count = put(buffer, count, mix(mix(h, _U(3)), r1))
    count = put(buffer, count, mix(mix(h, _U(4)), r0))
    count = put(buffer, count, mix(mix(mix(h, _U(5)), t1), r1))
    return put(buffer, count, mix(mix(mix(h, _U(6)), t0), r0))


@compiled
def shape_of(shape: Any, role: Any, a: int, i: int) -> Any:
    return shape[a + i] if role[i] == NONE else mix(_U(7), role[i])


@compiled
def stem_column(docs: Documents, token: int, of_candidate: bool) -> int:
    """The column of the feature that a token's stem is, of a candidate or of a whole message."""
    return int(mix(_U(402) if of_candidate else _U(702), docs.stem[token]) & _COLUMNS)


@compiled
def company(
    docs: Documents, doc: int, goal: int, code: Codes, joining: Hashes, x: Sheet
) -> tuple[Any, Any]:
    """Who stands in a sentence with a candidate, as bits of actors: rivals, and allies.

    Rivals are named in one sentence with the target, allies are joined to it by a list.
    """
    a, b = docs.first[doc], docs.first[doc + 1]
    n = b - a
    role, who, here = x.role, x.who, x.state
    for i in range(n):
        role[i] = NONE
        who[i] = _ZERO
        here[i] = 0
    for m in range(docs.mention_first[doc], docs.mention_first[doc + 1]):
        t = docs.mention_token[m] - a
        if docs.mention_kind[m] == code.outlet_kind:
            continue
        if docs.mention_actor[m] == goal and docs.mention_share[m] >= 0.2:
            role[t] = TARGET
        elif role[t] == NONE:
            role[t] = OTHER
        who[t] |= _ONE << _U(docs.mention_actor[m] & 63)
    find_allies(docs.kind, docs.shape, a, n, role, joining)
    number_sentences(docs.kind, a, b, x.sentence)
    for i in range(n):
        if role[i] == TARGET:
            here[x.sentence[i]] = 1
    rivals, allies = _ZERO, _ZERO
    for i in range(n):
        if here[x.sentence[i]] and role[i] == ALLY:
            allies |= who[i]
        elif here[x.sentence[i]] and role[i] == OTHER:
            rivals |= who[i]
    return rivals, allies
