"""Small exports and a scorer that answers at once, so that what is tested is the pipeline."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

import flows.pipeline
import flows.scoring
from warehouse.schemas import ANALYSES

#: 2024-01-01 00:00:00 UTC
START = 1_704_067_200


class QuickScorer:
    """Flags every message that says "enemy", from its channel's actor to the ttp."""

    version = "quick"

    def score(self, table: pa.Table) -> pa.RecordBatch:
        actors = table["channel_actor"].to_pylist()
        rows = [
            {
                "channel_actor": actor,
                "language": "en",
                "language_probability": 0.9,
                "language_mixed": [],
                "language_abstained": None,
                "scores": self.scores(text, actor),
                "indicators": [],
                "model_version": self.version,
            }
            for text, actor in zip(table["text"].to_pylist(), actors, strict=True)
        ]
        return pa.RecordBatch.from_pylist(rows, schema=ANALYSES)

    @staticmethod
    def scores(text: str, actor: str | None) -> list[dict[str, Any]]:
        if "boom" in text:
            raise ValueError("this text cannot be scored")
        start = text.find("enemy")
        if start < 0:
            return []
        evidence = [{"start": start, "end": start + 5, "shows": "cue"}]
        return [
            {
                "label": "hostile",
                "source": actor or "unknown",
                "target": "ttp",
                "probability": 0.9,
                "abstained": None,
                "status": "flagged",
                "severity": 1,
                "frames": ["other"],
                "routes": [],
                "evidence": evidence,
            }
        ]


@pytest.fixture
def quick_scorer(monkeypatch: pytest.MonkeyPatch) -> QuickScorer:
    scorer = QuickScorer()
    for module in (flows.pipeline, flows.scoring):
        monkeypatch.setattr(module, "load_scorer", lambda models: scorer)
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
