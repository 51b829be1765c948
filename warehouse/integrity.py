"""Whether every block of a warehouse can still be read.

DuckDB has no command that checks a file, but each block carries a checksum that is compared when it
is read. So all columns of all tables are read once, in bounded memory.
"""

from __future__ import annotations

from collections.abc import Iterator

import duckdb

from warehouse.store import Store

#: Rows in memory at a time.
ROWS = 20_000


def read_through(store: Store) -> Iterator[tuple[str, int, str | None]]:
    """Each table, its rows, and what DuckDB said where it cannot be read to its end."""
    for table in store.rows("watching/tables"):
        name = f"{table['schema']}.{table['name']}"
        rows = 0
        said = None
        with store.reading() as cursor:
            try:
                for batch in cursor.table(name).to_arrow_reader(ROWS):
                    rows += batch.num_rows
            except duckdb.Error as error:
                said = str(error).strip().split("\n", 1)[0][:300]
        yield name, rows, said
