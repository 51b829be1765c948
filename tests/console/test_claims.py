"""An item is with one reviewer at a time, for ten minutes, whatever happens to the process."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ops.console.claims import Claims

NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)
TEN = timedelta(minutes=10)


@pytest.fixture
def claims(tmp_path: Path) -> Iterator[Claims]:
    made = Claims(tmp_path / "claims", TEN)
    yield made
    made.close()


def test_one_has_it_for_ten_minutes(claims: Claims) -> None:
    claim = claims.take(1, "ada", NOW)
    assert claim is not None
    assert claim.until == NOW + TEN
    just_before = NOW + TEN - timedelta(microseconds=1)
    assert claims.take(1, "ben", just_before) is None
    assert claims.holder(1, just_before) == claim
    assert claims.holder(1, NOW + TEN) is None
    later = claims.take(1, "ben", NOW + TEN)
    assert later is not None
    assert later.reviewer == "ben"
    assert claims.take(1, "ada", NOW + TEN) is None


def test_it_can_be_claimed_for_longer(claims: Claims) -> None:
    claims.take(1, "ada", NOW)
    claims.take(1, "ada", NOW + TEN / 2)
    assert claims.take(1, "ben", NOW + TEN) is None
    assert claims.take(1, "ben", NOW + 1.5 * TEN) is not None


def test_it_can_be_given_back(claims: Claims) -> None:
    for number in (1, 2, 3):
        claims.take(number, "ada", NOW)
    claims.take(4, "ben", NOW)
    claims.release("ada", but=2)
    assert [claim.item_no for claim in claims.of("ada", NOW)] == [2]
    assert set(claims.held(NOW)) == {2, 4}
    assert set(claims.held(NOW, but="ada")) == {4}
    claims.release("ada")
    assert claims.of("ada", NOW) == []
    assert claims.take(2, "ben", NOW) is not None


def test_the_first_that_is_free_takes_the_place_of_the_one_before(claims: Claims) -> None:
    claims.take(1, "ben", NOW)
    claims.take(7, "ada", NOW)
    claim = claims.take_first([1, 2, 3], "ada", NOW)
    assert claim is not None
    assert claim.item_no == 2
    assert [one.item_no for one in claims.of("ada", NOW)] == [2]
    assert claims.take_first([1], "ada", NOW) is None
    assert [one.item_no for one in claims.of("ada", NOW)] == [2]


def test_claims_outlive_the_process(tmp_path: Path) -> None:
    first = Claims(tmp_path / "claims", TEN)
    first.take(1, "ada", NOW)
    first.take(2, "ben", NOW)
    first.take(3, "ada", NOW)
    first.take(3, "cem", NOW + TEN)
    first.release("ben")
    # Not closed: as if it were killed.
    second = Claims(tmp_path / "claims", TEN)
    assert second.take(1, "ben", NOW) is None
    assert second.take(2, "cem", NOW) is not None
    assert second.holder(3, NOW + TEN) == first.holder(3, NOW + TEN)
    for made in (first, second):
        made.close()


def test_what_has_expired_is_forgotten(claims: Claims, tmp_path: Path) -> None:
    claims.take(1, "ada", NOW)
    assert claims.held(NOW + TEN) == {}
    again = Claims(tmp_path / "claims", TEN)
    assert again.held(NOW) == {}
    again.close()


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["take", "take", "first", "release", "wait"]),
            st.sampled_from(["ada", "ben", "cem"]),
            st.integers(1, 3),
        ),
        max_size=30,
    )
)
def test_never_with_two(steps: list[tuple[str, str, int]]) -> None:
    claims = Claims(Path(":memory:"), TEN)
    now = NOW
    held: dict[int, tuple[str, datetime]] = {}
    for kind, who, number in steps:
        if kind == "wait":
            now += timedelta(minutes=4 * number)
        elif kind == "release":
            claims.release(who)
            held = {n: claim for n, claim in held.items() if claim[0] != who}
        else:
            wanted = [number] if kind == "take" else [number, 1, 2, 3]
            free = [n for n in wanted if n not in held or held[n][0] == who or held[n][1] <= now]
            if kind == "take":
                claim = claims.take(number, who, now)
            else:
                claim = claims.take_first(wanted, who, now)
            assert (claim.item_no if claim else None) == (free[0] if free else None)
            if claim is not None:
                if kind == "first":
                    held = {n: one for n, one in held.items() if one[0] != who}
                held[claim.item_no] = (who, now + TEN)
        for n in (1, 2, 3):
            holder = claims.holder(n, now)
            expected = held[n] if n in held and held[n][1] > now else None
            assert (holder and (holder.reviewer, holder.until)) == expected
    claims.close()


def test_never_with_two_threads(claims: Claims) -> None:
    """Twelve reviewers take from one list at once: each has another item."""
    got: dict[str, int] = {}
    start = threading.Barrier(12)

    def work(name: str) -> None:
        start.wait()
        claim = claims.take_first(range(40), name, NOW)
        assert claim is not None
        got[name] = claim.item_no

    threads = [threading.Thread(target=work, args=(f"r{n}",)) for n in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(got.values()) == list(range(12))
    assert {item: claim.reviewer for item, claim in claims.held(NOW).items()} == {
        item: name for name, item in got.items()
    }


def test_what_is_decided_together_is_given_to_nobody_meanwhile(claims: Claims) -> None:
    claims.take(1, "ben", NOW)
    claims.take(2, "lena", NOW)
    claims.take(3, "ada", NOW - TEN)  # has run out
    with claims.together([1, 2, 3, 4], "lena", NOW) as taken:
        assert taken == {2, 3, 4}
        assert claims.take_first([2, 3, 4], "ben", NOW) is None
        assert claims.take(4, "lena", NOW) is None  # in another window
        assert claims.take(1, "ben", NOW) is not None
        claims.release("lena")
        assert claims.take(2, "ben", NOW) is None
        holder = claims.holder(4, NOW)
        assert holder is not None
        assert holder.reviewer == "lena"
        assert set(claims.held(NOW, but="ben")) == {2, 3, 4}
        assert claims.of("lena", NOW) == []
    assert claims.take(4, "ben", NOW) is not None


def test_it_is_let_go_of_when_deciding_fails(claims: Claims) -> None:
    claims.take(2, "lena", NOW)
    with pytest.raises(OSError, match="disk"), claims.together([1, 2], "lena", NOW):
        raise OSError("disk")
    assert claims.take(1, "ben", NOW) is not None
    assert [claim.item_no for claim in claims.of("lena", NOW)] == [2]
