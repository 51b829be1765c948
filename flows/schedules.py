"""What is to run by itself: a table of deployments (``ops/schedules.yaml``), checked on load.

Prefect is not needed to read it. :mod:`flows.scheduled` makes flows of its rows.
"""

from __future__ import annotations

import os
import re
import zoneinfo
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal, get_type_hints

import msgspec
import yaml

#: The table that comes with channelwatch.
BUILT_IN = Path(__file__).parents[1] / "ops" / "schedules.yaml"

#: Asks who serves a table only to check it.
CHECK = "check"

#: Names the table where it is another one: flow runs are processes of their own.
VARIABLE = "CHANNELWATCH_SCHEDULES"

#: What a value of a parameter may stand for; whoever serves the table says what it is.
PLACEHOLDERS = ("$warehouse", "$watch", "$channels", "$models", "$reports", "$backups", "$console")

_FIELD_OF_CRON = re.compile(r"[0-9A-Za-z*/,\-#?]+")


class SchedulesError(ValueError):
    """A table of schedules that cannot be used; the message names the file and the line."""

    exit_code = 2


class Deployment(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One row of the table.

    ``flow`` is ``module:function``. Give ``every_minutes`` or ``cron`` (five fields, in
    ``timezone``), or neither for what is only started by hand. ``concurrency`` counts runs at the
    same time; one more is left out (``skip``) or waits for its turn (``wait``). A run that failed
    is tried again ``retries`` times, after ``retry_wait_seconds`` and up to ``retry_jitter`` times
    as much more, by chance, so that not all come back at once.
    """

    name: Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9-]{0,62}$")]
    flow: Annotated[str, msgspec.Meta(pattern=r"^[a-z_][\w.]*:[a-z_]\w*$")]
    description: Annotated[str, msgspec.Meta(min_length=1)]
    tags: tuple[str, ...] = ()
    parameters: dict[str, Any] = {}
    every_minutes: Annotated[float, msgspec.Meta(gt=0)] | None = None
    cron: str | None = None
    timezone: str = "UTC"
    concurrency: Annotated[int, msgspec.Meta(ge=1)] = 1
    when_busy: Literal["skip", "wait"] = "skip"
    retries: Annotated[int, msgspec.Meta(ge=0, le=10)] = 0
    retry_wait_seconds: Annotated[float, msgspec.Meta(ge=0)] = 60
    retry_jitter: Annotated[float, msgspec.Meta(ge=0, le=1)] = 0.5
    timeout_minutes: Annotated[float, msgspec.Meta(gt=0)] | None = None
    paused: bool = False

    @property
    def attribute(self) -> str:
        """Its name in :mod:`flows.scheduled`."""
        return self.name.replace("-", "_")

    @property
    def rhythm(self) -> str:
        """When it runs, in words.

        >>> row = {"name": "x", "flow": "m:f", "description": "d"}
        >>> Deployment(**row, every_minutes=10).rhythm, Deployment(**row, cron="10 2 * * *").rhythm
        ('every 10 minutes', '10 2 * * * UTC')
        """
        if self.every_minutes is not None:
            minutes = self.every_minutes
            return f"every {minutes:g} minutes" if minutes >= 1 else f"every {minutes * 60:g} s"
        return f"{self.cron} {self.timezone}" if self.cron else "by hand"


@dataclass(frozen=True)
class Schedules:
    """A table that was checked: its rows by name, and the line where each begins."""

    path: Path
    deployments: Mapping[str, Deployment]
    lines: Mapping[str, int]

    def where(self, name: str) -> str:
        """``file:line`` of a row, for messages."""
        return f"{self.path}:{self.lines[name]}"

    def named(self, name: str) -> Deployment:
        """A row by its name.

        Raises:
            SchedulesError: there is none; the message has the nearest name.
        """
        if name not in self.deployments:
            raise SchedulesError(f"{self.path}: {unknown('deployment', name, self.deployments)}")
        return self.deployments[name]


def chosen() -> Path:
    """The table that this process is to use."""
    given = os.environ.get(VARIABLE)
    return Path(given) if given else BUILT_IN


def read_schedules(path: Path | None = None) -> Schedules:
    """Read a table; the chosen one where no path is given.

    Raises:
        SchedulesError: it cannot be read, or something in it is unknown or out of range; the
            message names the line, and the nearest name where one is unknown.

    >>> read_schedules(BUILT_IN).named("watch").flow
    'flows.monitor:monitor'
    """
    path = path or chosen()
    try:
        root = yaml.compose(path.read_text("utf-8"), Loader=yaml.SafeLoader)
    except (OSError, UnicodeDecodeError) as error:
        raise SchedulesError(f"the schedules {path} cannot be read: {error}") from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        raise SchedulesError(
            f"{path}:{line}: no YAML: {getattr(error, 'problem', error)}"
        ) from error
    found: dict[str, Deployment] = {}
    lines: dict[str, int] = {}
    for row in _rows(path, root):
        deployment = _deployment(path, row)
        if deployment.name in found:
            raise SchedulesError(
                f"{path}:{_line(row)}: {deployment.name!r} stands at line "
                f"{lines[deployment.name]} already"
            )
        found[deployment.name] = deployment
        lines[deployment.name] = _line(row)
    return Schedules(path, found, lines)


def filled(deployment: Deployment, values: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters of a row with its placeholders replaced; None ones are left out.

    >>> row = Deployment(name="x", flow="m:f", description="d", parameters={"a": "$watch", "b": 1})
    >>> filled(row, {"$watch": ["in"]}), filled(row, {"$watch": None})
    ({'a': ['in'], 'b': 1}, {'b': 1})
    """
    given = {
        name: values.get(value) if isinstance(value, str) and value in PLACEHOLDERS else value
        for name, value in deployment.parameters.items()
    }
    return {name: value for name, value in given.items() if value is not None}


def _rows(path: Path, root: yaml.Node | None) -> Iterator[yaml.MappingNode]:
    """The rows as nodes, which know their lines."""
    if not isinstance(root, yaml.MappingNode) or [k.value for k, _ in root.value] != [
        "deployments"
    ]:
        raise SchedulesError(f"{path}:1: it must hold one key, `deployments`, and under it a list")
    rows = root.value[0][1]
    if not isinstance(rows, yaml.SequenceNode):
        raise SchedulesError(f"{path}:{_line(rows)}: `deployments` is a list; begin rows with `-`")
    for row in rows.value:
        if not isinstance(row, yaml.MappingNode):
            raise SchedulesError(f"{path}:{_line(row)}: a row is `name: …`, `flow: …` and so on")
        yield row


def _deployment(path: Path, row: yaml.MappingNode) -> Deployment:
    """One row, checked."""
    at = {key.value: _line(key) for key, _ in row.value}
    known = list(get_type_hints(Deployment))
    for key, line in at.items():
        if key not in known:
            raise SchedulesError(f"{path}:{line}: {unknown('key', key, known)}")
    data = yaml.SafeLoader("").construct_document(row)
    try:
        deployment = msgspec.convert(data, Deployment)
    except msgspec.ValidationError as error:
        named = re.search(r"\$\.(\w+)", str(error))
        line = at.get(named[1] if named else "", _line(row))
        raise SchedulesError(f"{path}:{line}: {error}") from error
    for key, problem in _problems(deployment):
        raise SchedulesError(f"{path}:{at.get(key, _line(row))}: {problem}")
    return deployment


def _problems(row: Deployment) -> Iterator[tuple[str, str]]:
    """What a type cannot say: the key at fault, and why."""
    if row.every_minutes is not None and row.cron is not None:
        yield "cron", "give `every_minutes` or `cron`, not both"
    if row.cron is not None:
        fields = row.cron.split()
        if len(fields) != 5 or not all(map(_FIELD_OF_CRON.fullmatch, fields)):
            yield "cron", f"{row.cron!r} is not cron's five fields, as in '10 2 * * *'"
    zones = zoneinfo.available_timezones()
    if row.timezone not in zones:
        yield "timezone", unknown("time zone", row.timezone, zones, every=False)
    for value in row.parameters.values():
        if isinstance(value, str) and value.startswith("$") and value not in PLACEHOLDERS:
            yield "parameters", unknown("placeholder", value, PLACEHOLDERS)


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1


def unknown(what: str, name: str, known: Any, *, every: bool = True) -> str:
    """That there is no such name, the nearest that there is, else (if ``every``) all of them.

    >>> unknown("key", "flw", ["flow", "name"])
    "unknown key 'flw'; did you mean 'flow'?"
    """
    near = get_close_matches(name, list(known), 1)
    there = f"; there are {', '.join(known)}" if every else ""
    return f"unknown {what} {name!r}" + (f"; did you mean {near[0]!r}?" if near else there)
