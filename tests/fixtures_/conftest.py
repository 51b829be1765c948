from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from fixtures.world import World, generate

Chat = dict[str, Any]


def _mend(text: str) -> str:
    """Turn the exporter's \\xNN into JSON's \\u00NN."""
    return re.sub(r"(?<!\\)((?:\\\\)*)\\x([0-9A-F]{2})", r"\1\\u00\2", text)


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, World]:
    out = tmp_path_factory.mktemp("world")
    return out, generate(out, 6000, seed=11)


@pytest.fixture(scope="session")
def load_export() -> Callable[[Path], Chat]:
    return lambda path: json.loads(_mend(path.read_text(encoding="utf-8")))


@pytest.fixture(scope="session")
def chats_of(load_export: Callable[[Path], Chat]) -> Callable[[Path], Iterator[Chat]]:
    """The channels and groups of an export, whichever of the two shapes it has."""

    def chats(path: Path) -> Iterator[Chat]:
        export = load_export(path)
        found = [export] if "messages" in export else []
        for part in ("chats", "left_chats"):
            found += export.get(part, {}).get("list", [])
        yield from (chat for chat in found if "channel" in chat["type"] or "group" in chat["type"])

    return chats


@pytest.fixture(scope="session")
def text_of() -> Callable[[Chat], str]:
    def text(message: Chat) -> str:
        parts = message.get("text", "")
        if isinstance(parts, str):
            return parts
        return "".join(part if isinstance(part, str) else part["text"] for part in parts)

    return text
