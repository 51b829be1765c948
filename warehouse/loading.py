"""From the inbox into the warehouse: one transaction per file, with its entry in the ledger.

Killed before the commit, a file is loaded by the next owner; killed after it, the next owner finds
its batch in the ledger and drops the file. What cannot be loaded is moved aside and named.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from warehouse import inbox as inboxes
from warehouse.inbox import Pending
from warehouse.sql import query

#: Errors that the rows of a file cause, and not the disk, the memory or the database.
FAULTS_OF_THE_FILE = (
    duckdb.DataError,
    duckdb.IntegrityError,
    duckdb.InvalidInputException,
    ValueError,
)


@dataclass(frozen=True)
class Rejection:
    """A file that could not be loaded: where it lies now, and why."""

    path: Path
    reason: str


@dataclass(frozen=True)
class LoadReport:
    """What one call of :func:`load_inbox` did; all counts are rows but for the first two.

    ``landed`` revisions are new, ``unchanged`` ones were there; ``files`` were loaded,
    ``duplicates`` dropped because the ledger had their batch.
    """

    files: int = 0
    duplicates: int = 0
    rows: int = 0
    landed: int = 0
    unchanged: int = 0
    quarantined: int = 0
    analysed: int = 0
    rejected: tuple[Rejection, ...] = field(default=())

    def __add__(self, other: LoadReport) -> LoadReport:
        return LoadReport(
            self.files + other.files,
            self.duplicates + other.duplicates,
            self.rows + other.rows,
            self.landed + other.landed,
            self.unchanged + other.unchanged,
            self.quarantined + other.quarantined,
            self.analysed + other.analysed,
            self.rejected + other.rejected,
        )


def load_inbox(
    connection: duckdb.DuckDBPyConnection,
    inbox: Path,
    *,
    limit: int | None = None,
    on_file: Callable[[LoadReport], None] | None = None,
) -> LoadReport:
    """Load what waits in the inbox now, in order, and delete it.

    Args:
        connection: to the open, migrated warehouse, for writing, with no transaction begun.
        inbox: the folder; it may be missing.
        limit: at most so many files, so that an owner with other work can take turns.
        on_file: called after each file with its own report, for progress.

    Raises:
        duckdb.Error: the database or the disk failed; the file stays for the next try.
    """
    inboxes.sweep(inbox)
    waiting, strangers = inboxes.pending(inbox)
    total = LoadReport()
    for path in strangers:
        total += _rejected(path, "not a name that channelwatch gives: nothing is known of it")
    for entry in waiting[:limit]:
        try:
            report = load_file(connection, entry)
        except FAULTS_OF_THE_FILE as error:
            report = _rejected(entry.path, str(error))
        total += report
        if on_file is not None:
            on_file(report)
    return total


def load_file(connection: duckdb.DuckDBPyConnection, entry: Pending) -> LoadReport:
    """Load one file in one transaction and delete it; drop it where the ledger has its batch.

    Raises:
        ValueError: the file is damaged or not what its kind must be.
        duckdb.Error: its rows do not fit, or the database or the disk failed.
    """
    metadata = inboxes.examine(entry)
    known = connection.execute(query("in_ledger"), {"batch_id": entry.batch_id}).fetchone()
    if known and known[0]:
        entry.path.unlink(missing_ok=True)
        return LoadReport(duplicates=1)
    connection.begin()
    try:
        counts = _load(connection, entry, metadata)
        connection.commit()
    except BaseException:
        _roll_back(connection)
        raise
    entry.path.unlink(missing_ok=True)
    return LoadReport(1, 0, *counts)


def _load(
    connection: duckdb.DuckDBPyConnection, entry: Pending, metadata: dict[str, str]
) -> tuple[int, int, int, int, int]:
    """The work of one transaction; rows, landed, unchanged, quarantined, analysed."""
    run_id, source_id = metadata["run_id"], metadata.get("source_id")
    connection.execute(query("register_run"), {"run_id": run_id})
    if source_id is not None:
        connection.execute(query("register_source"), {"run_id": run_id, "source_id": source_id})
    connection.execute(
        query("begin_batch"),
        {
            "batch_id": entry.batch_id,
            "kind": entry.kind,
            "run_id": run_id,
            "source_id": source_id,
            "reading": metadata.get("reading"),
            "sequence": int(metadata.get("sequence", 0)),
        },
    )
    _KINDS[entry.kind](connection, entry.path, metadata)
    counts = connection.execute(query("record_batch")).fetchone()
    assert counts is not None, "the ledger takes one row per batch"
    if source_id is not None:
        connection.execute(query("settle"))
        _stand(connection)
    rows, landed, unchanged, quarantined, analysed = counts
    return rows, landed, unchanged, quarantined, analysed


def _load_messages(
    connection: duckdb.DuckDBPyConnection, path: Path, metadata: dict[str, str]
) -> None:
    connection.execute(query("stage_messages"), {"path": str(path)})
    connection.execute(query("load_messages"))
    _stand(connection)


def _load_quarantine(
    connection: duckdb.DuckDBPyConnection, path: Path, metadata: dict[str, str]
) -> None:
    connection.execute(query("stage_table"), {"path": str(path)})
    connection.execute(query("load_quarantine"))


def _load_source(
    connection: duckdb.DuckDBPyConnection, path: Path, metadata: dict[str, str]
) -> None:
    unknown: dict[str, int] = json.loads(metadata["unknown_fields"])
    connection.execute(
        query("describe_source"),
        {name: metadata.get(name) for name in ("source_id", "path", "format", "compression")}
        | {"bytes": metadata.get("size")},
    )
    connection.execute(
        query("record_reading"),
        {
            name: metadata[name]
            for name in ("model_version", "items_read", "quarantined", "complete", "warnings")
        },
    )
    connection.execute(
        query("record_unknown_fields"),
        {"fields": list(unknown.keys()), "items": list(unknown.values())},
    )
    connection.execute(query("stage_table"), {"path": str(path)})
    connection.execute(query("load_source"))


def _load_run(connection: duckdb.DuckDBPyConnection, path: Path, metadata: dict[str, str]) -> None:
    names = ("run_id", "state", "time", "fingerprint", "parameters", "counts")
    connection.execute(query("load_run"), {name: metadata.get(name) for name in names})
    connection.execute(query("no_rows"))


_KINDS = {
    "messages": _load_messages,
    "quarantine": _load_quarantine,
    "source": _load_source,
    "run": _load_run,
}


def _stand(connection: duckdb.DuckDBPyConnection) -> None:
    """Work out the standing of the messages in ``affected``, mostly none."""
    count = connection.execute(query("count_affected")).fetchone()
    if count and count[0]:
        connection.execute(query("stand"))


def _roll_back(connection: duckdb.DuckDBPyConnection) -> None:
    with suppress(duckdb.Error):  # the failure itself may have ended the transaction
        connection.rollback()


def _rejected(path: Path, reason: str) -> LoadReport:
    return LoadReport(rejected=(Rejection(inboxes.reject(path, reason), reason),))
