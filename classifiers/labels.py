"""Read ``labels.yaml`` and ``thresholds.csv``: what is decided about a message, in plain words."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from classifiers.tables import (
    KnowledgeError,
    Problem,
    Record,
    line_of,
    read_csv,
    read_yaml,
    suggestion,
    unknown_keys,
)
from classifiers.vocabulary import FRAMES, ROUTES

THRESHOLDS_HEADER = ("label", "language", "threshold", "reviewed_from")


@dataclass(frozen=True, slots=True)
class Definition:
    """A word of the codebook and its one-line definition for moderators."""

    id: str
    name: str
    definition: str


@dataclass(frozen=True, slots=True)
class Label:
    """A decision about a message. ``directed`` labels have a source and a target.

    ``threshold`` flags from there on, ``review`` sends to review from there on, both where
    ``thresholds.csv`` has no row for the language.
    """

    id: str
    name: str
    directed: bool
    definition: str
    excludes: tuple[str, ...]
    threshold: float
    review: float


@dataclass(frozen=True, slots=True)
class Threshold:
    """From which probability a label is flagged, and sent to review, in one language."""

    label: str
    language: str
    threshold: float
    reviewed_from: float


@dataclass(frozen=True, slots=True)
class Labels:
    """Everything that ``labels.yaml`` defines."""

    labels: Mapping[str, Label] = field(default_factory=dict)
    frames: Mapping[str, Definition] = field(default_factory=dict)
    severities: Mapping[int, Definition] = field(default_factory=dict)
    routes: Mapping[str, Definition] = field(default_factory=dict)


def read_labels(path: Path) -> tuple[Labels, list[Problem]]:
    """The labels, frames, severities and routes, and what is wrong with the file."""
    try:
        data = read_yaml(path)
    except KnowledgeError as error:
        return Labels(), list(error.problems)
    file = path.name
    problems = unknown_keys(data, ("labels", "frames", "severities", "routes"), file, data.line)

    def complain(where: object, what: str, remedy: str, line: int = 1) -> None:
        problems.append(Problem(file, line_of(where, line), what, remedy))

    def records(key: str, keys: tuple[str, ...]) -> Iterator[Record]:
        for record in data.get(key) or []:
            if not isinstance(record, Record):
                complain(record, f"an entry of {key!r} is no mapping", "write `- id: …`")
                continue
            problems.extend(unknown_keys(record, keys, file, record.line))
            for name in ("id", "name", "definition"):
                if not str(record.get(name) or "").strip():
                    complain(record, f"{name!r} is missing or empty", f"give it a {name}")
            yield record

    labels = {}
    fields = ("id", "name", "directed", "definition", "excludes", "threshold", "review")
    for record in records("labels", fields):
        threshold = _share(record, "threshold", complain)
        review = _share(record, "review", complain)
        if review > threshold:
            complain(record, "review starts above the threshold", "lower review")
        if record.get("directed") not in ("yes", "no"):
            complain(record, "'directed' is neither yes nor no", "write yes or no")
        label = Label(
            id=str(record.get("id")),
            name=str(record.get("name")),
            directed=record.get("directed") == "yes",
            definition=" ".join(str(record.get("definition")).split()),
            excludes=tuple(str(item) for item in record.get("excludes") or []),
            threshold=threshold,
            review=review,
        )
        if label.id in labels:
            complain(record, f"the label {label.id!r} stands twice", "merge the two")
        labels[label.id] = label

    def defined(key: str, expected: tuple[Any, ...]) -> dict[Any, Definition]:
        found: dict[Any, Definition] = {}
        for record in records(key, ("id", "name", "definition")):
            name = record.get("id")
            if name not in expected:
                complain(
                    record,
                    f"unknown id {name!r} in {key!r}",
                    suggestion(str(name), map(str, expected)),
                )
                continue
            found[name] = Definition(
                str(name), str(record.get("name")), " ".join(str(record.get("definition")).split())
            )
        for missing in [name for name in expected if name not in found]:
            complain(data, f"{key!r} does not define {missing!r}", "add a definition")
        return found

    return (
        Labels(
            labels,
            defined("frames", FRAMES),
            defined("severities", (1, 2, 3)),
            defined("routes", ROUTES),
        ),
        problems,
    )


def read_thresholds(path: Path, labels: Labels) -> tuple[list[Threshold], list[Problem]]:
    """The thresholds that training chose; no file means that every label keeps its own."""
    if not path.exists():
        return [], []
    found: list[Threshold] = []
    problems: list[Problem] = []
    try:
        for line, row in read_csv(path, THRESHOLDS_HEADER):
            label = row["label"]
            if label not in labels.labels:
                remedy = suggestion(label, labels.labels)
                problems.append(Problem(path.name, line, f"unknown label {label!r}", remedy))
                continue
            try:
                values = float(row["threshold"]), float(row["reviewed_from"] or row["threshold"])
            except ValueError:
                values = (-1.0, -1.0)
            if not all(0 <= value <= 1 for value in values):
                problems.append(
                    Problem(path.name, line, "a threshold is no probability", "write 0 to 1")
                )
                continue
            found.append(Threshold(label, row["language"], *values))
    except KnowledgeError as error:
        problems += error.problems
    return found, problems


def _share(record: Record, key: str, complain: Callable[..., None]) -> float:
    value = record.get(key)
    if isinstance(value, int | float) and 0 < value <= 1:
        return float(value)
    complain(record, f"{key} {value!r} is no probability", "write a number up to 1, such as 0.5")
    return 1.0
