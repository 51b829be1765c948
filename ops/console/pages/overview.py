"""What comes in and what is done about it, for those who lead: each number leads to its rows."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from markupsafe import Markup
from starlette.responses import Response

from classifiers.knowledge import Knowledge
from ops.console import charts
from ops.console.pages.periods import CHOICES, Day, Period, midnight, period
from ops.console.security.roles import Viewer, allowed
from ops.console.templating import page, url
from ops.console.wording import actor_name, label_name, language_name
from warehouse.store import Store

router = APIRouter()
Leading = Annotated[Viewer, Depends(allowed("team"))]

#: Channels in the table.
CHANNELS = 25
#: Points of a cell's line.
POINTS = 12

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Number:
    """A count and where its rows are."""

    count: int
    href: str


@dataclass(frozen=True, slots=True)
class Figures:
    """A drawing of columns, and the table of the same numbers: each row's name and numbers."""

    drawing: Markup
    names: list[str]
    rows: list[tuple[str, list[Number]]]


@dataclass(frozen=True, slots=True)
class Cell:
    """How often one is hostile to another: now, in the period before, and over time."""

    now: Number
    before: Number | None
    shade: int
    line: Markup

    @property
    def change(self) -> str:
        """What came or went since the period before, in words; empty where there was none."""
        if self.before is None or self.before.count == self.now.count:
            return ""
        gap = self.now.count - self.before.count
        return f"{gap:+,}"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who it is, for people, and its id."""

    name: str
    id: str


@dataclass(frozen=True, slots=True)
class Matrix:
    """Sources by targets, both with the most hostile first; a cell is None where there is none."""

    sources: list[Actor]
    targets: list[Actor]
    cells: list[list[Cell | None]]


@router.get("/overview")
def overview(
    request: Request,
    viewer: Leading,
    days: str = "",
    end: Annotated[Day, Query(alias="to")] = None,
) -> Response:
    """The queue and today's work; what was flagged in a period, by label, language and actors."""
    console = request.app.state.console
    store: Store = console.store
    [span] = store.query("review/stats_span").to_pylist()
    asked = period(days, end, span["first"], span["last"])
    knowledge: Knowledge = console.knowledge
    daily = store.query(
        "review/stats_daily", since=asked.since, until=asked.until, days=asked.step
    ).to_pylist()
    return page(
        request,
        viewer,
        "overview.html",
        period=asked,
        choices=list(CHOICES),
        neighbours=_neighbours(asked, span["last"]),
        queue=_queue(store),
        work=_work(store, console.now()),
        labels=_over_time(asked, "label", daily, lambda key: label_name(knowledge, key)),
        languages=_over_time(asked, "language", daily, language_name),
        matrix=_matrix(store, asked, knowledge),
        channels=_channels(store, asked),
        stripes=charts.stripes(),
    )


def rows_of(since: datetime, until: datetime, /, state: str = "all", **filters: str) -> str:
    """The address of the items whose messages were sent in a time."""
    last = until - timedelta(days=1)
    return url("/queue", **filters, **{"from": f"{since:%F}", "to": f"{last:%F}"}, state=state)


def _neighbours(asked: Period, newest: datetime | None) -> dict[str, str]:
    """The periods before and after, where there are."""
    if asked.earlier is None:
        return {}
    ends = {"Earlier": asked.since - timedelta(days=1)}
    if newest is not None and asked.until <= newest:
        ends["Later"] = asked.until + asked.length - timedelta(days=1)
    return {name: url("/overview", days=asked.choice, to=f"{day:%F}") for name, day in ends.items()}


def _queue(store: Store) -> dict[str, Any]:
    """What waits, by state, and since when the oldest."""
    states = {row["state"]: row for row in store.query("review/stats_queue").to_pylist()}
    still = [row["oldest"] for name, row in states.items() if name != "decided"]
    names = ("waiting", "second", "adjudication", "escalated")
    counts = {
        name: Number(states[name]["items"] if name in states else 0, url("/queue", state=name))
        for name in names
    }
    return {"states": counts, "oldest": min(still, default=None)}


def _work(store: Store, now: datetime) -> dict[str, Any]:
    """What was decided today (UTC), and hour by hour in the last day."""
    hour = now.replace(minute=0, second=0, microsecond=0)
    since = hour - timedelta(hours=23)
    rows = store.query("review/stats_today", since=since, until=now).to_pylist()
    today = midnight(now.date())
    by_hour: Counter[datetime] = Counter()
    judged: Counter[str] = Counter()
    for row in rows:
        by_hour[row["hour"]] += row["decisions"]
        if row["hour"] >= today:
            judged[row["judgement"]] += row["decisions"]
    hours = [since + timedelta(hours=number) for number in range(24)]
    counts = [by_hour[moment] for moment in hours]
    written = [f"{moment:%H}:00" for moment in hours]
    day = {"from": f"{today:%F}", "to": f"{today:%F}"}

    def decided(first: datetime, last: datetime, count: int) -> Number:
        span = {"from": f"{first:%FT%H}", "to": f"{last:%FT%H}"}
        return Number(count, url("/history", **span))

    return {
        "today": Number(sum(judged.values()), url("/history", **day)),
        "judged": {
            name: Number(count, url("/history", judgement=name, **day))
            for name, count in judged.most_common()
        },
        "last_hours": decided(hours[0], hours[-1], sum(counts)),
        "drawing": charts.fitted(
            lambda name, width: charts.stacked(
                name, "Decisions an hour, last 24 hours (UTC)", written,
                [charts.Series("decisions", counts)], width,
            ),
            "pace",
        ),
        "hours": [
            (f"{moment:%d %b %H}:00", decided(moment, moment, count))
            for moment, count in zip(hours, counts, strict=True)
        ],
    }  # fmt: skip


def _over_time(
    asked: Period, kind: str, rows: Iterable[Row], named: Callable[[str], str]
) -> Figures:
    """Flagged messages by label or by language, column by column."""
    columns = asked.columns
    counts: dict[str, list[int]] = defaultdict(lambda: [0] * len(columns))
    for row in rows:
        if row[kind] is not None:
            counts[row[kind]][row["bucket"]] += row["messages"]
    series = charts.fewest(charts.Series(key, values) for key, values in counts.items())
    drawn = [charts.Series(named(one.name), one.values) for one in series]
    written = [_written(*column, asked.step) for column in columns]
    keys = sorted(counts, key=lambda key: (-sum(counts[key]), key))
    table = [
        (
            written[place],
            [
                Number(counts[key][place], rows_of(column[0], column[1], **{kind: key}))
                for key in keys
            ],
        )
        for place, column in enumerate(columns)
        if any(counts[key][place] for key in keys)
    ]
    title = f"Flagged messages by {kind}, {asked.said()}"
    drawing = charts.fitted(
        lambda name, width: charts.stacked(name, title, written, drawn, width), f"by-{kind}"
    )
    return Figures(drawing, [named(key) for key in keys], table)


def _written(since: datetime, until: datetime, step: int) -> str:
    last = until - timedelta(days=1)
    return (
        f"{since.day} {since:%b}"
        if step == 1
        else f"{since.day} {since:%b} {since:%y}–{last.day} {last:%b}"
    )


def _matrix(store: Store, asked: Period, knowledge: Knowledge) -> Matrix:
    rows = store.query(
        "review/stats_matrix",
        since=asked.since,
        until=asked.until,
        before=asked.earlier or asked.since,
        buckets=POINTS,
    ).to_pylist()
    lines: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0] * POINTS)
    before: Counter[tuple[str, str]] = Counter()
    for row in rows:
        pair = row["source"], row["target"]
        if row["bucket"] < 0:
            before[pair] += row["messages"]
        else:
            lines[pair][row["bucket"]] += row["messages"]
    totals = {pair: sum(line) for pair, line in lines.items()} | {
        pair: 0 for pair in before if pair not in lines
    }
    sources, targets = (_by_total(totals, side) for side in (0, 1))
    most = max(totals.values(), default=0)
    names = {one: actor_name(knowledge, one) or one for one in (*sources, *targets)}

    def cell(row: int, column: int) -> Cell | None:
        pair = sources[row], targets[column]
        if pair not in totals:
            return None
        actors = {"label": "hostile", "source": pair[0], "target": pair[1]}
        earlier = asked.earlier
        title = f"{names[pair[0]]} against {names[pair[1]]}, over the period"
        return Cell(
            Number(totals[pair], rows_of(asked.since, asked.until, **actors)),
            Number(before[pair], rows_of(earlier, asked.since, **actors)) if earlier else None,
            charts.shade(totals[pair], most),
            charts.sparkline(f"line-{row}-{column}", title, lines[pair]),
        )

    cells = [[cell(row, column) for column in range(len(targets))] for row in range(len(sources))]
    heads = [[Actor(names[one], one) for one in side] for side in (sources, targets)]
    return Matrix(heads[0], heads[1], cells)


def _by_total(totals: Mapping[tuple[str, str], int], side: int) -> list[str]:
    sums: Counter[str] = Counter()
    for pair, count in totals.items():
        sums[pair[side]] += count
    return sorted(sums, key=lambda name: (-sums[name], name))


def _channels(store: Store, asked: Period) -> Sequence[Row]:
    rows: list[dict[str, Any]] = store.query(
        "review/stats_channels", since=asked.since, until=asked.until, most=CHANNELS
    ).to_pylist()
    for row in rows:
        channel = {"channel": row["channel_key"]}
        asks = {"label": "solicits_donation"} | channel
        days = {"from": f"{asked.since:%F}", "to": f"{asked.last:%F}"}
        row["href"] = rows_of(asked.since, asked.until, **asks)
        row["confirms"] = url("/history", judgement="confirm", **asks)
        row["rejects"] = url("/history", judgement="reject", **asks)
        row["paid"] = url("/indicators", **channel, **days)
    return rows
