"""A stable view as a file: Parquet, NDJSON or CSV.

The file appears under its name only when it is whole. Parquet and NDJSON hold every value as it is.
CSV too, with one exception that can be switched off: text is hostile, and a spreadsheet runs a cell
that begins with ``=``, ``+``, ``-``, ``@``, a tab or a line break as a formula. Such cells get an
apostrophe in front, and so do those that begin with an apostrophe, so that taking one leading
apostrophe away gives back the exact text of every cell.
"""

from __future__ import annotations

import base64
import io
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Protocol

import msgspec
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from warehouse.store import Store

#: Rows in memory at once.
BATCH_ROWS = 20_000

#: Cells that a spreadsheet would run, and those that must be told apart from guarded ones. The
#: full-width forms are taken for the plain ones by some spreadsheets.
FORMULA = r"^['=+\-@\t\r\n＝＋－＠]"

FORMATS = ("csv", "ndjson", "parquet")


class Writer(Protocol):
    """Takes record batches."""

    def write_batch(self, batch: pa.RecordBatch) -> None:
        """Write one batch."""


def export(
    store: Store,
    view: str,
    path: Path,
    *,
    format: str | None = None,  # the term of the field
    guard_formulas: bool = True,
) -> int:
    """Write a stable view to a file, replacing it at once when everything is written.

    Args:
        store: an open warehouse.
        view: one of :data:`warehouse.sql.VIEWS`.
        path: where to; its folder must exist.
        format: ``csv``, ``ndjson`` or ``parquet``; by default what the name ends with.
        guard_formulas: for CSV, put an apostrophe before cells that a spreadsheet would run.

    Returns:
        The number of rows.

    Raises:
        ValueError: no such view or format.
        OSError: the file cannot be written; an older file of the name stays as it was.
    """
    format = format or path.suffix.lstrip(".").lower()
    if format not in FORMATS:
        raise ValueError(f"no format {format!r}; there are {', '.join(FORMATS)}")
    rows = 0
    with (
        store.stream(view, BATCH_ROWS) as reader,
        _whole(path) as file,
        _WRITERS[format](file, reader.schema, guard_formulas) as writer,
    ):
        for batch in reader:
            writer.write_batch(batch)
            rows += batch.num_rows
    return rows


def stream(
    reader: pa.RecordBatchReader,
    format: str,  # the term of the field
    *,
    guard_formulas: bool = True,
) -> Iterator[bytes]:
    """Record batches as the bytes of a file, piece by piece, for whoever sends them on.

    Args:
        reader: the batches; read as the pieces are asked for.
        format: one of :data:`FORMATS`.
        guard_formulas: as of :func:`export`.

    Raises:
        ValueError: no such format.
    """
    if format not in FORMATS:
        raise ValueError(f"no format {format!r}; there are {', '.join(FORMATS)}")
    pieces = _Pieces()
    with _WRITERS[format](pieces, reader.schema, guard_formulas) as writer:
        for batch in reader:
            writer.write_batch(batch)
            yield pieces.taken()
    yield pieces.taken()


class _Pieces(io.BytesIO):
    """A file to write to whose bytes are taken away; it still knows how many there were."""

    def __init__(self) -> None:
        super().__init__()
        self._gone = 0

    def tell(self) -> int:
        """How much was written in all."""
        return self._gone + super().tell()

    def taken(self) -> bytes:
        """What was written since the last time."""
        piece = self.getvalue()
        self._gone += len(piece)
        self.seek(0)
        self.truncate()
        return piece


class _Ndjson:
    """One JSON object per line: times ISO 8601 with Z, bytes base64."""

    def __init__(self, file: BinaryIO) -> None:
        self.file = file
        self.encoder = msgspec.json.Encoder()

    def write_batch(self, batch: pa.RecordBatch) -> None:
        self.file.write(self.encoder.encode_lines(batch.to_pylist()))


class _Csv:
    """RFC 4180 with header; nested values as JSON, bytes base64."""

    def __init__(self, writer: pa_csv.CSVWriter, schema: pa.Schema, guard: bool) -> None:
        self.writer = writer
        self.schema = schema
        self.guard = guard

    def write_batch(self, batch: pa.RecordBatch) -> None:
        columns = [_cells(column, self.guard) for column in batch.columns]
        self.writer.write_batch(pa.RecordBatch.from_arrays(columns, schema=self.schema))


@contextmanager
def _ndjson(file: BinaryIO, schema: pa.Schema, guard: bool) -> Iterator[Writer]:
    yield _Ndjson(file)


@contextmanager
def _csv(file: BinaryIO, schema: pa.Schema, guard: bool) -> Iterator[Writer]:
    flat = pa.schema([(field.name, _cell_type(field.type)) for field in schema])
    with pa_csv.CSVWriter(file, flat) as writer:
        yield _Csv(writer, flat, guard)


@contextmanager
def _parquet(file: BinaryIO, schema: pa.Schema, guard: bool) -> Iterator[Writer]:
    with pq.ParquetWriter(file, schema, compression="zstd") as writer:
        yield writer


_WRITERS: dict[str, Callable[[BinaryIO, pa.Schema, bool], AbstractContextManager[Writer]]] = {
    "csv": _csv,
    "ndjson": _ndjson,
    "parquet": _parquet,
}


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _cell_type(kind: pa.DataType) -> pa.DataType:
    plain = pa.types.is_primitive(kind) and not pa.types.is_timestamp(kind)
    return kind if plain else pa.string()


def _cells(column: pa.Array, guard: bool) -> pa.Array:
    """One column as CSV shows it."""
    kind = column.type
    if pa.types.is_timestamp(kind):
        return pc.strftime(column, format="%Y-%m-%dT%H:%M:%SZ")
    if not _is_text(kind):
        if _cell_type(kind) == kind:
            return column
        column = pa.array([_json(value) for value in column.to_pylist()], pa.string())
    column = column.cast(pa.string())
    if not guard:
        return column
    return pc.if_else(
        pc.match_substring_regex(column, FORMULA),
        pc.binary_join_element_wise("'", column, ""),
        column,
    )


def _json(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return msgspec.json.encode(value).decode()


@contextmanager
def _whole(path: Path) -> Iterator[BinaryIO]:
    """A file that gets its name when it is whole and on disk."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}.tmp")
    try:
        with temporary.open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
