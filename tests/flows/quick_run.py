"""`channelwatch run --direct` with a scorer of its own: a process to be killed.

The pipeline, the readers, the inbox and the warehouse are the real ones; what is left out is the
seconds that the real models take to load, which would be most of what is killed. The scorer takes
its time, so that there is work to kill whatever the machine.
"""

from __future__ import annotations

import sys
import time
from typing import Any

import pyarrow as pa

import flows.scoring
from warehouse.schemas import ANALYSES

#: Seconds that a lot of messages takes.
PAUSE = 0.15


class QuickScorer:
    """Flags every message that says "enemy", from its channel's actor to the ttp."""

    version = "quick"

    def score(self, table: pa.Table) -> pa.RecordBatch:
        if not table.num_rows:
            return pa.RecordBatch.from_pylist([], schema=ANALYSES)
        time.sleep(PAUSE)
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


def install() -> QuickScorer:
    """Put the quick scorer in the place of the real one, for the life of the process."""
    scorer = QuickScorer()
    flows.scoring.load_scorer = lambda models: scorer  # type: ignore[assignment]
    return scorer


if __name__ == "__main__":
    install()
    from ops.cli import main

    sys.argv = ["channelwatch", "run", *sys.argv[1:]]
    main()
