"""`channelwatch backfill`: what lies before today, day by day, in order."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path

from rich.markup import escape

from ops.console_output import count, stdout
from ops.errors import ENVIRONMENT, PROBLEMS, CommandError
from ops.serving.plan import api_of


def backfill_command(warehouse: Path, names: list[str], since: date, until: date) -> None:
    """Have each day's runs done by the server that serves the warehouse; exit 1 where one fails."""
    api = os.environ.get("PREFECT_API_URL") or api_of(warehouse.absolute())
    if api is None:
        raise CommandError(
            f"`channelwatch serve` does not run for {warehouse}; start it, or set PREFECT_API_URL",
            ENVIRONMENT,
        )
    from flows.backfill import backfill

    console = stdout()
    with console.status("asking the server") as status:  # on a terminal alone

        def begin(line: str) -> None:
            status.update(escape(line))

        def say(line: str) -> None:
            console.print(line, markup=False)

        wrong = backfill(api, names, since, until, say, begin)
    if wrong:
        raise CommandError(
            f"{count(len(wrong), 'run')} did not come to a good end; run this again for these "
            "days:\n  " + "\n  ".join(wrong),
            PROBLEMS,
        )
