"""Whether every deployment ran as often as its schedule says; what failed or came late, by name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from math import ceil, floor
from typing import Any

from ops.campaigns.serving import Served

_PAGE = 200
#: States in which a run has something to do still.
ACTIVE = frozenset({"RUNNING", "PENDING", "CANCELLING", "PAUSED"})


@dataclass(frozen=True)
class Run:
    """A flow run, as Prefect has it; ``due`` and ``began`` in seconds since 1970.

    ``scheduled``: by its schedule, and not because `serve` has just started.
    """

    id: str
    deployment: str
    name: str
    kind: str
    state: str
    due: float
    began: float | None
    scheduled: bool = True


@dataclass
class Kept:
    """The runs of a deployment between two moments, and how many the schedule makes of them."""

    deployment: str
    every_seconds: float
    at_least: int
    at_most: int
    runs: int = 0
    states: dict[str, int] = field(default_factory=dict)
    latest_seconds: float = 0.0
    problems: list[str] = field(default_factory=list)


def deployments(served: Served) -> dict[str, str]:
    """The deployments by their ids."""
    return {each["id"]: each["name"] for each in served.ask("deployments/filter", {})}


def flow_runs(served: Served, names: Mapping[str, str]) -> list[Run]:
    """All flow runs of deployments, those that are still to come among them."""
    found: list[Run] = []
    while True:
        page = served.ask(
            "flow_runs/filter",
            {"limit": _PAGE, "offset": len(found), "sort": "ID_DESC"},
        )
        found += [_run(each, names) for each in page]
        if len(page) < _PAGE:
            return [run for run in found if run.deployment]


def _run(each: Mapping[str, Any], names: Mapping[str, str]) -> Run:
    return Run(
        id=each["id"],
        deployment=names.get(each["deployment_id"] or "", ""),
        name=each["name"],
        kind=each["state_type"] or "",
        state=each["state_name"] or "",
        due=_seconds(each["expected_start_time"]) or 0.0,
        began=_seconds(each["start_time"]),
        scheduled=bool(each["auto_scheduled"]),
    )


def _seconds(text: str | None) -> float | None:
    return datetime.fromisoformat(text).timestamp() if text else None


def held(
    every: Mapping[str, float],
    skips: Iterable[str],
    runs: Iterable[Run],
    window: tuple[float, float],
    late_seconds: float,
) -> list[Kept]:
    """The runs that were due within the window, beside the schedule; what failed before as well.

    ``every``: seconds of each deployment; ``skips``: those that are not run while one still runs,
    whose runs may have been cancelled for that.
    """
    begin, end = window
    found = {}
    for name, seconds in every.items():
        times = (end - begin) / seconds
        # Where the window begins between two runs is chance.
        found[name] = Kept(name, seconds, max(0, floor(times)), ceil(times))
    for run in runs:
        if run.deployment not in found or run.due >= end:
            continue
        kept = found[run.deployment]
        kept.problems += failed(run, skips=run.deployment in skips)
        if run.scheduled and run.due >= begin:
            _add(kept, run, end, late_seconds)
    for kept in found.values():
        if not kept.at_least <= kept.runs <= kept.at_most:
            kept.problems.append(
                f"{kept.runs} runs of {kept.deployment}, the schedule makes "
                f"{kept.at_least} to {kept.at_most}"
            )
    return list(found.values())


def failed(run: Run, *, skips: bool) -> list[str]:
    """What is to be said of a run that did not come to its good end."""
    if run.kind in ("COMPLETED", "SCHEDULED", *ACTIVE) or (skips and run.kind == "CANCELLED"):
        return []
    return [f"{run.name} of {run.deployment} is {run.state}"]


def _add(kept: Kept, run: Run, end: float, late_seconds: float) -> None:
    kept.runs += 1
    kept.states[run.state] = kept.states.get(run.state, 0) + 1
    if run.kind == "CANCELLED":
        return
    late = (run.began if run.began is not None else max(end, run.due)) - run.due
    kept.latest_seconds = max(kept.latest_seconds, late)
    if late > late_seconds:
        how = "began" if run.began is not None else "has not begun"
        kept.problems.append(f"{run.name} of {kept.deployment} {how} {late:.0f} s late")
