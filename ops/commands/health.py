"""`channelwatch health`: for the health checks of containers and services."""

from __future__ import annotations

import sys
from pathlib import Path

import msgspec

from ops.errors import PROBLEMS
from ops.health import health_of


def health_command(warehouse: Path, as_json: bool, runs_within: int | None = None) -> None:
    """Print how it is in a line, or as JSON; exit 1 where something is wrong.

    ``runs_within``: minutes within which a run must have been heard of.
    """
    found = health_of(warehouse.absolute(), None if runs_within is None else 60.0 * runs_within)
    if as_json:
        sys.stdout.write(msgspec.json.encode(found.to_dict()).decode() + "\n")
    elif found.problems:
        sys.stdout.write("failing: " + "; ".join(found.problems) + "\n")
    else:
        sys.stdout.write(
            f"ok: kept by process {found.owner} for {found.kept_for:.0f} s, "
            f"{found.waiting} files wait in the inbox, {found.rejected} were rejected\n"
        )
    if found.problems:
        raise SystemExit(PROBLEMS)
