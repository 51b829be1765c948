"""The JSON object of the command line's contract."""

from __future__ import annotations

import json
from typing import Any

from classifiers.answers import to_answer


def test_the_object_has_the_keys_of_the_contract(score: Any) -> None:
    answer = to_answer(score("The TTP are apostates and liars, every one of them.", "iskp"))
    assert list(answer) == ["language", "hostile", "solicits_donation", "claims_attack", "flags"]
    assert set(answer["language"]) == {"tag", "probability", "mixed", "abstained"}
    found = next(item for item in answer["hostile"] if item["target"] == "ttp")
    keys = {"source", "target", "probability", "severity", "frames", "evidence"}
    assert keys <= set(found)
    assert found["source"] == "iskp"
    assert "hostile:ttp" in answer["flags"]
    assert {"start", "end", "shows"} == set(found["evidence"][0])
    assert {"probability", "routes", "indicators", "evidence"} <= set(answer["solicits_donation"])
    assert json.loads(json.dumps(answer)) == answer


def test_abstention_is_null_with_a_reason(score: Any) -> None:
    answer = to_answer(score(""))
    assert answer["hostile"] == answer["flags"] == []
    assert answer["claims_attack"]["probability"] is None
    assert answer["claims_attack"]["abstained"] == "no_text"
    assert answer["language"]["tag"] == "zxx"


def test_flags_name_the_target_or_the_label(score: Any) -> None:
    text = "Donate to the mujahideen: send Bitcoin to 1111111111111111111114oLvT2."
    answer = to_answer(score(text, "iskp"))
    assert "solicits_donation" in answer["flags"]
    assert "crypto" in answer["solicits_donation"]["routes"]
    assert answer["solicits_donation"]["indicators"][0]["type"] == "bitcoin"
