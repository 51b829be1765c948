"""A backup that takes long: the owner goes on loading, and whoever asked is told in the end."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any

import pytest

from flows import keeping, owner
from flows.duties import do
from warehouse.backup import backup as backups
from warehouse.backup import copying
from warehouse.store import StoreError, StoreLocked, open_store


def test_its_owner_goes_on_meanwhile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "w.duckdb"
    monkeypatch.setattr("flows.duties.PATIENCE", 0.01)
    monkeypatch.setattr("flows.owner.PAUSE", 0.05)
    going_on, seen, real = threading.Event(), [], copying.copy_database

    def slowly(*arguments: Any, **more: Any) -> Any:
        assert going_on.wait(20)
        return real(*arguments, **more)

    monkeypatch.setattr(backups, "copy_database", slowly)
    with open_store(path) as store:

        def locked(*_: Any, **__: Any) -> Any:
            raise StoreLocked("locked", 1)

        monkeypatch.setattr(owner, "open_store", locked)
        stop = threading.Event()

        def keep() -> None:
            while not stop.wait(0.02):
                if owner.carry_out(store):
                    seen.append(store.load_inbox().files)
                    if len(seen) > 3:
                        going_on.set()

        keeper = threading.Thread(target=keep)
        keeper.start()
        try:
            manifest = keeping.back_up(path, tmp_path / "out", who="asma")
        finally:
            going_on.set()
            stop.set()
            keeper.join()
        assert len(seen) > 3, "the owner had its turns"
        assert backups.verify(tmp_path / "out") == manifest


def test_closing_waits_for_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flows.duties.PATIENCE", 0.2)
    real = copying.copy_database

    def slowly(*arguments: Any, **more: Any) -> Any:
        time.sleep(0.4)
        return real(*arguments, **more)

    monkeypatch.setattr(backups, "copy_database", slowly)
    manifest = keeping.back_up(tmp_path / "w.duckdb", tmp_path / "out")
    assert backups.verify(tmp_path / "out") == manifest


def test_what_went_wrong_is_told_once(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    with open_store(tmp_path / "w.duckdb") as store:
        for _ in range(2):
            with pytest.raises(StoreError, match="there already"):
                do(store, "backup", {"out": str(tmp_path / "out"), "asked": "x"})
