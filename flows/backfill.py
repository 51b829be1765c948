"""Backfill: a deployment run once for each day of a span, in order, by a Prefect server.

Each run is told its day (``since`` and ``until``), and comes to the same when it is done twice.
Importing this module imports Prefect.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from difflib import get_close_matches
from typing import Any

from flows.prefect_defaults import set_defaults

set_defaults()

from prefect import get_client  # noqa: E402 (defaults first)
from prefect.client.schemas.objects import FlowRun, StateType  # noqa: E402
from prefect.client.schemas.sorting import DeploymentSort  # noqa: E402
from prefect.deployments import run_deployment  # noqa: E402
from prefect.settings import PREFECT_API_URL, temporary_settings  # noqa: E402

from flows.local_server import PrefectUnavailableError, healthy  # noqa: E402

#: Seconds between two looks at a run, and before a run that found its deployment busy comes again.
LOOK, AGAIN = 1.0, 5.0
#: What Prefect says of a run that it left out because another one of its deployment goes on.
BUSY = "concurrency limit"


class BackfillError(ValueError):
    """A backfill that cannot be begun; the message says why and what to do."""

    exit_code = 2


def days_of(since: date, until: date) -> list[date]:
    """The days from the first to the last, both included.

    Raises:
        BackfillError: the last is before the first.

    >>> [day.day for day in days_of(date(2024, 2, 28), date(2024, 3, 1))]
    [28, 29, 1]
    """
    if until < since:
        raise BackfillError(f"--to {until} is before --from {since}")
    return [since + timedelta(days=number) for number in range((until - since).days + 1)]


def backfill(  # noqa: PLR0913, PLR0917
    api: str,
    names: Sequence[str],
    since: date,
    until: date,
    say: Callable[[str], None],
    begin: Callable[[str], None] = lambda _: None,
) -> list[str]:
    """Run the deployments for each day; the runs that did not come to a good end, in words.

    One run after the other: the next day begins when the last one has ended. ``begin`` is told of
    each before it, ``say`` what became of it.

    Raises:
        BackfillError: a deployment is not there, or knows no days.
        PrefectUnavailableError: the server does not answer.
    """
    if not healthy(api, timeout=10):
        raise PrefectUnavailableError(
            f"no Prefect server answers at {api}; start `channelwatch serve`, or set "
            "PREFECT_API_URL"
        )
    wrong = []
    with temporary_settings({PREFECT_API_URL: api}):
        full = [_full_name(name) for name in names]
        days = days_of(since, until)
        for number, day in enumerate(days, 1):
            for name in full:
                begin(f"{day} {name} (day {number:,} of {len(days):,})")
                run = _run(name, day)
                state = run.state.name if run.state else "unknown"
                say(f"{day} {name}: {state}")
                if run.state is None or run.state.type != StateType.COMPLETED:
                    wrong.append(f"{day} {name}: {state}")
    return wrong


def _full_name(name: str) -> str:
    """``flow/deployment`` of a deployment that takes days."""
    with get_client(sync_client=True) as client:
        found = {each.name: each for each in _all(client)}
        if name not in found:
            near = get_close_matches(name, list(found), 1)
            hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(found)}"
            raise BackfillError(f"the server has no deployment {name!r}; {hint}")
        schema: dict[str, Any] = found[name].parameter_openapi_schema or {}
        if not {"since", "until"} <= set(schema.get("properties", {})):
            raise BackfillError(f"the deployment {name!r} has no parameters since and until")
        return f"{client.read_flow(found[name].flow_id).name}/{name}"


def _all(client: Any) -> list[Any]:
    """The server's deployments, two hundred at most."""
    found: list[Any] = client.read_deployments(limit=200, sort=DeploymentSort.NAME_ASC)
    return found


def _run(name: str, day: date) -> FlowRun:
    """Run a deployment for a day, and wait for its end, and for its turn where it is busy."""
    parameters = {"since": day.isoformat(), "until": (day + timedelta(days=1)).isoformat()}
    while True:
        run: Any = run_deployment(
            name,
            parameters=parameters,
            flow_run_name=f"{name.partition('/')[2]} of {day}",
            poll_interval=LOOK,
            tags=["backfill"],
            as_subflow=False,
        )
        found: FlowRun = run
        if (
            found.state is not None
            and found.state.type == StateType.CANCELLED
            and BUSY in (found.state.message or "")
        ):
            time.sleep(AGAIN)
            continue
        return found
