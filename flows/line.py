"""The line from the readers to the warehouse: lots are scored side by side, shown in order, landed.

Whatever is killed when, the inbox and the ledger hold a prefix of the run, so that starting it
again adds the rest. What waits on the line is bounded, so that its memory is too.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, TypeVar

import pyarrow as pa

from flows.progress import Progress
from flows.scoring import Lot, Scored, Scoring
from warehouse.inbox import Packed, hand_over, publish, stage
from warehouse.loading import LoadReport
from warehouse.reading import Batch, Source, SourceReport
from warehouse.store import Store

#: Lots that may lie in the inbox before they are loaded, where the run owns the warehouse. DuckDB
#: takes half the time where most of them are new and fill a row group of 122,880 rows.
LAND_AFTER = 8

#: Batches, reports and quarantines that one lot gathers at most, however few messages they hold.
LOT_PIECES = 1000

_Result_co = TypeVar("_Result_co", covariant=True)


class Pledge(Protocol[_Result_co]):
    """A result that will be there: a future of a thread pool, or of Prefect."""

    def result(self) -> _Result_co: ...


@dataclass(frozen=True)
class Engine:
    """How the work is done: ``score`` begins a lot, ``land`` begins to load the inbox."""

    score: Callable[[Lot, Scoring], Pledge[Scored]]
    land: Callable[[Store], Pledge[LoadReport]]


@dataclass
class FileOfRun:
    """A file of the run so far; the warehouse knows at the end what became of its messages."""

    path: Path
    source: Source
    report: SourceReport | None = None  # None where the file was not read to its end
    skipped: bool = False
    failed: bool = False  # a batch of it could not be scored: its report is withheld


@dataclass
class _Piece:
    """A batch on the line, and the file that it is of."""

    file: FileOfRun
    name: Packed
    table: pa.RecordBatch


@dataclass
class _Gathered:
    """Neighbouring batches of one or many files, until they are worth scoring."""

    batches: list[Batch] = field(default_factory=list)
    messages: list[_Piece] = field(default_factory=list)
    quarantine: list[_Piece] = field(default_factory=list)
    reports: list[_Piece] = field(default_factory=list)
    rows: int = 0  # messages

    @property
    def pieces(self) -> int:
        return len(self.messages) + len(self.quarantine) + len(self.reports)


@dataclass
class _Turn:
    """A lot in the order in which lots are shown; no pledge where nothing is to be scored."""

    gathered: _Gathered
    order: str
    pledge: Pledge[Scored] | None


@dataclass
class Line:
    """The line of one run: ``lot_rows`` messages are scored at once, ``workers`` lots at a time.

    ``store`` is None where another process owns the warehouse and loads what is shown.
    """

    run_id: str
    inbox: Path
    store: Store | None
    engine: Engine
    scoring: Scoring
    lot_rows: int
    workers: int
    progress: Progress
    problems: list[str]
    published: int = 0  # files of the inbox
    _lots: int = 0
    _gathered: _Gathered = field(default_factory=_Gathered)
    _turns: deque[_Turn] = field(default_factory=deque)
    _shown: int = 0  # lots since the last landing
    _landing: Pledge[LoadReport] | None = None

    # -- what readers yield ------------------------------------------------------------------

    def add_messages(self, file: FileOfRun, batch: Batch, name: Packed) -> None:
        """A batch to be scored."""
        self._gathered.batches.append(batch)
        self._gathered.messages.append(_Piece(file, name, batch.messages))
        self._gathered.rows += name.rows
        self._move()

    def add_quarantine(self, file: FileOfRun, batch: Batch, name: Packed) -> None:
        """What could not be read."""
        self._gathered.quarantine.append(_Piece(file, name, batch.quarantine))
        self._move()

    def add_report(self, file: FileOfRun, report: SourceReport, name: Packed) -> None:
        """The news for the warehouse that a file is read to its end, and what was counted."""
        self._gathered.reports.append(_Piece(file, name, report.channels))
        self._move()

    # -- scoring -----------------------------------------------------------------------------

    def _move(self) -> None:
        """Begin the lot when there is enough of it; let no more wait than there are hands for."""
        if self._gathered.rows >= self.lot_rows or self._gathered.pieces >= LOT_PIECES:
            self._begin_lot()
        while len(self._turns) > self.workers + 1:
            self._show_oldest()

    def _begin_lot(self) -> None:
        gathered, self._gathered = self._gathered, _Gathered()
        if not gathered.pieces:
            return
        self._lots += 1
        order = f"{self.run_id}-{self._lots:08}"
        pledge = None
        if gathered.messages:
            names = [piece.name for piece in gathered.messages]
            lot = Lot(self.inbox, f"{order}-0", gathered.batches, names)
            pledge = self.engine.score(lot, self.scoring)
        gathered.batches = []
        self._turns.append(_Turn(gathered, order, pledge))

    # -- showing -----------------------------------------------------------------------------

    def _show_oldest(self) -> None:
        """Publish the lot whose turn it is, and begin to load the inbox when enough of it waits."""
        turn = self._turns.popleft()
        scored = turn.pledge.result() if turn.pledge else Scored(None, {})
        for piece in turn.gathered.messages:
            if piece.name.batch_id in scored.failed and not piece.file.failed:
                # The file stays unfinished, and the next run tries it again.
                why = scored.failed[piece.name.batch_id]
                self.problems.append(f"{piece.file.path}: left unfinished, {why}")
                piece.file.failed = True
        if scored.staged is not None:
            publish(scored.staged)
            self.published += 1
        if scored.shadow is not None:  # after the messages that it is about
            publish(scored.shadow)
            self.published += 1
        self._publish("quarantine", f"{turn.order}-1", turn.gathered.quarantine)
        self._publish("source", f"{turn.order}-2", turn.gathered.reports)
        self.progress.batch(turn.gathered.rows)
        self._shown += 1
        if self._shown >= LAND_AFTER:
            self._begin_landing()

    def _publish(self, kind: str, order: str, pieces: list[_Piece]) -> None:
        """Show what needs no scoring."""
        pieces = [piece for piece in pieces if not piece.file.failed]
        if not pieces:
            return
        table = pa.Table.from_batches([piece.table for piece in pieces])
        names = [piece.name for piece in pieces]
        publish(stage(self.inbox, kind=kind, order=order, batches=names, table=table))
        self.published += 1

    def note(self, name: Packed, order: str) -> None:
        """Hand over news of the run itself."""
        hand_over(self.inbox, kind="run", order=f"{self.run_id}-{order}", batches=[name])
        self.land()

    # -- landing -----------------------------------------------------------------------------

    def _begin_landing(self) -> None:
        """Load the inbox while the next lots are scored; one landing at a time."""
        self._end_landing()
        if self.store is not None:
            self._landing = self.engine.land(self.store)
            self._shown = 0

    def _end_landing(self) -> None:
        if self._landing is not None:
            landing, self._landing = self._landing, None
            rejected = landing.result().rejected
            self.problems += [f"{bad.path}: not loaded, {bad.reason}" for bad in rejected]

    def land(self) -> None:
        """Load what lies in the inbox, and wait for it."""
        self._begin_landing()
        self._end_landing()

    def finish(self) -> None:
        """Score, show and load the rest."""
        self._begin_lot()
        while self._turns:
            self._show_oldest()
        self.land()
