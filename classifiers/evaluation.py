"""How good a scorer is, on examples with gold labels: an Arrow table of metrics with intervals.

Intervals are bootstrap percentiles (Efron 1979) over phrase *families*, not messages: messages of
one family resemble each other, and resampling them would promise more certainty than there is.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from classifiers.calibration import expected_calibration_error

RESAMPLES = 400

RESULTS = pa.schema(
    [
        pa.field("suite", pa.string(), nullable=False),
        pa.field("slice", pa.string(), nullable=False),  # "all", "language=ur", "act=puppet"
        pa.field("metric", pa.string(), nullable=False),
        pa.field("value", pa.float64()),
        pa.field("n", pa.int64(), nullable=False),  # cases behind the value
        pa.field("low", pa.float64()),  # 95 % interval
        pa.field("high", pa.float64()),
    ]
)


class Scoring(Protocol):
    """Anything that scores like :class:`classifiers.scorer.Scorer`."""

    def score(self, table: pa.Table) -> pa.RecordBatch:
        """Rows of ANALYSES for messages."""


class Gold(Protocol):
    """A message with gold labels."""

    @property
    def text(self) -> str: ...
    @property
    def language(self) -> str: ...
    @property
    def channel_actor(self) -> str | None: ...
    @property
    def reply_to_text(self) -> str | None: ...
    @property
    def family(self) -> str: ...
    @property
    def act(self) -> str: ...
    @property
    def hostile(self) -> Sequence[Any]: ...
    @property
    def solicits_donation(self) -> bool: ...
    @property
    def claims_attack(self) -> bool: ...


@dataclass(slots=True)
class _Case:
    """One decision: a (message, target), or a message for a label without direction."""

    label: str
    language: str
    act: str
    family: str
    gold: bool
    flagged: bool
    probability: float


def table_of(examples: Sequence[Gold]) -> pa.Table:
    """Messages as a scorer takes them."""
    return pa.table(
        {
            "text": pa.array([example.text for example in examples], pa.string()),
            "channel_actor": pa.array([item.channel_actor for item in examples], pa.string()),
            "reply_text": pa.array([item.reply_to_text for item in examples], pa.string()),
        }
    )


def evaluate(scorer: Scoring, examples: Iterable[Gold], *, suite: str = "held-out") -> pa.Table:
    """Score examples and compare with their gold labels.

    Per language and overall: ``hostile``, ``solicits_donation`` and ``claims_attack`` each with
    ``precision``, ``recall``, ``f1``, ``brier`` and ``ece``; ``hostile`` by (message, target), with
    ``source``, ``severity`` and ``frames`` as accuracy (frames: mean Jaccard) over what was
    flagged rightly. ``language`` with ``recall`` by language and ``macro_f1`` overall (a text
    tagged ``fa`` counts as Dari). Per act: ``accuracy`` of the whole answer.

    A target without a score counts as a probability of 0, a label abstained from as not flagged.
    """
    gold = list(examples)
    rows = scorer.score(table_of(gold)).to_pylist()
    cases: list[_Case] = []
    details: dict[str, list[tuple[str, str, float]]] = defaultdict(list)
    right: list[tuple[str, str, str, float]] = []
    for example, row in zip(gold, rows, strict=True):
        found = _cases(example, row)
        cases += found
        whole = all(case.gold == case.flagged for case in found)
        right.append((example.act, example.language, example.family, float(whole)))
        for name, value in _details(example, row):
            details[name].append((example.language, example.family, value))
    results = list(_label_rows(suite, cases))
    results += _mean_rows(suite, details)
    results += _act_rows(suite, right)
    results += _language_rows(suite, gold, [str(row["language"]) for row in rows])
    return pa.Table.from_pylist(results, schema=RESULTS)


def false_alarms(scorer: Scoring, examples: Iterable[Gold], *, suite: str) -> pa.Table:
    """The share of messages flagged, by label and language, in text that deserves no flag."""
    messages = list(examples)
    rows = scorer.score(table_of(messages)).to_pylist()
    found: dict[str, list[tuple[str, str, float]]] = defaultdict(list)
    for example, row in zip(messages, rows, strict=True):
        flagged = {item["label"] for item in row["scores"] if item["status"] == "flagged"}
        for label in ("hostile", "solicits_donation", "claims_attack"):
            found[f"{label}.flag_rate"].append(
                (example.language, example.family, float(label in flagged))
            )
    return pa.Table.from_pylist(_mean_rows(suite, found), schema=RESULTS)


def _cases(example: Gold, row: Mapping[str, Any]) -> list[_Case]:
    scores = {(item["label"], item["target"]): item for item in row["scores"]}
    wanted = {("hostile", item.target) for item in example.hostile}
    wanted |= {("solicits_donation", None)} if example.solicits_donation else set()
    wanted |= {("claims_attack", None)} if example.claims_attack else set()
    keys = wanted | {key for key in scores if key != ("hostile", None)}
    cases = []
    for key in sorted(keys, key=str):
        item = scores.get(key, {})
        cases.append(
            _Case(
                key[0],
                example.language,
                example.act,
                example.family,
                key in wanted,
                item.get("status") == "flagged",
                item.get("probability") or 0.0,
            )
        )
    return cases


def _details(example: Gold, row: Mapping[str, Any]) -> Iterable[tuple[str, float]]:
    gold = {item.target: item for item in example.hostile}
    for item in row["scores"]:
        if item["label"] != "hostile" or item["status"] != "flagged" or item["target"] not in gold:
            continue
        truth = gold[item["target"]]
        yield "hostile.source_accuracy", float(item["source"] == truth.source)
        yield "hostile.severity_accuracy", float(item["severity"] == truth.severity)
        both, either = (
            set(truth.frames) & set(item["frames"]),
            set(truth.frames) | set(item["frames"]),
        )
        yield "hostile.frames_jaccard", len(both) / max(len(either), 1)


def _label_rows(suite: str, cases: Sequence[_Case]) -> Iterable[dict[str, Any]]:
    groups: dict[tuple[str, str], list[_Case]] = defaultdict(list)
    for case in cases:
        groups[case.label, "all"].append(case)
        groups[case.label, f"language={case.language}"].append(case)
    for (label, part), found in sorted(groups.items()):
        gold = np.array([case.gold for case in found])
        flagged = np.array([case.flagged for case in found])
        probability = np.array([case.probability for case in found])
        counts = np.stack([gold & flagged, ~gold & flagged, gold & ~flagged], axis=1).astype(float)
        families = [case.family for case in found]
        for name, function in _RATIOS.items():
            low, high = _interval(counts, families, function)
            value = float(function(counts.sum(axis=0)[None, :])[0])
            yield _row(suite, part, f"{label}.{name}", value, int(gold.sum()), low, high)
        squared = (probability - gold) ** 2
        low, high = _interval(_with_count(squared), families, _mean)
        yield _row(suite, part, f"{label}.brier", float(squared.mean()), len(found), low, high)
        error = expected_calibration_error(probability, gold)
        yield _row(suite, part, f"{label}.ece", error, len(found), None, None)


def _mean_rows(
    suite: str, values: Mapping[str, Sequence[tuple[str, str, float]]]
) -> list[dict[str, Any]]:
    results = []
    for name, found in sorted(values.items()):
        parts = ["all", *sorted({f"language={language}" for language, _, _ in found})]
        for part in parts:
            mine = [item for item in found if part in ("all", f"language={item[0]}")]
            data = np.array([value for _, _, value in mine])
            low, high = _interval(_with_count(data), [family for _, family, _ in mine], _mean)
            results.append(_row(suite, part, name, float(data.mean()), len(mine), low, high))
    return results


def _act_rows(suite: str, right: Sequence[tuple[str, str, str, float]]) -> list[dict[str, Any]]:
    groups: dict[str, list[tuple[str, float]]] = defaultdict(list)
    for act, language, family, value in right:
        groups[f"act={act}"].append((family, value))
        groups[f"act={act};language={language}"].append((family, value))
    results = []
    for part, found in sorted(groups.items()):
        data = np.array([value for _, value in found])
        low, high = _interval(_with_count(data), [family for family, _ in found], _mean)
        results.append(_row(suite, part, "accuracy", float(data.mean()), len(found), low, high))
    return results


def _language_rows(
    suite: str, gold: Sequence[Gold], tags: Sequence[str]
) -> Iterable[dict[str, Any]]:
    found = np.array(["prs" if tag == "fa" else tag for tag in tags])
    truth = np.array([example.language for example in gold])
    families = [example.family for example in gold]
    scores = []
    for tag in sorted(set(truth.tolist())):
        counts = np.stack(
            [
                (truth == tag) & (found == tag),
                (truth != tag) & (found == tag),
                (truth == tag) & (found != tag),
            ],
            axis=1,
        ).astype(float)
        total = counts.sum(axis=0)[None, :]
        scores.append(float(_f1(total)[0]))
        for name, function in _RATIOS.items():
            low, high = _interval(counts, families, function)
            yield _row(
                suite,
                f"language={tag}",
                f"language.{name}",
                float(function(total)[0]),
                int((truth == tag).sum()),
                low,
                high,
            )
    if scores:
        value = float(np.mean(scores))
        yield _row(suite, "all", "language.macro_f1", value, len(gold), None, None)


Counts = NDArray[np.float64]
Ratio = Callable[[Counts], Counts]


def _ratio(top: Counts, bottom: Counts) -> Counts:
    """0 of 0 counts as 0: a scorer that finds nothing has no precision to boast of."""
    return np.divide(top, bottom, out=np.zeros_like(top), where=bottom > 0)


def _precision(counts: Counts) -> Counts:
    return _ratio(counts[:, 0], counts[:, 0] + counts[:, 1])


def _recall(counts: Counts) -> Counts:
    return _ratio(counts[:, 0], counts[:, 0] + counts[:, 2])


def _f1(counts: Counts) -> Counts:
    return _ratio(2 * counts[:, 0], 2 * counts[:, 0] + counts[:, 1] + counts[:, 2])


def _mean(counts: Counts) -> Counts:
    return _ratio(counts[:, 0], counts[:, 1])


_RATIOS: Mapping[str, Ratio] = {"precision": _precision, "recall": _recall, "f1": _f1}


def _with_count(values: NDArray[np.float64]) -> Counts:
    return np.stack([values, np.ones_like(values)], axis=1)


def _interval(counts: Counts, families: Sequence[str], function: Ratio) -> tuple[float, float]:
    """95 % percentile interval of a ratio of sums, resampling whole families."""
    _, index = np.unique(np.array(families, dtype=object).astype(str), return_inverse=True)
    number = int(index.max()) + 1
    sums = np.zeros((number, counts.shape[1]))
    np.add.at(sums, index, counts)
    draws = np.random.default_rng(0).multinomial(number, np.full(number, 1 / number), RESAMPLES)
    values = function(draws @ sums)
    return float(np.quantile(values, 0.025)), float(np.quantile(values, 0.975))


def _row(  # noqa: PLR0913, PLR0917
    suite: str,
    part: str,
    metric: str,
    value: float,
    count: int,
    low: float | None,
    high: float | None,
) -> dict[str, Any]:
    return {
        "suite": suite,
        "slice": part,
        "metric": metric,
        "value": value,
        "n": count,
        "low": low,
        "high": high,
    }
