"""How far an item is decided, against the rules in plain Python."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.console.reviewing import Bench, alone, flag, post, slow
from warehouse.review.rules import Rules

DECISIVE = ("confirm", "reject", "change")
UNSURE = 2
NUMBERS = count(1)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: Any) -> Iterator[Bench]:
    rules = Rules(unsure=UNSURE, double_labels=("claims_attack",))
    made = Bench(tmp_path_factory.mktemp("states") / "w.duckdb", rules)
    yield made
    made.close()


# ---------------------------------------------------------------- the rules


@dataclass
class Word:
    """What somebody said of one flag."""

    key: str
    by: str
    judgement: str
    outcome: str
    purpose: str
    act: UUID
    at: datetime
    taken_back: bool = False


@dataclass
class Oracle:
    """The rules, as the documentation of the queue states them."""

    keys: tuple[str, ...]
    wanted: int
    words: list[Word] = field(default_factory=list)

    def latest(self, key: str) -> list[Word]:
        """The latest word of each reviewer on a flag; answers to golden items are none."""
        said = [
            word
            for word in self.words
            if word.key == key and not word.taken_back and word.purpose != "golden"
        ]
        return list({word.by: word for word in said}.values())

    def flag(self, key: str) -> str:
        words = self.latest(key)
        decisive = [word for word in words if word.judgement in DECISIVE]
        if any(word.purpose == "adjudication" for word in decisive):
            return "decided"
        if any(word.judgement == "escalate" for word in words):
            return "escalated"
        if len({word.outcome for word in decisive}) > 1:
            return "adjudication"
        if len(decisive) >= self.wanted:
            return "decided"
        if sum(word.judgement == "unsure" for word in words) >= UNSURE:
            return "escalated"
        return "second" if decisive else "waiting"

    def item(self) -> str:
        states = {self.flag(key) for key in self.keys}
        order = ("escalated", "waiting", "second", "adjudication", "decided")
        return next(state for state in order if state in states)

    def done_by(self) -> list[str]:
        left = [key for key in self.keys if self.flag(key) != "decided"]
        spoken = [{word.by for word in self.latest(key)} for key in left]
        return sorted(set.intersection(*spoken)) if spoken else []

    def decided_at(self) -> datetime | None:
        if self.item() != "decided":
            return None
        return max(word.at for key in self.keys for word in self.latest(key))


# ---------------------------------------------------------------- any sequence of acts

REVIEWERS = ("ada", "ben", "cem")
JUDGEMENTS = ("confirm", "confirm", "reject", "change", "unsure", "escalate", "skip")
ACTS = st.one_of(
    st.tuples(
        st.just("decide"),
        st.sampled_from(REVIEWERS),
        st.sampled_from(JUDGEMENTS),
        st.sampled_from([(0,), (1,), (0, 1)]),
        st.sampled_from(["review", "review", "review", "adjudication", "golden"]),
    ),
    st.tuples(st.just("undo"), st.sampled_from(REVIEWERS)),
    st.tuples(st.just("redo"), st.sampled_from(REVIEWERS)),
)


@settings(slow, max_examples=8)
@given(st.sampled_from([1, 2]), st.lists(ACTS, max_size=9))
def test_states_follow_from_what_was_said(shared: Bench, wanted: int, acts: list[Any]) -> None:
    item_no, flags = fresh(shared, wanted)
    oracle = Oracle(tuple(one["key"] for one in shared.flags(item_no)), wanted)
    undos: dict[str, list[tuple[UUID, list[Word]]]] = {name: [] for name in REVIEWERS}
    before = shared.record()
    for kind, by, *more in acts:
        if kind == "decide":
            judgement, places, purpose = more
            chosen = [flags[place] for place in places if place < len(flags)]
            act = shared.decide(
                item_no,
                judgement,
                by,
                chosen,
                purpose=purpose,
                changed_severity=3 if judgement == "change" else None,
            )
            for one in chosen:
                outcome = "changed to 3" if judgement == "change" else judgement
                key = next(key for key in oracle.keys if key.startswith(one["label"]))
                at = shared.clock()
                oracle.words.append(Word(key, by, judgement, outcome, purpose, act, at))
        elif kind == "undo":
            standing = [word for word in oracle.words if word.by == by and not word.taken_back]
            act = uuid4()
            items = shared.undo(by, act=act)
            assert items == ([item_no] if standing else None)
            if standing:
                gone = [word for word in standing if word.act == standing[-1].act]
                for word in gone:
                    word.taken_back = True
                undos[by].append((act, gone))
        elif undos[by]:
            act, gone = undos[by].pop()
            take_back_the_undo(shared, act)
            for word in gone:
                word.taken_back = False
        compare(shared, item_no, oracle)
        after = shared.record()
        assert after[: len(before)] == before, "the record is only ever added to"
        before = after
    # What they did is somebody else's from now on: the next example has other acts to take back.
    shared.run("UPDATE base.decisions SET reviewer = 'former ' || reviewer")


def fresh(bench: Bench, wanted: int) -> tuple[int, list[dict[str, Any]]]:
    """An item with two flags and a copy; claims want two reviews, and so does what is beside."""
    name = next(NUMBERS)
    flags = [alone(f"a{name}"), alone("claims_attack" if wanted == 2 else f"b{name}")]
    text, channel = f"text {name}", f"tg:{name}"
    bench.land(
        post(1, text, *flags, channel=channel),
        post(2, text, *flags, channel=channel),
    )
    item = bench.item(1, channel)
    assert (item["wanted"], item["copies"], item["state"]) == (wanted, 2, "waiting")
    return item["item_no"], flags


def compare(bench: Bench, item_no: int, oracle: Oracle) -> None:
    item = bench.items()[item_no]
    assert bench.flag_states(item_no) == {key: oracle.flag(key) for key in oracle.keys}
    assert item["state"] == oracle.item()
    assert item["done_by"] == oracle.done_by()
    assert item["decided_at"] == oracle.decided_at()
    copies = bench.sql(
        "SELECT d.act_id, d.label, count(c.decision_id) FILTER (NOT d.undone) AS copies "
        "FROM (SELECT d.*, s.decision_id IS NULL AS undone FROM base.decisions d "
        "LEFT JOIN base.standing_decisions s USING (decision_id)) d "
        "LEFT JOIN base.standing_decisions c ON c.copy_of = d.decision_id WHERE d.copy_of IS NULL "
        "AND d.judgement <> 'undo' AND d.reviewer NOT LIKE 'former%' GROUP BY ALL"
    )
    found = {(str(row["act_id"]), row["label"]): row["copies"] for row in copies}
    for word in oracle.words:
        held = found[str(word.act), word.key]
        if word.taken_back or word.purpose == "golden" or word.judgement not in DECISIVE:
            assert held == 0, word
        else:
            assert held == 1, word


def take_back_the_undo(bench: Bench, act: UUID) -> None:
    """As somebody who writes to the record by other means may do."""
    bench.clock.move(seconds=1)
    bench.run(
        "INSERT INTO base.decisions BY NAME SELECT * REPLACE (uuid() AS decision_id, "
        "decision_id AS supersedes, uuid() AS act_id, $now AS decided_at) FROM base.decisions "
        "WHERE act_id = $act",
        act=act,
        now=bench.clock(),
    )
    bench.run("INSERT INTO base.changed SELECT revision_no FROM base.item_members")
    bench.fold()


# ---------------------------------------------------------------- some by hand


def one(bench: Bench, *scores: Any, wanted: int = 1, messages: int = 1) -> int:
    """A new item."""
    name = next(NUMBERS)
    label = "claims_attack" if wanted == 2 else f"c{name}"
    scores = scores or (alone(label),)
    posts = (post(n, f"text {name}", *scores, channel=f"tg:{name}") for n in range(messages))
    bench.land(*posts)
    item_no = bench.item_of(0, f"tg:{name}")
    assert item_no is not None
    return item_no


def test_two_changes_agree_only_in_what_they_change(shared: Bench) -> None:
    """Source and target are two things, though both are actors."""
    item_no = one(shared, flag("claims_attack"), wanted=2)
    shared.decide(item_no, "change", "ada", changed_source="al_qaeda")
    assert shared.state(item_no) == "second"
    shared.decide(item_no, "change", "ben", changed_target="al_qaeda")
    assert shared.state(item_no) == "adjudication"
    shared.decide(item_no, "change", "ben", changed_source="al_qaeda")
    assert shared.state(item_no) == "decided"


def test_a_word_replaces_what_the_same_reviewer_said_before(shared: Bench) -> None:
    item_no = one(shared)
    shared.decide(item_no, "confirm", "ada")
    first = shared.decisions()[-1]
    shared.decide(item_no, "reject", "ada")
    second = shared.decisions()[-1]
    shared.decide(item_no, "reject", "ben")
    assert second["supersedes"] == first["decision_id"]
    assert shared.decisions()[-1]["supersedes"] is None
    shared.decide(item_no, "confirm", "cem", purpose="adjudication")
    assert shared.decisions()[-1]["supersedes"] is not None


def test_a_golden_answer_replaces_no_decision(shared: Bench) -> None:
    item_no = one(shared)
    shared.decide(item_no, "confirm", "ada")
    shared.decide(item_no, "reject", "ada", purpose="golden")
    assert shared.decisions()[-1]["supersedes"] is None
    assert shared.state(item_no) == "decided"


@pytest.mark.parametrize("judgement", ["skip", "unsure"])
def test_who_passes_is_not_asked_again(shared: Bench, judgement: str) -> None:
    item_no = one(shared)
    shared.decide(item_no, judgement, "ada")
    item = shared.items()[item_no]
    assert (item["state"], item["done_by"]) == ("waiting", ["ada"])
