"""The command line of keeping a warehouse: retention, legal holds, backups, the audit log."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ops.errors import explained
from ops.options import DEFAULT_WAREHOUSE, AsJson, Warehouse

hold_app = typer.Typer(help="Legal holds: what must not be removed.", no_args_is_help=True)
audit_app = typer.Typer(help="Who read and changed what.", no_args_is_help=True)

Who = Annotated[
    str | None, typer.Option(help="Who does it.  [default: your login name]", show_default=False)
]
Why = Annotated[str, typer.Option(help="Why, in a line that an auditor understands.")]
KeyFile = Annotated[
    Path | None,
    typer.Option(
        help="A file with the key of an encrypted warehouse; or set CHANNELWATCH_KEY_FILE or "
        "CHANNELWATCH_KEY."
    ),
]
AllowMbedtls = Annotated[
    bool,
    typer.Option(
        "--allow-mbedtls",
        help="Encrypt with the cipher within DuckDB where its extension httpfs (OpenSSL; name its "
        "file with CHANNELWATCH_HTTPFS) is not at hand. It is AES-256-GCM as well, but without a "
        "secure source of random numbers: nonces may come twice or be guessed, which shows how two "
        "blocks differ and lets them be forged. Good against a lost disk, not against somebody who "
        "sees many versions of the file. Or set CHANNELWATCH_ALLOW_MBEDTLS=1.",
    ),
]
AuthorKey = Annotated[
    Path | None,
    typer.Option(
        "--author-key",
        help="A file with a key (32 characters or more): authors are named by a keyed hash, such "
        "as p:4f1d…, before anything is written. For a warehouse from its first run on; or set "
        "CHANNELWATCH_AUTHOR_KEY_FILE or CHANNELWATCH_AUTHOR_KEY.",
    ),
]


def add_keeping(app: typer.Typer) -> None:
    """Put these commands on the command line."""
    app.command()(retain)
    app.command()(backup)
    app.command()(restore)
    app.add_typer(hold_app, name="hold")
    app.add_typer(audit_app, name="audit")


@explained
def retain(
    warehouse: Warehouse = DEFAULT_WAREHOUSE,
    rules: Annotated[
        Path | None,
        typer.Option(help="YAML: how long each label is kept; the bundled one keeps all for ever."),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Count what is due, and remove nothing.")
    ] = False,
    scrub: Annotated[
        bool,
        typer.Option(
            "--scrub",
            help="Write the file anew afterwards: without it what was removed cannot be asked for, "
            "but its bytes stay in the file until others are written over them.",
        ),
    ] = False,
    who: Who = None,
    key_file: KeyFile = None,
    allow_mbedtls: AllowMbedtls = False,
    as_json: AsJson = False,
) -> None:
    """Remove the messages that have had their time, and all that was made of them.

    What is under a legal hold stays. What is left of a message: its decisions, and a row that says
    that it was here, when it was removed and by which rule, so that the same export does not bring
    it back. It works beside the console, some messages at a time.

    \b
    channelwatch retain --rules retention.yaml --dry-run     what would go
    channelwatch retain --rules retention.yaml --scrub       remove it, from the bytes too
    """
    from ops.commands.keeping import retain_command, use_key

    use_key(key_file, allow_mbedtls)
    retain_command(warehouse, rules, dry_run, scrub, who, as_json)


@explained
def backup(
    out: Annotated[Path, typer.Argument(help="A new folder.")],
    warehouse: Warehouse = DEFAULT_WAREHOUSE,
    who: Who = None,
    key_file: KeyFile = None,
    allow_mbedtls: AllowMbedtls = False,
    as_json: AsJson = False,
) -> None:
    """Copy the warehouse, what waits in its inbox and the console's users, while they are used.

    The copy is what the warehouse was at one moment. It is as encrypted as the warehouse is; the
    console's users (names, and hashes of passwords) are not.
    """
    from ops.commands.keeping import backup_command, use_key

    use_key(key_file, allow_mbedtls)
    backup_command(warehouse, out, who, as_json)


@explained
def restore(
    backup: Annotated[Path, typer.Argument(help="The folder of a backup.")],
    into: Annotated[Path, typer.Option(help="The new warehouse; nothing may be there.")],
    encrypt: Annotated[
        bool,
        typer.Option("--encrypt", help="Encrypt with the key what was backed up without one."),
    ] = False,
    key_file: KeyFile = None,
    allow_mbedtls: AllowMbedtls = False,
    as_json: AsJson = False,
) -> None:
    """Check a backup byte by byte and table by table, and put it in place as a new warehouse.

    \b
    channelwatch restore backups/monday --into restored.duckdb
    channelwatch restore plain --into safe.duckdb --encrypt --key-file warehouse.key
    """
    from ops.commands.keeping import restore_command, use_key

    use_key(key_file, allow_mbedtls)
    restore_command(backup, into, encrypt, as_json)


@hold_app.command("add")
@explained
def hold_add(
    why: Why,
    channel: Annotated[
        str | None, typer.Option(help="A channel, as in the view channels: tg:1234567890.")
    ] = None,
    message: Annotated[int | None, typer.Option(help="One message of that channel.")] = None,
    item: Annotated[
        int | None, typer.Option(help="An item of the review queue, with all its copies.")
    ] = None,
    case: Annotated[
        str | None, typer.Option(help="The case, under which holds are lifted together.")
    ] = None,
    warehouse: Warehouse = DEFAULT_WAREHOUSE,
    who: Who = None,
    key_file: KeyFile = None,
    as_json: AsJson = False,
) -> None:
    """Keep a channel, a message or an item, whatever its age, until the hold is lifted.

    \b
    channelwatch hold add --channel tg:1234567890 --case "2026/17" --why "request of the court"
    """
    from ops.commands.keeping import hold_add_command, use_key

    use_key(key_file)
    what = {"channel": channel, "message": message, "item": item, "case": case}
    hold_add_command(warehouse, what, why, who, as_json)


@hold_app.command("lift")
@explained
def hold_lift(
    why: Why,
    hold: Annotated[str | None, typer.Option(help="The hold, by its id.")] = None,
    case: Annotated[str | None, typer.Option(help="Every hold of this case.")] = None,
    warehouse: Warehouse = DEFAULT_WAREHOUSE,
    who: Who = None,
    key_file: KeyFile = None,
    as_json: AsJson = False,
) -> None:
    """End a hold, or all holds of a case; that they were there stays on record."""
    from ops.commands.keeping import hold_lift_command, use_key

    use_key(key_file)
    hold_lift_command(warehouse, hold, case, why, who, as_json)


@hold_app.command("list")
@explained
def hold_list(
    warehouse: Warehouse = DEFAULT_WAREHOUSE, key_file: KeyFile = None, as_json: AsJson = False
) -> None:
    """List the holds, those that were lifted too."""
    from ops.commands.keeping import hold_list_command, use_key

    use_key(key_file)
    hold_list_command(warehouse, as_json)


@audit_app.command("list")
@explained
def audit_list(
    warehouse: Warehouse = DEFAULT_WAREHOUSE,
    who: Annotated[str | None, typer.Option(help="Of this person alone.")] = None,
    what: Annotated[str | None, typer.Option(help="How the act begins: hold, read, GET.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="The latest so many.")] = 50,
    key_file: KeyFile = None,
    as_json: AsJson = False,
) -> None:
    """List who read and changed what, the latest first."""
    from ops.commands.keeping import audit_list_command, use_key

    use_key(key_file)
    audit_list_command(warehouse, who, what, limit, as_json)


@audit_app.command("verify")
@explained
def audit_verify(
    warehouse: Warehouse = DEFAULT_WAREHOUSE,
    head: Annotated[
        str | None, typer.Option(help="A head that was printed before; it must be in the chain.")
    ] = None,
    key_file: KeyFile = None,
    as_json: AsJson = False,
) -> None:
    """Follow the chain of the audit log; exit 1 where an entry was changed, added or taken out.

    Keep the head that it prints somewhere else: with it, a chain that was cut off or made anew
    shows too.
    """
    from ops.commands.keeping import audit_verify_command, use_key

    use_key(key_file)
    audit_verify_command(warehouse, head, as_json)
