"""The kinds of alerts: each is one file of ``queries/alerts``, whose header declares parameters.

A line ``-- $name: integer from 1 to 9, 5. What it means.`` declares one: its type, its bounds and
its value where a rule gives none. Types are ``integer``, ``number``, ``yes or no``, ``text`` and
``one of a b``. Every kind may use ``$now``, ``$since`` (the beginning of the rule's window) and
``$most``; one that uses ``$labels`` or ``$channels`` can be limited to some.

The line ``-- Says:`` is the sentence that people are sent, with ``{names}`` of fields of subject
and evidence: nothing else of the subject leaves the house, so no field that holds text of messages
may stand in it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from warehouse.sql import query

#: What every query is given, where it uses it.
COMMON = frozenset({"now", "since", "most", "labels", "channels"})

_DECLARED = re.compile(
    r"^-- \$(?P<name>[a-z_]+): (?P<type>integer|number|yes or no|text|one of [a-z_ ]+?)"
    r"(?: from (?P<low>[\d.]+))?(?: to (?P<high>[\d.]+))?, (?P<default>[^ ]+)\. (?P<meaning>.*)$"
)
_USED = re.compile(r"\$([a-z_]+)")

Value = int | float | bool | str | None


class KindError(ValueError):
    """A kind's file does not declare what it must; the message says where."""

    exit_code = 3


@dataclass(frozen=True, slots=True)
class Parameter:
    """What a rule may set of a kind."""

    name: str
    type: str
    low: float | None
    high: float | None
    default: Value
    meaning: str

    def problem(self, value: object) -> str | None:
        """Why the value cannot be, and what could; None where it can.

        >>> Parameter("days", "integer", 1, 9, 5, "").problem(12)
        'must be an integer from 1 to 9, not 12'
        >>> Parameter("days", "integer", 1, 9, 5, "").problem(5)
        """
        if self.type == "text":
            fits = value is None or (isinstance(value, str) and 0 < len(value) <= 200)
        elif self.type == "yes or no":
            fits = isinstance(value, bool)
        elif self.type.startswith("one of "):
            fits = value in self.type[7:].split()
        else:
            whole = isinstance(value, int) and not isinstance(value, bool)
            number = whole or (self.type == "number" and isinstance(value, float))
            fits = (
                number
                and math.isfinite(float(value))  # type: ignore[arg-type]
                and (self.low is None or float(value) >= self.low)  # type: ignore[arg-type]
                and (self.high is None or float(value) <= self.high)  # type: ignore[arg-type]
            )
        return None if fits else f"must be {self.said}, not {value!r}"

    @property
    def said(self) -> str:
        """What it can be, in words."""
        article = {"integer": "an integer", "number": "a number", "text": "a text"}
        words = article.get(self.type, self.type)
        if self.low is not None:
            words += f" from {self.low:g}"
        if self.high is not None:
            words += f" to {self.high:g}"
        return words


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of alert: its query and what a rule may set of it."""

    name: str
    meaning: str
    parameters: Mapping[str, Parameter]
    uses: frozenset[str]
    says: str

    @property
    def query(self) -> str:
        """The name of its query."""
        return f"alerts/{self.name}"


@cache
def kinds() -> Mapping[str, Kind]:
    """All kinds by name.

    Raises:
        KindError: a file uses what it does not declare, or declares what it does not use.
    """
    folder = files("warehouse") / "queries" / "alerts"
    names = sorted(item.name[:-4] for item in folder.iterdir() if item.name.endswith(".sql"))
    return {name: read(name, query(f"alerts/{name}")) for name in names}


def read(name: str, sql: str) -> Kind:
    """A kind from the text of its file.

    >>> kind = "-- a: it is.\\n-- $days: integer from 1, 7. So long.\\n-- Says: It is {day}.\\n"
    >>> read("a", kind + "SELECT $days, $now").uses
    frozenset({'now'})
    """
    lines = sql.splitlines()
    head = [line for line in lines if line.startswith("--")]
    title = re.fullmatch(rf"-- {name}: (.+)", head[0]) if head else None
    if title is None:
        raise KindError(f"queries/alerts/{name}.sql must begin with `-- {name}: what it finds`")
    found = {}
    for line in head:
        if match := _DECLARED.match(line):
            found[match["name"]] = _parameter(match)
        elif line.startswith("-- $"):
            raise KindError(f"queries/alerts/{name}.sql: not understood: {line}")
    used = set(_USED.findall("\n".join(line for line in lines if line not in head)))
    if strangers := used - set(found) - COMMON | set(found) - used | set(found) & COMMON:
        raise KindError(
            f"queries/alerts/{name}.sql: {', '.join(sorted(strangers))} must be both declared in "
            f"the header and used, and be none of {', '.join(sorted(COMMON))}"
        )
    says = [line.removeprefix("-- Says: ") for line in head if line.startswith("-- Says: ")]
    if len(says) != 1:
        raise KindError(f"queries/alerts/{name}.sql: one line `-- Says: …` in the header, please")
    return Kind(name, title[1], found, frozenset(used & COMMON), says[0])


def _parameter(match: re.Match[str]) -> Parameter:
    low, high = (None if match[side] is None else float(match[side]) for side in ("low", "high"))
    told, kind = match["default"], match["type"]
    default: Value = told
    if told == "none":
        default = None
    elif kind == "integer":
        default = int(told)
    elif kind == "number":
        default = float(told)
    elif kind == "yes or no":
        default = told == "yes"
    return Parameter(match["name"], kind, low, high, default, match["meaning"])
