"""Whether what a run's readers read is what arrived: the answers of ``queries/check_run.sql``."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class SourceCheck:
    """One file of a run: the reader's counts beside the warehouse's.

    ``items_read`` and ``reader_quarantined`` are the reader's, None until its report arrives;
    ``landed`` is counted in the revisions, ``unchanged`` and ``quarantined`` in the ledger.
    ``complete`` says whether the reader came to the end of the file.
    """

    source_id: str
    file: str | None
    reading: str
    items_read: int | None
    reader_quarantined: int | None
    landed: int
    unchanged: int
    quarantined: int
    batches: int
    complete: bool

    @property
    def adds_up(self) -> bool:
        """Whether items read = landed + unchanged + quarantined."""
        return (
            self.items_read == self.landed + self.unchanged + self.quarantined
            and self.reader_quarantined == self.quarantined
        )


@dataclass(frozen=True)
class RunCheck:
    """The files of a run and whether all their counts add up."""

    run_id: str
    sources: tuple[SourceCheck, ...]

    @property
    def adds_up(self) -> bool:
        """Whether every file adds up (a run without files does)."""
        return all(source.adds_up for source in self.sources)
