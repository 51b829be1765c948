"""The thread that keeps the warehouse: what is handed over comes into the queue."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any
from uuid import uuid4

import duckdb
import pytest

from flows.watching.events import facts_of
from ops.benchmarks.console.checks import wrong_states
from ops.console import keeper as keeping
from ops.console.keeper import Keeper
from tests.console.reviewing import Bench, flag, post
from tests.warehouse import conftest as build
from warehouse import presence
from warehouse.review.rules import Rules


def hand_over(bench: Bench, *posts: Any) -> None:
    """As a flow does that runs beside the console."""
    desk = build.Desk(bench.store.inbox, "another run")
    desk.file(
        f"file of {posts[0][0]['message_id']}",
        [message for message, _ in posts],
        analyses=[answer for _, answer in posts],
    )


def until(what: Any, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.02)


def test_a_look_loads_folds_and_says_whether_there_was_anything(bench: Bench) -> None:
    keeper = Keeper(bench.store, bench.rules, bench.clock)
    assert not keeper.look()
    hand_over(bench, post(1, "a", flag()), post(2, "b", flag()))
    assert keeper.look()
    assert len(bench.items()) == 2
    assert not keeper.look()


def test_the_sign_says_when_a_run_was_last_heard_of(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeping, "SIGN", 0.0)
    keeper = Keeper(bench.store, bench.rules, bench.clock)
    keeper.start()
    try:
        sign = presence.seen(bench.store.path)
        assert sign is not None
        assert sign.heard is None
        hand_over(bench, post(1, "a", flag()))
        before = time.time()
        until(lambda: (((now := presence.seen(bench.store.path)) and now.heard) or 0) >= before)
    finally:
        keeper.stop()


def test_new_rules_order_the_queue_at_the_start(bench: Bench) -> None:
    bench.land(post(1, "a", flag()))
    before = bench.item(1)["priority"]
    bench.clock.move(seconds=1)
    Keeper(bench.store, Rules(label_weights={"hostile": 8.0}), bench.clock).look()
    assert bench.item(1)["priority"] > before


def test_what_is_no_file_of_ours_is_named_and_moved_aside(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    hand_over(bench, post(1, "a", flag()))
    (bench.store.inbox / "000001-messages-1-zz.arrow").write_bytes(b"nonsense")
    keeper = Keeper(bench.store, bench.rules, bench.clock)
    keeper.look()
    assert len(bench.items()) == 1
    (told,) = [facts_of(record) for record in caplog.records if record.msg == "rejected"]
    assert "000001-messages-1-zz.arrow" in str(told)


def test_the_thread_keeps_it_until_it_is_stopped(bench: Bench) -> None:
    keeper = Keeper(bench.store, bench.rules, bench.clock)
    keeper.start()
    hand_over(bench, post(1, "a", flag()))
    until(lambda: len(bench.items()) == 1)
    hand_over(bench, post(2, "b", flag()))
    until(lambda: len(bench.items()) == 2)
    keeper.stop()
    assert not [thread for thread in threading.enumerate() if thread.name == "keeper"]
    hand_over(bench, post(3, "c", flag()))
    assert len(bench.items()) == 2
    assert keeper.problem is None


def test_who_decides_meanwhile_loses_nothing(bench: Bench) -> None:
    bench.land(post(1, "a", flag()))
    number = bench.item(1)["item_no"]
    keeper = Keeper(bench.store, bench.rules, bench.clock)
    keeper.start()
    for place in range(2, 6):
        hand_over(bench, post(place, f"t{place}", flag()))
        bench.decide(number, "unsure", f"reviewer-{place}")
    until(lambda: len(bench.items()) == 5)
    keeper.stop()
    assert [row["reviewer"] for row in bench.decisions()] == [
        f"reviewer-{place}" for place in range(2, 6)
    ]


def test_many_who_decide_at_once_lose_and_double_nothing(bench: Bench) -> None:
    posts = [post(place, f"text {place}", flag()) for place in range(1, 5)]
    bench.land(*posts)
    numbers = [bench.item(place)["item_no"] for place in range(1, 5)]
    acts = {(name, number): uuid4() for name in "abcd" for number in numbers}
    keeper = Keeper(bench.store, bench.rules, bench.clock)
    keeper.start()
    failed: list[BaseException] = []

    def work(name: str, turn: int) -> None:
        try:
            for number in numbers[turn:] + numbers[:turn]:
                for _ in range(2):  # a double click
                    bench.decide(number, "unsure", name, act=acts[name, number])
        except BaseException as error:
            failed.append(error)
            raise

    # Two threads of each name: the double click's two requests may run at once.
    threads = [
        threading.Thread(target=work, args=(name, turn)) for turn, name in enumerate("abcdabcd")
    ]
    for thread in threads:
        thread.start()
    for place in range(11, 15):  # copies of them, so that folding changes the same items
        hand_over(bench, post(place, f"text {place - 10}", flag()))
    for thread in threads:
        thread.join()
    until(lambda: sum(item["copies"] for item in bench.items().values()) == 8)
    keeper.stop()
    assert failed == []
    written = [row["act_id"] for row in bench.decisions() if row["copy_of"] is None]
    assert sorted(written) == sorted(map(str, acts.values()))
    assert {item["state"] for item in bench.items().values()} == {"escalated"}
    assert wrong_states(bench.store) == []


def test_it_goes_on_after_an_error(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    hand_over(bench, post(1, "a", flag()))
    fails = threading.Event()
    fold = keeping.fold

    def failing(*args: Any, **more: Any) -> int:
        if not fails.is_set():
            fails.set()
            raise duckdb.IOException("no room\nand more")
        return fold(*args, **more)

    monkeypatch.setattr(keeping, "fold", failing)
    monkeypatch.setattr(keeping, "PAUSE_AFTER_ERROR", 0.5)
    keeper = Keeper(bench.store, bench.rules, bench.clock)
    keeper.start()
    until(lambda: keeper.problem == "no room")
    until(lambda: len(bench.items()) == 1)
    until(lambda: keeper.problem is None)
    keeper.stop()


def test_stopping_one_that_never_started(bench: Bench) -> None:
    Keeper(bench.store, bench.rules).stop()


def test_the_warehouse_can_be_opened_again(bench: Bench, tmp_path: Path) -> None:
    hand_over(bench, post(1, "a", flag()))
    keeper = Keeper(bench.store, bench.rules, bench.clock)
    keeper.look()
    bench.store.checkpoint()
    assert bench.item(1)["copies"] == 1
