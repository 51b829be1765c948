"""The objects of one run of bytes as Arrow columns, by the compiled kernels.

A column is asked for by its role, a number that the reader gives to fields. A row with anything
out of the ordinary is marked in ``odd``: what its columns hold means nothing, and the reader
sends it the general way.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, tzinfo
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from warehouse.parsing import columns, moments, parts, tokens
from warehouse.parsing.columns import Strings, new_strings
from warehouse.parsing.compiled import Bytes, Ints, words_of
from warehouse.parsing.parts import Items, new_items
from warehouse.parsing.tape import Names, new_tape, walk
from warehouse.parsing.values import EARLIEST, LATEST
from warehouse.schemas import ENTITY, REACTION, TIMESTAMP

Mask = npt.NDArray[np.bool_]

_HOUR = 3_600_000_000
_TYPES = pa.array([name.decode() for name in parts.TYPES])
_BASES = pa.array(moments.BASES)


class Sheet:
    """The objects at ``starts`` to ``stops`` of ``data``, with the names that are known."""

    def __init__(self, data: bytes, starts: Ints, stops: Ints, names: Names) -> None:
        self.rows = len(starts)
        self.buf: Bytes = np.frombuffer(data, np.uint8)
        self.words = words_of(data)
        self.names = names
        self.tape = new_tape(self.rows, len(names.offsets) - 1)
        self.odd = self.tape.odd
        if not _is_utf8(data, int(starts[0]), int(stops[-1])):
            tokens.mark_no_utf8(self.buf, starts, stops, self.odd)
        walk(self.buf, self.words, starts, stops, names, self.tape)

    def assign(self, roles: npt.NDArray[np.int16], shapes: Ints, own: int) -> None:
        """Say which role the fields have in each shape of row (``roles``: shape × field), and
        which shape each row has. The first ``own`` roles have a column of their own."""
        self.roles, self.shapes = roles, shapes
        self.at = np.empty((self.rows, own), np.int32)
        columns.place(self.tape, shapes, roles, self.odd, self.at)
        self.present = (self.at >= 0).any(axis=0)

    def mark(self, rows: Mask) -> None:
        """These rows are odd."""
        self.odd |= rows

    def has(self, role: int) -> Mask:
        """Which rows have the field."""
        found: Mask = self.at[:, role] >= 0
        return found

    def kinds(self, role: int) -> Bytes:
        """The kind of each row's value (see ``tokens``), 0 where it has none."""
        at = self.at[:, role]
        found: Bytes = np.where(at >= 0, self.tape.kinds[at], tokens.BAD)
        return found

    def mark_nested(self, role: int) -> None:
        """Rows are odd whose value, which is not looked at, is an array or object."""
        if self.present[role]:
            self.mark(self.kinds(role) >= tokens.ARRAY)

    # -- columns ----------------------------------------------------------------------------

    def strings(self, role: int, rows: Mask | None = None) -> pa.Array:
        """Strings, of these rows only; null where there is none or it is empty."""
        if not self.present[role]:
            return pa.nulls(self.rows, pa.string())
        at = self._at(role, rows)
        into = new_strings(self.rows, columns.room_of(self.tape, at))
        columns.strings(self.buf, self.tape, at, self.odd, into)
        return string_array(into, self.rows)

    def raw(self, role: int) -> pa.Array:
        """The bytes of strings without escapes and of whole numbers: see ``columns.raw``."""
        at = self._at(role)
        into = new_strings(self.rows, columns.room_of(self.tape, at) + self.rows)
        columns.raw(self.buf, self.tape, at, into)
        return string_array(into, self.rows)

    def integers(self, role: int, rows: Mask | None = None) -> tuple[Ints, Mask]:
        """Whole numbers, of these rows only, and where there are any."""
        into, valid = np.zeros(self.rows, np.int64), np.zeros(self.rows, np.uint8)
        if self.present[role]:
            columns.integers(self.buf, self.tape, self._at(role, rows), self.odd, into, valid)
        return into, valid.view(np.bool_)

    def times(self, role: int, naive: tzinfo, rows: Mask | None = None) -> tuple[Ints, Bytes]:
        """Microseconds since 1970 UTC, and what they rest on (see ``moments``)."""
        into, bases = np.zeros(self.rows, np.int64), np.zeros(self.rows, np.uint8)
        if self.present[role]:
            columns.times(self.buf, self.tape, self._at(role, rows), self.odd, into, bases)
            local = bases == moments.NAIVE
            if local.any():
                into[local], sure = _to_utc(into[local], naive)
                self.odd[local] |= ~sure
            told = bases != moments.MISSING
            self.mark(told & ((into < EARLIEST) | (into >= LATEST)))
        return into, bases

    def texts(self, role: int, entities: int | None = None) -> tuple[pa.Array, pa.Array]:
        """Texts ("" where there is none) and their entities."""
        at = self._at(role)
        other = np.full(self.rows, -1, np.int32) if entities is None else self._at(entities)
        room = columns.room_of(self.tape, at) + columns.room_of(self.tape, other)
        into = new_strings(self.rows, room)
        lists = self.tape.kinds[at][at >= 0] == tokens.ARRAY
        items = new_items(self.rows, room if lists.any() or (other >= 0).any() else 0)
        parts.texts(self.buf, self.words, self.tape, at, other, self.odd, into, items)
        return string_array(into, self.rows), _entities(items, self.rows)

    def bare_names(self, role: int, rows: Mask) -> pa.Array:
        """The last parts of paths, of these rows only: see ``values.bare_name``."""
        if not self.present[role]:
            return pa.nulls(self.rows, pa.string())
        at = self._at(role, rows)
        into = new_strings(self.rows, columns.room_of(self.tape, at))
        columns.bare_names(self.buf, self.tape, at, self.odd, into)
        return string_array(into, self.rows)

    def reactions(self, role: int) -> pa.Array:
        """Reactions with their counts."""
        if not self.present[role]:
            return self.no_reactions()
        at = self._at(role)
        items = new_items(self.rows, columns.room_of(self.tape, at))
        parts.reactions(self.buf, self.words, self.tape, at, self.odd, items)
        return _reactions(items, self.rows)

    def no_reactions(self) -> pa.Array:
        """A list without reactions for each row."""
        return _lists(np.zeros(self.rows + 1, np.int32), pa.nulls(0, REACTION))

    def members(self, wanted: Sequence[int], *, keep_empty: bool = True) -> pa.Array:
        """The fields with these roles as JSON; null where there are none."""
        among = np.zeros(max(self.roles.max(initial=0), *wanted) + 1, np.uint8)
        among[list(wanted)] = 1
        arguments = self.tape, self.shapes, self.roles, among
        room = columns.members_room(*arguments, self.names)
        if not room:
            return pa.nulls(self.rows, pa.string())
        into = new_strings(self.rows, room)
        columns.members(self.buf, self.words, *arguments, keep_empty, self.names, self.odd, into)
        return string_array(into, self.rows)

    def counts(self, role: int, *, keep_empty: bool = True) -> Ints:
        """How often each field has this role, in the rows that are not odd."""
        found = np.zeros(len(self.names.offsets) - 1, np.int64)
        columns.count(self.tape, self.shapes, self.roles, role, keep_empty, self.odd, found)
        return found

    def _at(self, role: int, rows: Mask | None = None) -> npt.NDArray[np.int32]:
        at = np.ascontiguousarray(self.at[:, role])
        return at if rows is None else np.where(rows, at, np.int32(-1))


# -- Arrow ----------------------------------------------------------------------------------


def _is_utf8(data: bytes, start: int, stop: int) -> bool:
    """Whether these bytes are valid UTF-8, as Arrow sees it; nothing is copied."""
    offsets = pa.py_buffer(np.array([start, stop]))
    whole = pa.Array.from_buffers(pa.large_binary(), 1, [None, offsets, pa.py_buffer(data)])
    try:
        whole.cast(pa.large_string())
    except pa.ArrowInvalid:
        return False
    return True


def string_array(column: Strings, rows: int) -> pa.Array:
    """A column of strings in Arrow."""
    valid = column.valid[:rows]
    missing = rows - int(np.count_nonzero(valid))
    bits = pa.py_buffer(np.packbits(valid, bitorder="little")) if missing else None
    offsets = pa.py_buffer(column.offsets[: rows + 1])
    data = pa.py_buffer(column.data[: column.offsets[rows]])
    return pa.Array.from_buffers(pa.string(), rows, [bits, offsets, data], missing)


def numbered(prefix: str, numbers: Ints, suffix: str = "") -> pa.Array:
    """Strings that hold one number each.

    >>> numbered("line ", np.array([7, 10])).to_pylist()
    ['line 7', 'line 10']
    """
    before, after = (np.frombuffer(text.encode() or b"\0", np.uint8) for text in (prefix, suffix))
    before, after = before[: len(prefix.encode())], after[: len(suffix.encode())]
    into = new_strings(len(numbers), len(numbers) * (len(before) + 20 + len(after)))
    columns.numbered(before, numbers, after, into)
    return string_array(into, len(numbers))


def int_array(values: Ints, valid: Mask) -> pa.Array:
    """Whole numbers, null where they are not valid."""
    return pa.array(values, pa.int64(), mask=None if valid.all() else ~valid)


def time_array(values: Ints, bases: Bytes) -> pa.Array:
    """Times, null where they are missing."""
    return int_array(values, bases != moments.MISSING).cast(TIMESTAMP)


def basis_array(bases: Bytes) -> pa.Array:
    """The names of what times rest on."""
    return _BASES.take(pa.array(bases))


def _entities(items: Items, rows: int) -> pa.Array:
    count = int(items.ends[rows])
    fields = [
        pa.array(items.first[:count].astype(np.int32)),
        pa.array(items.second[:count].astype(np.int32)),
        _TYPES.take(pa.array(items.codes[:count])),
        string_array(items.shown, count),
    ]
    return _lists(items.ends[: rows + 1], pa.StructArray.from_arrays(fields, fields=list(ENTITY)))


def _reactions(items: Items, rows: int) -> pa.Array:
    count = int(items.ends[rows])
    fields = [
        string_array(items.labels, count),
        string_array(items.shown, count),
        pa.array(items.first[:count]),
    ]
    return _lists(items.ends[: rows + 1], pa.StructArray.from_arrays(fields, fields=list(REACTION)))


def _lists(ends: npt.NDArray[np.int32], values: pa.Array) -> pa.Array:
    return pa.ListArray.from_arrays(pa.array(ends), values, type=pa.list_(values.type))


# -- local times ----------------------------------------------------------------------------


def _to_utc(local: Ints, naive: tzinfo) -> tuple[Ints, Mask]:
    """Local times in UTC, and where that is sure: not within an hour in which clocks change."""
    hours, which = np.unique(local // _HOUR, return_inverse=True)
    ahead = [_ahead(int(hour), naive) for hour in hours]
    sure = np.array([each is not None for each in ahead])
    return local - np.array([each or 0 for each in ahead])[which], sure[which]


@lru_cache(1 << 16)
def _ahead(hour: int, naive: tzinfo) -> int | None:
    """Microseconds that clocks are ahead of UTC through this local hour, if it is clear."""
    found = set()
    for micros in (hour * _HOUR, (hour + 1) * _HOUR - 1):
        try:
            moment = datetime.fromtimestamp(micros // 1_000_000, UTC).replace(tzinfo=None)
        except (ValueError, OverflowError, OSError):
            return None
        for fold in (0, 1):
            offset = moment.replace(tzinfo=naive, fold=fold).utcoffset()
            found.add(None if offset is None else round(offset.total_seconds() * 1_000_000))
    return found.pop() if len(found) == 1 else None
