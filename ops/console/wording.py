"""Ids of labels, actors, languages, judgements in the words that people read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from classifiers.knowledge import Knowledge
from classifiers.language.table import languages

JUDGEMENT_WORDS = {
    "confirm": "Confirmed",
    "reject": "Rejected",
    "change": "Changed",
    "unsure": "Unsure",
    "escalate": "Escalated",
    "skip": "Skipped",
    "undo": "Taken back",
}


NO_LANGUAGE = {"und": "undetermined", "zxx": "no language"}


def label_name(knowledge: Knowledge, label: str) -> str:
    """The label's name; its id where the table has none (an older model's)."""
    known = knowledge.labels.get(label)
    return known.name if known else label


def actor_name(knowledge: Knowledge, actor: str | None) -> str | None:
    """The actor's name, None for None; its id where the table has none."""
    if actor is None:
        return None
    known = knowledge.actors.get(actor)
    return known.name if known else actor


def language_name(tag: str) -> str:
    """The language's name; its tag where the table has none.

    >>> language_name("prs"), language_name("und")
    ('Dari', 'undetermined')
    """
    if tag in NO_LANGUAGE:
        return NO_LANGUAGE[tag]
    known = languages().by_tag.get(tag)
    return known.name if known else tag


def flag_words(knowledge: Knowledge, row: Mapping[str, Any]) -> str:
    """A flag in a few words, from its label, source and target."""
    words = label_name(knowledge, row["label"])
    if row["target"] is None:
        return words
    source = actor_name(knowledge, row["source"]) or "unknown"
    return f"{words}: {source} → {actor_name(knowledge, row['target'])}"


def key_words(knowledge: Knowledge, key: str) -> str:
    """A flag's key (``hostile:iskp>ttp``) in a few words."""
    label, _, pair = key.partition(":")
    source, _, target = pair.partition(">")
    return flag_words(
        knowledge, {"label": label, "source": source or None, "target": target or None}
    )


def outcome_words(knowledge: Knowledge, row: Mapping[str, Any]) -> str:
    """What a decision of judgement ``change`` changed it to; empty for the others."""
    parts = []
    if row["changed_label"]:
        parts.append(label_name(knowledge, row["changed_label"]))
    if row["changed_source"] or row["changed_target"]:
        source = actor_name(knowledge, row["changed_source"] or row["source"]) or "unknown"
        target = actor_name(knowledge, row["changed_target"] or row["target"])
        parts.append(f"{source} → {target}" if target else source)
    if row["changed_severity"]:
        parts.append(f"severity {row['changed_severity']}")
    return "to " + ", ".join(parts) if parts else ""
