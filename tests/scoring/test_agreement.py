"""Agreement: the textbooks' numbers, the libraries' numbers, and None where there is none."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from itertools import chain, repeat

import krippendorff
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score

from classifiers.evaluation import agreement as module
from classifiers.evaluation.agreement import (
    AGREEMENT,
    ALIKE,
    ALPHA,
    FEW,
    FEWEST,
    KAPPA,
    NO_SEVERITY,
    NO_SPREAD,
    NOBODY,
    ONE,
    SEVERITY,
    Estimate,
    Judgement,
    Part,
    agreement,
)

#: Krippendorff, "Computing Krippendorff's Alpha-Reliability" (2011), section C: four observers,
#: twelve units, five values; alpha is 0.743 nominal and 0.815 ordinal.
KRIPPENDORFF = (
    (1, 2, 3, 3, 2, 1, 4, 1, 2, None, None, None),
    (1, 2, 3, 3, 2, 2, 4, 1, 2, 5, None, 3),
    (None, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, None),
    (1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, None),
)


def said(
    table: Sequence[Sequence[object]], *, severities: bool = False, flags: int = 1
) -> list[Judgement]:
    """Rows are reviewers, columns flags (``flags`` of them to an item), None is no judgement."""
    return [
        Judgement(
            item=f"i{number // flags:05}",
            flag=f"f{number:05}",
            reviewer=f"r{reviewer}",
            outcome="as flagged" if severities else str(value),
            label="hostile" if number % 3 else "claims_attack",
            language="ps" if number % 2 else None,
            severity=int(str(value)) if severities else None,
        )
        for reviewer, row in enumerate(table)
        for number, value in enumerate(row)
        if value is not None
    ]


def of_cells(cells: dict[tuple[str, str], int]) -> list[Judgement]:
    pairs = list(chain.from_iterable(repeat(pair, count) for pair, count in cells.items()))
    return said([[one for one, _ in pairs], [other for _, other in pairs]])


def only(parts: list[Part], kind: str, *name: str) -> Part:
    [part] = [part for part in parts if part.kind == kind and part.name == name]
    return part


def test_kappa_of_the_textbook() -> None:
    """Fleiss, Levin and Paik, Statistical Methods for Rates and Proportions (2003), table 18.1."""
    cells = {
        ("psychotic", "psychotic"): 75, ("psychotic", "neurotic"): 1, ("psychotic", "organic"): 4,
        ("neurotic", "psychotic"): 5, ("neurotic", "neurotic"): 4, ("neurotic", "organic"): 1,
        ("organic", "organic"): 10,
    }  # fmt: skip
    pair = only(agreement(of_cells(cells)), "pair", "r0", "r1")
    found = pair.estimates[KAPPA]
    assert found.value == pytest.approx(0.676, abs=5e-4)
    assert (found.n, pair.estimates[AGREEMENT].value) == (100, pytest.approx(0.89))
    # Their standard error, 0.088, gives 0.504 to 0.849: a bootstrap is near it.
    assert found.low == pytest.approx(0.504, abs=0.05)
    assert found.high == pytest.approx(0.849, abs=0.05)


def test_alpha_of_the_textbook() -> None:
    nominal = only(agreement(said(KRIPPENDORFF)), "all").estimates[ALPHA]
    # Section C; the twelfth unit has one judgement and pairs with none.
    assert (round(nominal.value or 0, 3), nominal.n) == (0.743, 11)
    assert (nominal.low, nominal.high, nominal.reason) == (None, None, FEW)
    # Section B of the same: two observers, ten units, two values.
    binary = ((0, 1, 0, 0, 0, 0, 0, 0, 1, 0), (1, 1, 1, 0, 0, 1, 0, 0, 0, 0))
    assert only(agreement(said(binary)), "all").estimates[ALPHA].value == pytest.approx(
        0.095, abs=5e-4
    )


def test_severity_is_ordinal() -> None:
    table = [[value and min(value, 3) for value in row] for row in KRIPPENDORFF]
    found = only(agreement(said(table, severities=True)), "all").estimates
    given_ = np.array([[math.nan if value is None else value for value in row] for row in table])
    ordinal = krippendorff.alpha(given_, level_of_measurement="ordinal")
    assert found[SEVERITY].value == pytest.approx(ordinal)
    assert ordinal != pytest.approx(krippendorff.alpha(given_, level_of_measurement="nominal"))
    assert (found[ALPHA].value, found[ALPHA].reason) == (None, ALIKE)
    assert found[AGREEMENT].value == 1


#: 3 reviewers and 4 categories, some flags not judged by all.
tables = st.integers(2, 25).flatmap(
    lambda width: st.lists(
        st.lists(st.sampled_from([None, "a", "b", "c", "d"]), min_size=width, max_size=width),
        min_size=3,
        max_size=3,
    )
)


@given(tables)
@settings(max_examples=150)
def test_values_are_those_of_the_libraries(table: list[list[str | None]]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        parts = agreement(said(table))
    for part in parts:
        for found in part.estimates.values():
            assert found.value is None or math.isfinite(found.value)
            assert (found.value is None) <= (found.reason is not None)
            assert (found.low is None) == (found.high is None)
            assert found.low is not None or found.reason is not None
    letters = np.array([["nan" if value is None else value for value in row] for row in table])
    alpha = only(parts, "all").estimates[ALPHA]
    if alpha.value is not None:
        expected = krippendorff.alpha(
            letters, level_of_measurement="nominal", value_domain=["a", "b", "c", "d"]
        )
        assert alpha.value == pytest.approx(expected)
    for part in parts:
        if part.kind == "pair":
            first, second = (table[int(name[1:])] for name in part.name)
            both = [(a, b) for a, b in zip(first, second, strict=True) if a and b]
            kappa = part.estimates[KAPPA]
            assert kappa.n == len(both)
            if kappa.value is not None:
                assert kappa.value == pytest.approx(cohen_kappa_score(*zip(*both, strict=True)))
            if part.estimates[AGREEMENT].value is not None:
                share = sum(a == b for a, b in both) / len(both)
                assert part.estimates[AGREEMENT].value == pytest.approx(share)


@given(st.lists(st.lists(st.integers(1, 3), min_size=12, max_size=12), min_size=2, max_size=4))
def test_what_is_resampled_is_the_library_s_statistic(table: list[list[int]]) -> None:
    """The vectorised statistics, of all flags once, are those that the libraries say."""
    counts = np.array(
        [[row.count(value) for value in (1, 2, 3)] for row in zip(*table, strict=True)]
    )
    if (counts.sum(axis=0) > 0).sum() < 2:
        return
    for level, each, statistic in (
        ("nominal", module._disagreements, module._nominals),
        ("ordinal", module._coincidences, module._ordinals),
    ):
        expected = krippendorff.alpha(value_counts=counts, level_of_measurement=level)
        assert statistic(each(counts).sum(axis=0)[None])[0] == pytest.approx(expected)
    first, second = np.array(table[0]) - 1, np.array(table[1]) - 1
    if len({*first, *second}) > 1:
        sums = [(first == second).sum(), *np.eye(3)[first].sum(0), *np.eye(3)[second].sum(0)]
        kappa = module._kappas(np.array([sums]))[0]
        assert kappa == pytest.approx(cohen_kappa_score(first, second))


def estimates(table: Sequence[Sequence[object]]) -> dict[str, Estimate]:
    parts = agreement(said(table))
    pairs = [part for part in parts if part.kind == "pair"]
    return dict((pairs or [only(parts, "all")])[0].estimates)


def test_what_has_no_value_says_why() -> None:
    nothing = {
        name: (e.value, e.n, e.reason) for name, e in estimates([["a", None], [None, "a"]]).items()
    }
    assert nothing == {
        AGREEMENT: (None, 0, NOBODY), ALPHA: (None, 0, NOBODY), SEVERITY: (None, 0, NO_SEVERITY)
    }  # fmt: skip
    one = {name: (e.value, e.n, e.reason) for name, e in estimates([["a"], ["b"]]).items()}
    assert one == {
        KAPPA: (None, 1, ONE), AGREEMENT: (None, 1, ONE), ALPHA: (None, 1, ONE),
        SEVERITY: (None, 0, NO_SEVERITY),
    }  # fmt: skip
    alike = estimates([["a"] * 40, ["a"] * 40])
    assert (alike[KAPPA].value, alike[KAPPA].reason) == (None, ALIKE)
    assert (alike[ALPHA].value, alike[ALPHA].reason) == (None, ALIKE)
    assert (alike[AGREEMENT].value, alike[AGREEMENT].reason) == (1, NO_SPREAD)
    # One of them always says the same: no agreement beyond chance, which is a number.
    constant = estimates([["a"] * 40, ["a", "b"] * 20])
    assert constant[KAPPA].value == 0
    perfect = estimates([["a", "b"] * 20, ["a", "b"] * 20])
    assert (perfect[KAPPA].value, perfect[KAPPA].low, perfect[KAPPA].reason) == (1, None, NO_SPREAD)
    assert agreement([])[0].estimates[ALPHA] == Estimate(ALPHA, None, 0, reason=NOBODY)


def test_intervals_need_items_and_not_flags() -> None:
    rows = [["a", "b"] * FEWEST, ["a", "b", "b", "b"] * (FEWEST // 2)]
    single = only(agreement(said(rows)), "all").estimates[ALPHA]
    assert single.low is not None
    assert single.high is not None
    assert single.value is not None
    assert single.low < single.value < single.high
    # The same flags, three of them to an item: too few items, whatever the flags are.
    clustered = only(agreement(said(rows, flags=3)), "all").estimates[ALPHA]
    assert (clustered.value, clustered.n) == (single.value, single.n)
    assert (clustered.low, clustered.reason) == (None, FEW)


def test_flags_of_one_item_promise_less_certainty() -> None:
    """Four flags that are judged alike tell no more than one of them."""
    rng = np.random.default_rng(3)
    first = rng.choice(["a", "b"], 100)
    second = np.where(rng.random(100) < 0.2, "b", first)
    wide = agreement(said([first.repeat(4).tolist(), second.repeat(4).tolist()], flags=4))
    once = agreement(said([first.tolist(), second.tolist()]))
    four, one = (only(found, "all").estimates[AGREEMENT] for found in (wide, once))
    assert (four.low, four.high) == (pytest.approx(one.low), pytest.approx(one.high))


def test_the_first_judgement_counts_and_order_does_not() -> None:
    rows = said([["a", "b"] * 20, ["a", "b", "b", "b"] * 10, ["b", None] * 20])
    again = [*rows, *(r._replace(outcome="c") for r in rows)]
    assert agreement(again) == agreement(rows)
    by_item = sorted(rows, key=lambda r: r.flag, reverse=True)
    assert agreement(by_item) == agreement(rows)


def test_parts() -> None:
    parts = agreement(said([["a", "b"] * 20, ["a", "b", "b", "b"] * 10, [None] * 39 + ["a"]]))
    assert [(part.kind, part.name) for part in parts] == [
        ("all", ()),
        ("label", ("claims_attack",)), ("label", ("hostile",)),
        ("language", ("ps",)), ("language", ("und",)),
        ("pair", ("r0", "r1")), ("pair", ("r0", "r2")), ("pair", ("r1", "r2")),
    ]  # fmt: skip
    flags = {part.name: part.estimates[AGREEMENT].n for part in parts if part.kind == "label"}
    assert flags == {("claims_attack",): 14, ("hostile",): 26}
    assert KAPPA not in only(parts, "all").estimates


@pytest.mark.parametrize("share", [0.5, 0.9])
def test_intervals_hold_what_is_true_about_as_often_as_they_say(share: float) -> None:
    """Of 200 samples of 150 flags with a known agreement, 95 % hold it, give or take."""
    rng = np.random.default_rng(11)
    held = 0
    for _ in range(200):
        same = rng.random(150) < share
        rows = said([["a"] * 150, np.where(same, "a", "b").tolist()])
        found = only(agreement(rows, resamples=200), "all").estimates[AGREEMENT]
        assert found.low is not None
        assert found.high is not None
        held += found.low <= share <= found.high
    assert 0.89 <= held / 200 <= 0.99
