"""Model files: the same in, the same out; what is damaged is refused with what to do."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from classifiers import modelfile
from classifiers.modelfile import FOLDER, ModelFileError, load, save

TENSORS = {"a": np.arange(6, dtype=np.float32).reshape(2, 3), "b": np.zeros(2, np.float16)}


def test_what_is_saved_is_loaded_and_bytes_repeat(tmp_path: Path) -> None:
    first = save(tmp_path / "x", "m", TENSORS, {"seed": 1})
    second = save(tmp_path / "y", "m", TENSORS, {"seed": 1})
    assert first.read_bytes() == second.read_bytes()
    assert first.with_suffix(".json").read_bytes() == second.with_suffix(".json").read_bytes()
    found = load(tmp_path / "x", "m")
    assert found.card["seed"] == 1
    assert all((found.tensors[key] == TENSORS[key]).all() for key in TENSORS)


def test_exchanged_weights_are_refused(tmp_path: Path) -> None:
    path = save(tmp_path, "m", TENSORS, {})
    path.write_bytes(path.read_bytes()[:-1] + b"\1")
    with pytest.raises(ModelFileError, match="hash"):
        load(tmp_path, "m")


def test_a_card_that_states_other_shapes_is_refused(tmp_path: Path) -> None:
    path = save(tmp_path, "m", TENSORS, {}).with_suffix(".json")
    card = json.loads(path.read_text(encoding="utf-8"))
    card["tensors"]["a"]["shape"] = [3, 2]
    path.write_text(json.dumps(card), encoding="utf-8")
    with pytest.raises(ModelFileError, match="shape"):
        load(tmp_path, "m")


def test_weights_that_are_no_numbers_are_refused(tmp_path: Path) -> None:
    save(tmp_path, "m", {"a": np.array([np.nan], np.float32)}, {})
    with pytest.raises(ModelFileError, match="not finite"):
        load(tmp_path, "m")


@pytest.mark.parametrize("content", ["", "[]", "{"])
def test_a_card_that_is_none_is_refused(tmp_path: Path, content: str) -> None:
    save(tmp_path, "m", TENSORS, {}).with_suffix(".json").write_text(content, encoding="utf-8")
    with pytest.raises(ModelFileError):
        load(tmp_path, "m")


def test_a_file_too_large_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save(tmp_path, "m", TENSORS, {})
    monkeypatch.setattr(modelfile, "MAX_WEIGHTS", 10)
    with pytest.raises(ModelFileError, match="larger"):
        load(tmp_path, "m")


def test_the_committed_model_is_small_and_says_where_it_comes_from() -> None:
    assert (FOLDER / "scoring.safetensors").stat().st_size < 4 << 20
    card = modelfile.read_card(FOLDER, "scoring")
    assert {"seed", "data_sha256", "sources", "cross_fitted", "versions"} <= set(card)
    assert all(source["licence"] for source in card["sources"])
