"""Evidence is what the score rests on: there for every flag, and without it the score falls."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from classifiers.explain import Span, _merged, _whole_characters
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


def test_spans_of_a_kind_are_merged_and_ordered() -> None:
    spans = [Span(4, 9, "cue"), Span(0, 5, "cue"), Span(3, 6, "target")]
    assert _merged(spans) == [Span(0, 9, "cue"), Span(3, 6, "target")]


def test_spans_do_not_cut_marks_off_their_letters() -> None:
    raw = "a\u0301b\u0301\u200dc"
    assert _whole_characters(raw, 1, 3) == (0, 5)
