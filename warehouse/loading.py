"""From the inbox into the warehouse: rows and ledger entry in one transaction, then the file goes.

Killed before the commit, a file is loaded by the next owner; killed after it, the next owner finds
its batch in the ledger and drops the file. What cannot be loaded is moved aside and named.

Many files share a transaction, because DuckDB writes whole row groups (122,880 rows) straight to
its file, and what is less first to its log and then again.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence, Set
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import duckdb
import pyarrow as pa

from warehouse import inbox as inboxes
from warehouse.arriving import Arriving, arriving, with_numbers
from warehouse.encryption import Encryption
from warehouse.inbox import Pending
from warehouse.sql import query

#: Errors that the rows of a file cause, and not the disk, the memory or the database.
FAULTS_OF_THE_FILE = (
    duckdb.DataError,
    duckdb.IntegrityError,
    duckdb.InvalidInputException,
    ValueError,
)

#: What shares one transaction at most: bytes of files, some 300,000 ordinary messages, and files.
GROUP_BYTES = 64 << 20
GROUP_FILES = 512

#: The name under which the SQL finds the rows of each kind.
RELATIONS = {
    "messages": "arrived",
    "source": "reported",
    "quarantine": "unread",
    "benchmark": "measured",
    "analysis": "rescored",
    "shadow": "shadowed",
}
#: The kinds that may name authors.
WITH_AUTHORS = ("messages", "quarantine")
#: The kinds whose rows show that a channel stands in a file.
PRESENTING = ("messages", "source")


@dataclass(frozen=True)
class Rejection:
    """A file that could not be loaded: where it lies now, and why."""

    path: Path
    reason: str


@dataclass(frozen=True)
class LoadReport:
    """What one call of :func:`load_inbox` did; all counts are rows but for the first two.

    ``landed`` revisions are new, ``unchanged`` ones were there; ``files`` of the inbox were loaded,
    ``duplicates`` are batches that were dropped because the ledger had them.
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
    encryption: Encryption | None = None,
) -> LoadReport:
    """Load what waits in the inbox now, in order, and delete it.

    Args:
        connection: to the open, migrated warehouse, for writing, with no transaction begun.
        inbox: the folder; it may be missing.
        limit: at most so many files, so that an owner with other work can take turns.
        on_load: called after each transaction with its own report, for progress.
        encryption: of the warehouse, where it is encrypted: then plain files are refused.

    Raises:
        duckdb.Error: the database or the disk failed; the file stays for the next try.
    """
    inboxes.sweep(inbox)
    waiting, strangers = inboxes.pending(inbox)
    total = LoadReport()
    for path in strangers:
        total += _rejected(path, "not a name that channelwatch gives: nothing is known of it")
    for group in _groups(waiting[:limit]):
        report = _load_group(connection, group, encryption)
        total += report
        if on_load is not None:
            on_load(report)
    return total


def _groups(waiting: Sequence[Pending]) -> Iterator[list[Pending]]:
    """Neighbours together, within bounds."""
    group: list[Pending] = []
    size = 0
    for entry in waiting:
        bytes_ = entry.path.stat().st_size
        if group and (len(group) == GROUP_FILES or size + bytes_ > GROUP_BYTES):
            yield group
            group, size = [], 0
        group.append(entry)
        size += bytes_
    if group:
        yield group


class _File(NamedTuple):
    """An inbox file that was examined, and its batches that are not loaded yet."""

    entry: Pending
    batches: list[Arriving]


def _load_group(
    connection: duckdb.DuckDBPyConnection,
    group: Sequence[Pending],
    encryption: Encryption | None,
) -> LoadReport:
    """Load files in one transaction; where one of them is at fault, each in its own."""
    report = LoadReport()
    files: list[_File] = []
    authors: str | None = ""  # the mark that the warehouse is known to have; none yet
    for entry in group:
        try:
            batches = inboxes.examine(entry, encryption)
            marks = {batch.metadata.get("authors") for batch in batches}
            if entry.kind in WITH_AUTHORS and marks - {authors}:
                authors = check_authors(connection, marks)
            files.append(_File(entry, arriving(entry.kind, batches)))
        except (ValueError, KeyError) as error:
            report += _rejected(entry.path, str(error))
    seen = _in_ledger(connection, files)
    for file in files:
        new = [batch for batch in file.batches if batch.batch_id not in seen]
        seen |= {batch.batch_id for batch in new}
        report += LoadReport(duplicates=len(file.batches) - len(new))
        file.batches[:] = new
        if not new:
            file.entry.path.unlink(missing_ok=True)
    files = [file for file in files if file.batches]
    if not files:
        return report
    try:
        return report + _load_together(connection, files, encryption)
    except FAULTS_OF_THE_FILE as error:
        if len(files) == 1:
            return report + _rejected(files[0].entry.path, str(error))
    for file in files:
        report += _load_group(connection, [file.entry], encryption)
    return report


def check_authors(connection: duckdb.DuckDBPyConnection, arriving: Set[str | None]) -> str | None:
    """See that authors are named by one key from the first message on; the mark of that key.

    The first one's is kept.

    Raises:
        ValueError: they are named by another key, or by none where the warehouse has one.
    """
    told: str | None
    told, used = connection.execute(query("author_key")).fetchall()[0]
    for mark in arriving:
        if mark == told:
            continue
        if told is not None and mark is None:
            raise ValueError("its authors stand as they are; this warehouse names them by a key")
        if told is not None:
            raise ValueError("its authors are named by another key than the warehouse's")
        if used:
            raise ValueError(
                "its authors are named by a key, those in the warehouse stand as they are: begin a "
                "new warehouse with the key"
            )
        connection.execute(query("keep_author_key"), {"fingerprint": mark})
        told = mark
    return told


def _in_ledger(connection: duckdb.DuckDBPyConnection, files: Sequence[_File]) -> set[str]:
    """Those of the files' batches that are loaded."""
    ids = [batch.batch_id for file in files for batch in file.batches]
    found = connection.execute(query("loaded_batches"), {"batch_ids": ids}).fetchall()
    return {batch_id for (batch_id,) in found}


def _load_together(
    connection: duckdb.DuckDBPyConnection, files: Sequence[_File], encryption: Encryption | None
) -> LoadReport:
    """One transaction with the rows and the ledger entries of all files; then delete them."""
    connection.begin()
    try:
        counts = _load(connection, files, encryption)
        connection.commit()
    except BaseException:
        with suppress(duckdb.Error):  # the failure itself may have ended the transaction
            connection.rollback()
        raise
    for file in files:
        file.entry.path.unlink(missing_ok=True)
    return LoadReport(len(files), 0, *counts)


def _load(
    connection: duckdb.DuckDBPyConnection, files: Sequence[_File], encryption: Encryption | None
) -> tuple[int, int, int, int, int]:
    """The work of one transaction; rows, landed, unchanged, quarantined, analysed."""
    batches = [batch for file in files for batch in file.batches]
    entries = [batch.described | {"place": place} for place, batch in enumerate(batches)]
    connection.execute(query("arriving"), {"entries": json.dumps(entries)})
    connection.execute(query("begin_batches"))
    numbers = connection.execute(query("batch_numbers")).fetchall()
    numbered = {batch.batch_id: pair for batch, pair in zip(batches, numbers, strict=True)}
    present = {file.entry.kind for file in files}
    kinds = [kind for kind in RELATIONS if kind in present]
    with ExitStack() as registered:
        for kind in kinds:
            table = pa.concat_tables(
                with_numbers(inboxes.rows_of(file.entry, encryption), file.batches, numbered)
                for file in files
                if file.entry.kind == kind
            )
            connection.register(RELATIONS[kind], table)
            registered.callback(_forget, connection, RELATIONS[kind])
        for kind in kinds:
            if kind in PRESENTING:
                connection.execute(query(f"present_{kind}"))
        connection.execute(query("begin_snapshots"))
        for kind in kinds:
            connection.execute(query(f"load_{kind}"))
    for batch in batches:
        if "run" in batch.described:
            connection.execute(query("load_run"), batch.described["run"])
    counts = connection.execute(query("record_batches")).fetchall()
    assert len(counts) == len(batches), "the ledger takes one row per batch"
    connection.execute(query("settle"))
    affected = connection.execute(query("count_affected")).fetchone()
    if affected and affected[0]:
        connection.execute(query("stand"))
    rows, landed, unchanged, quarantined, analysed = map(sum, zip(*counts, strict=True))
    return rows, landed, unchanged, quarantined, analysed


def _forget(connection: duckdb.DuckDBPyConnection, relation: str) -> None:
    with suppress(duckdb.Error):  # where the transaction has failed, it is forgotten
        connection.unregister(relation)


def _rejected(path: Path, reason: str) -> LoadReport:
    return LoadReport(rejected=(Rejection(inboxes.reject(path, reason), reason),))
