"""Which actor a channel speaks for: the user's table first, then the outlets that actors own."""

from __future__ import annotations

import csv
import difflib
from collections.abc import Collection, Mapping
from pathlib import Path

import pyarrow as pa

from classifiers.knowledge import affiliation


class AffiliationError(ValueError):
    """A table of affiliations that cannot be used; the message says where and what to do."""

    exit_code = 2


def load(path: Path, actors: Collection[str]) -> dict[str, str]:
    """Read a CSV ``channel,actor`` where a channel is an id, an @username or a name.

    Returns channel (as :func:`_key` folds it) → actor id. Raises AffiliationError naming the line.
    """
    table: dict[str, str] = {}
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.DictReader(file)
            if not {"channel", "actor"} <= set(rows.fieldnames or ()):
                raise AffiliationError(f"{path}:1: the header must name the columns channel,actor")
            for row in rows:
                channel, actor = (row["channel"] or "").strip(), (row["actor"] or "").strip()
                where = f"{path}:{rows.line_num}"
                if not channel:
                    raise AffiliationError(
                        f"{where}: a channel is missing; give its id, @username or name"
                    )
                if actor not in actors:
                    near = difflib.get_close_matches(actor, actors, 1)
                    hint = (
                        f"did you mean {near[0]!r}?"
                        if near
                        else f"known: {', '.join(sorted(actors))}"
                    )
                    raise AffiliationError(f"{where}: no actor {actor!r}; {hint}")
                if table.setdefault(_key(channel), actor) != actor:
                    raise AffiliationError(f"{where}: {channel!r} was given another actor above")
    except OSError as problem:
        raise AffiliationError(f"{path}: {problem.strerror}") from problem
    except (UnicodeDecodeError, csv.Error) as problem:
        raise AffiliationError(f"{path}: not a CSV file in UTF-8 ({problem})") from problem
    return table


def _key(channel: str) -> str:
    """Fold the ways of writing one channel: ``-1001234``, ``tg:1234``, ``@Name``.

    >>> _key("-1001234"), _key("tg:1234"), _key("1234"), _key("@News"), _key("Some  Name")
    ('1234', '1234', '1234', 'news', 'some name')
    """
    folded = " ".join(channel.removeprefix("tg:").removeprefix("@").split()).casefold()
    if folded.startswith("-100") and folded[4:].isdigit():
        return folded[4:]
    return folded


def actor_of(
    table: Mapping[str, str], key: str, username: str | None, name: str | None
) -> str | None:
    """The actor a channel speaks for, or None where nothing says so."""
    for alias in (key, username, name):
        if alias and (actor := table.get(_key(alias))):
            return actor
    return affiliation(name, username)


def join(messages: pa.RecordBatch, channels: pa.RecordBatch, table: Mapping[str, str]) -> pa.Table:
    """Add ``channel_actor`` to a batch of messages, from the facts about its channels."""
    actors = {
        row["channel_key"]: actor_of(table, row["channel_key"], row["username"], row["name"])
        for row in channels.select(["channel_key", "username", "name"]).to_pylist()
    }
    encoded = messages.column("channel_key").dictionary_encode()
    by_code = pa.array([actors.get(key) for key in encoded.dictionary.to_pylist()], pa.string())
    column = by_code.take(encoded.indices)
    return pa.Table.from_batches([messages]).append_column("channel_actor", column)
