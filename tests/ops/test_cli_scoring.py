"""The commands of scoring beyond a run, from the command line."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from classifiers.knowledge import data_folder
from classifiers.modelfile import FOLDER
from fixtures.world import generate
from flows.owner import on_warehouse
from ops.cli import app

runner = CliRunner()


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("scoring")
    generate(folder / "world", 1000, seed=2)
    path = folder / "w.duckdb"
    done = runner.invoke(
        app, ["run", str(folder / "world" / "exports"), "-w", str(path), "--direct", "-q"]
    )
    assert done.exit_code == 0, done.output
    return path


@pytest.fixture(scope="module")
def candidate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models") / "candidate"
    folder.mkdir()
    for file in ("scoring.safetensors", "scoring.json"):
        shutil.copy(FOLDER / file, folder / file)
    header, *rows = (data_folder() / "thresholds.csv").read_text().splitlines()
    changed = [row.rsplit(",", 2)[0] + ",0.1,0.05" for row in rows]
    (folder / "thresholds.csv").write_text("\n".join([header, *changed]) + "\n")
    return folder


def test_shadow_promote_and_rescore(warehouse: Path, candidate: Path, tmp_path: Path) -> None:
    where = ["-w", str(warehouse)]
    told = runner.invoke(app, ["shadow", *where, "--no-score"])
    assert told.exit_code == 2
    assert "no model has scored here as a shadow" in told.output

    shadow = ["shadow", "--models", str(candidate), *where, "--direct"]
    done = runner.invoke(app, [*shadow, "--json"])
    assert done.exit_code == 0, done.output
    found = json.loads(done.output)
    grown = [s for s in found["slices"] if s["language"] is None and s["target"] is None]
    assert any(row["gained"] for row in grown)
    assert not any(row["lost"] for row in grown)
    done = runner.invoke(app, [*shadow, "-q"])
    assert "Nothing to score" in done.output
    assert "Flags in force and would-be flags" in done.output
    assert "gained: " in done.output

    into = ["--into", str(tmp_path / "mine")]
    refused = runner.invoke(app, ["promote", str(candidate), *into])
    assert refused.exit_code == 2
    assert "results.json: no such file" in refused.output
    (candidate / "results.json").write_text('{"against_promotion": []}')
    refused = runner.invoke(app, ["promote", str(candidate), *where, *into])
    assert refused.exit_code == 1
    assert "at most +20.0 % is borne" in refused.output
    promoted = runner.invoke(
        app, ["promote", str(candidate), *where, *into, "--most-growth", "900"]
    )
    assert promoted.exit_code == 0, promoted.output
    assert (tmp_path / "mine" / "scoring.safetensors").exists()

    rescore = ["rescore", "--models", str(tmp_path / "mine"), *where, "--direct", "-q"]
    done = runner.invoke(app, rescore)
    assert done.exit_code == 0, done.output
    assert "taken over as they were" in done.output
    again = runner.invoke(app, rescore)
    assert "has scored all of it" in again.output


def test_usage_errors_say_what_to_do(warehouse: Path, tmp_path: Path) -> None:
    missing = runner.invoke(app, ["rescore", "-w", str(tmp_path / "none.duckdb"), "--direct"])
    assert missing.exit_code == 2
    assert "`channelwatch run` makes one" in missing.output
    date = runner.invoke(app, ["rescore", "-w", str(warehouse), "--since", "yesterday"])
    assert date.exit_code == 2
    assert "write it as 2024-03-01" in date.output
    nothing = runner.invoke(
        app, ["score-partitions", str(tmp_path), "-o", str(tmp_path / "o"), "--direct"]
    )
    assert nothing.exit_code == 1
    assert "no .parquet files there" in nothing.output
    unknown = runner.invoke(
        app, ["score-partitions", "gopher://x/y", "-o", str(tmp_path / "o"), "--direct"]
    )
    assert unknown.exit_code == 2
    assert "gopher" in unknown.output


def test_out_and_back_from_the_command_line(warehouse: Path, tmp_path: Path) -> None:
    parts, results = str(tmp_path / "in"), str(tmp_path / "out")
    done = runner.invoke(
        app, ["extract-messages", "-w", str(warehouse), "-o", parts, "--rows", "100", "-q"]
    )
    assert done.exit_code == 0, done.output
    assert "partitions" in done.output
    log = on_warehouse(warehouse, "audit", act="list", what="extract", who=None, most=9)
    [noted] = log["entries"]
    assert json.loads(noted["about"])["out"] == parts
    done = runner.invoke(
        app,
        ["score-partitions", parts, "-o", results, "-w", str(warehouse), "--direct", "--json"],
    )
    assert done.exit_code == 0, done.output
    assert json.loads(done.output)["handed_over"] == len(list(Path(parts).iterdir()))
