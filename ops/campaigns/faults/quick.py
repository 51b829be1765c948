"""The command line with a scorer of its own, so that not most of what is killed is loading models.

Readers, pipeline, inbox and warehouse are the real ones. It takes its time over every lot, so that
there is something to kill whatever the machine. Its clock may jump: see :mod:`.clock`.
"""

from __future__ import annotations

import os
import sys
import time
from typing import Any

import pyarrow as pa

from ops.campaigns.faults import clock

#: Seconds that a lot of messages takes.
PAUSE = float(os.environ.get("CHANNELWATCH_CAMPAIGN_PAUSE", "0.05"))
WORD = "enemy"


class QuickScorer:
    """Flags every message with a certain word, from its channel's actor to the ttp."""

    version = "quick"

    def score(self, table: pa.Table) -> pa.RecordBatch:
        """Answer as the real one does."""
        from warehouse.schemas import ANALYSES

        if table.num_rows:
            time.sleep(PAUSE)
        rows = [
            {
                "channel_actor": actor,
                "language": "en",
                "language_probability": 0.9,
                "language_mixed": [],
                "language_abstained": None,
                "scores": _scores(text, actor),
                "indicators": [],
                "model_version": self.version,
            }
            for text, actor in zip(
                table["text"].to_pylist(), table["channel_actor"].to_pylist(), strict=True
            )
        ]
        return pa.RecordBatch.from_pylist(rows, schema=ANALYSES)


def _scores(text: str, actor: str | None) -> list[dict[str, Any]]:
    start = text.find(WORD)
    if start < 0:
        return []
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
            "evidence": [{"start": start, "end": start + len(WORD), "shows": "cue"}],
        }
    ]


def install() -> None:
    """Put the quick scorer in the place of the real one, for the life of the process."""
    import flows.scoring

    scorer = QuickScorer()
    flows.scoring.load_scorer = lambda models: scorer  # type: ignore[assignment]


def main() -> None:
    """The command line, of the arguments of this process."""
    clock.jump_if_told()
    install()
    from ops.cli import main as command_line

    sys.argv[0] = "channelwatch"
    command_line()


def dask_worker() -> None:
    """A worker of a cluster: the address and its name are the arguments of this process."""
    install()
    from distributed.cli.dask_worker import main as worker

    address, name = sys.argv[1:]
    worker([address, "--no-nanny", "--nthreads", "1", "--no-dashboard", "--name", name])
