"""Prefect's own database under load: writers wait for each other from the start."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from prefect.server.database.configurations import AioSqliteConfiguration
from sqlalchemy import text

from flows.prefect_sqlite import write_in_turn

WRITERS = 8


async def added(configuration: Any) -> int:
    """Eight add one at once: each reads what there is, and writes one more."""
    engine = await configuration.engine()

    async def add() -> None:
        session = await configuration.session(engine)
        async with session, configuration.begin_transaction(session):
            [(number,)] = await session.execute(text("SELECT number FROM counted"))
            await asyncio.sleep(0.02)
            await session.execute(text(f"UPDATE counted SET number = {number} + 1"))

    async with engine.begin() as connection:
        await connection.execute(text("CREATE TABLE counted (number INTEGER)"))
        await connection.execute(text("INSERT INTO counted VALUES (0)"))
    await asyncio.gather(*(add() for _ in range(WRITERS)))
    async with engine.connect() as connection:
        [(number,)] = await connection.execute(text("SELECT number FROM counted"))
    await engine.dispose()
    return int(number)


def test_who_reads_and_then_writes_is_never_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        AioSqliteConfiguration, "begin_transaction", AioSqliteConfiguration.begin_transaction
    )
    write_in_turn()
    configuration = AioSqliteConfiguration(f"sqlite+aiosqlite:///{tmp_path / 'p.db'}")
    assert asyncio.run(added(configuration)) == WRITERS


def test_prefect_itself_refuses_it(tmp_path: Path) -> None:
    """Where this no longer holds, `flows/prefect_sqlite.py` has had its time."""
    configuration = AioSqliteConfiguration(f"sqlite+aiosqlite:///{tmp_path / 'p.db'}")
    with pytest.raises(Exception, match="database is locked"):
        asyncio.run(added(configuration))
