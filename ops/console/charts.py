"""Charts as SVG that the server draws: no library in the browser, no outside host.

Every drawing is :class:`markupsafe.Markup` built from escaped parts, an image with title and
description for those who do not see it; the page has the same numbers in a table, with the links.
Colours are classes of ``charts.css`` and ``console.css``, good in light and dark and told apart by
those who do not see all colours. Drawings are as wide as a telephone and grow with their place;
where the place may be far wider, the page has a wide one beside it (:func:`fitted`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from math import ceil, floor, log10

from markupsafe import Markup

#: Units across, of which a telephone shows nearly one a pixel.
WIDTH = 340
#: Units across of a drawing for a wide card.
WIDE = 600
#: Colours there are; what comes after them is drawn together.
SERIES = 8
#: Shades of a heat table, the palest first; 0 is none.
SHADES = 10


@dataclass(frozen=True, slots=True)
class Series:
    """One part of every column; as many values as there are columns."""

    name: str
    values: Sequence[int]


@dataclass(frozen=True, slots=True)
class Dot:
    """A value with its interval, from ``count`` cases; where it is None, ``note`` says why."""

    name: str
    count: int
    value: float | None
    low: float | None = None
    high: float | None = None
    note: str = ""


def fitted(draw: Callable[[str, int], Markup], name: str) -> Markup:
    """A drawing for narrow places and one for wide ones: ``charts.css`` shows that which fits.

    Stretched alone, the narrow one would have letters as large as headings.

    Args:
        draw: makes the drawing of a name and so many units across.
        name: a word that no other drawing of the page has.
    """
    return draw(name, WIDTH) + draw(f"{name}-wide", WIDE)


def stacked(
    name: str, title: str, columns: Sequence[str], series: Sequence[Series], width: int = WIDTH
) -> Markup:
    """Columns of parts on each other, the first series at the bottom, with a legend.

    Args:
        name: a word that no other drawing of the page has.
        title: what is counted.
        columns: what each column is, as its tooltip says it and, of some, the axis.
        series: at most :data:`SERIES`; see :func:`fewest`.
        width: units across.
    """
    totals = [sum(parts) for parts in zip(*(one.values for one in series), strict=True)]
    top = nice(max(totals, default=0))
    left, right, height, foot = 8 + 7 * len(f"{top:,}"), 6, 130, 20
    across = (width - left - right) / max(len(columns), 1)
    legend = _legend([one.name for one in series], height + foot + 16, width)
    drawn = [
        _level(top * step // 2, 8 + height * (1 - step / 2), left, width - 6) for step in range(3)
    ]
    drawn += [
        _column(
            left + across * place, across, column, [(one, one.values[place]) for one in series],
            8 + height, height / top,
        )
        for place, column in enumerate(columns)
    ]  # fmt: skip
    drawn.append(
        _tag("line", class_="axis", x1=left, x2=width - right, y1=8 + height, y2=8 + height)
    )
    for place in sorted({0, len(columns) // 2, len(columns) - 1} if columns else ()):
        anchor = "start" if place == 0 else "end" if place == len(columns) - 1 else "middle"
        x = left + across * (place + {"start": 0, "middle": 0.5, "end": 1}[anchor])
        if place == 0 or len(columns) > 1:
            drawn.append(_text(columns[place], x, 8 + height + 15, anchor))
    says = f"{len(columns)} columns, {sum(totals):,} in all, at most {max(totals, default=0):,}."
    return _drawing(name, title, says, (width, legend[1]), [*drawn, *legend[0]])


def _column(  # noqa: PLR0913, PLR0917
    x: float,
    across: float,
    column: str,
    parts: Sequence[tuple[Series, int]],
    ground: float,
    scale: float,
) -> Markup:
    said = ", ".join(f"{one.name} {count:,}" for one, count in parts if count) or "none"
    drawn, y = [_tag("title", f"{column}: {said}")], ground
    gap = min(across * 0.2, 2)
    for number, (_, count) in enumerate(parts):
        if count:
            y -= count * scale
            drawn += _part(number, x + gap / 2, y, across - gap, count * scale)
    return _tag("g", *drawn)


def _part(number: int, x: float, y: float, width: float, height: float) -> list[Markup]:
    """A piece in the colour of a series. Every second one is striped too: neighbours are told apart
    by who sees no colours, and by who has them muted."""
    place = {"x": x, "y": y, "width": width, "height": height}
    stripes = [_tag("rect", fill="url(#stripes)", **place)] if number % 2 else []
    return [_tag("rect", class_=f"part fill-{number}", **place), *stripes]


def stripes() -> Markup:
    """What every second series is striped with: once on a page with :func:`stacked` drawings."""
    lines = _tag("path", class_="stripe", d="M-1 1 1 -1 M0 4 4 0 M3 5 5 3")
    pattern = _tag("pattern", lines, id="stripes", width=4, height=4, patternUnits="userSpaceOnUse")
    return _tag("svg", _tag("defs", pattern), class_="stripes", aria_hidden="true")


def dots(
    name: str,
    title: str,
    rows: Sequence[Dot],
    width: int = WIDTH,
    *,
    marks: Sequence[float] = (),
) -> Markup:
    """A value between its bounds for each row, on an axis up to 1 (from 0, or below where need be).

    Args:
        name: a word that no other drawing of the page has.
        title: what is shown.
        rows: from top to bottom.
        width: units across.
        marks: values that are marked on the axis.
    """
    lowest = min(
        (value for row in rows for value in (row.low, row.value) if value is not None), default=0
    )
    start = min(0.0, floor(lowest * 2) / 2)
    left, right, step = 10, 14, 36

    def place(value: float) -> float:
        return left + (width - left - right) * (min(max(value, start), 1) - start) / (1 - start)

    bottom = 4 + step * len(rows)
    ticks = [start + (1 - start) * part / 4 for part in range(5)]
    drawn = [_tag("line", class_="grid", x1=place(t), x2=place(t), y1=0, y2=bottom) for t in ticks]
    drawn += [_tag("line", class_="mark", x1=place(m), x2=place(m), y1=0, y2=bottom) for m in marks]
    drawn += [_text(f"{t:.4g}", place(t), bottom + 15, "middle") for t in ticks]
    for number, row in enumerate(rows):
        y = step * number
        said = row.note if row.value is None else f"{row.value:.2f}"
        drawn.append(_text(_apart(row), left, y + 14, "start", "name"))
        drawn.append(_text(said, width - right, y + 14, "end"))
        if row.low is not None and row.high is not None:
            x1, x2 = place(row.low), place(row.high)
            drawn.append(_tag("line", class_="interval", x1=x1, x2=x2, y1=y + 26, y2=y + 26))
        if row.value is not None:
            drawn.append(_tag("circle", class_="dot", cx=place(row.value), cy=y + 26, r=4.5))
    says = "; ".join(_spoken(row) for row in rows) or "Nothing to show."
    return _drawing(name, title, says, (width, bottom + 22), drawn)


def _apart(row: Dot) -> str:
    """A name and its count, each in its own direction (Unicode's first strong isolate)."""
    return f"\u2068{row.name}\u2069 ({row.count:,})"


def _spoken(row: Dot) -> str:
    if row.value is None:
        return f"{row.name}: {row.note}"
    if row.low is None or row.high is None:
        return f"{row.name}: {row.value:.2f}"
    return f"{row.name}: {row.value:.2f}, {row.low:.2f} to {row.high:.2f}"


def sparkline(name: str, title: str, values: Sequence[int]) -> Markup:
    """A small line of counts in a row, its last point marked."""
    width, height, most = 60, 16, max([1, *values])
    step = (width - 6) / max(len(values) - 1, 1)
    points = [(3 + step * n, height - 3 - (height - 6) * v / most) for n, v in enumerate(values)]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    drawn = [_tag("polyline", class_="line-0", points=line)]
    if points:
        drawn.append(_tag("circle", class_="fill-0", cx=points[-1][0], cy=points[-1][1], r=2))
    says = ", ".join(map(str, values))
    return _svg(name, title, says, width, height, drawn, "sparkline")


def shade(value: float, most: float) -> int:
    """The shade of a cell of a heat table, 0 to ``SHADES - 1``; every count has one.

    >>> shade(0, 50), shade(1, 50), shade(25, 50), shade(50, 50)
    (0, 1, 5, 9)
    """
    return ceil((SHADES - 1) * min(value / most, 1)) if value > 0 and most > 0 else 0


def fewest(series: Iterable[Series]) -> list[Series]:
    """The series, the largest first; of more than there are colours for, the rest in one.

    >>> [one.name for one in fewest(Series(str(n), [n]) for n in range(10))][-2:]
    ['3', 'other']
    """
    ordered = sorted(series, key=lambda one: (-sum(one.values), one.name))
    if len(ordered) <= SERIES:
        return ordered
    rest = ordered[SERIES - 1 :]
    values = [sum(parts) for parts in zip(*(one.values for one in rest), strict=True)]
    return [*ordered[: SERIES - 1], Series("other", values)]


def nice(most: int) -> int:
    """The end of an axis from 0 on which ``most`` has room: even, and round.

    >>> [nice(n) for n in (0, 1, 3, 7, 23, 101, 999)]
    [2, 2, 4, 10, 40, 200, 1000]
    """
    if most <= 2:
        return 2
    unit = 10 ** floor(log10(most))
    return next(int(unit * step) for step in (1, 2, 4, 6, 10) if unit * step >= most)


# ---------------------------------------------------------------- what drawings are made of


def _drawing(
    name: str, title: str, says: str, size: tuple[float, float], drawn: Iterable[Markup]
) -> Markup:
    kind = "drawing wide" if size[0] > WIDTH else "drawing"
    return _svg(name, title, says, *size, drawn, kind)


def _svg(  # noqa: PLR0913, PLR0917
    name: str,
    title: str,
    says: str,
    width: float,
    height: float,
    drawn: Iterable[Markup],
    kind: str,
) -> Markup:
    return _tag(
        "svg",
        _tag("title", title, id=f"{name}-title"),
        _tag("desc", says, id=f"{name}-desc"),
        *drawn,
        class_=kind, role="img", viewBox=f"0 0 {width} {height:.0f}", width=width,
        height=round(height), aria_labelledby=f"{name}-title", aria_describedby=f"{name}-desc",
    )  # fmt: skip


def _legend(names: Sequence[str], y: float, across: float) -> tuple[list[Markup], float]:
    """Names beside their colours, in as many lines as they need; and where the last one ends."""
    drawn, x = [], 8.0
    for number, name in enumerate(names):
        width = 28 + 6.6 * len(name)
        if x > 8 and x + width > across:
            x, y = 8.0, y + 18
        drawn += _part(number, x, y - 10, 11, 11)
        drawn.append(_text(name, x + 15, y, "start"))
        x += width
    return drawn, y + 8


def _level(value: int, y: float, left: float, right: float) -> Markup:
    line = _tag("line", class_="grid", x1=left, x2=right, y1=y, y2=y)
    return _tag("g", line, _text(f"{value:,}", left - 5, y + 4, "end"))


def _text(words: str, x: float, y: float, anchor: str, kind: str | None = None) -> Markup:
    return _tag("text", words, x=x, y=y, text_anchor=anchor, class_=kind)


def _tag(tag: str, /, *children: Markup | str, **attributes: object) -> Markup:
    """An element; children that are no Markup and all values are escaped."""
    written = Markup("").join(
        Markup(' {}="{}"').format(
            key.rstrip("_").replace("_", "-"),
            f"{value:.1f}".removesuffix(".0") if isinstance(value, float) else value,
        )
        for key, value in attributes.items()
        if value is not None
    )
    inner = Markup("").join(children)
    return Markup("<{tag}{written}>{inner}</{tag}>").format(tag=tag, written=written, inner=inner)
