"""`channelwatch benchmark`: the suites, as tables or JSON."""

from __future__ import annotations

import importlib
import inspect
import sys
from difflib import get_close_matches
from pathlib import Path

import msgspec

from ops.benchmarks import SUITES
from ops.console_output import stderr, stdout
from ops.errors import CommandError


def benchmark_command(  # noqa: PLR0913, PLR0917 - the options of the command
    suites: list[str],
    messages: int | None,
    seed: int,
    models: Path | None,
    data: Path | None,
    as_json: bool,
) -> None:
    """Run the suites one after the other and print what they measured."""
    for suite in suites:
        if suite not in SUITES:
            near = get_close_matches(suite, SUITES, 1)
            hint = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(SUITES)}"
            raise CommandError(f"no suite {suite!r}; {hint}")
    if data is not None and not data.is_dir():
        raise CommandError(f"{data}: no such folder")
    notes = stderr()
    results = []
    for suite in suites:
        module = importlib.import_module(SUITES[suite])
        reads_data = "data" in inspect.signature(module.measure).parameters
        rows = module.measure(
            messages=messages,
            seed=seed,
            models=models,
            say=lambda line: notes.print(line, style="dim", markup=False),
            **({"data": data} if reads_data else {}),
        )
        results += rows
        if not as_json:
            module.show(rows, stdout())
    if as_json:
        sys.stdout.write(msgspec.json.encode(results).decode() + "\n")
