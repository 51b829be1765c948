"""The baseline answers in the same form, and learns."""

from __future__ import annotations

import pyarrow as pa
import pytest

from classifiers.baseline import Baseline
from classifiers.evaluation import answers_of, measure, samples_of, table_of
from classifiers.knowledge import load
from fixtures.examples import examples
from warehouse.schemas import ANALYSES


@pytest.fixture(scope="module")
def baseline() -> Baseline:
    known = [*examples(1, 700, "train", ["en"]), *examples(2, 200, "validation", ["en"])]
    return Baseline.fit(known, targets=list(load().actors))


def test_it_answers_every_message(baseline: Baseline) -> None:
    texts = ["", "😀", "The TTP are liars.", "ط", "x" * 100_000]
    found = baseline.score(pa.table({"text": texts}))
    assert found.schema == ANALYSES
    assert found.num_rows == len(texts)
    assert found.column("language").to_pylist()[:2] == ["zxx", "zxx"]
    assert baseline.score(pa.table({"text": pa.array([], pa.string())})).num_rows == 0


def test_it_beats_silence_on_unseen_families(baseline: Baseline) -> None:
    samples = samples_of(examples(3, 300, "test", ["en"]))
    rows = measure("any", samples, answers_of(baseline.score(table_of(samples)).to_pylist()))
    found = {(row["slice"], row["metric"]): row["value"] for row in rows}
    assert found["all", "hostile.f1"] > 0.2
    assert found["all", "solicits_donation.f1"] > 0.4
