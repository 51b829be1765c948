"""How far reviewers agree who judged the same flags blind: per label, language and pair."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated

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
)
from classifiers.knowledge import Knowledge
from ops.console import charts
from ops.console.blind import Blind, Row, category
from ops.console.pages.periods import CHOICES
from ops.console.pages.queue import page_number
from ops.console.security.roles import Viewer, allowed
from ops.console.templating import page, url
from ops.console.wording import JUDGEMENT_WORDS, key_words, label_name, language_name, outcome_words

router = APIRouter()
Leading = Annotated[Viewer, Depends(allowed("team"))]
Asked = Annotated[Blind, Depends(Blind)]

#: Rows of a page.
PAGE = 50
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
TITLES = {
    "all": "All together",
    "label": "By label",
    "language": "By language",
    "pair": "By pair of reviewers",
}


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


@dataclass(frozen=True, slots=True)
class Judged:
    """What each reviewer said of a flag; ``item_no`` is None where it is in no item any more."""

    item_no: int | None
    flag: str
    said: list[tuple[str, str]]
    agreed: bool


@router.get("/agreement")
def agreement_page(request: Request, viewer: Leading, asked: Asked) -> Response:
    """Every measure, over all and in parts."""
    knowledge = request.app.state.console.knowledge
    parts = _measured(tuple(asked.judgements()))
    found = {part.name[0] for part in parts if part.kind == "language"}
    return page(
        request,
        viewer,
        "agreement.html",
        period=asked.period,
        choices=list(CHOICES),
        names=NAMES,
        sections=[_section(kind, parts, asked, knowledge) for kind in TITLES],
        labels={label.id: label.name for label in knowledge.labels.values()},
        languages={tag: language_name(tag) for tag in sorted(found | {asked.language} - {""})},
        asked=asked,
        fewest=FEWEST,
        resamples=RESAMPLES,
    )


@router.get("/agreement/rows")
def rows_page(
    request: Request,
    viewer: Leading,
    asked: Asked,
    reviewer: Annotated[list[str] | None, Query()] = None,
    only: str = "",
    number: Annotated[str, Query(alias="page")] = "1",
) -> Response:
    """The flags behind a number, those of the reviewers named: first where they disagree."""
    named = sorted(set(reviewer or ()))
    flags = _flags(asked, named)
    apart = [rows for rows in flags if not _agreed(rows)]
    shown = apart if only == "disagreed" else apart + [rows for rows in flags if _agreed(rows)]
    pages = max(-(-len(shown) // PAGE), 1)
    at = min(page_number(number), pages)
    knowledge = request.app.state.console.knowledge
    return page(
        request,
        viewer,
        "agreement_rows.html",
        period=asked.period,
        rows=[_judged(rows, knowledge) for rows in shown[(at - 1) * PAGE : at * PAGE]],
        flags=len(flags),
        disagreed=len(apart),
        reviewers=named,
        page=at,
        pages=pages,
        only=only,
        query=asked.query | {"reviewer": named},
        asked=asked,
    )


def _flags(asked: Blind, named: list[str]) -> list[list[Row]]:
    """The judgements of each flag, of the reviewers named; those that all of them judged."""
    flags: dict[tuple[int, str], list[Row]] = defaultdict(list)
    for row in asked.rows:
        if not named or row["reviewer"] in named:
            flags[row["item"], row["flag"]].append(row)
    fewest = max(len(named), 2)
    return [rows for rows in flags.values() if len(rows) >= fewest]


def _agreed(rows: list[Row]) -> bool:
    """Whether all said the same, as agreement is measured: whatever the source and severity."""
    return len({category(row) for row in rows}) == 1


def _judged(rows: list[Row], knowledge: Knowledge) -> Judged:
    said = [
        (row["reviewer"], f"{JUDGEMENT_WORDS[row['judgement']]} {outcome_words(knowledge, row)}")
        for row in rows
    ]
    item = rows[0]["item"]
    flag = key_words(knowledge, rows[0]["flag"])
    return Judged(item if item >= 0 else None, flag, said, _agreed(rows))


@lru_cache(maxsize=4)
def _measured(judgements: tuple[Judgement, ...]) -> list[Part]:
    """As :func:`agreement`; asked again for the same judgements, it need not be worked out."""
    return agreement(judgements)


def _section(kind: str, parts: Iterable[Part], asked: Blind, knowledge: Knowledge) -> Section:
    named: dict[str, Callable[[str], str]] = defaultdict(lambda: str)
    named |= {"label": lambda key: label_name(knowledge, key), "language": language_name}
    lines = [
        Line(
            " and ".join(map(named[kind], part.name)) or "everything",
            _rows(part, asked),
            part.estimates,
        )
        for part in parts
        if part.kind == kind and part.estimates[AGREEMENT].n
    ]
    measures = [name for name in NAMES if any(name in line.estimates for line in lines)]
    drawing = None
    if lines and kind in DRAWN:
        dots = [_dot(line.name, line.estimates[DRAWN[kind]]) for line in lines]
        title = f"{NAMES[DRAWN[kind]]}, {TITLES[kind].lower()}"
        drawing = charts.fitted(
            lambda name, width: charts.dots(name, title, dots, width, marks=MARKS),
            f"agreement-{kind}",
        )
    return Section(kind, TITLES[kind], measures, lines, drawing)


def _dot(name: str, found: Estimate) -> charts.Dot:
    note = "no value" if found.value is None else ""
    return charts.Dot(name, found.n, found.value, found.low, found.high, note)


def _rows(part: Part, asked: Blind) -> str:
    """Where the flags behind a part are."""
    chosen: dict[str, object] = dict(asked.query)
    if part.kind == "pair":
        chosen["reviewer"] = list(part.name)
    elif part.name:
        chosen[part.kind] = part.name[0]
    return url("/agreement/rows", **chosen)
