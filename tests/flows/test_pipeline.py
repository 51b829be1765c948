"""A run as plain functions: what lands, what is said, and what a second run does."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from flows.affiliations import AffiliationError
from flows.affiliations import load as load_affiliations
from flows.pipeline import run_directly
from flows.replies import reply_texts
from flows.report import RunReport
from flows.settings import Settings
from warehouse.inbox import inbox_of, pending
from warehouse.schemas import MESSAGES
from warehouse.store import open_store

pytestmark = pytest.mark.usefixtures("quick_scorer")
Export = Callable[..., Path]


def rows(warehouse: Path, sql: str) -> list[tuple[Any, ...]]:
    with open_store(warehouse, read_only=True) as store:
        found: list[tuple[Any, ...]] = store.connection.execute(sql).fetchall()
        return found


def counts(report: RunReport) -> tuple[int, int, int, int]:
    return report.read, report.landed, report.unchanged, report.quarantined


def test_a_run_lands_what_it_read_and_a_second_one_finds_nothing_new(
    tmp_path: Path, export: Export
) -> None:
    export(tmp_path / "in", {n: f"message {n}" + " enemy" * (n % 5 == 0) for n in range(1, 51)})
    settings = Settings(sources=(tmp_path / "in",), warehouse=tmp_path / "w.duckdb", batch_rows=7)
    first = run_directly(settings)
    assert counts(first) == (50, 50, 0, 0)
    assert (first.new_messages, first.flagged, first.exit_code) == (50, 10, 0)
    second = run_directly(settings)
    assert counts(second) == (0, 0, 0, 0)
    assert (second.new_revisions, second.deleted, second.flagged) == (0, 0, 10)
    assert [file.skipped for file in second.files] == [True]
    assert pending(inbox_of(settings.warehouse))[0] == []


def test_a_later_export_adds_edits_and_deletions(tmp_path: Path, export: Export) -> None:
    warehouse = tmp_path / "w.duckdb"
    old = export(tmp_path / "old", {1: "one", 2: "two", 3: "three", 4: "four"})
    new = export(tmp_path / "new", {1: "one", 2: "two, edited", 4: "four", 5: "five"})
    run_directly(Settings(sources=(old,), warehouse=warehouse))
    report = run_directly(Settings(sources=(new,), warehouse=warehouse))
    assert counts(report) == (4, 2, 2, 0)
    assert (report.new_messages, report.new_revisions, report.deleted) == (1, 2, 1)
    kept = rows(warehouse, "SELECT message_id, text, deleted FROM messages ORDER BY message_id")
    assert kept == [
        (1, "one", False),
        (2, "two, edited", False),
        (3, "three", True),
        (4, "four", False),
        (5, "five", False),
    ]


def test_every_row_knows_its_file_and_run(tmp_path: Path, export: Export) -> None:
    path = export(tmp_path / "in", {1: "enemy"})
    report = run_directly(Settings(sources=(path,), warehouse=tmp_path / "w.duckdb"))
    found = rows(tmp_path / "w.duckdb", "SELECT file, run_id, position FROM flagged")
    assert found == [(str(path), report.run_id, "messages[0]")]


def test_what_cannot_be_read_is_kept_and_named_and_the_rest_lands(
    tmp_path: Path, export: Export
) -> None:
    export(tmp_path / "in" / "good", {1: "one"})
    (tmp_path / "in" / "broken.json").write_text('{"foo": [1, 2')
    report = run_directly(Settings(sources=(tmp_path / "in",), warehouse=tmp_path / "w.duckdb"))
    assert counts(report) == (2, 1, 0, 1)
    assert report.exit_code == 1
    [(file, reason)] = rows(tmp_path / "w.duckdb", "SELECT file, reason FROM quarantine")
    assert file.endswith("broken.json")
    assert reason


def test_a_file_whose_batch_cannot_be_scored_is_named_and_tried_again(
    tmp_path: Path, export: Export, quick_scorer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    export(tmp_path / "in" / "a", {1: "boom"}, channel=1)
    export(tmp_path / "in" / "b", {1: "fine"}, channel=2)
    settings = Settings(sources=(tmp_path / "in",), warehouse=tmp_path / "w.duckdb")
    report = run_directly(settings)
    assert report.exit_code == 1
    assert "cannot be scored" in report.problems[0]
    assert report.landed == 1
    monkeypatch.setattr(quick_scorer, "scores", lambda text, actor: [])
    again = run_directly(settings)
    assert (again.exit_code, again.landed) == (0, 1)
    assert rows(settings.warehouse, "SELECT text FROM messages ORDER BY text") == [
        ("boom",),
        ("fine",),
    ]


def test_a_file_cut_off_while_it_is_read_is_named_and_read_to_its_end_by_the_next_run(
    tmp_path: Path, quick_scorer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Row by row as if nothing had been, by the same options."""
    text = "enemy " * 10_000
    lines = [
        json.dumps({"id": n, "channel": "@a", "text": text, "date": 1_704_110_400 + n}) + "\n"
        for n in range(100)
    ]
    file = tmp_path / "in" / "large.ndjson"
    file.parent.mkdir()
    file.write_text("".join(lines))
    undisturbed = Settings((file.parent,), warehouse=tmp_path / "u.duckdb", batch_rows=7)
    run_directly(undisturbed)
    # Cut when some of it has been read, in the middle of a line.
    scored = quick_scorer.score

    def cutting(table: Any) -> Any:
        if file.stat().st_size == sum(map(len, lines)):
            os.truncate(file, sum(map(len, lines[:70])) + 100)
        return scored(table)

    monkeypatch.setattr(quick_scorer, "score", cutting)
    settings = Settings((file.parent,), warehouse=tmp_path / "w.duckdb", batch_rows=7)
    report = run_directly(settings)
    assert report.exit_code == 1
    assert "changed while it was read" in report.problems[0]
    monkeypatch.setattr(quick_scorer, "score", scored)
    file.write_text("".join(lines))
    again = run_directly(settings)
    assert (again.exit_code, again.read) == (0, 100)
    assert run_directly(settings).files[0].skipped
    same = "* EXCLUDE (run_id, loaded_at)"
    for view, columns in (
        ("messages", same),
        ("flagged", "* EXCLUDE (run_id)"),
        ("channels", "*"),
        ("quarantine", same),
    ):
        sql = f"SELECT {columns} FROM {view} ORDER BY ALL"
        assert rows(settings.warehouse, sql) == rows(undisturbed.warehouse, sql)


def test_the_same_bytes_twice_in_a_folder_are_read_once(tmp_path: Path, export: Export) -> None:
    export(tmp_path / "in" / "a", {1: "one", 2: "two"})
    export(tmp_path / "in" / "b", {1: "one", 2: "two"})
    report = run_directly(Settings(sources=(tmp_path / "in",), warehouse=tmp_path / "w.duckdb"))
    assert counts(report) == (2, 2, 0, 0)
    assert [file.skipped for file in report.files] == [False, True]


def test_a_table_of_channels_decides_who_speaks_and_is_part_of_the_version(
    tmp_path: Path, export: Export
) -> None:
    path = export(tmp_path / "in", {1: "enemy"}, channel=77)
    warehouse = tmp_path / "w.duckdb"
    run_directly(Settings(sources=(path,), warehouse=warehouse))
    assert rows(warehouse, "SELECT source FROM flagged") == [("unknown",)]
    table = tmp_path / "channels.csv"
    table.write_text("channel,actor\n-10077,iskp\n77,iskp\n")
    report = run_directly(Settings(sources=(path,), warehouse=warehouse, affiliations=table))
    assert report.model_version != "quick"
    assert counts(report) == (1, 0, 1, 0)
    assert rows(warehouse, "SELECT source FROM flagged") == [("iskp",)]
    assert rows(warehouse, "SELECT count(DISTINCT model_version) FROM scores") == [(2,)]


@pytest.mark.parametrize(
    ("table", "says"),
    [
        ("channel;actor\nx;ttp\n", "1: the header must name the columns channel,actor"),
        ("channel,actor\nx,tpt\n", "2: no actor 'tpt'; did you mean 'ttp'?"),
        ("channel,actor\n,ttp\n", "2: a channel is missing"),
        ("channel,actor\nx,ttp\nX,iskp\n", "3: 'X' was given another actor above"),
    ],
)
def test_a_wrong_table_of_channels_is_refused_with_its_line(
    tmp_path: Path, table: str, says: str
) -> None:
    path = tmp_path / "channels.csv"
    path.write_text(table)
    with pytest.raises(AffiliationError) as refused:
        load_affiliations(path, ["ttp", "iskp"])
    assert says in str(refused.value)
    assert refused.value.exit_code == 2


def test_a_warehouse_owned_by_another_process_is_left_to_it(
    tmp_path: Path, export: Export, monkeypatch: pytest.MonkeyPatch
) -> None:
    from warehouse.store import StoreLocked

    def locked(*args: Any, **kwargs: Any) -> Any:
        raise StoreLocked("open elsewhere", 1)

    path = export(tmp_path / "in", {1: "one", 2: "enemy"})
    settings = Settings(sources=(path,), warehouse=tmp_path / "w.duckdb")
    with monkeypatch.context() as patch:
        patch.setattr("flows.pipeline.open_store", locked)
        report = run_directly(settings)
    assert report.queued == 2
    assert report.exit_code == 0
    with open_store(settings.warehouse) as owner:
        owner.load_inbox()
        assert owner.totals()["messages"] == 2
        assert owner.check_run(report.run_id).adds_up


def test_a_reply_brings_the_text_it_replies_to() -> None:
    base = dict.fromkeys(MESSAGES.names) | {
        "channel_key": "tg:1",
        "kind": "message",
        "time_basis": "unix",
        "entities": [],
        "reactions": [],
        "position": "x",
    }
    rows = [
        base | {"message_id": 1, "text": "first"},
        base | {"message_id": 2, "text": "second", "reply_to_id": 1},
        base | {"message_id": 3, "text": "third", "reply_to_id": 99},
        base | {"message_id": 4, "text": "fourth", "reply_to_id": 1, "reply_to_channel": "tg:2"},
    ]
    batch = pa.RecordBatch.from_pylist(rows, schema=MESSAGES)
    assert reply_texts(batch).to_pylist() == [None, "first", None, None]
