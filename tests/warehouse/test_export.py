"""Exports: whole, exact, and harmless in a spreadsheet."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from warehouse.export import export
from warehouse.sql import VIEWS
from warehouse.store import Store

HOSTILE = [
    "=1+1", "+1", "-1", "@x", "\tx", "\rx", "\nx", "＝1", "'=1", "'", "", "a,b", 'say "x"',
    "line\nline", "سلام", "\u202eabc", "\u200f=1", "1", "null", "a\x00b", " =1", "😀",
]  # fmt: skip


def texts_of(path: Path) -> list[str]:
    with path.open(newline="", encoding="utf-8") as file:
        return [row["text"] for row in csv.DictReader(file)]


def unguarded(text: str) -> str:
    return text.removeprefix("'")


@pytest.fixture
def filled(store: Store, desk: Any, build: Any) -> Store:
    answer = build.analysis(
        build.score("hostile", 0.9, target="ttp", evidence=[{"start": 0, "end": 1, "shows": "cue"}])
    )
    messages = [build.message(i, text) for i, text in enumerate(HOSTILE)]
    desk.file("one", messages, analyses=[answer] * len(messages))
    bad = {"position": "p", "reason": "r", "raw": b"\xff\x00"}
    desk.file("two", [], quarantine=[bad])
    store.load_inbox()
    return store


def test_csv_runs_no_formula_and_loses_no_text(filled: Store, tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    assert export(filled, "messages", path) == len(HOSTILE)
    texts = texts_of(path)
    assert [unguarded(text) for text in texts] == HOSTILE
    for text, original in zip(texts, HOSTILE, strict=True):
        assert not text.startswith(tuple("=+-@\t\r\n＝＋－＠")), original
    assert texts[HOSTILE.index("سلام")] == "سلام"
    export(filled, "messages", path, guard_formulas=False)
    assert texts_of(path) == HOSTILE
    export(filled, "flagged", path)
    with path.open(newline="") as file:
        row = next(csv.DictReader(file))
    assert json.loads(row["evidence"]) == [{"start": 0, "end": 1, "shows": "cue"}]
    assert row["sent_at"].startswith("2024-01-01T00:")
    assert row["sent_at"].endswith("Z")
    assert float(row["probability"]) == pytest.approx(0.9)


def test_ndjson_and_parquet_hold_everything(filled: Store, tmp_path: Path) -> None:
    lines, table = tmp_path / "out.ndjson", tmp_path / "out.parquet"
    for view in VIEWS:
        count = export(filled, view, lines)
        assert export(filled, view, table) == count
        rows = pq.read_table(table).to_pylist()
        objects = [json.loads(line) for line in lines.read_bytes().splitlines()]
        assert len(rows) == len(objects) == count
        assert export(filled, view, tmp_path / "out.csv") == count
        for row, obj in zip(rows, objects, strict=True):
            assert list(row) == list(obj)
    export(filled, "messages", lines)
    assert [json.loads(line)["text"] for line in lines.read_bytes().splitlines()] == HOSTILE
    export(filled, "quarantine", lines)
    assert json.loads(lines.read_bytes())["raw"] == "/wA="


def test_a_name_that_is_no_view_is_refused(store: Store, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no view"):
        export(store, "base.revisions", tmp_path / "x.csv")
    with pytest.raises(ValueError, match="no format"):
        export(store, "messages", tmp_path / "x.xlsx")
    assert export(store, "messages", tmp_path / "x.txt", format="csv") == 0


def test_an_export_that_fails_leaves_the_old_file(
    filled: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "out.csv"
    path.write_text("old")

    def fail(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr("warehouse.export._cells", fail)
    with pytest.raises(OSError, match="disk full"):
        export(filled, "messages", path)
    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir() if p.name.startswith(".")] == []


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=8), max_size=6))
def test_any_text_comes_back(texts: list[str]) -> None:
    import pyarrow as pa

    from warehouse.export import _csv

    sink = io.BytesIO()
    schema = pa.schema([("text", pa.string())])
    with _csv(sink, schema, True) as writer:
        writer.write_batch(pa.RecordBatch.from_pydict({"text": texts}, schema=schema))
    written = list(csv.DictReader(io.StringIO(sink.getvalue().decode(), newline="")))
    assert [unguarded(row["text"]) for row in written] == texts
