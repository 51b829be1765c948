"""Retention and legal holds: what goes, what stays, and what is left of what went."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from warehouse.retention import holds, removing
from warehouse.retention.removing import retain
from warehouse.retention.rules import Removed, RetentionError, Rule, Rules
from warehouse.review.folding import fold
from warehouse.review.rules import Rules as QueueRules
from warehouse.sql import scripts
from warehouse.store import Store, open_store

NOW = datetime.now(UTC)
LATER = NOW + timedelta(days=1000)


def rules(**days: int | None) -> Rules:
    """Rules for every label; those that are not named keep for ever."""
    every = dict.fromkeys(("none", "hostile", "claims_attack", "decided", "quarantine")) | days
    return Rules(tuple(Rule(label, kept) for label, kept in every.items()))


def everything(store: Store, chosen: Rules, now: datetime = LATER, **more: Any) -> Removed:
    done = Removed(next=0)
    while done.next is not None:
        done.add(retain(store, chosen, now, after=done.next, **more))
    return done


def decide(store: Store, channel: str, message: int, label: str = "hostile") -> None:
    with store.transaction() as connection:
        connection.execute(
            "INSERT INTO base.decisions (decision_id, channel_key, message_id, content_id, label, "
            "judgement, reviewer, decided_at, note, act_id, purpose) SELECT uuid(), $channel, "
            "message_id, content_id, $label, 'confirm', 'asma', now(), 'quotes the secret', "
            "uuid(), 'review' FROM base.revisions JOIN base.channels USING (channel_no) "
            "WHERE channel_key = $channel AND message_id = $message",
            {"channel": channel, "message": message, "label": label},
        )


@pytest.fixture
def filled(store: Store, desk: Any, build: Any) -> Store:
    """1 plain, 2 hostile, 3 hostile and an attack claim, 4 plain and edited, 5 decided."""
    flagged = build.score("hostile", 0.9, target="ttp")
    claim = build.score("claims_attack", 0.9)
    coin = {"type": "bitcoin", "value": "coin", "start": 0, "end": 1, "valid": True}
    first = [build.message(i, f"secret {i} words") for i in range(1, 6)]
    answers = [
        build.analysis(indicators=[coin]),
        build.analysis(flagged),
        build.analysis(flagged, claim),
        build.analysis(),
        build.analysis(flagged),
    ]
    desk.file(
        "first",
        first,
        analyses=answers,
        quarantine=[
            {
                "position": "x",
                "reason": "bad",
                "channel_key": "tg:1",
                "message_id": 9,
                "raw": b"secret",
            }
        ],
    )
    desk.file("second", [build.message(4, "secret 4 edited")])
    store.load_inbox()
    while fold(store, QueueRules(), NOW):
        pass
    decide(store, "tg:1", 5)
    return store


def left(rows: Callable[..., Any]) -> list[int]:
    return [row["message_id"] for row in rows("SELECT message_id FROM messages ORDER BY ALL")]


def test_the_longest_rule_that_applies(filled: Store, rows: Any) -> None:
    done = everything(filled, rules(none=90))
    assert (done.removed, done.revisions) == ({"none:90": 2}, 3)
    assert left(rows) == [2, 3, 5]
    done = everything(filled, rules(none=90, hostile=200, claims_attack=2000))
    assert done.removed == {"hostile:200": 1}, "3 is kept by its claim, 5 by its decision for ever"
    assert left(rows) == [3, 5]
    assert everything(filled, rules(none=90, hostile=200, decided=100)).removed == {
        "hostile:200": 1
    }
    assert left(rows) == [3]
    assert not everything(filled, rules(none=90, hostile=200, decided=100)).removed


def test_too_young_stays(filled: Store, rows: Any) -> None:
    young = NOW + timedelta(days=89)
    assert not everything(filled, rules(none=90), young).removed
    assert everything(filled, rules(none=88), young).removed


def test_counted_from_sending(filled: Store, rows: Any) -> None:
    """The messages were sent in 2024."""
    sent = Rules(rules(none=90).rules, "sent")
    assert everything(filled, sent, NOW).removed == {"none:90": 2}


def test_a_dry_run_counts_what_goes_and_takes_nothing(filled: Store, rows: Any) -> None:
    chosen = rules(none=1, hostile=1, quarantine=1)
    would = everything(filled, chosen, dry_run=True)
    assert left(rows) == [1, 2, 3, 4, 5]
    assert rows("SELECT count(*) AS n FROM base.removed") == [{"n": 0}]
    did = everything(filled, chosen)
    assert (did.removed, did.revisions, did.unread) == (
        would.removed,
        would.revisions,
        would.unread,
    )
    assert did.unread == 1


def test_nothing_of_it_is_left_but_that_it_was_here(filled: Store, rows: Any) -> None:
    gone = everything(filled, rules(none=1, hostile=1, claims_attack=1, decided=1, quarantine=1))
    assert (
        gone.removed == {"none:1": 2, "hostile:1": 2, "decided:1": 1}
        or sum(gone.removed.values()) == 5
    )
    kept = {
        "batches",
        "channels",
        "channel_facts",
        "decisions",
        "quarantine",
        "readings",
        "removed",
        "runs",
        "snapshots",
        "sources",
    }
    for table in rows("SELECT table_name AS name FROM duckdb_tables() WHERE schema_name = 'base'"):
        n = filled.connection.table(f"base.{table['name']}").aggregate("count(*)").fetchall()[0][0]
        assert bool(n) == (table["name"] in kept), table["name"]
    for table in kept:
        told = str(filled.connection.table(f"base.{table}").fetchall())
        assert "secret" not in told, table
    decision = rows("SELECT judgement, note FROM decisions")
    assert decision == [{"judgement": "confirm", "note": None}]
    assert rows("SELECT message_id, revisions FROM removed WHERE message_id = 4") == [
        {"message_id": 4, "revisions": 2}
    ]


def test_the_counts_of_runs_still_add_up(filled: Store, desk: Any, build: Any) -> None:
    assert filled.check_run("run-1").adds_up
    everything(filled, rules(none=1, hostile=1))
    assert filled.check_run("run-1").adds_up


def test_the_same_export_does_not_bring_it_back(
    filled: Store, desk: Any, build: Any, rows: Any
) -> None:
    everything(filled, rules(none=1))
    again = [build.message(i, f"secret {i} words") for i in range(1, 6)]
    desk.run_id = "run-2"
    desk.file("first again", again)
    report = filled.load_inbox()
    assert (report.landed, report.unchanged) == (0, 5)
    assert left(rows) == [2, 3, 5]
    assert filled.check_run("run-2").adds_up
    assert not filled.load_inbox().rows


def test_what_was_edited_since_is_new(filled: Store, desk: Any, build: Any, rows: Any) -> None:
    everything(filled, rules(none=1))
    numbers = rows("SELECT max(revision_no) AS n FROM base.removed")[0]["n"]
    desk.file("third", [build.message(1, "now something else")])
    assert filled.load_inbox().landed == 1
    assert left(rows) == [1, 2, 3, 5]
    number = rows("SELECT revision_no AS n FROM messages WHERE message_id = 1")[0]["n"]
    assert number > numbers, "numbers are never given again"


def test_a_rule_may_let_it_return(filled: Store, desk: Any, build: Any, rows: Any) -> None:
    everything(filled, Rules((Rule("none", 1, may_return=True),)))
    desk.run_id = "run-2"
    desk.file("first again", [build.message(1, "secret 1 words")])
    assert filled.load_inbox().landed == 1
    assert 1 in left(rows)
    assert filled.check_run("run-2").adds_up
    assert filled.check_run("run-1").adds_up


def hold(store: Store, **what: Any) -> str:
    name = str(uuid.uuid4())
    holds.add(store, hold_id=name, who="lawyer", why="case 7", now=datetime.now(UTC), **what)
    return name


def test_nothing_under_hold_is_removed(filled: Store, desk: Any, build: Any, rows: Any) -> None:
    desk.file("other", [build.message(1, "secret elsewhere", channel="tg:2")])
    filled.load_inbox()
    chosen = rules(none=1, hostile=1, claims_attack=1, quarantine=1)
    item = rows(
        "SELECT item_no FROM items i JOIN base.item_members m USING (item_no) WHERE message_id = 3"
    )[0]["item_no"]
    first = hold(filled, channel="tg:1", message=1, case="seven")
    hold(filled, channel="tg:2", case="seven")
    hold(filled, item=item)
    done = everything(filled, chosen)
    assert sum(done.removed.values()) == 2
    assert done.held == 3
    assert left(rows) == [1, 1, 3, 5], "5 is decided"
    assert holds.lift(filled, hold_id=first, who="judge", why="over", now=NOW) == [first]
    assert everything(filled, chosen).removed == {"none:1": 1}
    assert left(rows) == [1, 3, 5]
    assert len(holds.lift(filled, case="seven", who="judge", why="over", now=NOW)) == 1
    assert everything(filled, chosen).removed == {"none:1": 1}
    assert left(rows) == [3, 5]
    listed = holds.listed(filled)
    assert [one["lifted_by"] for one in listed] == ["judge", "judge", None]
    assert listed[2]["messages"] == [3]


def test_a_hold_brings_back_what_is_exported_again(
    filled: Store, desk: Any, build: Any, rows: Any
) -> None:
    everything(filled, rules(none=1))
    hold(filled, channel="tg:1")
    desk.file("first again", [build.message(1, "secret 1 words")])
    assert filled.load_inbox().landed == 1


def test_a_hold_says_what_by_whom_and_why(filled: Store) -> None:
    good: dict[str, Any] = {"hold_id": str(uuid.uuid4()), "who": "a", "why": "b", "now": NOW}
    for wrong in (
        {},
        {"message": 1},
        {"channel": "tg:1", "item": 1},
        {"channel": "tg:404"},
        {"item": 404},
        {"channel": "tg:1", "who": " "},
        {"channel": "tg:1", "why": ""},
    ):
        with pytest.raises(RetentionError):
            holds.add(filled, **good | wrong)
    holds.add(filled, **good, channel="tg:1")
    holds.add(filled, **good, channel="tg:1")
    assert len(holds.listed(filled)) == 1, "ordered twice, done once"


def test_an_item_shows_another_copy(store: Store, desk: Any, build: Any, rows: Any) -> None:
    flagged = build.score("hostile", 0.9, target="ttp")
    desk.file(
        "one",
        [build.message(1, "the same words")],
        analyses=[build.analysis(flagged, fingerprint=7)],
    )
    desk.file(
        "two",
        [build.message(2, "the same words!", channel="tg:2")],
        analyses=[build.analysis(flagged, fingerprint=7)],
    )
    store.load_inbox()
    fold(store, QueueRules(), NOW)
    assert [row["copies"] for row in rows("FROM items")] == [2]
    hold(store, channel="tg:2")
    everything(store, rules(hostile=1))
    (item,) = rows("FROM items")
    assert (item["copies"], item["channel_key"]) == (1, "tg:2")
    number = item["item_no"]
    fold(store, QueueRules(), NOW)
    (item,) = rows("FROM items")
    assert (item["item_no"], item["copies"], item["reach"]) == (number, 1, 0)


def test_rejected_files_go_with_the_quarantine(filled: Store) -> None:
    folder = filled.inbox / "rejected"
    folder.mkdir()
    (folder / "x.arrow").write_bytes(b"secret")
    (folder / "x.arrow.reason.txt").write_text("bad")
    assert everything(filled, rules(quarantine=None)).rejected == 0
    assert everything(filled, rules(quarantine=3)).rejected == 1
    assert not list(folder.iterdir())


def test_every_table_about_messages_has_its_script(store: Store, rows: Any) -> None:
    """A new table that holds something of messages needs a file in queries/retention/clear."""
    known = {"removed", "holds", "golden", "items", "item_flags"}
    scripted = {name.rsplit("/", 1)[1] for name in scripts("retention/clear")}
    found = rows(
        "SELECT DISTINCT table_name AS name FROM duckdb_columns() WHERE schema_name = 'base' "
        "AND column_name IN ('revision_no', 'message_id', 'text', 'raw', 'content_id') "
        "AND table_name IN (SELECT table_name FROM duckdb_tables() WHERE schema_name = 'base')"
    )
    assert {row["name"] for row in found} <= scripted | known


# ---------------------------------------------------------------- against a plain oracle

MESSAGE = st.fixed_dictionaries(
    {
        "channel": st.sampled_from(["tg:1", "tg:2"]),
        "labels": st.sets(st.sampled_from(["hostile", "claims_attack"])),
        "decided": st.booleans(),
        "held": st.sampled_from([False, False, False, True]),
        "edits": st.integers(0, 2),
        "sent": st.integers(0, 400),  # days before the retention
    }
)
DAYS = st.none() | st.integers(0, 500)


@settings(max_examples=8, suppress_health_check=list(HealthCheck))
@given(
    messages=st.lists(MESSAGE, min_size=1, max_size=12),
    days=st.fixed_dictionaries(
        {"none": DAYS, "hostile": DAYS, "claims_attack": DAYS, "decided": DAYS}
    ),
    slice_rows=st.integers(1, 7),
)
def test_as_a_plain_loop_would(
    tmp_path_factory: Any, build: Any, messages: list[Any], days: Any, slice_rows: int
) -> None:
    path = tmp_path_factory.mktemp("oracle") / "w.duckdb"
    with open_store(path, threads=1) as store, pytest.MonkeyPatch.context() as patch:
        patch.setattr(removing, "SLICE", slice_rows)
        desk = build.Desk(store.inbox)
        for edit in range(3):
            some = [(i, m) for i, m in enumerate(messages) if m["edits"] >= edit]
            if not some:
                continue
            desk.file(
                f"edit {edit}",
                [
                    build.message(
                        i,
                        f"text {i} {edit}",
                        channel=m["channel"],
                        sent_at=NOW - timedelta(days=m["sent"]),
                    )
                    for i, m in some
                ],
                analyses=[
                    build.analysis(*(build.score(label, 0.9) for label in sorted(m["labels"])))
                    for _, m in some
                ],
                batch_rows=5,
            )
        store.load_inbox()
        for i, m in enumerate(messages):
            if m["decided"]:
                decide(store, m["channel"], i)
            if m["held"]:
                hold(store, channel=m["channel"], message=i)
        expected = set()
        for i, m in enumerate(messages):
            traits = set(m["labels"]) | ({"decided"} if m["decided"] else set()) or {"none"}
            kept = [days[trait] for trait in traits]
            if m["held"] or None in kept or m["sent"] < max(kept):
                expected.add((m["channel"], i))
        chosen = Rules(rules(**days).rules, "sent")
        would = everything(store, chosen, NOW + timedelta(seconds=1), dry_run=True)
        done = everything(store, chosen, NOW + timedelta(seconds=1))
        assert (would.removed, would.held) == (done.removed, done.held)
        found = store.connection.sql("SELECT channel_key, message_id FROM messages").fetchall()
        assert set(found) == expected
        assert sum(done.removed.values()) == len(messages) - len(expected)
        assert store.check_run("run-1").adds_up


# ---------------------------------------------------------------- killed

RETAIN = """
import sys
from datetime import datetime
from pathlib import Path
from warehouse.retention import removing
from warehouse.retention.rules import Rule, Rules
from warehouse.store import open_store
removing.SLICE = 50
with open_store(Path(sys.argv[1]), threads=1) as store:
    print("open", flush=True)
    after = 0
    rules = Rules((Rule("none", 1), Rule("hostile", 1)))
    while after is not None:
        after = removing.retain(store, rules, datetime.fromisoformat(sys.argv[2]), after=after).next
"""


def test_killed_at_any_moment_a_message_is_there_or_gone(tmp_path: Path, build: Any) -> None:
    path = tmp_path / "w.duckdb"
    with open_store(path, threads=1) as store:
        desk = build.Desk(store.inbox)
        messages = [build.message(i, f"text {i}") for i in range(3000)]
        answers = [
            build.analysis(*[build.score("hostile", 0.9)] * (i % 3 == 0)) for i in range(3000)
        ]
        desk.file("one", messages, analyses=answers)
        store.load_inbox()
    seed = random.SystemRandom().randrange(1 << 30)
    chance, kills = random.Random(seed), 0
    for _ in range(4):
        child = subprocess.Popen(
            [sys.executable, "-c", RETAIN, str(path), LATER.isoformat()], stdout=subprocess.PIPE
        )
        assert child.stdout is not None
        child.stdout.readline()
        time.sleep(chance.uniform(0.02, 0.5))
        child.send_signal(signal.SIGKILL)
        kills += child.wait() == -signal.SIGKILL
        child.stdout.close()
        with open_store(path) as store:
            ask = store.connection.execute
            (whole,) = ask("SELECT count(*) FROM base.revisions").fetchall()[0]
            (gone,) = ask("SELECT count(DISTINCT message_id) FROM base.removed").fetchall()[0]
            assert whole + gone == 3000, f"seed {seed}"
            for table in ("analyses", "sightings", "flags"):
                (astray,) = ask(
                    f"SELECT count(*) FROM base.{table} ANTI JOIN base.revisions "
                    "USING (revision_no)"
                ).fetchall()[0]
                assert astray == 0, f"{table}, seed {seed}"
            assert store.check_run("run-1").adds_up
    assert kills, "no kill came in time: give it more to do"
    with open_store(path) as store:
        everything(store, rules(none=1, hostile=1))
        assert store.totals()["revisions"] == 0
        assert store.check_run("run-1").adds_up
