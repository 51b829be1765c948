"""Metrics: a perfect model gets 1, a silent one 0, intervals contain the value."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

from classifiers.evaluation import RESULTS, Answer, Sample, Score, compare, measure, samples_of
from classifiers.evaluation import curves as plots
from classifiers.evaluation.bootstrap import confusion, f1, mcnemar, paired
from classifiers.evaluation.cases import cases_of, right
from classifiers.evaluation.contract import AnswerError, answer_from
from classifiers.evaluation.samples import Aimed
from fixtures.examples import examples

ACTORS = ("iskp", "ttp", "india")


def truth(sample: Sample) -> Answer:
    scores: dict[tuple[str, str | None], Score] = {
        ("hostile", row.target): Score(0.99, True, row.source, row.severity, row.frames)
        for row in sample.hostile or ()
    }
    for label in ("solicits_donation", "claims_attack"):
        value = bool(getattr(sample, label))
        scores[label, None] = Score(0.99 if value else 0.01, value)
    return Answer(sample.language, scores)


def silence(sample: Sample) -> Answer:
    labels = ("solicits_donation", "claims_attack")
    return Answer(sample.language, {(label, None): Score(0.01, False) for label in labels})


@pytest.fixture(scope="module")
def gold() -> list[Sample]:
    return samples_of(examples(9, 400, "test"))


def values(
    gold: Sequence[Sample], answer: Callable[[Sample], Answer]
) -> dict[tuple[str, str], dict[str, Any]]:
    rows = measure("any", gold, [answer(sample) for sample in gold])
    assert all(set(row) == set(RESULTS.names) for row in rows)
    assert len({(row["slice"], row["metric"]) for row in rows}) == len(rows)
    return {(row["slice"], row["metric"]): row for row in rows}


def test_the_truth_scores_one(gold: list[Sample]) -> None:
    found = values(gold, truth)
    for metric in ("hostile.f1", "solicits_donation.f1", "claims_attack.f1", "language.macro_f1"):
        assert found["all", metric]["value"] == 1.0
    assert found["language=ur", "hostile.f1"]["low"] == 1.0
    assert found["all", "hostile.source_accuracy"]["value"] == 1.0
    assert found["all", "hostile.brier"]["value"] < 0.001
    assert found["all", "solicits_donation.ece"]["value"] == pytest.approx(0.01, abs=1e-6)
    assert found["all", "accuracy"]["value"] == 1.0


def test_silence_scores_nothing(gold: list[Sample]) -> None:
    found = values(gold, silence)
    assert found["all", "hostile.recall"]["value"] == 0.0
    assert found["all", "hostile.f1"]["n"] == sum(len(row.hostile or ()) for row in gold)
    assert found["act=puppet", "accuracy"]["value"] == 0.0
    assert found["act=news", "accuracy"]["value"] == 1.0
    assert found["frame=foreign_puppet", "hostile.recall"]["value"] == 0.0
    assert ("frame=foreign_puppet", "hostile.precision") not in found


def test_half_right_lies_in_its_interval(gold: list[Sample]) -> None:
    found = values(gold, lambda row: (truth if len(row.text) % 2 else silence)(row))
    row = found["all", "hostile.recall"]
    assert 0 < row["low"] < row["value"] < row["high"] < 1


def test_flag_rates_are_shares_of_messages(gold: list[Sample]) -> None:
    expected = sum(bool(row.hostile) for row in gold) / len(gold)
    found = values(gold, truth)["all", "hostile.flag_rate"]
    assert found["value"] == pytest.approx(expected)


def test_what_nobody_labelled_or_no_model_knows_is_not_measured() -> None:
    sample = Sample("1", "text", "en", solicits_donation=True)
    found = {row["metric"] for row in measure("any", [sample], [silence(sample)])}
    assert "solicits_donation.recall" in found
    assert not {"hostile.f1", "hostile.recall", "hostile.ece"} & found
    unknowing = Answer("en", {}, known=frozenset({"hostile"}))
    assert right(sample, unknowing) is None
    assert cases_of([sample], [unknowing]) == []
    assert measure("any", [], []) == []
    with pytest.raises(ValueError, match="1 samples and 0 answers"):
        measure("any", [sample], [])


def test_a_judged_label_alone_decides_whether_a_case_is_right() -> None:
    sample = Sample("1", "text", hostile=(Aimed("ttp"),), solicits_donation=True, judged="hostile")
    answer = Answer("en", {("hostile", "ttp"): Score(0.9, True)})
    assert right(sample, answer) is True
    both = Answer("en", {**answer.scores, ("hostile", "iskp"): Score(0.9, True)})
    assert right(sample, both) is False


def test_models_are_compared_on_the_same_samples(gold: list[Sample]) -> None:
    ours, theirs = [truth(row) for row in gold], [silence(row) for row in gold]
    rows = {(row["slice"], row["metric"]): row for row in compare(gold, ours, theirs)}
    overall = rows["all", "accuracy"]
    assert overall["only_first"] > 0
    assert overall["only_second"] == 0
    assert overall["p_value"] < 0.001
    assert rows["all", "hostile.f1"]["low"] > 0.9
    same = compare(gold, ours, ours)
    assert all(row["difference"] == 0 and row["p_value"] == 1 for row in same)


def test_mcnemar_and_bootstrap_know_chance_when_they_see_it() -> None:
    random = np.random.default_rng(2)
    first, second = random.random((2, 400)) < 0.7
    assert mcnemar(first, second)[2] > 0.01
    gold = random.random(400) < 0.5
    counts = [confusion(gold, gold ^ (random.random(400) < 0.2)) for _ in range(2)]
    found = paired(counts[0], counts[1], [str(i) for i in range(400)], f1)
    assert found.low < 0 < found.high
    assert found.p_value > 0.01


def test_curves_are_drawn_from_what_was_said(gold: list[Sample]) -> None:
    answers = [truth(row) for row in gold]
    cases = [case for case in cases_of(gold, answers) if case.label == "claims_attack"]
    bins = plots.reliability(cases)
    assert sum(found.count for found in bins) == len(cases)
    assert [(round(found.said, 2), found.true) for found in bins] == [(0.01, 0.0), (0.99, 1.0)]
    assert (1.0, 1.0) in plots.precision_recall(cases)
    assert plots.precision_recall([case for case in cases if not case.gold]) == []
    confused = plots.language_confusion(gold, answers)
    assert all(one == other for one, other in confused)


@pytest.mark.parametrize(
    ("answer", "complaint"),
    [
        ([], "an answer is an object"),
        ({"hostile": [{"target": "tpp"}]}, "did you mean 'ttp'"),
        ({"hostile": {"ttp": 1}}, "hostile is a list"),
        ({"solicits_donation": {"probability": 3}}, "from 0 to 1, not 3"),
        ({"solicits_donation": {"probability": True}}, "from 0 to 1"),
        ({"claims_attack": 0.5}, "claims_attack is an object"),
        ({"flags": "hostile:ttp"}, "flags is a list"),
        ({"language": 3}, "language is a tag"),
        ({"claims_attack": {"evidence": [1]}}, "evidence is a list"),
    ],
)
def test_a_wrong_answer_is_named(answer: object, complaint: str) -> None:
    with pytest.raises(AnswerError, match=f"line 7: .*{complaint}"):
        answer_from(answer, ACTORS, "line 7")


def test_an_answer_may_be_short() -> None:
    found = answer_from({"flags": ["hostile:ttp", "claims_attack"]}, ACTORS, "x")
    assert found.flagged("hostile") == {"ttp"}
    assert found.known == {"hostile", "claims_attack"}
    assert answer_from({}, ACTORS, "x").known == frozenset()
    halves = answer_from({"solicits_donation": {"probability": 0.5}}, ACTORS, "x")
    assert halves.flagged("solicits_donation") == {None}
    said = {"hostile": [{"target": "ttp", "probability": 0.9}], "flags": []}
    assert not answer_from(said, ACTORS, "x").flagged("hostile")
