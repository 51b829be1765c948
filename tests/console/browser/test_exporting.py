"""What is decided in a browser comes out of the export as it stands in the warehouse."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from tests.console.browser.real import Served, Visitor

Serve = Callable[..., Served]
Visit = Callable[..., Visitor]

NOTE = "=HYPERLINK(\"x\") دا یوه کرښه ده,\n'second'; 👍🏽"
COLUMNS = (
    "decision_id", "act_id", "channel_key", "message_id", "content_id", "label", "source", "target",
    "judgement", "reviewer", "reason", "note", "supersedes", "copy_of", "purpose", "model_version",
)  # fmt: skip


def plain(row: dict[str, Any]) -> tuple[Any, ...]:
    """A row of any format: text as text, an empty cell as nothing, spans as a list."""
    spans = row["spans"]
    if isinstance(spans, str):
        spans = json.loads(spans) if spans else None
    values = [row[name] for name in COLUMNS]
    return (
        *(None if value in (None, "") else str(value) for value in values),
        [(one["start"], one["end"], one["shows"]) for one in spans or []],
    )


def read(path: Path) -> list[dict[str, Any]]:
    """A downloaded file."""
    if path.suffix == ".parquet":
        found: list[dict[str, Any]] = pq.read_table(path).to_pylist()
        return found
    if path.suffix == ".ndjson":
        return [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    with path.open(encoding="utf-8-sig", newline="") as file:
        # A leading apostrophe keeps a spreadsheet from running a cell, as the page says.
        return [
            {name: value[1:] if value[:1] == "'" else value for name, value in row.items()}
            for row in csv.DictReader(file)
        ]


def test_downloads_hold_what_was_decided(serve: Serve, visit: Visit, tmp_path: Path) -> None:
    lea = visit(served := serve())
    page = lea.sign_in("lea")
    act = lea.ready()
    lea.press("n")
    page.keyboard.insert_text(NOTE)
    lea.press("Escape", "s")
    page.get_by_role("button", name="Take over the marks shown").click()
    lea.press("Escape", "c")
    act = lea.ready(after=act)
    for key in ("r", "u", "c", "k", "z", "c"):
        lea.press(key)
        act = lea.ready(after=act)

    page = lea.go("/export")
    files: dict[tuple[str, str], Path] = {}
    for scope in ("in_force", "history"):
        page.locator("#scope").select_option(scope)
        for layout in ("CSV", "NDJSON", "Parquet"):
            with page.expect_download() as download:
                page.get_by_role("button", name=layout, exact=True).click()
            path = tmp_path / f"{scope}.{layout.lower()}"
            assert download.value.suggested_filename.endswith(f".{layout.lower()}")
            download.value.save_as(path)
            files[scope, layout] = path
    with page.expect_download() as download:
        page.get_by_role("link", name="training.ndjson").click()
    download.value.save_as(tmp_path / "training.ndjson")

    every = {row["decision_id"]: row for row in served.read("SELECT * FROM decisions")}
    standing = served.read("SELECT decision_id FROM base.standing_decisions")
    ids = {str(row["decision_id"]) for row in standing}
    assert {row["judgement"] for row in every.values()} >= {"confirm", "reject", "unsure", "undo"}
    for (scope, layout), path in files.items():
        found = sorted(plain(row) for row in read(path))
        expected = sorted(
            plain(row)
            for row in every.values()
            if scope == "history" or str(row["decision_id"]) in ids
        )
        assert found == expected, f"{scope}, {layout}"
    (noted,) = [row for row in every.values() if row["note"]]
    assert noted["note"] == NOTE
    assert noted["spans"]

    taught = read(tmp_path / "training.ndjson")
    texts = served.read(
        """SELECT DISTINCT f.text FROM flagged f JOIN base.standing_decisions d
           USING (channel_key, message_id, content_id)
           WHERE d.copy_of IS NULL AND d.judgement IN ('confirm', 'reject', 'change')"""
    )
    assert {line["text"] for line in taught} == {row["text"] for row in texts}
