"""Keeping a warehouse, as plain functions: its retention and its backups, whoever owns the file."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from dataclasses import asdict
from datetime import UTC, datetime
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import msgspec
import yaml

from classifiers.knowledge import load
from flows.owner import on_warehouse
from warehouse.retention.rules import OWN, CountedFrom, Removed, RetentionError, Rule, Rules

BUILT_IN = Path(__file__).with_name("retention.yaml")


class _Rule(msgspec.Struct, forbid_unknown_fields=True):
    label: str
    keep_days: int | None
    may_return: bool = False


class _File(msgspec.Struct, forbid_unknown_fields=True):
    rules: list[_Rule]
    counted_from: CountedFrom = "loaded"


def read_rules(path: Path | None = None, labels: Collection[str] | None = None) -> Rules:
    """The rules of a YAML file; see ``flows/retention.yaml``, which keeps everything for ever.

    Args:
        labels: those of the classifiers; by default the bundled ones.

    Raises:
        RetentionError: the file is no YAML, a label is unknown, or one has no rule.

    >>> {rule.keep_days for rule in read_rules().rules}
    {None}
    """
    path = path or BUILT_IN
    try:
        told = msgspec.convert(yaml.safe_load(path.read_text("utf-8")) or {}, _File)
    except (OSError, UnicodeDecodeError) as error:
        raise RetentionError(f"the rules {path} cannot be read: {error}") from error
    except yaml.YAMLError as error:
        raise RetentionError(f"the rules {path} are no YAML: {error}") from error
    except msgspec.ValidationError as error:
        raise RetentionError(f"the rules {path}: {error}; compare with {BUILT_IN}") from error
    made = Rules(
        tuple(Rule(rule.label, rule.keep_days, rule.may_return) for rule in told.rules),
        told.counted_from,
    )
    wanted = [*OWN, *(labels if labels is not None else load(cues=False).labels)]
    try:
        made.check()
        _complete(made, wanted)
    except RetentionError as error:
        raise RetentionError(f"the rules {path}: {error}") from error
    return made


def _complete(rules: Rules, wanted: Collection[str]) -> None:
    """A label without a rule is a mistake, not a decision to keep it for ever."""
    given = [rule.label for rule in rules.rules]
    for label in given:
        if label not in wanted:
            near = get_close_matches(label, wanted, 1)
            hint = f"; did you mean {near[0]!r}?" if near else f"; there are {', '.join(wanted)}"
            raise RetentionError(f"no label {label!r}{hint}")
    missing = [label for label in wanted if label not in given]
    if missing:
        raise RetentionError(
            f"no rule for {', '.join(missing)}; say keep_days: null to keep it for ever"
        )


def retain(
    warehouse: Path, rules: Rules, *, dry_run: bool = False, scrub: bool = False, who: str = ""
) -> dict[str, Any]:
    """Go through the whole warehouse, part by part, so that its owner loads in between.

    Returns:
        As :class:`warehouse.retention.rules.Removed`, and with ``scrub`` the bytes of the file
        before and after it was written anew.

    Raises:
        StoreError: the warehouse cannot be used.
        DutyError: its owner does not answer; what was removed stays removed.
    """
    # One time for all parts: what is due does not change while they go on.
    now = datetime.now(UTC).isoformat()
    done = Removed(next=0)
    while done.next is not None:
        part = on_warehouse(
            warehouse,
            "retain",
            rules=rules.to_dict(),
            dry_run=dry_run,
            after=done.next,
            now=now,
            who=who,
        )
        done.add(Removed(**part))
    result: dict[str, Any] = asdict(done) | {"dry_run": dry_run}
    if scrub and not dry_run:
        result |= on_warehouse(warehouse, "scrub", timeout=3600.0, who=who)
    return result


def back_up(warehouse: Path, out: Path, *, who: str = "") -> dict[str, Any]:
    """A backup in the new folder OUT, made by whoever owns the warehouse; its manifest.

    Raises:
        StoreError: the warehouse cannot be used, or OUT is there already.
        DutyError: its owner could not make one, or does not answer.
    """
    ask: dict[str, Any] = {"out": str(out.absolute()), "asked": secrets.token_hex(8), "who": who}
    return on_warehouse(warehouse, "backup", **ask)
