"""What is current and what is deleted does not depend on the order of loading."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from warehouse.store import Store

Rows = Callable[..., list[dict[str, Any]]]

BATCH = 3
numbers = itertools.count(1)


@dataclass(frozen=True)
class Snapshot:
    """One export: its place in time, the ids it covers, its items in order."""

    day: int
    covers: tuple[int, int] | None
    items: list[tuple[int, str]]
    unreadable: list[int | None]  # ids in quarantine; None where not even the id is known


def reference(snapshots: list[Snapshot]) -> set[tuple[int, str, bool]]:
    """The rules of deletion and of the latest revision, as plainly as they can be said."""
    ordered = sorted(snapshots, key=lambda snapshot: snapshot.day)
    answer = set()
    for message_id in {item for s in ordered for item, _ in s.items}:
        containing = [n for n, s in enumerate(ordered) if message_id in dict(s.items)]
        last = containing[-1]
        deleted = any(
            s.covers is not None
            and s.covers[0] <= message_id <= s.covers[1]
            and message_id not in s.unreadable
            and None not in s.unreadable
            for s in ordered[last + 1 :]
        )
        answer.add((message_id, dict(ordered[last].items)[message_id], deleted))
    return answer


ids = st.integers(1, 5)
snapshots = st.lists(
    st.builds(
        Snapshot,
        day=st.integers(1, 50),
        covers=st.none() | st.tuples(ids, ids).map(lambda pair: (min(pair), max(pair))),
        items=st.lists(st.tuples(ids, st.sampled_from("abc")), max_size=7),
        unreadable=st.lists(st.none() | ids, max_size=1),
    ),
    min_size=1,
    max_size=4,
    unique_by=lambda snapshot: snapshot.day,
)


def pieces(desk: Any, build: Any, key: str, snapshot: Snapshot) -> list[Callable[[], Any]]:
    """The hand-overs of one file: its batches, its quarantine, its report."""
    name = f"{key} day {snapshot.day}"
    rows = [build.message(item, text, key) for item, text in snapshot.items]
    made: list[Callable[[], Any]] = [
        lambda n=n: desk.batch(name, n, build.landing(rows[n * BATCH : (n + 1) * BATCH]))
        for n in range((len(rows) + BATCH - 1) // BATCH)
    ]
    if snapshot.unreadable:
        bad = [
            {"position": str(n), "reason": "bad", "channel_key": key, "message_id": item}
            for n, item in enumerate(snapshot.unreadable)
        ]
        made.append(lambda: desk.batch(name, 0, build.quarantined(bad), kind="quarantine"))
    first, last = snapshot.covers or (None, None)
    as_of = build.START + timedelta(days=snapshot.day)
    channel = build.channel(key, covers_from=first, covers_to=last, as_of=as_of)
    count = len(rows) + len(snapshot.unreadable)
    made.append(lambda: desk.report(name, [channel], count, len(snapshot.unreadable)))
    return made


@settings(
    max_examples=6,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # shrinking loads hundreds of files
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(snapshots=snapshots, data=st.data())
def test_any_order_gives_the_same(
    store: Store, desk: Any, rows: Rows, build: Any, snapshots: list[Snapshot], data: st.DataObject
) -> None:
    """Whole files in a drawn order, and their pieces all mixed up."""
    expected = reference(snapshots)
    files = data.draw(st.permutations(snapshots))
    for mixed in (False, True):
        key = f"tg:{next(numbers)}"
        work = [piece for snapshot in files for piece in pieces(desk, build, key, snapshot)]
        if mixed:
            work = data.draw(st.permutations(work))
        for piece in work:
            piece()
        assert store.load_inbox().rejected == ()
        assert heads(rows, key) == sorted(expected)
    assert store.check_run("run-1").adds_up
    rebuilt_from_nothing(store, rows)


def heads(rows: Rows, key: str) -> list[tuple[int, str, bool]]:
    found = rows("FROM messages WHERE channel_key = $key", key=key)
    return sorted((row["message_id"], row["text"], row["deleted"]) for row in found)


def rebuilt_from_nothing(store: Store, rows: Rows) -> None:
    """The standings kept up batch by batch are those that the sightings give at once."""
    from warehouse.sql import query

    kept = rows("FROM base.standings ORDER BY ALL")
    store.connection.begin()
    store.connection.execute("DELETE FROM base.standings")
    store.connection.execute(
        "CREATE OR REPLACE TEMP TABLE affected AS "
        "SELECT DISTINCT channel_no, message_id FROM base.sightings"
    )
    store.connection.execute(query("stand"))
    assert rows("FROM base.standings ORDER BY ALL") == kept
    store.connection.rollback()
