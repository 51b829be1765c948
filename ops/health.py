"""How a served warehouse is, seen from beside it: no database and no network is opened."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from warehouse import presence
from warehouse.inbox import inbox_of, pending

#: Seconds after which a keeper that looked no more, or a file that nobody loads, is a problem.
SILENT, STUCK = 300.0, 900.0


@dataclass(frozen=True)
class Health:
    """What was found; times in seconds. ``problems`` is empty where all is well."""

    owner: int | None  # process id of the keeper
    kept_for: float | None
    looked: float | None  # since the keeper last looked into the inbox
    heard: float | None  # since a run last brought something, or asked for it
    waiting: int  # files in the inbox
    oldest: float | None  # age of the oldest of them
    rejected: int  # files that could not be loaded
    problems: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {"status": "failing" if self.problems else "ok"} | asdict(self)


def health_of(warehouse: Path, runs_within: float | None = None) -> Health:
    """Look at the sign of the keeper and at the inbox.

    Args:
        warehouse: its file.
        runs_within: seconds within which a run must have brought something, or asked for it: each
            does that has its schedule, whether it found anything new or not. None: none need have.
    """
    now = time.time()
    sign = presence.seen(warehouse)
    inbox = inbox_of(warehouse)
    ages = [now - moment for moment in map(_changed, pending(inbox)[0]) if moment is not None]
    oldest = max(ages, default=None)
    problems = []
    if sign is None:
        problems.append(f"nobody keeps {warehouse}: start `channelwatch serve` or `console`")
    elif sign.problem:
        problems.append(f"keeping fails: {sign.problem}")
    elif sign.age > SILENT:
        problems.append(f"the keeper (process {sign.pid}) has not looked for {sign.age:.0f} s")
    quiet = now - (sign.heard or sign.since) if sign else 0.0
    if runs_within is not None and quiet > runs_within:
        problems.append(
            f"no run was heard of for {quiet / 60:.0f} min: are the schedules paused, or Prefect's "
            "server or worker away? `channelwatch doctor`, and the runs in Prefect's pages, tell"
        )
    if oldest is not None and oldest > STUCK:
        problems.append(f"the oldest file in {inbox} waits for {oldest:.0f} s")
    return Health(
        owner=sign.pid if sign else None,
        kept_for=round(now - sign.since, 1) if sign else None,
        looked=round(sign.age, 1) if sign else None,
        heard=round(now - sign.heard, 1) if sign and sign.heard else None,
        waiting=len(ages),
        oldest=round(oldest, 1) if oldest is not None else None,
        rejected=len(list((inbox / "rejected").glob("*.arrow"))),
        problems=tuple(problems),
    )


def _changed(entry: Any) -> float | None:
    try:
        moment: float = entry.path.stat().st_mtime
    except FileNotFoundError:  # loaded meanwhile
        return None
    return moment
