"""A candidate in the shadow: it touches nothing, and what it would change is counted."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import flows.scoring
from flows.owner import on_warehouse
from flows.pipeline import run_directly
from flows.rescoring import Rescoring, rescore_directly
from flows.settings import Settings
from flows.shadow import Comparison, ShadowError, against, compare
from warehouse.inbox import inbox_of
from warehouse.store import open_store

Export = Callable[..., Path]
CANDIDATE = Path("candidate")


@pytest.fixture
def models(quick_scorer: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The quick scorer, and a candidate that flags what says "foe" and not what ends in 5."""
    kind = type(quick_scorer)

    class Candidate(kind):  # type: ignore[misc,valid-type]
        version = "candidate"

        @staticmethod
        def scores(text: str, actor: str | None) -> list[dict[str, Any]]:
            if text.endswith("5 enemy"):
                return []
            found: list[dict[str, Any]] = kind.scores(text.replace("foe  ", "enemy"), actor)
            return found

    candidate = Candidate()
    monkeypatch.setattr(
        flows.scoring, "load_scorer", lambda folder: candidate if folder else quick_scorer
    )
    return candidate


@pytest.fixture
def exported(tmp_path: Path, export: Export) -> Path:
    texts = {n: f"message {n}" + " enemy" * (n % 5 == 0) for n in range(1, 51)}
    return export(tmp_path / "in", texts | {n: f"a foe   {n}" for n in range(51, 54)})


def everything(warehouse: Path) -> dict[str, Any]:
    with open_store(warehouse) as store:
        return {
            view: store.connection.sql(f"SELECT * FROM {view} ORDER BY ALL").fetchall()
            for view in ("flagged", "scores", "messages", "indicators", "base.changed")
        }


def test_in_the_shadow_nothing_changes_and_the_changes_are_counted(
    tmp_path: Path, exported: Path, models: Any
) -> None:
    warehouse = tmp_path / "w.duckdb"
    run_directly(Settings(sources=(exported,), warehouse=warehouse))
    before = everything(warehouse)
    wanted = Rescoring(warehouse=warehouse, models=CANDIDATE, purpose="shadow")
    assert rescore_directly(wanted).scored == 53
    assert rescore_directly(wanted).scored == 0
    assert everything(warehouse) == before
    with open_store(warehouse) as store:
        assert store.connection.execute("SELECT DISTINCT model_version FROM shadow").fetchall() == [
            ("candidate",)
        ]
        found = compare(store)
    assert (found.version, found.messages) == ("candidate", 53)
    [whole] = [s for s in found.slices if s["language"] is None and s["target"] is None]
    counts = {name: whole[name] for name in ("before", "after", "gained", "lost", "same")}
    assert counts == {"before": 10, "after": 8, "gained": 3, "lost": 5, "same": 5}
    assert whole["growth"] == pytest.approx(-0.2)
    assert whole["low"] <= whole["growth"] <= whole["high"]
    assert {(row["label"], row["change"]) for row in found.examples} == {
        ("hostile", "gained"),
        ("hostile", "lost"),
    }
    assert all(row["evidence"] for row in found.examples)
    assert found.decided == ()
    told = on_warehouse(warehouse, "shadow", version="candidate")
    assert Comparison.from_dict(told).slices == found.slices
    # In force, it need not score again what it has scored as a shadow.
    promoted = rescore_directly(Rescoring(warehouse=warehouse, models=CANDIDATE))
    assert (promoted.scored, promoted.kept, promoted.flagged) == (0, 53, 8)
    with open_store(warehouse) as store, pytest.raises(ShadowError, match="there are: candidate"):
        compare(store, "other")


def test_a_run_with_a_shadow_lands_what_a_run_and_then_a_shadow_do(
    tmp_path: Path, exported: Path, models: Any
) -> None:
    beside, after = tmp_path / "a.duckdb", tmp_path / "b.duckdb"
    run_directly(Settings(sources=(exported,), warehouse=beside, shadow=CANDIDATE, batch_rows=20))
    run_directly(Settings(sources=(exported,), warehouse=after, batch_rows=20))
    rescore_directly(Rescoring(warehouse=after, models=CANDIDATE, purpose="shadow"))

    def shadows(path: Path) -> list[tuple[Any, ...]]:
        with open_store(path) as store:
            return store.connection.execute(
                "SELECT * EXCLUDE (run_id, revision_no) FROM shadow ORDER BY message_id"
            ).fetchall()

    assert len(shadows(after)) == 8
    assert shadows(beside) == shadows(after)
    again = Rescoring(warehouse=beside, models=CANDIDATE, purpose="shadow")
    assert rescore_directly(again).scored == 0


def decide(warehouse: Path, judgements: dict[int, str]) -> None:
    with open_store(warehouse) as store:
        for message_id, judgement in judgements.items():
            store.connection.execute(
                "INSERT INTO base.decisions BY NAME SELECT uuid() AS decision_id, channel_key, "
                "message_id, content_id, 'hostile' AS label, 'ttp' AS target, $judgement AS "
                "judgement, 'amina' AS reviewer, now() AS decided_at FROM revisions "
                "WHERE message_id = $message_id",
                {"judgement": judgement, "message_id": message_id},
            )


def test_the_gate_heeds_growth_and_decisions(tmp_path: Path, exported: Path, models: Any) -> None:
    warehouse = tmp_path / "w.duckdb"
    run_directly(Settings(sources=(exported,), warehouse=warehouse))
    wanted = Rescoring(warehouse=warehouse, models=CANDIDATE, purpose="shadow")
    rescore_directly(wanted)
    decide(warehouse, dict.fromkeys((5, 10, 15, 20, 25), "confirm"))
    with open_store(warehouse) as store:
        found = compare(store)
    overall = next(row for row in found.decided if row["label"] == "all")
    assert (overall["n"], overall["right_before"], overall["right_after"]) == (5, 5, 2)
    assert (overall["only_before"], overall["only_after"]) == (3, 0)
    assert overall["difference"] == pytest.approx(-0.6)
    assert against(found, 0.1) == []  # five decisions prove nothing, and there are fewer flags
    assert against(found, -0.5)[0].startswith("shadow: hostile: 8 flags instead of 10, -20.0 %")

    decide(warehouse, dict.fromkeys((35, 45), "confirm"))
    decide(warehouse, dict.fromkeys((51, 52, 53), "reject"))
    with open_store(warehouse) as store:
        reasons = against(compare(store), 0.1)
    assert any("worse than the current model on 10 decisions" in reason for reason in reasons)


def test_a_worker_with_nothing_but_a_shared_folder(
    tmp_path: Path, exported: Path, models: Any
) -> None:
    """Read and scored elsewhere: the folder is all that both have, and one owner loads it."""
    shared = tmp_path / "shared" / "w.duckdb.inbox"
    script = Path(__file__).with_name("quick_run.py")
    command = [sys.executable, str(script), str(exported), "--inbox", str(shared), "--direct"]
    command += ["-w", "/nowhere/at/all.duckdb", "--batch-rows", "20", "-q"]
    for _ in range(2):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert "handed over to the inbox" in done.stdout
    warehouse = tmp_path / "shared" / "w.duckdb"
    assert inbox_of(warehouse) == shared
    assert not warehouse.exists()
    with open_store(warehouse) as store:
        store.load_inbox()
        totals = store.totals()
        runs = [run for (run,) in store.connection.execute("SELECT run_id FROM runs").fetchall()]
        assert all(store.check_run(run).adds_up for run in runs)
    assert (totals["messages"], totals["revisions"], totals["flagged"]) == (53, 53, 10)
