"""Evidence is what the score rests on: there for every flag, and without it the score falls."""

from __future__ import annotations

from itertools import pairwise
from typing import Any
from unicodedata import combining

import pyarrow as pa

from classifiers.scorer import Scorer
from fixtures.examples import Example

#: Share of the flags whose probability must fall when their evidence is taken out.
FALLS = 0.85


def _flags(rows: list[dict[str, Any]]) -> list[tuple[int, dict[str, Any]]]:
    return [
        (index, item)
        for index, row in enumerate(rows)
        for item in row["scores"]
        if item["status"] == "flagged"
    ]


def test_every_flag_has_evidence_in_the_raw_text(
    held_out: list[Example], answered: list[dict[str, Any]]
) -> None:
    flags = _flags(answered)
    assert len(flags) > 100
    for index, item in flags:
        text = held_out[index].text
        assert item["evidence"]
        for span in item["evidence"]:
            assert text[span["start"] : span["end"]].strip()
        shown = {span["shows"] for span in item["evidence"]}
        if item["label"] == "hostile":
            assert shown <= {"target", "cue"}
            assert "target" in shown or "cue" in shown


def test_without_its_evidence_the_score_falls(
    scorer: Scorer, held_out: list[Example], answered: list[dict[str, Any]]
) -> None:
    texts, before, which, speakers, replies = [], [], [], [], []
    for index, item in _flags(answered):
        spans = [span for span in item["evidence"] if span["shows"] != "target"]
        if not spans:
            continue
        text = held_out[index].text
        for span in sorted(spans, key=lambda span: -span["start"]):
            text = text[: span["start"]] + " " + text[span["end"] :]
        texts.append(text)
        before.append(item["probability"])
        which.append((item["label"], item["target"]))
        speakers.append(held_out[index].channel_actor)
        replies.append(held_out[index].reply_to_text)
    rows = scorer.score(
        pa.table(
            {
                "text": pa.array(texts, pa.string()),
                "channel_actor": pa.array(speakers, pa.string()),
                "reply_text": pa.array(replies, pa.string()),
            }
        )
    ).to_pylist()
    fell = 0
    for row, old, key in zip(rows, before, which, strict=True):
        scores = {(item["label"], item["target"]): item["probability"] for item in row["scores"]}
        fell += (scores.get(key) or 0.0) < old
    assert fell / len(rows) >= FALLS


def test_an_epithet_alone_is_target_and_cue(score: Any) -> None:
    row = score("Once more the Punjabi army lied, those apostates.", "ttp")
    item = next(item for item in row["scores"] if item["target"] == "pakistan_state")
    assert {span["shows"] for span in item["evidence"]} >= {"cue"}


def test_spans_of_a_kind_are_ordered_and_never_overlap(answered: list[dict[str, Any]]) -> None:
    for _, item in _flags(answered):
        spans = [(span["start"], span["end"], span["shows"]) for span in item["evidence"]]
        assert spans == sorted(spans, key=lambda span: span[:2])
        for kind in {shows for _, _, shows in spans}:
            ends = [(start, end) for start, end, shows in spans if shows == kind]
            assert all(first[1] <= then[0] for first, then in pairwise(ends))


def test_spans_do_not_cut_marks_off_their_letters(score: Any) -> None:
    text = "TTP: \u0645\u064e\u0632\u062f\u0648\u0631\u0650 \u062f\u0634\u0645\u0646\u064c"
    for item in score(text, "iskp")["scores"]:
        for span in item["evidence"]:
            assert not combining(text[span["start"]])
            assert not combining((text + " ")[span["end"]])
