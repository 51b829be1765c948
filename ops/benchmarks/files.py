"""A benchmark run as files: ``results.json`` and, sample by sample, ``samples.ndjson``."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from classifiers.evaluation import Answer, Sample
from classifiers.evaluation.cases import gold_of, right
from classifiers.evaluation.samples import LABELS
from ops.benchmarks.running import Record


def results(record: Record) -> dict[str, Any]:
    """Everything measured, as one JSON object."""
    return {
        "run": record.facts(),
        "metrics": record.metrics,
        "comparisons": record.comparisons,
        **({"measured": record.measured} if record.measured else {}),
    }


def write(record: Record, folder: Path) -> list[Path]:
    """Write both files into ``folder``, each whole or not at all; the paths."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = b"".join(msgspec.json.encode(line) + b"\n" for line in sample_lines(record))
    return [
        replace(folder / "results.json", msgspec.json.format(msgspec.json.encode(results(record)))),
        replace(folder / "samples.ndjson", lines),
    ]


def replace(path: Path, data: bytes) -> Path:
    """Put ``data`` in the place of a file by renaming."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    temporary.write_bytes(data)
    temporary.replace(path)
    return path


def sample_lines(record: Record) -> Iterator[dict[str, Any]]:
    """One line for each suite, model and sample: the text, the truth, the answer."""
    for (suite, model), found in record.answered.items():
        for sample, answer in zip(found.samples, found.answers, strict=True):
            yield {
                "suite": suite,
                "model": model,
                "id": sample.id,
                "text": sample.text,
                "channel_actor": sample.channel_actor,
                "reply_text": sample.reply_text,
                "slices": {"language": sample.language, **sample.slices},
                "gold": _gold(sample),
                "answer": _said(answer),
                "right": right(sample, answer),
            }


def questions(samples: list[Sample]) -> Iterator[dict[str, Any]]:
    """The samples of a suite as a model of another kind needs them: no gold labels."""
    for sample in samples:
        yield {
            "id": sample.id,
            "text": sample.text,
            "channel_actor": sample.channel_actor,
            "reply_text": sample.reply_text,
        }


def _gold(sample: Sample) -> dict[str, Any]:
    return {
        label: None if (gold := gold_of(sample, label)) is None else _listed(label, gold)
        for label in LABELS
    }


def _listed(label: str, targets: frozenset[str | None]) -> Any:
    return sorted(map(str, targets)) if label == "hostile" else bool(targets)


def _said(answer: Answer) -> dict[str, Any]:
    return {
        "language": answer.language,
        "scores": [
            {
                "label": label,
                "target": target,
                "probability": None if score.probability is None else round(score.probability, 4),
                "flagged": score.flagged,
                "evidence": [list(span) for span in score.evidence],
            }
            for (label, target), score in answer.scores.items()
        ],
    }
