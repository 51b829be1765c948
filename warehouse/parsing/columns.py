"""Compiled: columns of values, from a tape.

``at`` says for each row where on the tape the value of a column lies, -1 where it has none. A
row whose value is not what the column takes is marked in ``odd``, for the general path; what is
left in its place does not count. Null and "" are no value, as for the general path.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from warehouse.parsing import moments, tokens
from warehouse.parsing.compiled import Bytes, Ints, Words, compiled
from warehouse.parsing.moments import moment
from warehouse.parsing.rewrite import write_value
from warehouse.parsing.tape import Names, Tape
from warehouse.parsing.tokens import number, says, write, write_text

#: Changes with ``compiled``, ``tokens``, ``tape``, ``rewrite`` and ``moments``; see there.
BUILT_ON = ""

STRING, ESCAPED, INTEGER, NULL = tokens.STRING, tokens.ESCAPED, tokens.INTEGER, tokens.NULL
UNIX, NOTHING, MISSING = moments.UNIX, moments.NOTHING, moments.MISSING

Places = npt.NDArray[np.int32]
Roles = npt.NDArray[np.int16]


class Strings(NamedTuple):
    """A column of strings as Arrow lays it out, but for ``valid``: a byte for each row."""

    offsets: npt.NDArray[np.int32]
    data: Bytes
    valid: Bytes


def new_strings(rows: int, room: int) -> Strings:
    """An empty column for so many rows and bytes."""
    return Strings(
        np.zeros(rows + 1, np.int32), np.empty(max(room, 1), np.uint8), np.zeros(rows, np.uint8)
    )


@compiled
def place(tape: Tape, shapes: Ints, roles: Roles, odd: Bytes, found: Places) -> None:
    """For each row and role the place on the tape, from the role of each field in the row's
    shape. Roles without a column of their own have no place; a field without a role makes its
    row odd."""
    for row in range(len(found)):
        for role in range(found.shape[1]):
            found[row, role] = -1
        for index in range(tape.firsts[row], tape.firsts[row + 1]):
            role = roles[shapes[row], tape.fields[index]]
            if role < 0:
                odd[row] = 1
            elif role < found.shape[1]:
                found[row, role] = index


@compiled
def _is_empty(tape: Tape, index: int) -> bool:
    kind = tape.kinds[index]
    return bool(kind == NULL or (kind == STRING and tape.starts[index] == tape.stops[index]))


@compiled
def room_of(tape: Tape, at: Places) -> int:
    """How many bytes the values take in the file."""
    room = 0
    for row in range(len(at)):
        if at[row] >= 0:
            room += tape.stops[at[row]] - tape.starts[at[row]]
    return room


@compiled
def strings(buf: Bytes, tape: Tape, at: Places, odd: Bytes, into: Strings) -> None:
    """Strings as they are."""
    written = 0
    for row in range(len(at)):
        index = at[row]
        if index >= 0 and not _is_empty(tape, index):
            kind = int(tape.kinds[index])
            if kind in (STRING, ESCAPED):
                start, stop = tape.starts[index], tape.stops[index]
                written = write_text(buf, start, stop, kind, into.data, written)
                into.valid[row] = 1
            else:
                odd[row] = 1
        into.offsets[row + 1] = written


_NOT_INCLUDED = b"(File not included. Change data exporting settings to download.)"


@compiled
def bare_names(buf: Bytes, tape: Tape, at: Places, odd: Bytes, into: Strings) -> None:
    """The last parts of paths; a file that was not exported has none."""
    written = 0
    for row in range(len(at)):
        index = at[row]
        if index >= 0:
            start, stop = tape.starts[index], tape.stops[index]
            if tape.kinds[index] != STRING or not 0 < stop - start <= 255:
                odd[row] = 1
            elif not says(buf, start, stop, _NOT_INCLUDED):
                # White space and slashes at the ends, and prose in brackets, are not so simple.
                simple = 32 < buf[start] < 127 and 32 < buf[stop - 1] < 127 and buf[stop - 1] != 47
                name = start
                for pos in range(start, stop):
                    c = buf[pos]
                    if c == 47:
                        name = pos + 1
                    elif c == 40 and buf[pos + 1] in (70, 80, 86):
                        simple = False
                if simple:
                    written = write(buf, name, stop, into.data, written)
                    into.valid[row] = 1
                else:
                    odd[row] = 1
        into.offsets[row + 1] = written


@compiled
def raw(buf: Bytes, tape: Tape, at: Places, into: Strings) -> None:
    """The bytes of strings, with one quote before them, and of whole numbers; else nothing."""
    written = 0
    for row in range(len(at)):
        index = at[row]
        if index >= 0:
            kind = int(tape.kinds[index])
            if kind in (STRING, INTEGER):
                if kind == STRING:
                    into.data[written] = 34
                    written += 1
                written = write(buf, tape.starts[index], tape.stops[index], into.data, written)
                into.valid[row] = 1
        into.offsets[row + 1] = written


@compiled
def integers(  # noqa: PLR0913, PLR0917
    buf: Bytes, tape: Tape, at: Places, odd: Bytes, into: Ints, valid: Bytes
) -> None:
    """Whole numbers, also those written as a string of digits."""
    for row in range(len(at)):
        into[row] = 0
        index = at[row]
        if index < 0 or _is_empty(tape, index):
            continue
        kind, start, stop = int(tape.kinds[index]), tape.starts[index], tape.stops[index]
        good = kind == INTEGER or (kind == STRING and stop - start <= 18)
        if good and kind == STRING:
            for pos in range(start, stop):
                good = good and 48 <= buf[pos] <= 57
        if good:
            into[row] = number(buf, start, stop)
            valid[row] = 1
        else:
            odd[row] = 1


@compiled
def times(buf: Bytes, tape: Tape, at: Places, odd: Bytes, into: Ints, bases: Bytes) -> None:  # noqa: PLR0913, PLR0917
    """Microseconds since 1970, and what they rest on (see ``moments``)."""
    for row in range(len(at)):
        into[row] = 0
        bases[row] = MISSING
        index = at[row]
        if index >= 0:
            start, stop = tape.starts[index], tape.stops[index]
            into[row], basis = moment(buf, start, stop, int(tape.kinds[index]))
            if basis == NOTHING:
                odd[row] = 1
            else:
                bases[row] = basis


@compiled
def numbered(prefix: Bytes, numbers: Ints, suffix: Bytes, into: Strings) -> None:
    """``prefix``, a number that is not negative, ``suffix``."""
    written = 0
    for row in range(len(numbers)):
        written = write(prefix, 0, len(prefix), into.data, written)
        left, size = numbers[row], 1
        while left >= 10:
            left //= 10
            size += 1
        left = numbers[row]
        for digit in range(size - 1, -1, -1):
            into.data[written + digit] = 48 + left % 10
            left //= 10
        written = write(suffix, 0, len(suffix), into.data, written + size)
        into.valid[row] = 1
        into.offsets[row + 1] = written


@compiled
def members(  # noqa: PLR0913, PLR0917
    buf: Bytes,
    words: Words,
    tape: Tape,
    shapes: Ints,
    roles: Roles,
    wanted: Bytes,
    keep_empty: bool,
    names: Names,
    odd: Bytes,
    into: Strings,
) -> None:
    """The fields whose role is ``wanted`` as one JSON object, in the file's order."""
    written = 0
    for row in range(len(odd)):
        start = written
        for index in range(tape.firsts[row], tape.firsts[row + 1]):
            field = tape.fields[index]
            role = roles[shapes[row], field]
            if role < 0 or not wanted[role] or not (keep_empty or not _is_empty(tape, index)):
                continue
            into.data[written] = 123 if written == start else 44
            into.data[written + 1] = 34
            written = write(
                names.letters,
                names.offsets[field],
                names.offsets[field + 1],
                into.data,
                written + 2,
            )
            into.data[written] = 34
            into.data[written + 1] = 58
            at = write_value(
                buf,
                words,
                tape.starts[index],
                tape.stops[index],
                int(tape.kinds[index]),
                into.data,
                written + 2,
            )
            if at < 0:
                odd[row] = 1
                break
            written = at
        if odd[row]:
            written = start
        elif written > start:
            into.data[written] = 125
            written += 1
            into.valid[row] = 1
        into.offsets[row + 1] = written


@compiled
def members_room(tape: Tape, shapes: Ints, roles: Roles, wanted: Bytes, names: Names) -> int:
    """How many bytes :func:`members` may write."""
    room = 0
    for row in range(len(shapes)):
        for index in range(tape.firsts[row], tape.firsts[row + 1]):
            field = tape.fields[index]
            role = roles[shapes[row], field]
            if role >= 0 and wanted[role]:
                room += tape.stops[index] - tape.starts[index] + 8
                room += names.offsets[field + 1] - names.offsets[field]
    return room


@compiled
def count(
    tape: Tape, shapes: Ints, roles: Roles, role: int, keep_empty: bool, odd: Bytes, counts: Ints
) -> None:  # noqa: E501, PLR0913, PLR0917
    """Count the fields with this role in the rows that are not odd, by name."""
    for row in range(len(odd)):
        if not odd[row]:
            for index in range(tape.firsts[row], tape.firsts[row + 1]):
                field = tape.fields[index]
                if roles[shapes[row], field] == role and (keep_empty or not _is_empty(tape, index)):
                    counts[field] += 1
