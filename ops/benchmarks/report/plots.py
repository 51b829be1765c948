"""Plots as inline SVG: no outside resource, the same bytes for the same numbers.

Colours are custom properties of the page's stylesheet, so that one drawing serves light and dark;
models differ by marker and line as well as by colour. Letters stay text, in the page's own font.
"""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from html import escape
from math import floor, log10
from typing import TYPE_CHECKING, Any

from ops.benchmarks.report.texts import plain

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from classifiers.evaluation.curves import Bin

#: Stand-ins that are drawn with, and the properties of the stylesheet that they become.
INK, MUTED, GRID = "#0a0b01", "#0a0b02", "#0a0b03"
SERIES = tuple(f"#0a0c0{number}" for number in range(8))
_PROPERTIES = {
    INK: "var(--ink)",
    MUTED: "var(--muted)",
    GRID: "var(--grid)",
    **{colour: f"var(--s{number})" for number, colour in enumerate(SERIES)},
}
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")
LINES = ("-", "--", "-.", ":", (0, (5, 1)), (0, (3, 1, 1, 1, 1, 1)), (0, (1, 1)), (0, (8, 3)))
#: Names in plots; the tables beside them have them whole.
SHORT = 26
SMALL = (3.5, 3.3)  # inches: as wide as a telephone
WIDE = 3.8  # the most that a telephone shows without scrolling
_PIXELS = 96

_STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "channelwatch",
    "text.parse_math": False,
    "font.size": 9.5,
    "axes.titlesize": 10.5,
    "axes.titleweight": "bold",
    "axes.edgecolor": MUTED,
    "axes.labelcolor": INK,
    "axes.titlecolor": INK,
    "axes.facecolor": "none",
    "figure.facecolor": "none",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": GRID,
    "grid.linewidth": 0.7,
    "text.color": INK,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "legend.frameon": False,
    "lines.linewidth": 1.8,
    "lines.markersize": 5,
}


@dataclass(frozen=True, slots=True)
class Point:
    """A value of a model with its 95 % interval; ``low`` and ``high`` None where there is none."""

    value: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Curve:
    """Precision by recall of one model, and where its flags lie on it."""

    name: str
    points: Sequence[tuple[float, float]]
    flags: tuple[float, float] | None


def precision_recall(title: str, curves: Sequence[Curve]) -> str:
    """Precision by recall along the thresholds; the marker is what is flagged."""
    with _drawing(SMALL) as (figure, axes):
        for number, curve in enumerate(curves):
            look = _look(number)
            if curve.points:
                recall, precision = zip(*curve.points, strict=True)
                axes.step(recall, precision, where="post", **{**look, "marker": ""})
            if curve.flags:
                axes.plot(*curve.flags, **{**look, "linestyle": ""}, markersize=8)
            axes.plot([], [], label=plain(curve.name, SHORT), **look)
        _unit(axes, "recall", "precision", title)
        _legend(figure, [curve.name for curve in curves])
        return _svg(figure, f"Precision against recall: {title}", "The numbers are in the table.")


def reliability(title: str, models: Sequence[tuple[str, Sequence[Bin]]]) -> str:
    """What share of messages is true, by the probability that was said; the diagonal is ideal."""
    with _drawing(SMALL) as (figure, axes):
        axes.plot([0, 1], [0, 1], color=MUTED, linewidth=1, linestyle=(0, (2, 3)))
        for number, (name, bins) in enumerate(models):
            axes.plot(
                [item.said for item in bins],
                [item.true for item in bins],
                label=plain(name, SHORT),
                **_look(number),
            )
        _unit(axes, "probability said", "share that is true", title)
        _legend(figure, [name for name, _ in models])
        return _svg(figure, f"Reliability: {title}", "On the dotted line every number is true.")


@dataclass(frozen=True, slots=True)
class Matrix:
    """Shares (0 to 1) with the text of each cell; None where there is nothing.

    ``axes``: what rows and columns are. ``middle``: where colours turn from orange to violet;
    None for one hue from pale to strong.
    """

    rows: Sequence[str]
    columns: Sequence[str]
    cells: Sequence[Sequence[tuple[float, str] | None]]
    axes: tuple[str, str] = ("", "")
    middle: float | None = None

    def colour(self, share: float) -> str:
        """The colour of a share, light enough for dark letters on it."""
        from matplotlib import colormaps
        from matplotlib.colors import to_hex

        if self.middle is None:
            return to_hex(colormaps["Blues"](0.04 + 0.5 * share))
        if share < self.middle:
            place = 0.5 * share / self.middle
        else:
            place = 0.5 + 0.5 * (share - self.middle) / (1 - self.middle)
        return to_hex(colormaps["PuOr"](0.2 + 0.56 * place))


def heat(title: str, matrix: Matrix) -> str:
    """A matrix as coloured cells, each with its number."""
    from matplotlib.patches import Rectangle

    rows, columns = matrix.rows, matrix.columns
    widest = max((len(plain(name, SHORT)) for name in rows), default=0)
    size = (0.5 + 0.07 * widest + 0.54 * len(columns), 0.9 + 0.235 * max(len(rows), 1))
    with _drawing((max(size[0], SMALL[0]), size[1])) as (figure, axes):
        axes.grid(False)
        axes.spines[:].set_visible(False)
        for place, row in enumerate(matrix.cells):
            for across, cell in enumerate(row):
                if cell is None:
                    continue
                colour = matrix.colour(min(max(cell[0], 0.0), 1.0))
                axes.add_patch(
                    Rectangle((across, place), 0.96, 0.94, facecolor=colour, linewidth=0)
                )
                axes.text(across + 0.48, place + 0.5, cell[1], ha="center", va="center",
                          color="#101010", fontsize=9)  # fmt: skip
        axes.set_xlim(0, max(len(columns), 1))
        axes.set_ylim(max(len(rows), 1), 0)
        axes.set_xticks([place + 0.48 for place in range(len(columns))],
                        [plain(name, SHORT) for name in columns])  # fmt: skip
        axes.set_yticks([place + 0.5 for place in range(len(rows))],
                        [plain(name, SHORT) for name in rows])  # fmt: skip
        axes.tick_params(length=0, top=True, labeltop=True, bottom=False, labelbottom=False)
        axes.xaxis.set_label_position("top")
        axes.set(xlabel=matrix.axes[1], ylabel=matrix.axes[0])
        return _svg(figure, title, "The numbers are in the table.")


def dots(title: str, rows: Sequence[str], models: Mapping[str, Sequence[Point | None]]) -> str:
    """A value with its interval for each row and model, side by side."""
    height = 1.1 + len(rows) * (0.16 + 0.13 * max(len(models), 1))
    with _drawing((WIDE, height)) as (figure, axes):
        shift = 0.7 / max(len(models), 1)
        for number, (name, points) in enumerate(models.items()):
            look = _look(number)
            axes.plot([], [], label=plain(name, SHORT), **{**look, "linestyle": ""})
            for place, point in enumerate(points):
                if point is None:
                    continue
                at = place + shift * (number - (len(models) - 1) / 2)
                axes.plot([point.value], [at], **{**look, "linestyle": ""})
                if point.low is not None and point.high is not None:
                    axes.plot([point.low, point.high], [at, at], color=look["color"], linewidth=1.3)
        axes.set_yticks(range(len(rows)), [plain(name, SHORT) for name in rows])
        axes.set_ylim(max(len(rows), 1) - 0.5, -0.5)
        axes.set_xlim(-0.01, 1.01)
        axes.set_xlabel(title)
        axes.grid(False, axis="y")
        _legend(figure, models)
        return _svg(figure, title, "Points with 95 % intervals; the numbers are in the table.")


def speed(title: str, metric: str, models: Mapping[str, tuple[float, Point] | None]) -> str:
    """A score against messages a second (log axis); a model without a time has no point."""
    with _drawing((WIDE, SMALL[1])) as (figure, axes):
        axes.set_xscale("log")
        rates = [found[0] for found in models.values() if found]
        for number, (name, found) in enumerate(models.items()):
            if found is None:
                continue
            rate, point = found
            look = _look(number)
            axes.plot([rate], [point.value], label=plain(name, SHORT), clip_on=False,
                      **{**look, "linestyle": ""}, markersize=8)  # fmt: skip
            if point.low is not None and point.high is not None:
                axes.plot([rate, rate], [point.low, point.high], color=look["color"], linewidth=1.3)
        if rates:
            # Whole decades, so that the axis has figures however near the models are.
            axes.set_xlim(10 ** floor(log10(min(rates))), 10 ** (floor(log10(max(rates))) + 1))
        axes.set_ylim(-0.01, 1.01)
        axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
        axes.minorticks_off()
        axes.set(xlabel="messages a second (log scale)", ylabel=metric, title=title)
        _legend(figure, [name for name, found in models.items() if found])
        return _svg(figure, f"Score against time: {title}", "Up and to the right is better.")


def _look(number: int) -> dict[str, Any]:
    place = number % len(SERIES)
    return {"color": SERIES[place], "marker": MARKERS[place], "linestyle": LINES[place]}


def _unit(axes: Axes, across: str, up: str, title: str) -> None:
    axes.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02), xlabel=across, ylabel=up, title=title)


def _legend(figure: Figure, names: Collection[str]) -> None:
    """The models below a drawing: two beside each other where both fit."""
    if names:
        columns = 2 if len(names) > 1 and max(map(len, names)) <= 14 else 1
        figure.legend(loc="outside lower center", ncols=columns, fontsize=9)


@contextmanager
def _drawing(size: tuple[float, float]) -> Iterator[tuple[Figure, Axes]]:
    """A figure outside pyplot, in this module's style whatever the user's settings are."""
    import matplotlib as mpl
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    with warnings.catch_warnings(), mpl.rc_context():
        # Letters that the measuring font lacks are drawn by the browser's.
        warnings.simplefilter("ignore")
        mpl.rcdefaults()
        mpl.rcParams.update(_STYLE)
        figure = Figure(figsize=size, layout="constrained")
        FigureCanvasSVG(figure)
        yield figure, figure.add_subplot()


def _svg(figure: Figure, title: str, description: str) -> str:
    file = io.StringIO()
    figure.savefig(file, format="svg", metadata={"Date": None})
    width, height = figure.get_size_inches()
    _, _, drawing = file.getvalue().partition("<svg")
    drawing = drawing.partition(">")[2]
    drawing = re.sub(r"<metadata>.*?</metadata>", "", drawing, flags=re.DOTALL)
    drawing = re.sub(r"<!--.*?-->", "", drawing, flags=re.DOTALL)
    drawing = re.sub(r"<style[^>]*>.*?</style>", "", drawing, flags=re.DOTALL)
    drawing = re.sub(r'(<g) id="[^"]*"', r"\1", drawing)
    drawing = drawing.replace("xlink:href=", "href=")
    drawing = re.sub(r"font-family: [^;\"]*; ?", "", drawing)
    drawing = re.sub(r">\s+<", "><", drawing)
    for colour, value in _PROPERTIES.items():
        drawing = drawing.replace(colour, value)
    name = escape(title, quote=True)
    return (
        f'<svg role="img" aria-label="{name}" viewBox="0 0 {width * 72:.6g} {height * 72:.6g}" '
        f'style="width:{width * _PIXELS:.0f}px"><title>{name}</title>'
        f"<desc>{escape(description)}</desc>{drawing}"
    )
