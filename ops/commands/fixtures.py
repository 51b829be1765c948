"""`channelwatch fixtures generate`: synthetic exports with gold labels."""

from __future__ import annotations

from pathlib import Path

from rich.progress import Progress

from fixtures.world import generate
from ops.console_output import count, stderr, stdout
from ops.errors import CommandError


def generate_command(out: Path, messages: int, seed: int) -> None:
    """Write about ``messages`` messages under ``out``, which must be new or empty."""
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise CommandError(f"{out} is not an empty folder; name a new one")
    with Progress(console=stderr(), transient=True) as bar:
        task = bar.add_task("generating", total=messages)
        generate(out, messages, seed, progress=lambda done: bar.update(task, completed=done))
    files = sorted((out / "exports").rglob("*.json"))
    size = sum(file.stat().st_size for file in files)
    stdout().print(
        f"{count(len(files), 'export')} of {size / 1e6:,.1f} MB in {out / 'exports'}, "
        f"gold labels in {out / 'gold'}.\n"
        f"Read them: channelwatch run {out / 'exports'} --channels {out / 'channels.csv'}"
    )
