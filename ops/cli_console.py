"""The command line of the review console: the console itself, and its users."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from ops.errors import explained
from ops.options import DEFAULT_WAREHOUSE, AsJson, Warehouse

users_app = typer.Typer(help="Who may use the review console.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="The user's name.")]
FromStdin = Annotated[
    bool, typer.Option("--stdin", help="Read the password from standard input, one line.")
]


Host = Annotated[str, typer.Option(help="The address to listen on.")]
Port = Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")]
PolicyFile = Annotated[
    Path | None,
    typer.Option("--policy", help="YAML: order of the queue, double review, reasons, wellbeing."),
]
TlsCert = Annotated[
    Path | None, typer.Option("--tls-cert", help="Certificate chain (PEM), to answer by https.")
]
TlsKey = Annotated[Path | None, typer.Option("--tls-key", help="Its private key (PEM).")]
HostNames = Annotated[
    list[str] | None,
    typer.Option(
        "--host-name", metavar="NAME", help="A name that browsers reach it by. Repeat for more."
    ),
]
BehindProxy = Annotated[
    bool,
    typer.Option(
        "--behind-proxy",
        help="A proxy ends https before it and sets X-Forwarded-For; FORWARDED_ALLOW_IPS "
        "names the proxy where it is on another machine.",
    ),
]


class Role(StrEnum):
    """What a user may do on the console."""

    moderator = "moderator"
    lead = "lead"
    auditor = "auditor"
    admin = "admin"


def add_console(app: typer.Typer) -> None:
    """Put these commands on the command line."""
    app.command()(console)
    app.add_typer(users_app, name="users")


@explained
def console(
    warehouse: Warehouse = DEFAULT_WAREHOUSE,
    host: Host = "127.0.0.1",
    port: Port = 8765,
    policy: PolicyFile = None,
    tls_cert: TlsCert = None,
    tls_key: TlsKey = None,
    host_name: HostNames = None,
    behind_proxy: BehindProxy = False,
) -> None:
    """Open the review console: a page on which moderators work through what is flagged.

    It owns the warehouse while it runs; runs beside it hand over through the inbox. Without users
    it prints a link that signs you in once. For others to use it, add users first, and give it
    https or a proxy that has it.

    \b
    channelwatch console                                 on this machine
    channelwatch users add asma --role lead              a user
    channelwatch console --host 10.0.0.5 --tls-cert c.pem --tls-key k.pem --host-name review.example
    """
    from ops.commands.console import console_command, not_misspelt
    from ops.console.serving import Serving

    not_misspelt(warehouse)
    console_command(
        Serving(
            warehouse=warehouse,
            host=host,
            port=port,
            policy=policy,
            tls_cert=tls_cert,
            tls_key=tls_key,
            host_names=tuple(host_name or ()),
            behind_proxy=behind_proxy,
        )
    )


@users_app.command("add")
@explained
def users_add(
    name: Name,
    role: Annotated[Role, typer.Option(help="What the user may do.")] = Role.moderator,
    warehouse: Warehouse = DEFAULT_WAREHOUSE,
    stdin: FromStdin = False,
) -> None:
    """Add a user, with a password that is asked for."""
    from ops.commands.users import add_command

    add_command(warehouse, name, role.value, stdin)


@users_app.command("list")
@explained
def users_list(warehouse: Warehouse = DEFAULT_WAREHOUSE, as_json: AsJson = False) -> None:
    """List the users."""
    from ops.commands.users import list_command

    list_command(warehouse, as_json)


@users_app.command("role")
@explained
def users_role(name: Name, role: Role, warehouse: Warehouse = DEFAULT_WAREHOUSE) -> None:
    """Give a user another role; it holds from the next click on."""
    from ops.commands.users import role_command

    role_command(warehouse, name, role.value)


@users_app.command("disable")
@explained
def users_disable(name: Name, warehouse: Warehouse = DEFAULT_WAREHOUSE) -> None:
    """Sign a user out everywhere and let him in no more; what he decided stays."""
    from ops.commands.users import disable_command

    disable_command(warehouse, name)


@users_app.command("enable")
@explained
def users_enable(name: Name, warehouse: Warehouse = DEFAULT_WAREHOUSE) -> None:
    """Let a user in again."""
    from ops.commands.users import enable_command

    enable_command(warehouse, name)


@users_app.command("password")
@explained
def users_password(
    name: Name, warehouse: Warehouse = DEFAULT_WAREHOUSE, stdin: FromStdin = False
) -> None:
    """Give a user a new password and sign him out everywhere."""
    from ops.commands.users import password_command

    password_command(warehouse, name, stdin)
