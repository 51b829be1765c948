"""The day: `serve` under load for some minutes, then its books and its trends."""

from __future__ import annotations

import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from flows.schedules import read_schedules
from ops.benchmarks.console.moderators import moderating
from ops.campaigns.day import books, schedule
from ops.campaigns.day.dropping import files, pieces, put
from ops.campaigns.day.flatness import Trend
from ops.campaigns.day.limits import read_limits
from ops.campaigns.day.sampling import Sampler
from ops.campaigns.faults.ground import rows_of, until
from ops.campaigns.serving import Served
from warehouse.inbox import inbox_of, pending

SCHEDULES = Path(__file__).with_name("schedules.yaml")
MODERATORS = tuple(f"moderator{n}" for n in range(3))
#: Seconds between an item and its decision.
THINK = 1.0
#: Seconds between two files, and messages of the world that new ones are cut from.
PACE, MESSAGES = 2.0, 12_000
#: Seconds between two lines of progress, and that the calm-down may take.
SAY_EVERY, CALM = 30.0, 300.0


@dataclass(frozen=True)
class Day:
    """What `channelwatch campaign day` is told; ``keep``: the folder to leave everything in."""

    minutes: float
    seed: int
    keep: Path | None = None


@dataclass
class Outcome:
    """What was seen: trends, runs of each deployment, and what does not hold."""

    told: Day
    trends: list[Trend] = field(default_factory=list)
    kept: list[schedule.Kept] = field(default_factory=list)
    dropped: dict[str, int] = field(default_factory=dict)
    flow_runs_at_most: tuple[float, float, float] = (0.0, 0.0, 0.0)
    confirmed: int = 0
    rows: dict[str, int] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    @property
    def all_problems(self) -> list[str]:
        """Everything that does not hold, in words."""
        return [
            *self.problems,
            *(problem for kept in self.kept for problem in kept.problems),
            *(
                f"{each.what} of {each.process} is not flat"
                for each in self.trends
                if not each.flat
            ),
        ]

    @property
    def holds(self) -> bool:
        """Whether nothing leaks, drifts or is left."""
        return not self.all_problems

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        said: dict[str, Any] = {"minutes": self.told.minutes, "seed": self.told.seed}
        said |= {"holds": self.holds, "problems": self.all_problems}
        said |= {"dropped": self.dropped, "confirmed": self.confirmed, "rows": self.rows}
        memory, opened, threads = self.flow_runs_at_most
        said["flow_runs_at_most"] = {"memory_mb": memory, "files": opened, "threads": threads}
        said["trends"] = [
            asdict(each) | {"growth": each.growth, "a_day": each.a_day, "flat": each.flat}
            for each in self.trends
        ]
        said["deployments"] = [asdict(each) for each in self.kept]
        return said


def run(told: Day, say: Callable[[str], None]) -> Outcome:
    """Live through the day, and look at everything afterwards.

    Raises:
        FileExistsError: there is something where everything is to be kept.
    """
    if told.keep is not None:
        told.keep.mkdir(parents=True)
        return _Living(told.keep.absolute(), told, say).through()
    with TemporaryDirectory(prefix="channelwatch-day-", ignore_cleanup_errors=True) as name:
        return _Living(Path(name), told, say).through()


class _Living:
    """One day in a folder of its own."""

    def __init__(self, folder: Path, told: Day, say: Callable[[str], None]) -> None:
        self.folder, self.told, self.say = folder, told, say
        self.outcome, self.limits = Outcome(told), read_limits()
        self.dropped: list[Path] = []
        self.home, self.scratch = folder / "served", folder / "scratch"
        self.home.mkdir()
        self.scratch.mkdir()

    def through(self) -> Outcome:
        outcome = self.outcome
        source = files(pieces(self.folder / "world", MESSAGES, self.told.seed), self.told.seed)
        stop = self.folder / "stop"
        with ExitStack() as stack:
            served = stack.enter_context(
                Served(self.home, SCHEDULES.read_text(), MODERATORS, {"TMPDIR": str(self.scratch)})
            )
            began = time.time()
            self.say(f"serve is ready after {served.seconds_to_start:.0f} s")
            sampler = stack.enter_context(
                Sampler(
                    served.process.pid,
                    self.limits.every_seconds,
                    f"http://127.0.0.1:{served.port}/metrics",
                )
            )
            with moderating(
                served.port, MODERATORS, self.folder,
                seconds=0, think=THINK, seed=self.told.seed, stop=stop,
            ) as lines:  # fmt: skip
                self._drop(served, source, sampler)
                sampler.end()
                stop.touch()
            self._calm(served, began)
            told = self._metrics(served)
            served.end()
        outcome.trends = sampler.trends(self.limits)
        outcome.flow_runs_at_most = sampler.at_most()
        outcome.problems += sampler.started_again()
        self._look_at_books(served.warehouse, told, lines)
        return outcome

    def _drop(self, served: Served, source: Iterator[tuple[str, bytes]], sampler: Sampler) -> None:
        began = said = time.monotonic()
        while (now := time.monotonic()) < began + self.told.minutes * 60:
            kind, data = next(source)
            self.dropped.append(put(data, served.watched, len(self.dropped)))
            self.outcome.dropped[kind] = self.outcome.dropped.get(kind, 0) + 1
            if now - said >= SAY_EVERY:
                said = now
                memory = {name: looks[-1][1] for name, looks in sampler.looks.items()}
                self.say(
                    f"{(now - began) / 60:.1f} of {self.told.minutes:g} min, "
                    f"{len(self.dropped)} files; MB: "
                    + ", ".join(f"{name} {mb:.0f}" for name, mb in sorted(memory.items()))
                )
            # To the beat, whatever a drop takes: the pace is to be steady.
            time.sleep(max(0.0, began + len(self.dropped) * PACE - time.monotonic()))

    def _calm(self, served: Served, began: float) -> None:
        """End the schedules once all that was dropped has been read, and hold them to account."""
        self.say("calming down")
        names, dropped = schedule.deployments(served), time.time()
        ids = {name: key for key, name in names.items()}
        seen: dict[str, schedule.Run] = {}
        ended = {each: time.time() for each in names.values() if each != "watch"}
        runs = schedule.flow_runs(served, names)
        for name in ended:
            seen |= {run.id: run for run in runs if run.deployment == name}
            served.ask(f"deployments/{ids[name]}/pause_deployment", {})

        def read() -> bool:
            done = [
                run
                for run in schedule.flow_runs(served, names)
                if run.deployment == "watch" and run.kind == "COMPLETED"
            ]
            # The first such run may leave what it takes for unfinished to the second.
            return sum((run.began or 0) > dropped for run in done) > 1

        if not until(read, CALM, pause=1):
            self.outcome.problems.append("what was dropped is not all read in the end")
        ended["watch"] = time.time()
        runs = schedule.flow_runs(served, names)
        seen |= {run.id: run for run in runs if run.deployment == "watch"}
        served.ask(f"deployments/{ids['watch']}/pause_deployment", {})

        def quiet() -> bool:
            runs = schedule.flow_runs(served, names)
            seen.update({run.id: run for run in runs})
            waits = any(
                run.kind in schedule.ACTIVE
                or (run.kind == "SCHEDULED" and run.state != "Scheduled")
                for run in runs
            )
            return not waits and not pending(inbox_of(served.warehouse))[0]

        if not until(quiet, CALM, pause=1):
            self.outcome.problems.append("flow runs or the inbox do not come to an end")
        for name, row in read_schedules(SCHEDULES).deployments.items():
            self.outcome.kept += schedule.held(
                {name: (row.every_minutes or 0) * 60},
                [name] if row.when_busy == "skip" else [],
                seen.values(),
                (began, ended[name]),
                self.limits.late_seconds,
            )

    def _metrics(self, served: Served) -> dict[str, float]:
        """The console's numbers, once two looks agree: it folds and counts in its own time."""
        address = f"http://127.0.0.1:{served.port}/metrics"
        told: list[dict[str, float]] = []

        def same() -> bool:
            with urllib.request.urlopen(address, timeout=30) as answer:
                told.append(books.exposed(answer.read().decode()))
            return len(told) > 1 and told[-1] == told[-2]

        until(same, 60, pause=2)
        return told[-1]

    def _look_at_books(
        self, warehouse: Path, told: dict[str, float], lines: list[dict[str, Any]]
    ) -> None:
        self.say("looking at the books")
        outcome = self.outcome
        outcome.problems += books.left_behind(self.home, warehouse, self.scratch)
        outcome.problems += books.drifted(told, warehouse)
        outcome.problems += books.files(warehouse, self.dropped)
        outcome.confirmed, found = books.decisions(warehouse, lines)
        outcome.problems += found
        other = self.folder / "other"
        other.mkdir()
        expected = books.undisturbed(self.home / "in", other / "w.duckdb")
        there = rows_of(warehouse)
        outcome.rows = {view: rows.total() for view, rows in there.items()}
        outcome.problems += books.different(expected, there)
