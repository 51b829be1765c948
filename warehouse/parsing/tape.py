"""Compiled: which fields the objects of a run have, and where their values lie.

The answer is a tape: for each object in turn its fields in the file's order, each with the index
of its name, its kind (see ``tokens``) and the span of its value in the buffer. Names are those of
a table that is given; an object with any other is marked as odd, as is one that is not plain JSON.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from warehouse.parsing import tokens
from warehouse.parsing.compiled import Bytes, Ints, Words, compiled
from warehouse.parsing.tokens import past_space, value

#: Changes with ``compiled`` and ``tokens``; see there.
BUILT_ON = ""

#: Places of the table of names: a power of two, several times the names that fit.
SLOTS = 1024
MOST_NAMES = 160

BAD, STRING = tokens.BAD, tokens.STRING


class Names(NamedTuple):
    """The table: ``slots`` has an index + 1 where a name's hash points, ``letters`` and
    ``offsets`` the names one behind the other."""

    slots: npt.NDArray[np.int16]
    letters: Bytes
    offsets: Ints


class Tape(NamedTuple):
    """What :func:`walk` finds; see the module's docstring. ``firsts`` has the place of each
    object's first field on the tape, and the end of the last; ``masks`` a bit for each of the
    first 64 names; ``odd`` is 1 where the object is for the general path."""

    fields: npt.NDArray[np.int16]
    kinds: Bytes
    starts: Ints
    stops: Ints
    firsts: Ints
    masks: npt.NDArray[np.uint64]
    odd: Bytes


def names_table(names: list[bytes]) -> Names:
    """The table of these names, of which there are at most ``MOST_NAMES``."""
    slots = np.zeros(SLOTS, np.int16)
    for index, name in enumerate(names):
        place = 0
        for letter in name:
            place = (place * 31 + letter) & (SLOTS - 1)
        while slots[place]:
            place = (place + 1) & (SLOTS - 1)
        slots[place] = index + 1
    offsets = np.cumsum([0, *map(len, names)], dtype=np.int64)
    return Names(slots, np.frombuffer(b"".join(names) or b"\0", np.uint8), offsets)


def new_tape(rows: int, names: int) -> Tape:
    """An empty tape for so many objects."""
    room = rows * names + 1
    return Tape(
        np.empty(room, np.int16),
        np.empty(room, np.uint8),
        np.empty(room, np.int64),
        np.empty(room, np.int64),
        np.empty(rows + 1, np.int64),
        np.empty(rows, np.uint64),
        np.zeros(rows, np.uint8),
    )


@compiled
def _find(buf: Bytes, start: int, stop: int, place: int, names: Names) -> int:
    """The index of a name, or -1."""
    size = stop - start
    while names.slots[place]:
        index = int(names.slots[place]) - 1
        at = names.offsets[index]
        if names.offsets[index + 1] - at == size:
            equal = True
            for step in range(size):
                if buf[start + step] != names.letters[at + step]:
                    equal = False
                    break
            if equal:
                return index
        place = (place + 1) & (SLOTS - 1)
    return -1


@compiled
def _walk_one(
    buf: Bytes,
    words: Words,
    pos: int,
    end: int,
    row: int,
    at: int,
    names: Names,
    seen: Ints,
    tape: Tape,
) -> int:  # noqa: E501, PLR0911, PLR0913, PLR0917
    """Put the fields of one object on the tape; the place behind them, or -1 if it is odd."""
    mask = 0
    if pos >= end or buf[pos] != 123:
        return -1
    pos = past_space(buf, pos + 1, end)
    more = pos < end and buf[pos] != 125
    while more:
        if pos >= end or buf[pos] != 34:
            return -1
        pos += 1
        start, place = pos, 0
        while pos < end and buf[pos] != 34:
            place = (place * 31 + int(buf[pos])) & (SLOTS - 1)
            pos += 1
        field = _find(buf, start, pos, place, names)
        if field < 0 or seen[field] == row + 1:  # of equal names the last one counts
            return -1
        seen[field] = row + 1
        if field < 64:
            mask |= 1 << field
        pos = past_space(buf, pos + 1, end)
        if pos >= end or buf[pos] != 58:
            return -1
        pos = past_space(buf, pos + 1, end)
        pos, kind, start, stop = value(buf, words, pos, end)
        if kind == BAD:
            return -1
        tape.fields[at] = field
        tape.kinds[at] = kind
        tape.starts[at] = start
        tape.stops[at] = stop
        at += 1
        pos = past_space(buf, pos, end)
        more = pos < end and buf[pos] == 44
        if more:
            pos = past_space(buf, pos + 1, end)
    if pos >= end or buf[pos] != 125 or past_space(buf, pos + 1, end) != end:
        return -1
    tape.masks[row] = mask
    return at


@compiled
def walk(buf: Bytes, words: Words, starts: Ints, stops: Ints, names: Names, tape: Tape) -> None:
    """Walk the objects at these spans. An odd one, also one that is so already, has no fields."""
    seen = np.zeros(len(names.offsets), np.int64)
    at = 0
    for row in range(len(starts)):
        tape.firsts[row] = at
        tape.masks[row] = 0
        pos = past_space(buf, starts[row], stops[row])
        found = _walk_one(buf, words, pos, stops[row], row, at, names, seen, tape)
        if found < 0 or tape.odd[row]:
            tape.odd[row] = 1
        else:
            at = found
    tape.firsts[len(starts)] = at
