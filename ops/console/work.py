"""One item as its page shows it: plain data for ``templates/work.html``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

from ops.console import text as texts
from ops.console.console import Console
from ops.console.moderating import Standing, judges_blind
from ops.console.security.roles import Viewer
from ops.console.wording import (
    JUDGEMENT_WORDS,
    actor_name,
    flag_words,
    label_name,
    language_name,
    outcome_words,
)
from warehouse.review import record
from warehouse.review.record import Item
from warehouse.review.settling import DECISIVE

Row = Mapping[str, Any]
Saved = tuple[str, str]


def work_on(  # noqa: PLR0913 (what a page shows)
    console: Console,
    viewer: Viewer,
    item: Item,
    standing: Standing,
    decisions: Sequence[Row],
    *,
    back: str,
    last: Saved | None = None,
) -> SimpleNamespace:
    """What the page of an item shows to one viewer.

    Args:
        standing: of :func:`ops.console.moderating.standing`.
        decisions: everything decided about the item.
        back: the filter to go on with, as a query string.
        last: what was just saved, in words, and its act.
    """
    now = console.now()
    item = record.whole(console.store, item)
    console.note(viewer.name, "read.item", item=item.number)
    open_ = set(standing.open) if standing.why_not is None else set()
    blind = judges_blind(viewer, item, standing)
    flags = _flags(console, item, standing, decisions, open_, blind)
    marks = [span for flag in item.flags for span in flag["evidence"] or []]
    return SimpleNamespace(
        item=_head(console, viewer, item, standing),
        text=texts.shown(item.text, marks, language=item.facts["language"]),
        passages=texts.passages(item.text, marks, language=item.facts["language"]),
        language=SimpleNamespace(
            tag=item.facts["language"],
            name=language_name(item.facts["language"] or "und"),
            probability=item.facts["language_probability"],
        ),
        message=_message(item),
        flags=flags,
        indicators=[
            SimpleNamespace(**row | {"messages": row["messages"] - 1})
            for row in record.indicators_of(console.store, item.facts["revision_no"])
        ],
        definition=[
            console.knowledge.labels[label]
            for label in dict.fromkeys(flag["label"] for flag in item.flags)
            if label in console.knowledge.labels
        ],
        choices=_choices(console),
        reason_required=console.policy.required,
        act=str(uuid4()),
        undo=str(uuid4()),
        shown_at=now.isoformat(),
        back=back,
        last=last,
        empty="",
        note=console.paces.reminder(viewer.name, viewer.preferences.break_after_minutes, now),
        around=False,
    )


def nothing(*, back: str, empty: str, last: Saved | None) -> SimpleNamespace:
    """The page where nothing is left to review."""
    return SimpleNamespace(
        item=None, back=back, last=last, empty=empty, note=None, flags=[], undo=str(uuid4())
    )


def _head(console: Console, viewer: Viewer, item: Item, standing: Standing) -> SimpleNamespace:
    facts = item.facts
    hidden = standing.purpose == "golden"  # nothing tells it from any other item
    return SimpleNamespace(
        item_no=item.number,
        state="waiting" if hidden else facts["state"],
        wanted=facts["wanted"],
        copies=facts["copies"],
        channels=facts["channels"],
        priority=console.priority(facts["priority"]),
        since=facts["since"],
        purpose="review" if hidden else standing.purpose,
        claimed_until=standing.claim.until
        if standing.claim and standing.claim.reviewer == viewer.name
        else None,
        read_only=standing.why_not,
        again=standing.purpose == "adjudication" and facts["state"] == "decided",
        severe=facts["severity"] >= console.policy.severe_from,
        golden=facts["golden"] and viewer.may("team") and not hidden,
    )


def _message(item: Item) -> SimpleNamespace:
    facts = item.facts
    return SimpleNamespace(
        **{
            name: facts[name]
            for name in (
                "channel_key",
                "channel_username",
                "message_id",
                "content_id",
                "sent_at",
                "edited_at",
                "signature",
                "views",
                "forwards",
                "media_type",
                "media_name",
                "media_bytes",
                "deleted",
                "position",
                "kind",
            )
        },
        channel_name=facts["channel_name"] or facts["channel_key"],
        author=facts["author_name"] or facts["author_id"],
        forwarded_from=facts["forwarded_from_name"],
        file=facts["file"],
        model_version=item.flags[0]["model_version"] if item.flags else None,
    )


def _flags(  # noqa: PLR0913, PLR0917 (what a flag shows)
    console: Console,
    item: Item,
    standing: Standing,
    decisions: Sequence[Row],
    open_: set[str],
    blind: bool,
) -> list[SimpleNamespace]:
    knowledge = console.knowledge
    flags = []
    for flag in item.flags:
        mine = standing.mine.get(flag["key"])
        severity = knowledge.severities.get(flag["severity"])
        flags.append(
            SimpleNamespace(
                **{
                    name: flag[name]
                    for name in ("key", "label", "source", "target", "probability", "status")
                },
                severity=flag["severity"],
                label_name=label_name(knowledge, flag["label"]),
                source_name=actor_name(knowledge, flag["source"]) or "unknown"
                if flag["target"]
                else None,
                target_name=actor_name(knowledge, flag["target"]),
                severity_name=severity.name if severity else "",
                frames=[
                    knowledge.frames[name].name if name in knowledge.frames else name
                    for name in flag["frames"] or []
                ],
                routes=[
                    knowledge.routes[name].name if name in knowledge.routes else name
                    for name in flag["routes"] or []
                ],
                state="waiting" if blind and flag["key"] in open_ else flag["state"],
                focus=False,
                open=flag["key"] in open_,
                mine=_judged(knowledge, mine) if mine and not _forgotten(mine, standing) else None,
                shown_outcomes=_outcomes(knowledge, flag, decisions)
                if standing.purpose == "adjudication"
                and flag["state"] in ("adjudication", "escalated", "decided")
                else [],
            )
        )
    left = [shown for shown in flags if shown.open]
    for first in [*(shown for shown in left if shown.mine is None), *left][:1]:
        first.focus = True
    return flags


def _forgotten(mine: Row, standing: Standing) -> bool:
    """Whether a question is asked again as if it had never been answered."""
    return standing.purpose == "golden" and mine["purpose"] != "golden"


def _judged(knowledge: Any, row: Row) -> str:
    words = JUDGEMENT_WORDS[row["judgement"]]
    outcome = outcome_words(knowledge, row)
    return f"{words} {outcome}" if outcome else words


def _outcomes(knowledge: Any, flag: Row, decisions: Sequence[Row]) -> list[SimpleNamespace]:
    """What the reviewers said, without their names: who adjudicates judges the matter."""
    latest: dict[str, Row] = {}
    for row in decisions:
        if (
            row["key"] == flag["key"]
            and not row["undone"]
            and row["purpose"] not in ("golden", "adjudication")
            and row["judgement"] in DECISIVE | {"escalate", "unsure"}
        ):
            latest[row["reviewer"]] = row
    return [
        SimpleNamespace(
            reviewer=chr(ord("A") + place % 26),
            judgement=JUDGEMENT_WORDS[row["judgement"]],
            outcome=outcome_words(knowledge, row),
            reason=row["reason"],
            note=row["note"],
        )
        for place, row in enumerate(latest.values())
    ]


def _choices(console: Console) -> SimpleNamespace:
    knowledge = console.knowledge
    return SimpleNamespace(
        labels=[(one.id, one.name, one.directed) for one in knowledge.labels.values()],
        actors=[("unknown", "unknown"), *((one.id, one.name) for one in knowledge.actors.values())],
        severities=[
            (number, one.name, one.definition) for number, one in knowledge.severities.items()
        ],
        kinds=[kind for kind in texts.KINDS if kind != "indicator"],
        reasons=console.policy.reasons,
    )


def saved_words(console: Console, flags: Sequence[Row], judgement: str) -> str:
    """What was saved, in words: ``Rejected: Directed hostility: ISKP → TTP``."""
    named = "; ".join(flag_words(console.knowledge, flag) for flag in flags[:3])
    return f"{JUDGEMENT_WORDS[judgement]}: {named}"
