"""The end of a run: is every message accounted for, and what is to be told of it?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flows.line import FileOfRun
from flows.report import FileReport
from warehouse.store import RunCheck


def imbalances(checked: RunCheck) -> list[str]:
    """The files whose counts do not add up, in words."""
    return [
        f"{bad.file or bad.source_id}: the counts do not add up: {bad.items_read} read, "
        f"{bad.landed} landed + {bad.unchanged} unchanged + {bad.quarantined} quarantined"
        for bad in checked.sources
        if bad.items_read is not None and not bad.adds_up
    ]


def unknown_fields(files: Sequence[FileOfRun]) -> dict[str, int]:
    """The fields that no reader knows, over all files."""
    found: dict[str, int] = {}
    for file in files:
        for name, number in (file.report.unknown_fields if file.report else {}).items():
            found[name] = found.get(name, 0) + number
    return found


def file_reports(files: Sequence[FileOfRun], checked: RunCheck | None) -> tuple[FileReport, ...]:
    """What became of each file: by the warehouse where it is ours, by the reader where not.

    The files that this run finished before it was killed and resumed count as its own.
    """
    checks = {check.source_id: check for check in checked.sources} if checked else {}
    reports = []
    for file in files:
        # Popped: a second file with the same bytes adds nothing.
        check = checks.pop(file.source.source_id, None)
        told = file.report
        read = check.items_read if check else told.items_read if told else None
        reports.append(
            FileReport(
                path=str(file.path),
                format=told.format if told else file.source.format,
                read=0 if file.failed else read or 0,
                landed=check.landed if check else 0,
                unchanged=check.unchanged if check else 0,
                quarantined=check.quarantined if check else told.quarantined if told else 0,
                skipped=file.skipped and check is None,
                warnings=tuple(told.warnings) if told else (),
            )
        )
    return tuple(reports)


def counts(report: Any) -> dict[str, int]:
    """What the warehouse is told that the run did."""
    return {name: getattr(report, name) for name in ("read", "landed", "unchanged", "quarantined")}
