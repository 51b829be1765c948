"""What is told of a message as a whole: which kinds of terms occur together, and how near."""
# ruff: noqa: PLR0912, PLR0915 - compiled loops

from __future__ import annotations

from typing import Any

import numpy as np

from classifiers.codepoints import compiled
from classifiers.documents import LINK, NUMBER, Documents
from classifiers.feature_kernel import (
    DESIGNATION,
    MILITANT,
    NEAR,
    NONE,
    NOWHERE,
    OTHER,
    OUTLET,
    SPEAKER,
    Codes,
    Sheet,
    bucket,
    mark_quoted,
    mix,
    number_sentences,
    put,
    shape_of,
)

#: Hash of the files that this one is built on; see stamps.py.
BUILT_ON = "74f7d7656a69"

_U = np.uint64
_ONE, _ZERO = _U(1), _U(0)


@compiled
def whole(docs: Documents, doc: int, militant: Any, code: Codes, x: Sheet) -> tuple[int, int, int]:
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
    mark_quoted(kind, a, b, quoted)
    count = number_sentences(kind, a, b, sentence)
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
    nr = put(relations, nr, mix(_U(501), _U(docs.language[doc])))
    nr = put(relations, nr, mix(_U(502), asked + 4 * served + 32 * way))
    nr = put(relations, nr, mix(_U(503), asked + 4 * served + 32 * relief))
    nr = put(relations, nr, mix(_U(504), asked + 4 * way))
    for k in range(10):
        if fact & (_ONE << _U(k)):
            nr = put(relations, nr, mix(_U(505), k))
            nr = put(relations, nr, mix(_U(506), k + 16 * asked + 64 * (served > 0)))
    nr = put(relations, nr, mix(_U(507), min(links, 2) + 4 * min(numbers, 2)))
    for k in range(1, 7):
        if roles & (1 << k):
            nr = put(relations, nr, mix(_U(508), k))
            nr = put(relations, nr, mix(_U(509), k + 8 * asked + 32 * relief))
    for k in range(code.class_count):
        if not everywhere & (_ONE << _U(k)):
            continue
        nr = put(relations, nr, mix(_U(510), k))
        nr = put(relations, nr, mix(_U(511), k + 64 * asked + 256 * served))
        for j in range(k + 1, code.class_count):
            pair = (_ONE << _U(k)) | (_ONE << _U(j))
            if (pair & code.focus) and (everywhere & pair) == pair:
                nr = put(relations, nr, mix(_U(512), k + 64 * j))
                for s in range(count):
                    if (seen[s] & pair) == pair:
                        nr = put(relations, nr, mix(_U(513), k + 64 * j))
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
            nr = put(relations, nr, mix(_U(520), k + 64 * context))
            nr = put(relations, nr, mix(_U(521), k + 64 * (1 if seen[s] & code.speaking else 0)))
            for j in range(max(0, i - 12), min(n, i + 13)):
                side = 0 if j < i else 1
                gap = bucket(abs(i - j))
                if role[j] != NONE and sentence[j] == s:
                    h = mix(_U(522), k + 64 * role[j] + 512 * side)
                    nr = put(relations, nr, h)
                    nr = put(relations, nr, mix(h, gap))
                nearby = marks[a + j] & code.class_mask
                if j != i and nearby:
                    for c in range(code.class_count):
                        if nearby & (_ONE << _U(c)):
                            h = mix(_U(523), k + 64 * c)
                            nr = put(relations, nr, mix(h, min(gap, 5)))
    for i in range(n):
        x.region[i] = NOWHERE
    for i in range(min(n, 500)):
        h1 = shape_of(shape, role, a, i)
        ns = put(shapes, ns, mix(_U(601), h1))
        if role[i] == NONE:
            x.region[i] = NEAR
            nw = put(words, nw, mix(_U(701), surface[a + i]))
            nw = put(words, nw, mix(_U(702), stem[a + i]))
        if i + 1 < n:
            h2 = shape_of(shape, role, a, i + 1)
            ns = put(shapes, ns, mix(mix(_U(602), h1), h2))
            w1 = surface[a + i] if role[i] == NONE else _U(role[i])
            w2 = surface[a + i + 1] if role[i + 1] == NONE else _U(role[i + 1])
            nw = put(words, nw, mix(mix(_U(703), w1), w2))
            if i + 2 < n:
                h3 = shape_of(shape, role, a, i + 2)
                ns = put(shapes, ns, mix(mix(mix(_U(603), h1), h2), h3))
    return nr, ns, nw
