"""The gate: minimums that a model has to reach, as a table.

``suite,slice,metric,at_least,at_most``: one of the last two is filled. A slice may hold ``*``
(``language=*``), and each slice that fits must pass; one that nothing fits fails too, so that a
measurement which has gone missing is not a pass.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from ops.benchmarks import SUITES
from ops.errors import CommandError

#: The suite of held-out decisions, which only `channelwatch train` measures.
DECISIONS = "decisions"
HEADER = ["suite", "slice", "metric", "at_least", "at_most"]


@dataclass(frozen=True, slots=True)
class Minimum:
    """One row of the table."""

    where: str
    suite: str
    part: str
    metric: str
    at_least: float | None
    at_most: float | None

    def fits(self, row: Mapping[str, Any]) -> bool:
        """Whether a row of results is what this is about."""
        return bool(
            row["suite"] == self.suite
            and row["metric"] == self.metric
            and fnmatchcase(row["slice"], self.part)
            and row["slice"].count(";") == self.part.count(";")
        )

    def reached(self, value: float) -> bool:
        """Whether a value passes."""
        if self.at_least is not None:
            return value >= self.at_least
        return self.at_most is not None and value <= self.at_most

    @property
    def wanted(self) -> str:
        """As a person reads it."""
        if self.at_least is not None:
            return f"at least {self.at_least:g}"
        return f"at most {self.at_most:g}"


def read_gate(path: Path) -> list[Minimum]:
    """The minimums of a file.

    Raises:
        CommandError: it cannot be read; names the line.
    """
    try:
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file, strict=True)
            if reader.fieldnames != HEADER:
                raise CommandError(f"{path}:1: the header is {','.join(HEADER)}")
            return [_minimum(f"{path}:{reader.line_num}", row) for row in reader]
    except FileNotFoundError:
        raise CommandError(f"{path}: no such file") from None
    except (csv.Error, UnicodeDecodeError) as problem:
        raise CommandError(f"{path}: {problem}") from None


def _minimum(where: str, row: Mapping[str, str]) -> Minimum:
    if None in row or None in row.values():
        raise CommandError(f"{where}: expected {len(HEADER)} cells")
    if row["suite"] not in SUITES and row["suite"] != DECISIONS:
        near = get_close_matches(row["suite"], SUITES, 1)
        hint = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(SUITES)}"
        raise CommandError(f"{where}: no suite {row['suite']!r}; {hint}")
    limits: list[float | None] = []
    for name in ("at_least", "at_most"):
        try:
            limits.append(float(row[name]) if row[name] else None)
        except ValueError:
            raise CommandError(f"{where}: {name} is a number, not {row[name]!r}") from None
    if (limits[0] is None) == (limits[1] is None):
        raise CommandError(f"{where}: fill one of at_least and at_most")
    return Minimum(where, row["suite"], row["slice"], row["metric"], *limits)


def missed(
    gate: Iterable[Minimum], rows: Sequence[Mapping[str, Any]], model: str, suites: Iterable[str]
) -> list[str]:
    """What a model does not reach, a line each; suites that were not run are passed over."""
    run = set(suites)
    own = [row for row in rows if row.get("model") == model]
    found = []
    for minimum in gate:
        if minimum.suite not in run:
            continue
        fitting = [row for row in own if minimum.fits(row)]
        what = f"{minimum.suite} {minimum.part} {minimum.metric}"
        if not fitting:
            found.append(f"{what}: nothing was measured ({minimum.where})")
        found += [
            f"{row['suite']} {row['slice']} {row['metric']}: "
            f"{row['value']:.4f}, wanted {minimum.wanted} ({minimum.where})"
            for row in fitting
            if not minimum.reached(row["value"])
        ]
    return found
