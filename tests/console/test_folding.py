"""Flags are folded into items: near-copies with the same flags are one question."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.console.reviewing import FAR, Bench, alone, flag, post, slow
from warehouse.review import folding
from warehouse.review.rules import Rules
from warehouse.store import open_store

#: Its multiples are far from each other.
ODD = 0x9E37_79B9_7F4A_7C15


@pytest.fixture(scope="module")
def shared(tmp_path_factory: Any) -> Iterator[Bench]:
    made = Bench(tmp_path_factory.mktemp("folding") / "w.duckdb")
    yield made
    made.close()


def parts(bench: Bench) -> list[set[int]]:
    """Which messages are together, in the order of items."""
    return [{number for _, number, _ in item["members"]} for item in bench.items().values()]


def test_equal_texts_are_one_item_whatever_the_channel(bench: Bench) -> None:
    bench.land(
        post(1, "same", flag(), print_=5, views=10),
        post(2, "same", flag(), print_=5, channel="tg:2", views=20),
        post(3, "other", flag(), print_=FAR[1]),
    )
    items = bench.items()
    assert [item["members"] for item in items.values()] == [
        [("tg:1", 1, "same"), ("tg:2", 2, "same")],
        [("tg:1", 3, "other")],
    ]
    first = items[min(items)]
    assert (first["copies"], first["reach"], len(first["channels"])) == (2, 30, 2)


@pytest.mark.parametrize(("print_", "together"), [(1, True), (7, True), (15, False)])
def test_copies_differ_in_at_most_three_bits(bench: Bench, print_: int, together: bool) -> None:
    bench.land(post(1, "a", flag(), print_=0), post(2, "b", flag(), print_=print_))
    assert (bench.item_of(1) == bench.item_of(2)) is together


@pytest.mark.parametrize("bits", [(0, 20, 40), (15, 16, 63), (47, 48, 31), (61, 62, 63)])
def test_the_bits_may_lie_anywhere(bench: Bench, bits: tuple[int, ...]) -> None:
    """They are looked up by quarters: three bits in three of them leave the fourth."""
    base = 0x0123_4567_89AB_CDEF
    print_ = base
    for bit in bits:
        print_ ^= 1 << bit
    bench.land(post(1, "a", flag(), print_=base))
    bench.land(post(2, "b", flag(), print_=print_))
    assert bench.item_of(1) == bench.item_of(2)


@pytest.mark.parametrize("most", [1, 2, 100])
def test_a_chain_is_cut_where_it_leaves_the_one_that_leads(bench: Bench, most: int) -> None:
    """a–b and b–c are near, a–c are not: c asks a question of its own, and d, near c, is in it."""
    chain = (0b0, 0b111, 0b111111, 0b111111111)
    bench.land(*(post(n, f"t{n}", flag(), print_=p) for n, p in enumerate(chain, 1)), fold=False)
    bench.fold(most)
    assert parts(bench) == [{1, 2}, {3, 4}]


@pytest.mark.parametrize("most", [1, 100])
def test_a_text_between_two_goes_to_the_nearer(bench: Bench, most: int) -> None:
    bench.land(
        post(1, "a", flag(), print_=0b0),
        post(2, "b", flag(), print_=0b11111),
        post(3, "c", flag(), print_=0b111),
        fold=False,
    )
    bench.fold(most)
    assert parts(bench) == [{1}, {2, 3}]


def test_other_flags_are_another_question(bench: Bench) -> None:
    bench.land(
        post(1, "t", flag(), print_=5),
        post(2, "t", flag(target="afghan_taliban"), print_=5),
        post(3, "t", flag(source="ttp", target="iskp"), print_=5),
        post(4, "t", alone("solicits_donation"), print_=5),
        post(5, "t", flag(), alone("solicits_donation"), print_=5),
        post(6, "t", alone("solicits_donation"), flag(), print_=5),
    )
    assert parts(bench) == [{1}, {2}, {3}, {4}, {5, 6}]


def test_without_a_fingerprint_only_the_same_text_is_a_copy(bench: Bench) -> None:
    bench.land(
        post(1, "same", flag()),
        post(2, "same", flag(), channel="tg:2"),
        post(3, "other", flag()),
    )
    assert parts(bench) == [{1, 2}, {3}]


def test_what_is_not_flagged_is_no_item(bench: Bench) -> None:
    bench.land(
        post(1, "clear", build_clear()),
        post(2, "to review", flag(status="review", probability=0.3)),
    )
    assert parts(bench) == [{2}]


def build_clear() -> dict[str, Any]:
    return alone("hostile", 0.1)


def test_an_edited_message_leaves_its_item_and_comes_back(bench: Bench) -> None:
    bench.land(post(1, "hostile", flag(), print_=5), post(2, "hostile", flag(), print_=5))
    item_no = bench.item_of(1)
    bench.land(post(1, "calm"))
    assert parts(bench) == [{2}]
    assert bench.items()[item_no]["copies"] == 1  # type: ignore[index]
    bench.land(post(1, "hostile", flag(), print_=5))
    assert bench.item_of(1) == bench.item_of(2) == item_no
    bench.land(post(1, "calm"), post(2, "calm"))
    assert bench.items() == {}


def test_scored_anew_with_the_same_flags_it_stays_in_its_item(bench: Bench) -> None:
    bench.land(post(1, "t", flag(), print_=5))
    before = bench.item(1)
    bench.land(post(1, "t", flag(probability=0.875), print_=5), model="model-2")
    after = bench.item(1)
    assert after["item_no"] == before["item_no"]
    assert (after["probability"], after["since"]) == (0.875, before["since"])


def test_scored_anew_with_other_flags_it_is_another_item(bench: Bench) -> None:
    bench.land(post(1, "t", flag(), print_=5), post(2, "t", flag(), print_=5))
    bench.land(post(1, "t", flag(), alone("claims_attack"), print_=5), model="model-2")
    assert parts(bench) == [{2}, {1}]
    bench.land(post(2, "t", build_clear(), print_=5), model="model-2")
    assert parts(bench) == [{1}]


def test_a_decided_flag_stays_decided_when_others_come_beside_it(bench: Bench) -> None:
    bench.land(post(1, "t", flag(), print_=5))
    bench.decide(bench.item(1)["item_no"], "confirm")
    bench.land(post(1, "t", flag(), alone("claims_attack"), print_=5), model="model-2")
    item = bench.item(1)
    assert bench.flag_states(item["item_no"]) == {
        "hostile:iskp>ttp": "decided",
        "claims_attack": "waiting",
    }
    assert item["state"] == "waiting"
    bench.land(post(1, "t", flag(), print_=5), model="model-3")
    assert bench.item(1)["state"] == "decided"


@pytest.mark.parametrize("most", [1, 2, 3, 100])
def test_a_new_model_folds_the_same_in_any_chunks(bench: Bench, most: int) -> None:
    """Who waits to be folded does not give its new flags to the item that it is to leave."""
    old, new = flag(), flag(target="afghan_taliban")
    texts = ((1, 0), (2, 0), (3, 1), (4, FAR[1]))
    bench.land(*(post(n, f"t{p}", old, print_=p) for n, p in texts))
    bench.land(*(post(n, f"t{p}", new, print_=p) for n, p in texts), model="model-2", fold=False)
    bench.fold(most)
    assert parts(bench) == [{1, 2, 3}, {4}]
    assert {item["signature"] for item in bench.items().values()} == {"hostile:iskp>afghan_taliban"}


@pytest.mark.parametrize("most", [1, 100])
def test_a_copy_with_other_flags_by_now_does_not_stand_in_the_way(bench: Bench, most: int) -> None:
    """A copy arrives while another one's new flags wait to be folded."""
    bench.land(post(1, "t", flag(), print_=5), post(2, "t", flag(), print_=5))
    item_no = bench.item_of(1)
    bench.land(post(2, "t", build_clear(), print_=5), model="model-2", fold=False)
    bench.land(post(3, "t", flag(), print_=5), post(4, "t", flag(), print_=5), fold=False)
    bench.run("DELETE FROM base.changed WHERE revision_no = 2")
    bench.fold(most)
    bench.run("INSERT INTO base.changed VALUES (2)")
    bench.fold(most)
    assert parts(bench) == [{1, 3, 4}]
    assert bench.item_of(1) == item_no


def test_killed_between_loading_and_folding_nothing_is_lost(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "w.duckdb")
    bench.land(post(1, "a", flag()), post(2, "b", flag()), post(3, "c", flag()), fold=False)
    assert folding.fold(bench.store, bench.rules, bench.clock(), most=2) == 2
    bench.close()
    bench.store = open_store(tmp_path / "w.duckdb", threads=1)
    bench.fold()
    assert parts(bench) == [{1}, {2}, {3}]
    bench.close()


def test_what_fails_while_folding_leaves_all_as_it_was(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.land(post(1, "a", flag()), fold=False)

    def fail(*_: object, **more: object) -> None:
        raise duckdb.IOException("no room")

    with monkeypatch.context() as patched:
        patched.setattr(folding, "settle", fail)
        with pytest.raises(duckdb.IOException, match="no room"):
            bench.fold()
    assert bench.items() == {}
    bench.fold()
    assert parts(bench) == [{1}]


@pytest.mark.parametrize("views", [-1, -5, 0, None, 2**62])
def test_no_number_of_views_stops_the_queue(bench: Bench, views: int | None) -> None:
    """A file may claim any number."""
    bench.land(
        post(1, "t", flag(), print_=5, views=views), post(2, "t", flag(), print_=5, views=views)
    )
    assert bench.item(1)["copies"] == 2


def test_who_is_in_which_item_outlives_new_rules(bench: Bench) -> None:
    bench.land(post(1, "a", flag()), post(2, "b", alone("solicits_donation")))
    first = bench.items()
    assert folding.keep_rules(bench.store, bench.rules, bench.clock())
    assert not folding.keep_rules(bench.store, bench.rules, bench.clock())
    assert bench.items() == first
    bench.rules = Rules(label_weights={"solicits_donation": 3.0}, double_labels=("hostile",))
    bench.clock.move(seconds=1)
    assert folding.keep_rules(bench.store, bench.rules, bench.clock())
    items = bench.items()
    assert [item["members"] for item in items.values()] == [
        item["members"] for item in first.values()
    ]
    assert max(items, key=lambda number: items[number]["priority"]) == bench.item_of(2)
    assert {item["wanted"] for item in items.values()} == {1}
    assert {item["state"] for item in items.values()} == {"waiting"}


def test_two_reviews_are_wanted_as_the_rules_say(tmp_path: Path) -> None:
    rules = Rules(double_labels=("claims_attack",), double_severity=3)
    bench = Bench(tmp_path / "w.duckdb", rules)
    bench.land(
        post(1, "a", flag(severity=2)),
        post(2, "b", flag(severity=3)),
        post(3, "c", alone("claims_attack")),
        post(4, "d", alone("solicits_donation")),
    )
    assert [item["wanted"] for item in bench.items().values()] == [1, 2, 2, 1]
    bench.rules = Rules(double_share=0.25)
    bench.land(*(post(n, f"text {n}", flag(), print_=n * ODD % 2**64) for n in range(10, 210)))
    drawn = [item["wanted"] for number, item in bench.items().items() if number > 4]
    assert 25 <= drawn.count(2) <= 75
    bench.close()


# ---------------------------------------------------------------- any sequence of landings

NUMBERS = count(1)
#: Few fingerprints, many of them near: chains and crowds occur.
PRINTS = st.sampled_from([0, 1, 3, 7, 15, 31, 63, 0b111000, 0b1011, *FAR, FAR[1] ^ 5])
#: (message, fingerprint, which of its flags there are).
LANDED = st.tuples(st.integers(1, 6), PRINTS, st.sampled_from(["", "a", "b", "ab"]))
STEPS = st.lists(st.lists(LANDED, min_size=1, max_size=6, unique_by=lambda one: one[0]), max_size=3)


def play(bench: Bench, steps: list[list[tuple[int, int, str]]], mosts: list[int]) -> list[Any]:
    """Land each step and fold it in chunks of its own; the parts that come of it.

    The labels are new ones, so that nothing folds with what came before.
    """
    name = next(NUMBERS)
    channel = f"tg:{name}"
    for number, landed in enumerate(steps):
        bench.land(
            *(
                post(
                    message_id,
                    f"{name} says {print_}",
                    *(alone(f"{letter}{name}") for letter in letters),
                    print_=print_,
                    channel=channel,
                )
                for message_id, print_, letters in landed
            ),
            model=f"model-{number}",
            fold=False,
        )
        if mosts[number]:
            bench.fold(mosts[number])
    bench.fold(mosts[-1] or 1)
    check(bench, channel)
    return sorted(
        sorted(members)
        for item in bench.items().values()
        if (members := [(m, t.partition(" ")[2]) for c, m, t in item["members"] if c == channel])
    )


def check(bench: Bench, channel: str) -> None:
    """Every current revision that is flagged is in just one item, with the same flags, near."""
    wrong = bench.sql(
        "WITH wanted AS (SELECT f.revision_no, string_agg(DISTINCT base.flag_key(label, source, "
        "target), ' ' ORDER BY base.flag_key(label, source, target)) AS signature "
        "FROM base.flags f JOIN base.channels USING (channel_no) "
        "LEFT JOIN base.standings s USING (revision_no) "
        "WHERE channel_key = $channel AND s.state IS DISTINCT FROM 'superseded' GROUP BY ALL), "
        "held AS (SELECT m.revision_no, i.signature, bit_count(xor(i.fingerprint, r.fingerprint)) "
        "AS distance, i.item_no FROM base.item_members m JOIN base.channels USING (channel_no) "
        "LEFT JOIN base.items i USING (item_no) JOIN base.revisions r "
        "ON r.revision_no = m.revision_no WHERE channel_key = $channel) "
        "SELECT * FROM wanted w FULL JOIN held h USING (revision_no) WHERE w.signature IS NULL "
        "OR h.signature IS NULL OR w.signature <> h.signature OR distance > 3 OR (SELECT count(*) "
        "FROM held again WHERE again.revision_no = h.revision_no) <> 1",
        channel=channel,
    )
    assert wrong == []
    counts = bench.sql(
        "SELECT i.item_no FROM base.items i LEFT JOIN (SELECT item_no, count(*) AS held FROM "
        "base.item_members GROUP BY item_no) USING (item_no) WHERE i.copies IS DISTINCT FROM held"
    )
    assert counts == []


@settings(slow, max_examples=5)
@given(STEPS, st.lists(st.integers(0, 4), min_size=5, max_size=5))
def test_any_landings_in_any_chunks_part_what_is_flagged(
    shared: Bench, steps: list[list[tuple[int, int, str]]], mosts: list[int]
) -> None:
    play(shared, steps, mosts)


#: Messages that each come once: (fingerprint, flags).
ARRIVALS = st.lists(st.tuples(PRINTS, st.sampled_from(["a", "a", "b"])), min_size=1, max_size=14)


@settings(slow, max_examples=5)
@given(ARRIVALS, st.integers(1, 5))
def test_chunks_make_the_same_items_as_the_whole(
    shared: Bench, arrivals: list[tuple[int, str]], most: int
) -> None:
    step = [(number, *arrival) for number, arrival in enumerate(arrivals, 1)]
    assert play(shared, [step], [most] * 5) == play(shared, [step], [1_000] * 5)
