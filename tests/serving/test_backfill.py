"""Backfill: days in order, one after the other, and what is refused before the first."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from flows import backfill
from flows.backfill import BackfillError, days_of
from flows.local_server import PrefectUnavailableError
from ops.commands.backfill import backfill_command
from ops.errors import CommandError

FIRST, LAST = date(2024, 5, 1), date(2024, 5, 3)


def state(name: str, message: str = "") -> Any:
    kind = backfill.StateType(name.upper())
    return SimpleNamespace(state=SimpleNamespace(type=kind, name=name, message=message))


def test_each_day_in_order_and_again_where_the_deployment_was_busy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    busy = state("Cancelled", "Deployment concurrency limit reached.")
    answers = [state("Completed"), busy, state("Completed"), state("Failed")]
    asked: list[tuple[str, str]] = []

    def run_deployment(name: str, parameters: dict[str, str], **_: Any) -> Any:
        asked.append((parameters["since"], parameters["until"]))
        return answers[len(asked) - 1]

    monkeypatch.setattr(backfill, "healthy", lambda *_, **__: True)
    monkeypatch.setattr(backfill, "_full_name", lambda name: f"monitor/{name}")
    monkeypatch.setattr(backfill, "run_deployment", run_deployment)
    monkeypatch.setattr(backfill, "AGAIN", 0)
    said: list[str] = []
    begun: list[str] = []
    wrong = backfill.backfill("http://api", ["watch"], FIRST, LAST, said.append, begun.append)
    assert asked == [
        ("2024-05-01", "2024-05-02"),
        ("2024-05-02", "2024-05-03"),
        ("2024-05-02", "2024-05-03"),
        ("2024-05-03", "2024-05-04"),
    ]
    assert wrong == ["2024-05-03 monitor/watch: Failed"]
    assert said[0] == "2024-05-01 monitor/watch: Completed"
    assert begun[1] == "2024-05-02 monitor/watch (day 2 of 3)"


def test_what_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(BackfillError, match="is before --from"):
        days_of(LAST, FIRST)
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    with pytest.raises(CommandError, match="start it") as raised:
        backfill_command(tmp_path / "w.duckdb", ["watch"], FIRST, LAST)
    assert raised.value.exit_code == 3
    with pytest.raises(PrefectUnavailableError, match="channelwatch serve"):
        backfill.backfill("http://127.0.0.1:9/api", ["watch"], FIRST, LAST, print)
