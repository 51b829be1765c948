"""Model files: weights as safetensors with a JSON card beside them. Loading runs no code.

A model is two files, ``<name>.safetensors`` and ``<name>.json``. The card says what the model was
fitted on, with which seed and versions, how well it does, and the hash of the weights, so that a
damaged or exchanged file is refused before a number is read from it.
"""

from __future__ import annotations

import hashlib
import json
import platform
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

MAX_WEIGHTS = 8 << 20
MAX_CARD = 1 << 20
FOLDER = Path(__file__).parent / "models"
#: Where a promotion keeps the files that it replaces, inside the folder of the model.
FORMER = "previous"
#: Seconds that suffice to replace the second file of a model after the first.
BETWEEN_FILES = 0.05

#: What no score depends on: it measures, or fits what is then in the weights. Held by a test.
NO_PART_OF_A_VERSION = (
    "baseline.py",
    "calibrating.py",
    "corpora.py",
    "evaluation/",
    "fitting.py",
    "keywords.py",
    "language/evaluation.py",
    "language/training.py",
    "stamps.py",
    "training.py",
    "data/thresholds.csv",
)

Tensors = Mapping[str, NDArray[Any]]


class ModelFileError(ValueError):
    """A model file is missing, damaged, or belongs to other code."""

    exit_code = 3


@dataclass(frozen=True, slots=True)
class ModelFile:
    """The tensors of a model and its card."""

    tensors: dict[str, NDArray[Any]]
    card: dict[str, Any]


def save(folder: Path, name: str, tensors: Tensors, card: Mapping[str, Any]) -> Path:
    """Write a model; the same tensors and card give the same bytes.

    Returns:
        The path of the weights.
    """
    from safetensors.numpy import save as to_bytes  # noqa: PLC0415 - loaded when needed

    folder.mkdir(parents=True, exist_ok=True)
    weights = to_bytes({key: np.ascontiguousarray(tensors[key]) for key in sorted(tensors)})
    full = {
        **card,
        "name": name,
        "weights_sha256": hashlib.sha256(weights).hexdigest(),
        "weights_bytes": len(weights),
        "tensors": {
            key: {"dtype": str(value.dtype), "shape": list(value.shape)}
            for key, value in sorted(tensors.items())
        },
        "versions": {
            "python": platform.python_version(),
            **{package: version(package) for package in ("numpy", "scikit-learn")},
        },
    }
    path = folder / f"{name}.safetensors"
    path.write_bytes(weights)
    text = json.dumps(full, ensure_ascii=False, indent=1, sort_keys=True, allow_nan=False)
    path.with_suffix(".json").write_text(text + "\n", encoding="utf-8")
    return path


def load(folder: Path, name: str) -> ModelFile:
    """Read a model, checking sizes, hash, dtypes and shapes against its card.

    Raises:
        ModelFileError: what is wrong, with which file, and what to do.
    """
    from safetensors import SafetensorError  # noqa: PLC0415 - loaded when needed
    from safetensors.numpy import load as from_bytes  # noqa: PLC0415

    path = folder / f"{name}.safetensors"
    for patience in (True, False):
        card = read_card(folder, name)
        weights = _read(path, MAX_WEIGHTS)
        found = hashlib.sha256(weights).hexdigest()
        if found == card.get("weights_sha256"):
            break
        if patience:  # a promotion replaces one file after the other: look once more
            time.sleep(BETWEEN_FILES)
            continue
        former = folder / FORMER
        there = f" (the former ones lie in {former})" if former.is_dir() else ""
        raise ModelFileError(
            f"{path.name}: the weights have the hash {found[:12]} and the card says "
            f"{str(card.get('weights_sha256'))[:12]}; restore both files{there}, or train again"
        )
    try:
        tensors = from_bytes(weights)
    except SafetensorError as error:
        raise ModelFileError(f"{path.name}: no safetensors file ({error}); train again") from None
    for key, stated in card.get("tensors", {}).items():
        tensor = tensors.get(key)
        if tensor is None or [str(tensor.dtype), list(tensor.shape)] != [
            stated["dtype"],
            stated["shape"],
        ]:
            raise ModelFileError(
                f"{path.name}: tensor {key!r} is not the {stated['dtype']} of shape "
                f"{stated['shape']} that its card states; train again"
            )
        if np.issubdtype(tensor.dtype, np.floating) and not np.isfinite(tensor).all():
            raise ModelFileError(f"{path.name}: tensor {key!r} is not finite; train again")
    return ModelFile(dict(tensors), card)


def read_card(folder: Path, name: str) -> dict[str, Any]:
    """The card alone.

    Raises:
        ModelFileError: it is missing, too large, or no JSON object.
    """
    path = folder / f"{name}.json"
    try:
        card = json.loads(_read(path, MAX_CARD))
    except ValueError as error:
        if isinstance(error, ModelFileError):
            raise
        raise ModelFileError(f"{path.name}: no JSON ({error}); restore it or train again") from None
    if not isinstance(card, dict):
        raise ModelFileError(f"{path.name}: no JSON object; restore it or train again")
    return card


def data_hash(rows: Iterable[str]) -> str:
    """SHA-256 over rows in order, for a card: the same rows give the same hash.

    >>> data_hash(["a"])[:12]
    '4fda62f3a9ac'
    """
    digest = hashlib.sha256()
    for row in rows:
        digest.update(row.encode("utf-8", "surrogatepass") + b"\0\n")
    return digest.hexdigest()


@cache
def code_hash() -> str:
    """SHA-256 over the code and reference tables of this package that decide scores.

    The thresholds are a part of their own of a model's version (:mod:`classifiers.version`).
    """
    root = Path(__file__).parent
    digest = hashlib.sha256()
    tables = (path for kind in ("*.yaml", "*.csv") for path in (root / "data").rglob(kind))
    for path in sorted([*root.rglob("*.py"), *tables]):
        if path.relative_to(root).as_posix().startswith(NO_PART_OF_A_VERSION):
            continue
        digest.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def _read(path: Path, limit: int) -> bytes:
    try:
        if path.stat().st_size > limit:
            raise ModelFileError(f"{path.name}: larger than {limit} bytes; this is no model")
        return path.read_bytes()
    except OSError as error:
        raise ModelFileError(
            f"{path}: {error.strerror}; run `channelwatch train`, or restore the file"
        ) from None
