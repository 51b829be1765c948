"""Fold flags into items: near-copies with the same flags are one question for a moderator.

Loading an inbox notes in ``base.changed`` which revisions came, changed or went; folding takes
them from there, some at a time. Killed in between, it goes on where it was. Fingerprints that
differ in at most three of 64 bits count as copies: Manku, Jain, Das Sarma, *Detecting
near-duplicates for web crawling*, WWW 2007.
"""

from __future__ import annotations

import hashlib
from contextlib import suppress
from datetime import datetime

import duckdb

from warehouse.review.rules import Rules
from warehouse.review.settling import asked_of, said_of, settle, take
from warehouse.sql import query
from warehouse.store import Store

#: Revisions that are folded in one transaction.
CHUNK = 4_000
#: How often folding is tried beside who decides, before they wait for it.
TRIES = 3


def fold(store: Store, rules: Rules, now: datetime, *, most: int = CHUNK) -> int:
    """Fold the next revisions that have changed; how many they were, 0 where none were left.

    Raises:
        duckdb.Error: the database or the disk failed; nothing is half done.
    """
    for _ in range(TRIES):
        # Refused: somebody has decided an item meanwhile, to which something was to be joined.
        with suppress(duckdb.TransactionException), store.transaction() as connection:
            return _fold(connection, rules, now, most)
    with store.deciding_alone() as connection:
        return _fold(connection, rules, now, most)


def _fold(connection: duckdb.DuckDBPyConnection, rules: Rules, now: datetime, most: int) -> int:
    turned = connection.execute(query("review/turn"), {"most": most}).fetchone()
    if not turned or not turned[0]:
        return 0
    follow(connection, rules)
    connection.execute(query("review/fold"))
    while connection.execute(query("review/lead")).fetchone() == (True,):
        pass
    connection.execute(query("review/join"))
    work_out(connection, rules, now)
    return int(turned[0])


def keep_rules(store: Store, rules: Rules, now: datetime) -> bool:
    """Order the whole queue by these rules, if it is ordered by others; whether it was.

    Who is in which item stays, as do the reviews that an item wants.
    """
    digest = hashlib.sha256(repr(rules).encode()).hexdigest()
    with store.deciding_alone() as connection:
        if connection.execute(query("review/rules_in_force")).fetchone() == (digest,):
            return False
        follow(connection, rules)
        connection.execute(query("review/refold_all"))
        work_out(connection, rules, now)
        connection.execute(query("review/record_rules"), {"digest": digest, "now": now})
    return True


def follow(connection: duckdb.DuckDBPyConnection, rules: Rules) -> None:
    """Tell the statements of this connection the rules."""
    connection.execute(
        query("review/rules"),
        {
            "label_weights": _pairs(dict(rules.label_weights)),
            "severity_weights": _pairs(dict(rules.severity_weights)),
            "review_weight": rules.review_weight,
            "reach_exponent": rules.reach_exponent,
            "half_life": rules.half_life,
            "double_share": rules.double_share,
            "double_labels": list(rules.double_labels),
            "double_severity": rules.double_severity,
        },
    )


def work_out(connection: duckdb.DuckDBPyConnection, rules: Rules, now: datetime) -> None:
    """Work out the items in ``refold`` from their members, then their states."""
    items = [item_no for (item_no,) in connection.execute(query("review/refolded")).fetchall()]
    take(connection, items)
    connection.execute(query("review/refold"))
    said = said_of(connection, items)
    settle(connection, items, asked_of(connection, list(said)), said, unsure=rules.unsure, now=now)


def _pairs(table: dict[str, float] | dict[int, float]) -> dict[str, list[object]]:
    """A map as DuckDB takes it from Python."""
    return {"key": list(table), "value": list(table.values())}
