"""Duties are done by whoever owns the warehouse, once it was asked for."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import pytest

from flows import duties
from flows.owner import DutyError, carry_out, on_warehouse
from warehouse import orders
from warehouse.inbox import inbox_of
from warehouse.store import open_store


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """A duty that only notes how it was called."""
    calls: list[dict[str, Any]] = []

    def do(_store: object, duty: str, parameters: dict[str, Any]) -> dict[str, Any]:
        calls.append({"duty": duty} | parameters)
        if duty == "fail":
            raise ValueError("it went wrong")
        return {"calls": len(calls)}

    monkeypatch.setattr("flows.owner.do", do)
    return calls


def test_a_free_warehouse_is_opened(tmp_path: Path) -> None:
    done = on_warehouse(tmp_path / "w.duckdb", "checkpoint")
    assert done["bytes"] == (tmp_path / "w.duckdb").stat().st_size


def test_what_was_ordered_while_nobody_had_it_is_done_first(
    tmp_path: Path, counted: list[dict[str, Any]]
) -> None:
    path = tmp_path / "w.duckdb"
    with open_store(path):
        pass
    orders.place(path, "note", {"who": "asma"})
    assert on_warehouse(path, "count") == {"calls": 2}
    assert counted == [{"duty": "note", "who": "asma"}, {"duty": "count"}]


def test_its_owner_does_it(
    tmp_path: Path, counted: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "w.duckdb"
    with open_store(path) as store:
        # One process may open the file twice, so here the lock of another one is played.
        monkeypatch.setattr("flows.owner.open_store", _locked)
        stop = threading.Event()

        def keep() -> None:
            while not stop.wait(0.05):
                carry_out(store)

        keeper = threading.Thread(target=keep)
        keeper.start()
        try:
            assert on_warehouse(path, "count", timeout=5, days=3) == {"calls": 1}
            with pytest.raises(DutyError, match="it went wrong"):
                on_warehouse(path, "fail", timeout=5)
        finally:
            stop.set()
            keeper.join()
    assert counted == [{"duty": "count", "days": 3}, {"duty": "fail"}]
    assert not list((inbox_of(path) / "orders").glob("*.json"))


def test_what_takes_long_is_asked_for_until_it_is_done_and_done_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(duties, "PATIENCE", 0.0)  # always still at it, at first
    path, out = tmp_path / "w.duckdb", tmp_path / "runs.csv"
    given = {"view": "runs", "out": str(out), "layout": "csv", "who": "asma"}
    assert on_warehouse(path, "export", **given, asked="1") == {"rows": 0}
    assert out.exists()
    log = on_warehouse(path, "audit", act="list", who=None, what="export", most=9)
    assert len(log["entries"]) == 1


def _locked(path: Path) -> Any:
    from warehouse.store import StoreLocked

    raise StoreLocked(f"{path} is open in another process", 1)


def test_what_nobody_answers_is_withdrawn(
    tmp_path: Path, counted: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flows.owner.open_store", _locked)
    with pytest.raises(DutyError, match="did not answer within 0 s"):
        on_warehouse(tmp_path / "w.duckdb", "count", timeout=0.3)
    assert not orders.waiting(tmp_path / "w.duckdb")
    assert not counted


def test_killed_before_the_answer_it_is_done_again(
    tmp_path: Path, counted: list[dict[str, Any]]
) -> None:
    path = tmp_path / "w.duckdb"
    order_id = orders.place(path, "count", {})
    with open_store(path) as store:
        original = orders.answer
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr("warehouse.orders.answer", _killed)
            with pytest.raises(KeyboardInterrupt):
                carry_out(store)
        assert orders.answered(path, order_id) is None
        assert original is orders.answer
        carry_out(store)
    assert orders.answered(path, order_id) == {"calls": 2}
    assert orders.answered(path, order_id) is None, "an answer is fetched once"


def _killed(*_: object) -> None:
    raise KeyboardInterrupt


def test_an_order_that_cannot_be_read_is_answered(tmp_path: Path) -> None:
    path = tmp_path / "w.duckdb"
    order_id = orders.place(path, "count", {})
    [file] = (inbox_of(path) / "orders").glob("*.json")
    file.write_text("{")
    assert orders.waiting(path) == []
    answer = orders.answered(path, order_id)
    assert answer is not None
    assert "cannot be read" in answer["error"]


def test_nearest_duty_and_wrong_parameters(tmp_path: Path) -> None:
    with open_store(tmp_path / "w.duckdb") as store:
        with pytest.raises(DutyError, match="did you mean 'checkpoint'"):
            duties.do(store, "chekpoint", {})
        with pytest.raises(DutyError, match="unexpected keyword argument 'x'"):
            duties.do(store, "checkpoint", {"x": 1})


def test_parameters_are_plain(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="1 MiB at most"):
        orders.place(tmp_path / "w.duckdb", "count", {"x": "y" * (1 << 20)})
    with pytest.raises(ValueError, match="no name of a duty"):
        orders.place(tmp_path / "w.duckdb", "../x", {})
    assert json.dumps(orders.waiting(tmp_path / "w.duckdb")) == "[]"
