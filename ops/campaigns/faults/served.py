"""`serve` with moderators at work and files that arrive; one after the other of it is killed."""

from __future__ import annotations

import os
import signal
import time

from ops.benchmarks.console.checks import problems
from ops.benchmarks.console.moderators import moderating
from ops.campaigns.faults.ground import Ground, Row, command, finished, rows_of, until
from ops.campaigns.processes import environment
from ops.campaigns.serving import CONSOLE, FLOW, NAMES, SERVER, WORKER, Served, drop
from warehouse.inbox import inbox_of, pending
from warehouse.store import open_store

#: Seconds between two looks into the watched folder.
EVERY = 3.0
SCHEDULES = f"""\
deployments:
  - name: watch
    flow: flows.monitor:monitor
    description: Reads what is new.
    parameters: {{sources: $watch, warehouse: $warehouse, settle_seconds: 0.2, batch_rows: 40}}
    every_minutes: {EVERY / 60}
    retries: 3
    retry_wait_seconds: 1
"""
MODERATORS = tuple(f"moderator{n}" for n in range(4))
#: Seconds between an item and its decision.
THINK = 0.3
#: Seconds that everything may go well between two kills.
LIFE = (0.2, 5.0)
#: How often one is looked for that has not come to its end before it is killed.
TRIES = 20
#: What stands in the environment of a flow run's process.
RUN_ID = "PREFECT__FLOW_RUN_ID"
_TITLES = {
    CONSOLE: "SIGKILL of the console",
    WORKER: "SIGKILL of the worker",
    SERVER: "SIGKILL of the Prefect server",
    FLOW: "SIGKILL of a scheduled flow",
}


def everything(ground: Ground, kills: int) -> list[Row]:
    """A row for each of the four, killed in turn; the rows and decisions are those of all."""
    rows = {
        what: Row(title, "within `serve`, moderators at work, files arriving")
        for what, title in _TITLES.items()
    }
    folder = ground.fresh().parent
    stop = folder / "stop"
    cut_off: list[str] = []
    files = sorted(path for path in ground.exports.rglob("*.json"))
    turns = [what for _ in range(-(-kills // 4)) for what in _TITLES][:kills]
    ground.chance.shuffle(turns)
    with Served(folder, SCHEDULES, MODERATORS) as served:
        fed = 3
        for number in range(fed):
            drop(files[number], served.watched, number)
        with moderating(
            served.port, MODERATORS, folder, seconds=0, think=THINK, seed=ground.seed, stop=stop
        ) as lines:
            for number, what in enumerate(turns, 1):
                due = len(files) * number // len(turns)
                for each in range(fed, due):
                    drop(files[each], served.watched, each)
                fed = max(fed, due)
                time.sleep(ground.chance.uniform(*LIFE))
                if (code := served.process.poll()) is not None:
                    raise RuntimeError(f"serve ended with {code}: {served.last_words()}")
                for _ in range(TRIES):
                    if _kill(served, what, rows[what], cut_off):
                        break
                    time.sleep(ground.chance.uniform(*LIFE))
                else:
                    rows[what].problems.append(f"in {TRIES} tries nothing that lived was killed")
                ground.say(f"within serve: {number} of {kills} killed")
            done = _all_landed(served)
            stop.touch()
        if not done:
            rows[WORKER].problems.append("what was dropped is not all landed in the end")
        for run in cut_off:
            _named(served, run, rows[FLOW])
        served.end()
        log = served.log.read_text("utf-8", "replace")
    with open_store(served.warehouse) as store:
        rows[CONSOLE].problems += problems(store, lines)
        confirmed = sum(line["saved"] for line in lines if line["route"] == "decide")
    ground.say(f"{confirmed} decisions were confirmed meanwhile")
    if not confirmed:
        rows[CONSOLE].problems.append("no moderator decided anything")
    _compare(ground, served, rows[FLOW])
    for what, name in NAMES.items():
        rows[what].named = log.count(f"{name} ended by signal 9")
    return [row for row in rows.values() if row.times]


def _kill(served: Served, what: str, row: Row, cut_off: list[str]) -> bool:
    """Kill one, and wait until it is there again; False where it had come to its end already.

    The ids of runs that are killed are added to ``cut_off``.
    """
    if not until(lambda: served.find(what), 120):
        row.problems.append("there is none to kill")
        return True
    process = served.find(what)
    said = served.said("served again")
    if process is None:
        return False
    run = environment(process.pid).get(RUN_ID, "")
    try:
        os.kill(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return False
    began = time.monotonic()
    if what == FLOW:
        if not run or served.state(run) == "COMPLETED":  # nothing was left to be cut off
            return False
        cut_off.append(run)
        back = until(lambda: (found := served.find(FLOW)) and found.pid != process.pid, 180)
    elif what == WORKER:
        back = until(lambda: served.said("served again") > said, 180)
    else:
        time.sleep(0.1)
        back = until(lambda: served.answers(what), 180)
    row.times += 1
    row.seconds = max(row.seconds, time.monotonic() - began)
    if not back:
        row.problems.append("it does not come back")
    for line in served.log.read_text("utf-8", "replace").splitlines():
        if "ended by signal 9" in line and NAMES.get(what, "-") in line:
            row.says = line
    return True


def _named(served: Served, run: str, row: Row) -> None:
    """Whether a run that was killed is told of where `serve` was started, by its id."""
    until(lambda: served.cut_off(run) or served.state(run) == "COMPLETED", 60, pause=0.5)
    if line := served.cut_off(run):
        row.named += 1
        row.says = line
    elif served.state(run) == "COMPLETED":  # it had just said so when it was killed
        row.times -= 1
    else:
        row.problems.append(f"the run {run} was killed, is {served.state(run)}, and not named")


def _all_landed(served: Served) -> bool:
    """Wait for runs that begin and end after all was dropped, and an inbox that is empty."""
    inbox = inbox_of(served.warehouse)
    until(lambda: served.runs("COMPLETED") >= 0, 120, pause=0.5)
    before = served.runs("COMPLETED")
    return until(
        lambda: served.runs("COMPLETED") >= before + 3 and not pending(inbox)[0], 240, pause=0.5
    )


def _compare(ground: Ground, served: Served, row: Row) -> None:
    """The rows of a single run over the folder as it stands now."""
    other = ground.fresh()
    options = ["--direct", "--quiet", "--limit", "0", "--batch-rows", "40"]
    said, code = finished(
        command(["run", str(served.watched), "-w", str(other), *options], quick=False)
    )
    if code not in (0, 1):
        row.problems.append(f"the undisturbed run failed: {said[-300:]}")
        return
    expected, found = rows_of(other), rows_of(served.warehouse)
    for view, rows in expected.items():
        row.lost += (rows - found[view]).total()
        row.doubled += (found[view] - rows).total()
