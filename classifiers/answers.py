"""One message's row of answers as the JSON object of the command line's contract."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

#: Targets less likely than this are left out of the object, unless they are flagged or to review.
LEAST = 0.005


def to_answer(row: Mapping[str, Any]) -> dict[str, Any]:
    """The answer for one row of :data:`warehouse.schemas.ANALYSES` (as ``to_pylist`` gives it).

    Probabilities are rounded to four decimals. Where a label is abstained from, its probability
    is null and ``abstained`` says why.

    Returns:
        ``language``, ``hostile``, ``solicits_donation``, ``claims_attack`` and ``flags``, in that
        order, as plain data.
    """
    answer: dict[str, Any] = {
        "language": {
            "tag": row["language"],
            "probability": _rounded(row["language_probability"]),
            "mixed": {item["tag"]: _rounded(item["share"]) for item in row["language_mixed"]},
            "abstained": row["language_abstained"],
        },
        "hostile": [],
        "solicits_donation": {},
        "claims_attack": {},
        "flags": [],
    }
    for score in row["scores"]:
        label, target = score["label"], score["target"]
        if score["status"] == "flagged":
            answer["flags"].append(f"{label}:{target}" if target else label)
        found: dict[str, Any] = {"probability": _rounded(score["probability"])}
        if score["abstained"]:
            found["abstained"] = score["abstained"]
        evidence = [dict(span) for span in score["evidence"]]
        if label != "hostile":
            if label == "solicits_donation":
                found["status"] = score["status"]
                found["routes"] = list(score["routes"])
                found["indicators"] = [dict(item) for item in row["indicators"]]
            answer[label] = {**found, "evidence": evidence}
        elif target and (score["status"] != "clear" or score["probability"] >= LEAST):
            answer["hostile"].append(
                {
                    "source": score["source"],
                    "target": target,
                    **found,
                    "severity": score["severity"],
                    "frames": list(score["frames"]),
                    "evidence": evidence,
                }
            )
    return answer


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
