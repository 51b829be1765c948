"""The fan-out flow: partitions scored on Dask through Prefect, with its retries and pages.

Importing this module imports Prefect and Dask, which takes seconds.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

from flows.prefect_defaults import set_defaults

set_defaults()

from prefect import flow, get_run_logger, task
from prefect.artifacts import create_table_artifact
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State
from prefect.task_runners import ThreadPoolTaskRunner
from pydantic import Field

from flows.cluster import PATIENCE, ClusterProblem, client_of, options
from flows.fanning import Fanout, FanoutReport, fan_out
from flows.local_server import healthy, prefect_server
from flows.monitor import SCORE_TIMEOUT, may_pass
from flows.partitions import score_partition
from flows.progress import Progress, Silent
from flows.scoring import Scoring
from flows.stores import StoreProblem
from flows.watching.safe import counted

_watcher: ContextVar[Progress | None] = ContextVar("watcher", default=None)


def _may_pass(ours: Any, run: Any, state: State[Any]) -> bool:
    """Whether an error may be gone at the next try: a store out of reach may be back."""
    try:
        state.result()
    except StoreProblem as problem:
        return problem.may_pass
    except Exception:  # noqa: BLE001 (as in any other task)
        return bool(may_pass(ours, run, state))
    return False


#: Made of a function that other processes can import: a decorated one does not travel.
score_partition_task = task(
    name="score-partition",
    task_run_name="score {partition}",
    retries=2,
    retry_delay_seconds=[1, 10],
    retry_jitter_factor=0.5,
    retry_condition_fn=_may_pass,
    timeout_seconds=SCORE_TIMEOUT,
    cache_policy=NO_CACHE,
    persist_result=False,
)(score_partition)


def _watching() -> Progress:
    """Who watches. A function, because the flow itself travels to the workers, and what it names
    in its own body has to travel with it."""
    return _watcher.get() or Silent()


def _submit(partition: str, out: str, how: Scoring, key: str | None) -> Any:
    plain: Any = tuple(how)
    return score_partition_task.submit(partition, out, plain, key)


@flow(name="score-partitions", validate_parameters=True, persist_result=False)
def score_partitions(
    source: Annotated[str, Field(description="URL of Parquet files of messages.")],
    out: Annotated[str, Field(description="URL of the folder for the results.")],
    warehouse: Annotated[Path | None, Field(description="Hand over to this DuckDB file.")] = None,
    models: Annotated[Path | None, Field(description="Folder of model files.")] = None,
    affiliations: Annotated[Path | None, Field(description="CSV with channel,actor.")] = None,
    clear: Annotated[bool, Field(description="Encrypt no result, though there is a key.")] = False,
) -> FanoutReport:
    """Score partitions side by side, and hand the answers over to a warehouse."""
    wanted = Fanout(source, out, warehouse, models, affiliations, clear=clear)
    report = fan_out(wanted, _submit, _watching())
    for problem in report.problems:
        get_run_logger().error(problem)
    facts = report.to_dict()
    row = {name: facts[name] for name in ("run_id", "model_version", "partitions", "rows")}
    create_table_artifact(key="partitions-run", table=[row | {"before": report.before}])
    get_run_logger().info("%s", counted(facts))
    return report


def run_fanout(wanted: Fanout, watcher: Progress) -> FanoutReport:
    """Run the flow in this process, its tasks where they are wanted."""
    watcher.say("starting Prefect (the first time on a machine takes some fifteen seconds)")
    token = _watcher.set(watcher)
    given = asdict(wanted)
    for name in ("dask", "workers"):
        del given[name]
    try:
        with prefect_server() as address, _told(address):
            if wanted.dask:
                see_prefect(wanted.dask, address, watcher)
            sized = score_partitions.with_options(task_runner=_runner(wanted))
            report: FanoutReport = sized(**given)
        return report
    finally:
        _watcher.reset(token)


def see_prefect(dask: str, api: str, progress: Progress) -> None:
    """See that the workers of a cluster reach a Prefect server, which their tasks report to.

    Raises:
        ClusterProblem: one does not, or has no channelwatch; or no scheduler answers.
    """
    try:
        with client_of(dask, 0, progress) as client:
            answers = client.run(healthy, api, PATIENCE)
    except ModuleNotFoundError as problem:
        if problem.name != "flows":
            raise
        raise ClusterProblem(
            f"a worker of {dask} has no channelwatch: install the same one on every worker"
        ) from problem
    if away := sorted(worker for worker, reached in answers.items() if not reached):
        raise ClusterProblem(
            f"{len(away)} of {len(answers)} workers, the first {away[0]}, do not reach the Prefect "
            f"server at {api}: set PREFECT_API_URL to one that they reach (one that a command "
            "starts for itself is for this machine alone), or say --direct to do without Prefect"
        )


def _runner(wanted: Fanout) -> Any:
    if not wanted.dask and not wanted.workers:
        return ThreadPoolTaskRunner(max_workers=1)
    from prefect_dask import DaskTaskRunner  # noqa: PLC0415 (an extra)

    if wanted.dask:
        return DaskTaskRunner(address=wanted.dask)
    return DaskTaskRunner(
        cluster_class="distributed.LocalCluster", cluster_kwargs=options(wanted.workers)
    )


@contextmanager
def _told(address: str) -> Iterator[None]:
    """Tell the workers that are started which server there is, or each would start its own."""
    former = os.environ.get("PREFECT_API_URL")
    os.environ["PREFECT_API_URL"] = address
    try:
        yield
    finally:
        if former is None:
            os.environ.pop("PREFECT_API_URL", None)
        else:
            os.environ["PREFECT_API_URL"] = former
