"""The benchmark flow: the models in use, measured and held against the gate.

The benchmark is a command, which this flow runs as a process of its own: what it measures must not
share a process with Prefect. Importing this module imports Prefect.
"""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

from flows.prefect_defaults import set_defaults

set_defaults()

import msgspec
from prefect import flow, get_run_logger
from prefect.artifacts import create_table_artifact
from pydantic import Field

GATE = Path(__file__).parents[1] / "ops" / "gate.csv"
#: Rows of metrics that are left in Prefect's pages.
MOST_ROWS = 500


class BenchmarkError(Exception):
    """A minimum of the gate was missed, or the benchmark did not come to its end."""


@flow(name="benchmark", validate_parameters=True, persist_result=False)
def benchmark(
    warehouse: Annotated[Path | None, Field(description="Keep the metrics here as well.")] = None,
    models: Annotated[Path | None, Field(description="Folder of model files.")] = None,
    reports: Annotated[Path | None, Field(description="Folder of the reports.")] = None,
    suites: Annotated[list[str], Field(min_length=1)] = ["heldout", "functional", "obfuscation"],  # noqa: B006
    messages: Annotated[int, Field(ge=100, le=1_000_000)] = 4_000,
    gate: Annotated[Path, Field(description="CSV of minimums.")] = GATE,
) -> None:
    """Measure the models and hold them against the gate; fails where they miss it."""
    command = [sys.executable, "-m", "ops.cli", "benchmark", *suites, "--model", "builtin"]
    command += ["--messages", str(messages), "--gate", str(gate)]
    if warehouse is not None:
        command += ["--warehouse", str(warehouse)]
    if models is not None:
        command += ["--models", str(models)]
    out = None
    if reports is not None:
        reports.mkdir(parents=True, exist_ok=True)
        out = reports / f"benchmark-{datetime.now(UTC):%Y-%m-%d}"
        command += ["--out", str(out)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    get_run_logger().info(done.stdout[-20_000:])
    if out is not None and (found := out / "results.json").is_file():
        metrics: list[dict[str, Any]] = msgspec.json.decode(found.read_bytes()).get("metrics", [])
        create_table_artifact(
            key="benchmark", table=metrics[:MOST_ROWS], description=f"The report: {out}"
        )
    if done.returncode:
        raise BenchmarkError(done.stderr.strip()[-2_000:] or f"exit code {done.returncode}")
