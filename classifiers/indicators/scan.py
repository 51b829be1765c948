"""The compiled scan: which messages may hold an indicator, of which detector, and from where on.

It reads the bytes where Arrow keeps them, turns them into the characters that detectors read, and
tries every shape at every place. What it gives is exact but for the ends of an indicator, which
only its detector knows; so it may let pass too much, never too little.
"""
# ruff: noqa: PLR0911, PLR0912, PLR0913, PLR0915, PLR0917 - compiled loops

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from classifiers.codepoints import PLANES, Bytes, Codepoints, Tables, compiled
from classifiers.indicators.conditions import DROPPED, ENDING, OTHER, Characters, Conditions, Flags
from classifiers.indicators.nearby import Tree, room_for, words_in
from classifiers.indicators.shapes import READ, WIDEST

#: Hash of the files that this one is built on; see stamps.py.
BUILT_ON = "9ed3b453d47a"

Integers = npt.NDArray[np.int64]
Indices = npt.NDArray[np.int32]

#: What a shape leaves open around an indicator: what may stand before where it begins, and how
#: far behind its own end the indicator may go on.
SLACK = 64
#: Places beside which words are looked for in one message; with more it simply passes.
CANDIDATES = 256
#: Words of the lists that are noted in one message.
HITS = 4_096
#: The first place of a detector that does not have to look, and of one in a broken text.
NOWHERE, BROKEN = -1, -2


class Passed(NamedTuple):
    """The messages that passed, their plain texts one after the other."""

    rows: Indices
    ends: Integers  # of their texts
    starts: Indices  # (rows, detectors)
    plain: Codepoints
    origin: Indices  # of each plain character: its index in the message
    hit_ends: Integers  # -1: words were not looked for
    hits: Indices  # (start, end, bits) in the plain text


@compiled
def _decode(data: Bytes, at: int, end: int) -> tuple[int, int]:
    """The code point at ``at`` and where the next one is; -1 where this is no UTF-8."""
    b = int(data[at])
    if b < 0x80:
        return b, at + 1
    if b < 0xE0:
        if b < 0xC2 or at + 1 >= end or data[at + 1] & 0xC0 != 0x80:
            return -1, at
        return (b & 0x1F) << 6 | (int(data[at + 1]) & 0x3F), at + 2
    more = 2 if b < 0xF0 else 3
    if b >= 0xF5 or at + more >= end:
        return -1, at
    cp = b & (0x3F >> more)
    for i in range(at + 1, at + more + 1):
        if data[i] & 0xC0 != 0x80:
            return -1, at
        cp = cp << 6 | (int(data[i]) & 0x3F)
    if cp < (0x800 if more == 2 else 0x10000) or 0xD800 <= cp < 0xE000 or cp > 0x10FFFF:
        return -1, at
    return cp, at + more + 1


@compiled
def _codes(
    data: Bytes,
    at: int,
    end: int,
    code_of: Bytes,
    some: Bytes,
    alphanumeric: Indices,
    code: Bytes,
    places: Indices,
) -> tuple[int, int, int]:
    """Write the codes of ``data[at:end]`` and the places where a shape may begin.

    Returns the numbers of codes, places and digits; -1 where there is no UTF-8.
    """
    n = 0
    begun = 0
    digits = 0
    inside = 0
    for _ in range(READ):
        if at >= end:
            break
        # One and two bytes, nearly all of the scripts in question, are read here: it is quicker.
        cp = int(data[at])
        if cp < 0x80:
            at += 1
        elif 0xC2 <= cp < 0xE0 and at + 1 < end and data[at + 1] & 0xC0 == 0x80:
            cp = (cp & 0x1F) << 6 | (int(data[at + 1]) & 0x3F)
            at += 2
        else:
            cp, at = _decode(data, at, end)
            if cp < 0:
                return -1, 0, 0
        c = int(code_of[cp]) if cp < PLANES else (DROPPED if _dropped(cp) else OTHER)
        if c == DROPPED:
            continue
        code[n] = c
        places[begun] = n
        begun += int(some[c + inside])
        inside = int(alphanumeric[c])
        digits += 48 <= c <= 57
        n += 1
    return n, begun, digits


@compiled
def _dropped(cp: int) -> bool:
    """Whether a character of the upper planes is dropped: tags and variation selectors."""
    return cp == 0xE0001 or 0xE0020 <= cp < 0xE0080 or 0xE0100 <= cp < 0xE01F0


@compiled
def _write(
    data: Bytes, at: int, end: int, plain_of: Codepoints, plain: Codepoints, origin: Indices
) -> None:
    """Write the plain characters of ``data[at:end]``, which is UTF-8, and their places in it."""
    n = 0
    for place in range(READ):
        if at >= end:
            break
        cp, at = _decode(data, at, end)
        cp = int(plain_of[cp]) if cp < PLANES else (-1 if _dropped(cp) else cp)
        if cp >= 0:
            plain[n] = cp
            origin[n] = place
            n += 1


@compiled
def _walk(
    code: Bytes, n: int, at: int, shape: Any, parts: npt.NDArray[np.void], member: Flags
) -> int:
    """The end of a shape where it begins at ``at``, or -1 where it does not."""
    gaps = shape.gaps
    digits = 0
    capitals = 0
    small = 0
    end = at
    for part in range(shape.first, shape.last):
        wanted = parts[part].characters
        taken = 0
        while taken < parts[part].most:
            i = end
            if end > at:
                while i < n and i - end < WIDEST and member[gaps, code[i]]:
                    i += 1
            if i >= n or not member[wanted, code[i]]:
                break
            c = code[i]
            digits += 48 <= c <= 57
            capitals += 65 <= c <= 90
            small += 97 <= c <= 122
            taken += 1
            end = i + 1
        if taken < parts[part].least:
            return -1
    if digits < shape.digits or digits + min(capitals, small) < shape.jumble:
        return -1
    for k in range(ENDING):
        wanted = shape.ending[k]
        if wanted >= 0:
            i = end - ENDING + k
            if i < at or not member[wanted, code[i]]:
                return -1
    return end


@compiled
def _near(hits: Indices, found: int, start: int, end: int, bits: int, reach: int) -> bool:
    for h in range(found):
        if hits[h, 2] & bits and hits[h, 0] >= start - reach and hits[h, 1] <= end + reach:
            return True
    return False


@compiled
def scan(
    offsets: Integers,
    data: Bytes,
    characters: Characters,
    t: Conditions,
    tables: Tables,
    tree: Tree,
) -> Passed:
    """Scan the messages between ``offsets``."""
    rows = offsets.size - 1
    size = READ
    for r in range(rows):
        size += min(offsets[r + 1] - offsets[r], READ)
    # Taken out of their tuples once: every taking costs as much as reading some characters.
    code_of, plain_of = characters.code, characters.plain
    member, parts, shapes, begins, bounds = t.member, t.parts, t.shapes, t.begins, t.bounds
    some, need, alphanumeric, always = t.some, t.need, t.alphanumeric, t.always
    plain = np.empty(size, np.int32)
    origin = np.empty(size, np.int32)
    code = np.empty(READ, np.uint8)
    places = np.empty(READ, np.int32)
    detectors = always.size
    starts = np.empty((rows + 1, detectors), np.int32)
    passed = np.empty(rows + 1, np.int32)
    ends = np.empty(rows + 1, np.int64)
    hits = np.empty((4 * HITS, 3), np.int32)
    hit_ends = np.empty(rows + 1, np.int64)
    room = room_for(READ)
    sure = np.empty(detectors, np.bool_)
    candidates = np.empty((CANDIDATES, 3), np.int32)
    count = 0
    at = 0
    noted = 0
    for r in range(rows):
        passed[count] = r
        ends[count] = at
        hit_ends[count] = -1
        n, begun, digits = _codes(
            data, offsets[r], offsets[r + 1], code_of, some, alphanumeric, code, places
        )
        for d in range(detectors):
            starts[count, d] = NOWHERE if n >= 0 else BROKEN
            sure[d] = always[d]
        if n < 0:
            count += 1
            continue
        waiting = 0
        for place in range(begun):
            i = places[place]
            before = int(code[i - 1]) if i > 0 else OTHER
            key = int(code[i]) + alphanumeric[before]
            if digits < need[key]:
                continue
            for k in range(bounds[key], bounds[key + 1]):
                shape = shapes[begins[k]]
                d = shape.detector
                if sure[d] or shape.digits > digits or member[shape.not_after, before]:
                    continue
                if i + 1 < n and not member[shape.second, code[i + 1]]:
                    continue
                end = _walk(code, n, i, shape, parts, member)
                if end < 0:
                    continue
                if starts[count, d] < 0:
                    starts[count, d] = i
                if shape.words == 0 or waiting == CANDIDATES:
                    sure[d] = True
                else:
                    candidates[waiting, 0] = begins[k]
                    candidates[waiting, 1] = i
                    candidates[waiting, 2] = end
                    waiting += 1
        found = -1
        for w in range(waiting):
            shape = shapes[candidates[w, 0]]
            d = shape.detector
            if sure[d]:
                continue
            if found < 0:
                if noted + HITS > hits.shape[0]:
                    grown = np.empty((2 * hits.shape[0], 3), np.int32)
                    grown[:noted] = hits[:noted]
                    hits = grown
                _write(data, offsets[r], offsets[r + 1], plain_of, plain[at:], origin[at:])
                found = words_in(plain[at:], n, tables, tree, room, hits[noted : noted + HITS])
            first, last = candidates[w, 1] - SLACK, candidates[w, 2] + SLACK
            if found == HITS or _near(hits[noted:], found, first, last, shape.words, shape.reach):
                sure[d] = True
        asked = False
        for d in range(detectors):
            if always[d]:
                starts[count, d] = 0
            elif not sure[d]:
                starts[count, d] = NOWHERE
            asked = asked or sure[d]
        if asked:
            if found < 0:
                _write(data, offsets[r], offsets[r + 1], plain_of, plain[at:], origin[at:])
            at += n
            ends[count] = at
            if 0 <= found < HITS:
                noted += found
                hit_ends[count] = noted
            count += 1
    return Passed(
        passed[:count],
        ends[:count],
        starts[:count],
        plain[:at],
        origin[:at],
        hit_ends[:count],
        hits[:noted],
    )
