"""Answers that are kept for a moment."""

from __future__ import annotations

from pathlib import Path

from tests.warehouse import conftest as build
from warehouse.recent import Recent
from warehouse.store import open_store


def test_an_answer_is_kept_for_its_seconds() -> None:
    now = [0.0]
    kept = Recent[str, int](seconds=5, clock=lambda: now[0])
    assert kept.get("a", lambda: 1) == 1
    now[0] = 4.9
    assert kept.get("a", lambda: 2) == 1
    now[0] = 5.0
    assert kept.get("a", lambda: 3) == 3


def test_the_least_recent_is_forgotten_first() -> None:
    kept = Recent[str, int](most=2)
    for name in "abc":
        kept.get(name, lambda: 1)
    assert [kept.get(name, lambda: 2) for name in "cba"] == [1, 1, 2]


def test_nothing_is_kept_of_a_file_that_was_replaced(tmp_path: Path) -> None:
    with open_store(tmp_path / "w.duckdb") as store:
        desk = build.Desk(store.inbox)
        desk.file(
            "f",
            [build.message(1, "text", "tg:1")],
            analyses=[build.analysis()],
            channels=[build.channel("tg:1", name="Before")],
        )
        store.load_inbox()
        ask = ("review/item_channel", {"channel_no": 1})
        assert store.recent_rows(ask[0], **ask[1])[0]["channel_name"] == "Before"
        store.connection.execute("UPDATE base.channel_facts SET name = 'After'")
        assert store.recent_rows(ask[0], **ask[1])[0]["channel_name"] == "Before"
        with store.alone(), store.closed():
            pass
        assert store.recent_rows(ask[0], **ask[1])[0]["channel_name"] == "After"
