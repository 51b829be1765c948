"""Where the time goes: the stages of a run one after the other over the same messages.

CPU seconds of all threads, so that the sum says what a core can do at most. A run does the same
with the stages side by side.
"""

from __future__ import annotations

import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from flows.line import LAND_AFTER
from flows.prepare import Prepared, prepare
from flows.scoring import Scoring, analyse
from flows.settings import Settings
from ops.benchmarks.speed.inputs import FORMATS, made
from ops.benchmarks.speed.setting import Setting, answer, in_a_process
from warehouse.batches import batch_id, batch_metadata
from warehouse.inbox import Packed, hand_over
from warehouse.reading import Batch, identify, read
from warehouse.store import Store, open_store

STAGES = ("start", "identify", "read", "score", "stage", "load", "checkpoint", "rest")


def measure(setting: Setting) -> list[dict[str, Any]]:
    """Rows of format, stage, CPU seconds, microseconds a message and share."""
    found = []
    for format in FORMATS:
        data = made(setting, setting.messages, format)
        setting.say(f"the stages one by one over {setting.messages:,} messages ({format})")
        warehouse = setting.folder / f"stages-{format}.duckdb"
        told = in_a_process(
            __name__, data.sources, data.affiliations, warehouse, setting.models or ""
        )
        total = sum(told["cpu_seconds"].values())
        for stage in STAGES:
            seconds = told["cpu_seconds"][stage]
            found.append(
                {
                    "format": format,
                    "stage": stage,
                    "messages": told["messages"],
                    "cpu_seconds": round(seconds, 3),
                    "microseconds_a_message": round(1e6 * seconds / told["messages"], 2),
                    "share": round(seconds / total, 4),
                }
            )
    return found


class Clock:
    """CPU seconds of this process, by stage."""

    def __init__(self) -> None:
        self.spent: dict[str, float] = defaultdict(float)

    @contextmanager
    def __call__(self, stage: str) -> Iterator[None]:
        began = time.process_time()
        yield
        self.spent[stage] += time.process_time() - began


class StagedRun:
    """A run without overlap: files to lots, lots to the inbox, the inbox to the warehouse."""

    def __init__(self, settings: Settings, prepared: Prepared, store: Store, clock: Clock) -> None:
        self.rows = settings.batch_rows
        self.scoring = Scoring(prepared.affiliations, prepared.model_version, settings.models)
        self.store = store
        self.clock = clock
        self.messages = 0
        self.lots = 0
        self.lot: list[tuple[str, Batch]] = []

    def read(self, path: Path) -> None:
        """Take in one file."""
        with self.clock("identify"):
            source = identify(path)
        items = iter(read(source, batch_rows=self.rows))
        while True:
            with self.clock("read"):
                item = next(items, None)
            if not isinstance(item, Batch):
                return
            self.lot.append((source.source_id, item))
            self.messages += item.messages.num_rows
            if sum(batch.messages.num_rows for _, batch in self.lot) >= self.rows:
                self.finish_lot()

    def finish_lot(self) -> None:
        """Score what is gathered, stage it, and load when there is enough."""
        if not self.lot:
            return
        with self.clock("score"):
            table = analyse([batch for _, batch in self.lot], self.scoring)
        names = []
        for source_id, batch in self.lot:
            metadata = batch_metadata(
                run_id="run", source_id=source_id, reading="r", sequence=batch.sequence
            )
            name = batch_id(source_id, "r", "messages", batch.sequence)
            names.append(Packed(name, batch.messages.num_rows, metadata))
        self.lot.clear()
        self.lots += 1
        with self.clock("stage"):
            order = f"{self.lots:08}"
            hand_over(self.store.inbox, kind="messages", order=order, batches=names, table=table)
        if self.lots % LAND_AFTER == 0:
            self.load()

    def load(self) -> None:
        """Load what lies in the inbox."""
        with self.clock("load"):
            self.store.load_inbox()


def run(settings: Settings) -> dict[str, Any]:
    """All stages in this process; messages and CPU seconds by stage."""
    began = time.process_time()
    clock = Clock()
    with clock("start"):
        prepared = prepare(settings)
    with open_store(settings.warehouse) as store:
        staged = StagedRun(settings, prepared, store, clock)
        for path in prepared.files:
            staged.read(path)
        staged.finish_lot()
        staged.load()
        with clock("checkpoint"):
            store.checkpoint()
    clock.spent["rest"] = time.process_time() - began - sum(clock.spent.values())
    return {
        "messages": staged.messages,
        "cpu_seconds": {name: clock.spent[name] for name in STAGES},
    }


def show(rows: list[dict[str, Any]], console: Console) -> None:
    """A line per stage, the formats side by side."""
    table = Table(title="Where the CPU time goes", box=box.SIMPLE_HEAD)
    table.add_column("stage")
    for format in FORMATS:
        table.add_column(f"{format}: s", justify="right")
        table.add_column("µs a message", justify="right")
        table.add_column("share", justify="right")
    cells = {(row["format"], row["stage"]): row for row in rows}
    for stage in STAGES:
        line = [cells[format, stage] for format in FORMATS]
        table.add_row(stage, *(text for row in line for text in _cells(row)))
    sums = [
        {
            key: sum(cells[format, stage][key] for stage in STAGES)
            for key in ("cpu_seconds", "microseconds_a_message", "share")
        }
        for format in FORMATS
    ]
    table.add_section()
    table.add_row("all", *(text for row in sums for text in _cells(row)))
    console.print(table)


def _cells(row: dict[str, Any]) -> tuple[str, str, str]:
    return (
        f"{row['cpu_seconds']:.2f}",
        f"{row['microseconds_a_message']:.1f}",
        f"{row['share']:.0%}",
    )


def main() -> None:
    """One measurement, told to the process that asked for it."""
    sources, affiliations, warehouse, models = sys.argv[1:]
    settings = Settings(
        sources=(Path(sources),),
        warehouse=Path(warehouse),
        affiliations=Path(affiliations),
        models=Path(models) if models else None,
    )
    answer(run(settings))
