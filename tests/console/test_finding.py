"""Items are found by every filter, alone and together, and come in the order of their priority."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.console.reviewing import Bench, alone, flag, post
from warehouse.review.finding import (
    OPEN,
    STATES,
    Filter,
    facets,
    find,
    find_next,
    listed,
    numbered,
    waiting,
    with_states,
)
from warehouse.review.rules import Rules

RULES = Rules(
    label_weights={"solicits_donation": 2.0},
    severity_weights={1: 1.0, 2: 1.5, 3: 3.0},
    double_labels=("claims_attack",),
)
DAY = datetime(2024, 1, 1, tzinfo=UTC)


def next_numbers(*given: Any, **more: Any) -> list[int]:
    return [one.item_no for one in find_next(*given, **more)]


def at(day: float) -> dict[str, Any]:
    return {"sent_at": DAY + timedelta(days=day)}


POSTS = (
    post(1, "alpha beta", flag(severity=1, frames=["apostasy"]), print_=1, **at(0)),
    post(2, "alpha beta", flag(severity=1, frames=["apostasy"]), print_=1, channel="tg:2", **at(9)),
    post(3, "beta gamma", flag(target="afghan_taliban", severity=3), language="ps", **at(1)),
    post(4, "gamma", flag(source=None, frames=["other", "fraud"]), language="ps", **at(2)),
    post(5, "alpha", alone("solicits_donation", routes=["crypto", "cash"]), **at(3)),
    post(6, "delta", alone("solicits_donation"), flag(severity=2), channel="tg:3", **at(4)),
    post(7, "beta alpha", alone("claims_attack"), language="ur", channel="tg:2", **at(5)),
    post(8, "gamma delta", alone("claims_attack"), language="ur", **at(6)),
    post(9, "alpha gamma", alone("claims_attack"), channel="tg:3", **at(7)),
    post(10, "zeta", flag(status="review", probability=0.25), **at(8)),
    post(11, "eta", flag(source="ttp", target="pakistan_state"), views=500, sent_at=None),
    post(12, "alpha theta", flag("hostile", severity=3), language="ps", channel="tg:3", **at(300)),
)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: Any) -> Iterator[Bench]:
    made = Bench(tmp_path_factory.mktemp("finding") / "w.duckdb", RULES)
    made.land(*POSTS[:6])
    made.land(*POSTS[6:])
    made.decide(min(of(made, 7)), "confirm", "ada")  # second
    made.decide(min(of(made, 8)), "confirm", "ada")
    made.decide(min(of(made, 8)), "reject", "ben")  # adjudication
    made.decide(min(of(made, 9)), "escalate", "ada")
    made.decide(min(of(made, 4)), "reject", "ada")  # decided
    made.decide(min(of(made, 3)), "skip", "ben")
    yield made
    made.close()


def of(bench: Bench, *messages: int) -> set[int]:
    numbers = {bench.item_of(number, POSTS[number - 1][0]["channel_key"]) for number in messages}
    return {number for number in numbers if number is not None}


def numbers(bench: Bench, wanted: Filter) -> list[int]:
    return [row["item_no"] for row in find(bench.store, wanted, limit=100).rows]


# ---------------------------------------------------------------- filters


def keeps(wanted: Filter, bench: Bench, item: dict[str, Any]) -> bool:
    """Whether an item is under a filter, in plain words."""
    members = [
        (message, answer)
        for message, answer in POSTS
        if (message["channel_key"], message["message_id"])
        in {(channel, number) for channel, number, _ in item["members"]}
    ]
    scores = [score for _, answer in members for score in answer["scores"]]
    sent = [message["sent_at"] or loaded(bench) for message, _ in members]

    def any_is(name: str, value: str | None) -> bool:
        return value is None or any(
            value in score[name] if name in ("frames", "routes") else score.get(name) == value
            for score in scores
        )

    return (
        item["state"] in wanted.states
        and any_is("label", wanted.label)
        and any_is("source", wanted.source)
        and any_is("target", wanted.target)
        and any_is("frames", wanted.frame)
        and any_is("routes", wanted.route)
        and wanted.language in (None, members[0][1]["language"])
        and wanted.channel in (None, *(message["channel_key"] for message, _ in members))
        and (wanted.start is None or max(sent) >= wanted.start)
        and (wanted.end is None or min(sent) < wanted.end)
        and all(word in members[0][0]["text"] for word in (wanted.text or "").split())
    )


def loaded(bench: Bench) -> datetime:
    found: datetime = bench.sql("SELECT max(loaded_at) AS at FROM base.batches")[0]["at"]
    return found


def maybe(*values: Any) -> st.SearchStrategy[Any]:
    return st.sampled_from([None, None, *values])


FILTERS = st.builds(
    Filter,
    states=st.sampled_from([OPEN, OPEN, STATES, ("decided",), ("waiting", "second")]),
    label=maybe("hostile", "solicits_donation", "claims_attack", "none"),
    language=maybe("en", "ps", "ur", "xx"),
    source=maybe("iskp", "ttp"),
    target=maybe("ttp", "afghan_taliban", "iskp"),
    channel=maybe("tg:1", "tg:2", "tg:3", "tg:9"),
    frame=maybe("apostasy", "fraud"),
    route=maybe("crypto", "cash"),
    start=maybe(DAY + timedelta(days=1), DAY + timedelta(days=5)),
    end=maybe(DAY + timedelta(days=1), DAY + timedelta(days=7)),
    text=maybe("alpha", "beta gamma", "eta", "a b", "nowhere"),
)
#: Each filter alone, every value of it.
SINGLE = (
    [Filter(states=(state,)) for state in STATES]
    + [Filter(label=value) for value in ("hostile", "solicits_donation", "claims_attack", "x")]
    + [Filter(language=value) for value in ("en", "ps", "ur")]
    + [Filter(source=value) for value in ("iskp", "ttp", "unknown")]
    + [Filter(target=value) for value in ("ttp", "afghan_taliban", "pakistan_state")]
    + [Filter(channel=value) for value in ("tg:1", "tg:2", "tg:3", "tg:9", "' OR 1=1 --")]
    + [Filter(frame=value) for value in ("apostasy", "fraud", "other")]
    + [Filter(route=value) for value in ("crypto", "cash", "bank")]
    + [Filter(start=DAY + timedelta(days=day)) for day in (0, 5, 9, 10, 301)]
    + [Filter(end=DAY + timedelta(days=day)) for day in (0, 1, 5, 301)]
    + [Filter(text=text) for text in ("alpha", "alpha beta", "beta alpha", "et", "%", "_", "'")]
)


def test_every_filter_alone(shared: Bench) -> None:
    items = shared.items()
    found_any = 0
    for wanted in SINGLE:
        expected = {number for number, item in items.items() if keeps(wanted, shared, item)}
        assert set(numbers(shared, wanted)) == expected, wanted
        found_any += bool(expected)
    assert found_any > 25


@settings(max_examples=60)
@given(FILTERS)
def test_filters_together(shared: Bench, wanted: Filter) -> None:
    items = shared.items()
    expected = [item for item in items.values() if keeps(wanted, shared, item)]
    found = find(shared.store, wanted, limit=100)
    assert {row["item_no"] for row in found.rows} == {item["item_no"] for item in expected}
    assert found.items == len(expected)
    assert found.messages == sum(item["copies"] for item in expected)
    order = [items[row["item_no"]]["priority"] for row in found.rows]
    assert order == sorted(order, reverse=True)
    # Whoever is given one of them is given it by the same filter.
    given_ = next_numbers(shared.store, wanted, reviewer="new", claimed=(), limit=100)
    assert given_ == [row["item_no"] for row in found.rows]


def test_since_is_when_it_came_to_the_queue(shared: Bench) -> None:
    items = shared.items()
    since = max(item["since"] for item in items.values())
    later = {number for number, item in items.items() if item["since"] >= since}
    assert set(numbers(shared, Filter(states=STATES, since=since))) == later
    assert later == of(shared, 7, 8, 9, 10, 11, 12)


def test_states_of_a_filter_are_narrowed_to_those_of_a_role() -> None:
    assert with_states(Filter(), ("second", "decided")).states == ("second",)
    assert with_states(Filter(states=("decided",)), OPEN).states == ()


# ---------------------------------------------------------------- search


@pytest.mark.parametrize(
    ("text", "search"),
    [
        ("علي", "علی"),
        ("علی", "علي"),
        ("موسى", "موسی"),
        ("كتاب", "کتاب"),
        ("کتاب", "كتاب"),
        ("ګټه", "گټه"),
        ("یہ", "یه"),
        ("خانۀ ما", "خانه"),
        ("خانه ما", "خانۀ"),
        ("جامعة", "جامعه"),
        ("بھائی", "بهایی"),
        ("آزادی", "ازادی"),
        ("أمير مؤمن", "امیر مومن"),
        ("كَتَبَ", "کتب"),
        ("کتب", "كَتَبَ"),
        ("می‌شود", "میشود"),
        ("میشود", "می‌شود"),
        ("خـــوارج", "خوارج"),
        ("خ\u200fو\u2069ا\ufeffرج", "خوارج"),
        ("Élan VITAL", "elan vital"),
        ("elan vital", "ÉLAN"),
        ("ستړې", "ستړی"),
        ("one two three four five", "five one"),
    ],
)
def test_a_search_does_not_tell_letters_apart_that_writers_do_not(
    shared: Bench, text: str, search: str
) -> None:
    found = shared.sql(
        "SELECT list_bool_and([contains(base.searched($text), word) FOR word IN "
        "string_split(base.searched($search), ' ')]) AS found",
        text=text,
        search=search,
    )
    assert found == [{"found": True}], ascii(text)


@pytest.mark.parametrize(("text", "search"), [("کتاب", "کباب"), ("تور", "طور"), ("ab", "ba")])
def test_other_letters_are_others(shared: Bench, text: str, search: str) -> None:
    found = shared.sql(
        "SELECT contains(base.searched($text), base.searched($search)) AS found",
        text=text,
        search=search,
    )
    assert found == [{"found": False}]


# ---------------------------------------------------------------- pages and order


def test_pages_hold_every_item_once(shared: Bench) -> None:
    wanted = Filter(states=STATES)
    whole = numbers(shared, wanted)
    paged = [
        row["item_no"]
        for offset in range(0, 20, 3)
        for row in find(shared.store, wanted, limit=3, offset=offset).rows
    ]
    assert paged == whole
    assert set(whole) == set(shared.items())
    assert find(shared.store, wanted, limit=3, offset=900).rows == []


def test_items_by_number_come_in_the_same_order(shared: Bench) -> None:
    whole = numbers(shared, Filter(states=STATES))
    assert [row["item_no"] for row in numbered(shared.store, sorted(whole))] == whole
    assert set(listed(shared.store, [*whole, 10**6])) == set(whole)


def test_equal_priorities_have_an_order_all_the_same(bench: Bench) -> None:
    bench.land(*(post(n, f"t{n}", flag(), **at(0)) for n in range(9)))
    found = numbers(bench, Filter())
    assert found == sorted(found)


LEAST = {"severity": 1, "probability": 0.5}


@pytest.mark.parametrize(
    ("more", "factor"),
    [
        ({}, 1.0),
        ({"probability": 1.0}, 2.0),
        ({"severity": 2}, 1.5),
        ({"severity": 3}, 3.0),
        ({"label": "solicits_donation"}, 2.0),
        ({"status": "review"}, 0.5),
        ({"views": 99}, 100**0.3),
        ({"days": 7}, 2.0),
        ({"days": -14}, 0.25),
    ],
)
def test_each_factor_moves_the_priority_as_documented(
    shared: Bench, more: dict[str, Any], factor: float
) -> None:
    """Against an item that differs in nothing else."""
    number = 1000 + int(factor * 1000) + len(more)
    prints = (number * 0x9E37_79B9_7F4A_7C15 % 2**64, number * 0xC2B2_AE3D_27D4_EB4F % 2**64)
    facts = dict(more)
    days, views = facts.pop("days", 0), facts.pop("views", None)
    score = flag(**(LEAST | {"source": f"s{number}"} | facts))
    plain = flag(**LEAST, source=f"t{number}")
    shared.land(
        post(number, "a", plain, print_=prints[0], **at(100)),
        post(number + 1, "b", score, print_=prints[1], views=views, **at(100 + days)),
    )
    difference = shared.item(number + 1)["priority"] - shared.item(number)["priority"]
    assert math.isclose(difference, math.log(factor), abs_tol=1e-6)
    shared.run("DELETE FROM base.items WHERE item_no > 11")
    shared.run("DELETE FROM base.item_members WHERE item_no > 11")


def test_the_most_urgent_flag_and_all_copies_count(bench: Bench) -> None:
    bench.rules = RULES
    bench.land(
        post(1, "a", flag(severity=3), alone("solicits_donation"), print_=0, **at(0)),
        post(2, "b", flag(severity=3), print_=0, views=9, **at(0)),
        post(3, "b", flag(severity=3), print_=0, views=90, channel="tg:2", **at(7)),
    )
    first, second = bench.item(1), bench.item(2)
    expected = math.log(2 * 100**0.3)  # a week later and seen 99 times; the same severity
    assert math.isclose(second["priority"] - first["priority"], expected, abs_tol=1e-6)
    assert (second["reach"], second["copies"], second["probability"]) == (99, 2, 0.75)


def test_the_order_does_not_change_by_waiting(bench: Bench) -> None:
    bench.land(*(post(n, f"t{n}", flag(probability=n / 20), **at(n * 3)) for n in range(1, 9)))
    before = {number: item["priority"] for number, item in bench.items().items()}
    bench.clock.move(days=400)
    bench.run("INSERT INTO base.changed SELECT revision_no FROM base.revisions")
    bench.fold()
    assert {number: item["priority"] for number, item in bench.items().items()} == before


def test_a_date_in_the_future_is_no_way_to_the_top(bench: Bench) -> None:
    ahead = datetime.now(UTC) + timedelta(days=3650)
    bench.land(post(1, "a", flag(), sent_at=ahead), post(2, "b", flag(), sent_at=None))
    assert bench.item(1)["priority"] == bench.item(2)["priority"]


# ---------------------------------------------------------------- the next one


def test_what_is_claimed_or_spoken_on_is_passed_over(shared: Bench) -> None:
    def given_(reviewer: str, **more: Any) -> set[int]:
        return set(
            next_numbers(
                shared.store, Filter(), reviewer=reviewer, limit=99, **({"claimed": ()} | more)
            )
        )

    every = of(shared, 1, 3, 5, 6, 7, 8, 9, 10, 11, 12)
    assert given_("new") == every
    assert given_("ada") == every - of(shared, 7, 8, 9)
    assert given_("ben") == every - of(shared, 8, 3)
    claimed = list(of(shared, 1, 3))
    assert given_("new", claimed=claimed) == every - of(shared, 1, 3)
    assert given_("new", only=claimed[0]) == {claimed[0]}
    assert given_("new", only=claimed[0], claimed=claimed) == set()


def test_rest_puts_what_is_severe_last(shared: Bench) -> None:
    items = shared.items()
    plain = next_numbers(shared.store, Filter(), reviewer="new", claimed=(), limit=99)
    rested = next_numbers(shared.store, Filter(), reviewer="new", claimed=(), limit=99, rest=3)
    severe = of(shared, 3, 12)
    assert set(rested[-2:]) == severe
    assert set(plain[-2:]) != severe
    calm = [number for number in plain if number not in severe]
    assert rested == calm + [number for number in plain if number in severe]
    assert all(items[number]["severity"] < 3 for number in calm)


def test_what_waits_is_counted(shared: Bench) -> None:
    states = [item["state"] for item in shared.items().values()]
    found = waiting(shared.store)
    assert found.waiting == states.count("waiting") + states.count("second") == 8
    assert (found.escalated, found.adjudication) == (1, 1)
    open_ = [item["since"] for item in shared.items().values() if item["state"] != "decided"]
    assert found.oldest == min(open_)


def test_nothing_waits_in_an_empty_warehouse(bench: Bench) -> None:
    found = waiting(bench.store)
    assert (found.waiting, found.escalated, found.adjudication, found.oldest) == (0, 0, 0, None)
    assert facets(bench.store) == {}


def test_facets_count_open_items(shared: Bench) -> None:
    found = facets(shared.store)
    items = [item for item in shared.items().values() if item["state"] != "decided"]
    for facet, column in (("label", "labels"), ("target", "targets"), ("frame", "frames")):
        for value, count in found[facet]:
            assert count == sum(value in item[column] for item in items), (facet, value)
    assert dict(found["channel"]) == {"tg:1": 6, "tg:2": 2, "tg:3": 3}
    assert dict(found["state"])["decided"] == 1
