"""All faults, one after the other, over the same exports; a row for each."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ops.campaigns.faults import cluster, console, disks, kills, odd, served
from ops.campaigns.faults.ground import Ground, Row

#: The faults by name, and how often each is done where nothing else is said.
ALL = (
    *("kills", "serve", "full", "read-only", "full-console", "read-only-console"),
    *("truncated", "clock", "locked", "dask"),
)
_EACH = {
    "full": disks.full,
    "read-only": disks.read_only,
    "full-console": console.full,
    "read-only-console": console.read_only,
    "truncated": odd.truncated,
    "clock": odd.jumping,
    "locked": odd.locked,
    "dask": cluster.worker_lost,
}
#: The part of the kills that is done within `serve`, which takes its time to come back.
WITHIN_SERVE = 0.3


@dataclass(frozen=True)
class Faults:
    """What `channelwatch campaign faults` is told: ``kills`` in all, ``times`` of each other."""

    kills: int
    times: int
    messages: int
    seed: int
    only: tuple[str, ...] = ALL


def run(told: Faults, say: Callable[[str], None]) -> list[Row]:
    """Do them; the rows in the order in which they were done."""
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(
        prefix="channelwatch-faults-", ignore_cleanup_errors=True
    ) as name:
        ground = Ground(Path(name), told.messages, told.seed, say)
        within = round(told.kills * WITHIN_SERVE) if "serve" in told.only else 0
        if "kills" in told.only:
            rows.append(kills.flow(ground, told.kills - within))
        if within:
            try:
                rows += served.everything(ground, within)
            except RuntimeError as failed:  # and the others are still worth their time
                rows.append(Row("kills within `serve`", "cut short", problems=[str(failed)]))
        rows += [each(ground, told.times) for what, each in _EACH.items() if what in told.only]
    return rows


def to_dict(told: Faults, rows: list[Row]) -> dict[str, Any]:
    """Plain data for JSON."""
    return asdict(told) | {
        "holds": all(row.holds for row in rows),
        "rows": [asdict(row) | {"holds": row.holds} for row in rows],
    }
