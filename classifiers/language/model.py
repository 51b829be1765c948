"""The fitted weights of the language detector: written once, loaded lazily, never run.

Tensors (``models/language.safetensors``): ``table`` int8 (2^bits, classes), ``scale`` one float32
that a unit of the table stands for, ``bias`` float32 (classes,), ``temperature`` float32 (2,).
The card (``language.json``) names the classes, the data with licences, and the metrics.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from classifiers import modelfile
from classifiers.language.persian import marker_table
from classifiers.language.scoring import LANES, Floats, Weights

NAME = "language"
FORMAT = 1


@dataclass(frozen=True, slots=True)
class Model:
    """What :func:`classifiers.language.detect` scores with."""

    classes: tuple[str, ...]
    weights: Weights
    #: (a, b): logits are divided by exp(a + b ln n) for a text of n n-grams.
    temperature: tuple[float, float]
    card: dict[str, Any]


def save(  # noqa: PLR0913 - the parts of a model
    folder: Path,
    *,
    classes: tuple[str, ...],
    coefficients: npt.NDArray[np.floating],
    bias: npt.NDArray[np.floating],
    temperature: tuple[float, float],
    switch: float,
    card: dict[str, Any],
) -> Path:
    """Quantise and write a model. ``coefficients``: (classes, 2^bits). Returns the path."""
    table, scale = quantise(coefficients)
    tensors: dict[str, npt.NDArray[Any]] = {
        "table": table,
        "scale": np.array([scale], np.float32),
        "bias": np.asarray(bias, np.float32),
        "temperature": np.array(temperature, np.float32),
        "switch": np.array([switch], np.float32),
    }
    return modelfile.save(
        folder, NAME, tensors, {"format": FORMAT, "classes": list(classes), **card}
    )


def quantise(coefficients: npt.NDArray[np.floating]) -> tuple[npt.NDArray[np.int8], float]:
    """Coefficients (classes, rows) as int8 (rows, classes), and what one unit stands for.

    Nothing is cut off at the top: the few large ones are the letters that only one language has,
    and short texts live by them.
    """
    scale = max(float(np.abs(coefficients).max()), 1e-6) / 127
    table = np.rint(coefficients.T / scale).astype(np.int8)
    return np.ascontiguousarray(table), scale


def with_heads(model: Model, letters: npt.NDArray[np.int8]) -> Model:
    """The model with columns of other weights behind its classes: (2^bits, heads).

    Raises:
        ValueError: the tables do not have as many rows.
    """
    classes = len(model.classes)
    if len(letters) != len(model.weights.table):
        raise ValueError(
            f"{len(letters)} rows of letter weights beside {len(model.weights.table)} rows of the "
            "language model; train both again"
        )
    table = padded(np.hstack([model.weights.table[:, :classes], letters]))
    weights = model.weights._replace(table=table, heads=letters.shape[1])
    return replace(model, weights=weights)


def load(folder: Path = modelfile.FOLDER) -> Model:
    """Read and check a model.

    Raises:
        modelfile.ModelFileError: what is wrong with which file, and what to do.
    """
    file = modelfile.load(folder, NAME)
    classes = tuple(file.card.get("classes", ()))
    tensors = file.tensors
    wrong = None
    if file.card.get("format") != FORMAT:
        wrong = f"format {file.card.get('format')} is not {FORMAT}"
    elif set(tensors) != {"table", "scale", "bias", "temperature", "switch"}:
        wrong = f"it holds {', '.join(sorted(tensors))}"
    elif tensors["table"].dtype != np.int8 or tensors["table"].ndim != 2:
        wrong = "its table is no int8 matrix"
    rows = 0 if wrong else len(tensors["table"])
    if not wrong and (
        rows & (rows - 1)
        or not 2 <= rows <= 1 << 20
        or tensors["table"].shape[1] != len(classes)
        or tensors["bias"].shape != (len(classes),)
        or tensors["temperature"].shape != (2,)
    ):
        wrong = "its shapes do not fit together"
    if wrong:
        raise modelfile.ModelFileError(
            f"{folder / NAME}.safetensors: {wrong}; restore both files, or train again"
        )
    keys, strengths = marker_table()
    weights = Weights(
        padded(tensors["table"]),
        _floats(tensors["bias"]),
        float(tensors["scale"][0]),
        rows.bit_length() - 1,
        float(tensors["switch"][0]),
        keys,
        strengths,
    )
    a, b = (float(x) for x in tensors["temperature"])
    return Model(classes, weights, (a, b), file.card)


def padded(table: npt.NDArray[np.int8]) -> npt.NDArray[np.int8]:
    """The table with columns of zeros up to a multiple of LANES."""
    return np.pad(table, ((0, 0), (0, -table.shape[1] % LANES)))


def _floats(tensor: npt.NDArray[Any]) -> Floats:
    return np.ascontiguousarray(tensor, np.float32)


_lock = threading.Lock()
_loaded: dict[Path, Model] = {}


def default() -> Model:
    """The committed model, read once per process."""
    folder = modelfile.FOLDER
    with _lock:
        if folder not in _loaded:
            _loaded[folder] = load(folder)
        return _loaded[folder]
