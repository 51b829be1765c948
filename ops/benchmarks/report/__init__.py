"""A benchmark run as one self-contained HTML page: plots, tables with intervals, the errors.

The page asks nothing of the network, runs no script, and takes message text as letters only.
"""

from __future__ import annotations

from datetime import UTC
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from classifiers.evaluation import FEW
from ops.benchmarks.report.errors import MOST
from ops.benchmarks.report.sections import ABOUT, section
from ops.benchmarks.report.tables import measured
from ops.benchmarks.report.texts import plain
from ops.benchmarks.running import Record

#: Kinds of evidence that have a mark of their own; others share one.
KINDS = ("target", "cue", "ask", "route", "beneficiary", "claim")

_FOLDER = Path(__file__).parent


def render(record: Record) -> str:
    """The page; the same record gives the same page.

    Letters that no file can hold (half of a surrogate pair, in a name) come out as ``?``.
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    environment = Environment(
        loader=FileSystemLoader(_FOLDER, encoding="utf-8"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["plain"] = plain
    environment.filters["drawn"] = Markup  # for our own drawings alone
    page = environment.get_template("report.html.jinja").render(
        style=Markup((_FOLDER / "style.css").read_text(encoding="utf-8")),  # noqa: S704
        record=record,
        facts=record.facts(),
        started=record.started_at.astimezone(UTC),
        version=_version(),
        sections=[
            section(record, suite) for suite in record.suites if suite not in record.measured
        ],
        measured=[
            (suite, ABOUT.get(suite, ""), measured(suite, rows))
            for suite, rows in record.measured.items()
        ],
        kinds=KINDS,
        few=FEW,
        most=MOST,
    )
    return page.encode("utf-8", "replace").decode("utf-8")


def _version() -> str:
    try:
        return version("channelwatch")
    except PackageNotFoundError:
        return "unknown"
