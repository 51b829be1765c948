"""How the moderators fare, for leads and auditors: nobody else sees these figures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from markupsafe import Markup
from starlette.responses import Response

from ops.console import charts
from ops.console.pages.periods import CHOICES, Day, Period, period
from ops.console.security.roles import Viewer, allowed
from ops.console.templating import page, url

router = APIRouter()
Leading = Annotated[Viewer, Depends(allowed("team"))]

#: Of a 95 % interval.
Z = NormalDist().inv_cdf(0.975)


@dataclass(frozen=True, slots=True)
class Share:
    """``right`` of ``of``, with its 95 % Wilson interval (Wilson 1927); None of nothing.

    >>> part = Share.of_counts(8, 10)
    >>> part.value, round(part.low, 3), round(part.high, 3)
    (0.8, 0.49, 0.943)
    >>> Share.of_counts(0, 0).value
    """

    right: int
    of: int
    value: float | None = None
    low: float | None = None
    high: float | None = None
    href: str = ""

    @classmethod
    def of_counts(cls, right: int, of: int, href: str = "") -> Share:
        """The share of counts; ``href`` is where its rows are."""
        if not of:
            return cls(right, of)
        middle = (right + Z**2 / 2) / (of + Z**2)
        reach = Z / (of + Z**2) * sqrt(right * (of - right) / of + Z**2 / 4)
        # What rounding leaves beyond 0 and 1 is nothing.
        low, high = max(middle - reach, 0.0), min(middle + reach, 1.0)
        return cls(right, of, right / of, low, high, href)


@dataclass(frozen=True, slots=True)
class Member:
    """What one moderator decided in the period, and how it held."""

    row: Mapping[str, Any]
    href: str
    golden: Share
    adjudicated: Share
    overturned: Share
    unsure: Share
    escalated: Share
    skipped: Share

    @property
    def an_hour(self) -> float:
        """Decisions in each clock hour with one in it."""
        return float(self.row["decisions"] / self.row["hours"])


@router.get("/team")
def team(
    request: Request,
    viewer: Leading,
    days: str = "",
    end: Annotated[Day, Query(alias="to")] = None,
) -> Response:
    """Every moderator with a decision in the period."""
    console = request.app.state.console
    now = console.now()
    asked = period(days, end or now.date(), None, now)
    if CHOICES[asked.choice] is None:
        [first] = console.store.query("review/stats_decided").to_pylist()
        asked = period(days, end or now.date(), first["first"], now)
    rows = console.store.query(
        "review/stats_team", since=asked.since, until=asked.until
    ).to_pylist()
    members = [_member(row, asked) for row in rows]
    return page(
        request,
        viewer,
        "team.html",
        period=asked,
        choices=list(CHOICES),
        members=members,
        golden=_chart("golden", "Right on golden items", members),
        adjudicated=_chart("adjudicated", "Upheld by adjudication", members),
    )


def _member(row: Mapping[str, Any], asked: Period) -> Member:
    def rows(**more: str) -> str:
        day = {"from": f"{asked.since:%F}", "to": f"{asked.last:%F}"}
        return url("/history", reviewer=row["reviewer"], **more, **day)

    decisions = row["decisions"]
    return Member(
        row=row,
        href=rows(),
        golden=Share.of_counts(row["golden_right"], row["golden"], rows(purpose="golden")),
        adjudicated=Share.of_counts(row["adjudicated_right"], row["adjudicated"]),
        overturned=Share.of_counts(row["overturned"], row["answers"]),
        unsure=Share.of_counts(row["unsure"], decisions, rows(judgement="unsure")),
        escalated=Share.of_counts(row["escalated"], decisions, rows(judgement="escalate")),
        skipped=Share.of_counts(row["skipped"], decisions, rows(judgement="skip")),
    )


def _chart(kind: str, title: str, members: list[Member]) -> Markup | None:
    """Shares with their intervals; None where nobody has one."""
    shares = [(member.row["reviewer"], getattr(member, kind)) for member in members]
    dots = [
        charts.Dot(name, share.of, share.value, share.low, share.high)
        for name, share in shares
        if share.of
    ]
    if not dots:
        return None
    return charts.fitted(lambda name, width: charts.dots(name, title, dots, width), kind)
