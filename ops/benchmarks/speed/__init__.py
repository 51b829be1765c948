"""Suite `speed`: from files on disk to committed rows, where the time goes, and how soon it starts.

A section is a module here with a ``measure`` and a ``show``, listed in :data:`SECTIONS`. What is
timed runs in processes of its own, so that each peak of memory is that of one measurement.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rich.console import Console

from ops.benchmarks.speed import end_to_end, scoring, stages, start
from ops.benchmarks.speed.setting import Setting

MESSAGES = 200_000
SECTIONS = {"end_to_end": end_to_end, "stages": stages, "scoring": scoring, "start": start}


def measure(
    *, messages: int | None, seed: int, models: Path | None, say: Callable[[str], None]
) -> list[dict[str, Any]]:
    """Rows of all sections; ``section`` names the one that a row is of."""
    found = []
    with tempfile.TemporaryDirectory(prefix="channelwatch-speed-") as folder:
        setting = Setting(messages or MESSAGES, seed, models, say, Path(folder))
        for name, section in SECTIONS.items():
            rows = section.measure(setting)
            found += [{"suite": "speed", "section": name, **row} for row in rows]
    return found


def show(rows: list[dict[str, Any]], console: Console) -> None:
    """A table of each section."""
    for name, section in SECTIONS.items():
        section.show([row for row in rows if row["section"] == name], console)
