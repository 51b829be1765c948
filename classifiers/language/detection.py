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
from classifiers.language.scoring import SCRIPTS, Scores, empty_scores, room_to_keep, score_block
from classifiers.language.table import Languages, Settings, languages
from classifiers.ngrams import blocks
from classifiers.normalise import load_tables

UNDECIDED = "und"
NO_LANGUAGE = "zxx"
#: The class of languages in Latin letters that the model does not tell apart.
UNNAMED = "mis"
#: The second opinion names such a language from this probability on.
NAMED_FROM = 0.9
#: Why the detector abstains.
REASONS = ("no_text", "too_short", "uncertain")

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


@dataclass(frozen=True, slots=True)
class Columns:
    """The languages of a batch in arrays, an entry per text.

    ``names[code]`` is the tag. ``reason`` is an index of :data:`REASONS` where the detector
    abstains, else -1; ``probability`` counts only there. ``mixed`` and ``dari_log_odds`` are as in
    :class:`Detected`, the former by row, for rows that have any; ``persian``: Dari or Persian.
    """

    names: list[str]
    code: npt.NDArray[np.int16]
    probability: Probabilities
    reason: npt.NDArray[np.int8]
    mixed: dict[int, tuple[tuple[str, float], ...]]
    dari_log_odds: npt.NDArray[np.float32]
    persian: npt.NDArray[np.bool_]
    second_opinions: int

    @staticmethod
    def joined(parts: Sequence[Columns]) -> Columns:
        """Several batches as one."""
        names = list(dict.fromkeys(name for part in parts for name in part.names))
        starts = np.cumsum([0, *(len(part.code) for part in parts)]).tolist()
        return Columns(
            names,
            np.concatenate(
                [np.array([names.index(n) for n in p.names], np.int16)[p.code] for p in parts]
            ),
            np.concatenate([part.probability for part in parts]),
            np.concatenate([part.reason for part in parts]),
            {
                start + row: shares
                for part, start in zip(parts, starts, strict=False)
                for row, shares in part.mixed.items()
            },
            np.concatenate([part.dari_log_odds for part in parts]),
            np.concatenate([part.persian for part in parts]),
            sum(part.second_opinions for part in parts),
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
    if not isinstance(texts, pa.Array | pa.ChunkedArray | list):
        texts = list(texts)
    found = decide(texts, score(texts, model), model, second_opinion)
    names = np.array(found.names, object)
    silent = found.reason >= 0
    probability = np.round(found.probability, 6).astype(object)
    probability[silent] = None
    abstained = np.array([*REASONS, None], object)[found.reason]
    return Detected(
        tag=names[found.code].tolist(),
        probability=probability.tolist(),
        mixed=[found.mixed.get(row, ()) for row in range(len(silent))],
        abstained=abstained.tolist(),
        dari_log_odds=found.dari_log_odds.astype(float).tolist(),
        second_opinions=found.second_opinions,
    )


def decide(
    texts: Any, scores: Scores, model: Model, second_opinion: SecondOpinion | None = None
) -> Columns:
    """Name the language of each text from its scores; arguments as :func:`detect` takes them."""
    table = languages()
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
    nothing = room_to_keep(0, 0, 0)
    row = 0
    for offsets, data in parts:
        score_block(offsets, data, clean, match.fold, model.weights, row, scores, nothing)
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


def _codes(
    scores: Scores, best: Classes, model: Model, table: Languages
) -> tuple[list[str], npt.NDArray[np.int16]]:
    """Tags, and by row that of the best class, by the script that most of its letters are in."""
    named = _names(model.classes, table)
    names = list(dict.fromkeys(["prs", UNDECIDED, NO_LANGUAGE, *(n for row in named for n in row)]))
    codes = np.array([[names.index(name) for name in row] for row in named], np.int16)
    letters = np.where(_scripts(model.classes, table)[:, best].T, scores.letters, -1)
    return names, codes[letters.argmax(axis=1), best]


def _unnamed(
    scores: Scores, names: Sequence[str], code: npt.NDArray[np.int16]
) -> npt.NDArray[np.bool_]:
    """Rows in a language that the model has no class for, or mostly in a script it cannot read."""
    other = scores.letters[:, SCRIPTS.index("other")]
    nameless = code == (names.index(UNNAMED) if UNNAMED in names else -1)
    return np.asarray((other * 2 > scores.letters.sum(axis=1)) | nameless, np.bool_)


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
    ordered = np.partition(probabilities, -2, axis=1)
    margin = ordered[:, -1] - ordered[:, -2]
    unnamed = _unnamed(scores, *_codes(scores, probabilities.argmax(axis=1), model, table))
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
) -> Columns:
    settings = table.settings
    best = probabilities.argmax(axis=1)
    certainty = probabilities[np.arange(best.size), best]
    letters = scores.letters.sum(axis=1)
    names, code = _codes(scores, best, model, table)
    persian_class = table.by_tag["prs"].model_class
    is_persian = code == (names.index(persian_class) if persian_class in names else -1)
    log_odds = np.where(is_persian, scores.markers, np.float32(0))
    dari = persian.probability(log_odds, settings.dari_prior)
    is_dari = is_persian & (dari >= settings.dari_from)
    code[is_dari] = names.index("prs")
    certainty = np.where(is_dari, certainty * dari, certainty)
    for row in np.flatnonzero(_unnamed(scores, names, code)).tolist():
        name, certainty[row] = asked.get(row) or (UNDECIDED, 0.0)
        if name not in names:
            names.append(name)
        code[row] = names.index(name)
        is_persian[row] = False
    reason = np.full(best.size, -1, np.int8)
    reason[certainty < settings.abstain_below] = REASONS.index("uncertain")
    reason[letters < settings.fewest_letters] = REASONS.index("too_short")
    reason[letters == 0] = REASONS.index("no_text")
    silent = reason >= 0
    code[silent] = names.index(UNDECIDED)
    code[letters == 0] = names.index(NO_LANGUAGE)
    mixed: dict[int, tuple[tuple[str, float], ...]] = {}
    named = _names(model.classes, table)
    for row in np.flatnonzero((scores.shares.max(axis=1) < 1) & ~silent).tolist():
        found = _mixture(scores, row, names[code[row]], int(best[row]), named, settings)
        if found:
            mixed[row] = found
    return Columns(
        names, code, certainty, reason, mixed, log_odds, is_persian & ~silent, len(asked)
    )


def _mixture(  # noqa: PLR0913, PLR0917 - the pieces of one decision
    scores: Scores, row: int, tag: str, best: int, names: list[list[str]], settings: Settings
) -> tuple[tuple[str, float], ...]:
    """The languages of a text by share, where another one has a substantial share.

    ``names``: as :func:`_names` gives them.
    """
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
