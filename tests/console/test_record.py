"""What lies around an item: before and after, replies, revisions, copies, indicators, decisions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.console.reviewing import Bench, alone, flag, post
from warehouse.review import record
from warehouse.review.record import Past

COIN = {"type": "bitcoin", "value": "x", "start": 0, "end": 1, "valid": True}


@pytest.fixture(scope="module")
def shared(tmp_path_factory: Any) -> Iterator[Bench]:
    made = Bench(tmp_path_factory.mktemp("record") / "w.duckdb")
    yield made
    made.close()


def test_before_and_after_in_the_order_of_the_channel(shared: Bench) -> None:
    shared.land(*(post(n, f"m{n}", *([flag()] if n == 10 else []), channel="a") for n in range(20)))
    rows = record.around(shared.store, shared.item(10, "a")["item_no"])
    assert [row["message_id"] for row in rows] == list(range(6, 15))
    assert [row["message_id"] for row in rows if row["here"]] == [10]


def test_replies_up_and_down_each_once(shared: Bench) -> None:
    """A message that was edited stands in the chain as it is now, and once."""
    shared.land(
        post(1, "first", channel="b"),
        post(2, "second", reply_to_id=1, channel="b"),
        post(3, "asked", flag(), reply_to_id=2, channel="b"),
        post(4, "answer", reply_to_id=3, channel="b"),
        post(5, "beside", reply_to_id=2, channel="b"),
    )
    for edit in ("edited", "edited again"):
        shared.land(
            post(1, f"first {edit}", channel="b"),
            post(2, f"second {edit}", reply_to_id=1, channel="b"),
        )
    rows = record.replies(shared.store, shared.item(3, "b")["item_no"])
    assert [(row["message_id"], row["text"]) for row in rows] == [
        (1, "first edited again"),
        (2, "second edited again"),
        (3, "asked"),
        (4, "answer"),
    ]


def test_a_reply_to_another_channel_is_no_reply_to_a_number_of_this_one(shared: Bench) -> None:
    shared.land(
        post(1, "unrelated", channel="c"),
        post(
            2, "asked elsewhere", flag(), reply_to_id=1, reply_to_channel="elsewhere", channel="c"
        ),
    )
    assert record.replies(shared.store, shared.item(2, "c")["item_no"]) == []


def test_a_message_that_answers_itself_ends(shared: Bench) -> None:
    shared.land(
        post(1, "asked in a circle", flag(), reply_to_id=2, channel="d"),
        post(2, "other", reply_to_id=1, channel="d"),
    )
    rows = record.replies(shared.store, shared.item(1, "d")["item_no"])
    assert [row["message_id"] for row in rows] == [1, 2]


def test_revisions_in_their_order(shared: Bench) -> None:
    shared.land(post(1, "one", channel="e"))
    shared.land(post(1, "two", flag(), channel="e"))
    rows = record.revisions(shared.store, shared.item(1, "e")["item_no"])
    assert [(row["text"], row["state"]) for row in rows] == [
        ("one", "superseded"),
        ("two", "current"),
    ]


@pytest.mark.parametrize("print_", [0xABCD, None])
def test_copies_wherever_they_are(shared: Bench, print_: int | None) -> None:
    """With other flags or none, too."""
    channel = f"f{print_}"
    text = f"copied {print_}"
    shared.land(
        post(1, text, flag(), print_=print_, channel=channel),
        post(2, text, flag(), print_=print_, channel=channel),
        post(3, text, alone("claims_attack"), print_=print_, channel=channel),
        post(4, text, print_=print_, channel=channel),
    )
    rows = record.copies(shared.store, shared.item(1, channel)["item_no"])
    assert {row["message_id"] for row in rows} == {2, 3, 4}
    assert {row["distance"] for row in rows} == {0}


def test_indicators_and_where_else_they_are(shared: Bench) -> None:
    shared.land(
        post(1, "x", flag(), indicators=[COIN], channel="g"),
        post(2, "x too", indicators=[COIN], channel="g"),
        post(1, "x there", indicators=[COIN], channel="h"),
    )
    number = shared.item(1, "g")["item_no"]
    (row,) = record.indicators(shared.store, number)
    assert (row["messages"], row["channels"], row["valid"]) == (3, 2, True)
    places = record.indicator_places(shared.store, number)
    assert {(row["channel_key"], row["message_id"]) for row in places} == {("g", 2), ("h", 1)}


def test_the_places_of_each_indicator_are_found(shared: Bench) -> None:
    other = COIN | {"value": "y"}
    shared.land(
        *(
            post(n, f"all {n}", indicators=[COIN], channel="often")
            for n in range(record.PLACES + 5)
        ),
        post(1, "one", indicators=[other], channel="seldom"),
        post(1, "both", flag(), indicators=[COIN, other], channel="here"),
    )
    places = record.indicator_places(shared.store, shared.item(1, "here")["item_no"])
    assert [row["value"] for row in places].count("x") == record.PLACES
    assert [row["channel_key"] for row in places if row["value"] == "y"] == ["seldom"]


def test_the_record_of_a_channel_leaves_the_item_itself_out(shared: Bench) -> None:
    shared.land(
        post(1, "i one", flag(), channel="i"),
        post(2, "i two", flag(), channel="i"),
        post(3, "three", channel="i"),
    )
    first, second = (shared.item(number, "i")["item_no"] for number in (1, 2))
    shared.decide(first, "confirm")
    facts, rows = record.channel(shared.store, second)
    assert (facts["messages"], facts["deleted"], facts["name"]) == (3, 0, "name of i")
    assert [(row["what"], row["value"], row["messages"]) for row in rows] == [
        ("decided", "confirm", 1),
        ("flagged", "hostile", 2),
    ]
    _, rows = record.channel(shared.store, first)
    assert [row["what"] for row in rows] == ["flagged"]


def test_the_history_is_filtered_and_paged(shared: Bench) -> None:
    shared.land(post(1, "j", flag(), alone("claims_attack"), channel="j", language="ps"))
    number = shared.item(1, "j")["item_no"]
    act = shared.decide(number, "confirm", "hist")
    shared.undo("hist")
    shared.decide(number, "reject", "hist", flags=[flag()])
    wanted = Past(reviewer="hist")
    rows = record.history(shared.store, wanted, limit=99)
    assert record.history_count(shared.store, wanted) == len(rows) == 5
    assert [row["judgement"] for row in rows] == ["reject", "undo", "undo", "confirm", "confirm"]
    assert [row["undone"] for row in rows] == [False, False, False, True, True]
    paged = [record.history(shared.store, wanted, limit=2, offset=at)[0] for at in (0, 2, 4)]
    assert [row["decision_id"] for row in paged] == [rows[at]["decision_id"] for at in (0, 2, 4)]
    for narrower, count in (
        (Past(reviewer="hist", judgement="confirm"), 2),
        (Past(reviewer="hist", label="claims_attack"), 2),
        (Past(reviewer="hist", language="ps"), 5),
        (Past(reviewer="hist", act=str(act)), 2),
        (Past(reviewer="hist", start=rows[0]["decided_at"]), 1),
        (Past(reviewer="hist", end=rows[0]["decided_at"]), 4),
        (Past(reviewer="nobody"), 0),
    ):
        assert record.history_count(shared.store, narrower) == count, narrower
        assert len(record.history(shared.store, narrower, limit=99)) == count


def test_nothing_is_known_of_an_item_that_is_not_there(shared: Bench) -> None:
    number = 10**9
    assert record.item(shared.store, number) is None
    for ask in (record.around, record.revisions, record.replies, record.copies):
        assert ask(shared.store, number) == []
    assert record.channel(shared.store, number) == ({}, [])
    assert record.indicators(shared.store, number) == []
    assert record.indicator_places(shared.store, number) == []
