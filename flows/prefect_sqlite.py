"""Prefect's SQLite database without "database is locked": who will write waits for its turn first.

Prefect begins a transaction as a reader and lets it become a writer at its first change. SQLite
refuses that at once, whatever its timeout, where another has written meanwhile; and what does wait
is served by chance, so that under load requests fail or stand still for a minute. It has no setting
for this: write-ahead log and a busy timeout of 60 seconds are what it sets already.
"""

from __future__ import annotations

from typing import Any


def write_in_turn() -> None:
    """Have each transaction of this process's Prefect server take the write lock as it begins.

    What only reads begins no transaction, and waits for nobody.
    """
    from prefect.server.database.configurations import (  # noqa: PLC0415 (the server's half)
        AioSqliteConfiguration,
    )

    begin = AioSqliteConfiguration.begin_transaction

    def begin_as_writer(self: Any, session: Any, with_for_update: bool = True) -> Any:
        return begin(self, session, with_for_update=True)

    AioSqliteConfiguration.begin_transaction = begin_as_writer  # type: ignore[method-assign]
