"""The rescore flow: :mod:`flows.rescoring` with Prefect's retries, limits and pages.

Also what scores a candidate model in the shadow of the current one. Importing this module imports
Prefect.
"""

from __future__ import annotations

import time
from contextvars import ContextVar
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, Literal

from flows.prefect_defaults import set_defaults

set_defaults()

from prefect import flow, get_run_logger, task
from prefect.artifacts import create_progress_artifact, create_table_artifact
from prefect.artifacts import update_progress_artifact as update_progress
from prefect.cache_policies import NO_CACHE
from prefect.task_runners import ThreadPoolTaskRunner
from prefect.utilities.annotations import quote
from pydantic import Field

from flows.local_server import prefect_server
from flows.monitor import SCORE_TIMEOUT, land_task
from flows.progress import Progress, Silent
from flows.rescoring import (
    Part,
    RescoreEngine,
    RescoreReport,
    Rescoring,
    execute,
    score_part,
)
from flows.scoring import Scoring
from flows.settings import usable_cores
from flows.watching.safe import counted
from warehouse.inbox import Staged

_watcher: ContextVar[Progress | None] = ContextVar("watcher", default=None)


@task(
    name="score-slice",
    task_run_name="score {order}",
    retries=2,
    retry_delay_seconds=[1, 10],
    retry_jitter_factor=0.5,
    retry_condition_fn=land_task.retry_condition_fn,
    timeout_seconds=SCORE_TIMEOUT,
    cache_policy=NO_CACHE,
    persist_result=False,
)
def score_slice_task(order: str, part: Part, how: Scoring) -> Staged:
    """Score a part of a slice and stage it for the inbox."""
    return score_part(part, how)


def _score(part: Part, how: Scoring) -> Any:
    quoted: Any = quote(part), quote(how)
    return score_slice_task.submit(part.order, *quoted)


@flow(name="rescore", validate_parameters=True, persist_result=False)
def rescore(
    warehouse: Annotated[Path, Field(description="The DuckDB file.")] = Path("channelwatch.duckdb"),
    models: Annotated[Path | None, Field(description="Folder of model files.")] = None,
    affiliations: Annotated[Path | None, Field(description="CSV with channel,actor.")] = None,
    purpose: Annotated[
        Literal["rescore", "shadow"],
        Field(description="shadow: the answers touch no flag, and are there to be compared."),
    ] = "rescore",
    since: Annotated[str | None, Field(description="Sent from this date on, ISO, UTC.")] = None,
    until: Annotated[str | None, Field(description="Sent before this date, ISO, UTC.")] = None,
    channel: Annotated[str | None, Field(description="Of this channel_key alone.")] = None,
    all_revisions: Annotated[bool, Field(description="Superseded revisions too.")] = False,
    share: Annotated[float, Field(gt=0, le=1, description="A fixed sample of so much.")] = 1.0,
    limit: Annotated[int | None, Field(ge=1, description="At most so many messages.")] = None,
    workers: Annotated[int | None, Field(ge=1, description="Parts scored at once.")] = None,
) -> RescoreReport:
    """Score the messages of a warehouse that this model has not scored yet."""
    wanted = Rescoring(
        warehouse=warehouse,
        models=models,
        affiliations=affiliations,
        purpose=purpose,
        since=since,
        until=until,
        channel=channel,
        all_revisions=all_revisions,
        share=share,
        limit=limit,
        workers=workers or usable_cores(),
    )
    engine = RescoreEngine(score=_score, land=land_task.submit)
    report = execute(wanted, engine, _Followed(_watcher.get() or Silent()))
    for problem in report.problems:
        get_run_logger().error(problem)
    facts = report.to_dict()
    row = {name: facts[name] for name in ("run_id", "model_version", "scored", "kept", "flagged")}
    create_table_artifact(key="rescore-run", table=[row], description=f"Purpose: {purpose}")
    get_run_logger().info("%s", counted(facts))
    return report


def run_rescore(wanted: Rescoring, watcher: Progress) -> RescoreReport:
    """Run the flow in this process, on a Prefect server of its own where none is configured."""
    watcher.say("starting Prefect (the first time on a machine takes some fifteen seconds)")
    token = _watcher.set(watcher)
    try:
        runner: Any = ThreadPoolTaskRunner(max_workers=wanted.workers + 1)  # one more for landing
        given = asdict(wanted)
        for name in ("slice_rows", "lot_rows"):
            del given[name]
        with prefect_server():
            report: RescoreReport = rescore.with_options(task_runner=runner)(**given)
        return report
    finally:
        _watcher.reset(token)


class _Followed(Silent):
    """Passes progress on, and keeps a progress artifact at most once a second."""

    def __init__(self, inner: Progress) -> None:
        self.inner = inner
        self.total, self.done, self.told = 1, 0, time.monotonic()
        self.artifact: Any = create_progress_artifact(progress=0.0, key="rescore-progress")

    def begin(self, files: int, size: int) -> None:
        self.total = max(size, 1)
        self.inner.begin(files, size)

    def batch(self, messages: int) -> None:
        self.inner.batch(messages)

    def file_done(self, size: int) -> None:
        self.done += size
        self.inner.file_done(size)
        if self.done >= self.total or time.monotonic() - self.told > 1:
            update_progress(self.artifact, progress=min(100.0, 100.0 * self.done / self.total))
            self.told = time.monotonic()

    def say(self, message: str) -> None:
        get_run_logger().warning(message)
        self.inner.say(message)
