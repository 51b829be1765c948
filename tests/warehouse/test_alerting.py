"""What is told when: raised once, told again, worse, over, silenced, acknowledged."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from warehouse.alerting import evaluating, record
from warehouse.alerting.deliveries import LONGEST_WAIT, Receiver, attempted, due, outstanding, plan
from warehouse.alerting.evaluating import Look, evaluate
from warehouse.alerting.rule import Finding, Rule
from warehouse.store import Store, open_store

START = datetime(2026, 3, 1, tzinfo=UTC)
RULE = Rule("r", "run_failed", "warning", "d", 7, quiet_days=1, worse=2, routes=("team",))
TEAM = Receiver("team", digest_from=3)


class Desk:
    """Rules that hold for what a test says, and a clock that it moves."""

    def __init__(self, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
        self.store, self.now = store, START
        self.holding: dict[str, float] = {}
        self.rule = RULE
        self.problem: str | None = None
        monkeypatch.setattr(evaluating, "look", self._look)

    def _look(self, _store: Store, rule: Rule, _now: datetime) -> Look:
        found = tuple(
            Finding(rule, key, 1, measure, {"run": key}, {"n": measure}, None)
            for key, measure in self.holding.items()
        )
        return Look(rule, () if self.problem else found, 0.0, self.problem)

    def later(self, **much: float) -> None:
        self.now += timedelta(**much)

    def look(self, rule: Rule | None = None, **more: Any) -> dict[str, int]:
        events: dict[str, int] = evaluate(
            self.store, [rule or self.rule], self.now, **more
        )["events"]  # fmt: skip
        return events

    def states(self) -> dict[str, str]:
        return {row["key"]: row["state"] for row in record.listed(self.store, self.now)}

    def alert(self, key: str) -> str:
        found: str = next(
            row["alert_id"] for row in record.listed(self.store, self.now) if row["key"] == key
        )
        return found


@pytest.fixture
def desk(store: Store, monkeypatch: pytest.MonkeyPatch) -> Desk:
    return Desk(store, monkeypatch)


def test_what_holds_is_told_once(desk: Desk) -> None:
    desk.holding = {"a": 1, "b": 1}
    assert desk.look() == {"raised": 2}
    assert desk.look() == {}
    desk.later(hours=23)
    assert desk.look() == {}
    assert desk.states() == {"a": "open", "b": "open"}
    [first, *_] = record.listed(desk.store, desk.now)
    assert (first["first_seen"], first["last_seen"]) == (START, desk.now)


def test_it_is_told_again_after_its_quiet_period(desk: Desk) -> None:
    desk.holding = {"a": 1}
    desk.look()
    desk.later(hours=25)
    assert desk.look() == {"again": 1}
    desk.later(hours=23)
    assert desk.look() == {}
    desk.later(hours=2)
    assert desk.look() == {"again": 1}
    assert record.listed(desk.store, desk.now)[0]["raised"] == 3
    never = replace(RULE, quiet_days=None)
    desk.later(days=90)
    assert desk.look(never) == {}


def test_much_worse_is_told_at_once(desk: Desk) -> None:
    desk.holding = {"a": 10}
    desk.look()
    desk.holding = {"a": 19}
    desk.later(minutes=5)
    assert desk.look() == {}
    desk.holding = {"a": 20}
    assert desk.look() == {"worse": 1}
    desk.holding = {"a": 39}
    assert desk.look() == {}


def test_what_holds_no_more_is_over(desk: Desk) -> None:
    desk.holding = {"a": 1, "b": 1}
    desk.look()
    desk.holding = {"b": 1}
    desk.later(hours=1)
    assert desk.look() == {"resolved": 1}
    assert desk.states() == {"a": "resolved", "b": "open"}
    assert desk.look() == {}
    # For a short break nobody is told twice; after a long one it is another alert.
    desk.holding = {"a": 1, "b": 1}
    desk.later(hours=1)
    assert desk.look() == {"reopened": 1}
    assert len(record.listed(desk.store, desk.now)) == 2
    desk.holding = {"b": 1}
    desk.look()
    desk.later(hours=25)
    desk.holding = {"a": 1}
    assert desk.look() == {"raised": 1, "resolved": 1}
    assert len(record.listed(desk.store, desk.now)) == 3


def test_a_rule_that_fails_ends_no_alert(desk: Desk) -> None:
    desk.holding = {"a": 1}
    desk.look()
    desk.problem = "it cannot be"
    assert evaluate(desk.store, [RULE], desk.now)["problems"] == {"r": "it cannot be"}
    assert desk.states() == {"a": "open"}
    assert record.rules(desk.store)[0]["problem"] == "it cannot be"


def test_the_alerts_of_a_rule_that_is_gone_are_over(desk: Desk) -> None:
    desk.holding = {"a": 1}
    desk.look()
    other = replace(RULE, id="other")
    assert desk.look(other, whole=False) == {"raised": 1}
    assert desk.look(other) == {"resolved": 1}
    assert [row["rule"] for row in record.rules(desk.store)] == ["other"]


def test_what_is_acknowledged_is_told_again_only_when_much_worse(desk: Desk) -> None:
    desk.holding = {"a": 1}
    desk.look()
    desk.later(minutes=1)
    assert record.acknowledge(desk.store, desk.alert("a"), "asma", desk.now, " seen ")
    assert record.acknowledge(desk.store, desk.alert("a"), "asma", desk.now)  # done twice
    assert desk.states() == {"a": "acknowledged"}
    desk.later(days=3)
    assert desk.look() == {}
    desk.holding = {"a": 2}
    assert desk.look() == {"worse": 1}
    assert desk.states() == {"a": "open"}
    what = [row["what"] for row in record.history(desk.store, desk.alert("a"))]
    assert what == ["raised", "acknowledged", "worse"]
    assert not record.acknowledge(desk.store, "1", "asma", desk.now)
    assert not record.acknowledge(desk.store, "6a0f6f2e-5d0b-4b7e-9a57-6d0a5be0c1a7", "a", desk.now)


@pytest.mark.parametrize(
    ("rule", "key", "told"),
    [("r", "a", {"held": 1, "raised": 1}), ("r", None, {"held": 2}), (None, None, {"held": 2}),
     ("s", None, {"raised": 2}), (None, "b", {"held": 1, "raised": 1})],
)  # fmt: skip
def test_a_silence(desk: Desk, rule: str | None, key: str | None, told: dict[str, int]) -> None:
    until = desk.now + timedelta(hours=2)
    record.silence(
        desk.store, rule=rule, key=key, until=until, reviewer="asma", why="known", now=desk.now
    )
    desk.holding = {"a": 1, "b": 1}
    assert desk.look() == told
    held = told.get("held", 0)
    assert list(desk.states().values()).count("silenced") == held
    desk.later(hours=1)
    assert desk.look() == {}
    desk.later(hours=1)  # it is over, and what still holds is told
    assert desk.look() == ({"raised": held} if held else {})
    assert set(desk.states().values()) == {"open"}


def test_a_silence_is_lifted(desk: Desk) -> None:
    desk.holding = {"a": 1}
    desk.look()
    silence = record.silence_alert(
        desk.store, desk.alert("a"), until=desk.now + timedelta(days=9), reviewer="asma",
        why="known", now=desk.now,
    )  # fmt: skip
    assert silence
    assert desk.states() == {"a": "silenced"}
    desk.holding = {"a": 100}
    assert desk.look() == {}
    assert [str(row["silence_id"]) for row in record.silences(desk.store, desk.now)] == [silence]
    assert record.lift(desk.store, silence, "asma", desk.now)
    assert not record.lift(desk.store, silence, "asma", desk.now)
    assert not record.silences(desk.store, desk.now)
    assert desk.look() == {"worse": 1}
    table = desk.store.connection.sql("SELECT count(*) FROM base.alert_silences").fetchall()
    assert table == [(2,)]  # append-only


def test_a_silence_has_a_reason_and_an_end(desk: Desk) -> None:
    for why, until in ((" ", START + timedelta(days=1)), ("known", START)):
        with pytest.raises(ValueError, match=r"silence"):
            record.silence(
                desk.store, rule="r", key=None, until=until, reviewer="a", why=why, now=START
            )


def test_the_state_in_the_view(desk: Desk, rows: Any) -> None:
    desk.now = datetime.now(UTC)
    desk.holding = {"a": 1}
    desk.look()
    [row] = rows("SELECT * FROM alerts")
    assert (row["state"], row["rule"], row["count"]) == ("open", "r", 1)
    desk.holding = {}
    desk.later(minutes=1)
    desk.look()
    assert rows("SELECT state FROM alerts") == [{"state": "resolved"}]


# ---------------------------------------------------------------- any course of events


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with open_store(tmp_path_factory.mktemp("w") / "w.duckdb", threads=1) as store:
        yield store


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["look", "look", "ack", "silence", "lift"]),
        st.integers(0, 30),
        st.dictionaries(st.sampled_from("abc"), st.sampled_from([1.0, 1.5, 2.0, 8.0]), max_size=3),
    ),
    max_size=12,
)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_any_course(shared: Store, monkeypatch: pytest.MonkeyPatch, steps: Any) -> None:
    """One alert at most holds for a subject; what is told follows from the rules of the rule."""
    for table in ("alerts", "alert_events", "alert_silences", "alert_acknowledgements"):
        shared.connection.execute(f"DELETE FROM base.{table}")
    desk = Desk(shared, monkeypatch)
    told_at: dict[str, datetime] = {}
    for what, hours, holding in steps:
        desk.later(hours=hours)
        held = record.listed(shared, desk.now, state="held")
        if what == "ack" and held:
            record.acknowledge(shared, held[0]["alert_id"], "asma", desk.now)
        elif what == "silence":
            until = desk.now + timedelta(hours=20)
            record.silence(
                shared, rule="r", key="a", until=until, reviewer="a", why="w", now=desk.now
            )
        elif what == "lift":
            for row in record.silences(shared, desk.now):
                record.lift(shared, str(row["silence_id"]), "asma", desk.now)
        elif what == "look":
            desk.holding = holding
            silenced = bool(record.silences(shared, desk.now))
            desk.look()
            assert desk.look() == {}  # done twice it comes to the same
            found = record.listed(shared, desk.now, state="held")
            assert sorted(row["key"] for row in found) == sorted(holding)
            for row in found:
                if row["notified_at"] == desk.now:
                    assert not (silenced and row["key"] == "a")
                    told_at[row["key"]] = desk.now
                elif row["state"] == "open":
                    assert row["notified_at"] is not None
                    assert desk.now - row["notified_at"] < timedelta(days=1)
                    assert row["measure"] < 2 * row["notified_measure"]
    [events] = shared.connection.sql(
        "SELECT count(*), count(DISTINCT event_id) FROM base.alert_events"
    ).fetchall()
    assert events[0] == events[1]


# ---------------------------------------------------------------- deliveries


def tried(delivery: Any, outcome: str, moment: datetime) -> dict[str, str]:
    return {
        "delivery_id": delivery["delivery_id"],
        "tried_at": moment.isoformat(),
        "outcome": outcome,
        "detail": "HTTP 1",
    }


def test_a_delivery_stays_until_it_has_arrived(desk: Desk) -> None:
    desk.holding = {"a": 1}
    desk.look()
    assert plan(desk.store, [TEAM], desk.now) == 1
    assert plan(desk.store, [TEAM], desk.now) == 0
    [first] = due(desk.store, ["team"], desk.now)
    [again] = due(desk.store, ["team"], desk.now)
    assert first == again
    [event] = first["events"]
    assert (event["rule"], event["event"], event["subject"]) == ("r", "raised", {"run": "a"})
    attempted(desk.store, [tried(first, "delivered", desk.now)])
    attempted(desk.store, [tried(first, "delivered", desk.now)])
    assert due(desk.store, ["team"], desk.now) == []
    assert outstanding(desk.store) == []
    assert len(record.history(desk.store, event["alert_id"])) == 2


def test_a_receiver_that_is_down_is_tried_later_and_then_told_all_at_once(desk: Desk) -> None:
    desk.holding = {"a": 1}
    desk.look()
    plan(desk.store, [TEAM], desk.now)
    [first] = due(desk.store, ["team"], desk.now)
    for number in range(9):
        attempted(desk.store, [tried(first, "failed", desk.now)])
        wait = min(timedelta(seconds=30) * 2**number, LONGEST_WAIT)
        desk.later(seconds=wait.total_seconds() - 1)
        assert due(desk.store, ["team"], desk.now) == []
        desk.later(seconds=1)
        assert len(due(desk.store, ["team"], desk.now)) == 1
    desk.holding |= {"b": 1, "c": 1, "d": 1}
    desk.look()
    assert plan(desk.store, [TEAM], desk.now) == 0  # it waits
    attempted(desk.store, [tried(first, "delivered", desk.now)])
    assert plan(desk.store, [TEAM], desk.now) == 1
    [digest] = due(desk.store, ["team"], desk.now)
    assert sorted(event["subject"]["run"] for event in digest["events"]) == ["b", "c", "d"]


def test_what_was_refused_is_not_sent_again_and_holds_nothing_up(desk: Desk) -> None:
    desk.holding = {"a": 1, "b": 1}
    desk.look()
    assert plan(desk.store, [TEAM], desk.now) == 2
    first, second = due(desk.store, ["team"], desk.now)
    attempted(desk.store, [tried(first, "refused", desk.now)])
    assert due(desk.store, ["team"], desk.now) == [second]
    with pytest.raises(ValueError, match="none of delivered"):
        attempted(desk.store, [tried(second, "lost", desk.now)])


def test_only_who_wants_it_is_told_that_it_is_over(desk: Desk) -> None:
    desk.rule = replace(RULE, routes=("team", "all"))
    desk.holding = {"a": 1}
    desk.look()
    desk.holding = {}
    desk.later(minutes=1)
    desk.look()
    receivers = [TEAM, Receiver("all", resolved=True), Receiver("stranger")]
    assert plan(desk.store, receivers, desk.now) == 3
    found = due(desk.store, ["team", "all", "stranger"], desk.now)
    told = {(each["route"], event["event"]) for each in found for event in each["events"]}
    assert told == {("team", "raised"), ("all", "raised"), ("all", "resolved")}


def test_a_failure_leaves_nothing_half_done(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise duckdb.Error("the disk is full")

    desk.holding = {"a": 1}
    with monkeypatch.context() as patched:
        patched.setattr(evaluating, "_keep_rules", fail)
        with pytest.raises(duckdb.Error):
            desk.look()
    assert desk.states() == {}
    assert desk.look() == {"raised": 1}
