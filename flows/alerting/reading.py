"""Read the table of alerts: rules and routes as YAML, every mistake with its line."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from classifiers.knowledge import load
from classifiers.tables import (
    KnowledgeError,
    Problem,
    Record,
    line_of,
    read_yaml,
    suggestion,
    unknown_keys,
)
from flows.alerting.routes import SETTINGS, Route, Setting
from warehouse.alerting.kinds import Kind, kinds
from warehouse.alerting.rule import SEVERITIES, Rule

#: The table that comes with channelwatch, and what names another one.
BUILT_IN = Path(__file__).parents[1] / "alerts.yaml"
VARIABLE = "CHANNELWATCH_ALERTS"

_NAME = re.compile(r"[a-z][a-z0-9_-]{0,62}")
_SPAN = re.compile(r"(\d+(?:\.\d+)?) ?(m|h|d|w)")
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_LOCAL = {"localhost", "127.0.0.1", "::1"}

_RULE = ("id", "kind", "severity", "description", "window", "quiet", "worse", "parameters",
         "labels", "channels", "to")  # fmt: skip
_ROUTE = ("name", "type", "details", "resolved", "digest_from", "timeout", "attempts")


class AlertsError(KnowledgeError):
    """The table of alerts cannot be used; the message names line and remedy of each mistake."""


@dataclass(frozen=True, slots=True)
class Alerts:
    """The rules and routes of a table; ``console`` is what links to the console begin with."""

    rules: tuple[Rule, ...]
    routes: tuple[Route, ...]
    console: str


def read_alerts(path: Path | None = None) -> Alerts:
    """The table of a file; by default that of :data:`VARIABLE`, else the built-in one.

    Raises:
        AlertsError: the file or something in it is not as it must be; every mistake is listed.

    >>> len(read_alerts().rules) > 5
    True
    """
    path = path or Path(os.environ.get(VARIABLE) or BUILT_IN)
    try:
        data = read_yaml(path)
    except KnowledgeError as error:
        raise AlertsError(error.problems) from None
    reader = _Reader(path.name)
    reader.problems += unknown_keys(data, ("console", "rules", "routes"), path.name, 1)
    console = str(data.get("console", "")).rstrip("/")
    if urlsplit(console).scheme not in ("http", "https"):
        reader.wrong(data, "console", "no address", "give that of the console, as http://…")
    routes = [reader.route(record) for record in reader.records(data, "routes")]
    reader.unique(data, "routes", "name")
    names = [route.name for route in routes if route]
    rules = [reader.rule(record, names) for record in reader.records(data, "rules")]
    reader.unique(data, "rules", "id")
    if reader.problems:
        raise AlertsError(reader.problems)
    return Alerts(
        tuple(rule for rule in rules if rule), tuple(route for route in routes if route), console
    )


def span(text: object) -> timedelta | None:
    """A length of time such as 30m, 12h, 7d or 2w; None where it is none, or is nothing.

    >>> span("36h"), span("soon"), span("0d")
    (datetime.timedelta(days=1, seconds=43200), None, None)
    """
    match = _SPAN.fullmatch(str(text))
    found = match and timedelta(**{_UNITS[match[2]]: min(float(match[1]), 1e5)})
    return found or None


class _Reader:
    """Collects mistakes while it reads."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.problems: list[Problem] = []
        self._knowledge = load(cues=False)

    def wrong(self, record: Mapping[str, Any], key: str, what: str, remedy: str) -> None:
        """Note a mistake at the line of a key, or of the record where it has none."""
        line = next((line_of(name, 0) for name in record if name == key), 0)
        value = record.get(key)
        self.problems.append(
            Problem(self.file, line_of(value, line) or line_of(record), f"`{key}`: {what}", remedy)
        )

    def records(self, data: Mapping[str, Any], key: str) -> list[Record]:
        """The mappings of a list."""
        found = data.get(key) or []
        if not isinstance(found, list) or not all(isinstance(each, Record) for each in found):
            self.wrong(data, key, "no list of mappings", "begin each with `- `")
            return []
        return found

    def unique(self, data: Mapping[str, Any], key: str, name: str) -> None:
        """That no name stands twice."""
        seen: set[str] = set()
        for record in self.records(data, key):
            told = str(record.get(name))
            if told in seen:
                self.wrong(record, name, f"{told!r} stands twice", "give each its own")
            seen.add(told)

    def rule(self, record: Record, routes: list[str]) -> Rule | None:
        """A rule; None where it has no kind."""
        self.problems += unknown_keys(record, _RULE, self.file, record.line)
        kind = kinds().get(str(record.get("kind")))
        if kind is None:
            self.wrong(record, "kind", f"no kind {record.get('kind')!r}",
                       suggestion(str(record.get("kind")), kinds()))  # fmt: skip
            return None
        window = self._span(record, "window", timedelta(days=7))
        quiet = self._span(record, "quiet", timedelta(days=1))
        worse = self._number(record, "worse", 2.0, 1.01, 1000)
        channels = self._limits(record, "channels", kind, None)
        labels = self._limits(record, "labels", kind, self._knowledge.labels)
        return Rule(
            id=self._name(record, "id"),
            kind=kind.name,
            severity=self._choice(record, "severity", SEVERITIES, "warning"),
            description=" ".join(str(record.get("description", kind.meaning)).split()),
            window_days=(window or timedelta(days=7)) / timedelta(days=1),
            quiet_days=None if quiet is None else quiet / timedelta(days=1),
            worse=worse,
            parameters=self._parameters(record, kind),
            labels=labels,
            channels=channels,
            routes=self._to(record, routes),
        )

    def route(self, record: Record) -> Route | None:
        """A route; None where it has no type."""
        settings = SETTINGS.get(str(record.get("type")))
        if settings is None:
            self.wrong(record, "type", f"no type {record.get('type')!r}",
                       suggestion(str(record.get("type")), SETTINGS))  # fmt: skip
            return None
        self.problems += unknown_keys(record, (*_ROUTE, *settings), self.file, record.line)
        found = {name: self._setting(record, name, each) for name, each in settings.items()}
        route = Route(
            name=self._name(record, "name"),
            type=str(record["type"]),
            settings={name: value for name, value in found.items() if value is not None},
            details=self._yes(record, "details"),
            resolved=self._yes(record, "resolved"),
            digest_from=int(self._number(record, "digest_from", 6, 2, 500)),
            timeout=self._number(record, "timeout", 10, 0.1, 120),
            attempts=int(self._number(record, "attempts", 3, 1, 10)),
        )
        self._safe(record, route)
        return route

    def _safe(self, record: Record, route: Route) -> None:
        """That no secret crosses a network in the open, and no address is none."""
        told = route.settings
        if route.type == "webhook" and isinstance(told.get("url"), str):
            parts = urlsplit(told["url"])
            if parts.scheme not in ("http", "https") or not parts.hostname:
                self.wrong(record, "url", "no address", "give one as https://host/path")
        if route.type == "email":
            for name, addresses in (("from", [told.get("from", "")]), ("to", told.get("to", ()))):
                if not all(re.fullmatch(r"[^\s@<>,;]+@[^\s@<>,;]+", str(one)) for one in addresses):
                    self.wrong(record, name, "no address", "give plain ones, as name@host")
            if "password" in told and told["security"] == "none" and told["host"] not in _LOCAL:
                self.wrong(record, "security", "the password would cross the network in the open",
                           "make it starttls or tls")  # fmt: skip
            if ("password" in told) != ("user" in told):
                self.wrong(record, "user", "user and password go together", "give both or neither")

    def _setting(  # noqa: PLR0911 (one for each type)
        self, record: Record, name: str, setting: Setting
    ) -> Any:
        value = record.get(name)
        if value is None:
            if setting.needed:
                self.wrong(record, name, "is missing", f"a route of {record['type']} needs it")
            return setting.default
        if setting.type == "choice":
            return self._choice(record, name, setting.choices, str(setting.default))
        if setting.type == "port":
            return int(self._number(record, name, setting.default, 1, 65535))
        if setting.type == "texts":
            if isinstance(value, list) and value and all(isinstance(one, str) for one in value):
                return [str(one) for one in value]
            self.wrong(record, name, "no list of texts", "write it as [one, two]")
            return []
        if isinstance(value, str) and setting.type != "secret":
            return str(value)
        named = isinstance(value, Record) and len(value) == 1 and set(value) <= {"env", "file"}
        if setting.type != "text" and named and isinstance(next(iter(value.values())), str):
            return {str(key): str(one) for key, one in value.items()}
        if setting.type == "text":
            self.wrong(record, name, "no text", "write one")
        else:
            self.wrong(record, name, "a secret does not stand in this file",
                       "write {env: VARIABLE} or {file: PATH}")  # fmt: skip
        return None

    def _parameters(self, record: Record, kind: Kind) -> dict[str, Any]:
        given = record.get("parameters", {})
        if not isinstance(given, dict):
            self.wrong(record, "parameters", "no mapping", "write {name: value}")
            return {}
        self.problems += unknown_keys(given, kind.parameters, self.file, record.line)
        found: dict[str, Any] = {}
        for name, value in given.items():
            if name not in kind.parameters:
                continue
            parameter = kind.parameters[name]
            plain = str(value) if isinstance(value, str) else value
            if parameter.type == "yes or no":
                plain = {"yes": True, "true": True, "no": False, "false": False}.get(plain, plain)
            if problem := parameter.problem(plain):
                self.wrong(given, name, problem, parameter.meaning)
            found[str(name)] = plain
        return found

    def _limits(
        self, record: Record, name: str, kind: Kind, known: Iterable[str] | None
    ) -> tuple[str, ...]:
        given = record.get(name, [])
        if not isinstance(given, list) or not all(isinstance(one, str) for one in given):
            self.wrong(record, name, "no list of texts", "write it as [one, two]")
            return ()
        if given and name not in kind.uses:
            self.wrong(record, name, f"{kind.name} cannot be limited to {name}", "leave it out")
        for one in given:
            if known is not None and one not in known:
                self.wrong(record, name, f"no such one: {one!r}", suggestion(one, known))
        return tuple(map(str, given))

    def _to(self, record: Record, routes: list[str]) -> tuple[str, ...]:
        if "to" not in record:
            return tuple(routes)
        given = record["to"] if isinstance(record["to"], list) else [record["to"]]
        for one in given:
            if one not in routes:
                remedy = suggestion(str(one), routes) if routes else "add it under `routes`"
                self.wrong(record, "to", f"no route {one!r}", remedy)
        return tuple(map(str, given))

    def _name(self, record: Record, key: str) -> str:
        value = str(record.get(key, ""))
        if not _NAME.fullmatch(value):
            self.wrong(record, key, f"{value!r} is no name", "small letters, digits, - and _")
        return value

    def _choice(self, record: Record, key: str, choices: Iterable[str], default: str) -> str:
        value = str(record.get(key, default))
        if value not in choices:
            self.wrong(record, key, f"cannot be {value!r}", suggestion(value, choices))
        return value

    def _yes(self, record: Record, key: str) -> bool:
        value = str(record.get(key, "no"))
        if value not in ("yes", "no", "true", "false"):
            self.wrong(record, key, f"cannot be {value!r}", "make it yes or no")
        return value in ("yes", "true")

    def _number(self, record: Record, key: str, default: float, low: float, high: float) -> float:
        value = record.get(key, default)
        if isinstance(value, bool) or not isinstance(value, int | float):
            self.wrong(record, key, f"{value!r} is no number", "write one")
            return default
        if not low <= value <= high:
            self.wrong(record, key, f"{value} is out of range", f"from {low:g} to {high:g}")
        return value

    def _span(self, record: Record, key: str, default: timedelta) -> timedelta | None:
        value = record.get(key)
        if value is None:
            return default
        if key == "quiet" and value == "never":
            return None
        found = span(value)
        if found is None:
            self.wrong(record, key, f"{value!r} is no length of time", "write 30m, 12h, 7d or 2w")
        return found
