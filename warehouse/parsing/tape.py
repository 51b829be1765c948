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
from warehouse.parsing.compiled import Bytes, Ints, Words, compiled, inlined
from warehouse.parsing.tokens import past_space, value

#: Changes with ``compiled`` and ``tokens``; see there.
BUILT_ON = "8ffc270d9952"

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
    names = names or [b""]  # the kernels want to have one
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


@inlined
def _is_at(buf: Bytes, pos: int, size: int, letters: Bytes, at: int) -> bool:
    for step in range(size):  # too short for slices  # noqa: SIM110
        if buf[pos + step] != letters[at + step]:
            return False
    return True


@compiled
def walk(  # noqa: PLR0912, PLR0913, PLR0915, PLR0917
    buf: Bytes, words: Words, begins: Ints, ends: Ints, names: Names, tape: Tape
) -> None:
    """Walk the objects at these spans. An odd one, also one that is so already, has no fields."""
    # To take an array out of a tuple costs as much as to read a name.
    slots, letters, offsets = names.slots, names.letters, names.offsets
    fields, kinds, starts, stops = tape.fields, tape.kinds, tape.starts, tape.stops
    seen = np.zeros(len(offsets), np.int64)
    after = np.zeros(len(offsets), np.int64)  # the name that came next the last time
    at = 0
    for row in range(len(begins)):
        tape.firsts[row] = first = at
        end = ends[row]
        mask = last = 0
        good = False
        pos = past_space(buf, begins[row], end)
        more = not tape.odd[row] and pos < end and buf[pos] == 123
        pos = past_space(buf, pos + 1, end)
        if more and pos < end and buf[pos] == 125:
            more, good = False, past_space(buf, pos + 1, end) == end
        while more:
            if pos >= end or buf[pos] != 34:
                break
            pos += 1
            field = after[last]
            size = offsets[field + 1] - offsets[field]
            if (
                pos + size < end
                and buf[pos + size] == 34
                and _is_at(buf, pos, size, letters, offsets[field])
            ):
                pos += size
            else:
                start, place = pos, 0
                while pos < end and buf[pos] != 34:
                    place = (place * 31 + int(buf[pos])) & (SLOTS - 1)
                    pos += 1
                size = pos - start
                field = -1
                while slots[place]:
                    index = int(slots[place]) - 1
                    begin = offsets[index]
                    if offsets[index + 1] - begin == size:  # noqa: SIM102
                        if _is_at(buf, start, size, letters, begin):
                            after[last] = field = index
                            break
                    place = (place + 1) & (SLOTS - 1)
            if field < 0 or seen[field] == row + 1:  # of equal names the last one counts
                break
            last = field + 1
            seen[field] = row + 1
            if field < 64:
                mask |= 1 << field
            pos = past_space(buf, pos + 1, end)
            if pos >= end or buf[pos] != 58:
                break
            pos, kind, start, stop = value(buf, words, past_space(buf, pos + 1, end), end)
            if kind == BAD:
                break
            fields[at] = field
            kinds[at] = kind
            starts[at] = start
            stops[at] = stop
            at += 1
            pos = past_space(buf, pos, end)
            if pos < end and buf[pos] == 125:
                good = past_space(buf, pos + 1, end) == end
                break
            if pos >= end or buf[pos] != 44:
                break
            pos = past_space(buf, pos + 1, end)
        if good:
            tape.masks[row] = mask
        else:
            tape.odd[row] = 1
            tape.masks[row] = 0
            at = first
    tape.firsts[len(begins)] = at
