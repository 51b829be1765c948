"""Parquet tables with a column of text."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from typing import IO, Any

import pyarrow as pa
import pyarrow.parquet as pq

from warehouse.parsing.bytestream import StreamDamagedError
from warehouse.parsing.format import Example, Format, Input
from warehouse.parsing.head import Head
from warehouse.parsing.plain import NoTextError, Plain, columns
from warehouse.parsing.records import Found, rows_of
from warehouse.parsing.rows import Item, Quarantined
from warehouse.parsing.values import Tally

_ROWS = 4096

#: A compressed Parquet file is laid out on disk to be read; no larger than this.
_MOST_BYTES = 8 << 30

#: What Arrow raises for a value that Python has no object for: bytes that are no text, a time that
#: no calendar has.
_UNREADABLE = (UnicodeDecodeError, pa.ArrowException, ValueError, OverflowError)


def sniff(head: Head) -> int:
    """By the magic number."""
    return 3 if head.parquet else 0


def parse(source: Input) -> Iterator[Item]:
    """Read the rows; where the file is damaged, those before."""
    row = 0
    try:
        with ExitStack() as stack:
            file = stack.enter_context(pq.ParquetFile(_opened(source, stack)))
            names = file.schema_arrow.names
            columns(names, source.options.mapping)
            plain = Plain.of(source)
            for batch in file.iter_batches(batch_size=_ROWS):
                for record in _records(batch, source.tally):
                    row += 1
                    found = Found(record, f"row {row}", 0, b"", {})
                    yield from rows_of(found, lambda found, row=row: plain.items(found, row))  # type: ignore[misc]
    except (pa.ArrowException, NoTextError, StreamDamagedError, ValueError) as error:
        source.complete = False
        place = f"row {row + 1}" if row else "file"
        yield Quarantined(position=place, reason=f"cannot be read further: {error}"[:1000])


def _opened(source: Input, stack: ExitStack) -> str | IO[bytes]:
    """The file itself or, where compressed, what was in it: Parquet is read from its end."""
    if source.compression is None:
        return str(source.path)
    spool = stack.enter_context(tempfile.TemporaryFile())  # noqa: SIM115  (the stack closes it)
    size = 0
    for piece in source.raw():
        size += len(piece)
        if size > _MOST_BYTES:
            raise ValueError(f"more than {_MOST_BYTES:,} bytes when decompressed")
        spool.write(piece)
    spool.seek(0)
    return spool


def _records(batch: pa.RecordBatch, tally: Tally) -> Iterator[dict[str, Any]]:
    """The rows as dicts; text that is not UTF-8 is read with U+FFFD."""
    names = batch.schema.names
    try:
        lists = [_values(column) for column in batch.columns]
    except _UNREADABLE:
        lists = [_lenient(column, tally) for column in batch.columns]
    for values in zip(*lists, strict=True):
        yield dict(zip(names, values, strict=True))


def _values(column: pa.Array) -> list[Any]:
    kind = column.type
    if pa.types.is_timestamp(kind) and kind.unit == "ns":
        column = column.cast(pa.timestamp("us", tz=kind.tz), safe=False)
    found: list[Any] = column.to_pylist()
    return found


def _lenient(column: pa.Array, tally: Tally) -> list[Any]:
    """Value by value, so that one that cannot be read is lost alone."""
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        raw = column.cast(pa.large_binary()).to_pylist()
        return [None if value is None else value.decode("utf-8", "replace") for value in raw]
    found: list[Any] = []
    for place in range(len(column)):
        try:
            found += _values(column.slice(place, 1))
        except _UNREADABLE:
            tally.warnings["values that cannot be read (left out)"] += 1
            found.append(None)
    return found


def examples() -> Sequence[Example]:
    """A table with times, and one without ids."""
    first = pa.table(
        {
            "message_id": pa.array([1, 2]),
            "channel_id": pa.array([55, 55]),
            "content": ["eleven", None],
            "date": pa.array([1704110400000, None], pa.timestamp("ms", "UTC")),
            "mood": ["glad", None],
        }
    )
    out = io.BytesIO()
    pq.write_table(first, out)
    return [
        Example(
            out.getvalue(),
            [
                {
                    "channel_key": "tg:55",
                    "message_id": 1,
                    "text": "eleven",
                    "time_basis": "offset",
                    "extra": '{"mood":"glad"}',
                    "position": "row 1",
                },
                {"message_id": 2, "text": "", "time_basis": "missing"},
            ],
            unknown={"mood": 1},
        )
    ]


FORMAT = Format("plain_parquet", sniff, parse, examples)
