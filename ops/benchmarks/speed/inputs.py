"""Worlds of any size, as Telegram Desktop exports and as plain NDJSON.

Up to :data:`BASE` messages are generated. Larger inputs repeat them with other channel ids, to the
byte as long, so that ten million messages are written in the time of a copy.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pyarrow as pa

from fixtures.world import generate
from ops.benchmarks.speed.setting import Setting
from warehouse.reading import Batch, discover, identify, read

BASE = 200_000
FORMATS = ("telegram", "ndjson")

#: The first digits of every channel id of a generated world; the last four number the channel.
_PREFIX = b"850000"


class Input:
    """Files with so many messages: ``sources`` to read and ``affiliations`` of their channels."""

    def __init__(self, folder: Path, format: str) -> None:
        self.sources = folder / "exports" if format == "telegram" else folder / "messages.ndjson"
        self.affiliations = folder / "channels.csv"


def made(setting: Setting, messages: int, format: str) -> Input:
    """An input of about so many messages, a thousand at least, made at the first call."""
    messages = max(messages, 1000)
    folder = setting.folder / f"world-{messages}"
    if not folder.exists():
        setting.say(f"writing {messages:,} messages")
        times = -(-messages // BASE)
        generate(folder, messages // times, setting.seed)
        write_ndjson(folder)
        _repeat(folder, times)
    return Input(folder, format)


def _rows(messages: pa.RecordBatch) -> Iterator[dict[str, object]]:
    """The columns that a plain file has."""
    columns = {
        "channel_key": "channel_key",
        "id": "message_id",
        "date": "sent_at",
        "from_id": "author_id",
        "author": "author_name",
        "reply_to": "reply_to_id",
        "text": "text",
    }
    plain = messages.select(list(columns.values())).rename_columns(list(columns))
    for row in plain.to_pylist():
        yield {name: value for name, value in row.items() if value is not None}


def write_ndjson(folder: Path) -> None:
    """The messages of the exports, one line each, in one file."""
    encode = msgspec.json.Encoder().encode
    with (folder / "messages.ndjson").open("wb") as file:
        for path in discover([folder / "exports"]).files:
            for item in read(identify(path)):
                if isinstance(item, Batch):
                    file.writelines(encode(row) + b"\n" for row in _rows(item.messages))


def _repeat(folder: Path, times: int) -> None:
    """Add the same channels under other ids, until they are there so many times."""
    exports = sorted((folder / "exports").rglob("*.json"))
    plain, table = folder / "messages.ndjson", folder / "channels.csv"
    said, (_, *spoken) = plain.read_bytes(), table.read_bytes().splitlines(keepends=True)
    contents = {path: path.read_bytes() for path in exports} if times > 1 else {}
    with plain.open("ab") as more, table.open("ab") as more_channels:
        for copy in range(1, times):
            prefix = b"85%04d" % copy
            for path, data in contents.items():
                target = path.parent.with_name(f"{path.parent.name}-{copy:04}")
                target.mkdir()
                (target / path.name).write_bytes(data.replace(_PREFIX, prefix))
            more.write(said.replace(_PREFIX, prefix))
            more_channels.write(b"".join(spoken).replace(_PREFIX, prefix))
