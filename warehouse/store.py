"""The warehouse: a DuckDB file with its migrations, views and inbox, owned by one process."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import duckdb
import pyarrow as pa

from warehouse.checks import RunCheck, SourceCheck
from warehouse.encryption import Encryption, from_environment
from warehouse.inbox import inbox_of
from warehouse.loading import LoadReport, load_inbox
from warehouse.memory import let_go, limit_of
from warehouse.opening import StoreError, StoreLocked, connect, first_line
from warehouse.recent import Recent
from warehouse.sql import VIEWS, parsed, query
from warehouse.turns import Shared, Turns

__all__ = ["RunCheck", "SourceCheck", "Store", "StoreError", "StoreLocked", "open_store"]

T = TypeVar("T")

#: Merges of small row groups at one checkpoint, per table, each a second at most: when nobody
#: waits, and else.
GATHER, GATHER_BUSY = 8, 1

#: Checkpoints after which DuckDB lets go of what it keeps in memory.
LET_GO = 3
#: Seconds that is waited for a moment at which nobody reads.
MOMENT = 1.0
#: Seconds that a change of the file waits for readers to end.
PATIENCE = 60.0


class Store:
    """An open warehouse. Made by :func:`open_store`; close it, or use it in a ``with``.

    Methods may be called from several threads: writers take turns, and readers see the last
    committed state without waiting for them.
    """

    def __init__(
        self,
        connect: Callable[[], duckdb.DuckDBPyConnection],
        path: Path,
        read_only: bool,
        encryption: Encryption | None = None,
    ) -> None:
        self._connect = connect
        self.connection = connect()
        self.path = path
        self.inbox = inbox_of(path)
        self.read_only = read_only
        self.encryption = encryption
        self._turn = threading.RLock()
        self._review, self._deciding = Turns(), Shared()
        self._checkpoints, self._limit = 0, limit_of(self.connection)
        self._cursors, self._free = 0, threading.Condition()
        self._helper = ThreadPoolExecutor(1, "beside")
        self._beside: dict[str, Future[Any]] = {}
        self._recent: Recent[tuple[str, object], list[dict[str, Any]]] = Recent()

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
        """Give the warehouse free, when what is done beside it has come to its end."""
        self._helper.shutdown()
        with self._turn:
            self.connection.close()

    def beside(self, name: str, work: Callable[[], T]) -> Future[T]:
        """Begin something that takes long, beside loading and deciding, unless it goes on already.

        Who asks again under the same name once it has ended gets that end, and it is forgotten.
        """
        with self._free:
            future = self._beside.get(name)
            if future is None:
                future = self._beside[name] = self._helper.submit(work)
            elif future.done():
                del self._beside[name]
        return future

    @contextmanager
    def _cursor(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A connection of one's own to the open database, for reading."""
        with self._free:
            self._cursors += 1
            cursor = self.connection.cursor()
        try:
            if self.encryption is not None:
                cursor.execute(query("use"))
            yield cursor
        finally:
            cursor.close()
            with self._free:
                self._cursors -= 1
                self._free.notify_all()

    @contextmanager
    def closed(self) -> Iterator[None]:
        """The database closed for a moment, with nobody in it, to put another file in its place.

        Whoever wants to read or write waits meanwhile. To be called by who holds :meth:`alone`.

        Raises:
            StoreError: somebody reads without an end; nothing was closed.
        """
        with self._free:
            if not self._free.wait_for(lambda: self._cursors == 0, PATIENCE):
                raise StoreError(f"somebody has read {self.path} for {PATIENCE:.0f} s; try later")
            self.connection.close()
            try:
                yield
            finally:
                self.connection = self._connect()
                self._recent.forget()

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Nobody else writes: nothing is loaded, folded or decided meanwhile."""
        with self._turn, self._review, self._deciding.alone():
            yield

    @contextmanager
    def transaction(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A connection of one's own with a transaction begun, for the review queue.

        One at a time, beside readers, the loading of the inbox and who decides. Committed at the
        end, and taken back whole where something is raised.
        """
        with self._review, self._begun() as cursor:
            yield cursor

    @contextmanager
    def deciding(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """As :meth:`transaction`, for decisions: beside those, and beside each other.

        So who decides waits neither for folding nor for who decides something else; where two
        change one item, the later of them is refused (:class:`duckdb.TransactionException`).
        """
        with self._deciding.together(), self._begun() as cursor:
            yield cursor

    @contextmanager
    def deciding_alone(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """As :meth:`deciding`, and nothing else is decided or folded: nothing can be refused."""
        with self._review, self._deciding.alone(), self._begun() as cursor:
            yield cursor

    @contextmanager
    def transaction_alone(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """As :meth:`transaction`, and nothing is loaded or decided meanwhile: keep it short."""
        with self.alone(), self._begun() as cursor:
            yield cursor

    @contextmanager
    def reading(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A connection of one's own beside all others, never to be written to this database by."""
        with self._cursor() as cursor:
            yield cursor

    @contextmanager
    def _begun(self) -> Iterator[duckdb.DuckDBPyConnection]:
        with self._cursor() as cursor:
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
                return load_inbox(
                    self.connection,
                    self.inbox,
                    limit=limit,
                    on_load=on_load,
                    encryption=self.encryption,
                )
            except (duckdb.Error, OSError) as error:
                raise StoreError(
                    f"loading the inbox of {self.path} failed: {first_line(error)}. What was not "
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
            cursor.execute(parsed(name), values or None)
            names = [column[0] for column in cursor.description or ()]
            return [
                {key: _in_utc(value) for key, value in zip(names, row, strict=True)}
                for row in cursor.fetchall()
            ]

    def recent_rows(self, name: str, **values: object) -> list[dict[str, Any]]:
        """As :meth:`rows`, some seconds old at most: for names and what else hardly changes."""
        return self._recent.get(
            (name, tuple(sorted(values.items()))), lambda: self.rows(name, **values)
        )

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

    def checkpoint(self, *, busy: bool = False) -> bool:
        """Write everything from the log into the file; who decides waits meanwhile.

        What many small loads have scattered is gathered, some of it each time, less of it where
        the warehouse is ``busy``: scattered rows take up memory and disk many times over.

        Returns:
            Whether it was done: not while a copy is made or a decision written. The next one does.
        """
        with self._turn:
            scattered = self.connection.execute(query("scattered")).fetchone()
            if scattered and scattered[0]:
                tasks = GATHER_BUSY if busy else GATHER
                self.connection.execute("SET max_vacuum_tasks = $tasks", {"tasks": tasks})
            try:
                self.connection.execute("CHECKPOINT")
            except duckdb.TransactionException:
                return False
            finally:
                self.connection.execute("SET max_vacuum_tasks = 0")
            self._checkpoints += 1
            if self._checkpoints % LET_GO == 0:
                self._let_go()
            return True

    def _let_go(self) -> None:
        """Have DuckDB let go of what it keeps, at a moment when nobody reads; else the next time.

        To be called by whose turn it is.
        """
        with self._free:
            if self._free.wait_for(lambda: self._cursors == 0, MOMENT):
                # What loading has noted in temporary tables (numbers, no text) goes to a file, for
                # which there may be no room: then the next time.
                with suppress(duckdb.Error):
                    let_go(self.connection, self._limit)


def open_store(
    path: Path,
    *,
    read_only: bool = False,
    memory_limit: str | None = None,
    threads: int | None = None,
    encryption: Encryption | None = None,
) -> Store:
    """Open a warehouse; make it, or bring it to the present schema, unless ``read_only``.

    Args:
        path: the DuckDB file; its folder must exist.
        read_only: several processes may read at once, but none while another one writes.
        memory_limit: such as ``"4GB"``; DuckDB's own default is 80 % of the machine's.
        threads: at most so many; by default one per core.
        encryption: its key; by default what the environment says
            (:func:`warehouse.encryption.from_environment`).

    Raises:
        StoreLocked: another process has it open.
        StoreError: it is no warehouse, may not be read or written, or is of a newer version.
    """
    path = Path(path).absolute()
    encryption = encryption or from_environment()
    if read_only and not path.is_file():
        raise StoreError(f"there is no warehouse at {path}; `channelwatch run` makes one")
    if not path.parent.is_dir():
        raise StoreError(f"the folder {path.parent} does not exist; make it first")

    opened = partial(
        connect,
        path,
        read_only=read_only,
        memory_limit=memory_limit,
        threads=threads,
        encryption=encryption,
    )
    return Store(opened, path, read_only, encryption)


def _in_utc(value: object) -> object:
    """A time with the standard library's UTC, all else as it is."""
    return value.replace(tzinfo=UTC) if type(value) is datetime and value.tzinfo else value
