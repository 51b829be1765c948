"""Split a stream into lines."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from warehouse.parsing.bytestream import StreamDamagedError
from warehouse.parsing.plan import RAW_LIMIT


class Line(NamedTuple):
    """One line without its end; ``number`` from 1; ``reason`` where it is not whole.

    ``cut``: the stream broke off in it.
    """

    number: int
    offset: int
    data: bytes
    reason: str | None = None
    cut: bool = False


@dataclass(frozen=True, slots=True)
class Run:
    """Many whole lines, none of them blank or too long.

    Line ``i`` is ``data[starts[i]:ends[i]]``, has the number ``numbers[i]``, and lies at
    ``offset + starts[i]`` of the stream.
    """

    data: bytes
    starts: np.ndarray[tuple[int], np.dtype[np.int64]]
    ends: np.ndarray[tuple[int], np.dtype[np.int64]]
    numbers: np.ndarray[tuple[int], np.dtype[np.int64]]
    offset: int

    def __iter__(self) -> Iterator[Line]:
        spans = zip(self.numbers.tolist(), self.starts.tolist(), self.ends.tolist(), strict=True)
        for number, start, end in spans:
            yield Line(number, self.offset + start, self.data[start:end])


def lines(pieces: Iterator[bytes], longest: int) -> Iterator[Line]:
    """The lines that are not blank; of one that is longer than ``longest`` bytes, the beginning.

    >>> [(line.number, line.data) for line in lines(iter([b"a\\n\\nb", b"c"]), 100)]
    [(1, b'a'), (3, b'bc')]
    """
    for found in runs(pieces, longest):
        if isinstance(found, Run):
            yield from found
        else:
            yield found


def runs(pieces: Iterator[bytes], longest: int) -> Iterator[Line | Run]:
    """The same lines; those that lie whole within a piece come together, where all are sound."""
    number, offset = 0, 0
    held: list[bytes] = []  # the parts of a line that is still open
    size = 0
    damage: str | None = None
    stream = iter(pieces)
    while True:
        try:
            piece = next(stream, None)
        except StreamDamagedError as error:
            piece, damage = None, str(error)
        if piece is None:
            break
        breaks = np.flatnonzero(np.frombuffer(piece, np.uint8) == 10)
        rest = piece
        if len(breaks):
            first = int(breaks[0])
            number += 1
            line = _line(number, offset, b"".join([*held, piece[:first]]), size + first, longest)
            if line:
                yield line
            offset += size  # where the piece begins
            yield from _within(piece, breaks, number, offset, longest)
            number += len(breaks) - 1
            last = int(breaks[-1]) + 1
            offset += last
            rest, held, size = piece[last:], [], 0
        size += len(rest)
        if rest and size - len(rest) <= longest:
            held.append(rest)
    data = b"".join(held)
    if damage is not None and size <= longest:
        reason = f"the file ends inside this line: {damage}"
        yield Line(number + 1, offset, data[:RAW_LIMIT], reason, cut=True)
    elif line := _line(number + 1, offset, data, size, longest):
        yield line._replace(cut=damage is not None)


def _line(number: int, offset: int, data: bytes, size: int, longest: int) -> Line | None:
    """One line of ``size`` bytes, of which ``data`` may be the beginning; None if it is blank."""
    if size > longest:
        reason = f"larger than the {longest:,} bytes that one message may have"
        return Line(number, offset, data[:RAW_LIMIT], reason)
    return Line(number, offset, data) if data and not data.isspace() else None


def _within(
    piece: bytes,
    breaks: np.ndarray[tuple[int], np.dtype[np.int64]],
    number: int,
    offset: int,
    longest: int,
) -> Iterator[Line | Run]:
    """The lines between the breaks; ``number`` is that of the line before the first break."""
    starts, ends = breaks[:-1] + 1, breaks[1:]
    numbers = np.arange(number + 1, number + len(breaks))
    # Anything that a blank line may be made of, and what is too long, is looked at one by one.
    sizes = ends - starts
    single = (sizes > longest) | (sizes == 0)
    firsts = np.frombuffer(piece, np.uint8)[np.minimum(starts, len(piece) - 1)]
    single |= firsts <= 32
    begin = 0
    for place in [*np.flatnonzero(single).tolist(), len(starts)]:
        if place > begin:
            span = slice(begin, place)
            yield Run(piece, starts[span], ends[span], numbers[span], offset)
        if place < len(starts):
            start, end = int(starts[place]), int(ends[place])
            size = end - start
            data = piece[start : start + min(size, max(longest, RAW_LIMIT))]
            line = _line(int(numbers[place]), offset + start, data, size, longest)
            if line:
                yield line
        begin = place + 1
