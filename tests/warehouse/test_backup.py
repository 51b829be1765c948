"""Backups while the warehouse is used, restored; and the file written anew."""

from __future__ import annotations

import json
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from warehouse import audit
from warehouse import inbox as inboxes
from warehouse.backup.backup import BackupError, back_up, console_of, restore, verify
from warehouse.backup.scrubbing import scrub
from warehouse.retention.removing import retain
from warehouse.retention.rules import Rule, Rules
from warehouse.sql import VIEWS
from warehouse.store import Store, StoreError, open_store

SECRET = "سری پیغام zarqawi-lighthouse"


def content(store: Store) -> dict[str, list[str]]:
    """All rows of all views."""
    answer = {}
    for view in VIEWS:
        with store.stream(view) as reader:
            answer[view] = sorted(map(str, reader.read_all().to_pylist()))
    return answer


def holds_text(path: Path, text: str) -> bool:
    """Whether the bytes of a file have the text, in UTF-8 or UTF-16; read by another process,
    because a process that closes a file gives up its own locks on it."""
    look = (
        "import sys, pathlib; data = pathlib.Path(sys.argv[1]).read_bytes(); t = sys.argv[2];"
        "print(any(t.encode(e) in data for e in ('utf-8', 'utf-16-le', 'utf-16-be')))"
    )
    told = subprocess.run(
        [sys.executable, "-c", look, str(path), text], capture_output=True, text=True, check=True
    )
    return told.stdout.strip() == "True"


def fill(store: Store, build: Any, names: range = range(3), rows: int = 300) -> Any:
    desk = build.Desk(store.inbox)
    for name in names:
        messages = [build.message(i + 1000 * name, f"text {i} of {name}") for i in range(rows)]
        answers = [
            build.analysis(*[build.score("hostile", 0.9)] * (i % 3 == 0)) for i in range(rows)
        ]
        desk.file(f"file {name}", messages, analyses=answers)
    return desk


def test_restored_it_is_the_same(store: Store, build: Any, tmp_path: Path) -> None:
    fill(store, build)
    store.load_inbox()
    store.connection.execute("SELECT nextval('base.item_numbers') FROM range(7)").fetchall()
    audit.record(store, audit.entry("asma", "read.item", {"item": 1}))
    with sqlite3.connect(console_of(store.path)) as console:
        console.execute("CREATE TABLE users (name)")
        console.execute("INSERT INTO users VALUES ('asma')")
        console.commit()
    manifest = back_up(store, tmp_path / "out" / "backup")
    assert manifest["rows"]["base.revisions"] == 900
    assert verify(tmp_path / "out" / "backup") == manifest
    new = tmp_path / "new.duckdb"
    restore(tmp_path / "out" / "backup", new)
    with open_store(new) as restored:
        assert content(restored) == content(store)
        assert restored.connection.execute("SELECT nextval('base.item_numbers')").fetchone() == (8,)
        assert restored.check_run("run-1").adds_up
        assert audit.verify(restored).broken_at is None
    with sqlite3.connect(console_of(new)) as console:
        assert console.execute("SELECT name FROM users").fetchall() == [("asma",)]
    assert console_of(new).stat().st_mode & 0o777 == 0o600
    assert not (store.inbox / "work").exists() or not list((store.inbox / "work").iterdir())


def test_nothing_is_overwritten(store: Store, tmp_path: Path) -> None:
    back_up(store, tmp_path / "backup", asked="one")
    with pytest.raises(BackupError, match="there already"):
        back_up(store, tmp_path / "backup")
    assert back_up(store, tmp_path / "backup", asked="one")["asked"] == "one"
    for taken in ("x.duckdb", "x.duckdb.inbox", "x.duckdb.console"):
        path = tmp_path / taken
        path.write_bytes(b"mine")
        with pytest.raises(BackupError, match="nothing is overwritten"):
            restore(tmp_path / "backup", tmp_path / "x.duckdb")
        assert path.read_bytes() == b"mine"
        path.unlink()
    assert not list(tmp_path.glob(".*partial"))


def test_what_was_tampered_with_is_not_restored(store: Store, build: Any, tmp_path: Path) -> None:
    fill(store, build)
    back_up(store, tmp_path / "whole")
    for name in ("warehouse.duckdb", "inbox"):
        shutil.rmtree(tmp_path / "bad", ignore_errors=True)
        shutil.copytree(tmp_path / "whole", tmp_path / "bad")
        path = tmp_path / "bad" / name
        path = next(iter(sorted(path.iterdir()))) if path.is_dir() else path
        data = bytearray(path.read_bytes())
        data[len(data) // 2] ^= 1
        path.write_bytes(data)
        with pytest.raises(BackupError, match="damaged"):
            restore(tmp_path / "bad", tmp_path / "new.duckdb")
        path.unlink()
        with pytest.raises(BackupError, match="missing"):
            restore(tmp_path / "bad", tmp_path / "new.duckdb")
    assert not (tmp_path / "new.duckdb").exists()
    with pytest.raises(BackupError, match="no backup"):
        verify(tmp_path)


def test_what_waits_in_the_inbox_is_not_lost(store: Store, build: Any, tmp_path: Path) -> None:
    desk = fill(store, build, range(2))
    store.load_inbox()
    desk.file("late", [build.message(5000, "waits")])
    back_up(store, tmp_path / "backup")
    restore(tmp_path / "backup", tmp_path / "new.duckdb")
    store.load_inbox()
    with open_store(tmp_path / "new.duckdb") as restored:
        restored.load_inbox()
        assert restored.totals() == store.totals()
        assert restored.check_run("run-1").adds_up


def test_taken_during_writing_it_is_consistent(store: Store, build: Any, tmp_path: Path) -> None:
    """Loaded and backed up at once, several times: every backup is one moment of the warehouse."""
    fill(store, build, range(12), 200)
    done = threading.Event()

    def load() -> None:
        while store.load_inbox(limit=1).files:
            store.checkpoint()
        done.set()

    loader = threading.Thread(target=load)
    loader.start()
    during = []
    number = 0
    while not done.is_set() and number < 4:
        back_up(store, tmp_path / f"backup {number}")
        during.append(not done.is_set())
        number += 1
    loader.join()
    assert any(during), "no backup was taken while the loader worked: give it more to do"
    for number in range(len(during)):
        new = tmp_path / f"new {number}.duckdb"
        restore(tmp_path / f"backup {number}", new)
        with open_store(new) as restored:
            ask = restored.connection.execute
            for table in ("analyses", "sightings"):
                (rows,) = ask(f"SELECT count(*) FROM base.{table}").fetchall()[0]
                assert rows == restored.totals()["revisions"]
            (landed,) = ask("SELECT sum(landed) FROM base.batches").fetchall()[0]
            assert (landed or 0) == restored.totals()["revisions"]
            restored.load_inbox()
            assert restored.totals() == store.totals(), "what waited is in it"
            assert restored.check_run("run-1").adds_up


def test_no_room(store: Store, build: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(store, build)

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("warehouse.backup.backup.sync", full)
    with pytest.raises(StoreError, match="No space left"):
        back_up(store, tmp_path / "backup")
    assert not list(tmp_path.glob("*backup*"))
    assert not list((store.inbox / "work").iterdir())


BACKUP = """
import sys
from pathlib import Path
from warehouse.store import open_store
from warehouse.backup.backup import back_up
with open_store(Path(sys.argv[1]), threads=1) as store:
    print("open", flush=True)
    back_up(store, Path(sys.argv[2]))
"""


def test_killed_there_is_a_whole_backup_or_none(tmp_path: Path, build: Any) -> None:
    path = tmp_path / "w.duckdb"
    with open_store(path, threads=1) as store:
        fill(store, build, range(5), 1000)
        store.load_inbox()
        expected = content(store)
    seed = random.SystemRandom().randrange(1 << 30)
    chance, kills = random.Random(seed), 0
    for number in range(4):
        out = tmp_path / f"backup {number}"
        child = subprocess.Popen(
            [sys.executable, "-c", BACKUP, str(path), str(out)], stdout=subprocess.PIPE
        )
        assert child.stdout is not None
        child.stdout.readline()
        time.sleep(chance.uniform(0, 0.4))
        child.send_signal(signal.SIGKILL)
        kills += child.wait() == -signal.SIGKILL
        child.stdout.close()
        if out.exists():
            verify(out)
    assert kills, "no kill came in time: give it more to do"
    with open_store(path) as store:
        assert content(store) == expected, f"seed {seed}"
        back_up(store, tmp_path / "last")
        assert not list((store.inbox / "work").iterdir()), "nor what the killed ones left"


def test_scrubbed_the_bytes_are_gone(store: Store, build: Any) -> None:
    desk = build.Desk(store.inbox)
    messages = [build.message(i, f"{SECRET if i % 2 else 'kept'} {i}") for i in range(3000)]
    desk.file("one", messages)
    store.load_inbox()
    store.checkpoint()
    with store.transaction() as connection:
        connection.execute("CREATE TABLE base.probe AS SELECT $text AS text", {"text": SECRET})
    store.checkpoint()
    assert holds_text(store.path, SECRET), "the search finds what is there"
    with store.transaction() as connection:
        connection.execute("DROP TABLE base.probe")
    later = datetime.now(UTC) + timedelta(days=10)
    assert retain(store, Rules((Rule("none", 1),)), later).removed == {"none:1": 3000}
    readers, stop = [], threading.Event()

    def read() -> None:
        while not stop.is_set():
            readers.append(store.totals()["sources"])

    reader = threading.Thread(target=read)
    reader.start()
    before = len(readers)
    result = scrub(store)
    while len(readers) < before + 5:
        time.sleep(0.01)
    stop.set()
    reader.join()
    assert set(readers) == {1}, "whoever reads meanwhile gets his answer"
    assert not holds_text(store.path, SECRET)
    assert result["bytes"] < result["bytes_before"]
    assert store.check_run("run-1").adds_up
    desk.file("two", [build.message(1, "after it")])
    assert store.load_inbox().landed == 1
    path = store.path
    store.close()
    with open_store(path) as again:
        assert again.totals()["revisions"] == 1


def test_who_reads_without_an_end_keeps_the_file(
    store: Store, build: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(store, build, range(1))
    store.load_inbox()
    monkeypatch.setattr("warehouse.store.PATIENCE", 0.2)
    with store.stream("messages") as reader:
        with pytest.raises(StoreError, match="try later"):
            scrub(store)
        assert reader.read_all().num_rows == 300
    assert scrub(store)["bytes"]
    assert store.totals()["revisions"] == 300


SCRUB = """
import sys
from pathlib import Path
from warehouse.store import open_store
from warehouse.backup.scrubbing import scrub
with open_store(Path(sys.argv[1]), threads=1) as store:
    print("open", flush=True)
    for _ in range(20):
        scrub(store)
"""


def test_killed_while_it_is_written_anew_the_file_is_whole(tmp_path: Path, build: Any) -> None:
    path = tmp_path / "w.duckdb"
    with open_store(path, threads=1) as store:
        fill(store, build, range(3), 1000)
        store.load_inbox()
        expected = content(store)
    chance, kills = random.Random(), 0
    for _ in range(4):
        child = subprocess.Popen([sys.executable, "-c", SCRUB, str(path)], stdout=subprocess.PIPE)
        assert child.stdout is not None
        child.stdout.readline()
        time.sleep(chance.uniform(0, 0.6))
        child.send_signal(signal.SIGKILL)
        kills += child.wait() == -signal.SIGKILL
        child.stdout.close()
        with open_store(path) as store:
            assert content(store) == expected
    assert kills


def test_the_manifest_says_what_it_is(store: Store, build: Any, tmp_path: Path) -> None:
    fill(store, build, range(1))
    back_up(store, tmp_path / "b")
    told = json.loads((tmp_path / "b" / "manifest.json").read_text())
    assert told["encrypted"] is False
    assert told["schema"] >= 7
    assert set(told["files"]) == {
        "warehouse.duckdb",
        *(f"inbox/{entry.path.name}" for entry in inboxes.pending(store.inbox)[0]),
    }
