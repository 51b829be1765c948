"""What all tests share."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

# Fits as small as those of tests spend their time on threads that wait for each other. Set before
# anything reads it.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import duckdb
import pytest
from hypothesis import settings

import warehouse.store
from warehouse.opening import connect

# On a build machine the same examples every time, and no deadline that a busy one misses; at a
# desk new examples every time.
settings.register_profile("build", derandomize=True, deadline=None)
settings.register_profile("desk", deadline=None)
settings.load_profile("build" if os.environ.get("CI") else "desk")

#: Where they lie.
BROWSER = Path(__file__).parent / "console" / "browser"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests in a real browser take their time, all of them."""
    for item in items:
        if BROWSER in item.path.parents:
            item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="session", autouse=True)
def _copied(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A new warehouse is a copy of an empty one: making the tables takes three times as long."""
    empty = tmp_path_factory.mktemp("empty") / "w.duckdb"

    def connect_to_copy(path: Path, **settings: Any) -> duckdb.DuckDBPyConnection:
        new = not path.exists() and not Path(f"{path}.wal").exists()
        if new and not settings.get("read_only") and settings.get("encryption") is None:
            if not empty.exists():
                connect(empty).close()
            with suppress(OSError):  # what is wrong with the place, opening it will say
                shutil.copyfile(empty, path)
        return connect(path, **settings)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(warehouse.store, "connect", connect_to_copy)
        yield


@pytest.fixture
def made_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every new warehouse is made as outside of tests: for tests of just that."""
    monkeypatch.setattr(warehouse.store, "connect", connect)
