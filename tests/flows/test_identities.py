"""A watched file that has not changed is not hashed again; one that has, is."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from flows import identities
from flows.identities import Identities
from flows.picking import Picking
from flows.pipeline import run_directly
from flows.settings import Settings
from warehouse import reading
from warehouse.inbox import inbox_of


@pytest.fixture(autouse=True)
def rested(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(identities, "RESTED", 0.0)


@pytest.mark.usefixtures("quick_scorer")
def test_what_is_loaded_is_hashed_once(
    tmp_path: Path, export: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = export(tmp_path / "in", {1: "one"})
    hashed: list[Path] = []
    original = reading.identify

    def identify(found: Path) -> Any:
        hashed.append(found)
        return original(found)

    monkeypatch.setattr("flows.pipeline.identify", identify)
    settings = Settings(
        sources=(tmp_path / "in",), warehouse=tmp_path / "w.duckdb", picking=Picking(settle=0.01)
    )
    assert run_directly(settings).landed == 1
    again = run_directly(settings)
    assert (again.read, [file.skipped for file in again.files]) == (0, [True])
    assert hashed == [path]

    before = path.stat()
    path.write_text(path.read_text().replace("one", "two"))  # as long as it was
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))  # and as old, by its own account
    assert run_directly(settings).landed == 1
    assert hashed == [path, path]

    (inbox_of(settings.warehouse) / "files.msgpack").write_bytes(b"no such thing")
    assert run_directly(settings).read == 0
    assert len(hashed) == 3


def test_a_file_that_was_changed_just_now_is_not_remembered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(identities, "RESTED", 60.0)
    inbox_of(tmp_path / "w.duckdb").mkdir()
    path = tmp_path / "a.json"
    path.write_text("x")
    os.utime(path, (time.time() - 3600,) * 2)  # its ctime is of now
    found = Identities(tmp_path / "w.duckdb")
    found.remember(path, "abc")
    assert found.of(path) is None


def test_what_is_gone_is_forgotten(tmp_path: Path) -> None:
    warehouse = tmp_path / "w.duckdb"
    inbox_of(warehouse).mkdir()
    stays, goes = tmp_path / "stays", tmp_path / "goes"
    found = Identities(warehouse)
    for path in (stays, goes):
        path.write_text("x")
        time.sleep(0.01)
        found.remember(path, path.name)
    goes.unlink()
    found.save()
    kept = Identities(warehouse)
    assert (kept.of(stays), kept.of(goes)) == ("stays", None)
    goes.write_text("x")
    assert kept.of(goes) is None
