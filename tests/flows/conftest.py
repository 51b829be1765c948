"""Small exports, and the scorer of ``quick_run.py``: what is tested is the pipeline."""

from __future__ import annotations

import json
import runpy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import flows.scoring

#: 2024-01-01 00:00:00 UTC
START = 1_704_067_200


QUICK_RUN = Path(__file__).with_name("quick_run.py")


@pytest.fixture
def quick_scorer(monkeypatch: pytest.MonkeyPatch) -> Any:
    scorer = runpy.run_path(str(QUICK_RUN))["QuickScorer"]()
    monkeypatch.setattr(flows.scoring, "load_scorer", lambda models: scorer)
    return scorer


def write_export(
    folder: Path, texts: dict[int, str], *, channel: int = 55, name: str = "A channel"
) -> Path:
    """A Telegram Desktop export of one channel: message id → text, a minute apart."""
    messages = [
        {
            "id": number,
            "type": "message",
            "date": "2024-01-01T00:00:00",
            "date_unixtime": str(START + 60 * number),
            "from": name,
            "from_id": f"channel{channel}",
            "text": text,
            "text_entities": [],
        }
        for number, text in texts.items()
    ]
    chat = {"name": name, "type": "public_channel", "id": channel, "messages": messages}
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "result.json"
    path.write_text(json.dumps(chat, ensure_ascii=False), encoding="utf-8")
    return path


@pytest.fixture
def export() -> Callable[..., Path]:
    return write_export
