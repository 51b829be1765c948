"""Name the language of every text of a batch: tag, calibrated probability, mixture, abstention.

The n-gram model decides (one compiled pass over the batch); where its two best classes lie close
together, langdetect is asked as well (:mod:`classifiers.language.second_opinion`); Persian is
Dari where marker words say so (:mod:`classifiers.language.persian`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from classifiers.language import persian
from classifiers.language.model import Model, default
from classifiers.language.scoring import SCRIPTS, Scores, empty_scores, score_block
from classifiers.language.table import Languages, languages
from classifiers.ngrams import blocks
from classifiers.normalise import load_tables

UNDECIDED = "und"
NO_LANGUAGE = "zxx"
#: The class of languages in Latin letters that the model does not tell apart.
UNNAMED = "mis"
#: The second opinion names such a language from this probability on.
NAMED_FROM = 0.9

Probabilities = npt.NDArray[np.float64]
Classes = npt.NDArray[np.int64]
#: Texts → for each the code and probability that a second detector gives, or None.
SecondOpinion = Callable[[Sequence[str]], Sequence[tuple[str, float] | None]]


@dataclass(frozen=True, slots=True)
class Detected:
    """The languages of a batch, a list entry per text.

    ``probability`` is None exactly where ``abstained`` gives a reason: ``no_text`` (tag zxx: links,
    emoji, digits, mentions), ``too_short`` or ``uncertain`` (tag und). ``mixed`` holds (tag,
    share of the letters), largest first, where there are several languages, else nothing.
    """

    tag: list[str]
    probability: list[float | None]
    mixed: list[tuple[tuple[str, float], ...]]
    abstained: list[str | None]
    #: Evidence for Dari against Iranian Persian; 0 where the text is not Persian.
    dari_log_odds: list[float]
    #: How many texts were put to the second opinion.
    second_opinions: int

    def to_table(self) -> pa.Table:
        """As an Arrow table with the columns tag, probability, mixed, abstained."""
        share = pa.struct([("tag", pa.string()), ("share", pa.float32())])
        mixed = [[{"tag": t, "share": s} for t, s in row] for row in self.mixed]
        return pa.table(
            {
                "tag": pa.array(self.tag, pa.string()),
                "probability": pa.array(self.probability, pa.float32()),
                "mixed": pa.array(mixed, pa.list_(share)),
                "abstained": pa.array(self.abstained, pa.string()),
            }
        )


def detect(
    texts: Any,
    *,
    model: Model | None = None,
    second_opinion: SecondOpinion | None = None,
) -> Detected:
    """Name the language of each text.

    Args:
        texts: an Arrow array or chunked array of strings, or an iterable of str or None. Read up
            to ``ngrams.READ`` characters each.
        model: None for the committed one.
        second_opinion: asked where the model's two best classes lie close; None for langdetect
            with the project's profiles. ``no_second_opinion`` leaves it out.

    Raises:
        TypeError: there is something else than text.
        ModelFileError: the committed model is missing or damaged.
    """
    model = model or default()
    table = languages()
    if not isinstance(texts, pa.Array | pa.ChunkedArray | list):
        texts = list(texts)
    scores = score(texts, model)
    probabilities = class_probabilities(scores, model, table)
    asked = _ask_again(texts, scores, probabilities, model, table, second_opinion)
    return _answer(scores, probabilities, asked, model, table)


def no_second_opinion(texts: Sequence[str]) -> Sequence[tuple[str, float] | None]:
    """A second opinion that has none."""
    return [None] * len(texts)


def score(texts: Any, model: Model) -> Scores:
    """Run the compiled pass over the texts."""
    clean, match = load_tables("clean"), load_tables("match")
    parts = list(blocks(texts))
    scores = empty_scores(sum(offsets.size - 1 for offsets, _ in parts), len(model.classes))
    row = 0
    for offsets, data in parts:
        score_block(offsets, data, clean, match.fold, model.weights, row, scores)
        row += offsets.size - 1
    return scores


def class_probabilities(scores: Scores, model: Model, table: Languages) -> Probabilities:
    """Calibrated probabilities (rows, classes); a class whose scripts do not occur has none.

    Before the text is read, a class has the odds that the table states.
    """
    a, b = model.temperature
    heat = np.exp(a + b * np.log(np.maximum(scores.grams, 1)))
    logits = scores.logits / heat[:, None] + _prior(model.classes, table)
    possible = (scores.letters > 0) @ _scripts(model.classes, table)
    logits = np.where(possible | ~possible.any(axis=1, keepdims=True), logits, -np.inf)
    logits -= logits.max(axis=1, keepdims=True)
    weights = np.exp(logits)
    return weights / weights.sum(axis=1, keepdims=True)  # type: ignore[no-any-return]


def _prior(classes: Sequence[str], table: Languages) -> Probabilities:
    """The log odds of each class before the text is read."""
    odds: Probabilities = np.full(len(classes), table.settings.outside_odds)
    for language in table.by_tag.values():
        if language.in_scope and language.model_class in classes:
            odds[classes.index(language.model_class)] = language.odds or 1.0
    return np.asarray(np.log(odds), np.float64)


def _scripts(classes: Sequence[str], table: Languages) -> npt.NDArray[np.bool_]:
    """Whether a script (row) writes a class (column)."""
    return np.array([[bool(name) for name in row] for row in _names(classes, table)])


def _names(classes: Sequence[str], table: Languages) -> list[list[str]]:
    """The tag of each class (column) in each script (row); nothing where it is not written so."""
    names = [[""] * len(classes) for _ in SCRIPTS]
    for tag, language in table.by_tag.items():
        if language.model_class in classes:
            k = classes.index(language.model_class)
            for script in language.scripts:
                row = names[SCRIPTS.index(script)]
                row[k] = tag if tag == language.model_class else row[k] or tag
    return names


def _tags(scores: Scores, best: Classes, model: Model, table: Languages) -> npt.NDArray[np.object_]:
    """The tag of a class in each row, by the script that most of its letters are in."""
    names = np.array(_names(model.classes, table), object)
    letters = np.where(_scripts(model.classes, table)[:, best].T, scores.letters, -1)
    tags: npt.NDArray[np.object_] = names[letters.argmax(axis=1), best]
    return tags


def _unnamed(scores: Scores, tags: npt.NDArray[np.object_]) -> npt.NDArray[np.bool_]:
    """Rows in a language that the model has no class for, or mostly in a script it cannot read."""
    other = scores.letters[:, SCRIPTS.index("other")]
    return np.asarray((other * 2 > scores.letters.sum(axis=1)) | (tags == UNNAMED), np.bool_)


def _ask_again(  # noqa: PLR0913, PLR0917 - the pieces of one decision
    texts: Any,
    scores: Scores,
    probabilities: Probabilities,
    model: Model,
    table: Languages,
    second_opinion: SecondOpinion | None,
) -> dict[int, tuple[str, float] | None]:
    """Where the margin is small, let a second detector choose between the two best classes.

    Where it names one of them, ``probabilities`` gives that one the mass of both, times how sure
    the second detector is. Returns for each row that was asked the code and probability of a
    language that the table does not have, if it is surely that, else None.
    """
    settings = table.settings
    ordered = np.sort(probabilities, axis=1)
    margin = ordered[:, -1] - ordered[:, -2]
    unnamed = _unnamed(scores, _tags(scores, probabilities.argmax(axis=1), model, table))
    rows = np.flatnonzero(
        ((margin < settings.second_opinion_below) | unnamed)
        & (scores.letters.sum(axis=1) >= settings.fewest_letters)
    )
    # It is slow: of a batch at most so many are asked, those first where two classes are closest.
    most = max(settings.second_opinion_least, int(settings.second_opinion_share * margin.size))
    rows = np.sort(rows[np.argsort(margin[rows] + unnamed[rows], kind="stable")[:most]])
    if not rows.size:
        return {}
    if second_opinion is None:
        from classifiers.language.second_opinion import ask  # noqa: PLC0415 - seldom needed

        second_opinion = ask
    asked = [str(texts[int(row)] or "") for row in rows]
    classes = {language.second: language.model_class for language in table.by_tag.values()}
    names: dict[int, tuple[str, float] | None] = dict.fromkeys(rows.tolist())
    for row, answer in zip(rows, second_opinion(asked), strict=True):
        if answer is None:
            continue
        if answer[0] not in classes and answer[1] >= NAMED_FROM:
            names[int(row)] = answer
        best, next_best = (int(k) for k in np.argsort(-probabilities[row])[:2])
        named = classes.get(answer[0])
        if named in (model.classes[best], model.classes[next_best]):
            mass = probabilities[row, best] + probabilities[row, next_best]
            share = max(answer[1], 0.5)
            chosen, left = (best, next_best) if named == model.classes[best] else (next_best, best)
            probabilities[row, chosen] = mass * share
            probabilities[row, left] = mass * (1 - share)
    return names


def _answer(
    scores: Scores,
    probabilities: Probabilities,
    asked: dict[int, tuple[str, float] | None],
    model: Model,
    table: Languages,
) -> Detected:
    settings = table.settings
    best = probabilities.argmax(axis=1)
    certainty = probabilities[np.arange(best.size), best]
    letters = scores.letters.sum(axis=1)
    tags = _tags(scores, best, model, table)
    is_persian = tags == table.by_tag["prs"].model_class
    log_odds = np.where(is_persian, scores.markers, 0.0)
    dari = persian.probability(log_odds, settings.dari_prior)
    is_dari = is_persian & (dari >= settings.dari_from)
    tags[is_dari] = "prs"
    certainty = np.where(is_dari, certainty * dari, certainty)
    reasons = np.full(best.size, None, object)
    for strange in np.flatnonzero(_unnamed(scores, tags)).tolist():
        tags[strange], certainty[strange] = asked.get(strange) or (UNDECIDED, 0.0)
    reasons[certainty < settings.abstain_below] = "uncertain"
    reasons[letters < settings.fewest_letters] = "too_short"
    reasons[letters == 0] = "no_text"
    silent = reasons != None  # noqa: E711 - by element
    tags[silent] = UNDECIDED
    tags[letters == 0] = NO_LANGUAGE
    values: list[float | None] = np.round(certainty, 6).tolist()
    for row in np.flatnonzero(silent):
        values[row] = None
    mixed: list[tuple[tuple[str, float], ...]] = [()] * best.size
    for row in np.flatnonzero((scores.shares.max(axis=1) < 1) & ~silent):
        mixed[row] = _mixture(scores, int(row), str(tags[row]), int(best[row]), model, table)
    return Detected(tags.tolist(), values, mixed, reasons.tolist(), log_odds.tolist(), len(asked))


def _mixture(  # noqa: PLR0913, PLR0917 - the pieces of one decision
    scores: Scores, row: int, tag: str, best: int, model: Model, table: Languages
) -> tuple[tuple[str, float], ...]:
    """The languages of a text by share, where another one has a substantial share."""
    settings = table.settings
    shares = scores.shares[row].astype(float)
    size = float(scores.letters[row].sum())
    substantial = (
        (shares >= settings.mixed_from_share)
        & (shares * size >= settings.mixed_from_letters)
        & (scores.words[row] >= settings.mixed_from_words)
    )
    substantial[best] = True
    if substantial.sum() < 2 or not shares[best]:
        return ()
    kept = np.where(substantial, shares, 0)
    kept /= kept.sum()
    names = _names(model.classes, table)
    found = []
    for k in np.argsort(-kept):
        if kept[k] > 0:
            # The smallest script that has room for what is written in it.
            room = [
                (enough < shares[k] * size, enough, names[script][k])
                for script, enough in enumerate(scores.letters[row].tolist())
                if names[script][k]
            ]
            name = tag if k == best else min(room)[2]
            found.append((UNDECIDED if name == UNNAMED else name, round(float(kept[k]), 4)))
    return tuple(found)
