"""Export files for a watched folder: new ones, edited ones, the same again, and damaged ones."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

from fixtures.world import generate

#: What a file is: shares of all.
KINDS = {"new": 55, "edited": 25, "again": 15, "malformed": 5}
#: Messages of a new file, and of an edited one those that are edited.
OF_ONE, EDITED = 30, 3

Export = dict[str, Any]


def pieces(folder: Path, messages: int, seed: int) -> list[Export]:
    """Exports of a few messages each, cut from those of a generated world, in a mixed order."""
    found: list[Export] = []
    for path in generate(folder, messages, seed=seed).files:
        try:
            whole = json.loads(path.read_text("utf-8"))
        except ValueError:  # an old exporter's own escapes, which are not JSON
            continue
        said = whole.get("messages", [])
        found += [
            {**whole, "messages": said[start : start + OF_ONE]}
            for start in range(0, len(said), OF_ONE)
        ]
    Random(seed).shuffle(found)
    return found


def files(exports: list[Export], seed: int) -> Iterator[tuple[str, bytes]]:
    """Files without end, each with what it is; after the last new one there are no new ones."""
    chance = Random(seed)
    left, dropped = list(reversed(exports)), list[Export]()
    for number in range(1_000_000):
        kind = chance.choices(list(KINDS), list(KINDS.values()))[0]
        if kind == "new" and not left:
            kind = "edited"
        if kind == "new" or not dropped:
            kind = "new"
            dropped.append(left.pop())
            export = dropped[-1]
        else:
            place = chance.randrange(len(dropped))
            if kind == "edited":
                dropped[place] = edited(dropped[place], number, chance)
            export = dropped[place]
        data = json.dumps(export, ensure_ascii=False, indent=1).encode()
        if kind == "malformed":
            data = data[: chance.randrange(len(data) // 3, len(data) - 10)]
        yield kind, data


def edited(export: Export, number: int, chance: Random) -> Export:
    """A later export of the same, in which a few messages have been edited."""
    said = [dict(each) for each in export["messages"]]
    plain = [each for each in said if isinstance(each.get("text"), str) and each["text"]]
    for each in chance.sample(plain, min(EDITED, len(plain))):
        each["text"] = f"{each['text']} ({number})"
        entities = each.get("text_entities")
        if entities is not None:
            each["text_entities"] = [{"type": "plain", "text": each["text"]}]
        if "date_unixtime" in each:
            each["edited_unixtime"] = str(int(each["date_unixtime"]) + 60 * (number + 1))
    return {**export, "messages": said}


def put(data: bytes, watched: Path, number: int) -> Path:
    """Put a file into a watched folder, at once."""
    hidden, target = watched / f".{number:05}", watched / f"{number:05}"
    hidden.mkdir()
    (hidden / "result.json").write_bytes(data)
    hidden.rename(target)
    return target / "result.json"
