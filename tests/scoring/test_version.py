"""What a model's version is made of, and where two versions may answer differently."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifiers import modelfile
from classifiers.knowledge import data_folder
from classifiers.modelfile import FOLDER, read_card
from classifiers.scorer import Scorer
from classifiers.version import Parts, parts_of, unsure


def copied(folder: Path, name: str) -> Path:
    """The bundled model in a folder of its own, with its thresholds."""
    target = folder / name
    target.mkdir()
    for file in ("scoring.safetensors", "scoring.json"):
        shutil.copy(FOLDER / file, target / file)
    shutil.copy(data_folder() / "thresholds.csv", target / "thresholds.csv")
    return target


def test_the_same_model_elsewhere_has_the_same_version(tmp_path: Path) -> None:
    assert parts_of(copied(tmp_path, "m")) == parts_of()
    assert Scorer.load().version == parts_of().version


def test_the_version_depends_on_all_that_decides_scores(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bundled = parts_of()
    assert {bundled.weights} == {read_card(FOLDER, "scoring")["weights_sha256"]}
    for name in ("code", "language", "weights", "calibration"):
        assert replace(bundled, **{name: "other"}).version != bundled.version, name

    other = copied(tmp_path, "limits")
    text = (other / "thresholds.csv").read_text()
    (other / "thresholds.csv").write_text(text.replace("hostile,en,0.48", "hostile,en,0.58"))
    assert parts_of(other).version != bundled.version

    other = copied(tmp_path, "curves")
    card = json.loads((other / "scoring.json").read_text())
    card["idle"] = dict.fromkeys(card["idle"], 0.123)
    (other / "scoring.json").write_text(json.dumps(card))
    assert parts_of(other).version != bundled.version

    monkeypatch.setattr(modelfile, "code_hash", lambda: "other code")
    assert parts_of().version != bundled.version


def test_what_is_no_part_of_a_version_is_not_asked_when_something_is_scored() -> None:
    program = (
        "import sys, pyarrow as pa; from classifiers.scorer import Scorer; "
        "Scorer.load().score(pa.table({'text': ['Some text of no matter, in English']})); "
        "print(*sys.modules)"
    )
    told = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    ).stdout.split()
    parts = [name.removesuffix(".py") for name in modelfile.NO_PART_OF_A_VERSION]
    modules = {f"classifiers.{part.strip('/').replace('/', '.')}" for part in parts}
    assert not modules & set(told)
    root = Path(modelfile.__file__).parent
    for name in modelfile.NO_PART_OF_A_VERSION:
        assert (root / name).exists(), name


def test_parts_survive_json() -> None:
    parts = parts_of()
    back = Parts.from_dict(json.loads(json.dumps(parts.to_dict())))
    assert back == parts
    assert back.version == parts.version


def test_what_differs_in_more_than_thresholds_may_answer_anything() -> None:
    parts = parts_of()
    assert unsure(parts, parts) == {}
    assert unsure(parts, replace(parts, weights="other")) is None


limit = st.floats(0.01, 1.0)


@given(st.tuples(limit, limit), st.tuples(limit, limit), st.floats(0, 1))
def test_outside_the_ranges_every_status_is_the_same(
    old: tuple[float, float], new: tuple[float, float], probability: float
) -> None:
    """Also where the warehouse keeps the probability with 32 bits only."""
    before = replace(parts_of(), thresholds={"hostile/ur": old})
    ranges = unsure(before, replace(before, thresholds={"hostile/ur": new})) or {}
    kept = float(np.float32(probability))
    if any(low <= kept <= high for low, high in ranges.get("hostile", [])):
        return
    for former, later in zip(old, new, strict=True):
        assert (probability >= former) == (probability >= later)


def test_other_thresholds_leave_answers_outside_the_ranges_as_they_are(tmp_path: Path) -> None:
    """The claim that lets a warehouse carry answers over, held against the scorer itself."""
    from fixtures.world import generate
    from warehouse.reading import SourceReport, discover, identify, read

    generate(tmp_path / "world", 1500, seed=5)
    texts = [
        text
        for path in discover([tmp_path / "world" / "exports"]).files
        for batch in read(identify(path))
        if not isinstance(batch, SourceReport)
        for text in batch.messages.column("text").to_pylist()
    ]
    other = copied(tmp_path, "m")
    lines = (other / "thresholds.csv").read_text().splitlines()
    moved = [line.rsplit(",", 2)[0] + ",0.7,0.1" for line in lines[1:]]
    (other / "thresholds.csv").write_text("\n".join([lines[0], *moved]) + "\n")
    ranges = unsure(parts_of(), parts_of(other))
    assert ranges
    table = pa.table({"text": texts})
    ours, theirs = (Scorer.load(each).score(table).to_pylist() for each in (None, other))
    carried = changed = 0
    for a, b in zip(ours, theirs, strict=True):
        if any(
            low <= score["probability"] <= high
            for score in a["scores"]
            if score["probability"] is not None
            for low, high in ranges.get(score["label"], [])
        ):
            changed += a["scores"] != b["scores"]
            continue
        carried += 1
        assert a | {"model_version": None} == b | {"model_version": None}
    assert carried > 500
    assert changed > 20
