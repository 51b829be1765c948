"""Training is repeatable, needs only what it says, and gives what scoring loads."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from classifiers import model as models
from classifiers.knowledge import data_folder
from classifiers.labels import read_labels, read_thresholds
from classifiers.training import Trained, train, write_thresholds
from fixtures.examples import examples


@pytest.fixture(scope="module")
def few() -> list:
    return list(examples(5, 160, "train", ["en"]))


@pytest.fixture(scope="module")
def trained(few: list) -> Trained:
    return train(few, seed=3)


def test_the_same_examples_and_seed_give_the_same_model(few: list, trained: Trained) -> None:
    more = [*few, *examples(6, 30, "test", ["en"])]  # the test split is never fitted on
    again = train(iter(more), seed=3)
    assert again.model.card["data_sha256"] == trained.model.card["data_sha256"]
    for name in ("directed", "message", "details", "directed_bias", "letters"):
        assert (getattr(again.model, name) == getattr(trained.model, name)).all()
    assert again.model.calibrators == trained.model.calibrators
    assert again.thresholds == trained.thresholds


def test_it_learns_something(trained: Trained) -> None:
    assert np.abs(trained.model.directed).max() > 0.1
    assert "hostile/en" in trained.model.calibrators
    assert trained.model.card["examples"] == 160


def test_what_is_saved_is_what_is_loaded(trained: Trained, tmp_path: Path) -> None:
    models.save(trained.model, tmp_path)
    found = models.load(tmp_path)
    assert np.allclose(found.directed, trained.model.directed, atol=5e-3)
    assert found.calibrators == trained.model.calibrators
    assert found.idle == trained.model.idle


def test_thresholds_are_a_table_that_is_read_again(trained: Trained, tmp_path: Path) -> None:
    path = tmp_path / "thresholds.csv"
    write_thresholds(path, trained.thresholds)
    labels, _ = read_labels(data_folder() / "labels.yaml")
    rows, problems = read_thresholds(path, labels)
    assert not problems
    assert {(row.label, row.language) for row in rows} == {
        (row["label"], row["language"]) for row in trained.thresholds
    }
    assert all(row.reviewed_from < row.threshold for row in rows)


def test_nothing_to_fit_on_is_an_error() -> None:
    with pytest.raises(ValueError, match="nothing to fit on"):
        train(examples(6, 3, "test", ["en"]))
