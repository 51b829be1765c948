"""Which item a reviewer gets, and whether they may decide it now."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from ops.console.claims import Claim
from ops.console.console import Console
from ops.console.security.roles import Viewer
from warehouse.review import golden, record
from warehouse.review.deciding import Purpose
from warehouse.review.finding import FOR_MODERATORS, OPEN, Filter, find_next, with_states
from warehouse.review.record import Item
from warehouse.review.settling import DECISIVE


@dataclass(frozen=True, slots=True)
class Standing:
    """How a viewer stands to an item: what they said of it, and what they may still say.

    ``open`` are the keys of the flags that they may decide; ``why_not`` says in words why there
    are none. ``purpose`` is what a decision of theirs would be for. ``mine``: flag key → their
    latest decision that stands.
    """

    open: tuple[str, ...]
    purpose: Purpose
    why_not: str | None
    mine: dict[str, dict[str, Any]]
    claim: Claim | None


def judges_blind(viewer: Viewer, item: Item, stands: Standing) -> bool:
    """Whether a viewer is not to see what others said of an item.

    Moderators see it once it is decided; who leads, unless they are the second to review it.
    """
    if stands.purpose == "golden":
        return True
    if viewer.may("team"):
        return stands.purpose == "second" and stands.why_not is None
    return bool(item.facts["state"] != "decided")


def states_for(viewer: Viewer) -> tuple[str, ...]:
    """The states of items that somebody of this role decides."""
    return OPEN if viewer.may("adjudicate") else FOR_MODERATORS


def next_item(
    console: Console, viewer: Viewer, wanted: Filter, *, but: int | None = None
) -> int | None:
    """Claim the next item for a reviewer, ``but`` one; None where nothing is left for them.

    Now and then, as the policy has it, a question whose answer is known.
    """
    now = console.now()
    others = console.claims.held(now, but=viewer.name)
    tired = console.paces.wants_rest(viewer.name, viewer.preferences.severe_in_a_row)
    rest = console.policy.severe_from if tired else None
    if console.chance() < console.policy.golden_share:
        known = [
            number
            for number in golden.next_for(
                console.store,
                viewer.name,
                label=wanted.label,
                language=wanted.language,
                below=rest,
            )
            if number != but and _known_within(console, viewer, wanted, number)
        ]
        claim = console.claims.take_first(known, viewer.name, now)
        if claim is not None:
            return claim.item_no
    found = console.upcoming.first(
        with_states(wanted, states_for(viewer)),
        reviewer=viewer.name,
        claimed=[*others, but] if but is not None else list(others),
        rest=rest,
    )
    claim = console.claims.take_first(found, viewer.name, now)
    if claim is None:
        console.claims.release(viewer.name)
    return claim.item_no if claim else None


def current_item(console: Console, viewer: Viewer, wanted: Filter) -> int | None:
    """The item that the reviewer has already, if it is still to be decided and in the filter."""
    for claim in console.claims.of(viewer.name, console.now()):
        matching = replace(wanted, states=("waiting", *wanted.states))
        if find_next(
            console.store,
            with_states(matching, states_for(viewer)),
            reviewer=viewer.name,
            limit=1,
            only=claim.item_no,
        ):
            return claim.item_no
        found = load(console, claim.item_no)
        if found is not None and _known_within(console, viewer, wanted, claim.item_no):
            item, decisions = found
            if standing(console, viewer, item, decisions, claim=False).purpose == "golden":
                return claim.item_no
    return None


def ask_again(console: Console, viewer: Viewer, item_no: int) -> None:
    """Claim a question with a known answer whose answer was taken back: others claim themselves."""
    found = load(console, item_no)
    if found is not None and found[0].facts["golden"] and found[0].facts["state"] == "decided":
        console.claims.take(item_no, viewer.name, console.now())


def _known_within(console: Console, viewer: Viewer, wanted: Filter, item_no: int) -> bool:
    """Whether a question with a known answer could be under a filter, if it were open."""
    decided = replace(wanted, states=("decided",))
    return "waiting" in wanted.states and bool(
        find_next(console.store, decided, reviewer=viewer.name, only=item_no, limit=1)
    )


def standing(
    console: Console, viewer: Viewer, item: Item, decisions: list[dict[str, Any]], *, claim: bool
) -> Standing:
    """How a viewer stands to an item.

    Args:
        decisions: of :func:`warehouse.review.record.decisions`.
        claim: claim the item for them, where it is free and they may decide it.
    """
    now = console.now()
    mine = {
        row["key"]: row
        for row in decisions
        if row["reviewer"] == viewer.name and not row["undone"] and row["judgement"] != "undo"
    }
    if not viewer.may("review"):
        return Standing((), "review", "your role reads and changes nothing", mine, None)
    held = console.claims.holder(item.number, now)
    if held is not None and held.reviewer != viewer.name:
        why = f"{held.reviewer} has it until {held.until:%H:%M} UTC"
        return Standing((), "review", why, mine, held)
    purpose, keys, why_not = _may_decide(viewer, item, decisions, mine, held)
    if why_not is None and claim:
        held = console.claims.take(item.number, viewer.name, now)
        if held is None:
            return Standing((), purpose, "somebody else has just taken it", mine, None)
    return Standing(keys, purpose, why_not, mine, held)


def _may_decide(  # noqa: PLR0911 (each return is one case)
    viewer: Viewer,
    item: Item,
    decisions: list[dict[str, Any]],
    mine: dict[str, dict[str, Any]],
    held: Claim | None,
) -> tuple[Purpose, tuple[str, ...], str | None]:
    """The purpose of a decision, the flags that it may be about, or why there are none."""
    every = tuple(flag["key"] for flag in item.flags)
    judged = {key for key, row in mine.items() if row["judgement"] in DECISIVE}
    state = item.facts["state"]
    if state == "decided" and item.facts["golden"] and held is not None:
        left = tuple(key for key in every if key not in mine or mine[key]["purpose"] != "golden")
        if left and not any(row["purpose"] != "golden" for row in mine.values()):
            return "golden", left, None
    if viewer.may("adjudicate"):
        if state == "decided":
            return "adjudication", every, None
        left = tuple(
            flag["key"]
            for flag in item.flags
            if flag["state"] in ("escalated", "adjudication")
            or (flag["state"] in FOR_MODERATORS and flag["key"] not in judged)
        )
        if left:
            hard = any(
                flag["state"] in ("escalated", "adjudication")
                for flag in item.flags
                if flag["key"] in left
            )
            return "adjudication" if hard else _review(item, left), left, None
        return "review", (), "you have said what you think of it; a second reviewer is to come"
    if state == "decided":
        return "review", (), "it is decided; take your decision back with Undo, or ask a lead"
    left = tuple(
        flag["key"]
        for flag in item.flags
        if flag["state"] in FOR_MODERATORS and flag["key"] not in judged
    )
    if not left:
        if state in ("escalated", "adjudication"):
            return "review", (), "it lies with the leads"
        return "review", (), "you have said what you think of it; a second reviewer is to come"
    return _review(item, left), left, None


def _review(item: Item, keys: tuple[str, ...]) -> Purpose:
    second = any(flag["state"] == "second" for flag in item.flags if flag["key"] in keys)
    return "second" if second else "review"


def load(console: Console, item_no: int) -> tuple[Item, list[dict[str, Any]]] | None:
    """An item and what was decided about it; None where there is no such item."""
    item = record.item(console.store, item_no)
    if item is None:
        return None
    return item, record.decisions(console.store, item)
