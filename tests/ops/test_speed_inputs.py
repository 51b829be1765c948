"""What the speed suite reads: repeated worlds, alike in both formats."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from flows import affiliations
from ops.benchmarks.speed import inputs
from ops.benchmarks.speed.setting import Setting
from warehouse.reading import Batch, discover, identify, read


def rows(path: Path) -> list[tuple[Any, ...]]:
    found = []
    for file in discover([path]).files:
        for item in read(identify(file)):
            if isinstance(item, Batch):
                columns = item.messages.select(["channel_key", "message_id", "text"]).to_pydict()
                found += list(zip(*columns.values(), strict=True))
    return sorted(found)


def test_repeated_worlds_share_no_channel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inputs, "BASE", 1000)
    setting = Setting(3000, 1, None, lambda line: None, tmp_path)
    once = rows(inputs.made(setting, 1000, "telegram").sources)
    thrice = inputs.made(setting, 3000, "telegram")
    messages = rows(thrice.sources)
    assert len(messages) == 3 * len(once)
    keys = {key for key, _, _ in messages}
    assert len(keys) == 3 * len({key for key, _, _ in once})
    assert sorted(text for *_, text in messages) == sorted(3 * [text for *_, text in once])
    plain = rows(inputs.made(setting, 3000, "ndjson").sources)
    assert plain == messages
    table = affiliations.load(thrice.affiliations, ["ttp", "iskp", *_actors()])
    assert len(table) % 3 == 0
    assert {f"tg:{channel}" for channel in table} & keys


def _actors() -> list[str]:
    from classifiers.knowledge import load

    return list(load().actors)
