"""A candidate's answers beside those in force: flags gained, lost and changed, and who is right.

Flags are counted per label, language and target with 95 % intervals over families of near-copies;
on what moderators decided, both models are compared by the exact McNemar test and by a paired
bootstrap.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from classifiers.evaluation.bootstrap import (
    confusion,
    f1,
    interval,
    mcnemar,
    mean,
    paired,
    with_count,
)
from warehouse.store import Store

CHANGES = ("gained", "lost", "changed", "review", "same")
Row = Mapping[str, Any]


class ShadowError(ValueError):
    """There is nothing to compare; the message says what to do."""

    exit_code = 2


@dataclass(frozen=True)
class Comparison:
    """What a candidate would change.

    ``slices``: rows of label, language, target (null: all of them) with flags before and after,
    those gained, lost and changed, and the growth of flags (after / before - 1) with its interval.
    ``examples``: some of each change, with evidence. ``decided``: by label ("all" too) what the
    decisions of moderators say, ``difference`` above 0 in favour of the candidate.
    """

    version: str
    messages: int
    slices: tuple[dict[str, Any], ...]
    examples: tuple[dict[str, Any], ...]
    decided: tuple[dict[str, Any], ...]

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return asdict(self)

    @staticmethod
    def from_dict(data: Mapping[str, Any]) -> Comparison:
        """What :meth:`to_dict` gave, after a way through JSON."""
        return Comparison(
            str(data["version"]),
            int(data["messages"]),
            *(tuple(data[name]) for name in ("slices", "examples", "decided")),
        )


def compare(
    store: Store,
    version: str | None = None,
    *,
    since: str | None = None,
    until: str | None = None,
    examples: int = 5,
) -> Comparison:
    """Compare a candidate with what is in force; ``version`` None takes the latest shadow.

    Raises:
        ShadowError: no candidate has scored here, or not this one.
    """
    known = store.query("rescoring/shadow_models").to_pylist()
    chosen = next((row for row in known if version in {None, row["model_version"]}), None)
    if chosen is None:
        there = ", ".join(row["model_version"] for row in known) or "none"
        which = f"model {version} has scored nothing" if version else "no model has scored"
        raise ShadowError(
            f"{which} here as a shadow (there are: {there}); run `channelwatch shadow --models "
            "FOLDER` first"
        )
    version = str(chosen["model_version"])
    period = {"version": version, "since": since, "until": until}
    pairs = store.query("rescoring/shadow_pairs", **period).to_pylist()
    decided = store.query("rescoring/shadow_decided", version=version).to_pylist()
    return Comparison(
        version=version,
        messages=int(chosen["messages"]),
        slices=tuple(_slices(pairs)),
        examples=tuple(_examples(pairs, examples)),
        decided=tuple(_decided(decided)),
    )


def against(found: Comparison, most_growth: float) -> list[str]:
    """What speaks against promoting the candidate, a line each.

    Args:
        most_growth: how many more flags of a label are borne, as a share: 0.1 is ten per cent.
    """
    reasons = [
        f"shadow: {row['label']}: {row['after']:,} flags instead of {row['before']:,}, "
        f"{100 * row['growth']:+.1f} %; at most {100 * most_growth:+.1f} % is borne"
        if row["growth"] is not None
        else f"shadow: {row['label']}: {row['after']:,} flags where there were none"
        for row in found.slices
        if row["language"] is None
        and row["target"] is None
        and (row["after"] > 0 if row["growth"] is None else row["growth"] > most_growth)
    ]
    return reasons + [
        f"shadow: {row['label']}: worse than the current model on {row['n']:,} decisions of "
        f"moderators by {-row['difference']:.3f} (p = {row['p_value']:.2g})"
        for row in found.decided
        if row["difference"] < 0 and row["p_value"] < 0.05
    ]


def _slices(pairs: Sequence[Row]) -> list[dict[str, Any]]:
    """Counts by label, by label and language, by label and target."""
    grouped: dict[tuple[str, str | None, str | None], list[Row]] = defaultdict(list)
    for row in pairs:
        for key in {
            (row["label"], None, None),
            (row["label"], row["language"], None),
            (row["label"], None, row["target"]),
        }:
            grouped[key].append(row)
    found: list[dict[str, Any]] = []
    for (label, language, target), rows in sorted(
        grouped.items(), key=lambda item: tuple(part or "" for part in item[0])
    ):
        counts = Counter(row["change"] for row in rows)
        flags = np.array(
            [[row["status_after"] == "flagged", row["status_before"] == "flagged"] for row in rows],
            np.float64,
        )
        after, before = (int(value) for value in flags.sum(axis=0))
        low = high = None
        if before:
            groups = [_family(row) for row in rows]
            low, high = (value - 1 for value in interval(flags, groups, mean))
        found.append(
            {
                "label": label,
                "language": language,
                "target": target,
                "before": before,
                "after": after,
                **{name: counts[name] for name in CHANGES},
                "growth": after / before - 1 if before else None,
                "low": low,
                "high": high,
            }
        )
    return found


def _examples(pairs: Sequence[Row], most: int) -> list[dict[str, Any]]:
    """Some of each label's gains, losses and changes: those where the probabilities part most."""
    grouped: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in pairs:
        if row["change"] in {"gained", "lost", "changed"}:
            grouped[row["label"], row["change"]].append(row)

    def gap(row: Row) -> float:
        return -abs(float(row["probability_after"] or 0) - float(row["probability_before"] or 0))

    return [
        {name: value for name, value in row.items() if name != "fingerprint"}
        for key in sorted(grouped)
        for row in sorted(grouped[key], key=gap)[:most]
    ]


def _decided(rows: Sequence[Row]) -> list[dict[str, Any]]:
    found = []
    for label in ("all", *sorted({row["label"] for row in rows})):
        chosen = [row for row in rows if label in {"all", row["label"]}]
        if not chosen:
            continue
        truth, before, after = (
            np.array([bool(row[name]) for row in chosen])
            for name in ("truth", "flagged_before", "flagged_after")
        )
        groups = [_family(row) for row in chosen]
        only_after, only_before, p_value = mcnemar(after == truth, before == truth)
        right = [with_count((one == truth).astype(np.float64)) for one in (after, before)]
        gap = paired(right[0], right[1], groups, mean)
        scores = paired(confusion(truth, after), confusion(truth, before), groups, f1)
        found.append(
            {
                "label": label,
                "n": len(chosen),
                "right_before": int((before == truth).sum()),
                "right_after": int((after == truth).sum()),
                "only_before": only_before,
                "only_after": only_after,
                "difference": gap.value,
                "low": gap.low,
                "high": gap.high,
                "p_value": p_value,
                "f1_difference": scores.value,
                "f1_low": scores.low,
                "f1_high": scores.high,
            }
        )
    return found


def _family(row: Row) -> str:
    """Near-copies are resampled together: by half of the fingerprint, else by the content."""
    print_ = row["fingerprint"]
    return f"{print_ >> 32}" if print_ else str(row["content_id"])
