"""One run, from files to committed rows, as plain functions: read, score, hand over, load.

Scoring happens in parallel through an :class:`Engine`; a batch is published to the inbox only
after the ones before it. So whatever is killed when, the inbox and the ledger hold a prefix of
the run, and starting it again adds the rest: the rows are those of an undisturbed run.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from classifiers.knowledge import load as load_knowledge
from flows import affiliations
from flows.progress import Progress, Silent
from flows.report import FileReport, RunReport
from flows.scoring import Scoring, Ticket, load_scorer, score_batch
from flows.settings import Settings
from flows.workers import pool
from warehouse.batches import batch_id, batch_metadata, run_metadata, source_metadata
from warehouse.inbox import Staged, hand_over, inbox_of, pending, publish, stage
from warehouse.loading import LoadReport
from warehouse.reading import Batch, ReadOptions, Source, SourceReport, discover, identify, read
from warehouse.store import RunCheck, Store, StoreError, StoreLocked, open_store

#: Batches that may lie in the inbox before the run loads them, where it owns the warehouse.
LAND_AFTER = 8


class Pledge(Protocol):
    """A result that will be there: a future of a thread pool, or of Prefect."""

    def result(self) -> Staged: ...


@dataclass(frozen=True)
class Engine:
    """How the work is done: ``score`` begins a batch, ``land`` loads the inbox."""

    score: Callable[[Batch, Ticket, Scoring], Pledge]
    land: Callable[[Store], LoadReport]


@dataclass(frozen=True)
class Prepared:
    """What can be refused before anything is done: the files, the table of channels, the model."""

    files: tuple[Path, ...]
    ignored: tuple[tuple[str, str], ...]
    affiliations: Mapping[str, str]
    model_version: str


class SourceError(ValueError):
    """A source that was named is not there; the message says which, and what is near it."""

    exit_code = 2


def prepare(settings: Settings) -> Prepared:
    """Find the files and load what the run needs; raises what a user can mend."""
    try:
        found = discover(settings.sources)
    except FileNotFoundError as problem:
        raise SourceError(str(problem)) from problem
    table: dict[str, str] = {}
    if settings.affiliations is not None:
        table = affiliations.load(settings.affiliations, load_knowledge().actors)
    scorer = load_scorer(settings.models)
    return Prepared(
        files=tuple(found.files),
        ignored=tuple((str(path), why) for path, why in found.ignored),
        affiliations=table,
        model_version=_version(scorer.version, table),
    )


def _version(model: str, table: Mapping[str, str]) -> str:
    """The model's version, and that of the table of channels: who speaks decides scores too.

    >>> _version("9f3c", {}), _version("9f3c", {"some channel": "ttp"})
    ('9f3c', '9f3c-84b6bcb5')
    """
    if not table:
        return model
    return f"{model}-{hashlib.sha256(json.dumps(sorted(table.items())).encode()).hexdigest()[:8]}"


def land_inbox(store: Store) -> LoadReport:
    """Load what lies in the inbox."""
    return store.load_inbox()


def run_directly(settings: Settings, progress: Progress | None = None) -> RunReport:
    """A run without Prefect: the same functions on a pool of threads or processes."""
    prepared = prepare(settings)
    size = sum(map(_size, prepared.files))
    with pool(settings.workers, size) as executor:
        engine = Engine(score=lambda *args: executor.submit(score_batch, *args), land=land_inbox)
        return execute(settings, prepared, engine, progress or Silent())


def execute(
    settings: Settings, prepared: Prepared, engine: Engine, progress: Progress
) -> RunReport:
    """Read every file, score its messages, land them, and check that the counts add up.

    Raises StoreError where the warehouse cannot be used; nothing handed over is lost then.
    """
    began = time.monotonic()
    with _owned(settings.warehouse, progress) as store:
        run = _begin(settings, prepared, engine, store)
        sizes = {path: _size(path) for path in prepared.files}
        progress.begin(len(sizes), sum(sizes.values()))
        for number, path in enumerate(prepared.files):
            progress.file(str(path), sizes[path])
            run.files.append(_run_file(run, number, path, progress))
            progress.file_done(sizes[path])
        while run.turns:
            run.show_oldest(progress)
        return _finish(run, began)


@contextmanager
def _owned(warehouse: Path, progress: Progress) -> Iterator[Store | None]:
    """The warehouse, opened by this process; None where another one owns it and loads for us."""
    try:
        store = open_store(warehouse)
    except StoreLocked as locked:
        progress.say(f"{locked} - its owner will load what this run hands over")
        yield None
        return
    with store:
        yield store


@dataclass
class _File:
    """A file of the run so far; the warehouse knows at the end what became of its messages."""

    path: Path
    source: Source
    report: SourceReport | None = None  # None where the file was not read to its end
    skipped: bool = False
    failed: bool = False  # a batch of it could not be scored: nothing more of it is shown


@dataclass(frozen=True)
class _Ready:
    """A batch that needs no scoring: it only waits for its turn."""

    staged: Staged

    def result(self) -> Staged:
        return self.staged


class _Turn(NamedTuple):
    """A batch in the order in which batches are shown; ``rows`` counts messages."""

    file: _File
    rows: int
    pledge: Pledge


@dataclass
class _Run:
    """What a run knows of itself while it goes on."""

    run_id: str
    resumed: bool
    settings: Settings
    prepared: Prepared
    engine: Engine
    store: Store | None
    inbox: Path
    reading: str
    before: dict[str, int]
    seen: set[str] = field(default_factory=set)  # source ids of this run
    files: list[_File] = field(default_factory=list)
    turns: deque[_Turn] = field(default_factory=deque)
    problems: list[str] = field(default_factory=list)
    published: int = 0
    waiting: int = 0  # of those, not loaded yet

    def order(self, file: int, sequence: int = 0, last: int = 0) -> str:
        """Sorts the inbox: by run, file of the run, batch of the file, kind."""
        return f"{self.run_id}-{file:07}-{sequence:08}-{last}"

    def show_oldest(self, progress: Progress) -> None:
        """Publish the batch whose turn it is, and load the inbox when enough of them wait."""
        file, rows, pledge = self.turns.popleft()
        try:
            staged = pledge.result()
        except (OSError, MemoryError, StoreError):
            raise
        except Exception as problem:  # noqa: BLE001 (named in the report, and the run goes on)
            # One batch that cannot be scored must not keep the other files waiting. The file
            # stays unfinished, and the next run tries it again.
            if not file.failed:
                self.problems.append(
                    f"{file.path}: left unfinished, {type(problem).__name__}: {problem}"
                )
            file.failed = True
            return
        if file.failed:
            staged.temporary.unlink(missing_ok=True)
            return
        publish(staged)
        progress.batch(rows)
        self.published += 1
        self.waiting += 1
        if self.waiting >= LAND_AFTER:
            self.land()

    def land(self) -> None:
        if self.store is not None:
            report = self.engine.land(self.store)
            self.waiting = 0
            self.problems += [f"{bad.path}: not loaded, {bad.reason}" for bad in report.rejected]


def _begin(settings: Settings, prepared: Prepared, engine: Engine, store: Store | None) -> _Run:
    """Start a run, or go on with the one that was cut short with the same settings."""
    run = _Run(
        run_id=f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{secrets.token_hex(3)}",
        resumed=False,
        settings=settings,
        prepared=prepared,
        engine=engine,
        store=store,
        inbox=inbox_of(settings.warehouse.absolute()),
        reading=f"{settings.reading()}-{prepared.model_version}",
        before={},
    )
    run.land()  # what an earlier run left in the inbox, its beginning among it
    fingerprint = settings.fingerprint(prepared.model_version)
    if store is not None:
        run.before = store.totals()
        if unfinished := store.unfinished_run(fingerprint):
            run.run_id, run.resumed = unfinished, True
            told = store.query("run_parameters", run_id=unfinished)["parameters"][0].as_py()
            run.before = json.loads(told or "{}").get("before") or run.before
            return run
    parameters = {
        "sources": [str(path) for path in settings.sources],
        "reading": run.reading,
        "before": run.before,
    }
    _note(run, "started", run.order(0), fingerprint=fingerprint, parameters=parameters)
    return run


def _note(run: _Run, state: str, order: str, **facts: Any) -> None:
    """Hand over the news that the run started or ended."""
    hand_over(
        run.inbox,
        kind="run",
        batch_id=f"{run.run_id}-{state}",
        order=order,
        metadata=run_metadata(run_id=run.run_id, state=state, **facts),
    )
    run.land()


def _run_file(run: _Run, number: int, path: Path, progress: Progress) -> _File:
    """Read, score and hand over one file, unless these bytes were loaded before."""
    file = _File(path, identify(path))
    source_id = file.source.source_id
    file.skipped = source_id in run.seen or (
        run.store is not None
        and run.store.known_source(source_id, run.prepared.model_version, run.reading)
    )
    if file.skipped:
        return file
    run.seen.add(source_id)
    file.report = _read_file(run, number + 1, file, progress)
    return file


def _read_file(run: _Run, number: int, file: _File, progress: Progress) -> SourceReport:
    """Begin the batches of one file and line them up to be shown; the reader's report."""
    source = file.source
    known = {entry.batch_id for entry in pending(run.inbox)[0]}
    if run.store is not None:
        known |= run.store.known_batches(source.source_id)
    options = ReadOptions(
        timezone=run.settings.timezone, chats=run.settings.chats, mapping=dict(run.settings.mapping)
    )
    scoring = Scoring(run.prepared.affiliations, run.prepared.model_version, run.settings.models)
    for item in read(source, batch_rows=run.settings.batch_rows, options=options):
        if isinstance(item, SourceReport):
            run.turns.append(_Turn(file, 0, _Ready(_stage_report(run, number, source, item))))
            return item
        ticket = _ticket(run, number, source, item.sequence, "messages")
        rows = item.messages.num_rows
        if rows and ticket.batch_id not in known:
            run.turns.append(_Turn(file, rows, run.engine.score(item, ticket, scoring)))
        ticket = _ticket(run, number, source, item.sequence, "quarantine")
        if item.quarantine.num_rows and ticket.batch_id not in known:
            staged = stage(**ticket._asdict(), kind="quarantine", table=item.quarantine)
            run.turns.append(_Turn(file, 0, _Ready(staged)))
        while sum(turn.rows > 0 for turn in run.turns) > run.settings.workers + 1:
            run.show_oldest(progress)
    raise RuntimeError(f"the reader of {source.path} ended without its report")


def _ticket(run: _Run, number: int, source: Source, sequence: int, kind: str) -> Ticket:
    return Ticket(
        inbox=run.inbox,
        batch_id=batch_id(source.source_id, run.reading, kind, sequence),
        order=run.order(number, sequence, 1 if kind == "quarantine" else 0),
        metadata=batch_metadata(
            run_id=run.run_id,
            source_id=source.source_id,
            reading=run.reading,
            sequence=sequence,
        ),
    )


def _stage_report(run: _Run, number: int, source: Source, report: SourceReport) -> Staged:
    """The news for the warehouse that a file is read to its end, and what the reader counted."""
    return stage(
        run.inbox,
        kind="source",
        batch_id=batch_id(source.source_id, run.reading, "source"),
        order=run.order(number, 99_999_999),
        table=report.channels,
        metadata=source_metadata(
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
        ),
    )


def _finish(run: _Run, began: float) -> RunReport:
    """Load the rest, check that every message read is accounted for, and sum up."""
    run.land()
    checked: RunCheck | None = None
    after = run.before
    if run.store is not None:
        checked = run.store.check_run(run.run_id)
        run.problems += [
            f"{bad.file or bad.source_id}: the counts do not add up: {bad.items_read} read, "
            f"{bad.landed} landed + {bad.unchanged} unchanged + {bad.quarantined} quarantined"
            for bad in checked.sources
            if bad.items_read is not None and not bad.adds_up
        ]
        after = run.store.totals()
    unknown: dict[str, int] = {}
    for file in run.files:
        for name, number in (file.report.unknown_fields if file.report else {}).items():
            unknown[name] = unknown.get(name, 0) + number
    report = RunReport(
        run_id=run.run_id,
        warehouse=str(run.settings.warehouse),
        model_version=run.prepared.model_version,
        resumed=run.resumed,
        files=_file_reports(run.files, checked),
        ignored=run.prepared.ignored,
        new_messages=after.get("messages", 0) - run.before.get("messages", 0),
        new_revisions=after.get("revisions", 0) - run.before.get("revisions", 0),
        deleted=after.get("deleted", 0) - run.before.get("deleted", 0),
        flagged=after.get("flagged", 0),
        review=after.get("review", 0),
        queued=run.published if run.store is None else 0,
        seconds=time.monotonic() - began,
        problems=tuple(run.problems),
        unknown_fields=unknown,
    )
    counts = {
        name: getattr(report, name) for name in ("read", "landed", "unchanged", "quarantined")
    }
    state = "failed" if run.problems else "finished"
    _note(run, state, run.order(9_999_999), counts=counts)
    if run.store is not None:
        run.store.checkpoint()
    return report


def _file_reports(files: list[_File], checked: RunCheck | None) -> tuple[FileReport, ...]:
    """What became of each file: by the warehouse where it is ours, by the reader where not.

    The files that this run finished before it was killed and resumed count as its own.
    """
    found = {check.source_id: check for check in checked.sources} if checked else {}
    reports = []
    for file in files:
        # Popped: a second file with the same bytes adds nothing.
        check = found.pop(file.source.source_id, None)
        told = file.report
        read = check.items_read if check else told.items_read if told else None
        reports.append(
            FileReport(
                path=str(file.path),
                format=told.format if told else file.source.format,
                read=0 if file.failed else read or 0,
                landed=check.landed if check else 0,
                unchanged=check.unchanged if check else 0,
                quarantined=check.quarantined if check else told.quarantined if told else 0,
                skipped=file.skipped and check is None,
                warnings=tuple(told.warnings) if told else (),
            )
        )
    return tuple(reports)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:  # the reader will say so
        return 0
