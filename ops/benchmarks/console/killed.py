"""Part `killed`: the console is killed while moderators decide, and started again."""

from __future__ import annotations

import shutil
import time
from pathlib import Path
from random import Random
from typing import Any

from rich.console import Console

from ops.benchmarks.console.building import Size, built
from ops.benchmarks.console.checks import problems, refusals
from ops.benchmarks.console.moderators import decided, log_of, moderating
from ops.benchmarks.console.server import Server, add_users
from ops.benchmarks.console.setting import Setting
from warehouse.store import open_store

MODERATORS = tuple(f"moderator{n}" for n in range(6))
MESSAGES, FLAGGED = 20_000, 8_000
#: Seconds between an item and its decision: the more decisions, the more are hit.
THINK = 0.05
#: Seconds that the console lives after it has started to answer.
LIFE = (0.5, 4.0)

Row = dict[str, Any]


def measure(setting: Setting) -> list[Row]:
    """One row: kills, decisions, those whose answer was lost, and what did not hold."""
    size = Size(min(MESSAGES, setting.messages), min(FLAGGED, setting.flagged), setting.seed)
    base, _ = built(size, setting.keep, setting.models, setting.say)
    folder = setting.folder / "killed"
    folder.mkdir()
    path, stop = folder / "w.duckdb", folder / "stop"
    shutil.copyfile(base, path)
    add_users(path, MODERATORS, "moderator")
    random = Random(setting.seed)  # noqa: S311 (no secret)
    server = Server(path)
    starts = [server.seconds_to_start]
    try:
        with moderating(
            server.port, MODERATORS, folder, seconds=0, think=THINK, seed=setting.seed, stop=stop
        ) as lines:
            _at_work(folder)
            for kill in range(setting.kills):
                time.sleep(random.uniform(*LIFE))
                server.kill()
                server = Server(path, server.port)
                starts.append(server.seconds_to_start)
                setting.say(f"killed and started again, {kill + 1} of {setting.kills}")
            time.sleep(1.0)
            stop.touch()
    finally:
        server.kill()
    with open_store(path) as store:
        wrong = problems(store, lines)
    sent = [line for line in lines if line["route"] == "decide"]
    shutil.rmtree(folder)
    return [
        {
            "kills": setting.kills,
            "confirmed": sum(line["saved"] for line in sent),
            "refused": sum(not line["saved"] for line in sent),
            "sent_again": sum(line["tries"] > 1 for line in sent),
            "refusals": refusals(lines),
            "slowest_start_seconds": round(max(starts), 2),
            "problems": wrong,
        }
    ]


def _at_work(folder: Path) -> None:
    """Wait until moderators decide, two minutes at most: to kill sooner would hit nobody."""
    end = time.monotonic() + 120
    while not decided(log_of(folder, 0)).exists() and time.monotonic() < end:
        time.sleep(0.05)


def show(rows: list[Row], console: Console) -> None:
    """A sentence."""
    for row in rows:
        console.print(
            f"Killed {row['kills']} times: {row['confirmed']:,} decisions were confirmed, "
            f"{row['sent_again']} of them asked for again because the answer was lost, "
            f"{row['refused']} refused; started again in {row['slowest_start_seconds']:.1f} s at "
            f"most; {len(row['problems'])} problems."
        )
        for said, times in row["refusals"].items():
            console.print(f"  refused {times} times, {said}", markup=False)
        for problem in row["problems"][:10]:
            console.print(f"  PROBLEM: {problem}", markup=False)
