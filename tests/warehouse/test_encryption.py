"""Encrypted at rest: without the key nothing that a message says is in any file."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from warehouse import encryption as keys
from warehouse import inbox as inboxes
from warehouse import orders
from warehouse.backup.backup import back_up, restore, verify
from warehouse.backup.scrubbing import scrub
from warehouse.encryption import Encryption, KeyProblem
from warehouse.integrity import read_through
from warehouse.rescoring.slices import Wanted, take
from warehouse.store import StoreError, StoreLocked, open_store

SECRET = "سری پیغام zarqawi-lighthouse"
KEY = "0123456789abcdef" * 4


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> Encryption:
    monkeypatch.setenv(keys.KEY, KEY)
    monkeypatch.setenv(keys.ALLOW_MBEDTLS, "1")
    return Encryption(KEY, allow_mbedtls=True)


def leaks(folder: Path, *texts: str) -> list[str]:
    """The files below a folder whose bytes have one of the texts, in UTF-8 or UTF-16."""
    look = (
        "import sys, pathlib\n"
        "found = [str(p) for p in pathlib.Path(sys.argv[1]).rglob('*') if p.is_file()\n"
        "  and any(t.encode(e) in p.read_bytes() for t in sys.argv[2:]\n"
        "    for e in ('utf-8', 'utf-16-le', 'utf-16-be'))]\n"
        "print('\\n'.join(found))"
    )
    told = subprocess.run(
        [sys.executable, "-c", look, str(folder), *texts],
        capture_output=True,
        text=True,
        check=True,
    )
    return told.stdout.split()


def fill(path: Path, build: Any) -> None:
    desk = build.Desk(inboxes.inbox_of(path))
    messages = [build.message(i, f"{SECRET} {i}", author_name="Amina Wardak") for i in range(500)]
    answers = [build.analysis(build.score("hostile", 0.9, target="ttp")) for _ in messages]
    desk.file(
        "one",
        messages,
        analyses=answers,
        quarantine=[
            {"position": "x", "reason": "bad", "channel_key": "tg:1", "raw": SECRET.encode()}
        ],
    )


def test_no_byte_says_what_a_message_says(tmp_path: Path, build: Any) -> None:
    path = tmp_path / "w.duckdb"
    with open_store(path) as store:
        fill(path, build)
        assert len(inboxes.pending(store.inbox)[0]) == 3
        assert not leaks(tmp_path, SECRET, "Amina Wardak"), "in the inbox"
        orders.place(path, "hold", {"text": SECRET})
        assert [order.parameters for order in orders.waiting(path)] == [{"text": SECRET}]
        assert not leaks(tmp_path, SECRET), "in the orders"
        store.load_inbox()
        assert store.totals()["revisions"] == 500
        assert path.with_name("w.duckdb.wal").stat().st_size > 100_000
        assert not leaks(tmp_path, SECRET, "Amina Wardak"), "in the log"
        store.checkpoint()
        assert not leaks(tmp_path, SECRET, "Amina Wardak"), "in the database"
        back_up(store, tmp_path / "backup")
        scrub(store)
        assert store.totals()["flagged"] == 500
    assert not leaks(tmp_path, SECRET, "Amina Wardak")
    with open_store(path) as store:
        assert (
            store.query(
                "flagged",
                limit=1,
                status=None,
                label=None,
                target=None,
                language=None,
                channel_key=None,
                run_id=None,
            )["text"][0]
            .as_py()
            .startswith(SECRET)
        )


SORT = """
import sys
from pathlib import Path
from warehouse.store import open_store
with open_store(Path(sys.argv[1]), memory_limit="60MB", threads=1) as store, store.reading() as c:
    c.execute("SELECT i, unhex(sha256(i::VARCHAR)) AS x FROM range(2000000) r(i) ORDER BY i % 7919")
    c.fetchmany(5)
    print("spilled", flush=True)
    sys.stdin.read()
"""


@pytest.mark.parametrize("encrypted", [True, False])
def test_temporary_files_are_encrypted_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, encrypted: bool
) -> None:
    """A sort that does not fit the memory. Without a key its rows can be found: the search works.

    The rows are digests, which compression leaves as they are.
    """
    if not encrypted:
        monkeypatch.delenv(keys.KEY)
    child = subprocess.Popen(
        [sys.executable, "-c", SORT, str(tmp_path / "w.duckdb")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert child.stdout is not None
    assert child.stdin is not None
    assert child.stdout.readline().strip() == b"spilled"
    spilled = b"".join(path.read_bytes() for path in (tmp_path / "w.duckdb.tmp").iterdir())
    child.stdin.close()
    child.wait()
    child.stdout.close()
    assert len(spilled) > 1_000_000
    digests = [hashlib.sha256(str(i).encode()).digest() for i in range(0, 2_000_000, 10_000)]
    found = sum(digest in spilled for digest in digests)
    assert found == 0 if encrypted else found > 0


def test_without_its_key(tmp_path: Path, build: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "w.duckdb"
    with open_store(path) as store:
        fill(path, build)
        store.load_inbox()
        back_up(store, tmp_path / "backup")
        with pytest.raises(StoreLocked):
            open_store(path)
    monkeypatch.setenv(keys.KEY, "f" * 64)
    with pytest.raises(StoreError, match="another key"):
        open_store(path)
    with pytest.raises(StoreError, match="another key"):
        verify(tmp_path / "backup")
    monkeypatch.delenv(keys.KEY)
    with pytest.raises(StoreError, match="name the file of its key"):
        open_store(path)
    with pytest.raises(KeyProblem, match="name the file of its key"):
        verify(tmp_path / "backup")
    with pytest.raises(KeyProblem, match="encrypted warehouse"):
        fill(path, build)
    assert not leaks(tmp_path, SECRET)


def test_an_inbox_file_with_another_key_or_none_is_refused(
    tmp_path: Path, build: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "w.duckdb"
    monkeypatch.setenv(keys.KEY, "f" * 64)
    fill(path, build)
    monkeypatch.delenv(keys.KEY)
    assert inboxes.waiting_batches(inboxes.inbox_of(path)) == set()
    build.Desk(inboxes.inbox_of(path), "run-2").run("started")
    monkeypatch.setenv(keys.KEY, KEY)
    with open_store(path) as store:
        reasons = sorted(bad.reason for bad in store.load_inbox().rejected)
        assert len(reasons) == 4
        assert reasons[0].startswith("another key")
        assert reasons[3].startswith("it is not encrypted")


def test_writing_needs_consent_or_openssl(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(keys.ALLOW_MBEDTLS)
    with pytest.raises(StoreError, match="secure source of random numbers"):
        open_store(tmp_path / "w.duckdb")
    monkeypatch.setenv(keys.HTTPFS, str(tmp_path / "httpfs.duckdb_extension"))
    with pytest.raises(StoreError, match="httpfs"):
        open_store(tmp_path / "w.duckdb")


def test_reading_needs_no_consent(
    tmp_path: Path, build: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "w.duckdb"
    with open_store(path):
        pass
    monkeypatch.delenv(keys.ALLOW_MBEDTLS)
    with open_store(path, read_only=True) as store:
        assert store.totals()["revisions"] == 0


def test_keys_that_cannot_be_meant(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(KeyProblem, match="32 at least"):
        Encryption("short")
    monkeypatch.setenv(keys.KEY_FILE, str(tmp_path / "key"))
    with pytest.raises(KeyProblem, match="cannot be read"):
        keys.from_environment()
    (tmp_path / "key").write_text("\n")
    with pytest.raises(KeyProblem, match="empty"):
        keys.from_environment()
    (tmp_path / "key").write_text(KEY + "\n")
    found = keys.from_environment()
    assert found is not None
    assert found.key == KEY
    assert KEY not in repr(found)


def test_a_plain_backup_is_restored_encrypted(
    tmp_path: Path, build: Any, monkeypatch: pytest.MonkeyPatch, key: Encryption
) -> None:
    path = tmp_path / "plain.duckdb"
    monkeypatch.delenv(keys.KEY)
    with open_store(path) as store:
        fill(path, build)
        back_up(store, tmp_path / "backup")
    monkeypatch.setenv(keys.KEY, KEY)
    with pytest.raises(StoreError, match="not encrypted"):
        open_store(path)
    (tmp_path / "new").mkdir()
    restore(tmp_path / "backup", tmp_path / "new" / "w.duckdb", encrypt=key)
    with open_store(tmp_path / "new" / "w.duckdb") as store:
        assert store.totals()["revisions"] == 500
    assert not leaks(tmp_path / "new", SECRET)
    assert leaks(tmp_path / "backup", SECRET), "the backup is as it was"


def test_all_of_it_is_read_where_it_is_encrypted(tmp_path: Path, build: Any) -> None:
    with open_store(tmp_path / "w.duckdb") as store:
        fill(tmp_path / "w.duckdb", build)
        store.load_inbox()
        rows = {name: count for name, count, wrong in read_through(store) if wrong is None}
        assert rows["base.revisions"] == 500
        assert not [wrong for _, _, wrong in read_through(store) if wrong]
        wanted = Wanted("another model", "rescore")
        found = take(
            store, wanted, first=1, numbers=1_000, most=1_000,
            actor_of=lambda *_: None, comparable={},
        )  # fmt: skip
        assert found.messages.num_rows == 500


@pytest.mark.parametrize("flip", [0, 10, 25, -1])
def test_a_sealed_file_that_was_touched_does_not_open(key: Encryption, flip: int) -> None:
    sealed = bytearray(key.seal(b"words"))
    assert key.unseal(bytes(sealed)) == b"words"
    assert key.seal(b"words") != bytes(sealed), "a nonce is used once"
    sealed[flip] ^= 1
    with pytest.raises(ValueError, match=r"damaged|not encrypted"):
        key.unseal(bytes(sealed))


def test_an_answer_by_another_key_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A command beside an owner that has another key than it."""
    path = tmp_path / "w.duckdb"
    with open_store(path):
        number = orders.place(path, "audit", {"act": "verify"})
        orders.answer(path, number, {"head": "x"})
        monkeypatch.setenv(keys.KEY, "f" * 64)
        with pytest.raises(KeyProblem, match=r"another key encrypted it.*KEY_FILE"):
            orders.answered(path, number)
