"""The compiled loops behind :mod:`classifiers.features`: what is told of a candidate, a message.

Each loop writes hashed features of one document into three buffers and says how many there are.
Training reads them as sparse rows, scoring adds up their weights; both read the same buffers, so
they cannot disagree. What follows from the reference tables is an argument, never a global: numba
freezes globals into machine code.
"""
# ruff: noqa: PLR0912, PLR0913, PLR0915, PLR0917 - compiled loops

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, ParamSpec, TypeVar

import numpy as np
from numba import njit
from numpy.typing import NDArray

from classifiers.codepoints import compiled
from classifiers.document_kernel import MAX_TOKENS
from classifiers.documents import (
    BREAK,
    COMMA,
    LINK,
    NUMBER,
    PLAIN,
    QUOTE,
    QUOTE_CLOSE,
    QUOTE_OPEN,
    Documents,
)

#: Hash of the kernels' files that this one calls; see codepoints.py.
BUILT_ON = "-"

P = ParamSpec("P")
R = TypeVar("R")


def inlined(function: Callable[P, R]) -> Callable[P, R]:
    """Compile a function to be copied into its callers."""
    result: Callable[P, R] = njit(cache=True, nogil=True, inline="always")(function)
    return result


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
    bytes_, wide = np.int8, np.uint64
    return Sheet(
        *(np.zeros(size, bytes_) for _ in range(5)),
        np.zeros(size, np.int32),
        *(np.zeros(size, bytes_) for _ in range(2)),
        *(np.zeros(size, wide) for _ in range(2)),
        np.zeros(size, np.int64),
        *(np.empty(BUFFER, np.int32) for _ in range(3)),
    )


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
def _join(kind: Any, shape: Any, a: int, n: int, role: Any, joining: Any) -> None:
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
def _sentences(kind: Any, a: int, b: int, out: Any) -> int:
    """Number the sentences of tokens [a, b); returns how many."""
    number = 0
    for i in range(a, b):
        out[i - a] = number
        if kind[i] == BREAK and i + 1 < b:
            number += 1
    return number + 1


@inlined
def _put(buffer: Any, n: int, h: Any) -> int:
    if n < BUFFER:
        buffer[n] = np.int32(h & _COLUMNS)
        return n + 1
    return n


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
def cast(docs: Documents, doc: int, goal: int, code: Codes, joining: Hashes, x: Sheet) -> Any:
    """Give each token its role for a candidate; returns the actors named, as bits."""
    a, b = docs.first[doc], docs.first[doc + 1]
    n = b - a
    role = x.role
    for i in range(n):
        role[i] = NONE
        x.of_epithet[i] = 0
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
                x.of_epithet[t] = 1
        elif role[t] == NONE:
            own = docs.mention_actor[m] == docs.speaker[doc]
            if docs.mention_kind[m] == code.outlet_kind:
                role[t] = SPEAKER if own else OUTLET
            else:
                role[t] = SPEAKER if own else OTHER
        actors |= _ONE << _U(docs.mention_actor[m] & 63)
    _join(docs.kind, docs.shape, a, n, role, joining)
    return actors


@compiled
def _states(x: Sheet, n: int, count: int, marks: Any, a: int, code: Codes) -> None:
    """How each sentence stands to the target: 1 names it, 2 carries it on, 3 leads to it."""
    for s in range(count):
        x.state[s] = 0
        x.others[s] = 0
        x.seen[s] = _ZERO
    for i in range(n - 1, -1, -1):
        s = x.sentence[i]
        x.begins[s] = i
        x.seen[s] |= marks[a + i]
        if x.role[i] == TARGET:
            x.state[s] = 1
        elif x.role[i] == OTHER or x.role[i] == SPEAKER:
            x.others[s] = 1
    x.begins[count] = n
    leading = True
    for s in range(count):
        if x.state[s] == 1:
            leading = False
        elif (
            s > 0
            and x.state[s - 1] in (1, 2)
            and (x.others[s] == 0 or (x.seen[s] & code.pronoun) != _ZERO)
        ):
            x.state[s] = 2
    if not leading:
        s = 0
        while x.state[s] != 1:
            if x.others[s] == 0:
                x.state[s] = 3
            s += 1


@compiled
def directed(
    docs: Documents, doc: int, goal: int, code: Codes, joining: Hashes, x: Sheet
) -> tuple[int, int, int]:
    """What is told of the candidate ``goal`` in a document; ``x.region`` says whose letters count.

    Returns:
        how many relations, shapes and words the buffers of ``x`` hold.
    """
    surface, stem, shape = docs.surface, docs.stem, docs.shape
    kind, marks = docs.kind, docs.marks
    relations, shapes, words = x.relations, x.shapes, x.words
    role, of_epithet, quoted, doubted = x.role, x.of_epithet, x.quoted, x.doubted
    sentence, state, seen, begins = x.sentence, x.state, x.seen, x.begins
    a, b = docs.first[doc], docs.first[doc + 1]
    n = b - a
    lang = _U(docs.language[doc])
    nr = ns = nw = 0
    actors = cast(docs, doc, goal, code, joining, x)
    listed = 0
    for i in range(n):
        if role[i] == ALLY:
            listed = 1
    _quoted(kind, a, b, quoted)
    count = _sentences(kind, a, b, sentence)
    _states(x, n, count, marks, a, code)
    for i in range(n):
        doubted[i] = 0  # cues that nobody asserts here

    asserted = 0
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
            x.region[i] = NEAR
        elif role[i] == NONE and i < 200:
            x.region[i] = FAR
        else:
            x.region[i] = NOWHERE
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
    return nr, ns, nw


@compiled
def stem_column(docs: Documents, token: int, of_candidate: bool) -> int:
    """The column of the feature that a token's stem is, of a candidate or of a whole message."""
    return int(_mix(_U(402) if of_candidate else _U(702), docs.stem[token]) & _COLUMNS)


@inlined
def _said(shape: Any, role: Any, doubted: Any, a: int, i: int) -> Any:
    h = _shape_of(shape, role, a, i)
    return h if doubted[i] == 0 else _mix(_U(11), doubted[i])


@inlined
def _shape_of(shape: Any, role: Any, a: int, i: int) -> Any:
    return shape[a + i] if role[i] == NONE else _mix(_U(7), role[i])


@compiled
def whole(
    docs: Documents, doc: int, militant: Any, code: Codes, x: Sheet
) -> tuple[int, int, int]:
    """What is told of a document as a whole; ``x.region`` says whose letters count (NEAR).

    Returns:
        how many relations, shapes and words the buffers of ``x`` hold.
    """
    surface, stem, shape = docs.surface, docs.stem, docs.shape
    kind, marks = docs.kind, docs.marks
    relations, shapes, words = x.relations, x.shapes, x.words
    role, quoted, sentence, seen = x.role, x.quoted, x.sentence, x.seen
    a, b = docs.first[doc], docs.first[doc + 1]
    n = b - a
    nr = ns = nw = 0
    roles = 0
    for i in range(n):
        role[i] = NONE
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
    _quoted(kind, a, b, quoted)
    count = _sentences(kind, a, b, sentence)
    for s in range(count):
        seen[s] = _ZERO
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
    nr = _put(relations, nr, _mix(_U(501), _U(docs.language[doc])))
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
    for i in range(n):
        x.region[i] = NOWHERE
    for i in range(min(n, 500)):
        h1 = _shape_of(shape, role, a, i)
        ns = _put(shapes, ns, _mix(_U(601), h1))
        if role[i] == NONE:
            x.region[i] = NEAR
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
    return nr, ns, nw


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
    _join(docs.kind, docs.shape, a, n, role, joining)
    _sentences(docs.kind, a, b, x.sentence)
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
