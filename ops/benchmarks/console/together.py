"""Part `together`: ten moderators decide while a flow lands half a million messages.

The console owns the warehouse each time, so that what the moderators cost the flow is all that
differs; with them and without them in pairs, in either order.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from rich.console import Console

from ops.benchmarks.console.building import Size, built
from ops.benchmarks.console.checks import landed, problems, refusals
from ops.benchmarks.console.moderators import Line, moderating
from ops.benchmarks.console.server import Server, add_users
from ops.benchmarks.console.setting import Setting
from ops.benchmarks.console.timing import figures, table
from ops.benchmarks.speed import inputs
from ops.benchmarks.speed.setting import Setting as World
from warehouse.inbox import inbox_of
from warehouse.store import open_store

_ROOT = Path(__file__).parents[3]
MODERATORS = tuple(f"moderator{n}" for n in range(10))
#: The warehouse at the beginning.
MESSAGES, FLAGGED = 100_000, 20_000
PAIRS = 2
#: Seconds between an item and its decision; with the answer, about one decision a second.
THINK = 0.95

Row = dict[str, Any]


def measure(setting: Setting) -> list[Row]:
    """Rows of each run, of each route beside a flow, and of what did not hold."""
    size = Size(min(MESSAGES, setting.messages), min(FLAGGED, setting.flagged), setting.seed)
    base, _ = built(size, setting.keep, setting.models, setting.say)
    world = World(setting.landing, setting.seed, setting.models, setting.say, setting.keep)
    data = inputs.made(world, setting.landing, "telegram")
    rows: list[Row] = []
    for number in range(PAIRS):
        order = (False, True) if number % 2 == 0 else (True, False)
        for moderated in order:
            rows += _run(setting, base, data, moderated, number)
    return rows


def _run(
    setting: Setting, base: Path, data: inputs.Input, moderated: bool, number: int
) -> list[Row]:
    """One landing, with or without moderators."""
    setting.say(f"landing {setting.landing:,} messages, moderators: {moderated}")
    folder = setting.folder / f"together-{number}-{moderated}"
    folder.mkdir()
    path, stop = folder / "w.duckdb", folder / "stop"
    shutil.copyfile(base, path)
    add_users(path, MODERATORS, "moderator")
    with open_store(path, read_only=True) as store:
        before = store.totals()["revisions"]
    lines: list[Line] = []
    with Server(path) as server:
        began = time.perf_counter()
        if moderated:
            with moderating(
                server.port,
                MODERATORS,
                folder,
                seconds=setting.seconds,
                think=THINK,
                seed=setting.seed + number,
                stop=stop,
            ) as lines:
                time.sleep(min(5.0, setting.seconds / 10))
                flow = (time.perf_counter(), _land(setting, data, path))
                stop.touch()
        else:
            flow = (time.perf_counter(), _land(setting, data, path))
        seconds = time.perf_counter() - began
        cpu, peak = server.usage()
    with open_store(path) as store:
        wrong, new = landed(store, before)
        wrong += problems(store, lines) if lines else []
    acts = sum(line["route"] == "decide" and line["saved"] for line in lines)
    rows: list[Row] = [
        {
            "what": "run",
            "pair": number,
            "moderators": len(MODERATORS) if moderated else 0,
            "flow_seconds": round(flow[1], 2),
            "new_revisions": new,
            "decisions": acts,
            "decisions_a_second": round(acts / seconds, 2),
            "taken_back": sum(line["route"] == "undo" and line["saved"] for line in lines),
            "refused": sum(line.get("saved") is False for line in lines),
            "refusals": refusals(lines),
            "server_cpu_seconds": round(cpu, 1),
            "server_peak_mb": peak,
            "problems": wrong,
        }
    ]
    for route in sorted({line["route"] for line in lines}):
        own = [line for line in lines if line["route"] == route]
        ends = flow[0] + flow[1]
        beside = [one["took"] for one in own if flow[0] <= one["began"] <= ends]
        other = [one["took"] for one in own if not flow[0] <= one["began"] <= ends]
        for when, took in (("beside the flow", beside), ("before and after", other)):
            if took:
                rows.append(
                    {"what": "route", "pair": number, "when": when, "route": route} | figures(took)
                )
    shutil.rmtree(folder)
    return rows


def _land(setting: Setting, data: inputs.Input, path: Path) -> float:
    """Seconds until the last message that a flow hands over is loaded."""
    began = time.perf_counter()
    command = "from ops.cli import main; main()"
    options = ["--direct", "--quiet", "--limit", "0", "--channels", str(data.affiliations)]
    if setting.models is not None:
        options += ["--models", str(setting.models)]
    done = subprocess.run(  # noqa: S603 (our own module, no shell)
        [sys.executable, "-c", command, "run", str(data.sources), "-w", str(path), *options],
        env=os.environ | {"PYTHONPATH": str(_ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"the flow failed: {done.stdout.decode()[-2000:]}")
    inbox = inbox_of(path)
    while any(inbox.glob("*.arrow")):
        time.sleep(0.05)
    return time.perf_counter() - began


def show(rows: list[Row], console: Console) -> None:
    """What the flow took, how soon pages came, and whether all held."""
    for row in rows:
        if row["what"] == "run":
            console.print(
                f"Pair {row['pair']}, {row['moderators']} moderators: the flow's "
                f"{row['new_revisions']:,} revisions were loaded in {row['flow_seconds']:.1f} s; "
                f"{row['decisions']:,} decisions, {row['decisions_a_second']:.1f} a second, "
                f"{row['taken_back']} taken back, {row['refused']} refused; console "
                f"{row['server_cpu_seconds']:.0f} s of CPU, {row['server_peak_mb']:,} MB."
            )
            for said, times in row["refusals"].items():
                console.print(f"  refused {times} times, {said}", markup=False)
            for problem in row["problems"][:10]:
                console.print(f"  PROBLEM: {problem}", markup=False)
    routes = [row for row in rows if row["what"] == "route"]
    console.print(table("Pages of ten moderators", ["pair", "when", "route"], routes))
    runs = [row for row in rows if row["what"] == "run"]
    with_, without = (
        [row["flow_seconds"] for row in runs if bool(row["moderators"]) is moderated]
        for moderated in (True, False)
    )
    if with_ and without:
        ratio = (sum(with_) / len(with_)) / (sum(without) / len(without)) - 1
        console.print(f"The flow beside moderators took {ratio:+.1%} ({len(with_)} pairs).")
