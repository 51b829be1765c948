"""What a run did, as data: the command line, the Prefect pages and JSON all print this."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True)
class FileReport:
    """One file of a run; ``read`` counts messages, quarantined ones included."""

    path: str
    format: str | None
    read: int
    landed: int
    unchanged: int
    quarantined: int
    skipped: bool = False  # the same bytes had been loaded before
    warnings: tuple[str, ...] = ()

    @property
    def balanced(self) -> bool:
        """Whether every message read is accounted for."""
        return self.read == self.landed + self.unchanged + self.quarantined


@dataclass(frozen=True)
class RunReport:
    """A finished run. ``queued`` counts batches left to the process that owns the warehouse."""

    run_id: str
    warehouse: str
    model_version: str
    resumed: bool
    files: tuple[FileReport, ...]
    ignored: tuple[tuple[str, str], ...]
    new_messages: int
    new_revisions: int
    deleted: int
    flagged: int
    review: int
    queued: int
    seconds: float
    problems: tuple[str, ...] = ()
    unknown_fields: dict[str, int] = field(default_factory=dict)

    @property
    def read(self) -> int:
        return sum(file.read for file in self.files)

    @property
    def landed(self) -> int:
        return sum(file.landed for file in self.files)

    @property
    def unchanged(self) -> int:
        return sum(file.unchanged for file in self.files)

    @property
    def quarantined(self) -> int:
        return sum(file.quarantined for file in self.files)

    @property
    def exit_code(self) -> int:
        """0 where all went well, 1 where something needs a person."""
        return 1 if self.problems or self.quarantined else 0

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON, the totals included."""
        totals = {
            name: getattr(self, name)
            for name in ("read", "landed", "unchanged", "quarantined", "exit_code")
        }
        return asdict(self) | totals
