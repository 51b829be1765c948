"""Batches on their way from a file of the inbox into a transaction."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from warehouse.inbox import Packed


class Arriving(NamedTuple):
    """A batch whose rows begin at ``first_row`` of its file; ``arriving.sql`` is told the rest."""

    batch_id: str
    first_row: int
    rows: int
    sequence: int
    described: dict[str, Any]


def arriving(kind: str, batches: Sequence[Packed]) -> list[Arriving]:
    """The batches of a file, in the order of their rows.

    Raises:
        ValueError: a number in the metadata is none.
    """
    found: list[Arriving] = []
    first = 0
    for batch in batches:
        described = _describe(kind, batch.batch_id, batch.metadata)
        sequence = described["sequence"]
        found.append(Arriving(batch.batch_id, first, batch.rows, sequence, described))
        first += batch.rows
    return found


def _describe(kind: str, batch_id: str, metadata: Mapping[str, str]) -> dict[str, Any]:
    described: dict[str, Any] = {
        "kind": kind,
        "batch_id": batch_id,
        "run_id": metadata["run_id"],
        "source_id": metadata.get("source_id"),
        "reading": metadata.get("reading"),
        "sequence": int(metadata.get("sequence", 0)),
    }
    if kind == "run":
        names = ("run_id", "state", "time", "fingerprint", "parameters", "counts")
        described["run"] = {name: metadata.get(name) for name in names}
    if kind == "source":
        told = ("path", "format", "compression", "model_version", "warnings")
        described["source"] = {name: metadata.get(name) for name in told} | {
            "bytes": int(metadata["size"]) if "size" in metadata else None,
            "items_read": int(metadata["items_read"]),
            "quarantined": int(metadata["quarantined"]),
            "complete": metadata["complete"] == "true",
            "unknown_fields": json.loads(metadata["unknown_fields"]),
        }
    return described


def with_numbers(
    table: pa.Table, batches: Sequence[Arriving], numbers: Mapping[str, tuple[int, int]]
) -> pa.Table:
    """The rows of a file's new batches, with the numbers that the SQL goes by.

    ``batch_no`` and ``source_no`` come from ``numbers``, by batch id. ``row_no`` sorts rows by
    batch and place, ``ordinal`` by their place in the source, whatever file brought them.
    """
    if sum(batch.rows for batch in batches) < table.num_rows:  # some of them are loaded
        table = pa.concat_tables(table.slice(batch.first_row, batch.rows) for batch in batches)
    rows = [batch.rows for batch in batches]

    def spread(values: Sequence[int]) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        return np.repeat(np.array(values, np.int64), rows)

    batch_no = spread([numbers[batch.batch_id][0] for batch in batches])
    source_no = spread([numbers[batch.batch_id][1] for batch in batches])
    place = np.arange(table.num_rows) - spread(list(np.cumsum([0, *rows[:-1]])))
    columns = {
        "batch_no": batch_no.astype(np.int32),
        "source_no": source_no.astype(np.int32),
        "row_no": (batch_no << 20) + place,
        "ordinal": (spread([batch.sequence for batch in batches]) << 20) + place,
    }
    for name, values in columns.items():
        table = table.append_column(name, pa.array(values))
    return table
