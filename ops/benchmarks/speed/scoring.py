"""Whole scoring on one core, beside others that only name the language of the same messages.

CPU seconds of the best of three passes over messages that lie in memory: language, every label
with evidence, payment indicators and fingerprint on one side; CLD2's call for each message on the
other; and the baseline stack on fewer of them.
"""

from __future__ import annotations

import importlib
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from ops.benchmarks.speed.inputs import made
from ops.benchmarks.speed.setting import Setting, answer, in_a_process

MESSAGES = 60_000
BASELINE_MESSAGES = 2_000
PASSES = 3


def measure(setting: Setting) -> list[dict[str, Any]]:
    """Rows of what was timed, messages and messages a second; the others' where installed."""
    messages = min(setting.messages, MESSAGES)
    data = made(setting, messages, "telegram")
    setting.say(f"scoring {messages:,} messages in memory, and naming their language with CLD2")
    found: list[dict[str, Any]] = in_a_process(
        __name__, data.sources, data.affiliations, setting.models or ""
    )["rows"]
    if not any(row["what"].startswith("CLD2") for row in found):
        setting.say("CLD2 is not installed: left out (pip install -e .[peers])")
    return found


def show(rows: list[dict[str, Any]], console: Console) -> None:
    """A table with ratios to our own scoring."""
    table = Table(title="Messages in memory, one core", box=box.SIMPLE_HEAD)
    for name in ("what", "messages", "a second", "microseconds", "whole scoring is"):
        table.add_column(name, justify="left" if name == "what" else "right")
    own = rows[0]["messages_a_second"] if rows else 0.0
    for row in rows:
        table.add_row(
            row["what"],
            f"{row['messages']:,}",
            f"{row['messages_a_second']:,.0f}",
            f"{1e6 / row['messages_a_second']:.1f}",
            f"{own / row['messages_a_second']:.2f} × as fast",
        )
    console.print(table)


def _row(what: str, messages: int, work: Callable[[], object], passes: int) -> dict[str, Any]:
    best = float("inf")
    for _ in range(passes):
        began = time.process_time()
        work()
        best = min(best, time.process_time() - began)
    return {
        "what": what,
        "messages": messages,
        "cpu_seconds": round(best, 4),
        "messages_a_second": round(messages / best, 1),
    }


def run(sources: Path, affiliations: Path, models: Path | None) -> list[dict[str, Any]]:
    """The measurements, in this process."""
    import pyarrow as pa

    from classifiers import language
    from classifiers.knowledge import load as load_knowledge
    from flows import affiliations as table_of_channels
    from flows.replies import reply_texts
    from flows.scoring import load_scorer
    from ops.benchmarks.speed.end_to_end import fitted_baseline
    from warehouse.reading import Batch, discover, identify, read

    actors = load_knowledge(cues=False).actors
    channels = table_of_channels.load(affiliations, actors)
    parts = []
    for path in discover([sources]).files:
        for item in read(identify(path)):
            if isinstance(item, Batch):
                joined = table_of_channels.join(item.messages, item.channels, channels)
                replies = reply_texts(item.messages)
                parts.append(
                    joined.append_column("reply_text", replies).select(
                        ["text", "channel_actor", "reply_text"]
                    )
                )
    table = pa.concat_tables(parts).combine_chunks()
    count = table.num_rows
    scorer = load_scorer(models)
    texts = table.column("text")
    rows = [
        _row("whole scoring", count, lambda: scorer.score(table), PASSES),
        _row("language alone", count, lambda: language.detect(texts), PASSES),
    ]
    try:
        cld2 = importlib.import_module("pycld2")
    except ImportError:
        pass
    else:
        plain = [_without_controls(text) for text in texts.to_pylist()]

        def detect() -> None:
            for text in plain:
                cld2.detect(text)

        rows.append(_row("CLD2, language alone", count, detect, PASSES))
    baseline = fitted_baseline()
    few = table.slice(0, BASELINE_MESSAGES)
    rows.append(_row("baseline stack", few.num_rows, lambda: baseline.score(few), 1))
    return rows


def _without_controls(text: str) -> str:
    """CLD2 refuses control characters."""
    return "".join(char for char in text if char.isprintable() or char in "\n\t ")


def main() -> None:
    """See :func:`ops.benchmarks.speed.setting.in_a_process`."""
    sources, affiliations, models = sys.argv[1:]
    found = run(Path(sources), Path(affiliations), Path(models) if models else None)
    answer({"rows": found})
