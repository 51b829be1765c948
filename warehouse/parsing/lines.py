"""Split a stream into lines."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

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


def lines(pieces: Iterator[bytes], longest: int) -> Iterator[Line]:
    """The lines that are not blank; of one that is longer than ``longest`` bytes, the beginning.

    >>> [(line.number, line.data) for line in lines(iter([b"a\\n\\nb", b"c"]), 100)]
    [(1, b'a'), (3, b'bc')]
    """
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
        *ended, rest = piece.split(b"\n")
        for part in ended:
            data = b"".join([*held, part]) if held else part
            length = size + len(part)
            number += 1
            if length > longest:
                reason = f"larger than the {longest:,} bytes that one message may have"
                yield Line(number, offset, data[:RAW_LIMIT], reason)
            elif data and not data.isspace():
                yield Line(number, offset, data)
            offset += length + 1
            held, size = [], 0
        size += len(rest)
        if rest and size - len(rest) <= longest:
            held.append(rest)
    data = b"".join(held)
    if size > longest:
        reason = f"larger than the {longest:,} bytes that one message may have"
        yield Line(number + 1, offset, data[:RAW_LIMIT], reason, damage is not None)
    elif damage is not None:
        reason = f"the file ends inside this line: {damage}"
        yield Line(number + 1, offset, data[:RAW_LIMIT], reason, cut=True)
    elif data and not data.isspace():
        yield Line(number + 1, offset, data)
