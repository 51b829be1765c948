"""What reviewers said of flags that two or more of them judged blind, as pages ask for it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

from fastapi import Query, Request

from classifiers.evaluation.agreement import Judgement, outcome
from ops.console.console import Console
from ops.console.pages.periods import Day, Period, period

Row = dict[str, Any]


class Blind:
    """The judgements of a period, of all labels and languages or of one; a dependency.

    ``rows`` are those of ``queries/review/stats_judgements.sql``.
    """

    def __init__(
        self,
        request: Request,
        days: str = "90",
        end: Annotated[Day, Query(alias="to")] = None,
        label: str = "",
        language: str = "",
    ) -> None:
        console: Console = request.app.state.console
        now = console.now()
        [made] = console.store.query("review/stats_decided").to_pylist()
        self.period: Period = period(days, end or now.date(), made["first"], now)
        self.label, self.language = label, language
        self.rows: list[Row] = console.store.query(
            "review/stats_judgements",
            since=self.period.since,
            until=self.period.until,
            label=label or None,
            language=language or None,
        ).to_pylist()

    @property
    def query(self) -> dict[str, str]:
        """What was asked for, to ask for it again."""
        last = f"{self.period.last:%F}"
        narrowed = {"label": self.label, "language": self.language}
        return {**narrowed, "days": self.period.choice, "to": last}

    def judgements(self) -> Iterator[Judgement]:
        """The rows as agreement is measured on them."""
        for row in self.rows:
            yield Judgement(
                item=str(row["item"]),
                flag=row["flag"],
                reviewer=row["reviewer"],
                outcome=category(row),
                label=row["label"],
                language=row["language"],
                severity=row["severity"],
            )


def category(row: Row) -> str:
    """What a row says of its flag, as agreement compares it."""
    changed = row["changed_label"], row["changed_target"]
    return outcome(row["judgement"], row["label"], row["target"], changed)
