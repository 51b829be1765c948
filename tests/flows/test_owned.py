"""A run beside the owner of the warehouse: what it knows before, and what it says at the end."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from flows.books import alone
from flows.owner import carry_out
from flows.pipeline import run_directly
from flows.settings import Settings
from warehouse import presence
from warehouse.inbox import inbox_of, pending
from warehouse.store import Store, StoreLocked, open_store

pytestmark = pytest.mark.usefixtures("quick_scorer")
Export = Callable[..., Path]


def _locked(*_: Any, **__: Any) -> Any:
    raise StoreLocked("open elsewhere", os.getpid())


@contextmanager
def owner(warehouse: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """A thread that keeps the warehouse as the console does; for runs it is locked."""
    with open_store(warehouse) as store, monkeypatch.context() as patch:
        patch.setattr("flows.pipeline.open_store", _locked)
        patch.setattr("flows.owner.open_store", _locked)
        stop = threading.Event()

        def keep() -> None:
            while not stop.wait(0.02):
                presence.show(warehouse, presence.Sign(os.getpid(), time.time()))
                store.load_inbox(limit=1)
                carry_out(store)

        presence.show(warehouse, presence.Sign(os.getpid(), time.time()))
        keeper = threading.Thread(target=keep)
        keeper.start()
        try:
            yield store
        finally:
            stop.set()
            keeper.join()
            presence.take_down(warehouse)


def test_it_reports_what_its_owner_landed_and_reads_nothing_twice(
    tmp_path: Path, export: Export, monkeypatch: pytest.MonkeyPatch, quick_scorer: Any
) -> None:
    export(tmp_path / "in", {n: f"message {n}" + " enemy" * (n % 5 == 0) for n in range(1, 51)})
    settings = Settings(sources=(tmp_path / "in",), warehouse=tmp_path / "w.duckdb", batch_rows=7)
    with owner(settings.warehouse, monkeypatch):
        first = run_directly(settings)
        assert (first.read, first.landed, first.queued, first.exit_code) == (50, 50, 0, 0)
        assert (first.new_messages, first.flagged) == (50, 10)

        scored: list[int] = []
        original = quick_scorer.score

        def score(table: Any) -> Any:
            scored.append(table.num_rows)
            return original(table)

        monkeypatch.setattr(quick_scorer, "score", score)
        second = run_directly(settings)
        assert (second.read, second.landed, second.queued) == (0, 0, 0)
        assert [file.skipped for file in second.files] == [True]
        assert scored == []
        assert (second.new_messages, second.flagged) == (0, 10)


def test_what_it_cannot_load_is_named(
    tmp_path: Path, export: Export, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = export(tmp_path / "in", {1: "one"})
    settings = Settings(sources=(path,), warehouse=tmp_path / "w.duckdb")

    def refuse(*_: Any) -> Any:
        raise ValueError("it cannot be used")

    with owner(settings.warehouse, monkeypatch):
        monkeypatch.setattr("warehouse.loading.with_numbers", refuse)
        report = run_directly(settings)
    assert report.exit_code == 1
    assert any("not loaded, it cannot be used" in problem for problem in report.problems)


def test_a_run_that_was_cut_short_is_resumed_but_not_while_it_goes_on(
    tmp_path: Path, export: Export, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = export(tmp_path / "in", {n: f"message {n}" for n in range(1, 31)})
    settings = Settings(sources=(path,), warehouse=tmp_path / "w.duckdb", batch_rows=5)

    def cut(*_: Any) -> Any:
        raise KeyboardInterrupt

    with owner(settings.warehouse, monkeypatch) as store:
        with monkeypatch.context() as patch:
            patch.setattr("flows.pipeline.Line.finish", cut)
            with pytest.raises(KeyboardInterrupt):
                run_directly(settings)
        with alone(settings.warehouse, settings.fingerprint("quick")) as sole:
            assert sole
            beside = run_directly(settings)
        assert not beside.resumed
        assert beside.exit_code == 0
        again = run_directly(settings)
        assert again.resumed
        assert (again.exit_code, again.problems) == (0, ())
        assert store.totals()["messages"] == 30
        assert store.check_run(again.run_id).adds_up
    assert not list((inbox_of(settings.warehouse) / "runs").iterdir())


def test_the_owner_of_another_kind_is_not_waited_for(
    tmp_path: Path, export: Export, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = export(tmp_path / "in", {1: "one"})
    settings = Settings(sources=(path,), warehouse=tmp_path / "w.duckdb")
    # The sign of a keeper that was killed long ago: whoever has the lock now is another process.
    presence.show(settings.warehouse, presence.Sign(2**22 + 1, 0.0, seen=0.0))
    monkeypatch.setattr("flows.pipeline.open_store", _locked)
    began = time.monotonic()
    assert run_directly(settings).queued == 2
    assert time.monotonic() - began < 30
    assert pending(inbox_of(settings.warehouse))[0]


def test_a_sign_holds_for_the_process_that_has_the_lock_or_while_it_is_fresh(
    tmp_path: Path,
) -> None:
    warehouse = tmp_path / "w.duckdb"
    assert not presence.answers(warehouse, None)
    presence.show(warehouse, presence.Sign(7, 0.0, seen=0.0))
    assert presence.answers(warehouse, 7)
    assert not presence.answers(warehouse, 8)
    presence.show(warehouse, presence.Sign(7, 0.0))
    assert presence.answers(warehouse, None)
    presence.take_down(warehouse)
    assert presence.seen(warehouse) is not None, "another process's sign stays"
    (inbox_of(warehouse) / "keeper.json").write_text("{")
    assert presence.seen(warehouse) is None
