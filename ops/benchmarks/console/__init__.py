"""Suite `console`: the review console over a large warehouse, beside a flow, and killed.

A part is a module here with a ``measure`` and a ``show``, listed in :data:`PARTS`. Console, flow
and moderators are processes of their own that speak as they do in earnest: HTTP and the inbox.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console

from ops.benchmarks.console import killed, scale, together
from ops.benchmarks.console.setting import Setting

MESSAGES = 10_000_000
#: One message in so many is flagged.
FLAGGED = 50
#: Messages that a flow lands beside moderators, seconds for which they decide, kills.
LANDING, SECONDS, KILLS = 500_000, 120.0, 20
PARTS = {"scale": scale, "together": together, "killed": killed}


def measure(  # noqa: PLR0913 (what the command is told)
    *,
    messages: int | None,
    seed: int,
    models: Path | None,
    say: Callable[[str], None],
    parts: Sequence[str] = (),
    keep: Path | None = None,
) -> list[dict[str, Any]]:
    """Rows of the parts, all where none is named; ``part`` names the one that a row is of.

    Args:
        messages: of the large warehouse; with fewer than it lands, a flow lands as many.
        keep: a folder for what is built, used again the next time.
    """
    found = []
    count = messages or MESSAGES
    with tempfile.TemporaryDirectory(prefix="channelwatch-console-") as folder:
        setting = Setting(
            messages=count,
            flagged=max(count // FLAGGED, 1),
            landing=min(count, LANDING),
            seconds=SECONDS,
            kills=KILLS,
            seed=seed,
            models=models,
            say=say,
            folder=Path(folder),
            keep=keep or Path(folder) / "built",
        )
        for name in parts or PARTS:
            rows = PARTS[name].measure(setting)
            found += [{"suite": "console", "part": name, **row} for row in rows]
    return found


def show(rows: list[dict[str, Any]], console: Console) -> None:
    """What each part found."""
    for name, part in PARTS.items():
        own = [row for row in rows if row["part"] == name]
        if own:
            part.show(own, console)
