"""The scoring model: linear heads over hashed features, with a calibrator per language.

The weights of the letters ride in the table of the language pass, as columns behind its classes:
the n-grams of a text are looked up once for all models.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classifiers import margin_kernel as kernel
from classifiers import modelfile, trees
from classifiers.calibration import IDENTITY, Calibrator, Floats
from classifiers.documents import Documents
from classifiers.features import MESSAGE_SCALES, SCALES, WIDTH, Candidates, situations
from classifiers.language.model import Model as LanguageModel
from classifiers.language.model import with_heads
from classifiers.margin_kernel import LETTER_HEADS, Bench, Fitted
from classifiers.ngrams import BITS
from classifiers.situation_kernel import COLUMNS
from classifiers.trees import Trees
from classifiers.vocabulary import FRAMES

NAME = "scoring"

#: Columns of the head over whole messages. ``ask`` is any ask for money, goods or help that is
#: solicitation or would be if its beneficiary could be made out.
MESSAGE_HEADS = ("solicits_donation", "ask", "claims_attack")
#: Columns of the head that says how somebody is hostile: severities, then frames.
DETAILS = (1, 2, 3, *FRAMES)
DETAIL_WIDTH = 13
Weights = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Model:
    """Weights, calibrators and the rates of messages that hold no evidence at all.

    ``directed``: (2^16, 1); ``message``: (2^16, 3); ``details``: (2^13, 16), over the same columns
    as ``directed`` modulo 2^13; ``letters``: int8 (2^16, 5) over the n-grams, in units of
    ``letter_scale`` (5,), the columns as in :data:`classifiers.margin_kernel.LETTER_HEADS`;
    ``trees`` are over what :func:`classifiers.features.situations` gives. ``calibrators`` and
    ``idle`` are keyed "label/language"; ``idle`` is the share of positives among validation
    messages that get no document.
    """

    directed: Weights
    directed_bias: Weights
    message: Weights
    message_bias: Weights
    details: Weights
    details_bias: Weights
    letters: NDArray[np.int8]
    letter_scale: Weights
    trees: Trees
    calibrators: Mapping[str, Calibrator]
    idle: Mapping[str, float]
    card: Mapping[str, Any]

    def probability(self, label: str, language: str, values: Floats) -> Floats:
        """Calibrated probabilities for margins of one label in one language."""
        return self.calibrators.get(f"{label}/{language}", IDENTITY)(values)

    def idle_probability(self, label: str, language: str) -> float:
        """The probability of a label for a message without a document."""
        return self.idle.get(f"{label}/{language}", 0.005)

    def fitted(self) -> Fitted:
        """The weights as the compiled loops take them; rows of the message heads are padded."""
        return Fitted(
            directed=self.directed,
            directed_bias=float(self.directed_bias[0]),
            message=np.ascontiguousarray(np.pad(self.message, ((0, 0), (0, 1)))),
            message_bias=self.message_bias,
            letters=self.letter_scale,
            scales=SCALES,
            message_scales=MESSAGE_SCALES,
        )

    def in_table_of(self, language: LanguageModel) -> LanguageModel:
        """The language model with the letter weights beside its classes."""
        return with_heads(language, self.letters)


def directed_margins(
    fitted: Fitted,
    docs: Documents,
    candidates: Candidates,
    bench: Bench,
    hidden: NDArray[np.int64] | None = None,
) -> Floats:
    """Log-odds of hostility, one per candidate; ``hidden``: a token taken for unknown, or -1."""
    out = np.empty(len(candidates.message))
    hidden = np.full(len(out), -1) if hidden is None else hidden
    kernel.directed_margins(
        docs, candidates.message, candidates.target, hidden, bench, fitted.scales,
        fitted.directed, fitted.directed_bias, fitted.letters, out,
    )  # fmt: skip
    return out


def settled_margins(
    model: Model, docs: Documents, candidates: Candidates, margin: Floats, bench: Bench
) -> Floats:
    """Log-odds of hostility when the situation of each candidate is heard as well."""
    return trees.margins(model.trees, situations(docs, candidates, margin, bench))


def detail_margins(model: Model, docs: Documents, candidates: Candidates, bench: Bench) -> Floats:
    """Log-odds of each of :data:`DETAILS`, (candidates, 16)."""
    out = np.empty((len(candidates.message), len(DETAILS)))
    kernel.detail_margins(
        docs, candidates.message, candidates.target, bench, SCALES, model.details,
        model.details_bias, out,
    )  # fmt: skip
    return out


def message_margins(
    fitted: Fitted,
    docs: Documents,
    bench: Bench,
    which: NDArray[np.int64] | None = None,
    hidden: NDArray[np.int64] | None = None,
) -> Floats:
    """Log-odds of each of :data:`MESSAGE_HEADS`, (documents, 3).

    ``which``: documents, None for all; ``hidden`` as in :func:`directed_margins`.
    """
    which = np.arange(docs.size) if which is None else which
    out = np.empty((len(which), len(MESSAGE_HEADS)))
    kernel.whole_margins(
        docs, which, np.full(len(which), -1) if hidden is None else hidden, bench,
        fitted.message_scales, fitted.message, fitted.message_bias, fitted.letters, out,
    )  # fmt: skip
    return out


def save(model: Model, folder: Path) -> Path:
    """Write the model file; weights as half precision."""
    tensors: dict[str, NDArray[Any]] = {
        "directed": model.directed.astype(np.float16),
        "directed_bias": model.directed_bias.astype(np.float32),
        "message": model.message.astype(np.float16),
        "message_bias": model.message_bias.astype(np.float32),
        "details": model.details.astype(np.float16),
        "details_bias": model.details_bias.astype(np.float32),
        "letters": model.letters,
        "letter_scale": model.letter_scale.astype(np.float32),
        **{f"trees_{name}": array for name, array in model.trees._asdict().items()},
    }
    card = {
        **model.card,
        "calibrators": {key: curve.to_json() for key, curve in sorted(model.calibrators.items())},
        "idle": dict(sorted(model.idle.items())),
    }
    return modelfile.save(folder, NAME, tensors, card)


def load(folder: Path | None = None) -> Model:
    """Read the model file of ``folder`` (default: the bundled one).

    Raises:
        ModelFileError: it is missing, damaged, or made for other features.
    """
    found = modelfile.load(folder or modelfile.FOLDER, NAME)
    tensors, card = found.tensors, found.card
    wanted = {
        "directed": (1 << WIDTH, 1),
        "directed_bias": (1,),
        "message": (1 << WIDTH, len(MESSAGE_HEADS)),
        "message_bias": (len(MESSAGE_HEADS),),
        "details": (1 << DETAIL_WIDTH, len(DETAILS)),
        "details_bias": (len(DETAILS),),
        "letters": (1 << BITS, LETTER_HEADS),
        "letter_scale": (LETTER_HEADS,),
    }
    for key, shape in wanted.items():
        if key not in tensors or tensors[key].shape != shape:
            raise modelfile.ModelFileError(
                f"{NAME}.safetensors: no tensor {key!r} of shape {shape}; this model was made for "
                "other features: run `channelwatch train`"
            )
    walked = _trees(tensors)
    try:
        calibrators = {
            key: Calibrator.from_json(value) for key, value in card["calibrators"].items()
        }
        idle = {key: float(value) for key, value in card["idle"].items()}
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise modelfile.ModelFileError(
            f"{NAME}.json: no calibration ({error}); restore it or train again"
        ) from None
    return Model(
        **{key: tensors[key].astype(np.float32) for key in wanted if key != "letters"},
        letters=tensors["letters"],
        trees=walked,
        calibrators=calibrators,
        idle=idle,
        card=card,
    )


def _trees(tensors: Mapping[str, NDArray[Any]]) -> Trees:
    try:
        found = Trees(*(tensors[f"trees_{name}"] for name in Trees._fields))
    except KeyError as missing:
        raise modelfile.ModelFileError(
            f"{NAME}.safetensors: no tensor {missing}; this model was made for other features: "
            "run `channelwatch train`"
        ) from None
    if not trees.sound(found, COLUMNS):
        raise modelfile.ModelFileError(
            f"{NAME}.safetensors: its trees cannot be walked; restore the file or train again"
        )
    return found
