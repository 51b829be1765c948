"""Killed while loading: every batch is loaded exactly once."""

from __future__ import annotations

import random
import shutil
import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

from warehouse import inbox as inboxes
from warehouse.store import Store, open_store

LOAD = """
import sys
from pathlib import Path
from warehouse.store import open_store
with open_store(Path(sys.argv[1]), threads=1) as store:
    print("open", flush=True)
    store.load_inbox()
"""
ROUNDS = 6


def content(store: Store) -> dict[str, Any]:
    """Everything but surrogate numbers and the times of loading."""
    dropped = {"revision_no", "loaded_at"}
    answer = {}
    for view in ("messages", "revisions", "scores", "flagged", "indicators", "quarantine"):
        with store.stream(view) as reader:
            table = reader.read_all()
        kept = table.select([name for name in table.column_names if name not in dropped])
        answer[view] = sorted(map(str, kept.to_pylist()))
    answer["totals"] = store.totals()
    return answer


def test_killed_at_any_moment_it_ends_the_same(tmp_path: Path, build: Any) -> None:
    seed = random.SystemRandom().randrange(1 << 30)
    chance = random.Random(seed)
    quiet, killed = tmp_path / "quiet.duckdb", tmp_path / "killed.duckdb"
    desk = build.Desk(inboxes.inbox_of(quiet))
    desk.run("started")
    coin = {"type": "bitcoin", "value": "x", "start": 0, "end": 1, "valid": True}
    for day in (1, 2, 3):
        messages = [
            build.message(i, f"text {i} {day if i % 7 == 0 else ''}")
            for i in range(1, 900)
            if i % (day + 10)
        ]
        answers = [
            build.analysis(build.score("hostile", 0.9 if m["message_id"] % 5 else 0.1))
            | {"indicators": [coin]}
            for m in messages
        ]
        as_of = build.START + timedelta(days=day)
        desk.file(
            f"day {day}",
            messages,
            analyses=answers,
            channels=[build.channel(covers_from=1, covers_to=900, as_of=as_of)],
            quarantine=[{"position": "x", "reason": "bad", "channel_key": "tg:1", "message_id": 0}],
            batch_rows=200,
        )
    desk.run("finished")
    shutil.copytree(inboxes.inbox_of(quiet), inboxes.inbox_of(killed))
    with open_store(quiet) as store:
        store.load_inbox()
        expected = content(store)
        assert store.check_run("run-1").adds_up

    kills = 0
    for _ in range(ROUNDS):
        child = subprocess.Popen([sys.executable, "-c", LOAD, str(killed)], stdout=subprocess.PIPE)
        assert child.stdout is not None
        child.stdout.readline()
        time.sleep(chance.uniform(0, 0.25))
        child.send_signal(signal.SIGKILL)
        kills += child.wait() == -signal.SIGKILL
        child.stdout.close()
    assert kills, "no kill came in time: give the loader more to do"
    with open_store(killed) as store:
        store.load_inbox()
        assert content(store) == expected, f"seed {seed}"
        assert store.check_run("run-1").adds_up
        assert inboxes.pending(store.inbox) == ([], [])


def test_killed_between_commit_and_deletion(store: Store, desk: Any, build: Any) -> None:
    path = desk.batch("one", 0, build.landing([build.message(1, "t")]))
    data = path.read_bytes()
    store.load_inbox()
    path.write_bytes(data)
    report = store.load_inbox()
    assert (report.duplicates, report.files) == (1, 0)
    assert store.totals()["revisions"] == 1
    assert not path.exists()
