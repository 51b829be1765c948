"""Metrics: a perfect scorer gets 1, a silent one 0, intervals contain the value."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pytest

from classifiers.evaluation import RESULTS, evaluate, false_alarms
from fixtures.examples import Example, examples


class Prepared:
    """Answers that a function of the example gives."""

    def __init__(self, gold: list[Example], answer: Callable[[Example], list[dict]]) -> None:
        self.rows = [{"language": item.language, "scores": answer(item)} for item in gold]

    def score(self, table: pa.Table) -> Any:
        assert table.num_rows == len(self.rows)
        return self

    def to_pylist(self) -> list[dict]:
        return self.rows


def item(label: str, flagged: bool, target: str | None = None, **more: object) -> dict:
    status = "flagged" if flagged else "clear"
    probability = 0.99 if flagged else 0.01
    return {
        "label": label,
        "target": target,
        "status": status,
        "probability": probability,
        "source": "unknown",
        "severity": 1,
        "frames": ["other"],
        **more,
    }


def truth(example: Example) -> list[dict]:
    rows = [
        item(
            "hostile",
            True,
            row.target,
            source=row.source,
            severity=row.severity,
            frames=list(row.frames),
        )
        for row in example.hostile
    ]
    rows.append(item("solicits_donation", example.solicits_donation))
    rows.append(item("claims_attack", example.claims_attack))
    return rows


def silence(example: Example) -> list[dict]:
    return [item("solicits_donation", False), item("claims_attack", False)]


@pytest.fixture(scope="module")
def gold() -> list[Example]:
    return list(examples(9, 400, "test"))


def values(table: pa.Table) -> dict[tuple[str, str], dict[str, Any]]:
    assert table.schema == RESULTS
    return {(row["slice"], row["metric"]): row for row in table.to_pylist()}


def test_the_truth_scores_one(gold: list[Example]) -> None:
    found = values(evaluate(Prepared(gold, truth), gold))
    for metric in ("hostile.f1", "solicits_donation.f1", "claims_attack.f1", "language.macro_f1"):
        assert found["all", metric]["value"] == 1.0
    assert found["language=ur", "hostile.f1"]["low"] == 1.0
    assert found["all", "hostile.source_accuracy"]["value"] == 1.0
    assert found["all", "hostile.brier"]["value"] < 0.001
    assert found["all", "hostile.ece"]["value"] == pytest.approx(0.01, abs=1e-6)


def test_silence_scores_nothing(gold: list[Example]) -> None:
    found = values(evaluate(Prepared(gold, silence), gold))
    assert found["all", "hostile.recall"]["value"] == 0.0
    assert found["all", "hostile.f1"]["n"] == sum(len(row.hostile) for row in gold)
    assert found["act=puppet", "accuracy"]["value"] == 0.0
    assert found["act=news", "accuracy"]["value"] == 1.0


def test_half_right_lies_in_its_interval(gold: list[Example]) -> None:
    found = values(
        evaluate(Prepared(gold, lambda row: (truth if len(row.text) % 2 else silence)(row)), gold)
    )
    row = found["all", "hostile.recall"]
    assert 0 < row["low"] < row["value"] < row["high"] < 1


def test_false_alarms_are_shares_of_messages(gold: list[Example]) -> None:
    found = values(false_alarms(Prepared(gold, truth), gold, suite="any"))
    expected = sum(bool(row.hostile) for row in gold) / len(gold)
    assert found["all", "hostile.flag_rate"]["value"] == pytest.approx(expected)
