"""Training learns from decisions, says what changed, and promotes only what is no worse."""

from __future__ import annotations

import fcntl
import json
import shutil
import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from classifiers.evaluation import Aimed
from classifiers.modelfile import FOLDER, ModelFileError
from classifiers.scorer import Scorer
from classifiers.training import THRESHOLDS
from flows.labels import written
from flows.reviewed import Reviewed, split_of
from ops.benchmarks import SUITES
from ops.benchmarks.gate import read_gate
from ops.benchmarks.models import Model
from ops.benchmarks.options import Options
from ops.commands import train
from ops.errors import CommandError
from ops.learning import candidate, compare, promote
from ops.learning.candidate import GATE, Training, decisions_of, fit
from warehouse.batches import batch_id, batch_metadata
from warehouse.inbox import LANDING, Packed, hand_over, inbox_of
from warehouse.schemas import ANALYSES, MESSAGES
from warehouse.store import open_store

#: So few examples that a fit takes seconds.
FEW = 60
MEASURED = 200
#: Said in many ways, so that some of them are fitted on: each is a family of its own.
TEXTS = [
    f"The TTP are nothing but puppets of foreign agencies, {n} times over." for n in "abcdefgh"
]
NAMES = (promote.WEIGHTS, promote.CARD, promote.LIMITS)


@pytest.fixture(scope="module", autouse=True)
def few_posts() -> Iterator[None]:
    """All annotated posts would take minutes to fit on."""
    every = candidate.posts
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(candidate, "posts", lambda seed: list(every(seed))[::1500])
        yield


def quiet(line: str) -> None:
    """Says nothing."""


def probability(folder: Path, text: str) -> float:
    answer = Scorer.load(folder).score(pa.table({"text": [text], "channel_actor": ["iskp"]}))
    [found] = [
        row["probability"] for row in answer.to_pylist()[0]["scores"] if row["target"] == "ttp"
    ]
    return float(found)


@pytest.fixture(scope="module")
def decided(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A warehouse of flagged messages, each of which a moderator has rejected."""
    path = tmp_path_factory.mktemp("warehouse") / "w.duckdb"
    score = {"label": "hostile", "source": "iskp", "target": "ttp", "probability": 0.9}
    lists: dict[str, Any] = {"frames": [], "routes": [], "evidence": []}
    blank = dict.fromkeys([*MESSAGES.names, *ANALYSES.names])
    rows = [
        blank
        | {"channel_key": "tg:1", "message_id": number, "kind": "message", "time_basis": "unix"}
        | {"text": text, "entities": [], "reactions": [], "position": str(number)}
        | {"channel_actor": "iskp", "language": "en", "language_mixed": [], "indicators": []}
        | {"scores": [score | lists | {"status": "flagged", "severity": 1}], "fingerprint": number}
        | {"model_version": "m"}
        for number, text in enumerate(TEXTS, 1)
    ]
    metadata = batch_metadata(run_id="r", source_id="0" * 64, reading="r", sequence=0)
    hand_over(
        inbox_of(path),
        kind="messages",
        order="1",
        batches=[Packed(batch_id("r", "m", 0), len(rows), metadata)],
        table=pa.Table.from_pylist(rows, schema=LANDING),
    )
    with open_store(path) as store:
        store.load_inbox()
        store.connection.executemany(
            "INSERT INTO base.decisions (decision_id, channel_key, message_id, content_id, label, "
            "target, judgement, reviewer, decided_at) VALUES (?, ?, ?, ?, 'hostile', 'ttp', "
            "'reject', 'anna', ?)",
            [
                (
                    uuid.UUID(int=message),
                    channel,
                    message,
                    content,
                    datetime(2024, 5, 1, tzinfo=UTC),
                )
                for channel, message, content in store.connection.execute(
                    "SELECT channel_key, message_id, content_id FROM messages"
                ).fetchall()
            ],
        )
    return path


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of few examples: worse than the bundled one."""
    folder = tmp_path_factory.mktemp("small") / "model"
    fit(Training(folder, messages=FEW), None, quiet)
    return folder


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundled model as a candidate."""
    folder = tmp_path_factory.mktemp("good")
    for path in (FOLDER / promote.WEIGHTS, FOLDER / promote.CARD, THRESHOLDS):
        shutil.copy(path, folder / path.name)
    return folder


@pytest.fixture
def there(small: Path, tmp_path: Path) -> Path:
    """A folder with the small model as the current one."""
    return Path(shutil.copytree(small, tmp_path / "there"))


def gate(folder: Path, *rows: str) -> Path:
    path = folder / "gate.csv"
    path.write_text("suite,slice,metric,at_least,at_most\n" + "".join(f"{row}\n" for row in rows))
    return path


def same(first: Path, second: Path) -> bool:
    return all((first / name).read_bytes() == (second / name).read_bytes() for name in NAMES)


# ------------------------------------------------------------------------------ learning


def test_decisions_of_a_file_are_those_of_the_warehouse(decided: Path, tmp_path: Path) -> None:
    direct = decisions_of(Training(tmp_path, warehouse=decided), quiet)
    assert direct is not None
    path = tmp_path / "training.ndjson"
    path.write_bytes(b"".join(written(direct.examples)))
    found = decisions_of(Training(tmp_path, decisions=path), quiet)
    assert found is not None
    assert found.examples == direct.examples
    assert decisions_of(Training(tmp_path), quiet) is None
    with pytest.raises(CommandError, match="give one of them"):
        Training(tmp_path, warehouse=decided, decisions=path).check()


def test_decisions_move_the_score_and_the_same_seed_gives_the_same_bytes(
    decided: Path, small: Path, tmp_path: Path
) -> None:
    said: list[str] = []
    decisions = decisions_of(Training(tmp_path / "one", warehouse=decided), said.append)
    assert decisions is not None
    assert "decisions in force: 8" in said[0]
    assert {example.split for example in decisions.examples} >= {"train"}
    for name in ("one", "two"):
        fit(Training(tmp_path / name, messages=FEW), decisions, quiet)
    assert same(tmp_path / "one", tmp_path / "two")
    assert not same(tmp_path / "one", small)
    card = json.loads((tmp_path / "one" / promote.CARD).read_text(encoding="utf-8"))
    assert decisions.sha256 in card["sources"][-1]["origin"]
    everybody = [*candidate.posts(0), *decisions.examples]
    assert card["judged"] == sum(example.split != "test" for example in everybody)
    said_true = tuple(
        replace(example, hostile=(Aimed("ttp", "iskp", 1, ("foreign_puppet",)),))
        for example in decisions.examples
    )
    fit(Training(tmp_path / "three", messages=FEW), replace(decisions, examples=said_true), quiet)
    text = "The TTP are nothing but puppets of foreign agencies."
    found = [probability(folder, text) for folder in (tmp_path / "one", small, tmp_path / "three")]
    assert found[0] < found[1] < found[2]


# ------------------------------------------------------------------------------ comparing


@pytest.fixture(scope="module")
def record(small: Path, good: Path) -> Any:
    """The small model as a candidate beside the bundled one, on some held-out decisions too."""
    families = [name for name in map(str, range(300)) if split_of(name) == "test"]
    decisions = [
        Reviewed(f"{TEXTS[0]} {name}", "en", "iskp", None, "test", name, frozenset({"hostile:ttp"}))
        for name in families[:30]
    ]
    options = Options(messages=MEASURED)
    models = [
        compare.model_of(name, folder, options)
        for name, folder in ((compare.CANDIDATE, small), (compare.CURRENT, good))
    ]
    return compare.measure(models[0], models[1], decisions, options, ["heldout"])


def test_what_changed_is_told_with_before_and_after(record: Any) -> None:
    rows = {(row["suite"], row["slice"], row["metric"]): row for row in compare.changes(record)}
    found = rows["heldout", "all", "hostile.f1"]
    assert found["after"] - found["before"] == pytest.approx(found["difference"])
    assert all(row["slice"] == "all" or row["p_value"] < 0.05 for row in rows.values())
    assert ("decisions", "all", "accuracy") in rows
    # What the warehouse took for the language is no truth to measure languages by.
    assert not [
        row
        for row in record.metrics
        if row["suite"] == "decisions" and row["metric"].startswith("language.")
    ]


def test_a_worse_model_is_named_by_what_is_worse(record: Any) -> None:
    assert any("heldout hostile.f1: worse" in line for line in compare.worse(record))
    # The other way round nothing is worse.
    turned = replace(record, comparisons=[
        row | {"difference": -row["difference"]} for row in record.comparisons
    ])  # fmt: skip
    assert not [line for line in compare.worse(turned) if "heldout hostile.f1" in line]


def test_a_minimum_of_a_suite_that_was_not_measured_is_not_reached(
    record: Any, tmp_path: Path
) -> None:
    minimums = read_gate(gate(tmp_path, "public,all,accuracy,0.1,", "heldout,all,accuracy,0.01,"))
    [line] = promote.beneath(record, minimums)
    assert line.startswith("public all accuracy: nothing was measured")


def test_too_few_decisions_held_out_are_not_measured() -> None:
    said: list[str] = []
    nobody = Model("nobody", "1", lambda samples: [])
    few = [Reviewed("a", "en", None, None, "test", "f", frozenset({"claims_attack"}))]
    found = compare.measure(nobody, nobody, few, Options(say=said.append), [])
    assert found.suites == []
    assert said == ["decisions: 1 revisions held out, too few to measure on"]


# ------------------------------------------------------------------------------ promoting


def training(good_or_bad: Path, monkeypatch: pytest.MonkeyPatch, **more: Any) -> Training:
    """A training whose fit takes no time: it gives a model that is there already."""

    def copied(wanted: Training, decisions: Any, say: Any) -> None:
        shutil.copytree(good_or_bad, wanted.out)

    monkeypatch.setattr(train, "fit", copied)
    return Training(promote=True, suites=("heldout",), measured=MEASURED, **more)


def test_a_candidate_beneath_the_gate_or_worse_is_kept_where_it_is(
    small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    minimums = gate(tmp_path, "heldout,all,accuracy,1.01,")
    mine = tmp_path / "mine"
    wanted = training(small, monkeypatch, out=tmp_path / "out", into=mine, gate=minimums)
    with pytest.raises(CommandError) as refused:
        train.train_command(wanted)
    assert refused.value.exit_code == 1
    assert "heldout all accuracy: " in str(refused.value)
    assert "heldout hostile.f1: worse than the current model" in str(refused.value)
    assert not mine.exists()
    assert same(tmp_path / "out", small)
    found = json.loads((tmp_path / "out" / "results.json").read_text(encoding="utf-8"))
    assert len(found["against_promotion"]) >= 2
    assert found["changes"]


def test_a_gate_that_is_named_is_held_without_promoting_too(
    good: Path, small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    minimums = gate(tmp_path, "heldout,all,accuracy,1.01,")
    wanted = replace(
        training(good, monkeypatch, out=tmp_path / "out", gate=minimums),
        promote=False,
        models=small,
    )
    with pytest.raises(CommandError, match=r"misses 1 of the minimums") as missed:
        train.train_command(wanted)
    assert missed.value.exit_code == 1


def test_a_better_candidate_takes_the_place_and_the_former_one_is_kept(
    good: Path, small: Path, there: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    minimums = gate(tmp_path, "heldout,all,accuracy,0.1,")
    wanted = training(good, monkeypatch, out=tmp_path / "out", into=there, gate=minimums)
    train.train_command(wanted)
    assert same(there, good)
    assert same(there / "previous", small)
    assert probability(there, TEXTS[0]) == pytest.approx(probability(FOLDER, TEXTS[0]))
    assert probability(there / "previous", TEXTS[0]) == probability(small, TEXTS[0])


def test_into_a_folder_that_is_not_there_yet(good: Path, tmp_path: Path) -> None:
    promote.promote(good, tmp_path / "new" / "models", None)
    assert same(good, tmp_path / "new" / "models")
    assert not (tmp_path / "new" / "models" / "previous").exists()


def test_the_bundled_models_thresholds_have_a_place_of_their_own(
    good: Path, there: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    limits = tmp_path / "data" / "thresholds.csv"
    limits.parent.mkdir()
    limits.write_text("former", encoding="utf-8")
    monkeypatch.setattr(promote, "FOLDER", there)
    monkeypatch.setattr(promote, "THRESHOLDS", limits)
    promote.promote(good, there, promote.weights_hash(there))
    assert limits.read_bytes() == (good / promote.LIMITS).read_bytes()
    assert (there / "previous" / promote.LIMITS).read_text(encoding="utf-8") == "former"


class Killed(BaseException):
    """As if the process were gone: nothing after it runs, nothing is tidied up."""


@pytest.mark.parametrize("survived", [0, 1, 2, 3])
def test_killed_between_the_renames(
    good: Path, small: Path, there: Path, survived: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[Path] = []
    rename = promote._rename

    def killing(source: Path, place: Path) -> None:
        if len(done) == survived:
            raise Killed
        done.append(place)
        rename(source, place)

    with monkeypatch.context() as patch:
        patch.setattr(promote, "_rename", killing)
        with pytest.raises(Killed):
            promote.promote(good, there, None)
    if survived == 3:  # the weights are there, their card is not
        with pytest.raises(ModelFileError, match=r"the former ones lie in .*previous"):
            Scorer.load(there).score(pa.table({"text": ["a"]}))
    else:
        assert probability(there, TEXTS[0]) >= 0
        assert (there / promote.WEIGHTS).read_bytes() == (small / promote.WEIGHTS).read_bytes()
    promote.promote(good, there, None)
    assert same(there, good)
    # Never a mixture: the former pair as it was.
    for name in (promote.WEIGHTS, promote.CARD):
        assert (there / "previous" / name).read_bytes() == (small / name).read_bytes()
    assert not list(there.glob(f"{promote._STAGED}*"))


def test_a_candidate_that_is_not_whole_changes_nothing(
    good: Path, small: Path, there: Path, tmp_path: Path
) -> None:
    broken = Path(shutil.copytree(good, tmp_path / "broken"))
    (broken / promote.LIMITS).write_text("label,language\n", encoding="utf-8")
    with pytest.raises(ModelFileError, match="train again"):
        promote.promote(broken, there, None)
    shutil.copy(small / promote.WEIGHTS, broken)
    with pytest.raises(ModelFileError, match="hash"):
        promote.promote(broken, there, None)
    assert same(there, small)


def test_two_at_once_and_one_too_late_are_told_so(good: Path, small: Path, there: Path) -> None:
    with (there / promote._LOCK).open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        with pytest.raises(CommandError, match="another promotion") as waiting:
            promote.promote(good, there, None)
    assert waiting.value.exit_code == 3
    with pytest.raises(CommandError, match="compare again") as late:
        promote.promote(good, there, "another hash")
    assert late.value.exit_code == 1
    assert same(there, small)


# ------------------------------------------------------------------------------ asking for it


@pytest.mark.parametrize(
    ("wanted", "says"),
    [
        (Training(Path("x"), into=Path("y")), "--promote too"),
        (Training(Path("x"), promote=True, compare=False), "--promote needs the comparison"),
        (Training(Path("x"), gate=Path("g"), compare=False), "--gate needs the comparison"),
        (Training(Path("x"), promote=True, into=Path("./x")), "promoted into"),
        (Training(FOLDER, promote=True), "promoted into"),
        (Training(Path("x"), promote=True, language=True), "--language --out"),
        (Training(Path("x"), data=Path("no-such-folder")), "no such folder"),
    ],
)
def test_what_does_not_go_together_is_refused_before_minutes_are_spent(
    wanted: Training, says: str
) -> None:
    with pytest.raises(CommandError, match=says) as refused:
        train.train_command(wanted)
    assert refused.value.exit_code == 2


def test_a_current_model_that_does_not_load_is_named_with_the_way_on(
    small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(ModelFileError, match="--no-compare trains without it"):
        train.train_command(Training(tmp_path / "out", models=tmp_path))
    assert not (tmp_path / "out").exists()
    # After a change of features there is nothing to compare with, and training is the way on.
    wanted = training(small, monkeypatch, out=tmp_path / "out")
    monkeypatch.setattr(candidate, "FOLDER", tmp_path)
    train.train_command(replace(wanted, promote=False))
    assert same(tmp_path / "out", small)
    assert "cannot be compared with" in capsys.readouterr().err


def test_the_gate_that_holds_by_default_is_about_suites_that_training_measures() -> None:
    minimums = read_gate(GATE)
    assert {minimum.suite for minimum in minimums} == set(compare.SUITES)
    assert set(compare.SUITES) <= set(SUITES)
    assert candidate.GATE.parent.name == "ops"
