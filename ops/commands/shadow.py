"""`channelwatch shadow` and `promote`: a candidate beside the current model, then in its place."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
from rich import box
from rich.console import Console
from rich.table import Table

from classifiers.modelfile import FOLDER, FORMER
from flows.owner import on_warehouse
from flows.rescoring import Rescoring, version_with
from flows.shadow import Comparison, against
from ops.commands.rescore import require, scored, show
from ops.console_output import count, stdout
from ops.errors import PROBLEMS, CommandError
from ops.learning.promote import promote, refusal
from ops.text import because, printable


def shadow_command(  # noqa: PLR0913 (the options of the command line)
    wanted: Rescoring,
    *,
    score: bool,
    examples: int,
    direct: bool,
    as_json: bool,
    quiet: bool,
) -> None:
    """Score in the shadow, unless that is done, then compare."""
    require(wanted.warehouse)
    problems: tuple[str, ...] = ()
    if score:
        report = scored(wanted, direct=direct, quiet=quiet or as_json)
        problems = report.problems
        if not as_json:
            show(report)
        if report.queued:  # its owner compares only what it has loaded
            on_warehouse(wanted.warehouse, "load")
    version = version_with(wanted.models, wanted.affiliations) if wanted.models else None
    told = on_warehouse(
        wanted.warehouse,
        "shadow",
        version=version,
        since=wanted.since,
        until=wanted.until,
        examples=examples,
    )
    if as_json:
        data = msgspec.json.encode(told | {"problems": problems}, enc_hook=str)
        sys.stdout.write(msgspec.json.format(data, indent=2).decode() + "\n")
    else:
        _show(Comparison.from_dict(told), stdout())
    raise SystemExit(PROBLEMS if problems else 0)


def promote_command(
    candidate: Path,
    into: Path | None,
    warehouse: Path | None,
    channels: Path | None,
    most_growth: float,
) -> None:
    """Put a candidate in place, unless training or its time in the shadow speaks against it."""
    reasons = _from_training(candidate)
    if warehouse is not None:
        require(warehouse)
        told = on_warehouse(warehouse, "shadow", version=version_with(candidate, channels))
        reasons += against(Comparison.from_dict(told), most_growth)
    if reasons:
        raise refusal(reasons, candidate)
    target = into or FOLDER
    promote(candidate, target, None)
    former = target / FORMER
    kept = f"; what it replaced is kept in {former}" if former.is_dir() else ""
    stdout().print(f"Promoted into {target}{kept}.", markup=False, soft_wrap=True)


def _from_training(candidate: Path) -> list[str]:
    """What `channelwatch train` found against it; it says so beside the model."""
    path = candidate / "results.json"
    if not path.is_file():
        raise CommandError(
            f"{path}: no such file; train with a comparison (without --no-compare), so that it is "
            "known how the candidate does on every suite"
        )
    try:
        return [str(reason) for reason in json.loads(path.read_bytes())["against_promotion"]]
    except (ValueError, KeyError, TypeError) as problem:
        raise CommandError(f"{path}: not what `channelwatch train` writes ({problem})") from None


def _show(found: Comparison, console: Console) -> None:
    console.print(
        f"Model {found.version} has scored {count(found.messages, 'message')} in the shadow."
    )
    console.print(_flags(found.slices))
    if found.decided:
        console.print(_decided(found.decided))
        console.print(
            "right: by the exact McNemar test; difference and F1: paired bootstrap over families "
            "of near-copies; above 0 in favour of the candidate.",
            style="dim",
        )
    else:
        console.print("None of these messages has been decided by a moderator yet.", style="dim")
    for row in found.examples:
        name = f"{row['change']}: {row['label']}" + (f":{row['target']}" if row["target"] else "")
        before, after = (
            "-" if row[at] is None else f"{row[at]:.2f}"
            for at in ("probability_before", "probability_after")
        )
        line = because(row["text"], row["evidence"] or [])
        console.print(f"{name} [{row['language']}] {before} → {after}  ", end="", markup=False)
        console.print(line)


def _flags(slices: Sequence[dict[str, Any]]) -> Table:
    table = Table(
        title="Flags in force and would-be flags", title_justify="left", box=box.SIMPLE_HEAD
    )
    for name in ("label", "of"):
        table.add_column(name)
    for name in ("before", "after", "gained", "lost", "changed", "growth", "95 % interval"):
        table.add_column(name, justify="right")
    for row in slices:
        growth = "" if row["growth"] is None else f"{100 * row['growth']:+.1f} %"
        within = (
            "" if row["low"] is None else f"{100 * row['low']:+.1f} to {100 * row['high']:+.1f} %"
        )
        counts = (f"{row[name]:,}" for name in ("before", "after", "gained", "lost", "changed"))
        part = printable(row["language"] or row["target"] or "all")
        table.add_row(row["label"], part, *counts, growth, within)
    return table


def _decided(rows: Sequence[dict[str, Any]]) -> Table:
    table = Table(title="On what moderators decided", title_justify="left", box=box.SIMPLE_HEAD)
    table.add_column("label")
    for name in ("decisions", "right before", "right after", "difference", "95 %", "p", "F1"):
        table.add_column(name, justify="right")
    for row in rows:
        table.add_row(
            row["label"],
            f"{row['n']:,}",
            f"{row['right_before']:,}",
            f"{row['right_after']:,}",
            f"{row['difference']:+.3f}",
            f"{row['low']:+.3f} to {row['high']:+.3f}",
            f"{row['p_value']:.2g}",
            f"{row['f1_difference']:+.3f}",
        )
    return table
