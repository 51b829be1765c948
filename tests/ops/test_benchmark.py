"""`channelwatch benchmark`: suites, models of every kind, the gate, files and history."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from classifiers.evaluation import Answer, Sample, Score
from ops.benchmarks import SUITES, files, gate
from ops.benchmarks.history import keep
from ops.benchmarks.models import Model, ask, models_of
from ops.benchmarks.options import Options
from ops.benchmarks.running import Record, begin, run_suite
from ops.benchmarks.suites import SAMPLED, labelled, samples_of
from ops.errors import CommandError
from warehouse.store import open_store

CSV = """body,lang,who,bad,ask,region
The TTP are liars.,en,,ttp,no,north
Send your gifts to the mujahideen.,en,ttp,,yes,south
Rain in Kabul.,en,,,no,south
"""
COLUMNS = (
    "text=body",
    "language=lang",
    "channel_actor=who",
    "hostile=bad",
    "solicits_donation=ask",
)


def always(flagged: bool) -> Model:
    def answer(samples: Any) -> list[Answer | None]:
        return [
            Answer(sample.language, {("solicits_donation", None): Score(0.9, flagged)})
            for sample in samples
        ]

    return Model(f"always-{flagged}", "1", answer)


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    path = tmp_path / "mine.csv"
    path.write_text(CSV, encoding="utf-8")
    return path


@pytest.fixture
def record(mine: Path) -> Record:
    options = Options(labelled=mine, columns=COLUMNS, slices=("region",))
    found = begin(options, [always(True), always(False)])
    run_suite(found, "labelled", options)
    return found


def test_every_suite_of_text_gives_samples_with_different_ids() -> None:
    for suite in SAMPLED:
        if suite in ("labelled", "public"):
            continue
        samples = samples_of(suite)(Options(messages=300))
        assert len({sample.id for sample in samples}) == len(samples) > 200, suite
        assert {sample.id.partition(":")[0] for sample in samples} == {suite}
    assert set(SAMPLED) < set(SUITES)


def test_a_users_file_is_read_by_its_columns(mine: Path) -> None:
    options = Options(labelled=mine, columns=COLUMNS, slices=("region",))
    first, second, third = labelled.samples(options)
    assert [row.target for row in first.hostile or ()] == ["ttp"]
    assert (second.channel_actor, second.solicits_donation) == ("ttp", True)
    assert third.slices == {"region": ("south",)}
    assert third.hostile == ()
    assert third.claims_attack is None


@pytest.mark.parametrize("suffix", [".tsv", ".ndjson"])
def test_other_formats_say_the_same(tmp_path: Path, mine: Path, suffix: str) -> None:
    rows = [line.split(",") for line in CSV.splitlines()]
    path = tmp_path / f"mine{suffix}"
    if suffix == ".tsv":
        path.write_text("\n".join("\t".join(row) for row in rows), encoding="utf-8")
    else:
        lines = [json.dumps(dict(zip(rows[0], row, strict=True))) for row in rows[1:]]
        path.write_text("\n".join(lines), encoding="utf-8")
    one, other = (
        labelled.samples(Options(labelled=name, columns=COLUMNS)) for name in (mine, path)
    )
    assert [(s.text, s.hostile) for s in one] == [(s.text, s.hostile) for s in other]


@pytest.mark.parametrize(
    ("text", "columns", "complaint"),
    [
        ("text,ask\nx,yes\n", ("txt=ask",), "no field 'txt'; did you mean 'text'"),
        ("body,ask\nx,yes\n", ("solicits_donation=ask",), "no column 'text'; it has ask, body"),
        ("text,ask\nx,yes\n", (), "no label; name at least one"),
        ("text,claims_attack\nx,perhaps\n", (), "mine.csv:2: claims_attack is yes or no"),
        ("text,hostile\nx,tpp\n", (), "unknown actor 'tpp'; did you mean 'ttp'"),
        ("text,hostile\nx\n", (), "mine.csv:2: not as many cells"),
        ("text,hostile,severity\nx,ttp,9\n", (), "severity is 1, 2 or 3"),
    ],
)
def test_what_is_wrong_with_a_users_file_is_named(
    tmp_path: Path, text: str, columns: tuple[str, ...], complaint: str
) -> None:
    path = tmp_path / "mine.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(CommandError, match=complaint):
        labelled.samples(Options(labelled=path, columns=columns))


def test_a_record_holds_metrics_comparisons_and_every_answer(
    record: Record, tmp_path: Path
) -> None:
    values = {(row["model"], row["slice"], row["metric"]): row["value"] for row in record.metrics}
    assert values["always-True", "all", "solicits_donation.recall"] == 1.0
    assert values["always-False", "region=south", "solicits_donation.recall"] == 0.0
    assert any(row["metric"] == "accuracy" for row in record.comparisons)
    files.write(record, tmp_path / "out")
    lines = (tmp_path / "out" / "samples.ndjson").read_text(encoding="utf-8").splitlines()
    assert len(lines) == 6
    assert json.loads(lines[0])["gold"]["hostile"] == ["ttp"]
    whole = json.loads((tmp_path / "out" / "results.json").read_text(encoding="utf-8"))
    assert whole["run"]["suites"] == ["labelled"]
    assert len(whole["metrics"]) == len(record.metrics)


def test_the_history_is_kept_once(record: Record, tmp_path: Path) -> None:
    warehouse = tmp_path / "w.duckdb"
    assert "kept in the view benchmarks" in keep(record, warehouse)
    keep(record, warehouse)
    with open_store(warehouse, read_only=True) as store, store.stream("benchmarks") as rows:
        found = rows.read_all().to_pylist()
    assert len(found) == len(record.metrics)
    assert {row["run_id"] for row in found} == {record.run_id}
    assert {row["model"] for row in found} == {"always-True", "always-False"}


def test_the_history_waits_while_somebody_owns_the_warehouse(
    record: Record, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ops.benchmarks import history
    from warehouse.store import StoreLocked

    def locked(path: Path) -> None:
        raise StoreLocked("owned", 1)

    monkeypatch.setattr(history, "open_store", locked)
    assert "wait in" in keep(record, tmp_path / "w.duckdb")
    monkeypatch.undo()
    with open_store(tmp_path / "w.duckdb") as store:
        store.load_inbox()
        assert store.connection.execute("SELECT count(*) FROM benchmarks").fetchone() == (
            len(record.metrics),
        )


def _gate(path: Path, *rows: str) -> Path:
    path.write_text("\n".join(["suite,slice,metric,at_least,at_most", *rows]), encoding="utf-8")
    return path


def test_the_gate_holds_or_names_what_is_missed(record: Record, tmp_path: Path) -> None:
    path = _gate(
        tmp_path / "gate.csv",
        "labelled,all,solicits_donation.recall,0.9,",
        "labelled,region=*,solicits_donation.recall,0.9,",
        "labelled,all,solicits_donation.flag_rate,,0.5",
        "labelled,all,claims_attack.f1,0.1,",
        "heldout,all,hostile.f1,0.99,",
    )
    minimums = gate.read_gate(path)
    held = gate.missed(minimums, record.metrics, "always-True", record.suites)
    assert len(held) == 2
    assert "solicits_donation.flag_rate: 1.0000, wanted at most 0.5" in held[0]
    assert "claims_attack.f1: nothing was measured" in held[1]
    worse = gate.missed(minimums, record.metrics, "always-False", record.suites)
    assert any("region=south" in line for line in worse)


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        ("heldout,all,hostile.f1,,", "fill one of at_least and at_most"),
        ("heldout,all,hostile.f1,0.1,0.2", "fill one of"),
        ("heldout,all,hostile.f1,much,", "at_least is a number, not 'much'"),
        ("heldout,all", "expected 5 cells"),
    ],
)
def test_a_wrong_gate_is_named(tmp_path: Path, row: str, complaint: str) -> None:
    with pytest.raises(CommandError, match=rf"gate\.csv:2: {complaint}"):
        gate.read_gate(_gate(tmp_path / "gate.csv", row))


def _models(*specs: str) -> list[Model]:
    return models_of(specs, None, 0, lambda line: None)


def test_predictions_and_functions_are_models(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = tmp_path / "theirs.ndjson"
    answers.write_text('{"id": "a", "flags": ["hostile:ttp"]}\n\n', encoding="utf-8")
    (tmp_path / "own_model.py").write_text(
        "def predict(rows):\n"
        "    return [{'claims_attack': {'probability': 0.7}, 'language': 'en'} for _ in rows]\n",
        encoding="utf-8",
    )
    monkeypatch.chdir(tmp_path)
    read, own = _models(str(answers), "mine=own_model:predict")
    assert (read.name, own.name) == ("theirs", "mine")
    samples = [Sample("a", "x"), Sample("b", "y")]
    found = ask(read, samples)
    assert (len(found.answers), found.left_out) == (1, 1)
    assert found.answers[0].flagged("hostile") == {"ttp"}
    assert ask(own, samples).answers[0].flagged("claims_attack") == {None}


@pytest.mark.parametrize(
    ("spec", "complaint"),
    [
        ("bultin", "did you mean 'builtin'"),
        ("no_such_module:predict", "No module named"),
        ("json:predict", "json has no predict"),
    ],
)
def test_a_model_that_means_nothing_is_named(spec: str, complaint: str) -> None:
    with pytest.raises(CommandError, match=complaint):
        _models(spec)


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("[]", "needs the id of its sample"),
        ('{"id": "a", "hostile": [{"target": "tpp"}]}', "did you mean 'ttp'"),
        ('{"id": "a"}\n{"id": "a"}', ":2: a second answer for a"),
        ("{", "not a JSON object"),
    ],
)
def test_wrong_predictions_are_named(tmp_path: Path, line: str, complaint: str) -> None:
    path = tmp_path / "theirs.ndjson"
    path.write_text(line, encoding="utf-8")
    with pytest.raises(Exception, match=complaint):
        _models(str(path))
