"""The compiled loops behind :mod:`classifiers.features`.

All of them live in this one file, and what follows from the reference tables is an argument, never
a global: numba's cache notices a change of this file only, and freezes globals into machine code.
"""
# ruff: noqa: PLR0912, PLR0913, PLR0915, PLR0917 - compiled loops

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, ParamSpec, TypeVar

import numpy as np
from numba import njit
from numpy.typing import NDArray

P = ParamSpec("P")
R = TypeVar("R")


def compiled(function: Callable[P, R]) -> Callable[P, R]:
    """Compile a function to machine code, cached on disk, that releases the interpreter lock."""
    result: Callable[P, R] = njit(cache=True, nogil=True)(function)
    return result


def inlined(function: Callable[P, R]) -> Callable[P, R]:
    """The same, copied into its callers."""
    result: Callable[P, R] = njit(cache=True, nogil=True, inline="always")(function)
    return result


Ints = NDArray[np.int64]
Hashes = NDArray[np.uint64]

WIDTH = 17
#: Kinds of features that one block of a row holds at most.
BUFFER = 16_384
#: Code points of a word, its two borders included, whose n-grams are taken.
GRAM_REACH = 24

#: The kinds of tokens; what stands for a break ends a sentence.
WORD, BREAK, COMMA, QUOTE_OPEN, QUOTE_CLOSE, QUOTE, NUMBER, LINK = range(8)

#: Roles of a mention for one candidate; ``ALLY`` stands in one list with the target.
NONE, TARGET, SPEAKER, OTHER, MILITANT, OUTLET, DESIGNATION, ALLY = range(8)

_U = np.uint64
_MIX = _U(0x9E3779B97F4A7C15)
_COLUMNS = _U((1 << WIDTH) - 1)
_ONE, _ZERO = _U(1), _U(0)


class Documents(NamedTuple):
    """A batch of messages; every array but those by message is aligned with the tokens.

    ``first[i]:first[i + 1]`` are the tokens of message ``i`` and ``mention_first[i]:…`` its rows in
    the mention arrays (one row for each actor that a mention may mean). ``language``, ``speaker``
    and ``facts`` are by message: index of the tag, index of the channel's actor or -1, and bits of
    what else is known (see :mod:`classifiers.features`). ``begin`` and ``end`` are folded offsets.
    ``word`` numbers the distinct tokens, ``grams[gram_first[w]:gram_first[w + 1]]`` are hashes of
    the character n-grams of token ``w``; token 0 is the one of which nothing is known.
    """

    first: NDArray[np.int64]
    surface: NDArray[np.uint64]
    stem: NDArray[np.uint64]
    shape: NDArray[np.uint64]
    kind: NDArray[np.int8]
    marks: NDArray[np.uint64]
    begin: NDArray[np.int32]
    end: NDArray[np.int32]
    word: NDArray[np.int64]
    gram_first: NDArray[np.int64]
    grams: NDArray[np.uint64]
    language: NDArray[np.uint64]
    speaker: NDArray[np.int64]
    facts: NDArray[np.uint64]
    mention_first: NDArray[np.int64]
    mention_token: NDArray[np.int64]
    mention_actor: NDArray[np.int64]
    mention_share: NDArray[np.float32]
    mention_kind: NDArray[np.int64]

    @property
    def size(self) -> int:
        """How many messages there are."""
        return len(self.first) - 1


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


@inlined
def _mix(a: Any, b: Any) -> Any:
    h = (_U(a) ^ (_U(b) * _MIX)) * _U(0xFF51AFD7ED558CCD)
    return h ^ (h >> _U(32))


@inlined
def _bucket(n: int) -> int:
    return n if n <= 3 else (4 if n <= 5 else (5 if n <= 8 else (6 if n <= 14 else 7)))


@compiled
def _quoted(kind: Any, a: int, b: int, out: Any) -> None:
    """Mark the tokens between a pair of quotation marks that are at most 80 tokens apart."""
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
def _join(kind: Any, shape: Any, a: int, n: int, role: Any, joining: Any, plain_word: Any) -> None:
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
                elif shape[a + i] == plain_word:
                    gap = 99
                for k in range(len(joining)):
                    joined = joined or shape[a + i] == joining[k]
            i += step


@compiled
def _sentences(kind: Any, a: int, b: int, out: Any) -> int:
    """Number the sentences of tokens [a, b); returns how many."""
    number = 0
    for i in range(a, b):
        out[i - a] = number
        if kind[i] == BREAK and i + 1 < b:
            number += 1
    return number + 1


@compiled
def _block(
    buffer: Any, count: int, weight: float, share: bool, indices: Any, values: Any, at: int
) -> int:
    """Append the distinct hashes of a buffer to the row; returns the new end of the row."""
    found = np.sort(buffer[:count])
    start = at
    last = np.int64(-1)
    for i in range(count):
        column = np.int64(found[i])
        if column != last:
            indices[at] = column
            values[at] = weight
            at += 1
            last = column
    if share and at > start:
        value = weight / np.sqrt(at - start)
        for i in range(start, at):
            values[i] = value
    return at


@inlined
def _put(buffer: Any, n: int, h: Any) -> int:
    if n < BUFFER:
        buffer[n] = h & _COLUMNS
        return n + 1
    return n


@compiled
def word_grams(codes: Any, first: Ints, gram_first: Ints, grams: Hashes) -> None:
    """Hash the n-grams of 2 to 4 code points of each word; :func:`gram_count` gives the room."""
    at = 0
    for word in range(len(first) - 1):
        gram_first[word] = at
        a, b = first[word], min(first[word + 1], first[word] + GRAM_REACH)
        for size in range(2, 5):
            for i in range(a, b - size + 1):
                h = _U(size)
                for j in range(i, i + size):
                    h = _mix(h, codes[j])
                grams[at] = h
                at += 1
    gram_first[len(first) - 1] = at


@inlined
def _put_grams(buffer: Any, count: int, docs: Documents, token: int, space: Any) -> int:
    word = docs.word[token]
    for k in range(docs.gram_first[word], docs.gram_first[word + 1]):
        count = _put(buffer, count, _mix(docs.grams[k], space))
    return count


@inlined
def _pair(buffer: Any, count: int, h: Any, shape: Any, a: int, n: int, t: int, r: int) -> int:
    """Which function words follow and precede the target at ``t`` and its rival at ``r``."""
    t1 = shape[a + t + 1] if t + 1 < n else _ZERO
    t0 = shape[a + t - 1] if t > 0 else _ZERO
    r1 = shape[a + r + 1] if r + 1 < n else _ZERO
    r0 = shape[a + r - 1] if r > 0 else _ZERO
    count = _put(buffer, count, _mix(_mix(h, _U(1)), t1))
    count = _put(buffer, count, _mix(_mix(h, _U(2)), t0))
    count = _put(buffer, count, _mix(_mix(h, _U(3)), r1))
    count = _put(buffer, count, _mix(_mix(h, _U(4)), r0))
    count = _put(buffer, count, _mix(_mix(_mix(h, _U(5)), t1), r1))
    return _put(buffer, count, _mix(_mix(_mix(h, _U(6)), t0), r0))


@compiled
def directed(
    docs: Documents, message: Ints, target: Ints, code: Codes, joining: Hashes, plain_word: Any,
    scales: tuple[float, float, float, float], indptr: Ints, indices: Any, values: Any,
) -> int:  # fmt: skip
    surface, stem, shape = docs.surface, docs.stem, docs.shape
    kind, marks = docs.kind, docs.marks
    relations = np.empty(BUFFER, np.uint64)
    shapes = np.empty(BUFFER, np.uint64)
    words = np.empty(BUFFER, np.uint64)
    letters = np.empty(BUFFER, np.uint64)
    at = 0
    for row in range(len(message)):
        if at + 4 * BUFFER > len(indices):
            return row  # the caller gives more room and goes on from here
        doc, goal = message[row], target[row]
        a, b = docs.first[doc], docs.first[doc + 1]
        n = b - a
        lang = docs.language[doc]
        nr = ns = nw = nl = 0
        role = np.zeros(n, np.int8)
        of_epithet = np.zeros(n, np.int8)
        actors = _ZERO
        for m in range(docs.mention_first[doc], docs.mention_first[doc + 1]):
            t = docs.mention_token[m] - a
            if (
                docs.mention_actor[m] == goal
                and docs.mention_share[m] >= 0.2
                and docs.mention_kind[m] != code.outlet_kind
            ):
                role[t] = TARGET
                if docs.mention_kind[m] == code.epithet_kind:
                    of_epithet[t] = 1
            elif role[t] == NONE:
                own = docs.mention_actor[m] == docs.speaker[doc]
                if docs.mention_kind[m] == code.outlet_kind:
                    role[t] = SPEAKER if own else OUTLET
                else:
                    role[t] = SPEAKER if own else OTHER
            actors |= _ONE << _U(docs.mention_actor[m] & 63)
        _join(kind, shape, a, n, role, joining, plain_word)
        listed = 0
        for i in range(n):
            if role[i] == ALLY:
                listed = 1
        quoted = np.zeros(n, np.int8)
        _quoted(kind, a, b, quoted)
        sentence = np.zeros(n, np.int32)
        count = _sentences(kind, a, b, sentence)
        state = np.zeros(count, np.int8)  # 1 names the target, 2 carries it on, 3 leads to it
        others = np.zeros(count, np.int8)
        seen = np.zeros(count, np.uint64)
        begins = np.zeros(count + 1, np.int64)
        for i in range(n - 1, -1, -1):
            s = sentence[i]
            begins[s] = i
            seen[s] |= marks[a + i]
            if role[i] == TARGET:
                state[s] = 1
            elif role[i] == OTHER or role[i] == SPEAKER:
                others[s] = 1
        begins[count] = n
        leading = True
        for s in range(count):
            if state[s] == 1:
                leading = False
            elif (
                s > 0
                and state[s - 1] in (1, 2)
                and (others[s] == 0 or (seen[s] & code.pronoun) != _ZERO)
            ):
                state[s] = 2
        if not leading:
            s = 0
            while state[s] != 1:
                if others[s] == 0:
                    state[s] = 3
                s += 1

        asserted = 0
        doubted = np.zeros(n, np.int8)  # cues that nobody asserts here
        worst = 0
        cues = 0
        everywhere = _ZERO
        for i in range(n):
            everywhere |= marks[a + i]
        for i in range(n):
            mark = marks[a + i]
            own_name = role[i] == TARGET and of_epithet[i] == 1
            if (mark & code.cues) == _ZERO and not own_name:
                continue
            if (
                i > 0
                and marks[a + i - 1] == mark
                and shape[a + i - 1] == shape[a + i]
                and (surface[a + i - 1] == surface[a + i])
            ):
                continue
            cues += 1
            s = sentence[i]
            where = state[s]
            severity = 0
            for k in range(3):
                if mark & (_ONE << (code.severity_shift + _U(k))):
                    severity = k + 1
            negated = 0
            low, high = max(begins[s], i - 4), min(begins[s + 1], i + 5)
            for j in range(low, high):
                if marks[a + j] & code.negation:
                    negated = 1
            context = (
                quoted[i]
                + 2 * negated
                + 4 * (1 if seen[s] & code.reporting else 0)
                + 8 * (1 if seen[s] & code.hypothetical else 0)
            )
            nearest, side = 99, 0
            rival, rival_side = 99, 0
            t_at = rival_at = -1
            for j in range(begins[s], begins[s + 1]):
                gap = abs(j - i)
                if role[j] == TARGET and gap < nearest:
                    nearest, side, t_at = gap, (1 if j < i else 2), j
                elif role[j] in (OTHER, SPEAKER) and gap < rival:
                    rival, rival_side, rival_at = gap, (1 if j < i else 2), j
            between = 0
            if t_at >= 0:
                for j in range(min(t_at, i) + 1, max(t_at, i)):
                    if role[j] in (OTHER, SPEAKER):
                        between = 1
            if own_name:
                owner = 4
            elif nearest < 99:
                owner = 1 if nearest <= rival else 2
            else:
                owner = 3 if where >= 2 else 0
            puppet = 1 if mark & code.puppet else 0
            plain = 1 if context == 0 else 0
            doubted[i] = (
                0 if plain else 1 if quoted[i] else 2 if negated else 3 if context & 8 else 4
            )
            relation = _mix(
                owner + 8 * side + 32 * between + 64 * puppet, rival_side + 4 * where + 16 * plain
            )
            base = _U(101)
            nr = _put(relations, nr, _mix(base, context + 16 * severity + 64 * (owner > 0)))
            nr = _put(relations, nr, _mix(base + _U(1), context + 16 * owner))
            nr = _put(relations, nr, _mix(base + _U(2), relation))
            nr = _put(relations, nr, _mix(_mix(base + _U(3), relation), lang))
            sides = side + 4 * rival_side + 32 * plain
            nr = _put(relations, nr, _mix(base + _U(11), sides + 16 * puppet))
            nr = _put(relations, nr, _mix(base + _U(12), side + 4 * puppet + 8 * plain))
            nr = _put(relations, nr, _mix(base + _U(13), owner + 8 * plain + 16 * listed))
            nr = _put(relations, nr, _mix(_mix(base + _U(14), sides + 16 * puppet), lang))
            nr = _put(relations, nr, _mix(base + _U(4), _bucket(nearest) + 8 * side + 32 * plain))
            nr = _put(relations, nr, _mix(base + _U(5), where + 4 * plain + 8 * severity))
            if t_at >= 0 and rival < 99:
                r_next = shape[a + rival_at + 1] if rival_at + 1 < n else _ZERO
                r_last = shape[a + rival_at - 1] if rival_at > 0 else _ZERO
                h = _mix(base + _U(20), _bucket(rival) + 8 * rival_side + 32 * plain)
                nr = _put(relations, nr, _mix(h, r_next))
                nr = _put(relations, nr, _mix(_mix(h, _U(1)), r_last))
                order = _mix(_U(puppet + 2 * plain), sides + 64 * (t_at < rival_at))
                nr = _put(relations, nr, _mix(base + _U(16), order))
                nr = _pair(relations, nr, _mix(base + _U(17), order), shape, a, n, t_at, rival_at)
                after = shape[a + t_at + 1] if t_at + 1 < n else _ZERO
                before = shape[a + t_at - 1] if t_at > 0 else _ZERO
                nr = _put(relations, nr, _mix(_mix(base + _U(6), relation), after))
                nr = _put(relations, nr, _mix(_mix(base + _U(7), relation), before))
                nr = _put(
                    relations, nr, _mix(_mix(base + _U(8), puppet + 2 * owner + 16 * plain), before)
                )
                nr = _put(
                    relations, nr, _mix(_mix(base + _U(15), puppet + 2 * owner + 16 * plain), after)
                )
            if t_at >= 0:
                t_next = shape[a + t_at + 1] if t_at + 1 < n else _ZERO
                t_last = shape[a + t_at - 1] if t_at > 0 else _ZERO
                h = _mix(base + _U(18), _bucket(nearest) + 8 * side + 32 * plain)
                h = _mix(h, _U(1 if rival < 99 else 0))
                nr = _put(relations, nr, _mix(h, t_next))
                nr = _put(relations, nr, _mix(_mix(h, _U(1)), t_last))
            for k in range(code.frame_count):
                if mark & (_ONE << (code.frame_shift + _U(k))):
                    nr = _put(relations, nr, _mix(base + _U(9), k + 16 * (owner > 0) + 32 * plain))
            if owner > 0:
                nr = _put(relations, nr, _mix(base + _U(10), 4 * severity + plain))
                if plain:
                    asserted += 1
                    worst = max(worst, severity)

        nr = _put(relations, nr, _mix(_U(201), min(asserted, 3)))
        nr = _put(relations, nr, _mix(_U(202), worst))
        nr = _put(relations, nr, _mix(_U(203), min(cues, 3) + 4 * min(asserted, 2)))
        nr = _put(relations, nr, _mix(_U(204), lang))
        nr = _put(relations, nr, _mix(_mix(_U(205), lang), min(asserted, 2)))
        known = 1 if docs.facts[doc] & _U(2) else 0
        nr = _put(relations, nr, _mix(_U(206), known + 2 * min(asserted, 1)))
        many = 0
        for k in range(64):
            many += 1 if actors & (_ONE << _U(k)) else 0
        nr = _put(relations, nr, _mix(_U(207), min(many, 4) + 8 * min(asserted, 1)))

        for i in range(n):
            # Names in pairs, whatever is said: who is marked as doing it, and who as suffering it.
            if role[i] != TARGET:
                continue
            s = sentence[i]
            for step in (-1, 1):
                j = i + step
                while begins[s] <= j < begins[s + 1] and role[j] not in (OTHER, SPEAKER, TARGET):
                    j += step
                if begins[s] <= j < begins[s + 1] and role[j] != TARGET:
                    h = _mix(_U(230), (step > 0) + 2 * (role[j] == SPEAKER))
                    nr = _put(relations, nr, h)
                    nr = _pair(relations, nr, h, shape, a, n, i, j)
        near = _ZERO
        mentions = 0
        for i in range(n):
            if state[sentence[i]] == 1:
                near |= marks[a + i] & ~code.cues if doubted[i] else marks[a + i]
        for k in range(code.class_count):
            bit = _ONE << _U(k)
            if near & bit:
                nr = _put(relations, nr, _mix(_U(210), k))
                nr = _put(relations, nr, _mix(_U(211), k + 64 * min(asserted, 1)))
            elif everywhere & bit:
                nr = _put(relations, nr, _mix(_U(212), k))
                nr = _put(relations, nr, _mix(_U(213), k + 64 * min(asserted, 1)))
        for i in range(n):
            if role[i] != TARGET:
                continue
            mentions += 1
            if mentions > 8:
                break
            s = sentence[i]
            low, high = max(begins[s], i - 12), min(begins[s + 1], i + 13)
            nr = _put(relations, nr, _mix(_U(220), of_epithet[i] + 2 * quoted[i]))
            for j in range(begins[s], begins[s + 1]):
                # What stands in the target's sentence, on which side and how far.
                nearby = marks[a + j] & code.class_mask
                if doubted[j]:
                    nearby &= ~code.cues
                if nearby and j != i:
                    side = 1 if j < i else 2
                    for k in range(code.class_count):
                        if nearby & (_ONE << _U(k)):
                            nr = _put(relations, nr, _mix(_U(221), k + 64 * side))
                            if abs(i - j) <= 3:
                                nr = _put(relations, nr, _mix(_U(222), k + 64 * side))
            for j in range(low, high):
                h1 = _said(shape, role, doubted, a, j)
                side = 1 if j < i else (0 if j == i else 2)
                ns = _put(shapes, ns, _mix(_mix(_U(301), h1), side + 4 * min(abs(i - j), 3)))
                ns = _put(shapes, ns, _mix(_mix(_U(302), h1), side))
                if role[j] == NONE and doubted[j] == 0:
                    nw = _put(words, nw, _mix(_mix(_U(401), surface[a + j]), side))
                    nw = _put(words, nw, _mix(_U(402), stem[a + j]))
                if j + 1 < high:
                    h2 = _said(shape, role, doubted, a, j + 1)
                    ns = _put(shapes, ns, _mix(_mix(_mix(_U(303), h1), h2), side))
                    w1 = surface[a + j] if role[j] == NONE else _U(role[j])
                    w2 = surface[a + j + 1] if role[j + 1] == NONE else _U(role[j + 1])
                    nw = _put(words, nw, _mix(_mix(_U(403), w1), w2))
                    if j + 2 < high:
                        h3 = _said(shape, role, doubted, a, j + 2)
                        h = _mix(_mix(_mix(_U(304), h1), h2), h3)
                        ns = _put(shapes, ns, _mix(h, side))
        for i in range(n):
            s = sentence[i]
            if state[s] > 0 and role[i] == NONE and doubted[i] == 0 and i - begins[s] < 60:
                nl = _put_grams(letters, nl, docs, a + i, _U(451))
            elif role[i] == NONE and i < 200:
                nl = _put_grams(letters, nl, docs, a + i, _U(452))
            if state[s] < 2 or i - begins[s] > 24:
                continue
            h1 = _said(shape, role, doubted, a, i)
            ns = _put(shapes, ns, _mix(_mix(_U(311), h1), state[s]))
            nw = _put(words, nw, _mix(_U(402), stem[a + i]))
            nw = _put(words, nw, _mix(_mix(_U(411), surface[a + i]), state[s]))
            if i + 1 < begins[s + 1]:
                h2 = _said(shape, role, doubted, a, i + 1)
                ns = _put(shapes, ns, _mix(_mix(_mix(_U(312), h1), h2), state[s]))
                nw = _put(words, nw, _mix(_mix(_U(403), surface[a + i]), surface[a + i + 1]))
        at = _block(relations, nr, scales[0], False, indices, values, at)
        at = _block(shapes, ns, scales[1], True, indices, values, at)
        at = _block(words, nw, scales[2], True, indices, values, at)
        at = _block(letters, nl, scales[3], True, indices, values, at)
        indptr[row + 1] = at
    return len(message)


@inlined
def _said(shape: Any, role: Any, doubted: Any, a: int, i: int) -> Any:
    h = _shape_of(shape, role, a, i)
    return h if doubted[i] == 0 else _mix(_U(11), doubted[i])


@inlined
def _shape_of(shape: Any, role: Any, a: int, i: int) -> Any:
    return shape[a + i] if role[i] == NONE else _mix(_U(7), role[i])


@compiled
def whole(
    docs: Documents, message: Ints, militant: Any, code: Codes,
    scales: tuple[float, float, float, float], indptr: Ints, indices: Any, values: Any,
) -> int:  # fmt: skip
    surface, stem, shape = docs.surface, docs.stem, docs.shape
    kind, marks = docs.kind, docs.marks
    relations = np.empty(BUFFER, np.uint64)
    shapes = np.empty(BUFFER, np.uint64)
    words = np.empty(BUFFER, np.uint64)
    letters = np.empty(BUFFER, np.uint64)
    at = 0
    for row in range(len(message)):
        if at + 4 * BUFFER > len(indices):
            return row
        doc = message[row]
        a, b = docs.first[doc], docs.first[doc + 1]
        n = b - a
        nr = ns = nw = nl = 0
        role = np.zeros(n, np.int8)
        roles = 0
        for m in range(docs.mention_first[doc], docs.mention_first[doc + 1]):
            t = docs.mention_token[m] - a
            if role[t] != NONE:
                continue
            if docs.mention_actor[m] == docs.speaker[doc]:
                role[t] = SPEAKER
            elif docs.mention_kind[m] == code.outlet_kind:
                role[t] = OUTLET
            elif docs.mention_kind[m] == code.designation_kind:
                role[t] = DESIGNATION
            else:
                role[t] = MILITANT if militant[docs.mention_actor[m]] else OTHER
            roles |= 1 << role[t]
        quoted = np.zeros(n, np.int8)
        _quoted(kind, a, b, quoted)
        sentence = np.zeros(n, np.int32)
        count = _sentences(kind, a, b, sentence)
        seen = np.zeros(count, np.uint64)
        everywhere = _ZERO
        links = numbers = 0
        for i in range(n):
            seen[sentence[i]] |= marks[a + i]
            everywhere |= marks[a + i]
            links += kind[a + i] == LINK
            numbers += kind[a + i] == NUMBER
        fact = docs.facts[doc]
        served = 0  # how a militant beneficiary is known, the strongest first
        if everywhere & code.beneficiary:
            served = 1
        elif roles & (1 << SPEAKER | 1 << MILITANT | 1 << OUTLET | 1 << DESIGNATION):
            served = 2
        elif fact & _U(4):
            served = 3
        elif fact & _U(1):
            served = 4
        asked = 1 if everywhere & code.ask else (2 if fact & _U(8) else 0)
        way = 1 if (everywhere & code.route) or (fact & _U(0b11110000)) else 0
        relief = 1 if everywhere & code.humanitarian else 0
        nr = _put(relations, nr, _mix(_U(501), docs.language[doc]))
        nr = _put(relations, nr, _mix(_U(502), asked + 4 * served + 32 * way))
        nr = _put(relations, nr, _mix(_U(503), asked + 4 * served + 32 * relief))
        nr = _put(relations, nr, _mix(_U(504), asked + 4 * way))
        for k in range(10):
            if fact & (_ONE << _U(k)):
                nr = _put(relations, nr, _mix(_U(505), k))
                nr = _put(relations, nr, _mix(_U(506), k + 16 * asked + 64 * (served > 0)))
        nr = _put(relations, nr, _mix(_U(507), min(links, 2) + 4 * min(numbers, 2)))
        for k in range(1, 7):
            if roles & (1 << k):
                nr = _put(relations, nr, _mix(_U(508), k))
                nr = _put(relations, nr, _mix(_U(509), k + 8 * asked + 32 * relief))
        for k in range(code.class_count):
            if not everywhere & (_ONE << _U(k)):
                continue
            nr = _put(relations, nr, _mix(_U(510), k))
            nr = _put(relations, nr, _mix(_U(511), k + 64 * asked + 256 * served))
            for j in range(k + 1, code.class_count):
                pair = (_ONE << _U(k)) | (_ONE << _U(j))
                if (pair & code.focus) and (everywhere & pair) == pair:
                    nr = _put(relations, nr, _mix(_U(512), k + 64 * j))
                    for s in range(count):
                        if (seen[s] & pair) == pair:
                            nr = _put(relations, nr, _mix(_U(513), k + 64 * j))
                            break
        for i in range(n):
            mark = marks[a + i]
            if not mark & code.focus:
                continue
            s = sentence[i]
            negated = 0
            for j in range(max(0, i - 3), min(n, i + 4)):
                if (marks[a + j] & code.negation) and sentence[j] == s:
                    negated = 1
            context = (
                quoted[i]
                + 2 * negated
                + 4 * (1 if seen[s] & code.reporting else 0)
                + 8 * (1 if seen[s] & code.hypothetical else 0)
            )
            for k in range(code.class_count):
                bit = _ONE << _U(k)
                if not (mark & bit & code.focus):
                    continue
                nr = _put(relations, nr, _mix(_U(520), k + 64 * context))
                nr = _put(
                    relations, nr, _mix(_U(521), k + 64 * (1 if seen[s] & code.speaking else 0))
                )
                for j in range(max(0, i - 12), min(n, i + 13)):
                    side = 0 if j < i else 1
                    gap = _bucket(abs(i - j))
                    if role[j] != NONE and sentence[j] == s:
                        h = _mix(_U(522), k + 64 * role[j] + 512 * side)
                        nr = _put(relations, nr, h)
                        nr = _put(relations, nr, _mix(h, gap))
                    nearby = marks[a + j] & code.class_mask
                    if j != i and nearby:
                        for c in range(code.class_count):
                            if nearby & (_ONE << _U(c)):
                                h = _mix(_U(523), k + 64 * c)
                                nr = _put(relations, nr, _mix(h, min(gap, 5)))
        for i in range(min(n, 500)):
            h1 = _shape_of(shape, role, a, i)
            ns = _put(shapes, ns, _mix(_U(601), h1))
            if role[i] == NONE:
                nl = _put_grams(letters, nl, docs, a + i, _U(751))
                nw = _put(words, nw, _mix(_U(701), surface[a + i]))
                nw = _put(words, nw, _mix(_U(702), stem[a + i]))
            if i + 1 < n:
                h2 = _shape_of(shape, role, a, i + 1)
                ns = _put(shapes, ns, _mix(_mix(_U(602), h1), h2))
                w1 = surface[a + i] if role[i] == NONE else _U(role[i])
                w2 = surface[a + i + 1] if role[i + 1] == NONE else _U(role[i + 1])
                nw = _put(words, nw, _mix(_mix(_U(703), w1), w2))
                if i + 2 < n:
                    h3 = _shape_of(shape, role, a, i + 2)
                    ns = _put(shapes, ns, _mix(_mix(_mix(_U(603), h1), h2), h3))
        at = _block(relations, nr, scales[0], False, indices, values, at)
        at = _block(shapes, ns, scales[1], True, indices, values, at)
        at = _block(words, nw, scales[2], True, indices, values, at)
        at = _block(letters, nl, scales[3], True, indices, values, at)
        indptr[row + 1] = at
    return len(message)


@compiled
def company(
    docs: Documents, message: Ints, target: Ints, code: Codes, joining: Hashes, plain_word: Any,
    rivals: Hashes, allies: Hashes,
) -> None:  # fmt: skip
    """Fill in, as bits of actors, who stands in a sentence with each candidate.

    ``rivals`` are others who are named in one sentence with the target, ``allies`` those whom a
    list joins to it.
    """
    for row in range(len(message)):
        doc, goal = message[row], target[row]
        a, b = docs.first[doc], docs.first[doc + 1]
        n = b - a
        role = np.zeros(n, np.int8)
        who = np.zeros(n, np.uint64)
        for m in range(docs.mention_first[doc], docs.mention_first[doc + 1]):
            t = docs.mention_token[m] - a
            if docs.mention_kind[m] == code.outlet_kind:
                continue
            if docs.mention_actor[m] == goal and docs.mention_share[m] >= 0.2:
                role[t] = TARGET
            elif role[t] == NONE:
                role[t] = OTHER
            who[t] |= _ONE << _U(docs.mention_actor[m] & 63)
        _join(docs.kind, docs.shape, a, n, role, joining, plain_word)
        sentence = np.zeros(n, np.int32)
        count = _sentences(docs.kind, a, b, sentence)
        here = np.zeros(count, np.int8)
        for i in range(n):
            if role[i] == TARGET:
                here[sentence[i]] = 1
        for i in range(n):
            if here[sentence[i]] and role[i] == ALLY:
                allies[row] |= who[i]
            elif here[sentence[i]] and role[i] == OTHER:
                rivals[row] |= who[i]


@compiled
def margins(indptr: Ints, indices: Any, values: Any, weights: Any, bias: Any, out: Any) -> None:
    """Fill ``out[row, head]`` with the log-odds of each row under each column of ``weights``."""
    for row in range(len(indptr) - 1):
        for head in range(weights.shape[1]):
            out[row, head] = bias[head]
        for k in range(indptr[row], indptr[row + 1]):
            for head in range(weights.shape[1]):
                out[row, head] += values[k] * weights[indices[k], head]
