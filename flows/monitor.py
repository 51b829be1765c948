"""The monitor flow: a run of :mod:`flows.pipeline` with Prefect's retries, limits and pages.

Importing this module imports Prefect (over a second); nothing else in the project does.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

from flows.prefect_defaults import set_defaults

set_defaults()

from prefect import flow, get_run_logger, task
from prefect.artifacts import (
    create_progress_artifact,
    create_table_artifact,
    update_progress_artifact,
)
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State
from prefect.task_runners import ThreadPoolTaskRunner
from prefect.utilities.annotations import quote
from pydantic import Field

from flows.line import Engine
from flows.local_server import prefect_server
from flows.owner import on_warehouse
from flows.picking import Picking
from flows.pipeline import execute, land_inbox
from flows.prepare import prepare
from flows.progress import Progress, Silent
from flows.report import FileReport, RunReport
from flows.scoring import Lot, Scored, Scoring, score_lot
from flows.settings import Settings, usable_cores
from flows.watching.safe import counted
from warehouse.loading import LoadReport
from warehouse.store import Store

#: Who watches the flow that runs in this thread; a flow's parameters must be plain data.
_watcher: ContextVar[Progress | None] = ContextVar("watcher", default=None)

SCORE_TIMEOUT = 900
LAND_TIMEOUT = 900
TOP_FLAGGED = 50


def may_pass(_task: Any, _run: Any, state: State[Any]) -> bool:
    """Whether an error may be gone at the next try: one of the disk may, one of the data not."""
    try:
        state.result()
    except OSError:
        return True
    except Exception:  # noqa: BLE001 (any other error is the task's to raise)
        return False
    return False


@task(
    name="score-lot",
    task_run_name="score {order}",
    retries=2,
    retry_delay_seconds=[1, 10],
    retry_jitter_factor=0.5,
    retry_condition_fn=may_pass,
    timeout_seconds=SCORE_TIMEOUT,
    cache_policy=NO_CACHE,
    persist_result=False,
)
def score_task(order: str, lot: Lot, scoring: Scoring) -> Scored:
    """Score the batches of one lot and stage them for the inbox."""
    return score_lot(lot, scoring)


def _score(lot: Lot, scoring: Scoring) -> Any:
    """Begin a lot. Prefect would look for futures of its own in all that it holds: it is quoted."""
    quoted: Any = quote(lot), quote(scoring)
    return score_task.submit(lot.order, *quoted)


@task(
    name="land",
    retries=2,
    retry_delay_seconds=[1, 10],
    retry_condition_fn=may_pass,
    timeout_seconds=LAND_TIMEOUT,
    cache_policy=NO_CACHE,
    persist_result=False,
)
def land_task(store: Store) -> LoadReport:
    """Load what lies in the inbox into the warehouse."""
    return land_inbox(store)


@flow(name="monitor", validate_parameters=True, persist_result=False)
def monitor(
    sources: Annotated[list[Path], Field(min_length=1, description="Export files or folders.")],
    warehouse: Annotated[Path, Field(description="The DuckDB file.")] = Path("channelwatch.duckdb"),
    affiliations: Annotated[Path | None, Field(description="CSV with channel,actor.")] = None,
    models: Annotated[Path | None, Field(description="Folder of model files.")] = None,
    shadow: Annotated[
        Path | None, Field(description="Model files of a candidate that scores beside it.")
    ] = None,
    inbox: Annotated[
        Path | None, Field(description="Hand over into this folder; open no warehouse.")
    ] = None,
    timezone: Annotated[str, Field(description="IANA zone of dates without an offset.")] = "UTC",
    chats: Literal["channels_and_groups", "all"] = "channels_and_groups",
    mapping: Annotated[dict[str, str], Field(description="Columns of plain files.")] = {},  # noqa: B006
    batch_rows: Annotated[int, Field(ge=1, le=1_000_000)] = 20_000,
    workers: Annotated[int | None, Field(ge=1, description="Batches scored at once.")] = None,
    settle_seconds: Annotated[
        float, Field(ge=0, le=3600, description="Files must have been left alone for so long.")
    ] = 0,
    marker: Annotated[
        str | None, Field(min_length=1, description="Ending of a file beside complete ones: .done")
    ] = None,
    since: Annotated[date | None, Field(description="Files of this day and later ones.")] = None,
    until: Annotated[date | None, Field(description="Files of days before this one.")] = None,
    author_key: Annotated[
        Path | None, Field(description="File with a key to name authors by.")
    ] = None,
) -> RunReport:
    """Read export files, score their messages, land them, and report what is flagged.

    A file's day is the one that its path names, else the one on which it was last changed.
    """
    settings = Settings(
        sources=tuple(sources),
        warehouse=warehouse,
        affiliations=affiliations,
        models=models,
        shadow=shadow,
        inbox=inbox,
        timezone=timezone,
        chats=chats,
        mapping=mapping,
        batch_rows=batch_rows,
        workers=workers or usable_cores(),
        picking=Picking(settle_seconds, marker, since, until),
        author_key=author_key,
    )
    logger = get_run_logger()
    with _followed(_watcher.get() or Silent()) as watcher:
        engine = Engine(score=_score, land=land_task.submit)
        report = execute(settings, prepare(settings), engine, watcher)
    for problem in report.problems:
        logger.error(problem)
    publish(report)
    logger.info("%s", counted(report.to_dict() | {"files": len(report.files)}))
    return report


def run_monitor(settings: Settings, watcher: Progress) -> RunReport:
    """Run the flow in this process, on a Prefect server of its own where none is configured."""
    prepare(settings)  # a user's mistake is told before a server is started
    watcher.say("starting Prefect (the first time on a machine takes some fifteen seconds)")
    token = _watcher.set(watcher)
    try:
        # One more for landing.
        runner: Any = ThreadPoolTaskRunner(max_workers=settings.workers + 1)
        sized = monitor.with_options(task_runner=runner)
        with prefect_server():
            report: RunReport = sized(
                sources=list(settings.sources),
                warehouse=settings.warehouse,
                affiliations=settings.affiliations,
                models=settings.models,
                shadow=settings.shadow,
                inbox=settings.inbox,
                timezone=settings.timezone,
                chats=settings.chats,
                mapping=dict(settings.mapping),
                batch_rows=settings.batch_rows,
                workers=settings.workers,
                author_key=settings.author_key,
            )
        return report
    finally:
        _watcher.reset(token)


class _Followed:
    """Passes progress on, and keeps a progress artifact at most once a second."""

    def __init__(self, inner: Progress) -> None:
        self.inner = inner
        self.total, self.done, self.told = 1, 0, time.monotonic()
        self.artifact: Any = create_progress_artifact(progress=0.0, key="monitor-progress")

    def begin(self, files: int, size: int) -> None:
        self.total = max(size, 1)
        self.inner.begin(files, size)

    def file(self, path: str, size: int) -> None:
        self.inner.file(path, size)

    def batch(self, messages: int) -> None:
        self.inner.batch(messages)

    def file_done(self, size: int) -> None:
        self.done += size
        self._tell(self.done)
        self.inner.file_done(size)

    def say(self, message: str) -> None:
        get_run_logger().warning(message)
        self.inner.say(message)

    def _tell(self, done: float, *, now: bool = False) -> None:
        if now or time.monotonic() - self.told > 1:
            update_progress_artifact(self.artifact, progress=min(100.0, 100.0 * done / self.total))
            self.told = time.monotonic()


@contextmanager
def _followed(inner: Progress) -> Iterator[_Followed]:
    followed = _Followed(inner)
    yield followed
    followed._tell(followed.total, now=True)


def publish(report: RunReport) -> None:
    """Leave the run and its most urgent flags as tables in the Prefect pages."""
    create_table_artifact(
        key="monitor-run",
        table=[_file_row(file) for file in report.files[:1000]],
        description=f"Run {report.run_id}: {report.read} read = {report.landed} landed + "
        f"{report.unchanged} unchanged + {report.quarantined} quarantined",
    )
    if report.queued:
        return
    rows = on_warehouse(Path(report.warehouse), "digest", limit=TOP_FLAGGED)["rows"]
    create_table_artifact(
        key="monitor-flagged",
        table=[_flag_row(row) for row in rows],
        description=f"The most urgent of {report.flagged} flagged scores in {report.warehouse}",
    )


def _file_row(file: FileReport) -> dict[str, Any]:
    return {
        "file": _inert(file.path),
        "format": file.format or "",
        "read": file.read,
        "landed": file.landed,
        "unchanged": file.unchanged,
        "quarantined": file.quarantined,
    }


def _flag_row(row: dict[str, Any]) -> dict[str, Any]:
    words = [row["text"][span["start"] : span["end"]] for span in row["evidence"] or []]
    return {
        "label": row["label"],
        "source": row["source"] or "",
        "target": row["target"] or "",
        "probability": None if row["probability"] is None else round(row["probability"], 3),
        "severity": row["severity"],
        "language": row["language"],
        "sent": row["sent_at"] or "",
        "channel": _inert(row["channel_name"] or row["channel_key"]),
        "words": _inert("; ".join(words)),
        "text": _inert(row["text"]),
    }


_MARKUP = str.maketrans({"[": "［", "]": "］", "<": "＜", ">": "＞", "`": "｀", "|": "｜"})


def _inert(text: str, most: int = 200) -> str:
    """Message text for a page that renders Markdown: bounded, and nothing in it is a link.

    >>> _inert("[x](javascript:1)")
    '［x］(javascript:1)'
    """
    line = " ".join(text[: most + 1].split()).translate(_MARKUP)
    return line if len(text) <= most else line[:most] + "…"
