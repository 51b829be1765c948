"""Which files a run takes: none that is half written, and those of its days."""

from __future__ import annotations

import os
import time
from datetime import date
from pathlib import Path

from flows.picking import WRITTEN, Picking, pick


def old(path: Path, text: str = "x", seconds: float = 3600) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    os.utime(path, (time.time() - seconds,) * 2)
    return path


def test_a_file_that_grows_is_left_and_one_that_rests_is_taken(tmp_path: Path) -> None:
    growing, resting = tmp_path / "growing.json", tmp_path / "resting.json"
    growing.write_text("x")
    resting.write_text("x")
    gone = tmp_path / "gone.json"
    gone.write_text("x")
    waited: list[float] = []

    def wait(seconds: float) -> None:
        waited.append(seconds)
        growing.write_text("xx")
        gone.unlink()

    taken, left = pick([growing, gone, resting], Picking(settle=2), wait)
    assert taken == [resting]
    assert left == [(growing, WRITTEN), (gone, WRITTEN)]
    assert waited == [2], "once for all of them"


def test_a_clock_that_jumped_does_not_matter(tmp_path: Path) -> None:
    path = old(tmp_path / "future.json", seconds=-86_400)
    assert pick([path], Picking(settle=2), lambda _: None) == ([path], [])


def test_old_files_are_not_waited_for(tmp_path: Path) -> None:
    def wait(_: float) -> None:
        raise AssertionError("there is nothing to wait for")

    assert pick([], Picking(settle=2), wait) == ([], [])
    assert pick([old(tmp_path / "a.json")], Picking(), wait)[0]


def test_names_and_markers_say_what_is_complete(tmp_path: Path) -> None:
    done, undone, part = (old(tmp_path / name) for name in ("a.json", "b.json", "c.json.part"))
    marker = old(tmp_path / "a.json.done")
    files = [done, undone, part, marker]
    taken, left = pick(files, Picking(settle=1, marker=".done"), lambda _: None)
    assert taken == [done]
    assert {path.name: why.split(":")[0] for path, why in left} == {
        "b.json": "no b.json.done beside it yet",
        "c.json.part": "still being written",
        "a.json.done": "the marker of another file",
    }


def test_days_by_path_and_else_by_the_last_change(tmp_path: Path) -> None:
    first, second = old(tmp_path / "2024-05-01" / "a.json"), old(tmp_path / "2024/05/02/b.json")
    undated = old(tmp_path / "c.json", seconds=0)
    os.utime(undated, (1_714_608_000, 1_714_608_000))  # 2024-05-02 00:00 UTC
    files = [first, second, undated]
    day = Picking(since=date(2024, 5, 2), until=date(2024, 5, 3))
    taken, left = pick(files, day)
    assert taken == [second, undated]
    assert left == [(first, "of another day (2024-05-01)")]
    assert pick(files, Picking(until=date(2024, 5, 2)))[0] == [first]
