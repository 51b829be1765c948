"""Compile everything now: ``python -m ops.ahead``, so that no command has to later.

The compiled passes are built when they are first called and kept beside the code. This calls all
of them once, by a run over a small generated world and the bundled exports; it takes a minute or
two, and some seconds where nothing is left to build.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

MESSAGES = 1_000


def compile_all() -> float:
    """Run once over synthetic messages in a temporary folder; the seconds it took."""
    from fixtures.corpus import PATH as CORPUS
    from fixtures.world import generate
    from flows.pipeline import run_directly
    from flows.settings import Settings
    from ops.benchmarks.speed.inputs import write_ndjson

    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="channelwatch-ahead-") as folder:
        world = Path(folder) / "world"
        generate(world, MESSAGES, 1)
        write_ndjson(world)
        run_directly(
            Settings(
                # The corpus has what the world has not: reactions, fields that no reader knows.
                sources=(world / "exports", world / "messages.ndjson", CORPUS / "exports"),
                warehouse=Path(folder) / "ahead.duckdb",
                affiliations=world / "channels.csv",
            )
        )
    return time.monotonic() - began


if __name__ == "__main__":
    sys.stderr.write(f"compiled in {compile_all():.0f} s\n")
