"""The command line of watching an installation: what is wrong with it, and what to do."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ops.errors import explained
from ops.options import DEFAULT_WAREHOUSE, AsJson, Warehouse


def add_watch(app: typer.Typer) -> None:
    """Put these commands on the command line."""
    app.command()(doctor)
    app.command()(runbook)


@explained
def doctor(
    warehouse: Warehouse = DEFAULT_WAREHOUSE,
    deep: Annotated[
        bool,
        typer.Option(
            "--deep", help="Ask the models, read every block of the warehouse, add up every run."
        ),
    ] = False,
    port: Annotated[
        int, typer.Option(min=1, max=65535, help="Where the console answers, or is to.")
    ] = 8765,
    policy: Annotated[
        Path | None, typer.Option(help="The console's policy, where it is not the bundled one.")
    ] = None,
    schedules: Annotated[
        Path | None, typer.Option(help="The schedules, where they are not the bundled ones.")
    ] = None,
    rules: Annotated[
        Path | None, typer.Option(help="The rules of alerts, where they are not the bundled ones.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Look at this installation and say what is wrong with it, and what to do.

    It changes nothing. Exit 0: all is well; 1: something wants looking after; 3: something is
    broken.
    """
    from ops.commands.doctor import doctor_command
    from ops.doctor.finding import Place

    place = Place(warehouse, port=port, policy=policy, schedules=schedules, rules=rules)
    doctor_command(place, deep, as_json)


@explained
def runbook(
    name: Annotated[
        str | None, typer.Argument(help="An alert or a finding; the index without one.")
    ] = None,
) -> None:
    """Print the page for an alarm: what it means, how to see it, what to do, when it is over."""
    from ops.commands.doctor import runbook_command

    runbook_command(name)
