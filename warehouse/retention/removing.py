"""Remove what has had its time, some messages at a time, each part in a transaction of its own.

Killed at any moment, a message is either wholly there or wholly gone, with a row in
``base.removed`` that says so; started again, it goes on with what is left.
"""

from __future__ import annotations

import time
from datetime import datetime

import duckdb

from warehouse.retention.rules import QUARANTINE, Removed, Rules
from warehouse.sql import query, scripts
from warehouse.store import Store

#: Revisions looked at in one transaction: loading and decisions wait, a fraction of a second.
SLICE = 20_000
#: Quarantined items in one transaction: each has up to 64 KiB.
UNREAD = 2_000


def retain(  # noqa: PLR0913
    store: Store,
    rules: Rules,
    now: datetime,
    *,
    dry_run: bool = False,
    after: int = 0,
    seconds: float = 2.0,
) -> Removed:
    """Go through the warehouse from ``after`` on for some seconds; what was, or would be, removed.

    Args:
        now: UTC.
        dry_run: count and remove nothing.
        after: ``next`` of the part before; 0 begins.
        seconds: after which no further slice is begun.

    Raises:
        duckdb.Error: the database or the disk failed; what was removed stays removed.
    """
    end = time.monotonic() + seconds
    done = Removed(next=after)
    while done.next is not None:
        done.add(_slice(store, rules, now, dry_run, done.next))
        if time.monotonic() >= end:
            break
    if done.next is None:
        done.rejected = _rejected(store, rules, now, dry_run)
    return done


def _slice(store: Store, rules: Rules, now: datetime, dry_run: bool, after: int) -> Removed:
    with store.transaction_alone() as connection:
        connection.execute(query("retention/rules"), {"rules": rules.as_json()})
        row = connection.execute(
            query("retention/until"), {"after": after, "most": SLICE}
        ).fetchone()
        until = row[0] if row else None
        if until is None:
            return _unread(connection, now, dry_run, after)
        window = {"after": after, "until": until, "counted_from": rules.counted_from}
        connection.execute(query("retention/aged"), window)
        connection.execute(query("retention/traits"))
        connection.execute(query("retention/due"), {"now": now})
        connection.execute(query("retention/doomed"))
        part = _counted(connection)
        part.next = until
        if part.revisions and not dry_run:
            _remove(connection, now)
        return part


def _counted(connection: duckdb.DuckDBPyConnection) -> Removed:
    part = Removed()
    for rule, held, messages, revisions in connection.execute(
        query("retention/counted")
    ).fetchall():
        if held:
            part.held += messages
        else:
            part.removed[rule] = messages
            part.revisions += revisions
    return part


def _remove(connection: duckdb.DuckDBPyConnection, now: datetime) -> None:
    """Take everything of the revisions in ``doomed`` away, and say that they were here."""
    connection.execute(query("retention/record"), {"now": now})
    tables = {name for (name,) in connection.execute(query("retention/tables")).fetchall()}
    for script in scripts("retention/clear"):
        # A file for each table that holds something of messages, by the name of the table.
        if script.rsplit("/", 1)[1] in tables:
            connection.execute(query(script))


def _unread(
    connection: duckdb.DuckDBPyConnection, now: datetime, dry_run: bool, after: int
) -> Removed:
    """The bytes of what could not be read; the end of a retention."""
    connection.execute(query("retention/quarantine_due"), {"now": now})
    row = connection.execute(query("retention/quarantine_counted")).fetchone()
    due, held = row or (0, 0)
    if dry_run or due <= UNREAD:
        part = Removed(unread=due, held=held)
    else:
        part = Removed(unread=UNREAD, next=after)
    if due and not dry_run:
        connection.execute(query("retention/quarantine_clear"), {"most": UNREAD})
    return part


def _rejected(store: Store, rules: Rules, now: datetime, dry_run: bool) -> int:
    """Files that could not be loaded; nobody knows whose they are, so any hold keeps them."""
    days = rules.days(QUARANTINE)
    if days is None or store.rows("retention/any_hold")[0]["held"]:
        return 0
    limit = now.timestamp() - days * 86_400
    folder = store.inbox / "rejected"
    old = [path for path in folder.glob("*") if path.is_file() and path.stat().st_mtime < limit]
    if not dry_run:
        for path in old:
            path.unlink(missing_ok=True)
    return sum(path.suffix != ".txt" for path in old)
