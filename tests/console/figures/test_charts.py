"""Charts: well-formed, harmless whatever the names are, and true to their numbers."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ops.console import charts
from ops.console.charts import Dot, Series

SVG = "{http://www.w3.org/2000/svg}"
#: XML knows fewer letters than HTML.
names = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=12)
shares = st.floats(-1, 1)


def parsed(drawing: str) -> ET.Element:
    root = ET.fromstring(drawing)
    assert root.get("role") == "img"
    title, desc = root.find("title"), root.find("desc")
    assert title is not None
    assert desc is not None
    assert root.get("aria-labelledby") == title.get("id")
    assert root.get("aria-describedby") == desc.get("id")
    for one in root.iter():
        assert one.tag in {
            "svg", "title", "desc", "g", "rect", "line", "text", "circle", "polyline",
        }  # fmt: skip
        assert not {key for key in one.attrib if key == "style" or key.startswith("on")}
    return root


@given(
    st.lists(names, min_size=1, max_size=5).flatmap(
        lambda columns: st.tuples(
            st.just(columns),
            st.lists(
                st.tuples(
                    names,
                    st.lists(
                        st.integers(0, 9999), min_size=len(columns), max_size=len(columns)
                    ),
                ),
                max_size=8,
            ),
        )
    ),
    names,
)  # fmt: skip
def test_heights_are_the_counts(
    given_: tuple[list[str], list[tuple[str, list[int]]]], title: str
) -> None:
    columns, parts = given_
    root = parsed(charts.stacked("c", title, columns, [Series(*part) for part in parts]))
    drawn = [one for one in root.findall("g") if one.find("title") is not None]
    assert len(drawn) == len(columns)
    totals = [sum(values[place] for _, values in parts) for place in range(len(columns))]
    top = charts.nice(max(totals))
    for total, column in zip(totals, drawn, strict=True):
        heights = [
            float(one.get("height") or 0)
            for one in column.findall("rect")
            if "part" in (one.get("class") or "")
        ]
        assert sum(heights) == pytest.approx(130 * total / top, abs=0.06 * len(parts) + 0.01)
    found = root.find("title")
    assert found is not None
    assert found.text == title


@given(st.lists(st.tuples(names, st.none() | shares, st.none() | st.tuples(shares, shares))))
def test_dots_stand_where_their_values_are(
    rows: list[tuple[str, float | None, tuple[float, float] | None]],
) -> None:
    dots = [
        Dot(
            name,
            7,
            value,
            *(sorted(bounds) if bounds and value is not None else (None, None)),
            "no",
        )
        for name, value, bounds in rows
    ]
    root = parsed(charts.dots("d", "A title", dots, marks=[0.8]))
    circles = [float(one.get("cx") or 0) for one in root.findall("circle")]
    values = [dot.value for dot in dots if dot.value is not None]
    assert len(circles) == len(values)
    assert sorted(circles) == [
        x for _, x in sorted(zip(values, circles, strict=True), key=lambda pair: pair[0])
    ]
    assert all(0 <= x <= charts.WIDTH for x in circles)
    for line in root.findall("line"):
        assert float(line.get("x1") or 0) <= float(line.get("x2") or 0)


def test_names_are_text_and_nothing_else() -> None:
    hostile = '"><script>alert(1)</script><g onload="x">'
    for drawing in (
        charts.stacked("a", hostile, [hostile], [Series(hostile, [3])]),
        charts.dots("b", hostile, [Dot(hostile, 1, None, note=hostile)]),
        charts.sparkline("c", hostile, [1, 2]),
    ):
        assert "<script" not in drawing
        assert 'onload="x"' not in drawing
        title = parsed(drawing).find("title")
        assert title is not None
        assert title.text == hostile


def test_a_name_from_right_to_left_does_not_turn_its_count_around() -> None:
    root = parsed(charts.dots("d", "t", [Dot("دانیال", 50, 0.5)]))
    assert "\u2068دانیال\u2069 (50)" in [one.text for one in root.findall("text")]


def test_what_has_no_colour_of_its_own_is_drawn_together() -> None:
    many = [Series(f"s{n}", [n, 2 * n]) for n in range(12)]
    found = charts.fewest(many)
    assert len(found) == charts.SERIES
    assert found[-1].name == "other"
    assert [sum(values) for values in zip(*(one.values for one in found), strict=True)] == [66, 132]
    assert charts.fewest([]) == []


def test_nothing_to_draw() -> None:
    parsed(charts.stacked("a", "t", [], []))
    parsed(charts.stacked("a", "t", ["x"], []))
    parsed(charts.dots("b", "t", []))
    parsed(charts.sparkline("c", "t", []))


def test_of_a_drawing_there_is_a_narrow_one_and_a_wide_one() -> None:
    both = charts.fitted(
        lambda name, width: charts.stacked(name, "t", ["x"], [Series("s", [1])], width), "c"
    )
    narrow, wide = map(parsed, str(both).replace("</svg><svg", "</svg>\n<svg").splitlines())
    assert narrow.get("viewBox", "").startswith(f"0 0 {charts.WIDTH} ")
    assert wide.get("viewBox", "").startswith(f"0 0 {charts.WIDE} ")
    assert wide.get("class") == "drawing wide"
    assert narrow.get("aria-labelledby") != wide.get("aria-labelledby")
