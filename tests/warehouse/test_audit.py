"""The audit log: chained, so that what was changed, added or taken out shows."""

from __future__ import annotations

import threading
import time
from typing import Any

import duckdb
import pytest

from warehouse import audit
from warehouse.audit import Audit, entry, record
from warehouse.store import Store


@pytest.fixture
def chain(store: Store) -> Store:
    for number in range(5):
        record(store, entry("asma", "read.item", {"item": number}))
    return store


def test_an_unbroken_chain(chain: Store) -> None:
    verdict = audit.verify(chain)
    assert (verdict.entries, verdict.broken_at) == (5, None)
    record(chain, entry("omar", "export", {}), entry("omar", "export", {}))
    after = audit.verify(chain, verdict.head)
    assert (after.entries, after.broken_at) == (7, None)
    assert audit.listed(chain, who="omar", most=1)[0]["entry_no"] == 7
    assert [row["entry_no"] for row in audit.listed(chain, what="read")] == [5, 4, 3, 2, 1]


@pytest.mark.parametrize(
    ("tampering", "where"),
    [
        ("UPDATE base.audit SET who = 'nobody' WHERE entry_no = 3", 3),
        ("UPDATE base.audit SET about = '{}' WHERE entry_no = 1", 1),
        (
            "UPDATE base.audit SET happened_at = now() WHERE entry_no = 5",
            5,
        ),
        ("DELETE FROM base.audit WHERE entry_no = 2", 2),
        ("DELETE FROM base.audit WHERE entry_no = 1", 1),
        ("INSERT INTO base.audit SELECT * FROM base.audit WHERE entry_no = 4", 5),
        (
            "UPDATE base.audit SET entry_no = 5 - entry_no WHERE entry_no IN (2, 3)",
            2,
        ),
    ],
)
def test_tampering_shows(chain: Store, tampering: str, where: int) -> None:
    chain.connection.execute(tampering)
    assert audit.verify(chain).broken_at == where


def test_an_end_that_was_cut_off_shows_with_the_head(chain: Store) -> None:
    head = audit.verify(chain).head
    chain.connection.execute("DELETE FROM base.audit WHERE entry_no > 3")
    assert audit.verify(chain).broken_at is None, "the chain alone cannot know"
    assert audit.verify(chain, head).broken_at == 4


def test_noted_within_a_second_and_at_the_end(store: Store) -> None:
    log = Audit(store)
    log.start()
    log.note("asma", "read.item", {"item": 1})
    end = time.monotonic() + 10
    while not audit.listed(store) and time.monotonic() < end:
        time.sleep(0.05)
    assert len(audit.listed(store)) == 1
    log.note("asma", "read.item", {"item": 2})
    log.close()
    assert [row["about"] for row in audit.listed(store)] == ['{"item": 2}', '{"item": 1}']


def test_noted_by_many_at_once(store: Store) -> None:
    log = Audit(store, flush=0.01)
    log.start()

    def work(name: int) -> None:
        for number in range(300):
            log.note(f"user {name}", "read.item", {"item": number})

    threads = [threading.Thread(target=work, args=(name,)) for name in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    log.close()
    verdict = audit.verify(store)
    assert (verdict.entries, verdict.broken_at) == (1200, None)


def test_what_cannot_be_written_waits(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    log = Audit(store)
    log.note("asma", "read.item", {})

    def full(*_: Any) -> None:
        raise duckdb.IOException("no space left")

    with monkeypatch.context() as patch:
        patch.setattr(audit, "record", full)
        log.flush()
    assert not audit.listed(store)
    log.close()
    assert len(audit.listed(store)) == 1


def test_a_note_that_waited_says_when_it_was_done(store: Store) -> None:
    from flows.duties import do

    done = {"act": "note", "who": "asma", "what": "export", "when": "2024-05-01T10:00:00+00:00"}
    do(store, "audit", done)
    [row] = audit.listed(store)
    assert row["happened_at"].isoformat() == "2024-05-01T10:00:00+00:00"


def test_what_is_too_long_is_not_kept(store: Store) -> None:
    record(store, entry("x" * 1000, "export", {"what": "y" * 10_000}))
    (row,) = audit.listed(store)
    assert len(row["who"]) == 200
    assert len(row["about"]) < 200
    assert audit.verify(store).broken_at is None
