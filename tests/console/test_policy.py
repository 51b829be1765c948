"""The organisation's policy: what it says, and what is said of one that cannot be."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from classifiers.knowledge import load
from ops.console.policy import PolicyError, alone, read_policy
from warehouse.review.rules import Rules


def read(path: Path, text: str, labels: bool = True) -> object:
    path.write_text(text, "utf-8")
    return read_policy(path, load(cues=False).labels if labels else None)


def test_the_built_in_one_is_valid_and_says_what_it_should() -> None:
    policy = read_policy(labels=load(cues=False).labels)
    assert policy.claim == timedelta(minutes=10)
    assert (policy.rules.double_share, policy.rules.double_severity) == (0.05, 3)
    assert policy.rules.severity_weights == {1: 1.0, 2: 1.5, 3: 2.5}
    assert policy.required == {"escalate"}
    assert "Quotation or attribution" in policy.reasons["reject"]
    assert policy.preferences.blur == "severe"
    assert policy.golden_share == 0.03


def test_what_a_file_does_not_name_is_the_default(tmp_path: Path) -> None:
    assert read(tmp_path / "p.yaml", "") == read(tmp_path / "q.yaml", "claim_minutes: 10")
    policy = read_policy(tmp_path / "p.yaml")
    assert policy.rules == Rules()
    assert (policy.golden_share, policy.bulk_limit, policy.required) == (0.0, 500, frozenset())


def test_who_reviews_alone_waits_for_no_second_opinion() -> None:
    policy = read_policy()
    single = alone(policy)
    assert single.rules.double_share == 0
    assert single.rules.double_severity == 4
    assert replace(single, rules=policy.rules) == policy


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("claim_minuts: 5", "unknown field `claim_minuts`"),
        ("priority: [1]", "at `$.priority`"),
        ("claim_minutes: soon", "at `$.claim_minutes`"),
        ("wellbeing: {blur: sometimes}", "at `$.wellbeing.blur`"),
        ("a: [", "is no YAML"),
        ("claim_minutes: 0", "`claim_minutes` is not above 0"),
        ("claim_minutes: .nan", "`claim_minutes` is no number"),
        ("claim_minutes: .inf", "`claim_minutes` is no number"),
        ("priority: {half_life_days: 0}", "`half_life_days` is not above 0"),
        ("priority: {half_life_days: .nan}", "`half_life_days` is no number"),
        ("priority: {review: 0}", "a weight of `priority` is not above 0"),
        ("priority: {labels: {hostile: -1}}", "a weight of `priority` is not above 0"),
        ("priority: {severities: {2: .inf}}", "a weight of `priority` is no number"),
        ("priority: {reach_exponent: -0.1}", "`reach_exponent` is below 0"),
        ("double_review: {share: 5}", "`share` 5.0 is no share from 0 to 1"),
        ("golden_share: -0.1", "`golden_share` -0.1 is no share from 0 to 1"),
        ("bulk_limit: 0", "`bulk_limit` or `unsure_before_escalation` is below 1"),
        ("wellbeing: {severe_in_a_row: -1}", "a number under `wellbeing` is below 0; 0 is never"),
        ("reasons: {rejct: [x]}", "unknown judgement 'rejct'; did you mean 'reject'?"),
        ("required: [xyz]", "unknown judgement 'xyz'; there are confirm, reject, change"),
        ("required: [reject]", "`required` names 'reject', and `reasons` lists none for it"),
        ("priority: {labels: {hostil: 1}}", "unknown label 'hostil'; did you mean 'hostile'?"),
        (
            "double_review: {labels: [claims]}",
            "unknown label 'claims'; did you mean 'claims_at",
        ),
    ],
)
def test_what_is_wrong_is_said_with_place_and_remedy(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "p.yaml"
    with pytest.raises(PolicyError) as problem:
        read(path, text)
    assert str(problem.value).startswith(f"the policy {path}")
    assert says in str(problem.value)
    assert problem.value.exit_code == 2


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match="cannot be read"):
        read_policy(tmp_path / "none.yaml")
    (tmp_path / "bytes.yaml").write_bytes(b"\xff\xfe\xff")
    with pytest.raises(PolicyError, match=r"cannot be read|no YAML"):
        read_policy(tmp_path / "bytes.yaml")


def test_labels_are_only_checked_where_they_are_known(tmp_path: Path) -> None:
    assert read(tmp_path / "p.yaml", "priority: {labels: {mine: 2}}", labels=False)
