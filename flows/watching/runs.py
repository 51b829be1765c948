"""The news of runs and of loading, as events."""

from __future__ import annotations

from logging import ERROR, INFO, WARNING
from pathlib import Path

from flows.report import RunReport
from flows.watching.events import tell
from warehouse.loading import LoadReport
from warehouse.reading import SourceReport

#: Problems of a run that are told one by one.
MOST = 100


def tell_read(run_id: str, path: Path, report: SourceReport, seconds: float) -> None:
    """A file was read to its end."""
    counts = {"read": report.items_read, "quarantined": report.quarantined}
    tell("file_read", run_id=run_id, file=path, seconds=seconds, counts=counts)
    if report.quarantined:
        counts = {"quarantined": report.quarantined}
        tell("quarantined", level=WARNING, run_id=run_id, file=path, counts=counts)


def tell_loaded(report: LoadReport, seconds: float) -> None:
    """Files of the inbox were loaded, or turned away."""
    if report.files:
        names = ("files", "rows", "landed", "unchanged", "quarantined", "duplicates")
        tell("landed", seconds=seconds, counts={name: getattr(report, name) for name in names})
    for bad in report.rejected:
        tell("rejected", level=WARNING, file=bad.path, reason=bad.reason)


def tell_finished(report: RunReport, state: str) -> None:
    """A run came to its end."""
    for problem in report.problems[:MOST]:
        tell("problem", level=ERROR, run_id=report.run_id, problem=problem)
    names = ("read", "landed", "unchanged", "quarantined", "flagged")
    tell(
        "run_finished",
        level=ERROR if report.problems else INFO,
        run_id=report.run_id,
        state=state,
        seconds=report.seconds,
        counts={name: getattr(report, name) for name in names}
        | {"files": len(report.files), "problems": len(report.problems)},
    )
