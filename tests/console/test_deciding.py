"""What is decided is written down once, for all copies, and never changed."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from tests.console.reviewing import Bench, alone, flag, post
from warehouse.review import folding
from warehouse.review.deciding import Span, Verdict, decide
from warehouse.review.settling import take

NUMBERS = count(1)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: Any) -> Iterator[Bench]:
    made = Bench(tmp_path_factory.mktemp("deciding") / "w.duckdb")
    yield made
    made.close()


def copies(bench: Bench, *texts: str) -> tuple[str, int]:
    """A new item with these texts as near-copies; its channel and number."""
    name = next(NUMBERS)
    channel = f"tg:{name}"
    bench.land(*(member(name, number, text) for number, text in enumerate(texts, 1)))
    item_no = bench.item_of(1, channel)
    assert item_no is not None
    return channel, item_no


def member(name: int, message_id: int, text: str) -> Any:
    return post(
        message_id, text, alone(f"l{name}"), print_=name << 20, channel=f"tg:{name}", language="ps"
    )


def rows(bench: Bench, channel: str) -> list[dict[str, Any]]:
    return [row for row in bench.decisions() if row["channel_key"] == channel]


def standing(bench: Bench, channel: str) -> set[int]:
    """The messages that hold a decision that stands."""
    return {
        row["message_id"]
        for row in bench.sql(
            "SELECT * FROM base.standing_decisions WHERE channel_key = $channel", channel=channel
        )
    }


def test_a_decision_has_a_row_for_every_copy(shared: Bench) -> None:
    channel, item_no = copies(shared, "t", "t", "near t")
    act = shared.decide(
        item_no, "confirm", reason="why", note="n", seconds=1.5, spans=(Span(0, 1, "cue"),)
    )
    shown, *others = rows(shared, channel)
    assert shown["message_id"] == 1
    assert (shown["purpose"], shown["copy_of"], shown["language"]) == ("review", None, "ps")
    assert (shown["seconds"], shown["reason"], shown["note"]) == (1.5, "why", "n")
    assert shown["model_version"] == "model-1"
    assert shown["spans"] == [{"start": 0, "end": 1, "shows": "cue"}]
    assert {row["message_id"]: row["spans"] for row in others} == {2: shown["spans"], 3: None}
    for row in others:
        assert (row["purpose"], row["copy_of"]) == ("copy", shown["decision_id"])
        assert (row["reviewer"], row["judgement"], row["reason"]) == ("ada", "confirm", "why")
        assert row["seconds"] is None
    assert {str(row["act_id"]) for row in rows(shared, channel)} == {str(act)}
    assert len({row["decision_id"] for row in rows(shared, channel)}) == 3


@pytest.mark.parametrize("judgement", ["unsure", "escalate", "skip"])
def test_what_passes_the_question_on_is_said_of_no_copy(shared: Bench, judgement: str) -> None:
    channel, item_no = copies(shared, "t", "t")
    shared.decide(item_no, judgement)
    assert [row["message_id"] for row in rows(shared, channel)] == [1]


def test_a_copy_that_comes_later_is_decided_with_the_rest(shared: Bench) -> None:
    channel, item_no = copies(shared, "t")
    shared.decide(item_no, "reject")
    name = int(channel[3:])
    shared.land(member(name, 2, "t"))
    assert standing(shared, channel) == {1, 2}
    late = rows(shared, channel)[-1]
    assert (late["purpose"], late["copy_of"]) == ("copy", rows(shared, channel)[0]["decision_id"])
    item = shared.items()[item_no]
    assert (item["state"], item["copies"]) == ("decided", 2)
    shared.fold()
    assert len(rows(shared, channel)) == 2


def test_only_the_latest_word_of_a_reviewer_is_copied(shared: Bench) -> None:
    channel, item_no = copies(shared, "t")
    shared.decide(item_no, "confirm")
    shared.decide(item_no, "reject")
    shared.land(member(int(channel[3:]), 2, "t"))
    late = [row["judgement"] for row in rows(shared, channel) if row["message_id"] == 2]
    assert late == ["reject"]


def test_undo_takes_the_copies_along_and_gives_none_later(shared: Bench) -> None:
    channel, item_no = copies(shared, "t", "t")
    shared.decide(item_no, "confirm")
    assert shared.undo() == [item_no]
    assert standing(shared, channel) == set()
    assert shared.state(item_no) == "waiting"
    shared.land(member(int(channel[3:]), 3, "t"))
    assert standing(shared, channel) == set()
    assert [row["judgement"] for row in rows(shared, channel)] == ["confirm", "confirm", "undo"]


def test_undo_is_of_ones_own_acts_only(shared: Bench) -> None:
    _, item_no = copies(shared, "t")
    act = shared.decide(item_no, "confirm", "ada")
    before = shared.record()
    assert shared.undo("ben", former=act) is None
    assert shared.undo("nobody") is None
    assert shared.record() == before
    assert shared.undo("ada", former=act) == [item_no]
    assert shared.undo("ada", former=act) is None


def test_an_older_act_is_taken_back_by_its_name(shared: Bench) -> None:
    _, first = copies(shared, "a")
    _, second = copies(shared, "b")
    act = shared.decide(first, "confirm", "dora")
    shared.decide(second, "confirm", "dora")
    assert shared.undo("dora", former=act) == [first]
    assert (shared.state(first), shared.state(second)) == ("waiting", "decided")
    assert shared.undo("dora") == [second]
    assert shared.undo("dora") is None


def test_one_act_over_many_items_is_taken_back_as_one(shared: Bench) -> None:
    numbers = [copies(shared, "a")[1], copies(shared, "b", "b")[1]]
    verdicts = [
        Verdict(number, one["label"], one["source"], one["target"], "reject", "bulk")
        for number in numbers
        for one in shared.flags(number)
    ]
    shared.clock.move(seconds=1)
    decide(shared.store, shared.rules, verdicts, act=uuid4(), reviewer="ed", now=shared.clock())
    assert {shared.state(number) for number in numbers} == {"decided"}
    assert sorted(shared.undo("ed") or []) == sorted(numbers)
    assert {shared.state(number) for number in numbers} == {"waiting"}


def test_it_says_how_many_verdicts_stand(shared: Bench) -> None:
    channel, item_no = copies(shared, "t")
    (flag, *_) = shared.flags(item_no)

    def write(number: int) -> int:
        said = Verdict(number, flag["label"], flag["source"], flag["target"], "confirm", "review")
        told = {"act": uuid4(), "reviewer": "ada", "now": shared.clock()}
        return decide(shared.store, shared.rules, [said], **told)

    assert write(item_no + 1_000_000) == 0
    assert rows(shared, channel) == []
    assert write(item_no) == 1
    assert len(rows(shared, channel)) == 1


def test_an_act_is_written_once_however_often_it_is_asked(shared: Bench) -> None:
    channel, item_no = copies(shared, "t")
    act = shared.decide(item_no, "confirm")
    shared.decide(item_no, "reject", act=act)
    assert [row["judgement"] for row in rows(shared, channel)] == ["confirm"]


def test_an_act_is_written_once_by_whichever_thread_is_first(shared: Bench) -> None:
    channel, item_no = copies(shared, "t", "t")
    act = uuid4()
    asked = shared.flags(item_no)
    with ThreadPoolExecutor(8) as pool:
        for one in [
            pool.submit(shared.decide, item_no, "confirm", "ada", asked, act) for _ in range(8)
        ]:
            one.result()
    assert [row["message_id"] for row in rows(shared, channel)] == [1, 2]


def test_decisions_of_many_threads_are_all_written_once(shared: Bench) -> None:
    made = [copies(shared, "t", "t") for _ in range(4)]
    asked = {number: shared.flags(number) for _, number in made}
    with ThreadPoolExecutor(8) as pool:
        for one in [
            pool.submit(shared.decide, number, "unsure", f"reviewer {n}", asked[number])
            for _, number in made
            for n in range(4)
        ]:
            one.result()
    for channel, number in made:
        found = rows(shared, channel)
        assert sorted(row["reviewer"] for row in found) == [f"reviewer {n}" for n in range(4)]
        assert shared.state(number) == "escalated"


def test_an_item_that_is_gone_takes_no_verdict(shared: Bench) -> None:
    before = shared.record()
    shared.decide(10**9, "confirm", flags=[alone("x")])
    assert shared.record() == before


def test_an_act_can_be_taken_back_whose_message_is_gone(shared: Bench) -> None:
    channel, item_no = copies(shared, "t")
    act = shared.decide(item_no, "confirm", "fay")
    shared.land(post(1, "calm", channel=channel))
    assert shared.item_of(1, channel) is None
    assert shared.undo("fay") == []
    assert standing(shared, channel) == set()
    assert shared.undo("fay", former=act) is None


def test_a_copy_keeps_its_decision_when_what_was_shown_goes(shared: Bench) -> None:
    """And gives it to the copies that come after that, and loses it when it is taken back."""
    channel, item_no = copies(shared, "t", "t")
    shared.decide(item_no, "confirm", "gus")
    shared.land(post(1, "calm", channel=channel))
    assert shared.item_of(2, channel) == item_no
    assert shared.state(item_no) == "decided"
    shared.land(member(int(channel[3:]), 3, "t"))
    assert standing(shared, channel) == {1, 2, 3}
    shown = shared.store.rows("review/item_decisions", item_no=item_no)
    assert [(row["reviewer"], row["judgement"]) for row in shown] == [("gus", "confirm")]
    assert shared.undo("gus") == [item_no]
    assert shared.state(item_no) == "waiting"


def test_a_copy_gets_no_word_on_a_flag_that_it_has_not(bench: Bench) -> None:
    bench.land(post(1, "t", flag(), print_=5))
    bench.decide(bench.item(1)["item_no"], "confirm")
    bench.land(post(1, "t", alone("claims_attack"), print_=5), model="model-2")
    bench.land(post(2, "t", alone("claims_attack"), print_=5), model="model-2")
    assert bench.item_of(1) == bench.item_of(2)
    assert [row["message_id"] for row in bench.decisions()] == [1]


def test_decisions_outlive_a_rebuilt_warehouse(bench: Bench, tmp_path: Path) -> None:
    """They name channel, message and content, and none of a warehouse's own numbers."""
    posts = [
        post(1, "a", flag(), print_=1),
        post(2, "a", flag(), print_=1, channel="tg:2"),
        post(3, "b", flag(), alone("claims_attack"), print_=0xFFFF),
        post(4, "c", flag(), print_=0xFFFF_0000),
    ]
    bench.land(*posts)
    bench.decide(bench.item(1)["item_no"], "confirm")
    bench.decide(bench.item(3)["item_no"], "unsure", flags=[alone("claims_attack")])
    bench.decide(bench.item(3)["item_no"], "reject", flags=[flag()])
    bench.decide(bench.item(4)["item_no"], "escalate")
    bench.undo()
    bench.decide(bench.item(4)["item_no"], "escalate", "ben")

    rebuilt = Bench(tmp_path / "rebuilt.duckdb", clock=bench.clock)
    with bench.store.transaction() as connection:
        kept = connection.sql("SELECT * FROM base.decisions ORDER BY rowid").to_arrow_table()
    with rebuilt.store.transaction() as connection:
        connection.register("kept", kept)
        connection.execute("INSERT INTO base.decisions BY NAME SELECT * FROM kept")
    rebuilt.land(post(9, "z", flag(), print_=0xF0F0_F0F0), *posts[::-1])
    for message_id in (1, 3, 4):
        before, after = bench.item(message_id), rebuilt.item(message_id)
        assert before["item_no"] != after["item_no"]
        for name in ("state", "done_by", "decided_at", "copies"):
            assert before[name] == after[name], (message_id, name)
        assert bench.flag_states(before["item_no"]) == rebuilt.flag_states(after["item_no"])
    assert len(rebuilt.decisions()) == len(bench.decisions()), "copies are not written twice"
    rebuilt.close()


def test_who_decides_does_not_wait_for_folding(bench: Bench) -> None:
    bench.land(post(1, "one", flag()), post(2, "two", flag()))
    one, two = bench.item_of(1), bench.item_of(2)
    with bench.store.transaction() as connection:
        take(connection, [one])
        bench.decide(two, "confirm")
    assert (bench.state(one), bench.state(two)) == ("waiting", "decided")


def test_who_decides_what_is_being_folded_waits_and_is_heard(bench: Bench) -> None:
    bench.land(post(1, "one", flag()))
    item_no = bench.item_of(1)
    with ThreadPoolExecutor(1) as pool:
        with bench.store.transaction() as connection:
            take(connection, [item_no])
            decided = pool.submit(bench.decide, item_no, "confirm")
            with pytest.raises(TimeoutError):
                decided.result(timeout=0.3)
        decided.result(timeout=10)
    assert bench.state(item_no) == "decided"
    assert len(bench.decisions()) == 1


@pytest.mark.parametrize("often", [1, folding.TRIES])
def test_an_item_decided_while_copies_join_it_has_them_decided(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, often: int
) -> None:
    """Folding sees the queue as it was when it began: it must not write that over the decision."""
    bench.land(post(1, "t", flag(), alone("solicitation"), print_=5))
    item_no = bench.item_of(1)
    bench.land(post(2, "t", flag(), alone("solicitation"), print_=5), fold=False)
    flags = iter(bench.flags(item_no) * often)
    work_out, tries = folding.work_out, count(1)

    def decided_meanwhile(*given: Any) -> None:
        if next(tries) <= often:
            bench.decide(item_no, "confirm", by=f"r{often}", flags=[next(flags)])
        work_out(*given)

    monkeypatch.setattr(folding, "work_out", decided_meanwhile)
    bench.fold()
    assert next(tries) == often + 2
    assert bench.item_of(2) == item_no
    held = bench.sql("SELECT DISTINCT message_id, label FROM base.decisions")
    assert len(held) == 2 * min(often, 2)
    states = sorted(bench.flag_states(item_no).values())
    assert states == (["decided", "waiting"] if often == 1 else ["decided", "decided"])
    assert bench.sql("SELECT count(*) AS n FROM base.item_flags")[0]["n"] == min(often, 2)
