"""A form of the item page, read and checked, as a verdict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from difflib import get_close_matches
from typing import Any
from uuid import UUID

import msgspec

from ops.console import text as texts
from ops.console.console import Console
from ops.console.moderating import Standing
from warehouse.review.deciding import JUDGEMENTS, Span, Verdict
from warehouse.review.record import Item, text_length

#: Bounds of what a reviewer may write and mark, and of the seconds that count as work on an item.
MOST_NOTE, MOST_REASON, MOST_SPANS, MOST_SECONDS = 2_000, 200, 100, 3_600.0


class FormError(Exception):
    """Something in the form cannot be; the message says what, and what to do."""


def act_of(form: Mapping[str, str], field: str = "act") -> UUID:
    """The id that the page gave the act.

    Raises:
        FormError: it is none.
    """
    try:
        return UUID(form.get(field, ""))
    except ValueError:
        raise FormError("the form has no act of its own; load the page again") from None


def verdict(console: Console, item: Item, standing: Standing, form: Mapping[str, str]) -> Verdict:
    """What the form says of one flag of the item.

    Raises:
        FormError: the message is no longer the one that was shown, or the flag, the judgement, a
            change, a span or the reason is not as it must be.
    """
    if form.get("content", item.facts["content_id"]) != item.facts["content_id"]:
        raise FormError("the message was edited while you read it; look at it again")
    models = {one["model_version"] for one in item.flags}
    if form.get("model") and form["model"] not in models:
        raise FormError("another model has scored the message while you read it; look at it again")
    flag = next((one for one in item.flags if one["key"] == form.get("flag")), None)
    if flag is None:
        raise FormError("this flag is gone: the message was scored anew; look at it again")
    judgement = next((one for one in JUDGEMENTS if one == form.get("judgement")), None)
    if judgement is None:
        raise FormError(
            f"no judgement {form.get('judgement')!r}; there are {', '.join(JUDGEMENTS)}"
        )
    changed = (f"changed_{name}" for name in ("label", "source", "target", "severity"))
    if judgement == "confirm" and any(form.get(name) for name in changed):
        raise FormError("a change is chosen: save the change, or set it back to “as it is”")
    reason = reason_of(console, judgement, form)
    changes = _changes(console, flag, form) if judgement == "change" else {}
    return Verdict(
        item_no=item.number,
        label=flag["label"],
        source=flag["source"],
        target=flag["target"],
        judgement=judgement,
        purpose=standing.purpose,
        spans=_spans(console, item, form.get("spans", "")),
        reason=reason,
        note=(form.get("note") or "").strip()[:MOST_NOTE] or None,
        seconds=_seconds(form.get("shown", ""), console.now()),
        **changes,
    )


def overtaken(
    decisions: Sequence[Mapping[str, Any]], flag: str, reviewer: str, form: Mapping[str, str]
) -> bool:
    """Whether somebody else has spoken on a flag since the form's page was shown."""
    shown = _shown(form.get("shown", ""))
    return shown is not None and any(
        row["key"] == flag and row["reviewer"] != reviewer and row["decided_at"] > shown
        for row in decisions
    )


def reason_of(console: Console, judgement: str, form: Mapping[str, str]) -> str | None:
    """The reason given, if any.

    Raises:
        FormError: the policy demands one, or the one given belongs to another judgement.
    """
    reason = (form.get("reason") or "").strip()[:MOST_REASON] or None
    known = console.policy.reasons.get(judgement, ())
    if reason in known:
        return reason
    if judgement in console.policy.required:
        raise FormError(f"the policy asks for a reason to {judgement}: one of {', '.join(known)}")
    if known and any(reason in own for own in console.policy.reasons.values()):
        raise FormError(f"{reason!r} is no reason to {judgement}; choose another, or none")
    return None  # a judgement that knows no reasons has none


def _changes(console: Console, flag: Mapping[str, Any], form: Mapping[str, str]) -> dict[str, Any]:
    knowledge = console.knowledge
    label = _one_of("label", form.get("changed_label"), knowledge.labels)
    actors = [*knowledge.actors, "unknown"]
    source = _one_of("source", form.get("changed_source"), actors)
    target = _one_of("target", form.get("changed_target"), actors)
    severity = form.get("changed_severity") or None
    if severity is not None and severity not in {"1", "2", "3"}:
        raise FormError(f"severity {severity!r} is none of 1, 2, 3")
    known = knowledge.labels.get(label or flag["label"])
    directed = known.directed if known else flag["target"] is not None  # an older model's
    if directed and not (target or flag["target"]):
        raise FormError("who is it aimed at? choose a target")
    if target == "unknown":
        raise FormError("a target is somebody; reject the flag where nobody is meant")
    if not directed:
        source = target = severity = None
    found = {
        "changed_label": label if label != flag["label"] else None,
        "changed_source": source if source != flag["source"] else None,
        "changed_target": target if target != flag["target"] else None,
        "changed_severity": int(severity) if severity else None,
    }
    if found["changed_severity"] == flag["severity"]:
        found["changed_severity"] = None
    if not any(found.values()):
        raise FormError("nothing is changed; choose what it should be, or confirm it")
    return found


def _one_of(what: str, value: str | None, known: Any) -> str | None:
    if not value:
        return None
    if value in known:
        return value
    near = get_close_matches(value, list(known), 1)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    raise FormError(f"no {what} {value!r}{hint}")


def _spans(console: Console, item: Item, value: str) -> tuple[Span, ...] | None:
    """The marked spans, half-open in code points of the raw text; None where none were marked."""
    if not value.strip():
        return None
    try:
        spans = msgspec.json.decode(value, type=list[Span])
    except msgspec.DecodeError:
        raise FormError("the marked spans cannot be read; mark them again") from None
    if len(spans) > MOST_SPANS:
        raise FormError(f"{len(spans)} spans are too many; mark at most {MOST_SPANS}")
    length = text_length(console.store, item)
    for span in spans:
        if not 0 <= span.start < span.end <= length:
            place = f"{span.start} to {span.end}"
            raise FormError(f"a span from {place} is outside the text of {length}")
        if span.shows not in texts.KINDS:
            raise FormError(
                f"a span shows {span.shows!r}; it shows one of {', '.join(texts.KINDS)}"
            )
    return tuple(spans) or None


def _seconds(value: str, now: datetime) -> float | None:
    """From showing to deciding; None where the page did not say when it was shown."""
    shown = _shown(value)
    if shown is None:
        return None
    return round(min(max((now - shown).total_seconds(), 0.0), MOST_SECONDS), 3)


def _shown(value: str) -> datetime | None:
    """When the page says that the item was shown."""
    try:
        shown = datetime.fromisoformat(value)
    except ValueError:
        return None
    return shown if shown.tzinfo is not None else None
