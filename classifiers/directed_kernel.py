"""What is told of one (message, target): where cues of hostility stand, and in which context."""
# ruff: noqa: PLR0912, PLR0913, PLR0915, PLR0917 - compiled loops

from __future__ import annotations

from typing import Any

import numpy as np

from classifiers.codepoints import compiled
from classifiers.documents import Documents
from classifiers.feature_kernel import (
    ALLY,
    FAR,
    NEAR,
    NONE,
    NOWHERE,
    OTHER,
    OUTLET,
    SPEAKER,
    TARGET,
    Codes,
    Hashes,
    Sheet,
    bucket,
    find_allies,
    in_mood,
    mark_moods,
    mark_quoted,
    mix,
    number_sentences,
    pair,
    put,
    shape_of,
)

#: Hash of the files that this one is built on; see stamps.py.
BUILT_ON = "74f7d7656a69"

_U = np.uint64
_ONE, _ZERO = _U(1), _U(0)


@compiled
def _said(shape: Any, role: Any, doubted: Any, a: int, i: int) -> Any:
    h = shape_of(shape, role, a, i)
    return h if doubted[i] == 0 else mix(_U(11), doubted[i])


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
    find_allies(docs.kind, docs.shape, a, n, role, joining)
    return actors


@compiled
def states(x: Sheet, n: int, count: int, marks: Any, a: int, code: Codes) -> None:
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
    mark_quoted(kind, a, b, quoted)
    count = number_sentences(kind, a, b, sentence)
    states(x, n, count, marks, a, code)
    mark_moods(docs, a, n, code, x)
    mood = x.mood
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
            if (role[j] == TARGET or role[j] == ALLY) and gap < nearest:
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
        doubted[i] = 0 if plain else 1 if quoted[i] else 2 if negated else 3 if context & 8 else 4
        relation = mix(
            owner + 8 * side + 32 * between + 64 * puppet, rival_side + 4 * where + 16 * plain
        )
        base = _U(101)
        nr = put(relations, nr, mix(base, context + 16 * severity + 64 * (owner > 0)))
        nr = put(relations, nr, mix(base + _U(1), context + 16 * owner))
        nr = put(relations, nr, mix(base + _U(2), relation))
        nr = put(relations, nr, mix(mix(base + _U(3), relation), lang))
        sides = side + 4 * rival_side + 32 * plain
        nr = put(relations, nr, mix(base + _U(11), sides + 16 * puppet))
        nr = put(relations, nr, mix(base + _U(12), side + 4 * puppet + 8 * plain))
        nr = put(relations, nr, mix(base + _U(13), owner + 8 * plain + 16 * listed))
        nr = put(relations, nr, mix(mix(base + _U(14), sides + 16 * puppet), lang))
        nr = put(relations, nr, mix(base + _U(4), bucket(nearest) + 8 * side + 32 * plain))
        nr = put(relations, nr, mix(base + _U(5), where + 4 * plain + 8 * severity))
        if t_at >= 0 and rival < 99:
            r_next = shape[a + rival_at + 1] if rival_at + 1 < n else _ZERO
            r_last = shape[a + rival_at - 1] if rival_at > 0 else _ZERO
            h = mix(base + _U(20), bucket(rival) + 8 * rival_side + 32 * plain)
            nr = put(relations, nr, mix(h, r_next))
            nr = put(relations, nr, mix(mix(h, _U(1)), r_last))
            order = mix(_U(puppet + 2 * plain), sides + 64 * (t_at < rival_at))
            nr = put(relations, nr, mix(base + _U(16), order))
            nr = pair(relations, nr, mix(base + _U(17), order), shape, a, n, t_at, rival_at)
            after = shape[a + t_at + 1] if t_at + 1 < n else _ZERO
            before = shape[a + t_at - 1] if t_at > 0 else _ZERO
            nr = put(relations, nr, mix(mix(base + _U(6), relation), after))
            nr = put(relations, nr, mix(mix(base + _U(7), relation), before))
            nr = put(relations, nr, mix(mix(base + _U(8), puppet + 2 * owner + 16 * plain), before))
            nr = put(relations, nr, mix(mix(base + _U(15), puppet + 2 * owner + 16 * plain), after))
        if t_at >= 0:
            t_next = shape[a + t_at + 1] if t_at + 1 < n else _ZERO
            t_last = shape[a + t_at - 1] if t_at > 0 else _ZERO
            h = mix(base + _U(18), bucket(nearest) + 8 * side + 32 * plain)
            h = mix(h, _U(1 if rival < 99 else 0))
            nr = put(relations, nr, mix(h, t_next))
            nr = put(relations, nr, mix(mix(h, _U(1)), t_last))
        for k in range(code.frame_count):
            if mark & (_ONE << (code.frame_shift + _U(k))):
                nr = put(relations, nr, mix(base + _U(9), k + 16 * (owner > 0) + 32 * plain))
        if owner > 0:
            nr = put(relations, nr, mix(base + _U(10), 4 * severity + plain))
            if plain:
                asserted += 1
                worst = max(worst, severity)

    nr = put(relations, nr, mix(_U(201), min(asserted, 3)))
    nr = put(relations, nr, mix(_U(202), worst))
    nr = put(relations, nr, mix(_U(203), min(cues, 3) + 4 * min(asserted, 2)))
    nr = put(relations, nr, mix(_U(204), lang))
    nr = put(relations, nr, mix(mix(_U(205), lang), min(asserted, 2)))
    known = 1 if docs.facts[doc] & _U(2) else 0
    nr = put(relations, nr, mix(_U(206), known + 2 * min(asserted, 1)))
    many = 0
    for k in range(64):
        many += 1 if actors & (_ONE << _U(k)) else 0
    nr = put(relations, nr, mix(_U(207), min(many, 4) + 8 * min(asserted, 1)))

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
                h = mix(_U(230), (step > 0) + 2 * (role[j] == SPEAKER))
                nr = put(relations, nr, h)
                nr = pair(relations, nr, h, shape, a, n, i, j)
    near = _ZERO
    mentions = 0
    for i in range(n):
        if state[sentence[i]] == 1:
            near |= marks[a + i] & ~code.cues if doubted[i] else marks[a + i]
    for k in range(code.class_count):
        bit = _ONE << _U(k)
        if near & bit:
            nr = put(relations, nr, mix(_U(210), k))
            nr = put(relations, nr, mix(_U(211), k + 64 * min(asserted, 1)))
        elif everywhere & bit:
            nr = put(relations, nr, mix(_U(212), k))
            nr = put(relations, nr, mix(_U(213), k + 64 * min(asserted, 1)))
    for i in range(n):
        if role[i] != TARGET:
            continue
        mentions += 1
        if mentions > 8:
            break
        s = sentence[i]
        low, high = max(begins[s], i - 12), min(begins[s + 1], i + 13)
        nr = put(relations, nr, mix(_U(220), of_epithet[i] + 2 * quoted[i]))
        for j in range(begins[s], begins[s + 1]):
            # What stands in the target's sentence, on which side and how far.
            nearby = marks[a + j] & code.class_mask
            if doubted[j]:
                nearby &= ~code.cues
            if nearby and j != i:
                side = 1 if j < i else 2
                for k in range(code.class_count):
                    if nearby & (_ONE << _U(k)):
                        nr = put(relations, nr, mix(_U(221), k + 64 * side))
                        if abs(i - j) <= 3:
                            nr = put(relations, nr, mix(_U(222), k + 64 * side))
        for j in range(low, high):
            h1 = _said(shape, role, doubted, a, j)
            side = 1 if j < i else (0 if j == i else 2)
            ns = put(shapes, ns, mix(mix(_U(301), h1), side + 4 * min(abs(i - j), 3)))
            ns = put(shapes, ns, mix(mix(_U(302), h1), side))
            if role[j] == NONE and doubted[j] == 0:
                nw = put(words, nw, in_mood(mood[j], mix(mix(_U(401), surface[a + j]), side)))
                nw = put(words, nw, in_mood(mood[j], mix(_U(402), stem[a + j])))
            if j + 1 < high:
                h2 = _said(shape, role, doubted, a, j + 1)
                ns = put(shapes, ns, mix(mix(mix(_U(303), h1), h2), side))
                w1 = surface[a + j] if role[j] == NONE else _U(role[j])
                w2 = surface[a + j + 1] if role[j + 1] == NONE else _U(role[j + 1])
                nw = put(words, nw, in_mood(mood[j], mix(mix(_U(403), w1), w2)))
                if j + 2 < high:
                    h3 = _said(shape, role, doubted, a, j + 2)
                    h = mix(mix(mix(_U(304), h1), h2), h3)
                    ns = put(shapes, ns, mix(h, side))
    for i in range(n):
        s = sentence[i]
        asserted_here = doubted[i] == 0 and (mood[i] == 0 or mood[i] == 4)
        if state[s] > 0 and role[i] == NONE and asserted_here and i - begins[s] < 60:
            x.region[i] = NEAR
        elif role[i] == NONE and i < 200:
            x.region[i] = FAR
        else:
            x.region[i] = NOWHERE
        if state[s] < 2 or i - begins[s] > 24:
            continue
        h1 = _said(shape, role, doubted, a, i)
        ns = put(shapes, ns, mix(mix(_U(311), h1), state[s]))
        nw = put(words, nw, in_mood(mood[i], mix(_U(402), stem[a + i])))
        nw = put(words, nw, in_mood(mood[i], mix(mix(_U(411), surface[a + i]), state[s])))
        if i + 1 < begins[s + 1]:
            h2 = _said(shape, role, doubted, a, i + 1)
            ns = put(shapes, ns, mix(mix(mix(_U(312), h1), h2), state[s]))
            h = mix(mix(_U(403), surface[a + i]), surface[a + i + 1])
            nw = put(words, nw, in_mood(mood[i], h))
    return nr, ns, nw
