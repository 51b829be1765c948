"""Serve the deployments of a table of schedules: a child process of ``channelwatch serve``.

What it has to tell it writes to standard output as lines of JSON. It leaves with its parent, and
the runs that it has started leave with it.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading
import time
from collections.abc import Coroutine, Iterable, Mapping
from concurrent.futures import CancelledError
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from pydantic import ValidationError

from flows.parentage import be_parent, leave_with_parent
from flows.prefect_defaults import set_defaults

set_defaults()

from prefect import get_client  # noqa: E402 (defaults first)
from prefect.client.schemas.filters import (  # noqa: E402
    DeploymentFilter,
    DeploymentFilterId,
    FlowRunFilter,
    FlowRunFilterState,
    FlowRunFilterStateType,
)
from prefect.client.schemas.objects import (  # noqa: E402
    ConcurrencyLimitConfig,
    ConcurrencyLimitStrategy,
    StateType,
)
from prefect.client.schemas.schedules import CronSchedule, IntervalSchedule  # noqa: E402
from prefect.client.schemas.sorting import FlowRunSort  # noqa: E402
from prefect.deployments.runner import RunnerDeployment  # noqa: E402
from prefect.runner import Runner  # noqa: E402
from prefect.settings import PREFECT_API_URL  # noqa: E402
from prefect.states import Crashed  # noqa: E402
from prefect.types.entrypoint import EntrypointType  # noqa: E402

from flows.cut_off import CutOff, follow  # noqa: E402
from flows.local_server import START_SECONDS, healthy  # noqa: E402
from flows.scheduled import NotInstalledError, checked_parameters, flow_of  # noqa: E402
from flows.schedules import CHECK, Deployment, Schedules, SchedulesError, read_schedules  # noqa: E402
from flows.settings import usable_cores  # noqa: E402

#: Seconds that flow runs have to end when this process is ended.
GRACE = 30.0
#: Seconds that they have once Prefect's runner has ended.
RUNS_GRACE = 10.0
PAUSE = 0.5
#: Seconds between two looks for runs whose time has come, and the least of them.
QUERY, LEAST_QUERY = 5.0, 1.0


#: The runner, and the task that tells of runs that were cut off.
Served = tuple[Runner, asyncio.Task[None]]


class Told(msgspec.Struct, frozen=True):
    """One line of what this process tells: rows left out and why, when each one runs next, runs."""

    left_out: list[str] = []
    cut_off: list[CutOff] = []
    next: dict[str, str | None] = {}
    ready: bool = False


def main() -> None:
    """Register everything, say so, and run what is due until the end; or only check the table."""
    values: dict[str, Any] = msgspec.json.decode(sys.argv[1])
    table = read_schedules()
    if sys.argv[2:] == [CHECK]:
        deployments(table, values)
        return
    leave_with_parent(GRACE + 5, group=True)
    be_parent()
    served, left_out = deployments(table, values)
    _tell(Told(left_out=left_out))
    rows = [table.named(each.name) for each in served]
    try:
        _await_server()
        _until_told(_serve(rows, served))
    finally:
        _end_runs()


def _await_server() -> None:
    """Wait for Prefect's server, which may just be started again."""
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and not healthy(str(PREFECT_API_URL.value()), timeout=5):
        time.sleep(PAUSE)


def _until_told(serving: Coroutine[Any, Any, Served]) -> None:
    """Run the runner until SIGTERM or SIGINT, then end it and the runs that go on.

    Not in the main thread: there Prefect would take the signal itself, and leave in the middle of
    its own work.
    """
    told = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: told.set())
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="runner", daemon=True)
    thread.start()
    runner = asyncio.run_coroutine_threadsafe(serving, loop)
    while not told.is_set() and not runner.done():
        told.wait(PAUSE)
    if not runner.done():
        runner.cancel()
        return
    served, _following = runner.result()  # (held: the loop itself would let go of the task)
    running = asyncio.run_coroutine_threadsafe(served.start(), loop)
    while not told.wait(PAUSE):
        if running.done():
            running.result()
            raise RuntimeError("Prefect's runner ended by itself")
    with suppress(RuntimeError, TimeoutError, CancelledError):
        if served.started:
            asyncio.run_coroutine_threadsafe(served.astop(), loop).result(GRACE)
        running.result(GRACE / 2)


def deployments(
    table: Schedules, values: Mapping[str, Any]
) -> tuple[list[RunnerDeployment], list[str]]:
    """The rows as Prefect's deployments, and what was left out because it is not installed.

    Raises:
        SchedulesError: a flow, a parameter or a schedule is not as it must be.
    """
    served, left_out = [], []
    for row in table.deployments.values():
        try:
            flow = flow_of(table, row)
        except NotInstalledError as problem:
            left_out.append(str(problem))
            continue
        served.append(_deployment(table, row, flow, checked_parameters(table, row, flow, values)))
    return served, left_out


def _deployment(
    table: Schedules, row: Deployment, flow: Any, parameters: dict[str, Any]
) -> RunnerDeployment:
    busy = ConcurrencyLimitStrategy.CANCEL_NEW
    if row.when_busy == "wait":
        busy = ConcurrencyLimitStrategy.ENQUEUE
    try:
        deployment = RunnerDeployment.from_flow(
            flow,
            name=row.name,
            schedule=schedule_of(row),
            concurrency_limit=ConcurrencyLimitConfig(
                limit=row.concurrency, collision_strategy=busy
            ),
            parameters=_plain(parameters),
            description=row.description,
            tags=list(row.tags),
            paused=row.paused,
            entrypoint_type=EntrypointType.MODULE_PATH,
        )
    except ValidationError as error:
        why = "; ".join(each["msg"].removeprefix("Value error, ") for each in error.errors())
        raise SchedulesError(f"{table.where(row.name)}: {row.name}: {why}") from error
    deployment.entrypoint = f"flows.scheduled.{row.attribute}"
    return deployment


def schedule_of(row: Deployment) -> Any:
    """A row's schedule as Prefect has it; intervals begin now. None for what is run by hand.

    Raises:
        ValueError: the cron expression has no meaning.
    """
    if row.cron is not None:
        return CronSchedule(cron=row.cron, timezone=row.timezone)
    if row.every_minutes is not None:
        return IntervalSchedule(
            interval=timedelta(minutes=row.every_minutes),
            anchor_date=datetime.now(UTC),
            timezone="UTC",
        )
    return None


def _plain(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters as the API keeps them."""
    plain: dict[str, Any] = msgspec.to_builtins(dict(parameters), enc_hook=str)
    return plain


def _end_runs() -> None:
    """See to it that no run outlives this process, whatever the runner came to.

    A run that was told to end may wait for a server that has gone.
    """
    end = time.monotonic() + RUNS_GRACE
    while time.monotonic() < end:
        try:
            ended, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:  # none is left
            return
        if not ended:
            time.sleep(PAUSE / 5)
    if os.getpgrp() == os.getpid():
        os.killpg(os.getpid(), signal.SIGKILL)


async def _serve(rows: list[Deployment], served: Iterable[RunnerDeployment]) -> Served:
    """A runner with all deployments registered, and in order what an earlier one left behind."""
    shortest = min((row.every_minutes * 60 for row in rows if row.every_minutes), default=QUERY * 2)
    runner = Runner(
        name="channelwatch",
        limit=usable_cores(),
        pause_on_shutdown=False,
        query_seconds=min(QUERY, max(LEAST_QUERY, shortest / 2)),
    )
    ids = {}
    for deployment in served:
        ids[deployment.name] = await runner.aadd_deployment(deployment)
    await put_in_order(list(ids.values()))
    await begin(rows, ids)
    _tell(Told(next={row.name: await upcoming(row) for row in rows}, ready=True))
    following = asyncio.create_task(follow(ids, lambda found: _tell(Told(cut_off=found))))
    return runner, following


async def put_in_order(ids: list[UUID]) -> None:
    """What an earlier end of this process has left behind.

    Runs that are said to be running are not: only this process runs them. Of those whose time came
    while nobody was there, the latest of each deployment is made up for.
    """
    async with get_client() as client:
        for run in await _runs(client, ids, StateType.RUNNING, StateType.PENDING,
                               StateType.CANCELLING):  # fmt: skip
            state: Any = Crashed(message="the worker was ended while this run went on")
            await client.set_flow_run_state(run.id, state, force=True)
        for deployment_id in ids:
            found = await client.read_deployment(deployment_id)
            limit = getattr(found, "global_concurrency_limit", None)
            if limit is not None and limit.active_slots:
                await client._client.patch(  # (it has no method for it)
                    f"/v2/concurrency_limits/{limit.id}", json={"active_slots": 0}
                )
        made_up: set[Any] = set()
        now = datetime.now(UTC)
        late = await _runs(client, ids, StateType.SCHEDULED)
        for run in sorted(late, key=lambda run: run.expected_start_time or now, reverse=True):
            if not run.auto_scheduled or (run.expected_start_time or now) >= now:
                continue
            if run.deployment_id in made_up:
                await client.delete_flow_run(run.id)
            made_up.add(run.deployment_id)


async def begin(rows: Iterable[Deployment], ids: Mapping[str, UUID]) -> None:
    """Run at once what runs every so many minutes: its first interval has only begun."""
    async with get_client() as client:
        for row in rows:
            if row.every_minutes is not None and not row.paused:
                await client.create_flow_run_from_deployment(ids[row.name])


async def _runs(client: Any, ids: list[UUID], *states: StateType) -> list[Any]:
    found: list[Any] = await client.read_flow_runs(
        deployment_filter=DeploymentFilter(id=DeploymentFilterId(any_=ids)),
        flow_run_filter=FlowRunFilter(
            state=FlowRunFilterState(type=FlowRunFilterStateType(any_=list(states)))
        ),
        sort=FlowRunSort.EXPECTED_START_TIME_DESC,
        limit=200,
    )
    return found


async def upcoming(row: Deployment) -> str | None:
    """When a row runs next by its schedule, ISO, UTC; None where it waits for a hand."""
    from prefect.server.schemas import schedules  # noqa: PLC0415 (seconds to import)

    schedule = None if row.paused else schedule_of(row)
    if schedule is None:
        return None
    kind = getattr(schedules, type(schedule).__name__)
    moments = await kind(**schedule.model_dump()).get_dates(1, start=datetime.now(UTC))
    return min(moments).astimezone(UTC).isoformat(timespec="seconds") if moments else None


def _tell(told: Told) -> None:
    sys.stdout.write(msgspec.json.encode(told).decode() + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    try:
        main()
    except SchedulesError as problem:
        sys.stderr.write(f"{problem}\n")
        raise SystemExit(problem.exit_code) from None
