"""How far reviewers agree who judged the same flags without knowing of each other.

Three measures, each with the flags that it is drawn from and a 95 % interval: percent agreement,
Cohen's kappa (1960) of two reviewers, and Krippendorff's alpha (Content Analysis, 2004, chapter
11) of any number, nominal for outcomes and ordinal for severity. What has no meaning, such as a
kappa of two people who never said but one thing, is None with a reason and never a number.

Intervals are bootstrap percentiles over *items*: the flags of one message resemble each other.
Items that were judged alike are exchangeable, so that what is drawn is how often each way of
judging occurs, for all resamples at once.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

RESAMPLES = 2_000
#: With fewer items judged by two there is no interval: percentiles of so few promise too much.
FEWEST = 30
#: A larger share of resamples without a value, and the rest is no sample of the statistic.
_UNDEFINED = 0.05

AGREEMENT, KAPPA, ALPHA, SEVERITY = "agreement", "kappa", "alpha", "severity"

NOBODY = "no flag was judged by two"
ONE = "only one flag was judged by two"
NO_SEVERITY = "fewer than two flags were given a severity by two"
ALIKE = "everybody gave the same answer every time: there is no chance to compare with"
FEW = f"fewer than {FEWEST} items were judged by two: no interval"
NO_SPREAD = "no disagreement was seen: resampling cannot say how much there is"
UNSTABLE = "the answers vary too little for an interval"

Floats = NDArray[np.float64]
#: Of sums (resamples × columns), the statistic of each resample; NaN where it has none.
Statistic = Callable[[Floats], Floats]


class Judgement(NamedTuple):
    """What one reviewer said of one flag of one item.

    ``outcome`` is any name of a category (see :func:`outcome`); ``severity`` 1 to 3, None where the
    reviewer gave none, as of a flag that is rejected.
    """

    item: str
    flag: str
    reviewer: str
    outcome: str
    label: str
    language: str | None = None
    severity: int | None = None


@dataclass(frozen=True, slots=True)
class Estimate:
    """A measure with its 95 % interval.

    ``n`` counts the flags that two or more judged. ``value`` is None where there is none, ``low``
    and ``high`` where there is no interval; ``reason`` says why.
    """

    measure: str
    value: float | None
    n: int
    low: float | None = None
    high: float | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """The estimates of a part of the judgements.

    ``kind``: ``all``, ``label``, ``language`` or ``pair``; ``name``: which; of a pair both names,
    in order. Only pairs have :data:`KAPPA`.
    """

    kind: str
    name: tuple[str, ...]
    estimates: Mapping[str, Estimate]


def outcome(
    judgement: str, label: str, target: str | None, changed: tuple[str | None, str | None]
) -> str:
    """The category of a decision: as flagged, not, or what it should have been.

    ``changed``: label and target that a ``change`` gives, None where it leaves them. A change of
    severity or source alone affirms the flag.

    >>> outcome("confirm", "hostile", "ttp", (None, None))
    'as flagged'
    >>> outcome("change", "hostile", "ttp", (None, "iskp"))
    'other: hostile/iskp'
    >>> outcome("change", "hostile", "ttp", (None, None))
    'as flagged'
    >>> outcome("unsure", "hostile", "ttp", (None, None))
    Traceback (most recent call last):
    ValueError: 'unsure' is no outcome; there are confirm, reject, change
    """
    if judgement == "reject":
        return "not"
    if judgement not in ("confirm", "change"):
        raise ValueError(f"{judgement!r} is no outcome; there are confirm, reject, change")
    # What a label is not directed at has no target, whatever the flag's was.
    now = (changed[0] or label, changed[1] or (target if changed[0] in (None, label) else None))
    if judgement == "confirm" or now == (label, target):
        return "as flagged"
    return "other: " + "/".join(part for part in now if part)


def agreement(judgements: Iterable[Judgement], *, resamples: int = RESAMPLES) -> list[Part]:
    """Every measure over all judgements, per label, per language and per pair of reviewers.

    Args:
        judgements: in the order in which they were made: of a reviewer who judged a flag more than
            once the first counts. No other order matters.
        resamples: of each interval.
    """
    first: dict[tuple[str, str, str], Judgement] = {}
    for said in judgements:
        first.setdefault((said.item, said.flag, said.reviewer), said)
    kept = sorted(first.values(), key=lambda said: said[:3])
    parts = [Part("all", (), _measured(kept, resamples))]
    for kind in ("label", "language"):
        groups: dict[str, list[Judgement]] = defaultdict(list)
        for said in kept:
            groups[getattr(said, kind) or "und"].append(said)
        parts += [
            Part(kind, (name,), _measured(groups[name], resamples)) for name in sorted(groups)
        ]
    return parts + _pairs(kept, resamples)


def _pairs(kept: Sequence[Judgement], resamples: int) -> list[Part]:
    """Pairs that have judged a flag in common; the others have nothing to say."""
    shared: dict[tuple[str, str], list[Judgement]] = defaultdict(list)
    for unit in _units(kept):
        for one, other in combinations(unit, 2):
            shared[one.reviewer, other.reviewer] += [one, other]
    parts = []
    for names, said in sorted(shared.items()):
        estimates = _measured(said, resamples)
        parts.append(Part("pair", names, {KAPPA: _kappa(said, resamples), **estimates}))
    return parts


def _units(judgements: Iterable[Judgement]) -> list[list[Judgement]]:
    """Judgements by flag, reviewers in order, of flags that two or more judged."""
    units: dict[tuple[str, str], list[Judgement]] = defaultdict(list)
    for said in judgements:
        units[said.item, said.flag].append(said)
    return [
        sorted(unit, key=lambda said: said.reviewer) for unit in units.values() if len(unit) > 1
    ]


def _measured(judgements: Sequence[Judgement], resamples: int) -> dict[str, Estimate]:
    """Percent agreement and the alphas."""
    units = _units(judgements)
    domain = sorted({said.outcome for unit in units for said in unit})
    counts = _counts([[domain.index(said.outcome) for said in unit] for unit in units], len(domain))
    severe = [kept for unit in units if len(kept := [said for said in unit if said.severity]) > 1]
    severities = _counts([[int(said.severity or 0) - 1 for said in unit] for unit in severe], 3)
    items, severe_items = ([unit[0].item for unit in found] for found in (units, severe))
    return {
        AGREEMENT: _percent(counts, items, resamples),
        ALPHA: _alpha(ALPHA, counts, items, resamples),
        SEVERITY: _alpha(SEVERITY, severities, severe_items, resamples),
    }


def _counts(units: Sequence[Sequence[int]], width: int) -> NDArray[np.int64]:
    """How many reviewers gave each flag each category (flags × categories)."""
    counts = np.zeros((len(units), width), dtype=np.int64)
    for row, unit in enumerate(units):
        np.add.at(counts[row], list(unit), 1)
    return counts


# ---------------------------------------------------------------- the measures


def _percent(counts: NDArray[np.int64], items: Sequence[str], resamples: int) -> Estimate:
    """Of two reviewers of a flag, how often they say the same: each flag counts once."""
    if missing := _missing(len(counts)):
        return Estimate(AGREEMENT, None, len(counts), reason=missing)
    judges = counts.sum(axis=1)
    shares = (counts * (counts - 1)).sum(axis=1) / (judges * (judges - 1))
    each = np.stack([shares, np.ones(len(shares))], axis=1)
    low, high, reason = _interval(each, _alike(counts), items, _mean, resamples)
    return Estimate(AGREEMENT, float(shares.mean()), len(counts), low, high, reason)


def _kappa(judgements: Sequence[Judgement], resamples: int) -> Estimate:
    """Cohen's kappa of two reviewers over the flags that both judged."""
    units = _units(judgements)
    pairs = [(unit[0].outcome, unit[1].outcome) for unit in units]
    if missing := _missing(len(pairs)):
        return Estimate(KAPPA, None, len(pairs), reason=missing)
    domain = sorted({name for pair in pairs for name in pair})
    if len(domain) == 1:
        return Estimate(KAPPA, None, len(pairs), reason=ALIKE)
    first, second = (
        np.array([domain.index(name) for name in side]) for side in zip(*pairs, strict=True)
    )
    one_hot = np.eye(len(domain))
    each = np.column_stack([first == second, one_hot[first], one_hot[second]])
    cells = first * len(domain) + second
    items = [unit[0].item for unit in units]
    low, high, reason = _interval(each, cells, items, _kappas, resamples)
    # The same as scikit-learn's, which takes a second to import: a test holds that.
    value = float(_kappas(each.sum(axis=0)[None])[0])
    return Estimate(KAPPA, value, len(pairs), low, high, reason)


def _alpha(
    measure: str, counts: NDArray[np.int64], items: Sequence[str], resamples: int
) -> Estimate:
    """Krippendorff's alpha: nominal, of severity ordinal."""
    import krippendorff  # noqa: PLC0415 - only where it is asked for

    ordinal = measure == SEVERITY
    if missing := _missing(len(counts)):
        return Estimate(measure, None, len(counts), reason=NO_SEVERITY if ordinal else missing)
    if (counts.sum(axis=0) > 0).sum() < 2:
        return Estimate(measure, None, len(counts), reason=ALIKE)
    value = float(
        krippendorff.alpha(
            value_counts=counts, level_of_measurement="ordinal" if ordinal else "nominal"
        )
    )
    if ordinal:
        each, statistic = _coincidences(counts), _ordinals
    else:
        each, statistic = _disagreements(counts), _nominals
    low, high, reason = _interval(each, _alike(counts), items, statistic, resamples)
    return Estimate(measure, value, len(counts), low, high, reason)


def _coincidences(counts: NDArray[np.int64]) -> Floats:
    """The ordered pairs of values within each flag, each flag's cells in one row."""
    own = counts[:, :, None] * np.eye(counts.shape[1])
    pairs = counts[:, :, None] * counts[:, None, :] - own
    weighted: Floats = pairs / (counts.sum(axis=1) - 1)[:, None, None]
    return weighted.reshape(len(counts), -1)


def _disagreements(counts: NDArray[np.int64]) -> Floats:
    """How many of those pairs differ within each flag, and how often it has each value."""
    judges = counts.sum(axis=1)
    differ = (judges**2 - (counts**2).sum(axis=1)) / (judges - 1)
    return np.column_stack([differ, counts])


def _missing(units: int) -> str | None:
    return {0: NOBODY, 1: ONE}.get(units)


def _mean(sums: Floats) -> Floats:
    """Of (sum, count)."""
    return sums[:, 0] / sums[:, 1]


def _kappas(sums: Floats) -> Floats:
    """Of (same, what the first said, what the second said)."""
    width = (sums.shape[1] - 1) // 2
    first, second = sums[:, 1 : 1 + width], sums[:, 1 + width :]
    total = first.sum(axis=1)
    observed = sums[:, 0] / total
    chance = (first * second).sum(axis=1) / total**2
    return _divided(observed - chance, 1 - chance)


def _nominals(sums: Floats) -> Floats:
    """Of (pairs that differ, values): one less observed over expected disagreement."""
    values = sums[:, 1:]
    total = values.sum(axis=1)
    expected = (total**2 - (values**2).sum(axis=1)) / (total - 1)
    return 1 - _divided(sums[:, 0], expected)


def _ordinals(sums: Floats) -> Floats:
    """Of coincidences: the same, where values differ by the ranks between them, squared.

    The rank of a value is the middle of the places that it takes among all in order.
    """
    width = round(sums.shape[1] ** 0.5)
    observed = sums.reshape(-1, width, width)
    values = observed.sum(axis=2)
    middles = values.cumsum(axis=1) - values / 2
    distances = (middles[:, :, None] - middles[:, None, :]) ** 2
    # A value has no distance to itself, so that no pair with itself need be taken away.
    expected = values[:, :, None] * values[:, None, :] / (values.sum(axis=1) - 1)[:, None, None]
    return 1 - _divided((observed * distances).sum((1, 2)), (expected * distances).sum((1, 2)))


def _divided(top: Floats, bottom: Floats) -> Floats:
    return np.divide(top, bottom, out=np.full_like(top, np.nan), where=bottom > 1e-12)


# ---------------------------------------------------------------- intervals


def _alike(counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """A number for each way of judging a flag."""
    found: NDArray[np.int64] = np.unique(counts, axis=0, return_inverse=True)[1].reshape(-1)
    return found


def _interval(
    each: Floats,
    kinds: NDArray[np.int64],
    items: Sequence[str],
    statistic: Statistic,
    resamples: int,
) -> tuple[float | None, float | None, str | None]:
    """95 % percentiles of a statistic of sums, resampling items; else None, None and a reason.

    Args:
        each: what each flag adds to the sums; flags of the same kind add the same.
        kinds: the kind of each flag.
        items: the item of each flag.
        statistic: of sums.
        resamples: how many.
    """
    flags: dict[str, list[int]] = defaultdict(list)
    for item, kind in zip(items, kinds.tolist(), strict=True):
        flags[item].append(kind)
    if len(flags) < FEWEST:
        return None, None, FEW
    whole = statistic(each.sum(axis=0)[None])[0]
    if whole > 1 - 1e-12:
        return None, None, NO_SPREAD
    of_kind = dict(zip(kinds.tolist(), each, strict=True))
    patterns = sorted(Counter(tuple(sorted(found)) for found in flags.values()).items())
    sums = np.array([sum(of_kind[kind] for kind in pattern) for pattern, _ in patterns])
    shares = np.array([count for _, count in patterns]) / len(flags)
    draws = np.random.default_rng(0).multinomial(len(flags), shares, resamples)
    values = statistic(draws.astype(np.float64) @ sums)
    defined = values[~np.isnan(values)]
    if len(defined) < (1 - _UNDEFINED) * resamples:
        return None, None, UNSTABLE
    low, high = np.quantile(defined, [0.025, 0.975])
    return float(low), float(high), None
