"""What the version of a model is made of, so that two versions can be told apart part by part.

A version is a hash of everything that decides scores. Where two versions differ in their thresholds
alone, most answers are the same to the bit, and :func:`unsure` says which need not be.
"""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from classifiers import modelfile
from classifiers.knowledge import data_folder
from classifiers.labels import THRESHOLDS_HEADER, read_labels
from classifiers.language.model import NAME as LANGUAGE
from classifiers.model import NAME

#: From where on a label is flagged, and from where on it is reviewed.
Limits = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Parts:
    """Hashes of what decides scores, and the thresholds: "label/language" → limits.

    ``code`` covers the code and reference tables, ``calibration`` what turns margins into
    probabilities.
    """

    code: str
    language: str
    weights: str
    calibration: str
    thresholds: Mapping[str, Limits]

    @property
    def version(self) -> str:
        """The version that results name, twelve hex digits."""
        return _digest(self.to_dict())[:12]

    def to_dict(self) -> dict[str, Any]:
        """Plain data, as a run notes it in the warehouse."""
        return asdict(self) | {"thresholds": dict(sorted(self.thresholds.items()))}

    @staticmethod
    def from_dict(data: Mapping[str, Any]) -> Parts:
        """What :meth:`to_dict` gave, after a way through JSON.

        Raises:
            KeyError, TypeError, ValueError: it is none.
        """
        limits = {
            str(key): (float(flagged), float(reviewed))
            for key, (flagged, reviewed) in data["thresholds"].items()
        }
        return Parts(
            code=str(data["code"]),
            language=str(data["language"]),
            weights=str(data["weights"]),
            calibration=str(data["calibration"]),
            thresholds=limits,
        )


def parts_of(folder: Path | None = None) -> Parts:
    """What the model of ``folder`` (default: the bundled one) is made of.

    Raises:
        ModelFileError: there is no model card.
    """
    folder = folder or modelfile.FOLDER
    bundled = folder.resolve() == modelfile.FOLDER.resolve()
    card = modelfile.read_card(folder, NAME)
    language = modelfile.read_card(modelfile.FOLDER, LANGUAGE)
    return Parts(
        code=modelfile.code_hash(),
        language=_digest([language.get(key) for key in ("weights_sha256", "classes")]),
        weights=str(card.get("weights_sha256")),
        calibration=_digest([card.get(key) for key in ("calibrators", "idle")]),
        thresholds=_thresholds((data_folder() if bundled else folder) / "thresholds.csv"),
    )


def unsure(old: Parts, new: Parts) -> dict[str, list[Limits]] | None:
    """Where an answer of the old version may be another one in the new; None: anywhere.

    Returns:
        label → closed ranges of probability. A message none of whose scores lies in the ranges of
        its label has the same answer to the bit: every status is the same, and what is worked out
        for those that are not clear follows from it. Empty: the two are the same.
    """
    if any(
        getattr(old, name) != getattr(new, name)
        for name in ("code", "language", "weights", "calibration")
    ):
        return None
    labels, _ = read_labels(data_folder() / "labels.yaml")
    ranges: dict[str, list[Limits]] = {}
    for key in sorted({*old.thresholds, *new.thresholds}):
        label = key.split("/", 1)[0]
        if label not in labels.labels:
            continue
        own = labels.labels[label].threshold, labels.labels[label].review
        before, after = old.thresholds.get(key, own), new.thresholds.get(key, own)
        # In whatever language: which one a message counts as is not kept where none is sure.
        ranges.setdefault(label, []).extend(
            _around(*sorted(pair)) for pair in zip(before, after, strict=True) if pair[0] != pair[1]
        )
    return {label: found for label, found in ranges.items() if found}


def _around(low: float, high: float) -> Limits:
    """The range widened by what rounding a probability to 32 bits may move it."""
    width = 2 * float(np.spacing(np.float32(high)))
    return low - width, high + width


def _thresholds(path: Path) -> dict[str, Limits]:
    """The rows as they stand; what is wrong with them is told by whoever scores with them."""
    found: dict[str, Limits] = {}
    if not path.is_file():
        return found
    with path.open(encoding="utf-8-sig", newline="", errors="replace") as file:
        for row in csv.DictReader(file):
            label, language, flagged, reviewed = (row.get(name) for name in THRESHOLDS_HEADER)
            try:
                limits = float(flagged or ""), float(reviewed or flagged or "")
            except ValueError:
                continue
            found[f"{label}/{language}"] = limits  # the last one counts
    return found


def _digest(value: object) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()
