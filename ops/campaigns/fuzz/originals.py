"""What is mutated: the readers' own sample files, and small exports in every format."""

from __future__ import annotations

import csv
import io
import json
import tempfile
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from classifiers.knowledge import load as load_knowledge
from fixtures.world import generate
from warehouse.parsing.discovery import discover
from warehouse.readers import formats
from warehouse.reading import Batch, identify, read

#: The target that is no reader.
SCORE = "score"
#: Messages of a generated export: a few, and enough for the compiled path.
SMALL, LARGE = 5, 90
#: A world of fixed content, so that a seed says everything.
_MESSAGES, _SEED = 1_000, 5

Row = dict[str, Any]


class Original(NamedTuple):
    """A sound input: the reader whose format it has, or ``score``, and its bytes."""

    target: str
    content: bytes


@cache
def originals() -> tuple[Original, ...]:
    """All of them; the same on every machine."""
    found = [
        Original(name, example.content)
        for name, each in formats().items()
        for example in each.examples()
    ]
    rows = _messages()
    for name, write in WRITERS.items():
        found += [Original(name, write(rows[:SMALL])), Original(name, write(rows[:LARGE]))]
    return tuple(found)


@cache
def requests() -> tuple[Original, ...]:
    """Sound inputs of `score`: a few lines each."""
    actors: list[str | None] = [None, *sorted(load_knowledge(cues=False).actors)[:6]]
    lines = [
        json.dumps(
            {"id": row["id"], "text": row["text"], "channel_actor": actors[number % len(actors)]},
            ensure_ascii=bool(number % 2),
        ).encode()
        for number, row in enumerate(_messages())
    ]
    return tuple(
        Original(SCORE, b"\n".join(lines[at : at + size]) + b"\n")
        for at in range(0, LARGE, 6)
        for size in (1, 3, 6)
    )


@cache
def _messages() -> list[Row]:
    """Messages of the generated world, with what every format can say of them."""
    found: list[Row] = []
    with tempfile.TemporaryDirectory() as folder:
        generate(Path(folder), _MESSAGES, _SEED)
        for path in discover([Path(folder)]).files:
            for batch in read(identify(path)):
                if isinstance(batch, Batch):
                    found += batch.messages.slice(0, 12).to_pylist()
    rows = []
    for number, row in enumerate(found[: 2 * LARGE], 1):
        sent = row["sent_at"] or datetime(2024, 1, 1, tzinfo=UTC)
        if len(row["text"]) < 300:
            rows.append({"id": number, "text": row["text"], "sent": sent.replace(microsecond=0)})
    return rows


# -- the same messages in each format -------------------------------------------------------


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


def _lines(rows: Sequence[Row]) -> bytes:
    return b"".join(_json(row) + b"\n" for row in rows)


def _telethon_rows(rows: Sequence[Row]) -> list[Row]:
    return [
        {
            "_": "Message",
            "id": row["id"],
            "peer_id": {"_": "PeerChannel", "channel_id": 77},
            "date": row["sent"].isoformat(),
            "message": row["text"],
            "entities": [{"_": "MessageEntityBold", "offset": 0, "length": 2}],
            "reactions": {"results": [{"count": 2, "reaction": {"emoticon": "👍"}}]},
            "views": row["id"],
        }
        for row in rows
    ]


def _desktop(rows: Sequence[Row]) -> bytes:
    messages = [
        {
            "id": row["id"],
            "type": "message",
            "date": row["sent"].strftime("%Y-%m-%dT%H:%M:%S"),
            "date_unixtime": str(int(row["sent"].timestamp())),
            "from": "Notes",
            "from_id": "channel123456",
            "text": row["text"]
            if row["id"] % 3
            else [row["text"][:9], {"type": "bold", "text": row["text"][9:]}],
        }
        for row in rows
    ]
    chat = {"name": "Notes", "type": "public_channel", "id": 123456, "messages": messages}
    return json.dumps(chat, ensure_ascii=False, indent=1).encode()


def _tracker(rows: Sequence[Row]) -> bytes:
    chats = [{"_": "Channel", "id": 77, "title": "Notes", "username": "notes"}]
    return _json({"count": len(rows), "messages": _telethon_rows(rows), "chats": chats})


def _pushshift(rows: Sequence[Row]) -> bytes:
    return _lines(
        [
            {k: v for k, v in row.items() if k != "peer_id"}
            | {"to_id": {"_": "PeerChannel", "channel_id": 1001}, "retrieved_utc": 1570000000}
            for row in _telethon_rows(rows)
        ]
    )


def _tgdataset(rows: Sequence[Row]) -> bytes:
    texts = {
        str(row["id"]): {"message": row["text"], "date": int(row["sent"].timestamp()), "author": 9}
        for row in rows
    }
    media = {"900": {"title": "a.mp3", "media_id": 1, "date": 1600000001, "extension": ".mp3"}}
    channel = {"username": "notes", "title": "Notes", "description": "d", "scam": False}
    return _json({"1000000001": channel | {"text_messages": texts, "generic_media": media}})


def _fourcat_rows(rows: Sequence[Row]) -> bytes:
    return _lines(
        [
            {
                "_chat": {"_type": "Channel", "id": 900, "title": "N", "username": "notes_y"},
                "_sender": {"_type": "User", "id": 4, "first_name": "C", "username": "c_c"},
                "_type": "Message",
                "id": row["id"],
                "date": row["sent"].timestamp(),
                "message": row["text"],
                "views": 5,
            }
            for row in rows
        ]
    )


def _table(header: Sequence[str], rows: Sequence[Sequence[object]], delimiter: str) -> bytes:
    out = io.StringIO()
    table = csv.writer(out, delimiter=delimiter)
    table.writerow(header)
    table.writerows(rows)
    return out.getvalue().encode()


def _fourcat_csv(rows: Sequence[Row]) -> bytes:
    header = ("id", "thread_id", "chat", "author", "body", "views", "unix_timestamp")
    cells = [
        (f"notes-{row['id']}", "notes", "notes", 8, row["text"], 3, int(row["sent"].timestamp()))
        for row in rows
    ]
    return _table(header, cells, ",")


def _plain_csv(rows: Sequence[Row]) -> bytes:
    cells = [(row["id"], "notes", row["text"], row["sent"].isoformat(), "x") for row in rows]
    return _table(("id", "channel", "text", "date", "mood"), cells, ";")


def _plain_rows(rows: Sequence[Row]) -> list[Row]:
    return [
        {"id": row["id"], "channel": "@notes", "text": row["text"], "date": row["sent"].isoformat()}
        for row in rows
    ]


def _parquet(rows: Sequence[Row]) -> bytes:
    table = pa.table(
        {
            "message_id": [row["id"] for row in rows],
            "channel_id": [55] * len(rows),
            "text": [row["text"] for row in rows],
            "date": pa.array([row["sent"] for row in rows], pa.timestamp("ms", "UTC")),
            "tags": [["a", None]] * len(rows),
            "inner": [{"score": 0.5, "mood": None}] * len(rows),
        }
    )
    out = io.BytesIO()
    pq.write_table(table, out, row_group_size=40, compression=("none" if len(rows) < 9 else "zstd"))
    return out.getvalue()


WRITERS: dict[str, Callable[[Sequence[Row]], bytes]] = {
    "telegram_desktop": _desktop,
    "telethon": lambda rows: _json(_telethon_rows(rows)),
    "telegram_tracker": _tracker,
    "pushshift": _pushshift,
    "tgdataset": _tgdataset,
    "fourcat_ndjson": _fourcat_rows,
    "fourcat_csv": _fourcat_csv,
    "plain_csv": _plain_csv,
    "plain_ndjson": lambda rows: _lines(_plain_rows(rows)),
    "plain_parquet": _parquet,
}
