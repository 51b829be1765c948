"""Console, flow and moderators as processes of their own, and what holds whatever happens."""

from __future__ import annotations

from pathlib import Path

import pytest

from ops.benchmarks.console import checks, killed, scale, together
from ops.benchmarks.console.setting import Setting


@pytest.fixture(scope="module")
def keep(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("kept")


@pytest.fixture
def setting(tmp_path: Path, keep: Path) -> Setting:
    return Setting(
        messages=3_000,
        flagged=1_200,
        landing=3_000,
        seconds=4.0,
        kills=3,
        seed=5,
        models=None,
        say=lambda _: None,
        folder=tmp_path,
        keep=keep,
    )


@pytest.mark.slow
def test_moderators_and_a_flow(setting: Setting, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(together, "PAIRS", 1)
    monkeypatch.setattr(together, "THINK", 0.1)
    alone, beside = (row for row in together.measure(setting) if row["what"] == "run")
    assert alone["problems"] == beside["problems"] == []
    assert alone["new_revisions"] == beside["new_revisions"] > 2_000
    assert beside["decisions"] > 20
    assert alone["decisions"] == 0


def test_killed_while_deciding(setting: Setting, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(killed, "LIFE", (0.5, 1.5))
    (row,) = killed.measure(setting)
    assert row["problems"] == []
    assert row["confirmed"] > 0
    assert row["sent_again"] > 0, "no kill hit a moderator at work"


@pytest.mark.slow
def test_every_kind_of_request(setting: Setting, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scale, "REQUESTS", 2)
    rows = [row for row in scale.measure(setting) if row["what"] == "request"]
    assert {row["requests"] for row in rows} == {2}
    assert len({row["pass"] for row in rows}) == 2
    assert {"queue", "filter channel", "search, 2 rare Arabic", "item", "decide"} <= {
        row["kind"] for row in rows
    }


def test_two_who_had_one_item_are_found() -> None:
    def shown(user: str, item: int, began: float) -> checks.Line:
        return {"user": user, "route": "review", "asked": began, "began": began, "took": 0.5,
                "shows": item}  # fmt: skip

    fine = [shown("a", 1, 0.0), shown("a", 2, 3.0), shown("b", 1, 4.0), shown("b", 3, 9.0)]
    assert checks.held_by_two(fine) == []
    assert checks.held_by_two([*fine, shown("c", 2, 5.0)]) == ["a and c had item 2 at once"]
    # The answer of a at 5 was lost; at 5.5 what a had decided was given for a second review.
    lost = [shown("a", 1, 0.0), shown("b", 1, 5.5), shown("a", 2, 8.0) | {"asked": 5.0}]
    assert checks.held_by_two(lost) == []
