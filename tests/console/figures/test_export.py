"""What is exported is what was decided: whole, exact, harmless, and for those who may have it."""

from __future__ import annotations

import csv
import io
import json
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pyarrow.parquet as pq
import pytest

from flows.labels import read
from flows.reviewed import learn
from ops.console.console import Console
from warehouse import export
from warehouse.sql import query

ALL = {"scope": "history"}
REASONS = ["=1+1", "+x", "'=1", "a,b", 'say "x"', "two\nlines", "سلام", "\u202eabc", "😀 ≠ 𝒳", ""]
SPANS = [{"start": 0, "end": 4, "shows": "target"}, {"start": 5, "end": 9, "shows": "cue"}]


@pytest.fixture
def decided(desk: Any) -> Any:
    """A history with everything in it: replaced, taken back, copied, golden, hostile text."""
    for number in range(1, len(REASONS) + 1):
        desk.flag(number, language="ps" if number % 2 else "ur")
    for number, reason in enumerate(REASONS, 1):
        desk.decides(number, "reject", "=amina", reason=reason, note=reason[::-1], spans=SPANS)
    first = desk.decides(1, "confirm", "bilal", purpose="second", model_version="m")
    desk.decides(2, "confirm", "bilal", purpose="copy", copy_of=first)
    desk.decides(
        1, "change", "lead", purpose="adjudication", supersedes=first, changed_target="us",
        changed_severity=3,
    )  # fmt: skip
    undone = desk.decides(3, "skip", "bilal", language=None, seconds=None)
    desk.decides(3, "undo", "bilal", supersedes=undone)
    desk.decides(4, "confirm", "bilal", purpose="golden", spans=[])
    return desk


def csv_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def base(console: Console) -> list[dict[str, Any]]:
    """The decisions as they lie in the warehouse, by id."""
    table = console.store.connection.sql("SELECT * FROM base.decisions ORDER BY decision_id")
    rows: list[dict[str, Any]] = table.to_arrow_table().to_pylist()
    return rows


def test_parquet_and_ndjson_are_the_table(decided: Any, lead: Any, console: Console) -> None:
    answer = lead.get("/export/decisions.parquet", params=ALL)
    rows = pq.read_table(io.BytesIO(answer.content)).to_pylist()
    lines = [
        json.loads(line) for line in lead.get("/export/decisions.ndjson", params=ALL).iter_lines()
    ]
    held = base(console)
    assert len(rows) == len(lines) == len(held) == len(decided.decisions)
    for found in (rows, lines):
        assert {row["offset_unit"] for row in found} == {"code points"}
        for row, original in zip(
            sorted(found, key=lambda row: str(row["decision_id"])), held, strict=True
        ):
            # What was exported has all columns that the table has.
            assert set(original) <= set(row)
            for name, value in original.items():
                if name == "decided_at":
                    text = row[name] if isinstance(row[name], str) else row[name].isoformat()
                    assert text.replace("Z", "+00:00") == value.isoformat()
                elif isinstance(value, (bytes, uuid.UUID)):
                    assert str(row[name]) == str(value)
                else:
                    assert row[name] == value, name
    assert any(row["spans"] == SPANS for row in rows)


def test_csv_runs_no_formula_and_loses_nothing(decided: Any, lead: Any, console: Console) -> None:
    rows = csv_of(lead.get("/export/decisions.csv", params=ALL).content.decode())
    by_id = {str(row["decision_id"]): row for row in base(console)}
    assert len(rows) == len(by_id)
    for row in rows:
        original = by_id[row["decision_id"]]
        for name in ("reason", "note", "reviewer", "judgement"):
            assert not row[name].startswith(tuple("=+-@\t\r\n"))
            assert row[name].removeprefix("'") == (original[name] or "")
        assert (json.loads(row["spans"]) if row["spans"] else None) == original["spans"]
        assert row["offset_unit"] == "code points"
    assert {row["reviewer"] for row in rows} == {"'=amina", "bilal", "lead"}


def test_what_is_in_force(decided: Any, lead: Any) -> None:
    every = csv_of(lead.get("/export/decisions.csv", params=ALL).text)
    held = [row for row in every if row["in_force"] == "true"]
    # The lead replaced what the two had said, and with it the copy; the undo took the other back.
    assert [row for row in held if row["reviewer"] == "bilal"] == [
        row for row in every if row["purpose"] == "golden"
    ]
    assert len(held) == len(REASONS) + 1
    assert csv_of(lead.get("/export/decisions.csv").text) == held


@pytest.mark.parametrize(
    ("params", "keep"),
    [
        ({"label": "hostile"}, lambda row: True),
        ({"label": "claims_attack"}, lambda row: False),
        ({"language": "ur"}, lambda row: row["language"] == "ur"),
        ({"reviewer": "bilal"}, lambda row: row["reviewer"] == "bilal"),
        ({"purpose": "adjudication"}, lambda row: row["purpose"] == "adjudication"),
        ({"copies": "without"}, lambda row: row["purpose"] != "copy"),
        ({"from": "2026-02-28", "to": "2026-02-28"}, lambda row: True),
        ({"from": "2026-03-01"}, lambda row: False),
        ({"to": "2026-02-27"}, lambda row: False),
        ({"from": "", "to": "", "label": "", "purpose": ""}, lambda row: True),
        ({"reviewer": "' OR 1=1 --"}, lambda row: False),
    ],
)  # fmt: skip
def test_filters(
    decided: Any, lead: Any, params: dict[str, str], keep: Callable[[dict[str, Any]], bool]
) -> None:
    lines = lead.get("/export/decisions.ndjson", params=ALL | params).text.splitlines()
    assert [json.loads(line)["decision_id"] for line in lines] == [
        row["decision_id"] for row in decided.decisions if keep(row)
    ]


@pytest.mark.parametrize(
    "path",
    [
        "/export/decisions.xlsx", "/export/decisions.csv?scope=x", "/export/decisions.csv?from=x",
        "/export/decisions.csv?to=9999-12-31", "/export/training.csv",
    ],
)  # fmt: skip
def test_what_there_is_not(lead: Any, path: str) -> None:
    assert lead.get(path).status_code in {404, 422}


def test_who_may_take_decisions_away(decided: Any, looks: Callable[[str], Any]) -> None:
    paths = [f"/export/decisions.{layout}" for layout in export.FORMATS]
    for path in [*paths, "/export/training.ndjson"]:
        assert looks("moderator").get(path).status_code == 403
        for role in ("lead", "auditor", "admin"):
            answer = looks(role).get(path)
            assert answer.status_code == 200
            assert answer.headers["content-disposition"].startswith("attachment; filename=")
            assert "no-store" in answer.headers["cache-control"]


def test_batches_are_sent_as_they_are_read(decided: Any, console: Console) -> None:
    """No more than a batch is read before the first bytes go out."""
    read_so_far = []

    class Counted:
        def __init__(self, reader: Any) -> None:
            self.reader, self.schema = reader, reader.schema

        def __iter__(self) -> Any:
            for batch in self.reader:
                read_so_far.append(batch.num_rows)
                yield batch

    console.store.connection.execute(
        "INSERT INTO base.decisions SELECT d.* REPLACE (uuid() AS decision_id) "
        "FROM base.decisions d, range(500)"
    )
    values = dict.fromkeys(("since", "until", "label", "language", "reviewer", "purpose"))
    for layout in export.FORMATS:
        read_so_far.clear()
        with console.store.stream_query(
            "review/stats_export", 100, **values, copies=True, in_force=False
        ) as reader:
            pieces = export.stream(Counted(reader), layout)
            first = next(pieces)
            assert first or layout == "parquet"
            assert len(read_so_far) == 1
            rest = list(pieces)
            assert len(read_so_far) > 10
        whole = first + b"".join(rest)
        count = sum(read_so_far)
        if layout == "parquet":
            assert pq.read_table(io.BytesIO(whole)).num_rows == count
        elif layout == "csv":
            assert len(csv_of(whole.decode())) == count
        else:
            assert len(whole.splitlines()) == count
    with pytest.raises(ValueError, match="no format"):
        next(export.stream(Counted(reader), "xlsx"))


def test_the_view_says_the_offset_unit_too(decided: Any, console: Console, tmp_path: Any) -> None:
    path = tmp_path / "decisions.csv"
    assert export.export(console.store, "decisions", path) == len(decided.decisions)
    rows = csv_of(path.read_text(encoding="utf-8"))
    assert {row["offset_unit"] for row in rows} == {"code points"}
    assert {"reason", "spans", "copy_of", "purpose", "act_id"} <= set(rows[0])


def test_training_labels_are_what_training_reads(
    decided: Any, lead: Any, console: Console, tmp_path: Any
) -> None:
    path = tmp_path / "training.ndjson"
    path.write_bytes(lead.get("/export/training.ndjson").content)
    actors = console.knowledge.actors
    expected = learn(console.store, actors)
    assert read(path, actors).examples == expected.examples
    assert len(expected.examples) == len(REASONS)
    assert "channelwatch train --out candidate --decisions training.ndjson" in lead.text("/export")


def test_an_adjudication_replaces_both_who_disagreed(desk: Any, lead: Any) -> None:
    for number in (1, 2):
        desk.flag(number)
    old = desk.decides(1, "confirm", "amina")
    amina = desk.decides(1, "reject", "amina", supersedes=old)
    back = desk.decides(1, "confirm", "cem")
    desk.decides(1, "undo", "cem", supersedes=back)
    golden = desk.decides(1, "confirm", "dana", purpose="golden")
    bilal = desk.decides(1, "confirm", "bilal", purpose="second")
    passed = desk.decides(1, "skip", "lead", purpose="adjudication")
    first = desk.decides(1, "confirm", "lead", purpose="adjudication", supersedes=bilal)
    copied = desk.decides(2, "confirm", "lead", purpose="copy", copy_of=first)
    again = desk.decides(1, "reject", "lars", purpose="adjudication", supersedes=first)
    late = desk.decides(1, "confirm", "amina", supersedes=amina)
    rows = [
        json.loads(line)
        for line in lead.get("/export/decisions.ndjson", params=ALL).text.splitlines()
    ]
    said = {row["decision_id"]: set(row["replaces"]) for row in rows}
    assert said[first] == {amina, bilal, passed}
    assert said[again] == {first}
    assert said[amina] == {old}
    assert said[late] == {amina}
    assert said[golden] == said[copied] == said[bilal] == set()
    assert {row["decision_id"] for row in rows if row["in_force"]} == {golden, again, late}


def test_what_an_adjudication_replaced_is_in_force_again_when_it_is_taken_back(
    desk: Any, lead: Any
) -> None:
    desk.flag(1)
    both = {desk.decides(1, "reject", "amina"), desk.decides(1, "confirm", "bilal")}
    first = desk.decides(1, "confirm", "lead", purpose="adjudication")
    assert {row["decision_id"] for row in csv_of(lead.get("/export/decisions.csv").text)} == {first}
    desk.decides(1, "undo", "lead", supersedes=first)
    second = desk.decides(1, "skip", "lars")
    found = csv_of(lead.get("/export/decisions.csv").text)
    assert {row["decision_id"] for row in found} == both | {second}


def test_names_on_the_page_are_text(decided: Any, lead: Any) -> None:
    decided.decides(5, "skip", "<script>alert(1)</script>")
    page = lead.text("/export")
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_the_queries_are_packaged() -> None:
    for name in ("export", "team", "daily", "matrix", "channels", "judgements"):
        assert "Grain:" in query(f"review/stats_{name}")


def test_times_are_half_open(desk: Any, lead: Any, console: Console) -> None:
    desk.flag(1)
    midnight = console.now().replace(hour=0)
    for moment in (midnight - timedelta(microseconds=1), midnight):
        desk.decides(1, "skip", "amina", decided_at=moment)
    params = ALL | {"from": f"{midnight:%F}", "to": f"{midnight:%F}"}
    [line] = lead.get("/export/decisions.ndjson", params=params).text.splitlines()
    assert json.loads(line)["decision_id"] == desk.decisions[1]["decision_id"]
