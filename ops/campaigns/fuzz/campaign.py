"""All of it: examine the inputs, keep those that anything is wrong with, land some, sum up."""

from __future__ import annotations

import json
import logging
import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from flows.pipeline import run_directly
from flows.settings import Settings
from ops.campaigns.fuzz.crew import Crew, Limits, Line
from ops.campaigns.fuzz.inputs import mutated
from ops.campaigns.fuzz.originals import SCORE

#: One file in so many is also landed in a real warehouse, by a real run.
LANDED = 50
#: Failures told one by one.
TOLD = 20


@dataclass
class Row:
    """What became of the inputs for one reader, or for `score`; sizes in MB."""

    target: str
    inputs: int = 0
    items: int = 0
    good: int = 0
    bad: int = 0
    crashed: int = 0
    hung: int = 0
    memory: int = 0
    wrong: int = 0
    slowest_cpu_seconds: float = 0.0
    most_grown_mb: float = 0.0

    @property
    def failed(self) -> int:
        """Inputs of which something does not hold."""
        return self.crashed + self.hung + self.memory + self.wrong


@dataclass
class Outcome:
    """A campaign's numbers. ``failures`` say the input's number, and where it is kept."""

    seed: int
    inputs: int
    rows: dict[str, Row] = field(default_factory=dict)
    mutations: Counter[str] = field(default_factory=Counter)
    failures: list[Line] = field(default_factory=list)
    landing: dict[str, Any] = field(default_factory=dict)

    @property
    def holds(self) -> bool:
        """Whether everything held."""
        examined = sum(row.inputs for row in self.rows.values())
        landed = not self.landing.get("problems")
        return examined == self.inputs and not self.failures and landed

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "seed": self.seed,
            "inputs": self.inputs,
            "holds": self.holds,
            "rows": [asdict(self.rows[name]) for name in sorted(self.rows)],
            "mutations": dict(self.mutations.most_common()),
            "failures": self.failures,
            "landing": self.landing,
        }


@dataclass(frozen=True)
class Fuzzing:
    """What `channelwatch campaign fuzz` is told."""

    inputs: int
    seed: int
    processes: int
    keep: Path
    limits: Limits = field(default_factory=Limits)
    first: int = 0
    landing: bool = True


def fuzz(told: Fuzzing, say: Callable[[str], None]) -> Outcome:
    """Run the campaign."""
    outcome = Outcome(told.seed, told.inputs)

    def heard(line: Line) -> None:
        if failure := _note(outcome, line, told):
            say(f"input {failure['number']} ({failure['target']}): {failure['problems'][0]}")
        done = sum(row.inputs for row in outcome.rows.values())
        if done % 5_000 == 0:
            say(f"{done:,} of {told.inputs:,} inputs, {len(outcome.failures)} failures")

    with tempfile.TemporaryDirectory(prefix="channelwatch-fuzz-") as name:
        folder = Path(name)
        Crew(told.seed, told.inputs, told.processes, told.limits, folder, heard, told.first).work()
        if told.landing:
            outcome.landing = _landed(told, folder)
    return outcome


def _note(outcome: Outcome, line: Line, told: Fuzzing) -> Line | None:
    """Count one input; keep it where something is wrong, and answer what."""
    given = None
    if "target" not in line:
        given = mutated(told.seed, line["number"])
        line |= {"target": given.target, "how": given.how}
    row = outcome.rows.setdefault(line["target"], Row(line["target"]))
    row.inputs += 1
    for name, key in (("items", "items"), ("good", "good"), ("bad", "bad")):
        setattr(row, name, getattr(row, name) + line.get(key, 0))
    row.slowest_cpu_seconds = max(row.slowest_cpu_seconds, round(line.get("seconds", 0.0), 3))
    row.most_grown_mb = max(row.most_grown_mb, round(line.get("grown", 0) / 1e6, 1))
    outcome.mutations.update(set(line["how"]))
    slow = line.get("seconds", 0.0) > told.limits.cpu
    row.crashed += bool(line.get("crash") or line.get("died"))
    row.hung += bool(line.get("hung") or slow)
    row.memory += bool(line.get("memory"))
    row.wrong += bool(line.get("wrong"))
    problems = [line.get(key) for key in ("crash", "died", "hung")]
    problems += ["too slow"] if slow else []
    problems += [f"{line['grown'] / 1e6:.0f} MB more memory"] if line.get("memory") else []
    problems = [each for each in problems if each] + list(line.get("wrong", ()))
    if not problems:
        return None
    given = given or mutated(told.seed, line["number"])
    told.keep.mkdir(parents=True, exist_ok=True)
    kept = told.keep / f"{told.seed}-{line['number']}-{line['target']}"
    kept.write_bytes(given.content)
    failure = {
        "number": line["number"],
        "target": line["target"],
        "how": list(line["how"]),
        "problems": problems,
        "kept": str(kept),
    }
    kept.with_suffix(".json").write_text(json.dumps(failure, indent=1))
    outcome.failures.append(failure)
    return failure


def _landed(told: Fuzzing, folder: Path) -> dict[str, Any]:
    """Some of the files through a whole run into a warehouse: its counts have to add up."""
    exports = folder / "exports"
    exports.mkdir()
    for number in range(told.first, told.first + told.inputs, LANDED):
        given = mutated(told.seed, number)
        if given.target != SCORE and len(given.content) < 1 << 20:
            (exports / f"{number}-{given.target}").write_bytes(given.content)
    logging.disable(logging.WARNING)  # of each thing that is quarantined
    try:
        report = run_directly(Settings(sources=(exports,), warehouse=folder / "fuzz.duckdb"))
    finally:
        logging.disable(logging.NOTSET)
    unbalanced = [file.path for file in report.files if not file.balanced]
    return {
        "files": len(report.files),
        "ignored": len(report.ignored),
        "read": report.read,
        "landed": report.landed,
        "unchanged": report.unchanged,
        "quarantined": report.quarantined,
        "problems": [*report.problems, *unbalanced],
    }
