"""`channelwatch alerts automations`: what a Prefect server does when it is told something."""

from __future__ import annotations

import os
from pathlib import Path

from ops.console_output import stdout
from ops.errors import ENVIRONMENT, CommandError
from ops.serving.plan import api_of


def automations_command(warehouse: Path, block: str, table: Path | None) -> None:
    """Put them on the server that serves the warehouse, and say which are new."""
    api = os.environ.get("PREFECT_API_URL") or api_of(warehouse.absolute())
    if api is None:
        raise CommandError(
            f"`channelwatch serve` does not run for {warehouse}; start it, or set PREFECT_API_URL",
            ENVIRONMENT,
        )
    from flows.automations import put_automations

    for name, new in put_automations(api, block, table):
        stdout().print(f"{'created ' if new else 'replaced'}  {name}", markup=False)
