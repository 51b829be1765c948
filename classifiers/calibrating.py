"""Calibrators and thresholds by label and language, from margins of unseen families."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classifiers.batches import SCORED
from classifiers.calibration import Calibrator, Floats, fit, threshold
from classifiers.fitting import Task

#: Weight of another language's message where one language is calibrated.
OTHERS_WEIGHT = 0.2

#: Of the thresholds with at least this precision on unseen families, the one with the best F1.
PRECISION = {"hostile": 0.8, "solicits_donation": 0.9, "claims_attack": 0.85}


@dataclass(frozen=True, slots=True)
class Cases:
    """Margins of models that did not see the case's family, with the labels."""

    margins: Floats
    labels: NDArray[np.bool_]
    family: NDArray[np.object_]
    language: NDArray[np.int64]
    weight: Floats

    @staticmethod
    def of(task: Task, head: int, margins: Floats) -> Cases:
        """Those of a task that are calibrated on."""
        held = task.held & task.known[:, head]
        return Cases(
            margins[held],
            task.labels[held, head],
            task.family[held],
            task.language[held],
            task.weight[held],
        )


def calibrated(
    cases: Mapping[str, Cases],
) -> tuple[dict[str, Calibrator], list[dict[str, Any]]]:
    """A calibrator for each label and language, and the rows of ``thresholds.csv``."""
    calibrators: dict[str, Calibrator] = {}
    rows = []
    for label, case in cases.items():
        for index, tag in enumerate(SCORED):
            mine = case.language == index
            labels = case.labels[mine]
            if not labels.any() or labels.all():
                continue
            weights = case.weight * np.where(mine, 1.0, OTHERS_WEIGHT)
            curve = fit(case.margins, case.labels, case.family.tolist(), weights)
            calibrators[f"{label}/{tag}"] = curve
            if label not in PRECISION:
                continue
            every = curve(case.margins)
            chosen = threshold(every, case.labels, PRECISION[label], weights=weights)
            probabilities = every[mine]
            flagged = probabilities >= chosen
            true = int((flagged & labels).sum())
            rows.append(
                {
                    "label": label,
                    "language": tag,
                    "threshold": round(chosen, 2),
                    "reviewed_from": round(chosen / 2, 2),
                    "precision_goal": PRECISION[label],
                    "precision": round(true / max(int(flagged.sum()), 1), 4),
                    "recall": round(true / int(labels.sum()), 4),
                    "cases": len(labels),
                    "calibration": curve.form,
                }
            )
    return calibrators, rows


def write_thresholds(path: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    """Write the table that :mod:`classifiers.labels` reads."""
    lines = ["label,language,threshold,reviewed_from"]
    lines += [
        f"{row['label']},{row['language']},{row['threshold']:.2f},{row['reviewed_from']:.2f}"
        for row in rows
    ]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
