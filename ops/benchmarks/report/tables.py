"""Tables of a report as plain data, which one macro of the template draws."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from classifiers.evaluation import FEW
from classifiers.evaluation.samples import LABELS
from ops.benchmarks.report.texts import plain
from ops.benchmarks.running import Record
from ops.benchmarks.tables import WEAK

Row = Mapping[str, Any]

_BESIDE = re.compile(r";(?:tables|language)=[^;=]*$")

#: Metrics in words; the rest are shown as they are called.
WORDS = {
    "accuracy": "accuracy of whole answers",
    "f1": "F1",
    "average_precision": "average precision",
    "brier": "Brier score (lower is better)",
    "ece": "calibration error (ECE, lower is better)",
    "flag_rate": "share of messages flagged",
    "macro_f1": "macro F1",
    "source_accuracy": "source named rightly, of true flags",
    "severity_accuracy": "severity rightly, of true flags",
    "frames_jaccard": "frames, mean Jaccard, of true flags",
    "messages_per_second": "messages a second",
}
_OF_LABEL = (
    *("f1", "precision", "recall", "average_precision", "ece", "brier", "flag_rate"),
    *("source_accuracy", "severity_accuracy", "frames_jaccard"),
)
#: Metrics over all samples in the order in which they are shown; "" parts groups.
OVERALL = (
    "accuracy",
    *(f"{label}.{name}" for label in LABELS for name in _OF_LABEL),
    "language.macro_f1",
    "messages_per_second",
)
#: Values of one slice in a table; the largest are kept.
MOST_VALUES = 80


@dataclass(frozen=True, slots=True)
class Cell:
    """``text``, a second line ``note``, and ``few`` or ``weak`` where a reader is to be warned."""

    text: str
    note: str = ""
    few: bool = False
    weak: bool = False


@dataclass(frozen=True, slots=True)
class Body:
    """Rows under a heading of their own, which may be empty; the first cell names the row."""

    name: str
    rows: Sequence[Sequence[Cell]]


@dataclass(frozen=True, slots=True)
class Table:
    """``words``: how many columns from the left hold words and not numbers."""

    caption: str
    columns: Sequence[str]
    bodies: Sequence[Body]
    words: int = 1
    notes: Sequence[str] = ()

    @property
    def few(self) -> bool:
        """Whether any number rests on few cases."""
        return any(cell.few for body in self.bodies for row in body.rows for cell in row)


@dataclass(slots=True)
class Numbers:
    """The metrics of a suite, found by model, metric and slice."""

    suite: str
    models: Sequence[str]
    rows: dict[tuple[str, str, str], Row] = field(default_factory=dict)

    @classmethod
    def of(cls, record: Record, suite: str) -> Numbers:
        """Those of a suite, for the models that answered it."""
        models = [model.name for model in record.models if (suite, model.name) in record.answered]
        rows: dict[tuple[str, str, str], Row] = {
            (row["model"], row["metric"], row["slice"]): row
            for row in record.metrics
            if row["suite"] == suite
        }
        return cls(suite, models, rows)

    def get(self, model: str, metric: str, part: str = "all") -> Row | None:
        """One row of the results."""
        return self.rows.get((model, metric, part))

    def parts(self, name: str) -> list[str]:
        """The values of a slice: ``["en", "ur"]``; the largest where there are very many."""
        sizes: dict[str, int] = {}
        for _, _, part in self.rows:
            key, _, value = part.partition("=")
            if key == name and not beside(part):
                sizes[value] = 0
        if len(sizes) > MOST_VALUES:
            for (_, _, part), row in self.rows.items():
                value = part.partition("=")[2]
                if part.startswith(f"{name}=") and value in sizes:
                    sizes[value] = max(sizes[value], row["n"])
        kept = sorted(sizes, key=lambda value: (-sizes[value], value))[:MOST_VALUES]
        return sorted(kept)

    def names(self) -> list[str]:
        """The slices that there are."""
        found = {part.partition("=")[0] for _, _, part in self.rows if not beside(part)}
        return sorted(found - {"all"})

    def cells(self, metric: str, part: str = "all") -> list[Cell] | None:
        """n, then the value of each model; None where no model has one."""
        rows = [self.get(model, metric, part) for model in self.models]
        some = next((row for row in rows if row), None)
        if some is None:
            return None
        cells = [number_of(some["n"], metric)]
        for row in rows:
            if row is None:
                cells.append(Cell("–"))
                continue
            other = "" if row["n"] == some["n"] else f"n {row['n']:,}"
            cells.append(Cell(value_of(row), " · ".join(filter(None, (span_of(row), other)))))
        return cells


def beside(part: str) -> str:
    """The language by which a slice is parted further, or "". A value may hold a semicolon.

    >>> beside("functionality=threat;tables=ps"), beside("source=a;b")
    ('tables=ps', '')
    """
    found = _BESIDE.search(part)
    return found[0][1:] if found else ""


def number_of(count: int, metric: str = "") -> Cell:
    """How many cases are behind a number, with a warning where they are few."""
    return Cell(f"{count:,}", few=count < FEW and metric != "messages_per_second")


def value_of(row: Row) -> str:
    """The value as people compare it."""
    if row["value"] is None:
        return "–"
    if row["metric"] == "messages_per_second":
        return f"{row['value']:,.0f}"
    return f"{row['value']:.3f}"


def span_of(row: Row) -> str:
    """The 95 % interval, or nothing."""
    if row["low"] is None or row["high"] is None:
        return ""
    return f"{row['low']:.3f} to {row['high']:.3f}"


def words_of(metric: str) -> str:
    """A metric without its label, in words.

    >>> words_of("hostile.average_precision"), words_of("hostile.recall")
    ('average precision', 'recall')
    """
    name = metric.rpartition(".")[2]
    return WORDS.get(name, name.replace("_", " "))


def summary(numbers: Numbers) -> Table:
    """Every metric over all samples, the models side by side."""
    bodies: list[Body] = []
    for group in ("", *LABELS, "language"):
        rows = []
        for metric in OVERALL:
            if metric.rpartition(".")[0] == group and (cells := numbers.cells(metric)):
                rows.append([Cell(words_of(metric)), *cells])
        if rows:
            bodies.append(Body(group or "whole answers", rows))
    return Table(
        f"Suite {numbers.suite}: all samples, value and 95 % interval",
        ["metric", "n", *map(plain, numbers.models)],
        bodies,
    )


def sliced(numbers: Numbers, name: str) -> Table | None:
    """The metrics that a slice has, value by value, the models side by side."""
    bodies = []
    values = numbers.parts(name)
    for metric in _metrics(numbers, name):
        rows = [
            [Cell(plain(value)), *cells]
            for value in values
            if (cells := numbers.cells(metric, f"{name}={value}"))
        ]
        if rows:
            label = metric.rpartition(".")[0]
            bodies.append(Body(f"{label} {words_of(metric)}".strip(), rows))
    if not bodies:
        return None
    columns = [plain(name), "n", *map(plain, numbers.models)]
    return Table(f"Suite {numbers.suite} by {plain(name)}", columns, bodies)


def _metrics(numbers: Numbers, name: str) -> list[str]:
    """F1 where there is any, recall where a slice parts the positives, else what is flagged."""
    have = {metric for _, metric, part in numbers.rows if part.startswith(f"{name}=")}
    found = [metric for metric in ("accuracy",) if metric in have]
    for label in LABELS:
        names = [f"{label}.f1", f"{label}.recall", f"{label}.flag_rate"]
        if name in ("frame", "severity", "route"):
            names = [f"{label}.recall"]
        found += [metric for metric in names if metric in have][:1]
    return found + [metric for metric in ("language.f1",) if metric in have]


def crossed(numbers: Numbers, name: str) -> Table | None:
    """Accuracy by a slice and the language of its tables: the first model, the others beside."""
    columns = languages_beside(numbers, name)
    if not numbers.models:
        return None
    first = numbers.models[0]
    counts: list[int] = []
    rows = []
    for value in by_accuracy(numbers, name):
        own = numbers.get(first, "accuracy", f"{name}={value}") or {"n": 0}
        row = [Cell(plain(value)), number_of(own["n"])]
        for language in ("all", *columns):
            part = f"{name}={value}" + ("" if language == "all" else f";{language}")
            found = numbers.get(first, "accuracy", part)
            others = [numbers.get(model, "accuracy", part) for model in numbers.models[1:]]
            if found is None:
                row.append(Cell("–"))
                continue
            if language != "all":
                counts.append(found["n"])
            theirs = ", ".join("–" if other is None else f"{other['value']:.2f}"
                               for other in others)  # fmt: skip
            note = " · ".join(filter(None, (span_of(found) if language == "all" else "", theirs)))
            row.append(Cell(f"{found['value']:.2f}", note, weak=found["value"] < WEAK))
        rows.append(row)
    if not rows:
        return None
    notes = [f"▼ marks an accuracy of {plain(first)} below {WEAK}."]
    if len(numbers.models) > 1:
        notes.append(f"Below it: {', '.join(map(plain, numbers.models[1:]))}.")
    if counts and min(counts) < FEW:
        notes.append(
            f"⚠ Few cases: one language of one row holds {min(counts)} to {max(counts)} cases, "
            f"fewer than {FEW}. Read rows and columns, not single cells."
        )
    return Table(
        f"Suite {numbers.suite}: accuracy of {plain(first)} by {name}, worst first",
        [name, "n", "all", *(column.partition("=")[2] for column in columns)],
        [Body("", rows)],
        notes=notes,
    )


def by_accuracy(numbers: Numbers, name: str) -> list[str]:
    """The values of a slice, that in which the first model is worst first."""

    def key(value: str) -> tuple[float, str]:
        found = numbers.get(numbers.models[0], "accuracy", f"{name}={value}")
        return (found["value"] if found else 2.0), value

    return sorted(numbers.parts(name), key=key) if numbers.models else []


def languages_beside(numbers: Numbers, name: str) -> list[str]:
    """The further slices by which one is parted: ``["tables=en", "tables=ur"]``."""
    return sorted(
        {
            beside(part)
            for _, metric, part in numbers.rows
            if metric == "accuracy" and part.startswith(f"{name}=") and beside(part)
        }
    )


def comparisons(record: Record, suite: str) -> Table | None:
    """Differences of two models; by language only for the first model."""
    first = record.models[0].name if record.models else ""
    pairs: dict[str, list[list[Cell]]] = {}
    for row in record.comparisons:
        if row["suite"] != suite or (row["slice"] != "all" and row["first"] != first):
            continue
        name = f"{plain(row['first'])} − {plain(row['second'])}"
        part = row["slice"].partition("=")[2] or row["slice"]
        pairs.setdefault(name, []).append(
            [
                Cell(row["metric"]),
                Cell(plain(part)),
                Cell(f"{row['difference']:+.3f}"),
                _range(row),
                Cell(f"{row['p_value']:.2g}"),
                number_of(row["n"]),
                Cell(row["test"]),
                Cell(_verdict(row)),
            ]
        )
    if not pairs:
        return None
    for rows in pairs.values():
        rows.sort(key=lambda cells: (cells[1].text != "all", cells[1].text))
    return Table(
        f"Suite {suite}: differences between models",
        ["metric", "slice", "difference", "95 % interval", "p", "n", "test", "in words"],
        [Body(name, rows) for name, rows in pairs.items()],
        words=2,
        notes=[
            "Above 0 is in favour of the first. n is that of the positives for F1, of samples for "
            "accuracy. The p-values are not corrected for the number of rows: of twenty without "
            "any difference, one is below 0.05 on average. The bootstrap shows none below 0.0005."
        ],
    )


def _range(row: Row) -> Cell:
    if row["low"] is None:
        return Cell(f"{row['only_first']:,} / {row['only_second']:,}", "only first / second right")
    return Cell(f"{row['low']:+.3f} to {row['high']:+.3f}")


def _verdict(row: Row) -> str:
    if row["p_value"] >= 0.05 or row["difference"] == 0:
        return "no difference shown"
    return "first is better" if row["difference"] > 0 else "second is better"


def measured(suite: str, rows: Sequence[Row]) -> list[Table]:
    """Suites with tables of their own: a table for each of their parts, detectors side by side."""
    parts: dict[str, list[Row]] = {}
    for row in rows:
        names = [str(row[key]) for key in ("table", "section", "test") if row.get(key) is not None]
        parts.setdefault(": ".join(names) or suite, []).append(row)
    return [_plain(suite, name, found) for name, found in parts.items()]


def _plain(suite: str, name: str, rows: Sequence[Row]) -> Table:
    title = f"Suite {suite}: {plain(name, 120)}"
    if all({"slice", "detector", "value"} <= row.keys() for row in rows):
        detectors = list(dict.fromkeys(str(row["detector"]) for row in rows))
        values = {(row["slice"], row["detector"]): row["value"] for row in rows}
        lines = [
            [Cell(plain(part)), *(_any(values.get((part, name))) for name in detectors)]
            for part in dict.fromkeys(row["slice"] for row in rows)
        ]
        return Table(title, ["", *map(plain, detectors)], [Body("", lines)])
    left = ("table", "section", "test")
    keys = [key for key in dict.fromkeys(key for row in rows for key in row) if key not in left]
    texts = [key for key in keys if any(isinstance(row.get(key), str) for row in rows)]
    columns = texts + [key for key in keys if key not in texts]
    lines = [[_any(row.get(key)) for key in columns] for row in rows]
    heads = [plain(key.replace("_", " ")) for key in columns]
    return Table(title, heads, [Body("", lines)], words=max(len(texts), 1))


def _any(value: object) -> Cell:
    if value is None:
        return Cell("–")
    if isinstance(value, float):
        return Cell(f"{value:,.0f}" if abs(value) >= 100 else f"{value:.4g}")
    if isinstance(value, int) and not isinstance(value, bool):
        return Cell(f"{value:,}")
    return Cell(plain(value, 120))
