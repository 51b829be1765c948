"""From the inbox into the warehouse: rows and ledger entry in one transaction, then the file goes.

Killed before the commit, a file is loaded by the next owner; killed after it, the next owner finds
its batch in the ledger and drops the file. What cannot be loaded is moved aside and named.

Neighbouring batches of messages share a transaction: one of 160,000 rows costs a third of eight of
20,000, because DuckDB writes whole row groups straight to the file and small ones to the log first.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
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

#: Batches of messages that share one transaction, and the bytes of their files.
GROUP_FILES = 8
GROUP_BYTES = 64 << 20


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
    on_load: Callable[[LoadReport], None] | None = None,
) -> LoadReport:
    """Load what waits in the inbox now, in order, and delete it.

    Args:
        connection: to the open, migrated warehouse, for writing, with no transaction begun.
        inbox: the folder; it may be missing.
        limit: at most so many files, so that an owner with other work can take turns.
        on_load: called after each transaction with its own report, for progress.

    Raises:
        duckdb.Error: the database or the disk failed; the file stays for the next try.
    """
    inboxes.sweep(inbox)
    waiting, strangers = inboxes.pending(inbox)
    total = LoadReport()
    for path in strangers:
        total += _rejected(path, "not a name that channelwatch gives: nothing is known of it")
    for group in _groups(waiting[:limit]):
        report = _load_group(connection, group)
        total += report
        if on_load is not None:
            on_load(report)
    return total


def _groups(waiting: Sequence[Pending]) -> Iterator[list[Pending]]:
    """Neighbours of kind messages together, within bounds; any other file by itself."""
    group: list[Pending] = []
    size = 0
    for entry in waiting:
        alone = entry.kind != "messages"
        size += entry.path.stat().st_size
        if group and (alone or len(group) == GROUP_FILES or size > GROUP_BYTES):
            yield group
            group, size = [], entry.path.stat().st_size
        group.append(entry)
        if alone:
            yield group
            group, size = [], 0
    if group:
        yield group


def _load_group(connection: duckdb.DuckDBPyConnection, group: Sequence[Pending]) -> LoadReport:
    """Load files in one transaction; where one of them is at fault, each in its own."""
    report = LoadReport()
    fresh: list[tuple[Pending, dict[str, str]]] = []
    for entry in group:
        try:
            metadata = inboxes.examine(entry)
        except ValueError as error:
            report += _rejected(entry.path, str(error))
            continue
        known = connection.execute(query("in_ledger"), {"batch_id": entry.batch_id}).fetchone()
        if (known and known[0]) or entry.batch_id in {other.batch_id for other, _ in fresh}:
            report += LoadReport(duplicates=1)
            entry.path.unlink(missing_ok=True)
        else:
            fresh.append((entry, metadata))
    if not fresh:
        return report
    try:
        return report + _load_together(connection, fresh)
    except FAULTS_OF_THE_FILE as error:
        if len(fresh) == 1:
            return report + _rejected(fresh[0][0].path, str(error))
    for entry, _ in fresh:
        report += _load_group(connection, [entry])
    return report


def _load_together(
    connection: duckdb.DuckDBPyConnection, files: Sequence[tuple[Pending, dict[str, str]]]
) -> LoadReport:
    """One transaction with the rows and the ledger entries of all files; then delete them."""
    connection.begin()
    try:
        counts = _load(connection, files)
        connection.commit()
    except BaseException:
        with suppress(duckdb.Error):  # the failure itself may have ended the transaction
            connection.rollback()
        raise
    for entry, _ in files:
        entry.path.unlink(missing_ok=True)
    return LoadReport(len(files), 0, *counts)


def _load(
    connection: duckdb.DuckDBPyConnection, files: Sequence[tuple[Pending, dict[str, str]]]
) -> tuple[int, int, int, int, int]:
    """The work of one transaction; rows, landed, unchanged, quarantined, analysed."""
    connection.execute(query("begin_batches"))
    for entry, metadata in files:
        run_id, source_id = metadata["run_id"], metadata.get("source_id")
        connection.execute(query("register_run"), {"run_id": run_id})
        if source_id is not None:
            connection.execute(query("register_source"), {"run_id": run_id, "source_id": source_id})
        connection.execute(
            query("begin_batch"),
            {
                "run_id": run_id,
                "source_id": source_id,
                "batch_id": entry.batch_id,
                "kind": entry.kind,
                "reading": metadata.get("reading"),
                "sequence": int(metadata.get("sequence", 0)),
                "path": str(entry.path),
            },
        )
    entry, metadata = files[0]
    if entry.kind == "messages":
        _load_messages(connection, [str(entry.path) for entry, _ in files])
    else:
        _ALONE[entry.kind](connection, entry.path, metadata)
    counts = connection.execute(query("record_batches")).fetchall()
    assert len(counts) == len(files), "the ledger takes one row per batch"
    if entry.kind != "run":
        connection.execute(query("settle"))
        _stand(connection)
    rows, landed, unchanged, quarantined, analysed = map(sum, zip(*counts, strict=True))
    return rows, landed, unchanged, quarantined, analysed


def _load_messages(connection: duckdb.DuckDBPyConnection, paths: list[str]) -> None:
    connection.execute(query("stage_messages"), {"paths": paths})
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


_ALONE = {
    "quarantine": _load_quarantine,
    "source": _load_source,
    "run": _load_run,
}


def _stand(connection: duckdb.DuckDBPyConnection) -> None:
    """Work out the standing of the messages in ``affected``, mostly none."""
    count = connection.execute(query("count_affected")).fetchone()
    if count and count[0]:
        connection.execute(query("stand"))


def _rejected(path: Path, reason: str) -> LoadReport:
    return LoadReport(rejected=(Rejection(inboxes.reject(path, reason), reason),))
