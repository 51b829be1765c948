"""Suite `speed`: files on disk to committed rows, with peak memory; the baseline in the same run.

Each measurement is a process of its own that reads a generated world, scores it and lands it in a
new warehouse. Fitting the baseline is not counted in its time, but in its memory.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich import box
from rich.console import Console
from rich.table import Table

from fixtures.world import generate
from flows.report import RunReport

if TYPE_CHECKING:
    from flows.scoring import Scores
    from flows.settings import Settings

MESSAGES = 200_000
SMALL = 20_000
BASELINE_MESSAGES = 3_000


def measure(
    *, messages: int | None, seed: int, models: Path | None, say: Callable[[str], None]
) -> list[dict[str, Any]]:
    """Rows of messages, seconds, messages a second and peak memory."""
    messages = messages or MESSAGES
    plan = [
        ("channelwatch", messages),
        ("channelwatch", min(SMALL, messages)),
        ("baseline", min(BASELINE_MESSAGES, messages)),
    ]
    found = []
    with tempfile.TemporaryDirectory(prefix="channelwatch-speed-") as folder:
        for number, (model, size) in enumerate(dict.fromkeys(plan)):
            world = Path(folder) / f"world-{size}"
            if not world.exists():
                say(f"generating {size:,} messages")
                generate(world, size, seed)
            say(f"{model}: {size:,} messages from disk to committed rows")
            found.append(_child(model, world, Path(folder) / f"{number}.duckdb", models))
    return found


def _child(model: str, world: Path, warehouse: Path, models: Path | None) -> dict[str, Any]:
    command = [sys.executable, "-m", "ops.benchmarks.speed", model, str(world), str(warehouse)]
    root = str(Path(__file__).parents[2])
    done = subprocess.run(  # noqa: S603 (our own module, no shell)
        [*command, str(models or "")],
        stdout=subprocess.PIPE,
        check=True,
        env=os.environ | {"PYTHONPATH": root},
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def run(model: str, world: Path, warehouse: Path, models: Path | None) -> dict[str, Any]:
    """One measurement, in this process."""
    from flows.pipeline import run_directly
    from flows.settings import Settings

    settings = Settings(
        sources=(world / "exports",),
        warehouse=warehouse,
        affiliations=world / "channels.csv",
        models=models,
    )
    if model == "baseline":
        seconds, report = _timed(partial(_run_baseline, settings, _baseline()))
    else:
        seconds, report = _timed(partial(run_directly, settings))
    # The largest process: with processes that score, the sum is larger.
    own, children = (
        resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    peak = max(own.ru_maxrss, children.ru_maxrss)
    return {
        "suite": "speed",
        "model": model,
        "messages": report.read,
        "seconds": round(seconds, 3),
        "messages_a_second": round(report.read / seconds, 1),
        "peak_mb": round(peak / (1024 * 1024 if sys.platform == "darwin" else 1024)),
        "cores": settings.workers,
        "exit_code": report.exit_code,
    }


def _timed(work: Callable[[], RunReport]) -> tuple[float, RunReport]:
    began = time.perf_counter()
    report = work()
    return time.perf_counter() - began, report


def _run_baseline(settings: Settings, scorer: Scores) -> RunReport:
    """The same run with another scorer: the baseline is fitted in this process."""
    from flows.line import Engine
    from flows.pipeline import execute, land_inbox
    from flows.prepare import prepare
    from flows.progress import Silent
    from flows.scoring import score_lot

    with ThreadPoolExecutor(settings.workers) as threads:
        engine = Engine(
            score=lambda lot, scoring: threads.submit(score_lot, lot, scoring, scorer),
            land=lambda store: threads.submit(land_inbox, store),
        )
        return execute(settings, prepare(settings), engine, Silent())


def _baseline() -> Any:
    from classifiers.baseline import Baseline
    from classifiers.knowledge import load as load_knowledge
    from fixtures.examples import examples

    return Baseline.fit(examples(12, 5_000), targets=sorted(load_knowledge().actors))


def show(rows: list[dict[str, Any]], console: Console) -> None:
    """A table with the ratio to the baseline."""
    slow = next((row["messages_a_second"] for row in rows if row["model"] == "baseline"), None)
    table = Table(title="Files on disk to committed rows", box=box.SIMPLE_HEAD)
    for name in ("model", "messages", "seconds", "a second", "× baseline", "peak MB", "cores"):
        table.add_column(name, justify="left" if name == "model" else "right")
    for row in rows:
        ratio = row["messages_a_second"] / slow if slow else None
        table.add_row(
            row["model"],
            f"{row['messages']:,}",
            f"{row['seconds']:.1f}",
            f"{row['messages_a_second']:,.0f}",
            "" if ratio is None else f"{ratio:.1f}",
            f"{row['peak_mb']:,}",
            str(row["cores"]),
        )
    console.print(table)


if __name__ == "__main__":
    name, world_path, warehouse_path, models_path = sys.argv[1:]
    answer = run(
        name, Path(world_path), Path(warehouse_path), Path(models_path) if models_path else None
    )
    sys.stdout.write(json.dumps(answer))
