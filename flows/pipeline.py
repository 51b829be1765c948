"""One run, from files to committed rows, as plain functions: read, score, hand over, load.

This module reads; :mod:`flows.line` takes it from there, side by side with the reading of what
comes next.
"""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from logging import DEBUG
from pathlib import Path
from typing import Any

from flows.closing import counts, file_reports, imbalances, unknown_fields
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
from warehouse.reading import ReadOptions, SourceReport, identify, read
from warehouse.store import RunCheck, Store, StoreLocked, open_store

#: What DuckDB may hold while a run lands: it would keep most of a large warehouse in memory. Enough
#: for the largest transaction; what else does not fit spills to the disk.
WAREHOUSE_MEMORY = "400MB"
#: Scoring has the other cores; a second thread of DuckDB costs more time in all than it saves.
WAREHOUSE_THREADS = 1


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
    with _owned(settings.warehouse, progress) as store:
        run = _begin(settings, prepared, engine, progress, store)
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
        return _finish(run, began)


@contextmanager
def _owned(warehouse: Path, progress: Progress) -> Iterator[Store | None]:
    """The warehouse, opened by this process; None where another one owns it and loads for us."""
    try:
        store = open_store(warehouse, memory_limit=WAREHOUSE_MEMORY, threads=WAREHOUSE_THREADS)
    except StoreLocked as locked:
        progress.say(f"{locked} - its owner will load what this run hands over")
        yield None
        return
    with store:
        yield store


@dataclass
class _Run:
    """What a run knows of itself while it goes on."""

    run_id: str
    resumed: bool
    settings: Settings
    prepared: Prepared
    store: Store | None
    line: Line
    reading: str
    before: dict[str, int]
    known_sources: frozenset[str]  # files that need not be read again
    known_batches: set[str]  # batches that need not be scored again
    seen: set[str] = field(default_factory=set)  # source ids of this run
    files: list[FileOfRun] = field(default_factory=list)


def _begin(
    settings: Settings,
    prepared: Prepared,
    engine: Engine,
    progress: Progress,
    store: Store | None,
) -> _Run:
    """Start a run, or go on with the one that was cut short with the same settings."""
    line = Line(
        run_id=f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{secrets.token_hex(3)}",
        inbox=inbox_of(settings.warehouse.absolute()),
        store=store,
        engine=engine,
        scoring=Scoring(prepared.affiliations, prepared.model_version, settings.models),
        lot_rows=settings.batch_rows,
        workers=settings.workers,
        progress=progress,
        problems=[],
    )
    line.land()  # what an earlier run left in the inbox, its beginning among it
    reading = f"{settings.reading()}-{prepared.model_version}"
    known = waiting_batches(line.inbox)
    sources: frozenset[str] = frozenset()
    if store is not None:
        known |= store.unfinished_batches(reading)
        sources = store.known_sources(prepared.model_version, reading)
    run = _Run(line.run_id, False, settings, prepared, store, line, reading, {}, sources, known)
    fingerprint = settings.fingerprint(prepared.model_version)
    if store is not None:
        run.before = store.totals()
        if unfinished := store.unfinished_run(fingerprint):
            run.run_id = line.run_id = unfinished
            run.resumed = True
            told = store.query("run_parameters", run_id=unfinished)["parameters"][0].as_py()
            run.before = json.loads(told or "{}").get("before") or run.before
            return run
    parameters = {
        "sources": [str(path) for path in settings.sources],
        "reading": run.reading,
        "before": run.before,
    }
    _note(run, "started", "00000000-0", fingerprint=fingerprint, parameters=parameters)
    return run


def _note(run: _Run, state: str, order: str, **facts: Any) -> None:
    """Hand over the news that the run started or ended."""
    metadata = run_metadata(run_id=run.run_id, state=state, **facts)
    run.line.note(Packed(f"{run.run_id}-{state}", 0, metadata), order)


def _run_file(run: _Run, path: Path) -> FileOfRun:
    """Read, score and hand over one file, unless these bytes were loaded before."""
    file = FileOfRun(path, identify(path))
    source_id = file.source.source_id
    file.skipped = source_id in run.seen or source_id in run.known_sources
    if not file.skipped:
        run.seen.add(source_id)
        began = time.monotonic()
        tell("file_begun", level=DEBUG, run_id=run.run_id, file=path)
        file.report = _read_file(run, file)
        tell_read(run.run_id, path, file.report, time.monotonic() - began)
    return file


def _read_file(run: _Run, file: FileOfRun) -> SourceReport:
    """Put the batches of one file on the line; the reader's report."""
    settings = run.settings
    options = ReadOptions(
        timezone=settings.timezone, chats=settings.chats, mapping=dict(settings.mapping)
    )
    for item in read(file.source, batch_rows=settings.batch_rows, options=options):
        if isinstance(item, SourceReport):
            run.line.add_report(file, item, _name_report(run, file, item))
            return item
        for kind, rows, add in (
            ("messages", item.messages.num_rows, run.line.add_messages),
            ("quarantine", item.quarantine.num_rows, run.line.add_quarantine),
        ):
            name = _name(run, file, item.sequence, kind, rows)
            if rows and name.batch_id not in run.known_batches:
                add(file, item, name)
    raise RuntimeError(f"the reader of {file.path} ended without its report")


def _name(run: _Run, file: FileOfRun, sequence: int, kind: str, rows: int) -> Packed:
    source_id = file.source.source_id
    metadata = batch_metadata(
        run_id=run.run_id, source_id=source_id, reading=run.reading, sequence=sequence
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
    checked: RunCheck | None = None
    after = run.before
    problems = run.line.problems
    if run.store is not None:
        checked = run.store.check_run(run.run_id)
        problems += imbalances(checked)
        after = run.store.totals()
    report = RunReport(
        run_id=run.run_id,
        warehouse=str(run.settings.warehouse),
        model_version=run.prepared.model_version,
        resumed=run.resumed,
        files=file_reports(run.files, checked),
        ignored=run.prepared.ignored,
        new_messages=after.get("messages", 0) - run.before.get("messages", 0),
        new_revisions=after.get("revisions", 0) - run.before.get("revisions", 0),
        deleted=after.get("deleted", 0) - run.before.get("deleted", 0),
        flagged=after.get("flagged", 0),
        review=after.get("review", 0),
        queued=run.line.published if run.store is None else 0,
        seconds=time.monotonic() - began,
        problems=tuple(problems),
        unknown_fields=unknown_fields(run.files),
    )
    state = "failed" if problems else "finished"
    _note(run, state, "99999999-9", counts=counts(report))
    if run.store is not None:
        run.store.checkpoint()
    tell_finished(report, state)
    return report


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:  # the reader will say so
        return 0
