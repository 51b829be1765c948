"""How far reviewers agree who judged the same flags blind: per label, language and pair."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from markupsafe import Markup
from starlette.responses import Response

from classifiers.evaluation.agreement import (
    AGREEMENT,
    ALPHA,
    FEWEST,
    KAPPA,
    RESAMPLES,
    SEVERITY,
    Estimate,
    Judgement,
    Part,
    agreement,
    outcome,
)
from ops.console import charts
from ops.console.pages.periods import CHOICES, Day, Period, period
from ops.console.security.roles import Viewer, allowed
from ops.console.templating import page, url

router = APIRouter()
Leading = Annotated[Viewer, Depends(allowed("team"))]

#: Krippendorff (2004): from the second on, conclusions stand; from the first on, tentative ones.
MARKS = (2 / 3, 0.8)
#: What each measure is called; alphas of everybody, kappa of two.
NAMES = {
    AGREEMENT: "Agreement",
    KAPPA: "Cohen's kappa",
    ALPHA: "Krippendorff's alpha",
    SEVERITY: "Alpha of severity",
}
#: What is drawn of each kind of part.
DRAWN = {"label": ALPHA, "language": ALPHA, "pair": KAPPA}


@dataclass(frozen=True, slots=True)
class Line:
    """A part of the judgements with its estimates, as a row of a table."""

    name: str
    href: str
    estimates: Mapping[str, Estimate]


@dataclass(frozen=True, slots=True)
class Section:
    """All parts of a kind: the rows, and a drawing of one measure of them."""

    kind: str
    title: str
    measures: list[str]
    lines: list[Line]
    drawing: Markup | None


@router.get("/agreement")
def agreement_page(
    request: Request,
    viewer: Leading,
    days: str = "90",
    end: Annotated[Day, Query(alias="to")] = None,
    label: str = "",
    language: str = "",
) -> Response:
    """Agreement of a period, of all labels and languages or of one."""
    console = request.app.state.console
    now = console.now()
    [made] = console.store.query("review/stats_decided").to_pylist()
    asked = period(days, end or now.date(), made["first"], now)
    rows = console.store.query(
        "review/stats_judgements",
        since=asked.since,
        until=asked.until,
        label=label or None,
        language=language or None,
    ).to_pylist()
    parts = _measured(tuple(_judgements(rows)))
    narrowed = {"label": label, "language": language}
    sections = [
        _section(kind, title, parts, asked, narrowed)
        for kind, title in (
            ("all", "All together"),
            ("label", "By label"),
            ("language", "By language"),
            ("pair", "By pair of reviewers"),
        )
    ]
    return page(
        request,
        viewer,
        "agreement.html",
        period=asked,
        choices=list(CHOICES),
        names=NAMES,
        sections=sections,
        labels={label.id: label.name for label in console.knowledge.labels.values()},
        languages=sorted({language} - {""} | {p.name[0] for p in parts if p.kind == "language"}),
        narrowed=narrowed,
        fewest=FEWEST,
        resamples=RESAMPLES,
    )


def _judgements(rows: Iterable[Mapping[str, Any]]) -> Iterable[Judgement]:
    for row in rows:
        changed = row["changed_label"], row["changed_target"]
        yield Judgement(
            item=str(row["item"]),
            flag=row["flag"],
            reviewer=row["reviewer"],
            outcome=outcome(row["judgement"], row["label"], row["target"], changed),
            label=row["label"],
            language=row["language"],
            severity=row["severity"],
        )


@lru_cache(maxsize=4)
def _measured(judgements: tuple[Judgement, ...]) -> list[Part]:
    """As :func:`agreement`; asked again for the same judgements, it need not be worked out."""
    return agreement(judgements)


def _section(
    kind: str, title: str, parts: Iterable[Part], asked: Period, narrowed: Mapping[str, str]
) -> Section:
    lines = [
        Line(" and ".join(part.name) or "everything", _rows(part, asked, narrowed), part.estimates)
        for part in parts
        if part.kind == kind and any(one.n for one in part.estimates.values())
    ]
    measures = [name for name in NAMES if any(name in line.estimates for line in lines)]
    drawing = None
    if lines and kind in DRAWN:
        dots = [_dot(line.name, line.estimates[DRAWN[kind]]) for line in lines]
        what = f"{NAMES[DRAWN[kind]]}, {title[0].lower()}{title[1:]}"
        drawing = charts.dots(f"agreement-{kind}", what, dots, marks=MARKS)
    return Section(kind, title, measures, lines, drawing)


def _dot(name: str, found: Estimate) -> charts.Dot:
    return charts.Dot(
        f"{name} ({found.n:,})", found.value, found.low, found.high, "no value" * (not found.value)
    )


def _rows(part: Part, asked: Period, narrowed: Mapping[str, str]) -> str:
    """The decisions behind a part."""
    chosen: dict[str, object] = dict(narrowed)
    if part.kind == "pair":
        chosen["reviewer"] = list(part.name)
    elif part.name:
        chosen[part.kind] = part.name[0]
    chosen["blind"] = "1"
    return url("/history", **chosen, **{"from": f"{asked.since:%F}", "to": f"{asked.last:%F}"})
