"""Training labels as a file: what comes back is what was decided; what is wrong is named."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifiers.evaluation import Aimed
from flows.labels import LabelsError, read, written
from flows.reviewed import Learnt, Reviewed, split_of
from ops.benchmarks.options import Options
from ops.benchmarks.suites import labelled

ACTORS = ("ttp", "iskp", "afghan_taliban")
ASKS = Reviewed(
    text="give to them",
    language="en",
    channel_actor="iskp",
    reply_to_text="how?",
    split=split_of("f1"),
    family="f1",
    judged=frozenset({"solicits_donation", "hostile:ttp"}),
    solicits_donation=True,
    routes=("crypto",),
)
HOSTILE = Reviewed(
    text="they are puppets\nof somebody",
    language=None,
    channel_actor=None,
    reply_to_text=None,
    split=split_of("f2"),
    family="f2",
    judged=frozenset({"hostile:ttp", "hostile:iskp", "claims_attack"}),
    hostile=(Aimed("iskp", "ttp", 3, ("foreign_puppet",)), Aimed("ttp", None, 1, ())),
)


def saved(folder: Path, *examples: Reviewed) -> Path:
    path = folder / "training.ndjson"
    path.write_bytes(b"".join(written(examples)))
    return path


def test_what_is_read_is_what_was_written(tmp_path: Path) -> None:
    found = read(saved(tmp_path, ASKS, HOSTILE), ACTORS)
    assert found.examples == (ASKS, HOSTILE)
    assert found.decisions == 5
    assert found.sha256 == Learnt((ASKS, HOSTILE), 2, {}).sha256


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)

frames = st.lists(texts, max_size=2).map(tuple)


@st.composite
def reviewed(draw: Any) -> Reviewed:
    judged = draw(st.sets(st.sampled_from(["solicits_donation", "claims_attack"])))
    targets = draw(st.lists(st.sampled_from(ACTORS), unique=True))
    family = draw(texts)
    aimed = draw(st.lists(st.sampled_from(targets), unique=True)) if targets else []
    return Reviewed(
        text=draw(texts),
        language=draw(st.none() | texts),
        channel_actor=draw(st.none() | st.sampled_from(ACTORS)),
        reply_to_text=draw(st.none() | texts),
        split=split_of(family),
        family=family,
        judged=frozenset({*judged, *(f"hostile:{target}" for target in targets)}),
        hostile=tuple(
            Aimed(target, draw(st.none() | texts), draw(st.integers(0, 3)), draw(frames))
            for target in aimed
        ),
        solicits_donation="solicits_donation" in judged and draw(st.booleans()),
        claims_attack="claims_attack" in judged and draw(st.booleans()),
        routes=tuple(draw(st.lists(texts, max_size=2))),
    )  # fmt: skip


@given(st.lists(reviewed(), max_size=4))
def test_any_text_comes_back(tmp_path_factory: pytest.TempPathFactory, examples: list[Any]) -> None:
    path = saved(tmp_path_factory.mktemp("labels"), *examples)
    assert read(path, ACTORS).examples == tuple(examples)


def test_the_benchmark_reads_it_and_measures_nothing_that_nobody_judged(tmp_path: Path) -> None:
    asks, hostile = labelled.samples(Options(labelled=saved(tmp_path, ASKS, HOSTILE)))
    assert (asks.text, asks.group, asks.channel_actor, asks.reply_text) == (
        ASKS.text, "f1", "iskp", "how?"
    )  # fmt: skip
    assert (asks.solicits_donation, asks.hostile, asks.claims_attack) == (True, (), None)
    assert asks.routes == ("crypto",)
    assert (hostile.solicits_donation, hostile.claims_attack) == (None, False)
    assert [aimed.target for aimed in hostile.hostile or ()] == ["iskp", "ttp"]
    only = Reviewed("t", "en", None, None, "test", "f3", frozenset({"claims_attack"}))
    [sample] = labelled.samples(Options(labelled=saved(tmp_path, only)))
    assert (sample.hostile, sample.claims_attack) == (None, False)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"judged": ["hostile"]}, "judged"),
        ({"judged": ["claims_attack:ttp"]}, "judged"),
        ({"judged": ["rude"]}, "judged"),
        ({"judged": ["hostile:nobody"]}, "unknown actor 'nobody'"),
        ({"judged": ["claims_attack"]}, "'iskp' is aimed at and not judged"),
        ({"text": None}, "text"),
        ({"routes": "crypto"}, "routes"),
    ],
)
def test_a_line_that_is_wrong_is_named(tmp_path: Path, change: dict[str, Any], says: str) -> None:
    path = saved(tmp_path, ASKS, HOSTILE)
    first, second = path.read_text().splitlines()
    path.write_text(f"{first}\n\n{json.dumps(json.loads(second) | change)}\n")
    with pytest.raises(LabelsError, match=rf"training\.ndjson:3: .*{says}") as raised:
        read(path, ACTORS)
    assert raised.value.exit_code == 2


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(LabelsError, match="no such file"):
        read(tmp_path / "x.ndjson", ACTORS)
