"""Scoring anew: the answers of a run with that model, of no more messages than must be."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pytest

import fixtures
from classifiers.knowledge import data_folder
from classifiers.language.table import languages
from classifiers.modelfile import FOLDER
from flows import duties
from flows.owner import carry_out
from flows.pipeline import run_directly
from flows.rescoring import Rescoring, rescore_directly
from flows.settings import Settings
from warehouse.inbox import inbox_of, pending
from warehouse.store import StoreLocked, open_store

CORPUS = Path(fixtures.__file__).parent / "corpus"
#: Every second export of it: all languages, and channels that were exported twice.
SOURCES = tuple(sorted((CORPUS / "exports").iterdir())[::2])
ROOT = Path(__file__).parents[2]
#: What tells how an answer came, and nothing of what it says.
VOLATILE = {"run_id", "revision_no", "loaded_at", "landed_at", "scored_at", "first_seen_at"}
Export = Callable[..., Path]


@contextmanager
def other_model(folder: Path, change: Callable[[list[str]], list[str]]) -> Iterator[Path]:
    """The bundled model with other thresholds."""
    folder.mkdir()
    for file in ("scoring.safetensors", "scoring.json"):
        shutil.copy(FOLDER / file, folder / file)
    header, *rows = (data_folder() / "thresholds.csv").read_text().splitlines()
    (folder / "thresholds.csv").write_text("\n".join([header, *change(rows)]) + "\n")
    yield folder


def stricter(rows: list[str]) -> list[str]:
    return [row.rsplit(",", 2)[0] + ",0.8,0.3" for row in rows]


def other_curves(folder: Path) -> None:
    """Change what turns margins into probabilities: every answer has to be worked out anew."""
    card = json.loads((folder / "scoring.json").read_text())
    card["idle"] = {key: 0.5 * value for key, value in card["idle"].items()}
    (folder / "scoring.json").write_text(json.dumps(card))


def answers(warehouse: Path, version: str | None = None) -> dict[str, list[str]]:
    """What is said of every message, in one order, but for how it came to be."""
    found = {}
    with open_store(warehouse) as store:
        for view in ("messages", "scores", "flagged", "indicators"):
            rows = store.connection.sql(f"SELECT * FROM {view}").to_arrow_table().to_pylist()
            found[view] = sorted(
                repr({name: value for name, value in row.items() if name not in VOLATILE})
                for row in rows
                if view != "scores" or version in {None, row["model_version"]}
            )
    return found


@pytest.fixture(scope="module", autouse=True)
def every_close_language_is_asked_about() -> Iterator[None]:
    """The language of a few messages of a batch, those where two are closest, is asked about
    again: which ones depends on who else is in the batch. Here it is all of them, so that an answer
    depends on its message alone, and two ways of scoring it can be compared to the bit."""
    settings = languages().settings
    former = settings.second_opinion_share
    object.__setattr__(settings, "second_opinion_share", 1.0)
    yield
    object.__setattr__(settings, "second_opinion_share", former)


def corpus_run(warehouse: Path, **more: Any) -> str:
    return run_directly(
        Settings(
            sources=SOURCES,
            warehouse=warehouse,
            affiliations=CORPUS / "channels.csv",
            batch_rows=400,  # so that replies reach across batches too
            **more,
        )
    ).model_version


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    warehouse = tmp_path_factory.mktemp("corpus") / "w.duckdb"
    corpus_run(warehouse)
    return warehouse


def copy_of(warehouse: Path, folder: Path) -> Path:
    return Path(shutil.copy(warehouse, folder / "copy.duckdb"))


@pytest.mark.parametrize("all_of_it", [False, True], ids=["thresholds", "everything"])
def test_the_corpus_scored_anew_is_the_corpus_scored_afresh(
    tmp_path: Path, corpus: Path, all_of_it: bool
) -> None:
    """Row by row, to the bit: also what keeps its answer where only thresholds have changed."""
    warehouse = copy_of(corpus, tmp_path)
    with other_model(tmp_path / "m", stricter) as models:
        if all_of_it:
            other_curves(models)
        version = corpus_run(tmp_path / "fresh.duckdb", models=models)
        wanted = Rescoring(
            warehouse=warehouse,
            models=models,
            affiliations=CORPUS / "channels.csv",
            all_revisions=True,
            slice_rows=700,
            lot_rows=300,
        )
        report = rescore_directly(wanted)
        assert (report.model_version, report.problems) == (version, ())
        expected, found = answers(tmp_path / "fresh.duckdb", version), answers(warehouse, version)
        for view, rows in expected.items():
            assert found[view] == rows, view
        assert len(expected["flagged"]) > 100
        if all_of_it:
            assert report.kept == 0
        else:
            assert 0 < report.scored < 0.2 * report.kept
        again = rescore_directly(wanted)
        assert (again.scored, again.kept) == (0, 0)

        # Back to the model that was in force before: its answers are still there.
        back = rescore_directly(
            Rescoring(warehouse=warehouse, affiliations=CORPUS / "channels.csv", all_revisions=True)
        )
        assert (back.scored, back.kept) == (0, report.scored + report.kept)
        assert answers(warehouse, back.model_version) == answers(corpus, back.model_version)
        with open_store(warehouse) as store:
            told = dict(
                store.connection.execute(
                    "SELECT model_version, count(*) FROM scores GROUP BY ALL"
                ).fetchall()
            )
        assert set(told) == {version, back.model_version}


def test_without_the_table_of_channels_only_those_that_it_named_are_scored(
    tmp_path: Path, corpus: Path
) -> None:
    warehouse = copy_of(corpus, tmp_path)
    fresh = tmp_path / "fresh.duckdb"
    run_directly(Settings(sources=SOURCES, warehouse=fresh, batch_rows=400))
    report = rescore_directly(Rescoring(warehouse=warehouse, all_revisions=True))
    assert answers(warehouse, report.model_version) == answers(fresh)
    with open_store(warehouse) as store:
        moved = store.connection.execute(
            "SELECT count(*) FROM base.analyses a JOIN base.analyses b USING (revision_no) "
            "WHERE a.model_version = ? AND b.model_version <> ? "
            "AND a.channel_actor IS DISTINCT FROM b.channel_actor",
            [report.model_version] * 2,
        ).fetchone()
    assert moved
    assert report.scored == moved[0] > 100
    assert report.kept > 0


# -- with the quick scorer ---------------------------------------------------------------------


@pytest.fixture
def landed(tmp_path: Path, export: Export, quick_scorer: Any) -> Path:
    texts = {n: f"message {n}" + " enemy" * (n % 5 == 0) for n in range(1, 101)}
    path = export(tmp_path / "in", texts)
    quick_scorer.__class__.version = "first"
    run_directly(Settings(sources=(path,), warehouse=tmp_path / "w.duckdb", batch_rows=30))
    quick_scorer.__class__.version = "second"
    return tmp_path / "w.duckdb"


def versions(warehouse: Path) -> dict[str, int]:
    with open_store(warehouse) as store:
        rows = store.connection.execute(
            "SELECT model_version, count(DISTINCT revision_no) FROM base.analyses GROUP BY ALL"
        ).fetchall()
        return dict(rows)


def test_a_period_a_channel_and_a_limit(landed: Path) -> None:
    def scored(**wanted: Any) -> int:
        return rescore_directly(Rescoring(warehouse=landed, slice_rows=30, **wanted)).scored

    assert scored(channel="tg:1") == 0
    assert scored(until="2024-01-01T00:10:00") == 9
    assert scored(since="2024-01-01T01:30:00") == 11
    assert scored(limit=35) == 35
    assert scored() == 100 - 9 - 11 - 35
    assert versions(landed) == {"first": 100, "second": 100}


def test_decisions_stay_and_items_follow(landed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from datetime import UTC, datetime

    from warehouse.review.folding import fold
    from warehouse.review.rules import Rules

    now = datetime(2024, 2, 1, tzinfo=UTC)
    with open_store(landed) as store:
        while fold(store, Rules(), now):
            pass
        items = store.connection.execute("SELECT count(*) FROM base.items").fetchone()
        store.connection.execute(
            "INSERT INTO base.decisions BY NAME SELECT uuid() AS decision_id, channel_key, "
            "message_id, content_id, label, source, target, 'reject' AS judgement, "
            "'amina' AS reviewer, now() AS decided_at, model_version FROM flagged "
            "WHERE message_id = 5"
        )
    assert items
    assert items[0] > 0
    monkeypatch.setattr("runpy.run_path", None)
    import flows.scoring

    scorer: Any = flows.scoring.load_scorer(None)
    monkeypatch.setattr(type(scorer), "scores", staticmethod(lambda text, actor: []))
    assert rescore_directly(Rescoring(warehouse=landed)).scored == 100
    with open_store(landed) as store:
        while fold(store, Rules(), now):
            pass
        counts = store.connection.execute(
            "SELECT (SELECT count(*) FROM base.flags), (SELECT count(*) FROM base.items), "
            "(SELECT count(*) FROM decisions WHERE message_id = 5), "
            "(SELECT count(*) FROM scores WHERE model_version = 'first')"
        ).fetchone()
    assert counts == (0, 0, 1, 20)


def test_beside_an_owner(landed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The console's part: it writes the slices and loads the answers, and nobody else opens it."""

    def locked(path: Path, **_: Any) -> Any:
        raise StoreLocked(f"{path} is open in another process", 1)

    with open_store(landed) as store:
        monkeypatch.setattr("flows.owner.open_store", locked)
        monkeypatch.setattr("flows.pipeline.open_store", locked)
        stop = threading.Event()

        def keep() -> None:
            while not stop.wait(0.05):
                store.load_inbox()
                carry_out(store)

        keeper = threading.Thread(target=keep)
        keeper.start()
        try:
            report = rescore_directly(Rescoring(warehouse=landed, slice_rows=40, lot_rows=15))
            again = rescore_directly(Rescoring(warehouse=landed))
        finally:
            stop.set()
            keeper.join()
        store.load_inbox()  # the news that the second one ended may have come after the last look
    assert (report.scored, report.queued, report.problems) == (100, 8, ())
    assert again.scored == 0
    assert versions(landed) == {"first": 100, "second": 100}
    assert not pending(inbox_of(landed))[0]
    assert not list((inbox_of(landed) / "slices").iterdir())


def test_a_message_that_cannot_be_scored_is_named_and_the_rest_is_done(
    tmp_path: Path, export: Export, quick_scorer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = export(tmp_path / "in", {n: f"m{n} " + "x" * n for n in range(1, 31)})
    run_directly(Settings(sources=(path,), warehouse=tmp_path / "w.duckdb"))
    quick_scorer.__class__.version = "later"
    fine = type(quick_scorer).scores

    def fails(text: str, actor: str | None) -> list[dict[str, Any]]:
        return fine("boom" if text.startswith("m7 ") else text, actor)

    monkeypatch.setattr(type(quick_scorer), "scores", staticmethod(fails))
    report = rescore_directly(Rescoring(warehouse=tmp_path / "w.duckdb", lot_rows=10))
    assert (report.scored, report.exit_code) == (20, 1)
    assert "10 messages were not scored" in report.problems[0]


def test_one_that_fails_is_noted_as_failed_and_another_does_its_work(
    landed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import flows.rescoring as module

    def fails(*_: Any) -> Any:
        raise OSError("Input/output error")

    with monkeypatch.context() as broken:
        broken.setattr(module._Job, "_fetch", fails)
        with pytest.raises(OSError, match="Input/output"):
            rescore_directly(Rescoring(warehouse=landed))
    report = rescore_directly(Rescoring(warehouse=landed))
    with open_store(landed) as store:
        ended = store.connection.execute(
            "SELECT run_id, state FROM runs WHERE parameters LIKE '%rescore%' ORDER BY started_at"
        ).fetchall()
    assert [state for _, state in ended] == ["failed", "finished"]
    assert ended[1][0] == report.run_id
    assert report.scored


def test_the_same_version_handed_over_twice_lands_once(landed: Path) -> None:
    """As when the ledger has forgotten nothing but the batches were cut in another way."""
    import flows.rescoring as module

    wanted = Rescoring(warehouse=landed)
    with open_store(landed) as store:
        told = duties.do(store, "extract", {"job": "j", "version": "second"})
        path = store.inbox / "slices" / "j" / told["file"]
        import pyarrow as pa

        with pa.OSFile(str(path)) as file, pa.ipc.open_file(file) as opened:
            table = opened.read_all()
        how = module.Scoring({}, "second", None)
        for start, rows in ((0, 100), (0, 60), (60, 40)):
            batch = module.Packed(f"b{start}-{rows}", rows, {"run_id": "r"})
            part = module.Part(
                store.inbox, "analysis", f"o{start}-{rows}", batch, table.slice(start, rows)
            )
            module.publish(module.score_part(part, how))
        loaded = store.load_inbox()
    assert (loaded.rows, loaded.analysed) == (200, 100)
    assert versions(landed) == {"first": 100, "second": 100}
    assert rescore_directly(wanted).scored == 0


QUICK_RESCORE = """
import runpy, sys
found = runpy.run_path(sys.argv.pop(1))
found["QuickScorer"].version = "second"
found["install"]()
from pathlib import Path
from flows.rescoring import Rescoring, rescore_directly
report = rescore_directly(Rescoring(warehouse=Path(sys.argv[1]), slice_rows=40, lot_rows=10))
print(report.scored)
"""


def test_killed_it_goes_on_and_doubles_nothing(landed: Path, tmp_path: Path) -> None:
    script = tmp_path / "again.py"
    script.write_text(QUICK_RESCORE)
    command = [
        sys.executable,
        str(script),
        str(Path(__file__).with_name("quick_run.py")),
        str(landed),
    ]

    def start() -> subprocess.Popen[str]:
        return subprocess.Popen(
            command,
            cwd=ROOT,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    kills = 0
    for wait in (0.0, 0.2, 0.45):
        process = start()
        end = time.monotonic() + 60
        while time.monotonic() < end and process.poll() is None:
            if list(inbox_of(landed).glob("*.analysis.*")):
                break
            time.sleep(0.01)
        time.sleep(wait)
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            kills += 1
        process.communicate()
    process = start()
    said, _ = process.communicate(timeout=120)
    assert process.returncode == 0
    assert kills >= 1
    assert int(said) < 100, "what had landed is not scored again"
    assert versions(landed) == {"first": 100, "second": 100}
    with duckdb.connect(str(landed), read_only=True) as connection:
        assert connection.execute(
            "SELECT count(*), count(DISTINCT (revision_no, model_version)) FROM base.analyses"
        ).fetchone() == (200, 200)
        assert connection.execute(
            "SELECT model_version, count(*) FROM base.flags GROUP BY ALL"
        ).fetchall() == [("second", 20)]
    assert not pending(inbox_of(landed))[0]
