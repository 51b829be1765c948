"""What DuckDB keeps in memory beyond what it uses, and how it is made to let go of it.

Blocks that are done with, read or temporary, stay named in queues from which DuckDB evicts when
memory is short: some 200 bytes each, ten thousands in each of several queues, before it sweeps
them of those that are gone. A process that stays never runs short, and grows by them: 1,500 small
loads added some 30 MB. Eviction empties the queues, and a limit that is next to nothing evicts all
(``BufferPool::SetLimit`` and ``EvictionQueue::Purge`` in DuckDB's ``buffer_pool.cpp``).
"""

from __future__ import annotations

import duckdb

#: Less than an open database needs, mostly: then the limit stays as it was, with an error.
NEXT_TO_NOTHING = "1KB"


def limit_of(connection: duckdb.DuckDBPyConnection) -> str:
    """The bytes that a database may hold in memory, as DuckDB tells and takes them."""
    return str(connection.execute("SELECT current_setting('memory_limit')").fetchall()[0][0])


def let_go(connection: duckdb.DuckDBPyConnection, limit: str) -> None:
    """Evict all that is not in use; what is needed again is read again.

    Nothing else may be asked of the database meanwhile: it would run out of memory. Temporary
    tables go to temporary files.

    Args:
        connection: to the database.
        limit: what is in force afterwards, of :func:`limit_of` when the database was opened (it is
            told in tenths of a MiB, so asking each time would lose some).
    """
    try:
        connection.execute("SET memory_limit = $limit", {"limit": NEXT_TO_NOTHING})
    except duckdb.OutOfMemoryException:
        pass
    finally:
        connection.execute("SET memory_limit = $limit", {"limit": limit})
