"""The command line of alerts: what holds, one look, and answers to it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from ops.errors import explained
from ops.options import DEFAULT_WAREHOUSE, AsJson, Warehouse

alerts_app = typer.Typer(
    help="What somebody is to be told of: rules, alerts, and answers to them.", no_args_is_help=True
)

Rules = Annotated[
    Path | None,
    typer.Option(
        "--rules",
        help="YAML of rules and routes.  [default: that of CHANNELWATCH_ALERTS, else the bundled "
        "flows/alerts.yaml]",
        show_default=False,
    ),
]
Only = Annotated[
    list[str] | None, typer.Option("--rule", metavar="ID", help="Only this rule. Repeat for more.")
]
AsOf = Annotated[
    datetime | None,
    typer.Option(metavar="TIME", help="Look as of this time, UTC, instead of now."),
]
Alert = Annotated[str, typer.Argument(help="The alert's id, or its beginning.")]


class State(StrEnum):
    """How an alert stands; ``held`` are all that are not over."""

    held = "held"
    open = "open"
    acknowledged = "acknowledged"
    silenced = "silenced"
    resolved = "resolved"
    all = "all"


def add_alerts(app: typer.Typer) -> None:
    """Put these commands on the command line."""
    app.add_typer(alerts_app, name="alerts")


@alerts_app.command("list")
@explained
def alerts_list(
    warehouse: Warehouse = DEFAULT_WAREHOUSE,
    state: Annotated[State, typer.Option(help="Which of them.")] = State.held,
    as_json: AsJson = False,
) -> None:
    """List the alerts, the silences, and what could not be delivered yet."""
    from ops.commands.alerts import list_command

    list_command(warehouse, state.value, as_json)


@alerts_app.command("check")
@explained
def alerts_check(
    warehouse: Warehouse = DEFAULT_WAREHOUSE,
    rules: Rules = None,
    rule: Only = None,
    as_json: AsJson = False,
) -> None:
    """Look once: evaluate the rules, write down what is new, send it to the routes.

    Prefect is not needed; routes to Prefect are left for its own flow. Exit 1 where a rule could
    not be evaluated, or something could not be delivered.
    """
    from ops.commands.alerts import check_command

    check_command(warehouse, rules, rule or [], as_json)


@alerts_app.command("test")
@explained
def alerts_test(
    warehouse: Warehouse = DEFAULT_WAREHOUSE,
    rules: Rules = None,
    rule: Only = None,
    as_of: AsOf = None,
    route: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Instead: send this route one message that says so."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Say what the rules would find, or whether a route works; nothing is written down."""
    from ops.commands.alerts import route_command, test_command

    if route is not None:
        route_command(rules, route)
    else:
        test_command(warehouse, rules, rule or [], as_of, as_json)


@alerts_app.command("automations")
@explained
def alerts_automations(
    block: Annotated[
        str,
        typer.Option(
            metavar="TYPE/NAME",
            help="The block of Prefect's that tells somebody: slack-webhook/team.",
        ),
    ],
    warehouse: Warehouse = DEFAULT_WAREHOUSE,
    table: Annotated[
        Path | None,
        typer.Option(
            help="YAML of automations.  [default: the bundled ops/automations.yaml]",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Have the Prefect server tell somebody of critical alerts, failed runs, and of silence.

    Those that are there already under the same names are replaced.
    """
    from ops.commands.automations import automations_command

    automations_command(warehouse, block, table)


@alerts_app.command("ack")
@explained
def alerts_ack(
    alert: Alert,
    warehouse: Warehouse = DEFAULT_WAREHOUSE,
    note: Annotated[str | None, typer.Option(help="What is being done about it.")] = None,
    by: Annotated[str | None, typer.Option(help="Who.  [default: the user]")] = None,
) -> None:
    """Take care of an alert: it is told again only when it has become much worse."""
    from ops.commands.alerts import ack_command

    ack_command(warehouse, alert, note, by)


@alerts_app.command("silence")
@explained
def alerts_silence(
    alert: Annotated[
        str | None, typer.Argument(help="The alert's id, or its beginning; or give --rule.")
    ] = None,
    warehouse: Warehouse = DEFAULT_WAREHOUSE,
    rule: Annotated[str | None, typer.Option(metavar="ID", help="The whole rule.")] = None,
    span: Annotated[str, typer.Option("--for", metavar="TIME", help="30m, 12h, 7d, 2w.")] = "1d",
    why: Annotated[str, typer.Option(help="The reason, for whoever wonders later.")] = "",
    lift: Annotated[
        str | None, typer.Option(metavar="SILENCE", help="Instead: end this silence early.")
    ] = None,
    by: Annotated[str | None, typer.Option(help="Who.  [default: the user]")] = None,
) -> None:
    """Tell nothing of an alert's subject, or of a rule, for a time."""
    from ops.commands.alerts import lift_command, silence_command

    if lift is not None:
        lift_command(warehouse, lift, by)
    else:
        silence_command(warehouse, alert, rule, span, why, by)
