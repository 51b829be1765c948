"""What DuckDB keeps in memory beyond what it uses, and how it is made to let go of it.

Blocks that are done with, read or temporary, stay named in queues from which DuckDB evicts when
memory is short: some 200 bytes each, ten thousands in each of several queues, before it sweeps
them of those that are gone. A process that works for months never runs short, and grows by them
for days. Eviction empties the queues, and asking for a limit that cannot be met evicts all there
is: DuckDB tries that first, and where it fails leaves the limit as it was (``BufferPool::SetLimit``
and ``EvictionQueue::Purge`` in its ``buffer_pool.cpp``).
"""

from __future__ import annotations

import duckdb

#: Less than an open database needs.
NOT_TO_BE_MET = "1KB"


def let_go(connection: duckdb.DuckDBPyConnection) -> None:
    """Evict all that is not in use; what is needed again is read again.

    Queries that go on meanwhile go on; what they have set aside may be written to temporary files.

    Raises:
        duckdb.Error: such a file could not be written.
    """
    limit = connection.execute("SELECT current_setting('memory_limit')").fetchall()[0][0]
    try:
        connection.execute("SET memory_limit = $limit", {"limit": NOT_TO_BE_MET})
    except duckdb.OutOfMemoryException:
        return
    connection.execute("SET memory_limit = $limit", {"limit": limit})
