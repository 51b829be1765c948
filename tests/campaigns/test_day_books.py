"""The comparisons of the day's books: what they notice."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

from ops.campaigns.day.books import different, exposed, not_equal
from ops.campaigns.day.dropping import files, pieces
from ops.campaigns.day.schedule import Run, held

TEXT = """\
# HELP channelwatch_decisions Decisions of moderators.
channelwatch_decisions{otel_scope_name="channelwatch"} 12
channelwatch_warehouse_messages{outcome="landed",otel_scope_name="x"} 40.0
channelwatch_runs{otel_scope_name="x",state="finished"} 3
channelwatch_inbox_files 2
"""


def test_the_console_s_numbers_are_read_and_compared() -> None:
    told = exposed(TEXT)
    assert told == {"decisions": 12, "landed": 40, "runs_finished": 3}
    assert not_equal(told, {"decisions": 12.0, "landed": 40.0}) == []
    assert len(not_equal(told, {"decisions": 13.0, "landed": 40.0})) == 1
    assert "nothing" in not_equal(told, {"read": 0.0})[0]


def test_rows_that_are_lost_or_doubled_are_named() -> None:
    rows = {"messages": Counter(a=1, b=1), "scores": Counter(c=2)}
    assert different(rows, rows) == []
    found = {"messages": Counter(a=1), "scores": Counter(c=3)}
    assert [line.split(";")[0] for line in different(rows, found)] == [
        "view messages: 1 rows lost, 0 too many",
        "view scores: 0 rows lost, 1 too many",
    ]


def _run(due: float, kind: str = "COMPLETED", began: float | None = None) -> Run:
    return Run(str(due), "watch", f"at {due}", kind, kind.title(), due, began or due + 1)


def test_runs_are_held_against_the_schedule() -> None:
    assert held({"watch": 10}, (), [_run(105)], (100, 130), 15)[0].states == {"Completed": 1}

    def problems(*runs: Run, skips: tuple[str, ...] = ()) -> list[str]:
        return held({"watch": 10}, skips, runs, (100, 130), 15)[0].problems

    right = [_run(100), _run(110), _run(120)]
    assert problems(*right) == []
    assert problems(*right, _run(130), _run(99)) == []  # not within the window
    assert problems(*right[:2]) == ["2 runs of watch, the schedule makes 3 to 3"]
    at_start = Run("s", "watch", "at start", "FAILED", "Failed", 101, 102, scheduled=False)
    assert problems(*right, at_start) == ["at start of watch is Failed"]
    assert "is Failed" in problems(*right[:2], _run(120, "FAILED"))[0]
    assert "is Cancelled" in problems(*right[:2], _run(120, "CANCELLED"))[0]
    assert problems(*right[:2], _run(120, "CANCELLED"), skips=("watch",)) == []
    assert "began 20 s late" in problems(*right[:2], _run(120, began=140))[0]
    never = Run("n", "watch", "never", "SCHEDULED", "Late", 105, None)
    assert "has not begun 25 s late" in problems(right[0], never, right[2])[0]


def test_files_of_every_kind_are_dropped_and_a_seed_repeats_them(tmp_path: Path) -> None:
    exports = pieces(tmp_path / "a", 1_000, 1)
    first = [each for each, _ in zip(files(exports, 5), range(120), strict=False)]
    again = [each for each, _ in zip(files(exports, 5), range(120), strict=False)]
    assert first == again
    assert {kind for kind, _ in first} == {"new", "edited", "again", "malformed"}
    data = {kind: [found for what, found in first if what == kind] for kind, _ in first}
    assert all(found in [d for _, d in first] for found in data["again"])
    assert any(b'"edited_unixtime"' in found for found in data["edited"])
    for found in data["malformed"]:
        try:
            json.loads(found)
        except ValueError:
            continue
        raise AssertionError("it is whole")
