"""A model card for each model of a run, as Markdown: what it is, what it was measured to do.

The sections are those of Mitchell et al., "Model Cards for Model Reporting" (2019). Everything
comes from the model's own card and from this run, so that a card cannot claim more than was seen.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from classifiers.evaluation import FEW
from classifiers.evaluation.samples import LABELS
from classifiers.knowledge import load as load_knowledge
from classifiers.modelfile import FOLDER, ModelFileError, read_card
from ops.benchmarks import files
from ops.benchmarks.models import BASELINE, BASELINE_EXAMPLES, BUILT_IN, KEYWORDS, Model
from ops.benchmarks.report.tables import Numbers, beside, span_of, value_of, words_of
from ops.benchmarks.report.texts import plain
from ops.benchmarks.running import Record
from ops.benchmarks.tables import WEAK

#: Functionalities that a card names as weak, and values of any other slice.
WORST, OTHERS = 12, 3
#: Metrics by language.
_OF_LABEL = ("f1", "precision", "recall", "ece")
SHOWN = (
    *("accuracy", *(f"{label}.{name}" for label in LABELS for name in _OF_LABEL)),
    "language.f1",
)
_SLICES = ("functionality", "obfuscation", "language", "actor", "frame", "route", "act")


def write(record: Record, folder: Path) -> list[Path]:
    """Write ``card-<name>.md`` for each model that a suite has asked; the paths."""
    folder.mkdir(parents=True, exist_ok=True)
    names = _file_names([model.name for model in record.models])
    return [
        files.replace(folder / name, card(record, model).encode("utf-8", "replace"))
        for name, model in zip(names, record.models, strict=True)
    ]


def card(record: Record, model: Model) -> str:
    """The card of one model."""
    kind = _kind(model)
    own = _own_card(model, "scoring") if kind == BUILT_IN else {}
    language = _own_card(model, "language") if kind == BUILT_IN else {}
    parts: list[tuple[str, Sequence[str]]] = [
        ("Model details", list(_details(record, model, kind, own, language))),
        ("Intended use", list(_use())),
        ("Factors", list(_factors(record, own))),
        ("Metrics", list(_metrics(own))),
        ("Evaluation data", list(_evaluation(record, model))),
        ("Training data", list(_training(kind, own, language))),
        ("Quantitative analyses", list(_analyses(record, model))),
        ("Ethical considerations", list(_ethics())),
        ("Caveats and recommendations", list(_caveats(record, model, kind))),
    ]
    blocks = [f"# Model card: {_md(model.name)}"]
    for title, lines in parts:
        blocks += [f"## {title}", *lines]
    return "\n\n".join(blocks) + "\n"


def _kind(model: Model) -> str:
    if model.folder is not None:
        return BUILT_IN
    # The two that this project brings name themselves in their version, whatever they are called.
    name = model.version.partition("-")[0]
    return name if name in (BASELINE, KEYWORDS) else ""


def _own_card(model: Model, name: str) -> Mapping[str, Any]:
    """The card beside the weights; scoring with a folder without a language model uses ours."""
    for folder in (model.folder, FOLDER if name == "language" else None):
        try:
            if folder is not None:
                return read_card(folder, name)
        except ModelFileError:
            continue
    return {}


def _details(
    record: Record, model: Model, kind: str, own: Mapping[str, Any], language: Mapping[str, Any]
) -> Iterator[str]:
    what = {
        BUILT_IN: "Linear models over hashed letters, words and what the lexicons find, with "
        "calibrated probabilities and evidence; a language model beside them.",
        BASELINE: "langdetect, TF-IDF and logistic regression: what a good engineer writes in a "
        "day. Only for comparison.",
        KEYWORDS: "The reference tables read as rules, without weights. Only for comparison.",
    }
    yield what.get(kind, "A model of the evaluator. What it is, its owner has to say.")
    facts = [f"Version: `{_code(model.version)}`"]
    for name, found in (("scoring", own), ("language", language)):
        if found.get("weights_sha256"):
            size = f", {found['weights_bytes']:,} bytes" if found.get("weights_bytes") else ""
            facts.append(f"Weights of {name}: SHA-256 `{_code(found['weights_sha256'])}`{size}")
    if own.get("seed") is not None:
        facts.append(f"Fitted with seed {_md(own['seed'])}, {_versions(own)}")
    if kind == BUILT_IN and not own:
        facts.append("Its own card (`scoring.json`) cannot be read.")
    facts.append(f"Measured: {record.started_at:%Y-%m-%d}, run `{record.run_id}`")
    yield _listed(facts)


def _use() -> Iterator[str]:
    yield (
        "For trust-and-safety teams and researchers who review exported channel messages, offline. "
        "It puts messages in an order for a person to look at and shows the words that made it "
        "say so."
    )
    labels = load_knowledge().labels
    yield _listed(
        f"**{name}** (`{label}`): {_md(' '.join(labels[label].definition.split()), 600)}"
        for label in LABELS
        if label in labels and (name := _md(labels[label].name))
    )
    yield (
        "Not for: decisions without a person, judging people instead of messages, collecting "
        "messages, or languages and actors that are not named here. **A flag is a reason to look, "
        "never a verdict.**"
    )


def _factors(record: Record, own: Mapping[str, Any]) -> Iterator[str]:
    tags = {
        part.partition("=")[2]
        for row in record.metrics
        if (part := row["slice"]).startswith("language=") and not beside(part)
    }
    fitted = {str(row.get("language")) for row in _rows(own.get("cross_fitted"))}
    facts = [f"Languages measured here: {_tags(tags)}"]
    if fitted:
        facts.append(f"Languages calibrated: {_tags(fitted)}")
    if missing := fitted - tags:
        facts.append(f"Calibrated and not measured in this run: {_tags(missing)}")
    facts.append("Actors: " + ", ".join(f"`{_code(name)}`" for name in load_knowledge().actors))
    facts.append("Further: who speaks (the channel's actor), disguise of letters, kind of message")
    yield _listed(facts)


def _metrics(own: Mapping[str, Any]) -> Iterator[str]:
    yield (
        "Precision, recall and F1 of what is flagged (`hostile`: per pair of message and "
        "target), calibration error (ECE, ten bins), accuracy of whole answers. Intervals are "
        "95 % bootstrap percentiles over groups of like samples."
    )
    rows = _rows(own.get("cross_fitted"))
    if not rows:
        return
    yield (
        "Thresholds and calibration, from cross-fitted examples "
        f"({_md(own.get('folds', '?'))} folds, a phrase family in one of them):"
    )
    keys = ("label", "language", "calibration", "threshold", "reviewed_from", "precision_goal",
            "precision", "recall", "cases")  # fmt: skip
    yield _table([key.replace("_", " ") for key in keys],
                 [[_md(row.get(key, "–")) for key in keys] for row in rows])  # fmt: skip


def _evaluation(record: Record, model: Model) -> Iterator[str]:
    from ops.benchmarks.report.sections import ABOUT

    rows = [
        [f"`{suite}`", f"{len(found.samples):,}", f"{found.left_out:,}", ABOUT.get(suite, "")]
        for suite in record.suites
        if (found := record.answered.get((suite, model.name)))
    ]
    if rows:
        yield _table(["suite", "samples", "without an answer", "what it is"], rows)
    else:
        yield "No suite of this run has an answer of this model."
    yield (
        f"Seed {record.seed}. The suites heldout, functional and obfuscation are written or made "
        "by this project: no message of a real channel is in them."
    )


def _training(kind: str, own: Mapping[str, Any], language: Mapping[str, Any]) -> Iterator[str]:
    if kind == BASELINE:
        yield (
            f"{BASELINE_EXAMPLES:,} generated examples of the training families "
            "(channelwatch fixtures, Apache-2.0); langdetect's own profiles."
        )
    elif kind == KEYWORDS:
        yield "None: tables of cues and names, written by hand (`classifiers/data`, Apache-2.0)."
    elif not own and not language:
        yield "Unknown to this project; its owner has to say, with the licences."
    if own:
        count, public = own.get("examples"), own.get("public_texts")
        said = [f"{count:,} examples" if isinstance(count, int) else "",
                f"{public:,} public texts" if isinstance(public, int) else ""]  # fmt: skip
        yield "**Scoring**: " + (" and ".join(filter(None, said)) or "size not said") + "."
        rows = [
            [_md(row.get(key, "–"), 120) for key in ("name", "origin", "licence")]
            for row in _rows(own.get("sources"))
        ]
        yield _table(["source", "origin", "licence"], rows)
    if language:
        rows = [
            [_md(row.get("origin", row.get("id", "–")), 160), _count(row.get("texts")),
             _md(row.get("licence", "–"))]
            for row in _rows(language.get("trained_on"))
        ]  # fmt: skip
        classes = language.get("classes")
        several = f"{len(classes)} languages told apart" if isinstance(classes, list) else ""
        yield f"**Language**: {several or 'languages not said'}."
        yield _table(["source", "texts", "licence"], rows)


def _analyses(record: Record, model: Model) -> Iterator[str]:
    none = True
    for suite in record.suites:
        if (suite, model.name) not in record.answered:
            continue
        numbers = Numbers.of(record, suite)
        columns = ["all", *(f"language={tag}" for tag in numbers.parts("language"))]
        rows = []
        for metric in SHOWN:
            cells = [_cell(numbers, model.name, metric, part) for part in columns]
            if any(cells):
                label = metric.rpartition(".")[0]
                rows.append([f"{label} {words_of(metric)}".strip(), *(c or "–" for c in cells)])
        if rows:
            none = False
            yield f"### Suite {suite}, by language"
            heads = [_md(part.partition("=")[2] or part) for part in columns]
            yield _table(["metric", *heads], rows)
    if none:
        yield "Nothing was measured."
    else:
        yield f"⚠ marks fewer than {FEW} cases: the number says little."


def _cell(numbers: Numbers, model: str, metric: str, part: str) -> str:
    row = numbers.get(model, metric, part)
    if row is None:
        return ""
    span = f" ({span_of(row)})" if span_of(row) else ""
    return f"{value_of(row)}{span}, n {row['n']:,}{' ⚠' if row['n'] < FEW else ''}"


def _ethics() -> Iterator[str]:
    yield _listed(
        [
            "A model has the blind spots of the text it was made from, and of its authors.",
            "A false alarm can put a journalist, a relief worker or a mosque beside an armed "
            "group: look at the weaknesses below before acting on flags in such messages.",
            "Reviewers read hard material; the report quotes messages only as evidence.",
        ]
    )


def _caveats(record: Record, model: Model, kind: str) -> Iterator[str]:
    yield "### Known weaknesses, from this run"
    weak = list(_weaknesses(record, model))
    yield (
        _listed(weak)
        if weak
        else f"No slice with {FEW} cases or more lies below {WEAK}, or none was measured."
    )
    if few := _few(record, model):
        yield f"Too few cases to say anything (fewer than {FEW}): {', '.join(few)}."
    yield "### Limits"
    yield _listed(
        [
            "Generated and hand-written text is easier than real text of other authors: measure "
            "on your own labelled messages (`channelwatch benchmark --labelled FILE`).",
            "Languages, actors and disguises that are not measured here are open.",
        ]
    )
    yield "### How to repeat"
    suites = " ".join(record.suites)
    messages = "" if record.messages is None else f" --messages {record.messages}"
    yield (
        f"    channelwatch benchmark {suites} --model {_spec(model, kind)} "
        f"--seed {record.seed}{messages} -o report"
    )
    yield "Every number is in `results.json`, every answer in `samples.ndjson` beside this card."


def _weaknesses(record: Record, model: Model) -> Iterator[str]:
    """The worst slices with enough cases, of accuracy, or of F1 and recall where it has none."""
    for suite in record.suites:
        if (suite, model.name) not in record.answered:
            continue
        numbers = Numbers.of(record, suite)
        for name in _SLICES:
            wanted = ["accuracy", *(f"{label}.f1" for label in LABELS)]
            if name in ("frame", "route"):
                wanted = [f"{label}.recall" for label in LABELS]
            elif name in ("functionality", "obfuscation", "act"):
                wanted = ["accuracy"]
            found = [
                (row["value"], metric, value, row)
                for metric in wanted
                for value in numbers.parts(name)
                if (row := numbers.get(model.name, metric, f"{name}={value}"))
                and row["n"] >= FEW
                and row["value"] < WEAK
            ]
            most = WORST if name == "functionality" else OTHERS
            named = [
                f"**{_md(value)}** {_md(metric)} {value_of(row)} ({span_of(row)}; n {row['n']:,})"
                for _, metric, value, row in sorted(found, key=lambda item: item[:3])[:most]
            ]
            if named:
                yield f"`{suite}`, {_md(name)}, worst first: {'; '.join(named)}"


def _few(record: Record, model: Model) -> list[str]:
    found = {
        f"`{row['suite']}` {_md(row['metric'])} "
        f"{_md(part.partition('=')[2] or 'all')} (n {row['n']})"
        for row in record.metrics
        if row["model"] == model.name
        and row["metric"].endswith(".f1")
        and ((part := row["slice"]) == "all" or part.startswith("language="))
        and not beside(part)
        and row["n"] < FEW
    }
    return sorted(found)


def _spec(model: Model, kind: str) -> str:
    if model.folder is not None:
        return BUILT_IN if model.folder == FOLDER else _code(model.folder)
    return kind or f"{_code(model.name)}=MODEL"


def _file_names(names: Sequence[str]) -> list[str]:
    """File names that any system takes, no two alike."""
    found: list[str] = []
    for name in names:
        stem = re.sub(r"[^\w.-]+", "-", name, flags=re.ASCII).strip("-.")[:60] or "model"
        number, unique = 1, f"card-{stem}.md"
        while unique.casefold() in (other.casefold() for other in found):
            number += 1
            unique = f"card-{stem}-{number}.md"
        found.append(unique)
    return found


def _rows(found: object) -> list[Mapping[str, Any]]:
    """A list of objects of a card, whatever somebody wrote there."""
    return [row for row in found if isinstance(row, Mapping)] if isinstance(found, list) else []


def _versions(own: Mapping[str, Any]) -> str:
    found = own.get("versions")
    if not isinstance(found, Mapping):
        return "versions not said"
    return ", ".join(f"{_md(name)} {_md(value)}" for name, value in sorted(found.items()))


def _count(found: object) -> str:
    return f"{found:,}" if isinstance(found, int) else "–"


def _tags(found: set[str]) -> str:
    return ", ".join(f"`{_code(tag)}`" for tag in sorted(found)) or "none"


def _md(value: object, limit: int = 100) -> str:
    """Text without a meaning of its own in Markdown."""
    return re.sub(r"([\\`*_\[\]<>|#])", r"\\\1", plain(value, limit))


def _code(value: object) -> str:
    return plain(value, 120).replace("`", "'").replace("|", "/")


def _listed(lines: Sequence[str] | Iterator[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
