"""Flow runs that ended without a word of their own: each is told of once Prefect knows of it.

What is killed says nothing. That its process has gone stands on Prefect's pages alone: the runner
notes it there below the level that is written to the log, and where the runner is killed too, the
next one notes it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from prefect import get_client
from prefect.client.schemas.filters import (
    DeploymentFilter,
    DeploymentFilterId,
    FlowRunFilter,
    FlowRunFilterEndTime,
    FlowRunFilterState,
    FlowRunFilterStateType,
)
from prefect.client.schemas.objects import StateType
from prefect.client.schemas.sorting import FlowRunSort

_log = logging.getLogger(__name__)

#: Seconds between two looks.
PAUSE = 5.0
#: How far back the first look goes: to what ended while nobody looked.
BACK = timedelta(minutes=10)
#: Runs of one look.
MOST = 200


class CutOff(msgspec.Struct, frozen=True):
    """A run: its id and name as Prefect has them, its deployment, and what is known of its end."""

    id: str
    name: str
    deployment: str
    why: str


async def follow(ids: dict[str, UUID], tell: Callable[[list[CutOff]], None]) -> None:
    """Tell what was cut off of the deployments (name → id), until cancelled."""
    told: set[str] = set()
    failed: str | None = None
    while True:
        try:
            found = await _cut_off(ids)
        except Exception as error:  # noqa: BLE001 (the server is away: it is asked again)
            if failed != type(error).__name__:
                failed = type(error).__name__
                _log.warning("Prefect does not say which runs were cut off (%s)", failed)
        else:
            failed = None
            if new := [each for each in found if each.id not in told]:
                tell(new)
            told = {each.id for each in found}  # the others are too old to be found again
        await asyncio.sleep(PAUSE)


async def _cut_off(ids: dict[str, UUID]) -> list[CutOff]:
    names = {deployment: name for name, deployment in ids.items()}
    async with get_client() as client:
        runs: list[Any] = await client.read_flow_runs(
            deployment_filter=DeploymentFilter(id=DeploymentFilterId(any_=list(names))),
            flow_run_filter=FlowRunFilter(
                state=FlowRunFilterState(type=FlowRunFilterStateType(any_=[StateType.CRASHED])),
                end_time=FlowRunFilterEndTime.model_validate({"after_": datetime.now(UTC) - BACK}),
            ),
            sort=FlowRunSort.END_TIME_DESC,
            limit=MOST,
        )
    return [
        CutOff(str(run.id), run.name, names.get(run.deployment_id, "?"), _why(run))
        for run in reversed(runs)
    ]


def _why(run: Any) -> str:
    """The first sentence of what Prefect keeps; the next ones guess at causes."""
    message = run.state.message if run.state is not None else None
    return (message or "it ended without a word").partition(". ")[0].rstrip(".")
