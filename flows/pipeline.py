"""One run, from files to committed rows, as plain functions: read, score, hand over, load.

This module reads; :mod:`flows.line` takes it from there, side by side with the reading of what
comes next.
"""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from logging import DEBUG
from pathlib import Path
from typing import Any

from flows import authors
from flows.books import Begun, Books, alone, rejected
from flows.closing import counts, file_reports, imbalances, unknown_fields
from flows.identities import Identities
from flows.line import Engine, FileOfRun, Line
from flows.prepare import Prepared, prepare
from flows.progress import Progress, Silent
from flows.report import RunReport
from flows.scoring import Scoring, score_lot
from flows.settings import Settings
from flows.watching.events import tell
from flows.watching.runs import tell_finished, tell_loaded, tell_read
from warehouse.batches import batch_id, batch_metadata, run_metadata, source_metadata
from warehouse.inbox import Packed, inbox_of, waiting_batches
from warehouse.loading import LoadReport
from warehouse.pseudonyms import fingerprint, hide
from warehouse.reading import ReadOptions, Source, SourceReport, identify, read
from warehouse.store import Store, StoreLocked, open_store

#: What DuckDB may hold while a run lands: it would keep most of a large warehouse in memory. Enough
#: for the largest transaction; what else does not fit spills to the disk.
WAREHOUSE_MEMORY = "400MB"
#: Scoring has the other cores; a second thread of DuckDB costs more time in all than it saves.
WAREHOUSE_THREADS = 1
CHANGED = (
    "left unfinished, it changed while it was read; run again when nobody writes into it any more"
)
#: By how much a run is nicer (as `nice` has it) where another process has the warehouse.
GIVING_WAY = 10


def land_inbox(store: Store) -> LoadReport:
    """Load what lies in the inbox."""
    began = time.monotonic()
    report = store.load_inbox()
    if report.files or report.rejected:
        tell_loaded(report, time.monotonic() - began)
    return report


def run_directly(settings: Settings, progress: Progress | None = None) -> RunReport:
    """A run without Prefect: the same functions, scoring and landing in threads."""
    prepared = prepare(settings)
    # Threads: the compiled passes of scoring, Arrow and DuckDB release Python's lock.
    with ThreadPoolExecutor(settings.workers) as scorers, ThreadPoolExecutor(1) as lander:
        engine = Engine(
            score=lambda *lot: scorers.submit(score_lot, *lot),
            land=lambda store: lander.submit(land_inbox, store),
        )
        return execute(settings, prepared, engine, progress or Silent())


def execute(
    settings: Settings, prepared: Prepared, engine: Engine, progress: Progress
) -> RunReport:
    """Read every file, score its messages, land them, and check that the counts add up.

    Raises StoreError where the warehouse cannot be used; nothing handed over is lost then.
    """
    began = time.monotonic()
    fingerprint = settings.fingerprint(prepared.model_version)
    with _books(settings, progress, fingerprint) as (books, sole):
        run = _begin(settings, prepared, engine, progress, books, sole)
        tell(
            f"run_{'resumed' if run.resumed else 'started'}",
            run_id=run.run_id,
            version=prepared.model_version,
            counts={"files": len(prepared.files)},
        )
        sizes = {path: _size(path) for path in prepared.files}
        progress.begin(len(sizes), sum(sizes.values()))
        for path in prepared.files:
            progress.file(str(path), sizes[path])
            run.files.append(_run_file(run, path))
            progress.file_done(sizes[path])
        run.line.finish()
        if run.identities is not None:
            run.identities.save()
        return _finish(run, began)


@contextmanager
def _books(
    settings: Settings, progress: Progress, fingerprint: str
) -> Iterator[tuple[Books, bool]]:
    """Whom to ask what is loaded, and whether no other process does this very run just now.

    With an inbox alone there is nobody to ask.
    """
    warehouse = settings.warehouse.absolute()
    if settings.inbox is not None:
        yield Books(warehouse, None, answered=False), False
        return
    with _owned(warehouse, progress) as books, alone(warehouse, fingerprint) as sole:
        yield books, sole


@contextmanager
def owned(warehouse: Path, progress: Progress) -> Iterator[Store | None]:
    """The warehouse, opened by this process; None where another one owns it and loads for us."""
    with _owned(warehouse, progress) as books:
        yield books.store


@contextmanager
def _owned(warehouse: Path, progress: Progress) -> Iterator[Books]:
    """The warehouse, opened by this process, or left to another one that loads for us."""
    try:
        store = open_store(warehouse, memory_limit=WAREHOUSE_MEMORY, threads=WAREHOUSE_THREADS)
    except StoreLocked as locked:
        books = Books.of(warehouse, None, locked)
        _give_way()
        if not books.answered:
            progress.say(f"{locked} - its owner will load what this run hands over")
        yield books
        return
    with store:
        yield Books.of(warehouse, store, None)


@cache
def _give_way() -> None:
    """Let people go first: whoever has the warehouse answers them, and gets the cores."""
    os.nice(GIVING_WAY)


@dataclass
class _Run:
    """What a run knows of itself while it goes on."""

    run_id: str
    resumed: bool
    settings: Settings
    prepared: Prepared
    books: Books
    line: Line
    reading: str
    before: dict[str, int]
    authors: bytes | None  # the key that they are named by
    known_sources: frozenset[str]  # files that need not be read again
    known_batches: frozenset[str]  # batches that need not be scored again
    identities: Identities | None  # of the files of watched folders
    seen: set[str] = field(default_factory=set)  # source ids of this run
    files: list[FileOfRun] = field(default_factory=list)


def _begin(  # noqa: PLR0913, PLR0917 (all that a run is made of)
    settings: Settings,
    prepared: Prepared,
    engine: Engine,
    progress: Progress,
    books: Books,
    sole: bool,
) -> _Run:
    """Start a run, or go on with the one that was cut short with the same settings."""
    key = authors.key_for(settings, books.store)
    line = Line(
        run_id=f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{secrets.token_hex(3)}",
        inbox=settings.inbox or inbox_of(books.warehouse),
        store=books.store,
        engine=engine,
        scoring=Scoring(
            prepared.affiliations, prepared.model_version, settings.models, prepared.shadow
        ),
        lot_rows=settings.batch_rows,
        workers=settings.workers,
        progress=progress,
        problems=[],
    )
    line.land()  # what an earlier run left in the inbox, its beginning among it
    reading = f"{settings.reading()}-{prepared.model_version}"
    waiting = waiting_batches(line.inbox)  # asked first: what is loaded meanwhile is told next
    fingerprint = settings.fingerprint(prepared.model_version)
    begun = books.begin(prepared.model_version, reading, fingerprint) or Begun()
    run = _Run(
        run_id=line.run_id,
        resumed=False,
        settings=settings,
        prepared=prepared,
        books=books,
        line=line,
        reading=reading,
        before=begun.totals,
        authors=key,
        known_sources=begun.sources,
        known_batches=begun.batches | waiting,
        identities=Identities(books.warehouse) if settings.picking.settle else None,
    )
    if begun.unfinished is not None and sole:
        run.run_id = line.run_id = begun.unfinished
        run.resumed, run.before = True, begun.before
        return run
    parameters = {
        "sources": [str(path) for path in settings.sources],
        "reading": run.reading,
        "before": run.before,
        "model": prepared.model,
    }
    _note(run, "started", "00000000-0", fingerprint=fingerprint, parameters=parameters)
    return run


def _note(run: _Run, state: str, order: str, **facts: Any) -> None:
    """Hand over the news that the run started or ended."""
    metadata = run_metadata(run_id=run.run_id, state=state, **facts)
    run.line.note(Packed(f"{run.run_id}-{state}", 0, metadata), order)


def _run_file(run: _Run, path: Path) -> FileOfRun:
    """Read, score and hand over one file, unless these bytes were loaded before."""
    file = FileOfRun(path, _identify(run, path))
    source_id = file.source.source_id
    file.skipped = source_id in run.seen or source_id in run.known_sources
    if not file.skipped:
        run.seen.add(source_id)
        began = time.monotonic()
        tell("file_begun", level=DEBUG, run_id=run.run_id, file=path)
        file.report = _read_file(run, file)
        tell_read(run.run_id, path, file.report, time.monotonic() - began)
    return file


def _identify(run: _Run, path: Path) -> Source:
    """What a file is; of one that has not changed since it was loaded, what it was."""
    if run.identities is None:
        return identify(path)
    remembered = run.identities.of(path)
    if remembered in run.known_sources:
        return Source(path, str(remembered), _size(path), None, None)
    found = identify(path)
    if found.problem is None:
        run.identities.remember(path, found.source_id)
    return found


def _read_file(run: _Run, file: FileOfRun) -> SourceReport:
    """Put the batches of one file on the line; the reader's report."""
    settings = run.settings
    options = ReadOptions(
        timezone=settings.timezone, chats=settings.chats, mapping=dict(settings.mapping)
    )
    for item in read(file.source, batch_rows=settings.batch_rows, options=options):
        if isinstance(item, SourceReport):
            if item.changed:  # without its report it stays unfinished, and the next run goes on
                run.line.problems.append(f"{file.path}: {CHANGED}")
                file.failed = True
                return item
            run.line.add_report(file, item, _name_report(run, file, item))
            return item
        batch = hide(item, run.authors) if run.authors is not None else item
        for kind, rows, add in (
            ("messages", batch.messages.num_rows, run.line.add_messages),
            ("quarantine", batch.quarantine.num_rows, run.line.add_quarantine),
        ):
            name = _name(run, file, batch.sequence, kind, rows)
            if rows and name.batch_id not in run.known_batches:
                add(file, batch, name)
    raise RuntimeError(f"the reader of {file.path} ended without its report")


def _name(run: _Run, file: FileOfRun, sequence: int, kind: str, rows: int) -> Packed:
    source_id = file.source.source_id
    metadata = batch_metadata(
        run_id=run.run_id,
        source_id=source_id,
        reading=run.reading,
        sequence=sequence,
        authors=fingerprint(run.authors) if run.authors else None,
    )
    return Packed(batch_id(source_id, run.reading, kind, sequence), rows, metadata)


def _name_report(run: _Run, file: FileOfRun, report: SourceReport) -> Packed:
    """What the warehouse is told of a file that is read to its end."""
    source = file.source
    metadata = source_metadata(
        run_id=run.run_id,
        source_id=source.source_id,
        reading=run.reading,
        model_version=run.prepared.model_version,
        items_read=report.items_read,
        quarantined=report.quarantined,
        complete=report.complete,
        path=str(source.path),
        size=source.size,
        format=report.format,
        compression=source.compression,
        unknown_fields=report.unknown_fields,
        warnings=report.warnings,
    )
    made = batch_id(source.source_id, run.reading, "source")
    return Packed(made, report.channels.num_rows, metadata)


def _finish(run: _Run, began: float) -> RunReport:
    """Check that every message read is accounted for, and sum up."""
    problems = run.line.problems
    ended = run.books.end(run.run_id)
    if run.books.store is None and run.settings.inbox is None:
        problems += rejected(run.books.warehouse, run.run_id)
    if ended is not None:
        problems += imbalances(ended.checked)
    after = ended.totals if ended else run.before
    report = RunReport(
        run_id=run.run_id,
        warehouse=str(run.settings.inbox or run.settings.warehouse),
        model_version=run.prepared.model_version,
        resumed=run.resumed,
        files=file_reports(run.files, ended.checked if ended else None),
        ignored=run.prepared.ignored,
        new_messages=after.get("messages", 0) - run.before.get("messages", 0),
        new_revisions=after.get("revisions", 0) - run.before.get("revisions", 0),
        deleted=after.get("deleted", 0) - run.before.get("deleted", 0),
        flagged=after.get("flagged", 0),
        review=after.get("review", 0),
        queued=0 if ended else max(1, run.line.published),
        seconds=time.monotonic() - began,
        problems=tuple(problems),
        unknown_fields=unknown_fields(run.files),
    )
    state = "failed" if problems else "finished"
    _note(run, state, "99999999-9", counts=counts(report))
    if run.books.store is not None:
        run.books.store.checkpoint()
    tell_finished(report, state)
    return report


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:  # the reader will say so
        return 0
