"""The warehouse: a DuckDB file with its migrations, views and inbox, owned by one process."""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import duckdb
import pyarrow as pa

from warehouse.inbox import inbox_of
from warehouse.loading import LoadReport, load_inbox
from warehouse.sql import VIEWS, migrations, query, views

#: Merges of small row groups at one checkpoint, per table; each takes a second at most.
GATHER = 8


class StoreError(Exception):
    """The warehouse cannot be used; the message says why and what to do."""

    exit_code = 3


class StoreLocked(StoreError):  # noqa: N818
    """Another process owns the warehouse; ``pid`` is its number where known."""

    def __init__(self, message: str, pid: int | None) -> None:
        super().__init__(message)
        self.pid = pid


@dataclass(frozen=True)
class SourceCheck:
    """One file of a run: the reader's counts beside the warehouse's.

    ``items_read`` and ``reader_quarantined`` are the reader's, None until its report arrives;
    ``landed`` is counted in the revisions, ``unchanged`` and ``quarantined`` in the ledger.
    ``complete`` says whether the reader came to the end of the file.
    """

    source_id: str
    file: str | None
    reading: str
    items_read: int | None
    reader_quarantined: int | None
    landed: int
    unchanged: int
    quarantined: int
    batches: int
    complete: bool

    @property
    def adds_up(self) -> bool:
        """Whether items read = landed + unchanged + quarantined."""
        return (
            self.items_read == self.landed + self.unchanged + self.quarantined
            and self.reader_quarantined == self.quarantined
        )


@dataclass(frozen=True)
class RunCheck:
    """The files of a run and whether all their counts add up."""

    run_id: str
    sources: tuple[SourceCheck, ...]

    @property
    def adds_up(self) -> bool:
        """Whether every file adds up (a run without files does)."""
        return all(source.adds_up for source in self.sources)


class Store:
    """An open warehouse. Made by :func:`open_store`; close it, or use it in a ``with``.

    Methods may be called from several threads: writers take turns, and readers see the last
    committed state without waiting for them.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection, path: Path, read_only: bool) -> None:
        self.connection = connection
        self.path = path
        self.inbox = inbox_of(path)
        self.read_only = read_only
        self._turn = threading.RLock()
        self._review = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give the warehouse free."""
        with self._turn:
            self.connection.close()

    @contextmanager
    def _cursor(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A connection of one's own to the open database, for reading."""
        cursor = self.connection.cursor()
        try:
            yield cursor
        finally:
            cursor.close()

    @contextmanager
    def transaction(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A connection of one's own with a transaction begun, for the review queue.

        One at a time, beside readers and beside the loading of the inbox. Committed at the end,
        and taken back whole where something is raised.
        """
        with self._review, self._cursor() as cursor:
            cursor.begin()
            try:
                yield cursor
                cursor.commit()
            except BaseException:
                with suppress(duckdb.Error):  # the failure itself may have ended it
                    cursor.rollback()
                raise

    def load_inbox(
        self,
        *,
        limit: int | None = None,
        on_load: Callable[[LoadReport], None] | None = None,
    ) -> LoadReport:
        """Load what waits in the inbox now; see :func:`warehouse.loading.load_inbox`.

        Raises:
            StoreError: the disk or the database failed; nothing is lost, the files stay.
        """
        with self._turn:
            try:
                return load_inbox(self.connection, self.inbox, limit=limit, on_load=on_load)
            except (duckdb.Error, OSError) as error:
                raise StoreError(
                    f"loading the inbox of {self.path} failed: {_first_line(error)}. What was not "
                    f"loaded still lies in {self.inbox}; run again when the cause is gone"
                ) from error

    def query(self, name: str, **values: object) -> pa.Table:
        """The answer of ``queries/<name>.sql``, its values bound, as an Arrow table."""
        with self._cursor() as cursor:
            return cursor.sql(query(name), params=values or None).to_arrow_table()

    def rows(self, name: str, **values: object) -> list[dict[str, Any]]:
        """The answer of ``queries/<name>.sql`` as dictionaries, for the few rows of a page.

        Not by way of Arrow, which plans every statement twice.
        """
        with self._cursor() as cursor:
            cursor.execute(query(name), values or None)
            names = [column[0] for column in cursor.description or ()]
            return [
                {key: _in_utc(value) for key, value in zip(names, row, strict=True)}
                for row in cursor.fetchall()
            ]

    @contextmanager
    def stream(self, view: str, batch_rows: int = 20_000) -> Iterator[pa.RecordBatchReader]:
        """All rows of a stable view as it stands now, batch by batch, beside other work.

        Raises:
            ValueError: there is no such view.
        """
        if view not in VIEWS:
            raise ValueError(f"no view {view!r}; there are {', '.join(VIEWS)}")
        with self._cursor() as cursor:
            yield cursor.table(view).to_arrow_reader(batch_rows)

    @contextmanager
    def stream_query(
        self, name: str, batch_rows: int = 20_000, **values: object
    ) -> Iterator[pa.RecordBatchReader]:
        """The answer of ``queries/<name>.sql``, its values bound, batch by batch."""
        with self._cursor() as cursor:
            yield cursor.sql(query(name), params=values or None).to_arrow_reader(batch_rows)

    def flagged(  # noqa: PLR0913
        self,
        limit: int = 100,
        *,
        status: str | None = "flagged",
        label: str | None = None,
        target: str | None = None,
        language: str | None = None,
        channel_key: str | None = None,
        run_id: str | None = None,
    ) -> pa.Table:
        """Rows of the view ``flagged``, most probable first; a filter that is None is off."""
        return self.query(
            "flagged",
            limit=limit,
            status=status,
            label=label,
            target=target,
            language=language,
            channel_key=channel_key,
            run_id=run_id,
        )

    def flagged_summary(self) -> pa.Table:
        """Counts per label, target, language and status."""
        return self.query("flagged_summary")

    def totals(self) -> dict[str, int]:
        """Counts of sources, channels, messages, revisions, deleted, flagged and so on."""
        row: dict[str, int] = self.query("totals").to_pylist()[0]
        return row

    def known_source(self, source_id: str, model_version: str, reading: str | None = None) -> bool:
        """Whether every readable item of the file is loaded and scored by this model.

        With ``reading``, whether it was read in just that way (same options, same batches).
        """
        table = self.query(
            "known_source", source_id=source_id, model_version=model_version, reading=reading
        )
        return bool(table.column(0)[0].as_py())

    def known_sources(self, model_version: str, reading: str) -> frozenset[str]:
        """All files of which :meth:`known_source` is true."""
        table = self.query("known_sources", model_version=model_version, reading=reading)
        return frozenset(table["source_id"].to_pylist())

    def unfinished_batches(self, reading: str) -> frozenset[str]:
        """The ids of the batches that are loaded, of files that are not loaded to their end."""
        return frozenset(self.query("unfinished_batches", reading=reading)["batch_id"].to_pylist())

    def known_revisions(
        self, messages: pa.Table | pa.RecordBatch, model_version: str
    ) -> pa.BooleanArray:
        """For each row of MESSAGES: is its revision here, and scored by this model?

        The rows that are may be handed over with a null analysis.
        """
        if isinstance(messages, pa.RecordBatch):
            messages = pa.Table.from_batches([messages])
        columns = ["channel_key", "message_id", "kind", "media_type", "action", "text", "entities"]
        with self._cursor() as cursor:
            cursor.register("arriving", messages.select(columns))
            known = cursor.sql(query("known_revisions"), params={"model_version": model_version})
            return known.to_arrow_table()["known"].combine_chunks()

    def unfinished_run(self, fingerprint: str) -> str | None:
        """The run over the same input, options and model that started and never ended, if any.

        Load the inbox first: the news that it started may still wait there.
        """
        found = self.query("unfinished_run", fingerprint=fingerprint)["run_id"].to_pylist()
        return found[0] if found else None

    def check_run(self, run_id: str) -> RunCheck:
        """Whether what the run's readers read is what arrived, file by file."""
        rows: Sequence[dict[str, object]] = self.query("check_run", run_id=run_id).to_pylist()
        return RunCheck(run_id, tuple(SourceCheck(**row) for row in rows))  # type: ignore[arg-type]

    def checkpoint(self) -> None:
        """Write everything from the log into the file; do it when nobody waits.

        What many small loads have scattered is gathered, some of it each time.
        """
        with self._turn:
            scattered = self.connection.execute(query("scattered")).fetchone()
            if scattered and scattered[0]:
                self.connection.execute("SET max_vacuum_tasks = $tasks", {"tasks": GATHER})
            self.connection.execute("CHECKPOINT")
            self.connection.execute("SET max_vacuum_tasks = 0")


def open_store(
    path: Path,
    *,
    read_only: bool = False,
    memory_limit: str | None = None,
    threads: int | None = None,
) -> Store:
    """Open a warehouse; make it, or bring it to the present schema, unless ``read_only``.

    Args:
        path: the DuckDB file; its folder must exist.
        read_only: several processes may read at once, but none while another one writes.
        memory_limit: such as ``"4GB"``; DuckDB's own default is 80 % of the machine's.
        threads: at most so many; by default one per core.

    Raises:
        StoreLocked: another process has it open.
        StoreError: it is no warehouse, may not be read or written, or is of a newer version.
    """
    path = Path(path).absolute()
    if read_only and not path.is_file():
        raise StoreError(f"there is no warehouse at {path}; `channelwatch run` makes one")
    if not path.parent.is_dir():
        raise StoreError(f"the folder {path.parent} does not exist; make it first")
    config: dict[str, str | bool | int | float | list[str]] = {
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
        "python_enable_replacements": False,
        # Inbox files are read once: caching them would only grow the memory.
        "enable_external_file_cache": False,
    }
    if memory_limit is not None:
        config["memory_limit"] = memory_limit
    if threads is not None:
        config["threads"] = threads
    try:
        connection = duckdb.connect(str(path), read_only=read_only, config=config)
    except (duckdb.Error, OSError) as error:
        raise _explain(path, error) from error
    try:
        _settle_in(connection, path)
        if read_only:
            _require_present(connection, path)
        else:
            _migrate(connection, path)
    except BaseException:
        connection.close()
        raise
    return Store(connection, path, read_only)


def _settle_in(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    """Session settings: UTC, and no files but the database's own and the inbox's."""
    connection.execute("SET GLOBAL TimeZone = 'UTC'")
    locked = connection.execute("SELECT NOT current_setting('enable_external_access')").fetchone()
    if locked and locked[0]:  # a second connection of this process: the settings are shared
        return
    # Few checkpoints: with the default of 16 MB every transaction pays for one. Yet until the next
    # one, what is less than a row group stays in memory.
    connection.execute("SET checkpoint_threshold = '64MB'")
    # By default every checkpoint merges row groups that are not full, and a long run writes most of
    # its file several times over; Store.checkpoint merges when it is worth it.
    connection.execute("SET max_vacuum_tasks = 0")
    connection.execute("SET allowed_directories = $folders", {"folders": [str(inbox_of(path))]})
    connection.execute("SET enable_external_access = false")


def _applied(connection: duckdb.DuckDBPyConnection, path: Path) -> set[int]:
    """The versions that the file has; empty for a new one."""
    row = connection.execute(query("ledger_exists")).fetchone()
    ours, tables = row or (0, 0)
    if not ours and tables:
        raise StoreError(
            f"{path} is a DuckDB database of something else ({tables} tables, none of them ours); "
            "give another path with --warehouse"
        )
    if not ours:
        return set()
    applied = {version for (version,) in connection.execute(query("applied_migrations")).fetchall()}
    newest = max((step.version for step in migrations()), default=0)
    if max(applied, default=0) > newest:
        raise StoreError(
            f"{path} has schema version {max(applied)}, this channelwatch knows up to {newest}; "
            "use the newer channelwatch that wrote it"
        )
    return applied


def _require_present(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    """A reader cannot migrate: say so when it would have to."""
    applied = _applied(connection, path)
    behind = [step.version for step in migrations() if step.version not in applied]
    if behind:
        raise StoreError(
            f"{path} has an older schema (version {max(applied, default=0)}); "
            "open it once for writing, for instance with `channelwatch check`"
        )


def _migrate(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    """Apply what is missing, each step in a transaction, and put the views in place."""
    applied = _applied(connection, path)
    try:
        connection.execute(query("create_migrations"))
        for step in migrations():
            if step.version in applied:
                continue
            connection.begin()
            connection.execute(step.sql)
            connection.execute(
                query("record_migration"), {"version": step.version, "name": step.name}
            )
            connection.commit()
        digest = hashlib.sha256(views().encode()).hexdigest()
        if connection.execute(query("views_digest")).fetchall() != [(digest,)]:
            connection.begin()
            connection.execute(views())
            connection.execute(query("record_views"), {"digest": digest})
            connection.commit()
    except duckdb.Error as error:
        raise StoreError(f"{path} could not be brought up to date: {_first_line(error)}") from error


def _explain(path: Path, error: Exception) -> StoreError:
    """DuckDB's error on opening, in words that say what to do."""
    text = str(error)
    if "lock on file" in text:
        found = re.search(r"PID (\d+)", text)
        pid = int(found[1]) if found else None
        owner = f"process {pid}" if pid else "another process"
        return StoreLocked(
            f"{path} is open in {owner} (a run, `channelwatch serve` or `console`). Rows can be "
            "handed to it through the inbox; to open the file here, stop that process first",
            pid,
        )
    if "not a valid DuckDB database" in text:
        return StoreError(f"{path} is not a DuckDB database; give another path with --warehouse")
    if "different configuration" in text:
        return StoreError(f"{path} is already open in this process with other settings; close it")
    if "Permission denied" in text or "Read-only file system" in text:
        return StoreError(f"no permission to open {path}; check its owner and its folder's")
    return StoreError(f"{path} cannot be opened: {_first_line(error)}")


def _in_utc(value: object) -> object:
    """A time with the standard library's UTC, all else as it is."""
    return value.replace(tzinfo=UTC) if type(value) is datetime and value.tzinfo else value


def _first_line(error: Exception) -> str:
    return str(error).strip().split("\n", 1)[0]
