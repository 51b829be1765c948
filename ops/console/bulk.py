"""Many items decided by one act: what it would hold, and, once confirmed, its verdicts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from ops.console.console import Console
from ops.console.security.roles import Viewer
from ops.console.tickets import Previewed
from warehouse.review import deciding
from warehouse.review.deciding import Judgement, Verdict

#: What can be said of many at once.
JUDGEMENTS: tuple[Judgement, ...] = ("confirm", "reject", "escalate")

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Lot:
    """Items that can be decided together: their open flags, and what was left out and why."""

    flags: list[Row]
    left_out: Counter[str] = field(default_factory=Counter)

    @property
    def items(self) -> list[int]:
        """The items, by number, in the order of their priority."""
        return list(dict.fromkeys(row["item_no"] for row in self.flags))

    @property
    def revisions(self) -> dict[int, int]:
        """The revision that each item shows."""
        return {row["item_no"]: row["revision_no"] for row in self.flags}

    @property
    def messages(self) -> int:
        """Messages with all copies."""
        return sum({row["item_no"]: row["copies"] for row in self.flags}.values())


def preview(console: Console, viewer: Viewer, items: Sequence[int], only: Mapping[str, str]) -> Lot:
    """What of some items could be decided together now.

    Args:
        only: label, source or target that flags must have to be decided; those of another are left
            as they are, and their items stay open for them.
    """
    return _lot(console, items, console.claims.held(console.now(), but=viewer.name), only)


def decide(  # noqa: PLR0913 (what is said of them)
    console: Console,
    viewer: Viewer,
    shown: Previewed,
    judgement: Judgement,
    *,
    reason: str | None,
    note: str | None,
    act: UUID,
) -> None:
    """Decide of some items what can be; what was left out and why, the tickets are told.

    Left out is what others have on their screens, and what shows another revision than it had in
    the preview: nobody has looked at that. What is decided is held meanwhile, so that
    nobody is given it and then loses it.

    Raises:
        duckdb.Error: the database or the disk failed; nothing was written.
    """
    items = shown.items
    with console.claims.together(list(items), viewer.name, console.now()) as taken:
        if console.tickets.left_out(str(act), viewer.name) is not None:
            return  # asked twice: a second look would find everything decided, and say so
        found = _lot(console, list(items), set(items) - taken, shown.only, items)
        said = verdicts(found, judgement, reason, note)
        if said:
            deciding.decide(
                console.store,
                console.policy.rules,
                said,
                act=act,
                reviewer=viewer.name,
                now=console.now(),
            )
            console.upcoming.touched({one.item_no for one in said})
        console.tickets.done(str(act), viewer.name, found.left_out)


def _lot(
    console: Console,
    items: Sequence[int],
    held: Container[int],
    only: Mapping[str, str],
    shown: Mapping[int, int] | None = None,
) -> Lot:
    """What of some items can be decided together; not what others hold, nor what looked otherwise.

    ``shown``: item → the revision that was looked at.
    """
    left_out: Counter[str] = Counter()
    flags: list[Row] = []
    seen: dict[int, str | None] = {}
    rows = console.store.rows("review/bulk", items=list(items))
    for row in rows:
        number = row["item_no"]
        if number not in seen:
            kept = sum(why is None for why in seen.values())
            changed = shown is not None and shown[number] != row["revision_no"]
            full = kept >= console.policy.bulk_limit
            seen[number] = _why_not(row, number in held, changed, full)
            why = seen[number]
            if why is not None:
                left_out[why] += 1
        asked = all(row[name] == value for name, value in only.items())
        if asked and seen[number] is None and row["flag_state"] == "waiting":
            flags.append(row)
    if missing := len(set(items)) - len(seen):
        left_out["are gone: their messages were scored anew"] += missing
    return Lot(flags, left_out)


def verdicts(
    found: Lot, judgement: Judgement, reason: str | None, note: str | None
) -> list[Verdict]:
    """One verdict for each flag of the lot."""
    return [
        Verdict(
            item_no=row["item_no"],
            label=row["label"],
            source=row["source"],
            target=row["target"],
            judgement=judgement,
            purpose="bulk",
            reason=reason,
            note=note,
        )
        for row in found.flags
    ]


def _why_not(row: Row, held: bool, changed: bool, full: bool) -> str | None:
    if held:
        return "are with another reviewer"
    if row["state"] == "decided":
        return "are decided"
    if changed:
        return "show another text by now"
    if row["wanted"] > 1:
        return "want two reviewers who do not see each other’s answer"
    if row["state"] != "waiting":
        return "lie with the leads or wait for a second review"
    return "are beyond the most that one act may decide" if full else None
