"""The report of a day: what it counts, and what it never holds."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from flows.daily import as_markdown, write
from flows.nightly import days
from flows.owner import on_warehouse
from flows.pipeline import run_directly
from flows.settings import Settings

pytestmark = pytest.mark.usefixtures("quick_scorer")


def test_a_day_in_counts(tmp_path: Path, export: Callable[..., Path]) -> None:
    export(tmp_path / "in", {n: f"a secret {n}" + " enemy" * (n % 5 == 0) for n in range(1, 21)})
    (tmp_path / "in" / "broken.json").write_text('{"foo": [1, 2')
    warehouse = tmp_path / "w.duckdb"
    report = run_directly(Settings(sources=(tmp_path / "in",), warehouse=warehouse))
    today = datetime.now(UTC).date()
    found = on_warehouse(warehouse, "day", day=today.isoformat())
    counts = found["counts"]
    assert (counts["files"], counts["landed"], counts["quarantined"]) == (2, 20, 1)
    [row] = found["flagged"]
    assert (row["label"], row["target"], row["flagged"]) == ("hostile", "ttp", 4)
    [run] = found["runs"]
    assert (run["run_id"], run["landed"]) == (report.run_id, 20)

    page = write(found, tmp_path / "reports")
    assert page.name == f"{today}.md"
    text = page.read_text("utf-8")
    assert text == as_markdown(found)
    assert "| landed | 20 |" in text
    assert "secret" not in text
    assert json.loads(page.with_suffix(".json").read_bytes()) == found
    assert write(found, tmp_path / "reports") == page, "again is the same"
    assert len(list((tmp_path / "reports").iterdir())) == 2

    yesterday = on_warehouse(warehouse, "day", day=(today - timedelta(days=1)).isoformat())
    assert yesterday["counts"]["landed"] == 0
    assert "None." in as_markdown(yesterday)


def test_which_days_are_reported() -> None:
    yesterday = datetime.now(UTC).date() - timedelta(days=1)
    assert days(None, None, None) == [yesterday]
    assert days(date(2024, 5, 1), None, None) == [date(2024, 5, 1)]
    assert days(None, yesterday, None) == [yesterday]
