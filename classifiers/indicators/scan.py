"""The compiled scan: which messages may hold an indicator, of which detector, and from where on.

It reads the bytes where Arrow keeps them, turns them into the characters that detectors read, and
tries every shape at every place. What it gives is exact but for the ends of an indicator, which
only its detector knows; so it may let pass too much, never too little.
"""
# ruff: noqa: PLR0912, PLR0913, PLR0915, PLR0917 - compiled loops

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from classifiers.codepoints import PLANES, Bytes, Codepoints, Tables, compiled
from classifiers.indicators.conditions import ENDING, OTHER, Characters, Conditions, Flags
from classifiers.indicators.nearby import Tree, room_for, words_in
from classifiers.indicators.shapes import WIDEST

#: Hash of the files that this one is built on; see stamps.py.
BUILT_ON = "f55c89c7e6cf"

Integers = npt.NDArray[np.int64]
Indices = npt.NDArray[np.int32]

#: Code points of a message that are read, as in the rest of the pipeline.
READ = 32_768
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
def _read(
    data: Bytes, at: int, end: int, t: Characters, plain: Codepoints, origin: Indices, code: Bytes
) -> int:
    """Decode and clean ``data[at:end]``; returns the length, or -1 where it is no UTF-8."""
    n = 0
    for place in range(READ):
        if at >= end:
            break
        b = int(data[at])
        if b < 0x80:
            plain[n] = b
            origin[n] = place
            code[n] = b
            n += 1
            at += 1
            continue
        if b < 0xC2 or b >= 0xF5:
            return -1
        more = 1 if b < 0xE0 else (2 if b < 0xF0 else 3)
        if at + more >= end:
            return -1
        cp = b & (0x3F >> more)
        for i in range(at + 1, at + more + 1):
            if data[i] & 0xC0 != 0x80:
                return -1
            cp = (cp << 6) | (int(data[i]) & 0x3F)
        if (more == 2 and cp < 0x800) or (more == 3 and cp < 0x10000):
            return -1
        if 0xD800 <= cp < 0xE000 or cp > 0x10FFFF:
            return -1
        at += more + 1
        if cp < PLANES:
            if t.plain[cp] < 0:
                continue
            plain[n] = t.plain[cp]
            code[n] = t.code[cp]
        elif cp == 0xE0001 or 0xE0020 <= cp < 0xE0080 or 0xE0100 <= cp < 0xE01F0:
            continue  # tags and variation selectors
        else:
            plain[n] = cp
            code[n] = OTHER
        origin[n] = place
        n += 1
    return n


@compiled
def _alphanumeric(code: int) -> bool:
    return 48 <= code <= 57 or 65 <= code <= 90 or 97 <= code <= 122


@compiled
def _walk(
    code: Bytes, n: int, at: int, shape: Any, parts: npt.NDArray[np.void], member: Flags
) -> int:
    """The end of a shape where it begins at ``at``, or -1 where it does not."""
    part = shape.first
    last = shape.last
    taken = 0
    digits = 0
    capitals = 0
    small = 0
    end = at
    while True:
        i = end
        if end > at:
            while i < n and i - end < WIDEST and member[shape.gaps, code[i]]:
                i += 1
        if i >= n:
            break
        c = code[i]
        while part < last and (
            taken == parts[part].most
            or (taken >= parts[part].least and not member[parts[part].characters, c])
        ):
            part += 1
            taken = 0
        if part == last or not member[parts[part].characters, c]:
            break
        taken += 1
        digits += 48 <= c <= 57
        capitals += 65 <= c <= 90
        small += 97 <= c <= 122
        end = i + 1
    while part < last:
        if taken < parts[part].least:
            return -1
        part += 1
        taken = 0
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
    plain = np.empty(size, np.int32)
    origin = np.empty(size, np.int32)
    code = np.empty(READ, np.uint8)
    detectors = t.always.size
    starts = np.empty((rows, detectors), np.int32)
    passed = np.empty(rows, np.int32)
    ends = np.empty(rows, np.int64)
    hits = np.empty((4 * HITS, 3), np.int32)
    hit_ends = np.empty(rows, np.int64)
    room = room_for(READ)
    sure = np.empty(detectors, np.bool_)
    candidates = np.empty((CANDIDATES, 3), np.int32)
    count = 0
    at = 0
    noted = 0
    for r in range(rows):
        text = plain[at:]
        n = _read(data, offsets[r], offsets[r + 1], characters, text, origin[at:], code)
        start = starts[count]
        start[:] = NOWHERE
        if n < 0:
            start[:] = BROKEN
            passed[count] = r
            ends[count] = at
            hit_ends[count] = -1
            count += 1
            continue
        sure[:] = t.always
        digits = 0
        for i in range(n):
            digits += 48 <= code[i] <= 57
        waiting = 0
        before = OTHER
        for i in range(n):
            c = code[i]
            begins = t.inside if _alphanumeric(before) else t.alone
            for k in range(begins[c], begins[c + 1]):
                s = t.begins[k]
                shape = t.shapes[s]
                d = shape.detector
                if sure[d] or shape.digits > digits or t.member[shape.not_after, before]:
                    continue
                if i + 1 < n and not t.member[shape.second, code[i + 1]]:
                    continue
                end = _walk(code, n, i, shape, t.parts, t.member)
                if end < 0:
                    continue
                if start[d] < 0:
                    start[d] = i
                if shape.words == 0 or waiting == CANDIDATES:
                    sure[d] = True
                else:
                    candidates[waiting, 0] = s
                    candidates[waiting, 1] = i
                    candidates[waiting, 2] = end
                    waiting += 1
            before = c
        found = -1
        for w in range(waiting):
            shape = t.shapes[candidates[w, 0]]
            d = shape.detector
            if sure[d]:
                continue
            if found < 0:
                if noted + HITS > hits.shape[0]:
                    grown = np.empty((2 * hits.shape[0], 3), np.int32)
                    grown[:noted] = hits[:noted]
                    hits = grown
                found = words_in(text, n, tables, tree, room, hits[noted : noted + HITS])
            first, last = candidates[w, 1] - SLACK, candidates[w, 2] + SLACK
            if found == HITS or _near(hits[noted:], found, first, last, shape.words, shape.reach):
                sure[d] = True
        some = False
        for d in range(detectors):
            if t.always[d]:
                start[d] = 0
            elif not sure[d]:
                start[d] = NOWHERE
            some = some or sure[d]
        if some:
            passed[count] = r
            at += n
            ends[count] = at
            if 0 <= found < HITS:
                noted += found
                hit_ends[count] = noted
            else:
                hit_ends[count] = -1
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
