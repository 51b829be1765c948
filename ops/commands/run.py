"""`channelwatch run`: read, score, land, and list what is flagged."""

from __future__ import annotations

import logging
import sys
import zoneinfo
from collections.abc import Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import msgspec
from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    SpinnerColumn,
    TaskProgressColumn,
    TextColumn,
    TimeElapsedColumn,
)

import fixtures
from flows.progress import Progress as Watcher
from flows.progress import Silent
from flows.report import RunReport
from flows.settings import Chats, Settings, usable_cores
from flows.watching.events import tell
from flows.watching.logs import configure
from flows.watching.telemetry import exporting
from ops.console_output import count, flagged_table, stderr, stdout
from ops.errors import CommandError
from ops.mapping import mapping
from ops.text import printable
from warehouse.parsing.discovery import require

CORPUS = Path(fixtures.__file__).parent / "corpus"
#: Columns of plain files that --map may name.
PLAIN_FIELDS = ("text", "message_id", "sent_at", "channel", "author", "reply_to")


def run_command(  # noqa: PLR0913 (the options of the command line)
    *,
    sources: list[Path],
    warehouse: Path,
    channels: Path | None,
    timezone: str,
    chats: Chats,
    columns: list[str],
    models: Path | None,
    shadow: Path | None,
    inbox: Path | None,
    workers: int | None,
    batch_rows: int,
    limit: int,
    direct: bool,
    as_json: bool,
    quiet: bool,
    author_key: Path | None = None,
) -> None:
    """Run the monitor flow (or, with ``direct``, its plain functions) and print what it found."""
    if not sources:
        sources, channels = [CORPUS / "exports"], channels or CORPUS / "channels.csv"
    for source in sources:  # before seconds of loading
        try:
            require(source)
        except FileNotFoundError as problem:
            raise CommandError(str(problem)) from problem
    settings = Settings(
        sources=tuple(sources),
        warehouse=warehouse,
        affiliations=channels,
        models=models,
        shadow=shadow,
        inbox=inbox.absolute() if inbox else None,
        timezone=_zone(timezone),
        chats=chats,
        mapping=mapping(columns, PLAIN_FIELDS),
        batch_rows=batch_rows,
        workers=workers or usable_cores(),
        author_key=author_key,
    )
    notes = stderr()
    # A terminal has the bar, and a person who is told what matters by it.
    configure(least=logging.ERROR if quiet or notes.is_terminal else logging.INFO)
    with exporting("channelwatch-run"), watching(notes, quiet or as_json) as watcher:
        report = _run(settings, direct, watcher)
    if as_json:
        sys.stdout.write(
            msgspec.json.format(msgspec.json.encode(report.to_dict()), indent=2).decode() + "\n"
        )
    else:
        show(report, stdout(), limit)
    raise SystemExit(report.exit_code)


def _run(settings: Settings, direct: bool, watcher: Watcher) -> RunReport:
    if direct:
        from flows.pipeline import run_directly

        return run_directly(settings, watcher)
    from flows.monitor import run_monitor

    return run_monitor(settings, watcher)


def _zone(name: str) -> str:
    try:
        zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError) as problem:
        near = get_close_matches(name, zoneinfo.available_timezones(), 1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise CommandError(f"no time zone {name!r}{hint}") from problem
    return name


class _Notes(Silent):
    """Progress for a log: no bar, only what a person should know, as one line among the others."""

    def say(self, message: str) -> None:
        tell("note", says=message)


class _Bar:
    """A progress bar over the bytes on disk, with the messages counted beside it."""

    def __init__(self, console: Console, what: str | None = None) -> None:
        self.what = what
        self.bar = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            TaskProgressColumn(),
            TextColumn("{task.fields[messages]:,} messages"),
            TimeElapsedColumn(),
            console=console,
            transient=True,
        )
        self.task = self.bar.add_task("starting", total=None, messages=0)
        self.messages = self.finished = 0

    def begin(self, files: int, size: int) -> None:
        what = self.what or f"reading {count(files, 'file')}"
        self.bar.update(self.task, description=what, total=max(size, 1))

    def file(self, path: str, size: int) -> None:
        self.bar.update(
            self.task,
            description=printable(Path(path).parent.name[:20] + "/" + Path(path).name[:30]),
        )

    def batch(self, messages: int) -> None:
        self.messages += messages
        self.bar.update(self.task, messages=self.messages)

    def file_done(self, size: int) -> None:
        self.finished += size
        self.bar.update(self.task, completed=self.finished)

    def say(self, message: str) -> None:
        self.bar.console.print(printable(message), style="dim")


@contextmanager
def watching(console: Console, quiet: bool, what: str | None = None) -> Iterator[Watcher]:
    """Progress on a terminal as a bar, in a log as notes; ``what`` is done, or files are read."""
    if quiet:
        yield Silent()
        return
    if not console.is_terminal:
        yield _Notes()
        return
    bar = _Bar(console, what)
    with bar.bar:
        yield bar


def show(report: RunReport, console: Console, limit: int) -> None:
    """Print what a run did and what the warehouse holds flagged."""
    flagged: list[dict[str, Any]] = []
    if limit and not report.queued:
        from flows.owner import on_warehouse

        flagged = on_warehouse(Path(report.warehouse), "digest", limit=limit)["rows"]
    if flagged:
        console.print(flagged_table(flagged, report.flagged, console.width))
    _say_what_happened(report, console)


def _say_what_happened(report: RunReport, console: Console) -> None:
    console.print(_files_line(report))
    if report.queued:
        console.print(
            f"{count(report.queued, 'batch', 'batches')} handed over to the inbox of "
            f"{report.warehouse}: whoever owns the warehouse loads them."
        )
    elif report.new_revisions or report.deleted:
        console.print(
            f"New in {report.warehouse}: {count(report.new_messages, 'message')}, "
            f"{count(report.new_revisions - report.new_messages, 'edit')}, "
            f"{count(report.deleted, 'deletion')}."
        )
    elif report.files and not report.problems and not report.quarantined:
        console.print(f"Nothing is new: all of it came to {report.warehouse} before.", style="bold")
    for file in report.files:
        for warning in file.warnings:
            console.print(f"note: {printable(file.path)}: {printable(warning)}", style="dim")
    if report.unknown_fields:
        most = sorted(report.unknown_fields.items(), key=lambda item: -item[1])[:5]
        named = ", ".join(f"{printable(name)} ({number:,})" for name, number in most)
        console.print(f"note: fields that no reader knows, kept as they are: {named}", style="dim")
    if report.ignored:
        console.print(
            f"note: {count(len(report.ignored), 'file')} in the folders are no messages",
            style="dim",
        )
    if report.quarantined:
        where = [file for file in report.files if file.quarantined and not file.skipped]
        console.print(
            f"{count(report.quarantined, 'item')} could not be read and went to quarantine:",
            style="bold",
        )
        for file in where[:10]:
            console.print(f"  {printable(file.path)}: {file.quarantined:,}")
        if len(where) > 10:
            console.print(f"  and {count(len(where) - 10, 'more file', 'more files')}")
        console.print(
            f"see why: channelwatch export quarantine -w {report.warehouse} -o quarantine.csv"
        )
    for problem in report.problems:
        console.print(f"problem: {printable(problem)}", style="bold red")


def _files_line(report: RunReport) -> str:
    rate = report.read / report.seconds if report.seconds else 0
    resumed = "resumed and finished" if report.resumed else "finished"
    known = sum(file.skipped for file in report.files)
    files = count(len(report.files), "file") + (f" ({known:,} loaded before)" if known else "")
    return (
        f"Run {report.run_id} {resumed}: {files}, {count(report.read, 'message')} read = "
        f"{report.landed:,} landed + {report.unchanged:,} unchanged + "
        f"{report.quarantined:,} quarantined; {report.seconds:.1f} s, {rate:,.0f} a second."
    )
