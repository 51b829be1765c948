"""What a look comes back with."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path

from ops.runbooks import Page

#: Where the console and Prefect's pages answer unless they are told otherwise.
CONSOLE_PORT, PREFECT_PORT = 8765, 4200


class Level(IntEnum):
    """How bad it is: nothing to do, to be looked after, or broken."""

    ok = 0
    warn = 1
    fail = 3


@dataclass(frozen=True)
class Place:
    """What is looked at: the installation of this process, and one warehouse.

    ``policy``, ``schedules`` and ``rules`` are the files that the console and `serve` are told of,
    the bundled ones where None.
    """

    warehouse: Path
    port: int = CONSOLE_PORT
    policy: Path | None = None
    schedules: Path | None = None
    rules: Path | None = None

    @property
    def folder(self) -> Path:
        """The folder of the warehouse."""
        return self.warehouse.absolute().parent

    @property
    def inbox(self) -> Path:
        """The warehouse's inbox."""
        return self.warehouse.absolute().with_name(self.warehouse.name + ".inbox")


@dataclass(frozen=True)
class Finding:
    """One thing looked at: how it is, and where it is not well, what to do and which page."""

    what: str
    level: Level
    says: str
    remedy: str = ""
    runbook: Page | None = None

    def __post_init__(self) -> None:
        if self.level is not Level.ok and not (self.remedy and self.runbook):
            raise ValueError(f"{self.what}: whatever is not well has a remedy and a runbook")

    def plain(self) -> dict[str, object]:
        """As JSON has it."""
        return {
            "what": self.what,
            "level": self.level.name,
            "good": self.level is Level.ok,
            "says": self.says,
            "remedy": self.remedy or None,
            "runbook": self.runbook.path if self.runbook else None,
        }


Look = Callable[[Place], Iterator[Finding]]


def ok(what: str, says: str) -> Finding:
    """All is well."""
    return Finding(what, Level.ok, says)


def warn(what: str, says: str, remedy: str, runbook: Page) -> Finding:
    """Works, and wants looking after."""
    return Finding(what, Level.warn, says, remedy, runbook)


def fail(what: str, says: str, remedy: str, runbook: Page) -> Finding:
    """Does not work."""
    return Finding(what, Level.fail, says, remedy, runbook)


def size(number: float) -> str:
    """Bytes for people.

    >>> size(512), size(2_500_000), size(3.2e9)
    ('512 B', '2.5 MB', '3.2 GB')
    """
    for unit in ("B", "kB", "MB"):
        if number < 1000:
            return f"{number:.0f} {unit}" if unit == "B" else f"{number:.1f} {unit}"
        number /= 1000
    return f"{number:,.1f} GB"


def span(seconds: float) -> str:
    """A time for people.

    >>> span(40), span(200), span(7300), span(200_000)
    ('40 seconds', '3 minutes', '2 hours', '2 days')
    """
    for unit, length in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if seconds >= length:
            number = int(seconds // length)
            return f"{number} {unit}{'s' if number != 1 else ''}"
    return f"{int(seconds)} second{'s' if int(seconds) != 1 else ''}"
