"""How soon `channelwatch score` answers one line in a fresh process."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from typing import Any

from rich.console import Console

from ops.benchmarks.speed.setting import Setting

LINE = '{"id": 1, "text": "ټي ټي پي د آی اېس آی مزدوران دي", "channel_actor": "iskp"}\n'
TIMES = 5


def measure(setting: Setting) -> list[dict[str, Any]]:
    """One row: the median, the first of the calls left out, which may have to compile."""
    setting.say("starting `channelwatch score` a few times")
    command = [sys.executable, "-c", "from ops.cli import main; main()", "score"]
    if setting.models is not None:
        command += ["--models", str(setting.models)]
    seconds = []
    for _ in range(TIMES + 1):
        began = time.perf_counter()
        subprocess.run(command, input=LINE.encode(), stdout=subprocess.PIPE, check=True)  # noqa: S603
        seconds.append(time.perf_counter() - began)
    warm = seconds[1:]
    return [
        {
            "first_seconds": round(seconds[0], 3),
            "median_seconds": round(statistics.median(warm), 3),
            "slowest_seconds": round(max(warm), 3),
            "times": TIMES,
        }
    ]


def show(rows: list[dict[str, Any]], console: Console) -> None:
    """A sentence."""
    for row in rows:
        console.print(
            f"`channelwatch score` on one line, in a fresh process: {row['median_seconds']:.2f} s "
            f"(median of {row['times']}; slowest {row['slowest_seconds']:.2f} s)."
        )
