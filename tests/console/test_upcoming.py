"""The next items, looked up once for all who ask within some seconds."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ops.console.upcoming import MOST, SECONDS, Upcoming
from tests.console.reviewing import Bench, flag, post
from warehouse.review import finding
from warehouse.review.finding import FOR_MODERATORS, Filter, find_next

WANTED = Filter(states=FOR_MODERATORS)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    made = Bench(tmp_path_factory.mktemp("upcoming") / "w.duckdb")
    made.land(
        *(
            post(n, f"text {n}", flag(severity=3 if n < 3 else 1, probability=0.9 - n / 100))
            for n in range(1, 7)
        )
    )
    yield made
    made.close()


@pytest.fixture
def now() -> list[float]:
    return [0.0]


@pytest.fixture
def upcoming(shared: Bench, now: list[float]) -> Upcoming:
    return Upcoming(shared.store, clock=lambda: now[0])


def first(upcoming: Upcoming, *claimed: int, by: str = "ada", rest: int | None = None) -> list[int]:
    return upcoming.first(WANTED, reviewer=by, claimed=claimed, rest=rest)


def exact(bench: Bench, *claimed: int, by: str = "ada", rest: int | None = None) -> list[int]:
    found = find_next(bench.store, WANTED, reviewer=by, claimed=claimed, rest=rest)
    return [one.item_no for one in found]


def test_it_is_what_a_look_into_the_queue_says(shared: Bench, upcoming: Upcoming) -> None:
    every = first(upcoming)
    assert every == exact(shared)
    assert len(every) == 6
    assert first(upcoming, every[0], every[2]) == exact(shared, every[0], every[2])
    assert first(upcoming, rest=3) == exact(shared, rest=3) != every


def test_the_queue_is_asked_once(
    upcoming: Upcoming, now: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    first(upcoming)
    monkeypatch.setattr(finding.Store, "rows", None)
    assert len(first(upcoming, by="ben")) == 6
    now[0] = SECONDS
    with pytest.raises(TypeError):
        first(upcoming)


def test_what_was_touched_is_passed_over_until_the_queue_is_read_again(
    upcoming: Upcoming, now: list[float]
) -> None:
    every = first(upcoming)
    upcoming.touched(every[:2])
    assert first(upcoming) == every[2:]
    now[0] = 2 * SECONDS
    assert first(upcoming) == every[2:]
    now[0] += 0.1
    assert first(upcoming) == every


def test_where_all_that_is_kept_is_taken_the_queue_is_asked(
    shared: Bench, upcoming: Upcoming
) -> None:
    every = first(upcoming)
    upcoming.touched(every)
    assert first(upcoming) == exact(shared) == every
    assert len(every) < MOST


def test_who_has_spoken_is_given_others(shared: Bench, upcoming: Upcoming) -> None:
    item_no = first(upcoming)[0]
    shared.run("UPDATE base.items SET wanted = 2 WHERE item_no = $item_no", item_no=item_no)
    shared.decide(item_no, "confirm", by="cyd")
    assert item_no not in Upcoming(shared.store).first(
        WANTED, reviewer="cyd", claimed=(), rest=None
    )
    assert item_no in Upcoming(shared.store).first(WANTED, reviewer="ben", claimed=(), rest=None)
