"""Files on disk to committed rows, in two formats and two sizes; the baseline in the same run.

Fitting the baseline is not counted in its time, but in its memory.
"""

from __future__ import annotations

import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich import box
from rich.console import Console
from rich.table import Table

from ops.benchmarks.speed.inputs import FORMATS, made
from ops.benchmarks.speed.setting import Setting, answer, cpu_seconds, in_a_process, peak_mb

if TYPE_CHECKING:
    from flows.report import RunReport
    from flows.scoring import Scores
    from flows.settings import Settings

#: The other size: so much smaller.
SMALLER = 4
BASELINE_MESSAGES = 3_000


def measure(setting: Setting) -> list[dict[str, Any]]:
    """Rows of messages, seconds, messages a second and peak memory."""
    sizes = (setting.messages // SMALLER, setting.messages)
    plan = [("channelwatch", format, size) for format in FORMATS for size in sizes]
    plan.append(("baseline", "telegram", min(BASELINE_MESSAGES, setting.messages)))
    found = []
    for number, (model, format, size) in enumerate(plan):
        data = made(setting, size, format)
        setting.say(f"{model}: {size:,} messages from disk ({format}) to committed rows")
        warehouse = setting.folder / f"{number}.duckdb"
        row = in_a_process(
            __name__, model, data.sources, data.affiliations, warehouse, setting.models or ""
        )
        found.append({"model": model, "format": format, **row})
    return found


def run(
    model: str, sources: Path, affiliations: Path, warehouse: Path, models: Path | None
) -> dict[str, Any]:
    """One measurement, in this process."""
    from flows.pipeline import run_directly
    from flows.settings import Settings

    settings = Settings(
        sources=(sources,), warehouse=warehouse, affiliations=affiliations, models=models
    )
    scorer = fitted_baseline() if model == "baseline" else None
    began, used = time.perf_counter(), cpu_seconds()
    report = _run_baseline(settings, scorer) if scorer else run_directly(settings)
    seconds = time.perf_counter() - began
    return {
        "messages": report.read,
        "seconds": round(seconds, 3),
        "messages_a_second": round(report.read / seconds, 1),
        "cpu_seconds": round(cpu_seconds() - used, 3),
        "peak_mb": peak_mb(),
        "cores": settings.workers,
        "exit_code": report.exit_code,
    }


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


def fitted_baseline() -> Any:
    """The named baseline, fitted on generated examples."""
    from classifiers.baseline import Baseline
    from classifiers.knowledge import load as load_knowledge
    from fixtures.examples import examples

    return Baseline.fit(examples(12, 5_000), targets=sorted(load_knowledge().actors))


def show(rows: list[dict[str, Any]], console: Console) -> None:
    """A table with the ratio to the baseline."""
    slow = next((row["messages_a_second"] for row in rows if row["model"] == "baseline"), None)
    table = Table(title="Files on disk to committed rows", box=box.SIMPLE_HEAD)
    for name in ("model", "files"):
        table.add_column(name)
    for name in ("messages", "seconds", "CPU s", "a second", "× baseline", "peak MB", "cores"):
        table.add_column(name, justify="right")
    for row in rows:
        ratio = row["messages_a_second"] / slow if slow else None
        table.add_row(
            row["model"],
            row["format"],
            f"{row['messages']:,}",
            f"{row['seconds']:.1f}",
            f"{row['cpu_seconds']:.1f}",
            f"{row['messages_a_second']:,.0f}",
            "" if ratio is None else f"{ratio:.1f}",
            f"{row['peak_mb']:,}",
            str(row["cores"]),
        )
    console.print(table)


def main() -> None:
    """One measurement, told to the process that asked for it."""
    name, sources, affiliations, warehouse, models = sys.argv[1:]
    answer(
        run(
            name,
            Path(sources),
            Path(affiliations),
            Path(warehouse),
            Path(models) if models else None,
        )
    )
