"""What a report says about one suite: parts with figures, each beside its table of numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from classifiers.evaluation import FEW
from classifiers.evaluation.cases import Case, cases_of
from classifiers.evaluation.curves import (
    BINS,
    Bin,
    language_confusion,
    precision_recall,
    reliability,
)
from classifiers.evaluation.samples import HOSTILE, LABELS
from ops.benchmarks.report import plots
from ops.benchmarks.report.errors import Errors, worst
from ops.benchmarks.report.tables import (
    Body,
    Cell,
    Numbers,
    Table,
    beside,
    by_accuracy,
    comparisons,
    crossed,
    languages_beside,
    number_of,
    sliced,
    summary,
)
from ops.benchmarks.report.texts import plain
from ops.benchmarks.running import Record
from ops.benchmarks.tables import WEAK

#: What a suite is about, for readers who have not read the help.
ABOUT = {
    "heldout": "Generated messages of phrase families that no training saw; a quarter disguised.",
    "functional": "Hand-written cases for each thing that a classifier must be able to do.",
    "obfuscation": "The functional cases under every disguise, each case under a few of them.",
    "public": "Real text that deserves no flag: whatever is flagged here is a false alarm.",
    "labelled": "Your own labelled file.",
    "language": "Which language a text is in, beside other detectors.",
    "speed": "Files on disk to committed rows, on this machine.",
}
#: Slices in the order in which they are shown; those with a chart of their own are left out.
FIRST_SLICES = ("language", "actor", "frame", "route", "severity", "source", "act")
CHARTED = ("functionality", "tables", "obfuscation")
#: Languages that were answered and have a column of their own; the rarest share one.
LANGUAGES = 12


@dataclass(frozen=True, slots=True)
class Part:
    """A heading with figures and tables; ``lead`` says how to read them."""

    name: str
    title: str
    lead: str = ""
    figures: Sequence[str] = ()
    tables: Sequence[Table] = ()


@dataclass(frozen=True, slots=True)
class Section:
    """A suite; ``errors`` are those of the first model."""

    name: str
    about: str
    counts: Sequence[tuple[str, int, int]] = ()
    parts: Sequence[Part] = ()
    first: str = ""
    errors: Errors | None = None
    few: Sequence[str] = field(default_factory=tuple)


def section(record: Record, suite: str) -> Section:
    """Everything about a suite of labelled text."""
    numbers = Numbers.of(record, suite)
    about = ABOUT.get(suite, "")
    if not numbers.models:
        return Section(suite, f"{about} No model has an answer for it.".strip())
    cases = {
        name: cases_of(record.answered[suite, name].samples, record.answered[suite, name].answers)
        for name in numbers.models
    }
    first = numbers.models[0]
    parts = [Part("summary", "Summary", tables=[summary(numbers)])]
    parts += _curves(numbers, cases)
    parts += _reliability(cases)
    parts += _time(numbers)
    parts += _heat(numbers)
    parts += _disguises(numbers)
    parts += _languages(record, suite, first)
    parts += _slices(numbers)
    compared = comparisons(record, suite)
    if compared:
        parts.append(Part("differences", "Differences between models", tables=[compared]))
    return Section(
        suite,
        about,
        [
            (name, len(found.samples), found.left_out)
            for name in numbers.models
            if (found := record.answered[suite, name])
        ],
        parts,
        first,
        worst(record.answered[suite, first], cases[first]),
        _few(numbers),
    )


def _few(numbers: Numbers) -> list[str]:
    """Labels and languages of which there are few cases."""
    found = {
        f"{plain(part.partition('=')[2] or 'all')}: {metric.partition('.')[0]} (n {row['n']})": None
        for (_, metric, part), row in numbers.rows.items()
        if metric.endswith((".f1", ".recall"))
        and (part == "all" or (part.startswith("language=") and not beside(part)))
        and row["n"] < FEW
    }
    return list(found)


def _of_label(cases: Mapping[str, Sequence[Case]], label: str) -> dict[str, list[Case]]:
    """The cases of a label of each model that knows it."""
    found = {name: [case for case in mine if case.label == label] for name, mine in cases.items()}
    return {name: mine for name, mine in found.items() if mine}


def _curves(numbers: Numbers, cases: Mapping[str, Sequence[Case]]) -> Iterator[Part]:
    figures, bodies = [], []
    for label in LABELS:
        mine = _of_label(cases, label)
        if not any(case.gold for found in mine.values() for case in found):
            continue
        curves = []
        rows = []
        for name in numbers.models:
            points = _reached(mine.get(name, []))
            said = [numbers.get(name, f"{label}.{metric}") for metric in ("recall", "precision")]
            flags = (said[0]["value"], said[1]["value"]) if said[0] and said[1] else None
            curves.append(plots.Curve(name, points, flags))
            found = [
                numbers.get(name, f"{label}.{metric}")
                for metric in ("average_precision", "precision", "recall", "f1")
            ]
            count = next((row["n"] for row in found if row), 0)
            values = [Cell("–" if row is None else f"{row['value']:.3f}") for row in found]
            rows.append([Cell(plain(name)), number_of(count), *values])
        figures.append(plots.precision_recall(label, curves))
        bodies.append(Body(label, rows))
    if figures:
        yield Part(
            "curves",
            "Precision and recall",
            "Along the thresholds; the marker is what each model flags.",
            figures,
            [
                Table(
                    f"Suite {numbers.suite}: area under the curve, and where the flags lie",
                    ["model", "n", "average precision", "precision", "recall", "F1"],
                    bodies,
                    notes=[
                        "n: positive cases. A curve ends where a model has no probability above 0. "
                        "Average precision of hostile compares models only where they name the "
                        "same targets: one that names few has few false alarms to be ranked."
                    ],
                )
            ],
        )


def _reached(cases: Sequence[Case]) -> list[tuple[float, float]]:
    """The curve as far as a model has probabilities above 0.

    Beyond lie the targets that it does not name at all: flagging them too is no threshold of it.
    """
    positives = [case.probability for case in cases if case.gold and case.probability is not None]
    if not positives:
        return []
    most = sum(value > 0 for value in positives) / len(positives)
    return [point for point in precision_recall(cases) if point[0] <= most + 1e-9]


def _reliability(cases: Mapping[str, Sequence[Case]]) -> Iterator[Part]:
    figures, tables = [], []
    for label in LABELS:
        found = {name: reliability(mine) for name, mine in _of_label(cases, label).items()}
        found = {name: bins for name, bins in found.items() if bins}
        if not found:
            continue
        shown = [(name, found.get(name, [])) for name in cases]
        figures.append(plots.reliability(label, shown))
        columns = ["said", *map(plain, cases)]
        notes = ["A true target that a model does not name counts as 0 said."]
        tables.append(
            Table(
                f"{label}: mean probability said → share that is true",
                columns,
                [Body("", _bins(dict(shown)))],
                notes=notes if label == HOSTILE else (),
            )
        )
    if figures:
        yield Part(
            "reliability",
            "Reliability",
            "Whether a probability means what it says: of what is said with 0.8, four in five "
            "should be true. In the table: said → true.",
            figures,
            tables,
        )


def _bins(found: Mapping[str, Sequence[Bin]]) -> list[list[Cell]]:
    placed = {
        name: {min(int(item.said * BINS), BINS - 1): item for item in bins}
        for name, bins in found.items()
    }
    rows = []
    for place in range(BINS):
        cells = [Cell(f"{place / BINS:.1f} to {(place + 1) / BINS:.1f}")]
        for bins in placed.values():
            item = bins.get(place)
            cells.append(
                Cell("–")
                if item is None
                else Cell(f"{item.said:.2f} → {item.true:.2f}", f"n {item.count:,}",
                          few=item.count < FEW)
            )  # fmt: skip
        if any(cell.text != "–" for cell in cells[1:]):
            rows.append(cells)
    return rows


def _point(numbers: Numbers, model: str, metric: str, part: str = "all") -> plots.Point | None:
    row = numbers.get(model, metric, part)
    return None if row is None else plots.Point(row["value"], row["low"], row["high"])


def _time(numbers: Numbers) -> Iterator[Part]:
    metric = "accuracy"
    found: dict[str, tuple[float, plots.Point] | None] = {}
    rows = []
    for name in numbers.models:
        speed, point = numbers.get(name, "messages_per_second"), _point(numbers, name, metric)
        found[name] = (speed["value"], point) if speed and point else None
        rows.append(
            [
                Cell(plain(name)),
                Cell(f"{speed['value']:,.0f}" if speed else "not timed"),
                Cell(f"{point.value:.3f}" if point else "–"),
            ]
        )
    if not any(found.values()):
        return
    yield Part(
        "time",
        "Score against time",
        "Up and to the right is better. Models in another process or a file have no time.",
        [plots.speed(f"suite {numbers.suite}", metric, found)],
        [
            Table(
                f"Suite {numbers.suite}: accuracy and messages a second on this machine",
                ["model", "messages a second", metric],
                [Body("", rows)],
            )
        ],
    )


def _heat(numbers: Numbers) -> Iterator[Part]:
    table = crossed(numbers, "functionality")
    if table is None:
        return
    first, columns = numbers.models[0], languages_beside(numbers, "functionality")
    values = by_accuracy(numbers, "functionality")
    cells = []
    for value in values:
        keys = [f"functionality={value}", *(f"functionality={value};{key}" for key in columns)]
        found = [numbers.get(first, "accuracy", key) for key in keys]
        cells.append([None if row is None else (row["value"], _short(row)) for row in found])
    names = ["all", *(key.partition("=")[2] for key in columns)]
    title = f"Accuracy of {plain(first)}: functionality by language"
    yield Part(
        "functionalities",
        "Functionality by language",
        f"Accuracy of {plain(first)}, worst first. Orange with ▾ is below {WEAK}, white at it, "
        "violet above.",
        [plots.heat(title, plots.Matrix(values, names, cells, middle=WEAK))],
        [table],
    )


def _short(row: Mapping[str, float]) -> str:
    return f"{row['value']:.2f}" + (" ▾" if row["value"] < WEAK else "")


def _disguises(numbers: Numbers) -> Iterator[Part]:
    table = sliced(numbers, "obfuscation")
    values = by_accuracy(numbers, "obfuscation")
    if table is None or not any(
        numbers.get(name, "accuracy", f"obfuscation={values[0]}") for name in numbers.models
    ):
        return
    points = {
        name: [_point(numbers, name, "accuracy", f"obfuscation={value}") for value in values]
        for name in numbers.models
    }
    parted = crossed(numbers, "obfuscation")
    yield Part(
        "disguises",
        "Disguises",
        "The same kind of message under each disguise; “none” is undisguised. Worst first.",
        [plots.dots("accuracy", values, points)],
        [table, *([parted] if parted and len(parted.columns) > 3 else [])],
    )


def _languages(record: Record, suite: str, first: str) -> Iterator[Part]:
    found = record.answered[suite, first]
    counts = language_confusion(found.samples, found.answers)
    if not counts:
        return
    truth = sorted({pair[0] for pair in counts})
    often = Counter[str]()
    for (_, said), count in counts.items():
        often[said] += count
    own = [tag for tag in truth if tag in often]
    others = [tag for tag, _ in often.most_common() if tag not in own]
    room = max(LANGUAGES - len(own), 1)
    columns = own + others[:room]
    rest = others[room:]
    names = [*columns, "other"] if rest else columns
    cells, rows = [], []
    for tag in truth:
        line = [counts.get((tag, said), 0) for said in columns]
        line += [sum(counts.get((tag, said), 0) for said in rest)] if rest else []
        total = sum(line)
        cells.append([(count / total, f"{count:,}") if count else None for count in line])
        rows.append([Cell(plain(tag)), number_of(total), *(Cell(f"{count:,}") for count in line)])
    title = f"Languages told by {plain(first)}: truth by answer"
    notes = ["F1 of languages counts fa, where nothing says that a text is Afghan, as prs."]
    yield Part(
        "languages",
        "Languages confused",
        f"What {plain(first)} called the texts of each language, in texts. Rows are the truth; "
        "the colour is the share of the row.",
        [plots.heat(title, plots.Matrix(truth, names, cells, ("truth", "answer")))],
        [Table(f"Suite {suite}: texts by true language (rows) and answer (columns)",
               ["truth", "n", *map(plain, names)], [Body("", rows)],
               notes=notes if any(said == "fa" for _, said in counts) else ())],
    )  # fmt: skip


def _slices(numbers: Numbers) -> Iterator[Part]:
    names = [name for name in numbers.names() if name not in CHARTED]
    ordered = [name for name in FIRST_SLICES if name in names]
    ordered += [name for name in names if name not in FIRST_SLICES]
    tables = [table for name in ordered if (table := sliced(numbers, name))]
    if not tables:
        return
    figures = []
    languages = numbers.parts("language")
    for label in LABELS:
        points = {
            name: [_point(numbers, name, f"{label}.f1", f"language={tag}") for tag in languages]
            for name in numbers.models
        }
        if any(point for found in points.values() for point in found):
            figures.append(plots.dots(f"{label}: F1 by language", languages, points))
    yield Part(
        "slices",
        "Slices",
        "Parts of the suite: by language, actor, frame, payment route, severity and what else the "
        "samples say of themselves.",
        figures,
        tables,
    )
