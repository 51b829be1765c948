"""What must hold after moderators have worked, whatever happened meanwhile."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from warehouse.review.settling import DECISIVE
from warehouse.store import Store

Line = dict[str, Any]
Flag = tuple[int, str, str | None, str | None]


def problems(store: Store, lines: Sequence[Line]) -> list[str]:
    """Everything that is not as it must be, in words; ``lines`` are the moderators' logs."""
    return [*lost_or_doubled(store, lines), *held_by_two(lines), *wrong_states(store)]


def lost_or_doubled(store: Store, lines: Sequence[Line]) -> list[str]:
    """Each act that a page confirmed is there once, none that was refused is, and no other."""
    found = []
    kept: Counter[str] = Counter()
    undone: Counter[tuple[str, str]] = Counter()
    for act, reviewer, judgement, count in store.connection.execute(
        "SELECT act_id::VARCHAR, reviewer, judgement, count(*) FROM base.decisions "
        "WHERE copy_of IS NULL GROUP BY ALL"
    ).fetchall():
        if judgement == "undo":
            undone[reviewer, act] += count
        else:
            kept[act] += count
    sent = [line for line in lines if line["route"] == "decide"]
    confirmed = {line["act"] for line in sent if line["saved"]}
    for line in sent:
        times = kept[line["act"]]
        if line["saved"] and times != 1:
            found.append(f"act {line['act']} of {line['user']} was confirmed, is there {times}×")
        if not line["saved"] and times and line["act"] not in confirmed:
            found.append(f"act {line['act']} of {line['user']} was refused, is there {times}×")
    ours = {line["act"] for line in sent}
    users = {line["user"] for line in lines}
    strangers = [
        act
        for (act,) in store.connection.execute(
            "SELECT DISTINCT act_id::VARCHAR FROM base.decisions "
            "WHERE copy_of IS NULL AND judgement <> 'undo' AND list_contains($users, reviewer)",
            {"users": list(users)},
        ).fetchall()
        if act not in ours
    ]
    found += [f"act {act} is there, and nobody sent it" for act in strangers]
    taken_back = Counter(line["user"] for line in lines if line["route"] == "undo" if line["saved"])
    acts = Counter(reviewer for reviewer, _ in undone)
    for user, count in taken_back.items():
        # An undo whose answer was lost is sent again, and may then take back the act before.
        if acts[user] < count:
            found.append(f"{user} took back {count} acts, {acts[user]} are taken back")
    return found


def held_by_two(lines: Sequence[Line]) -> list[str]:
    """Whether two ever had one item: from when a page showed it to when they went on.

    That is when they asked for the first time: the answer may have been lost, and what was decided
    be another's since, for a second review.
    """
    spans: dict[int, list[tuple[float, float, str]]] = defaultdict(list)
    shown: dict[str, tuple[int, float]] = {}
    for line in lines:
        if line["route"] not in ("review", "decide", "undo"):
            continue
        user = line["user"]
        if user in shown:
            item, since = shown.pop(user)
            spans[item].append((since, line["asked"], user))
        if line.get("shows") is not None:
            shown[user] = (line["shows"], line["began"] + line["took"])
    end = max((line["began"] + line["took"] for line in lines), default=0.0)
    for user, (item, since) in shown.items():
        spans[item].append((since, end, user))
    return [
        f"{one[2]} and {other[2]} had item {item} at once"
        for item, held in spans.items()
        for one, other in pairwise(sorted(held))
        if other[0] < one[1] and one[2] != other[2]
    ]


def wrong_states(store: Store, unsure: int = 2) -> list[str]:
    """Whether items are in the states that follow from the decisions that stand."""
    said: dict[Flag, dict[str, tuple[Any, str, str, Any]]] = defaultdict(dict)
    for (
        item,
        label,
        source,
        target,
        reviewer,
        judgement,
        purpose,
        change,
        when,
    ) in store.connection.execute(
        "SELECT m.item_no, d.label, d.source, d.target, d.reviewer, d.judgement, d.purpose, "
        "(d.changed_label, d.changed_source, d.changed_target, d.changed_severity), "
        "(d.decided_at, d.decision_id) "
        # With every message that they hold for: an edit may have taken the one that was shown away.
        "FROM base.held_decisions d JOIN base.channels c USING (channel_key) "
        "JOIN base.item_members m USING (channel_no, message_id, content_id) "
        "WHERE d.purpose <> 'golden'"
    ).fetchall():
        flag = (item, label, source, target)
        former = said[flag].get(reviewer)
        if former is None or former[0] < when:
            said[flag][reviewer] = (when, judgement, purpose, change)
    found = []
    expected: dict[int, set[str]] = defaultdict(set)
    states: dict[int, str] = {}
    for item, wanted, state, label, source, target in store.connection.execute(
        "SELECT i.item_no, i.wanted, i.state, f.label, f.source, f.target "
        "FROM base.items i JOIN base.flags f USING (revision_no)"
    ).fetchall():
        states[item] = state
        opinions = list(said.get((item, label, source, target), {}).values())
        expected[item].add(_state(opinions, wanted, unsure))
    for item, state in states.items():
        order = ("escalated", "waiting", "second", "adjudication", "decided")
        right = next(one for one in order if one in expected[item])
        if right != state:
            found.append(f"item {item} is {state}, its decisions make it {right}")
    return found


def _state(opinions: Sequence[tuple[Any, str, str, Any]], wanted: int, unsure: int) -> str:
    """The state of a flag about which reviewers said this."""
    reviews = [one for one in opinions if one[1] in DECISIVE]
    outcomes = {(one[1], one[3] if one[1] == "change" else None) for one in reviews}
    if any(one[2] == "adjudication" for one in reviews):
        return "decided"
    if any(one[1] == "escalate" for one in opinions):
        return "escalated"
    if len(outcomes) > 1:
        return "adjudication"
    if len(reviews) >= wanted:
        return "decided"
    if sum(one[1] == "unsure" for one in opinions) >= unsure:
        return "escalated"
    return "second" if reviews else "waiting"


def refusals(lines: Sequence[Line]) -> dict[str, int]:
    """What the console said where it did not save, and how often."""
    said = Counter(
        f"{line['status']}: {' '.join(re.sub('<[^>]*>', ' ', line['problem']).split())[:160]}"
        for line in lines
        if line.get("saved") is False
    )
    return dict(said.most_common(10))


def landed(store: Store, before: int) -> tuple[list[str], int]:
    """Whether the counts of all runs add up and nothing waits; and how many messages are new."""
    found = []
    for (run_id,) in store.connection.execute("SELECT run_id FROM base.runs").fetchall():
        found += [
            f"{source.file}: read {source.items_read}, landed {source.landed}"
            for source in store.check_run(run_id).sources
            if not source.adds_up
        ]
    waits = store.connection.execute("SELECT count(*) FROM base.changed").fetchone()
    if waits and waits[0]:
        found.append(f"{waits[0]} revisions are not folded")
    found += [f"{path.name} still lies in the inbox" for path in store.inbox.glob("*.arrow")]
    return found, store.totals()["revisions"] - before
