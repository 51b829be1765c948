"""Landing: revisions, deletions, scores, quarantine, counts, and files that cannot be loaded."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from classifiers.language.persian import channel_probability
from warehouse import batches
from warehouse import inbox as inboxes
from warehouse.store import Store

Rows = Callable[..., list[dict[str, Any]]]

STATE = "SELECT message_id, text, deleted FROM messages ORDER BY message_id"


def state(rows: Rows) -> list[tuple[int, str, bool]]:
    return [(r["message_id"], r["text"], r["deleted"]) for r in rows(STATE)]


def export(build: Any, day: int, covers: tuple[int, int] | None = (1, 9), **more: Any) -> Any:
    first, last = covers or (None, None)
    as_of = build.START + timedelta(days=day)
    return [build.channel(covers_from=first, covers_to=last, as_of=as_of, **more)]


def test_every_column_arrives(store: Store, desk: Any, rows: Rows, build: Any) -> None:
    full = build.message(
        7,
        "Text \u202e=x",
        edited_at=build.START,
        author_id="user1",
        author_name="A",
        signature="S",
        forwarded_from_id="channel2",
        forwarded_from_name="F",
        forwarded_at=build.START,
        reply_to_id=3,
        reply_to_channel="tg:5",
        via_bot="@b",
        entities=[{"start": 0, "end": 4, "type": "bold", "value": None}],
        media_type="photo",
        media_name="p.jpg",
        media_mime="image/jpeg",
        media_bytes=10,
        views=5,
        forwards=6,
        reactions=[{"kind": "emoji", "label": "x", "count": 2}],
        action=None,
        details='{"a":1}',
        extra='{"b":2}',
    )
    desk.run("started")
    desk.file("one", [full], channels=export(build, 1, username="user"))
    report = store.load_inbox()
    assert (report.files, report.landed, report.rejected) == (3, 1, ())
    (row,) = rows("SELECT * FROM messages")
    assert {name: row[name] for name in full} == full
    assert (row["channel_name"], row["channel_username"]) == ("name of tg:1", "user")
    assert (row["file"], row["source_id"]) == ("one.json", build.source_id("one"))
    assert (row["run_id"], row["language"], row["language_probability"]) == ("run-1", "en", 0.75)
    assert list(inboxes.pending(store.inbox)[0]) == []


def test_the_same_file_again_changes_nothing(
    store: Store, desk: Any, rows: Rows, build: Any
) -> None:
    messages = [build.message(i, f"text {i}") for i in range(1, 8)]
    answers = [build.analysis(build.score("hostile", 0.9, target="ttp")) for _ in messages]
    desk.file("one", messages, analyses=answers, batch_rows=3)
    store.load_inbox()
    before = {view: rows(f"FROM {view} ORDER BY ALL") for view in ("messages", "scores", "flagged")}
    # Same batches: the ledger knows them. Read otherwise: the revisions are known.
    desk.file("one", messages, analyses=answers, batch_rows=3)
    assert store.load_inbox().duplicates == 4
    desk.file("one", messages, analyses=answers, batch_rows=2, reading="other")
    report = store.load_inbox()
    assert (report.landed, report.unchanged, report.analysed) == (0, 7, 0)
    after = {view: rows(f"FROM {view} ORDER BY ALL") for view in before}
    assert after == before
    check = store.check_run("run-1")
    assert check.adds_up
    assert [s.items_read for s in check.sources] == [7, 7]


def test_edits_become_revisions_and_vanished_messages_are_deleted(
    store: Store, desk: Any, rows: Rows, build: Any
) -> None:
    old = [build.message(i, f"text {i}") for i in (1, 2, 3, 4)]
    new = [
        build.message(1, "text 1", edited_at=build.START),  # edited_at alone is no revision
        build.message(3, "text 3, edited"),
        build.message(5, "text 5"),
    ]
    desk.file("old", old, channels=export(build, 1, (1, 4)))
    store.load_inbox()
    desk.file("new", new, channels=export(build, 2, (1, 3)))
    report = store.load_inbox()
    assert (report.landed, report.unchanged) == (2, 1)
    assert state(rows) == [
        (1, "text 1", False),
        (2, "text 2", True),
        (3, "text 3, edited", False),
        (4, "text 4", False),  # outside the range that the later file covers
        (5, "text 5", False),
    ]
    revisions = rows("SELECT message_id, text, state FROM revisions ORDER BY message_id, text")
    assert [tuple(r.values()) for r in revisions if r["message_id"] in {2, 3}] == [
        (2, "text 2", "deleted"),
        (3, "text 3", "superseded"),
        (3, "text 3, edited", "current"),
    ]
    (deleted,) = rows("SELECT last_seen_as_of, missing_as_of FROM messages WHERE deleted")
    assert list(deleted.values()) == [build.START + timedelta(days=d) for d in (1, 2)]
    (channel,) = rows("SELECT messages, deleted, revisions, snapshots FROM channels")
    assert list(channel.values()) == [5, 1, 6, 2]


def test_a_message_seen_again_is_not_deleted(
    store: Store, desk: Any, rows: Rows, build: Any
) -> None:
    both = [build.message(1, "a"), build.message(2, "b")]
    desk.file("first", both, channels=export(build, 1))
    desk.file("second", both[:1], channels=export(build, 2))
    store.load_inbox()
    assert state(rows) == [(1, "a", False), (2, "b", True)]
    desk.file("third", both, channels=export(build, 3))
    store.load_inbox()
    assert state(rows) == [(1, "a", False), (2, "b", False)]


def test_ties_are_broken_by_load_order(store: Store, desk: Any, rows: Rows, build: Any) -> None:
    desk.file("first", [build.message(1, "a"), build.message(2, "b")], channels=export(build, 1))
    desk.file("second", [build.message(1, "A")], channels=export(build, 1))
    store.load_inbox()
    assert state(rows) == [(1, "A", False), (2, "b", True)]


def test_a_file_without_its_report_deletes_nothing_and_gives_way(
    store: Store, desk: Any, rows: Rows, build: Any
) -> None:
    desk.file("old", [build.message(1, "a"), build.message(2, "b")], channels=export(build, 1))
    store.load_inbox()
    desk.batch("new", 0, build.landing([build.message(1, "A"), build.message(3, "c")]))
    store.load_inbox()
    assert state(rows) == [(1, "a", False), (2, "b", False), (3, "c", True)]
    # The report names three items; only when all have arrived does the file count.
    desk.report("new", export(build, 2), 3)
    store.load_inbox()
    assert not store.known_source(build.source_id("new"), build.MODEL)
    assert not store.check_run("run-1").adds_up
    assert state(rows)[0] == (1, "a", False)
    desk.batch("new", 1, build.landing([build.message(4, "d")]))
    store.load_inbox()
    assert store.known_source(build.source_id("new"), build.MODEL)
    assert store.check_run("run-1").adds_up
    assert state(rows) == [(1, "A", False), (2, "b", True), (3, "c", False), (4, "d", False)]


def test_what_lies_in_quarantine_is_not_deleted(
    store: Store, desk: Any, rows: Rows, build: Any
) -> None:
    old = [build.message(i, f"t{i}") for i in (1, 2, 3)]
    desk.file("old", old, channels=export(build, 1))
    broken = {"position": "messages[1]", "reason": "bad date", "channel_key": "tg:1"}
    named = broken | {"message_id": 2, "raw": b"\xff\x00"}
    desk.file("new", old[:1], channels=export(build, 2), quarantine=[named])
    report = store.load_inbox()
    assert report.quarantined == 1
    assert state(rows) == [(1, "t1", False), (2, "t2", False), (3, "t3", True)]
    (row,) = rows("SELECT file, format, position, reason, raw, message_id, run_id FROM quarantine")
    assert tuple(row.values()) == (
        "new.json", "telegram_desktop", "messages[1]", "bad date", b"\xff\x00", 2, "run-1",
    )  # fmt: skip
    # Without an id any message may be meant: such a file claims no deletion.
    desk.file("newer", old[1:2], channels=export(build, 3), quarantine=[broken])
    store.load_inbox()
    assert [deleted for *_, deleted in state(rows)] == [False, False, True]


@pytest.mark.parametrize("texts", ["ab", "aabacb", "aab"])
def test_one_file_that_repeats_a_message(
    store: Store, desk: Any, rows: Rows, build: Any, texts: str
) -> None:
    desk.file("one", [build.message(1, t) for t in texts], batch_rows=2)
    report = store.load_inbox()
    assert report.landed == len(set(texts))
    assert report.unchanged == len(texts) - report.landed
    assert state(rows) == [(1, "b", False)]
    assert store.check_run("run-1").adds_up


def test_an_empty_batch_and_a_report_without_channels(store: Store, desk: Any, build: Any) -> None:
    desk.batch("one", 0, build.landing([]))
    desk.report("one", [], 0)
    assert store.load_inbox().files == 2
    assert store.known_source(build.source_id("one"), build.MODEL)


# ---------------------------------------------------------------- scores


def test_flagged_shows_why(store: Store, desk: Any, rows: Rows, build: Any) -> None:
    hostile = build.score(
        "hostile",
        0.9,
        source="iskp",
        target="ttp",
        severity=2,
        frames=["apostasy"],
        evidence=[{"start": 0, "end": 4, "shows": "cue"}],
    )
    unclear = build.score("solicits_donation", 0.4, status="review", routes=["crypto"])
    coin = {"type": "bitcoin", "value": "x", "start": 1, "end": 2, "valid": True}
    answers = [
        build.analysis(hostile, unclear, indicators=[coin]),
        build.analysis(build.score("hostile", 0.1), indicators=[coin, coin]),
        build.analysis(indicators=[coin]),
    ]
    messages = [build.message(1, "t1"), build.message(2, "t2"), build.message(1, "t3", "tg:2")]
    desk.file("one", messages, analyses=answers)
    store.load_inbox()
    table = store.flagged(status=None).to_pylist()
    assert [(r["label"], r["status"], r["text"]) for r in table] == [
        ("hostile", "flagged", "t1"),
        ("solicits_donation", "review", "t1"),
    ]
    assert table[0]["evidence"] == hostile["evidence"]
    assert table[0]["channel_name"] == "name of tg:1"
    assert (table[0]["file"], table[0]["position"]) == ("one.json", "messages[1]")
    assert [r["label"] for r in store.flagged().to_pylist()] == ["hostile"]
    assert store.flagged(target="iskp").num_rows == 0
    assert store.flagged(limit=0).num_rows == 0
    assert len(rows("FROM scores")) == 3
    found = rows("SELECT DISTINCT value, messages, channels FROM indicators")
    assert found == [{"value": "x", "messages": 3, "channels": 2}]
    assert len(rows("FROM indicators")) == 4
    totals = store.totals()
    assert (totals["messages"], totals["flagged"], totals["review"]) == (3, 1, 1)


def test_a_new_model_replaces_flags_and_keeps_old_scores(
    store: Store, desk: Any, rows: Rows, build: Any
) -> None:
    message = build.message(1, "t")
    flagged = build.analysis(build.score("hostile", 0.9, target="ttp"))
    clear = build.analysis(
        build.score("hostile", 0.2, target="ttp"), model="model-2", language="ur"
    )
    desk.file("one", [message], analyses=[flagged])
    store.load_inbox()
    desk.file("one", [message], analyses=[clear], reading="r2", model="model-2")
    report = store.load_inbox()
    assert (report.landed, report.unchanged, report.analysed) == (0, 1, 1)
    assert store.flagged().num_rows == 0
    assert [r["language"] for r in rows("FROM messages")] == ["ur"]
    scores = rows("SELECT model_version, probability FROM scores ORDER BY ALL")
    assert [r["model_version"] for r in scores] == ["model-1", "model-2"]
    for model in ("model-1", "model-2"):
        assert store.known_source(build.source_id("one"), model)
    assert not store.known_source(build.source_id("one"), "model-3")


def test_flags_follow_the_current_revision(store: Store, desk: Any, build: Any) -> None:
    bad, good = build.analysis(build.score("hostile", 0.9)), build.analysis()
    desk.file("old", [build.message(1, "bad")], analyses=[bad], channels=export(build, 1))
    store.load_inbox()
    assert store.flagged().num_rows == 1
    desk.file("new", [build.message(1, "good")], analyses=[good], channels=export(build, 2))
    store.load_inbox()
    assert store.flagged().num_rows == 0
    desk.file("newest", [build.message(1, "bad")], analyses=[bad], channels=export(build, 3))
    store.load_inbox()
    assert store.flagged().num_rows == 1


def test_known_revisions_need_no_second_scoring(
    store: Store, desk: Any, rows: Rows, build: Any
) -> None:
    link = {"start": 0, "end": 1, "type": "text_link", "value": "http://a.example"}
    messages = [build.message(1, "a", entities=[link]), build.message(2, "b")]
    desk.file("one", messages)
    store.load_inbox()
    more = [*messages, build.message(2, "B"), build.message(1, "a"), build.message(1, "b", "tg:9")]
    table = build.landing(more)
    assert store.known_revisions(table, build.MODEL).to_pylist() == [
        True,
        True,
        False,
        False,
        False,
    ]
    batch = table.to_batches()[0]
    assert store.known_revisions(batch, "model-2").to_pylist() == [False] * 5
    assert store.known_revisions(table.slice(0, 0), build.MODEL).to_pylist() == []
    # Known rows come without an analysis.
    desk.file("two", messages, analyses=[None, None], channels=export(build, 1))
    report = store.load_inbox()
    assert (report.unchanged, report.analysed, report.rejected) == (2, 0, ())
    assert [r["language"] for r in rows("FROM messages")] == ["en", "en"]


# ---------------------------------------------------------------- fingerprints and Dari


def test_fingerprints_follow_the_latest_analysis(
    store: Store, desk: Any, rows: Rows, build: Any
) -> None:
    most = 2**64 - 1
    message = build.message(1, "t")
    desk.file("one", [message], analyses=[build.analysis(fingerprint=most)])
    store.load_inbox()
    assert rows("SELECT fingerprint FROM messages") == [{"fingerprint": most}]
    again = build.analysis(fingerprint=5, model="model-2")
    desk.file("one", [message], analyses=[again], reading="r2", model="model-2")
    store.load_inbox()
    for view in ("messages", "revisions"):
        assert rows(f"SELECT fingerprint FROM {view}") == [{"fingerprint": 5}]


def test_evidence_of_dari_adds_up_as_the_classifier_adds_it(
    store: Store, desk: Any, rows: Rows, build: Any
) -> None:
    evidence = {
        "tg:1": [0.75, -9.0, 1.5, None],  # one beyond the limit of a message, one without any
        "tg:2": [4.0] * 20,  # beyond the limit of a channel
        "tg:3": [None],
        "tg:4": [],
    }
    for channel, odds in evidence.items():
        messages = [build.message(1, "hello", channel)]
        answers = [build.analysis(dari_log_odds=3.0)]  # not tagged Persian: does not count
        for number, value in enumerate(odds, 2):
            tag = "prs" if number % 2 else "fa"
            messages.append(build.message(number, f"t{number}", channel))
            answers.append(build.analysis(language=tag, dari_log_odds=value))
        desk.file(channel, messages, analyses=answers)
    # Superseded text does not count: the message is edited from Persian to English.
    desk.file("old", [build.message(1, "a", "tg:5")], analyses=[build.analysis(language="fa")])
    desk.file("new", [build.message(1, "b", "tg:5")], analyses=[build.analysis()])
    store.load_inbox()
    found = {
        row["channel_key"]: (row["persian_messages"], row["dari_probability"])
        for row in rows("FROM channels")
    }
    for channel, odds in evidence.items():
        count, probability = found[channel]
        assert count == len(odds)
        if odds:
            known = [value for value in odds if value is not None]
            assert probability == pytest.approx(channel_probability(known), abs=1e-12)
        else:
            assert probability is None
    assert found["tg:5"] == (0, None)


# ---------------------------------------------------------------- transactions


def test_many_small_files_share_a_transaction(
    store: Store, desk: Any, rows: Rows, build: Any
) -> None:
    desk.run("started")
    for number in range(5):
        bad = [{"position": "x", "reason": "bad"}] * 2
        messages = [build.message(1, f"t{number}", f"tg:{number}")]
        desk.file(f"file {number}", messages, quarantine=bad, unknown_fields={"novel": number + 1})
    reports: list[Any] = []
    store.load_inbox(on_load=reports.append)
    assert [(part.files, part.landed, part.quarantined) for part in reports] == [(16, 5, 10)]
    assert len(rows("FROM quarantine")) == 5  # the same item of the same file once
    assert [row["items"] for row in store.query("unknown_fields").to_pylist()] == [5, 4, 3, 2, 1]
    assert store.check_run("run-1").adds_up
    assert all(store.known_source(build.source_id(f"file {n}"), build.MODEL) for n in range(5))


def test_a_batch_is_loaded_once_whatever_file_brings_it(
    store: Store, desk: Any, rows: Rows, build: Any
) -> None:
    """After a kill batches come again, in other company."""

    def packed(number: int) -> Any:
        metadata = batches.batch_metadata(
            run_id="run-1", source_id=build.source_id(f"s{number}"), reading="r", sequence=0
        )
        return inboxes.Packed(f"b{number}", 2, metadata)

    def bring(order: str, *numbers: int) -> None:
        inboxes.hand_over(
            store.inbox,
            kind="messages",
            order=order,
            batches=[packed(number) for number in numbers],
            table=build.landing(
                [build.message(i, f"t{n}", f"tg:{n}") for n in numbers for i in (1, 2)]
            ),
        )

    bring("1", 0, 1)
    assert store.load_inbox().landed == 4
    bring("2", 1, 2, 0)
    bring("3", 2, 3)
    bring("4", 3)
    report = store.load_inbox()
    assert (report.files, report.landed, report.duplicates) == (2, 4, 4)
    found = rows("SELECT text, source_id FROM messages ORDER BY text, message_id")
    assert [tuple(row.values()) for row in found] == [
        (f"t{number}", build.source_id(f"s{number}")) for number in range(4) for _ in range(2)
    ]
    ordinals = rows("SELECT DISTINCT ordinal FROM base.sightings ORDER BY ALL")
    assert [row["ordinal"] for row in ordinals] == [0, 1]  # as if each had come alone


def test_row_groups_of_many_small_loads_are_gathered(store: Store, desk: Any, build: Any) -> None:
    counts = []
    for number in range(40):
        desk.batch(f"file {number}", 0, build.landing([build.message(number, "t")]))
        store.load_inbox()
        store.checkpoint()
        (count,) = store.connection.execute(
            "SELECT count(DISTINCT row_group_id) FROM pragma_storage_info('base.sightings')"
        ).fetchone()
        counts.append(count)
    assert max(counts) < 25
    assert store.totals()["messages"] == 40


def test_runs_that_find_nothing_do_not_scatter_the_file(store: Store, desk: Any) -> None:
    """A watch that looks every minute at a folder in which nothing happens."""
    most = 0
    for number in range(30):
        desk.run_id = f"run-{number}"
        desk.run("started", fingerprint="f")
        desk.run("finished")
        store.load_inbox()
        store.checkpoint()
        (groups,) = store.connection.execute(
            """SELECT count(DISTINCT row_group_id) FROM pragma_storage_info('base.runs')
            UNION ALL SELECT count(DISTINCT row_group_id) FROM pragma_storage_info('base.batches')
            ORDER BY 1 DESC LIMIT 1"""
        ).fetchone()
        most = max(most, groups)
    assert most < 20
    assert store.connection.execute("SELECT count(*) FROM runs").fetchone() == (30,)


# ---------------------------------------------------------------- runs


def test_runs_are_found_again_and_checked(store: Store, desk: Any, rows: Rows, build: Any) -> None:
    desk.run("started", fingerprint="f", parameters={"sources": ["x"]})
    desk.file("one", [build.message(1, "t")], unknown_fields={"novel": 3})
    store.load_inbox()
    assert store.unfinished_run("f") == "run-1"
    assert store.unfinished_run("g") is None
    desk.run("started", fingerprint="f")
    desk.run("finished", counts={"landed": 1})
    store.load_inbox()
    assert store.unfinished_run("f") is None
    (run,) = rows("FROM runs")
    assert (run["state"], run["landed"], run["sources"]) == ("finished", 1, 1)
    assert json.loads(run["parameters"]) == {"sources": ["x"]}
    assert json.loads(run["counts"]) == {"landed": 1}
    assert run["started_at"] < run["finished_at"]
    (field,) = store.query("unknown_fields").to_pylist()
    assert (field["field"], field["items"]) == ("novel", 3)


def test_a_check_can_fail(store: Store, desk: Any, build: Any) -> None:
    desk.batch("one", 0, build.landing([build.message(1, "t")]))
    store.load_inbox()
    check = store.check_run("run-1")
    assert not check.adds_up  # no report
    assert check.sources[0].items_read is None
    desk.report("one", [build.channel()], 2)
    store.load_inbox()
    assert not store.check_run("run-1").adds_up
    # Rows that are gone from the table are noticed although the ledger has them.
    desk.file("two", [build.message(1, "u", "tg:2")])
    store.load_inbox()
    assert [s.adds_up for s in store.check_run("run-1").sources] == [False, True]
    store.connection.execute("DELETE FROM base.revisions WHERE text = 'u'")
    assert [s.adds_up for s in store.check_run("run-1").sources] == [False, False]
    assert store.check_run("no such run").sources == ()


def test_a_run_with_another_id_takes_over_half_a_file(store: Store, desk: Any, build: Any) -> None:
    messages = [build.message(i, "t") for i in range(4)]
    desk.batch("one", 0, build.landing(messages[:2]))
    store.load_inbox()
    known = store.unfinished_batches("r")
    assert known == {batches.batch_id(build.source_id("one"), "r", "messages", 0)}
    assert not store.unfinished_batches("another reading")
    assert not store.known_sources(build.MODEL, "r")
    other = build.Desk(store.inbox, "run-2")
    other.batch("one", 1, build.landing(messages[2:]))
    other.report("one", [build.channel()], 4)
    store.load_inbox()
    assert store.check_run("run-2").adds_up
    assert store.known_source(build.source_id("one"), build.MODEL)
    assert store.known_sources(build.MODEL, "r") == {build.source_id("one")}
    assert not store.unfinished_batches("r")


@pytest.mark.parametrize("at_once", [True, False])
def test_how_far_a_file_reaches_is_said_by_the_first_report_of_all_of_it(
    store: Store, desk: Any, rows: Rows, build: Any, at_once: bool
) -> None:
    messages = [build.message(n, f"t{n}") for n in (1, 2, 3)]

    def bring(reading: str, many: int, day: int, *, complete: bool) -> None:
        covers = (1, 3) if complete else None
        facts = export(build, day, covers, name=reading)
        desk.file("one", messages[:many], channels=facts, reading=reading, complete=complete)
        if not at_once:
            store.load_inbox()

    desk.file("old", [build.message(2, "t2"), build.message(3, "t3")], channels=export(build, 2))
    bring("cut off", 1, 1, complete=False)
    bring("whole", 3, 3, complete=True)
    bring("otherwise", 3, 9, complete=True)
    store.load_inbox()
    (facts,) = rows("SELECT name, as_of, snapshots FROM channels")
    as_of = build.START + timedelta(days=3)
    assert facts == {"name": "whole", "as_of": as_of, "snapshots": 2}
    assert rows("SELECT covers_from, covers_to FROM base.snapshots ORDER BY snapshot_no")[1] == {
        "covers_from": 1,
        "covers_to": 3,
    }


# ---------------------------------------------------------------- files that cannot be loaded


def test_a_file_that_cannot_be_loaded_is_set_aside_and_the_rest_goes_on(
    store: Store, desk: Any, rows: Rows, build: Any
) -> None:
    table = build.landing([build.message(1, "a")])
    cut = desk.batch("one", 0, table)
    cut.write_bytes(cut.read_bytes()[:100])
    (store.inbox / "stranger.arrow").write_bytes(b"x")
    future = desk.batch("two", 0, table)
    rename(future, b"inbox_format", b"2", b"99")
    wrong = desk.batch("three", 0, table)
    rename(wrong, b"batches", b'"sequence": "0"', b'"sequence": "many"')
    desk.file("good", [build.message(2, "b")])
    seen: list[Any] = []
    report = store.load_inbox(on_load=seen.append)
    assert report.files == 2
    assert sum(part.files + len(part.rejected) for part in seen) == 5  # all but the stranger
    reasons = [r.reason for r in report.rejected]
    assert len(reasons) == 4
    for part in ("not a name", "damaged or cut off", "inbox format '99'", "many"):
        assert sum(part in reason for reason in reasons) == 1, reasons
    for rejection in report.rejected:
        assert rejection.path.parent == store.inbox / "rejected"
        note = rejection.path.with_name(rejection.path.name + ".reason.txt")
        assert note.read_text() == rejection.reason + "\n"
    assert state(rows) == [(2, "b", False)]
    assert store.load_inbox() == type(report)()


def test_rows_that_break_a_constraint_leave_nothing_behind(
    store: Store, desk: Any, rows: Rows, build: Any
) -> None:
    """A file that was not made by hand_over: a null where none may be."""
    path = desk.batch("one", 0, build.landing([build.message(1, "a"), build.message(2, "b")]))
    table = pa.ipc.open_file(path).read_all()
    index = table.column_names.index("text")
    field = table.schema.field("text").with_nullable(True)
    broken = table.set_column(index, field, pa.array(["a", None], pa.string()))
    rewrite(path, broken)
    report = store.load_inbox()
    assert len(report.rejected) == 1
    for name in ("batches", "channels", "revisions", "sightings", "sources", "runs"):
        assert rows(f"FROM base.{name}") == [], name
    desk.file("good", [build.message(2, "b")])
    assert store.load_inbox().landed == 1


def test_taking_turns(store: Store, desk: Any, build: Any) -> None:
    for sequence in range(3):
        desk.batch("one", sequence, build.landing([build.message(sequence, "t")]))
    assert [store.load_inbox(limit=2).files for _ in range(3)] == [2, 1, 0]


def rename(path: Path, key: bytes, old: bytes, new: bytes) -> None:
    """Give a waiting file other metadata, its name fitting the new bytes."""
    table = pa.ipc.open_file(path).read_all()
    metadata = dict(table.schema.metadata)
    assert old in metadata[key]
    metadata[key] = metadata[key].replace(old, new)
    rewrite(path, table.replace_schema_metadata(metadata))


def rewrite(path: Path, table: pa.Table) -> None:
    import zlib

    with pa.ipc.new_file(path, table.schema) as writer:
        writer.write_table(table)
    order, kind, *_ = path.name.split(".")
    crc = zlib.crc32(path.read_bytes())
    path.rename(path.with_name(f"{order}.{kind}.{crc:08x}.arrow"))


@pytest.mark.parametrize("column", ["text", "media_type", "action", "kind"])
def test_what_makes_a_revision(store: Store, desk: Any, build: Any, column: str) -> None:
    message = build.message(1, "t", kind="service", media_type="photo", action="pin")
    changed = message | {column: "other"}
    desk.file("one", [message, changed, message | {"author_name": "x", "views": 9}])
    assert store.load_inbox().landed == 2
