"""Score what is in the warehouse anew, as plain functions: take a slice, score it, hand it over.

The owner of the warehouse writes the slices (duty ``extract``) and loads the answers; this process
scores. What is done follows from the model versions in the warehouse, so that a job that was killed
goes on by being started again.
"""

from __future__ import annotations

import hashlib
import secrets
import shutil
import time
from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pyarrow as pa

from classifiers.knowledge import load as load_knowledge
from flows import affiliations, scoring
from flows.duties import do
from flows.duties.extract import FOLDER, fetched
from flows.line import LAND_AFTER, Pledge
from flows.owner import on_warehouse
from flows.pipeline import land_inbox, owned
from flows.prepare import noted, version_of
from flows.progress import Progress, Silent
from flows.scoring import Scoring
from flows.settings import DEFAULT_WAREHOUSE, usable_cores
from warehouse.batches import run_metadata
from warehouse.inbox import Packed, Staged, hand_over, inbox_of, publish, stage
from warehouse.loading import LoadReport
from warehouse.rescoring.slices import Purpose
from warehouse.store import Store


@dataclass(frozen=True)
class Rescoring:
    """What is to be scored anew, and with which model.

    ``purpose``: ``rescore``, or ``shadow`` for a candidate whose answers touch no flag. ``since``
    and ``until`` are ISO dates, UTC, half open; ``channel`` is a channel_key; ``limit`` counts
    messages; ``share`` of them is a fixed sample. ``affiliations`` is a CSV ``channel,actor``.
    """

    warehouse: Path = DEFAULT_WAREHOUSE
    models: Path | None = None
    affiliations: Path | None = None
    purpose: Purpose = "rescore"
    since: str | None = None
    until: str | None = None
    channel: str | None = None
    all_revisions: bool = False
    share: float = 1.0
    limit: int | None = None
    workers: int = field(default_factory=usable_cores)
    slice_rows: int = 100_000
    lot_rows: int = 20_000


@dataclass(frozen=True)
class RescoreReport:
    """What was done: ``scored`` messages, and ``kept`` answers that the warehouse had: of this
    model, also as a shadow, or ones that could not have become others.

    ``queued`` counts files left to the owner of the warehouse; ``flagged`` and ``review`` are the
    warehouse's after it, None where another process owns it.
    """

    run_id: str
    warehouse: str
    model_version: str
    purpose: str
    scored: int
    kept: int
    queued: int
    flagged: int | None
    review: int | None
    seconds: float
    problems: tuple[str, ...] = ()

    @property
    def exit_code(self) -> int:
        """0 where all went well, 1 where something needs a person."""
        return 1 if self.problems else 0

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return asdict(self) | {"exit_code": self.exit_code}


class Part(NamedTuple):
    """Messages that are scored at once and become one file of the inbox."""

    inbox: Path
    kind: str
    order: str
    batch: Packed
    messages: pa.Table


@dataclass(frozen=True)
class RescoreEngine:
    """How the work is done: ``score`` begins a part, ``land`` begins to load the inbox."""

    score: Callable[[Part, Scoring], Pledge[Staged]]
    land: Callable[[Store], Pledge[LoadReport]]


def score_part(part: Part, how: Scoring) -> Staged:
    """Score a part of a slice and stage it, unseen by the loader until it is published."""
    table = rescored(part.messages, how)
    return stage(part.inbox, kind=part.kind, order=part.order, batches=[part.batch], table=table)


def rescored(messages: pa.Table, how: Scoring) -> pa.Table:
    """Messages of :data:`warehouse.rescoring.slices.EXTRACT` as rows of RESCORED."""
    answers = scoring.load_scorer(how.models).score(messages.combine_chunks())
    version = pa.repeat(pa.scalar(how.version), answers.num_rows)
    named = messages.select(["channel_key", "message_id", "content_id"])
    columns = dict(zip(answers.schema.names, answers.columns, strict=True))
    return pa.table(
        {name: named[name] for name in named.column_names} | columns | {"model_version": version}
    )


def rescore_directly(wanted: Rescoring, progress: Progress | None = None) -> RescoreReport:
    """Do it without Prefect, scoring and landing in threads."""
    with ThreadPoolExecutor(wanted.workers) as scorers, ThreadPoolExecutor(1) as lander:
        engine = RescoreEngine(
            score=lambda *part: scorers.submit(score_part, *part),
            land=lambda store: lander.submit(land_inbox, store),
        )
        return execute(wanted, engine, progress or Silent())


def execute(wanted: Rescoring, engine: RescoreEngine, progress: Progress) -> RescoreReport:
    """Take slices until there are none, score them, and hand the answers over.

    Raises:
        StoreError: the warehouse cannot be used; nothing handed over is lost then.
        DutyError: the owner of the warehouse did not answer.
    """
    began = time.monotonic()
    table = table_of(wanted.affiliations)
    scorer = scoring.load_scorer(wanted.models)
    version = version_of(scorer.version, table)
    with owned(wanted.warehouse, progress) as store:
        job = _Job(
            wanted=wanted,
            run_id=f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{secrets.token_hex(3)}",
            store=store,
            inbox=inbox_of(wanted.warehouse.absolute()),
            engine=engine,
            scoring=Scoring(table, version, wanted.models),
            model=noted(scorer, version),
            progress=progress,
        )
        try:
            job.begin()
            try:
                job.work()
            except Exception:
                job.fail()
                raise
        finally:
            shutil.rmtree(job.inbox / FOLDER / job.run_id, ignore_errors=True)
        return job.finish(began)


def table_of(channels: Path | None) -> Mapping[str, str]:
    """The table of channels of a CSV ``channel,actor``, empty where there is none."""
    if channels is None:
        return {}
    return affiliations.load(channels, load_knowledge(cues=False).actors)


def version_with(models: Path | None, channels: Path | None) -> str:
    """The version that the answers of a model with a table of channels name."""
    return version_of(scoring.load_scorer(models).version, table_of(channels))


@dataclass
class _Job:
    """One job, while it goes on."""

    wanted: Rescoring
    run_id: str
    store: Store | None
    inbox: Path
    engine: RescoreEngine
    scoring: Scoring
    model: Mapping[str, Any]
    progress: Progress
    scored: int = 0
    kept: int = 0
    published: int = 0
    problems: list[str] = field(default_factory=list)
    _turns: deque[tuple[Part, Pledge[Staged]]] = field(default_factory=deque)
    _shown: int = 0
    _landing: Pledge[LoadReport] | None = None

    def begin(self) -> None:
        """Load what an earlier job left behind, and note that this one started."""
        self._duty("load")
        facts = asdict(self.wanted) | {"workers": None, "warehouse": None}
        fingerprint = hashlib.sha256(
            msgspec.json.encode([str(value) for value in facts.values()] + [self.scoring.version])
        ).hexdigest()[:32]
        if self.store is not None and (former := self.store.unfinished_run(fingerprint)):
            self.run_id = former
            return
        told = {name: value for name, value in facts.items() if value is not None}
        parameters = {self.wanted.purpose: told, "model": self.model}
        self._note("started", "000000000000-0", fingerprint=fingerprint, parameters=parameters)

    def work(self) -> None:
        """Slice after slice, scored while the next one is taken."""
        first, last, left = 1, 1, self.wanted.limit
        told = False
        while first <= last and (left is None or left > 0):
            found = self._extract(first, left)
            if not told:
                self.progress.begin(1, max(1, found["last"]))
                told = True
            if found["file"]:
                self._begin_parts(self._fetch(found["file"]), first, found["state"])
            self.kept += found["kept"]
            if left is not None:
                left -= found["rows"] + found["kept"]
            self.progress.file_done(max(0, min(found["following"], found["last"] + 1) - first))
            first, last = found["following"], found["last"]
        while self._turns:
            self._show_oldest()
        self._begin_landing()
        self._end_landing()

    def fail(self) -> None:
        """Note that it failed, where the disk still takes that: it is not gone on with.

        One that was killed notes nothing, and the next of the same facts takes its place.
        """
        with suppress(Exception):
            self._note("failed", "999999999999-9", counts={"scored": self.scored})

    def finish(self, began: float) -> RescoreReport:
        """Sum up."""
        totals = self.store.totals() if self.store else {}
        report = RescoreReport(
            run_id=self.run_id,
            warehouse=str(self.wanted.warehouse),
            model_version=self.scoring.version,
            purpose=self.wanted.purpose,
            scored=self.scored,
            kept=self.kept,
            queued=0 if self.store else self.published,
            flagged=totals.get("flagged"),
            review=totals.get("review"),
            seconds=time.monotonic() - began,
            problems=tuple(self.problems),
        )
        counts = {"scored": self.scored, "kept": self.kept}
        self._note("failed" if self.problems else "finished", "999999999999-9", counts=counts)
        if self.store is not None:
            self.store.checkpoint()
        return report

    # -- what only the owner can do ----------------------------------------------------------

    def _duty(self, name: str, **parameters: Any) -> dict[str, Any]:
        if self.store is not None:
            return do(self.store, name, parameters)
        return on_warehouse(self.wanted.warehouse, name, **parameters)

    def _extract(self, first: int, left: int | None) -> dict[str, Any]:
        wanted = self.wanted
        return self._duty(
            "extract",
            job=self.run_id,
            version=self.scoring.version,
            parts=self.model["parts"],
            affiliations=dict(self.scoring.affiliations),
            purpose=wanted.purpose,
            since=wanted.since,
            until=wanted.until,
            channel=wanted.channel,
            all_revisions=wanted.all_revisions,
            share=wanted.share,
            first=first,
            numbers=wanted.slice_rows,
            most=wanted.slice_rows if left is None else min(left, wanted.slice_rows),
        )

    def _fetch(self, name: str) -> pa.Table:
        path = self.inbox / FOLDER / self.run_id / name
        table = fetched(path)
        path.unlink(missing_ok=True)
        return table

    # -- scoring and handing over ------------------------------------------------------------

    def _begin_parts(self, messages: pa.Table, first: int, state: str) -> None:
        rows = self.wanted.lot_rows
        parts = 0
        for start in range(0, messages.num_rows, rows):
            table = messages.slice(start, rows)
            facts = [self.scoring.version, self.wanted.purpose, state, start, table.num_rows]
            name = hashlib.sha256(msgspec.json.encode(facts)).hexdigest()[:32]
            parts += 1
            part = Part(
                inbox=self.inbox,
                kind="analysis" if self.wanted.purpose == "rescore" else "shadow",
                order=f"{self.run_id}-{first:012}-{parts}",
                batch=Packed(name, table.num_rows, {"run_id": self.run_id}),
                messages=table,
            )
            self._turns.append((part, self.engine.score(part, self.scoring)))
        # The next slice is taken while this one is scored; no more than that waits.
        while len(self._turns) > max(parts, self.wanted.workers):
            self._show_oldest()

    def _show_oldest(self) -> None:
        part, pledge = self._turns.popleft()
        try:
            publish(pledge.result())
        except (OSError, MemoryError):
            raise
        except Exception as problem:  # noqa: BLE001 (named in the report, and the job goes on)
            told = f"{type(problem).__name__}: {problem}"
            self.problems.append(f"{part.messages.num_rows:,} messages were not scored, {told}")
            return
        self.published += 1
        self.scored += part.messages.num_rows
        self.progress.batch(part.messages.num_rows)
        self._shown += 1
        if self._shown >= LAND_AFTER:
            self._begin_landing()

    def _begin_landing(self) -> None:
        self._end_landing()
        if self.store is not None:
            self._landing = self.engine.land(self.store)
            self._shown = 0

    def _end_landing(self) -> None:
        if self._landing is not None:
            landing, self._landing = self._landing, None
            rejected = landing.result().rejected
            self.problems += [f"{bad.path}: not loaded, {bad.reason}" for bad in rejected]

    def _note(self, state: str, order: str, **facts: Any) -> None:
        metadata = run_metadata(run_id=self.run_id, state=state, **facts)
        batch = Packed(f"{self.run_id}-{state}", 0, metadata)
        hand_over(self.inbox, kind="run", order=f"{self.run_id}-{order}", batches=[batch])
        self._begin_landing()
        self._end_landing()
