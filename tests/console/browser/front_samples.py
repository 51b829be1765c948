"""What the templates of review are shown with in their tests: every branch of them, inert words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace as Names
from typing import Any

from ops.console.text.difference import changed
from ops.console.text.evidence import passages
from ops.console.text.showing import shown

NOW = datetime(2026, 3, 4, 9, 30, tzinfo=UTC)
ALL = ("read", "review", "adjudicate", "team", "export", "bulk", "administer")

URDU = (
    "ان کا دعویٰ ہے کہ وہ قوم کے خیر خواہ ہیں۔\n"
    "یہ گروہ غیروں کا ایجنٹ ہے، اس کی بات جھوٹ ہے۔\n"
    "Channel note: part 2 follows tomorrow 👍🏽 inshallah."
)
PASHTO = "دا ډله د پردیو ګوډاګۍ ده او خپل ولس ته دروغ وايي."
HOSTILE = (
    "<script>alert(1)</script> \u202egnorw\u202c <img src=x onerror=alert(2)> javascript:alert(3)"
)


def marks(text: str, **words: str) -> list[dict[str, Any]]:
    """A mark for each word of ``words``, by what it shows."""
    found = []
    for shows, word in words.items():
        start = text.index(word)
        found.append({"start": start, "end": start + len(word), "shows": shows})
    return found


def viewer(
    *,
    may: tuple[str, ...] = ALL,
    blur: str = "off",
    muted: bool = False,
    theme: str = "system",
    text_size: str = "normal",
) -> Names:
    """Who looks."""
    return Names(
        name="Amina Rahimi",
        role="lead",
        csrf="token-1",
        preferences=Names(blur=blur, muted=muted, theme=theme, text_size=text_size),
        may=lambda capability: capability in may,
    )


def flag(**other: Any) -> Names:
    """A flag, directed unless told otherwise."""
    made = {
        "key": "hostile:iskp>ttp",
        "label": "hostile",
        "label_name": "Directed hostility",
        "source": "iskp",
        "source_name": "Islamic State Khorasan Province",
        "target": "ttp",
        "target_name": "Tehreek-e-Taliban Pakistan",
        "probability": 0.94,
        "status": "flagged",
        "severity": 1,
        "severity_name": "Insult",
        "frames": ["Foreign puppet", "Fraud"],
        "routes": [],
        "state": "waiting",
        "open": True,
        "focus": True,
        "mine": None,
        "shown_outcomes": [],
    }
    return Names(**(made | other))


DONATION: dict[str, Any] = {
    "key": "solicits_donation",
    "label": "solicits_donation",
    "label_name": "Solicitation for fighters",
    "source": None,
    "source_name": None,
    "target": None,
    "target_name": None,
    "probability": 0.41,
    "status": "review",
    "severity": None,
    "severity_name": None,
    "frames": [],
    "routes": ["Crypto"],
    "focus": False,
}


def definitions() -> list[Names]:
    """Of the label in question."""
    return [
        Names(
            name="Directed hostility",
            definition="The source, in its own voice, insults, dehumanises, excommunicates, "
            "delegitimises, threatens, calls for harm to, or celebrates harm to the target.",
            excludes=(
                "News and analysis",
                "Quotation or report, which belongs to the one quoted",
                "Negation",
                "Sport and other harmless senses of violent words",
            ),
        )
    ]


def work(**other: Any) -> Names:
    """An item with two flags, copies and an indicator; ``item`` and ``text`` change those alone."""
    text = other.pop("text", URDU)
    mine = marks(text, target="گروہ", cue="ایجنٹ", claim="جھوٹ") if URDU in text else []
    item = {
        "item_no": 4711,
        "state": "waiting",
        "wanted": 1,
        "copies": 12,
        "channels": 4,
        "priority": 83.2,
        "since": NOW - timedelta(hours=3),
        "purpose": "review",
        "claimed_until": NOW + timedelta(minutes=10),
        "read_only": None,
        "again": False,
        "severe": True,
        "golden": False,
    } | other.pop("item", {})
    message = {
        "channel_key": "tg:1001",
        "channel_name": "اخبار روز",
        "channel_username": "sample_channel",
        "message_id": 90210,
        "content_id": "9f3a77c1",
        "sent_at": NOW - timedelta(days=1),
        "edited_at": NOW - timedelta(hours=20),
        "author": None,
        "signature": None,
        "forwarded_from": None,
        "views": 1200,
        "forwards": 14,
        "media_type": "photo",
        "media_name": "image_1.jpg",
        "media_bytes": 215_000,
        "deleted": True,
        "file": "result.json",
        "position": 812,
        "model_version": "5f0c21aa",
        "kind": "message",
    } | other.pop("message", {})
    made = {
        "item": Names(**item),
        "text": shown(text, mine, language="ur"),
        "passages": passages(text, mine, language="ur"),
        "language": Names(tag="ur", name="Urdu", probability=0.98),
        "message": Names(**message),
        "flags": [flag(), flag(**DONATION)],
        "definition": definitions(),
        "indicators": [
            Names(
                type="btc",
                value="1BoatSLRHtKNngkdXEeobR76b53LETtpyT",
                valid=True,
                messages=7,
                channels=3,
            )
        ],
        "choices": choices(),
        "reason_required": {"escalate"},
        "act": "0b51a7a2-0000-4000-8000-000000000001",
        "undo": "0b51a7a2-0000-4000-8000-000000000002",
        "shown_at": NOW.isoformat(),
        "back": "language=ur",
        "last": None,
        "note": None,
        "around": False,
        "empty": "",
    }
    return Names(**(made | other))


def choices() -> Names:
    """What there is to choose from."""
    return Names(
        labels=[
            ("hostile", "Directed hostility", True),
            ("solicits_donation", "Solicitation for fighters", False),
        ],
        actors=[("iskp", "Islamic State Khorasan Province"), ("ttp", "Tehreek-e-Taliban Pakistan")],
        severities=[
            (1, "Insult", "Delegitimises or insults."),
            (2, "Excommunication", "Excommunicates or dehumanises."),
        ],
        kinds=["target", "cue", "ask", "route", "beneficiary", "claim", "quote"],
        reasons={
            "reject": ("News or report", "Quotation", "Other"),
            "escalate": ("Threat to life", "Legal hold", "Other"),
        },
    )


def rows(count: int = 5) -> list[Names]:
    """Rows of the queue."""
    texts = [URDU, PASHTO, "They call it a movement, and it is a project of others.", HOSTILE]
    return [
        Names(
            item_no=100 + number,
            excerpt=shown(texts[number % 4], [], most=160),
            severe=number == 1,
            flags=["Directed hostility: ISKP → TTP", "Solicitation for fighters"][: 1 + number % 2],
            language=["Urdu", "Pashto", "English", "English"][number % 4],
            channel_name="اخبار روز",
            copies=1 + 3 * number,
            severity=[1, 3, 2, None][number % 4],
            probability=0.9 - number / 20,
            priority=90.0 - 7 * number,
            since=NOW - timedelta(hours=number),
            sent_at=NOW - timedelta(days=number) if number else None,
            state=["waiting", "second", "escalated", "decided"][number % 4],
            claimed_by="Bilal" if number == 2 else None,
        )
        for number in range(count)
    ]


def queue(**other: Any) -> dict[str, Any]:
    """The context of the queue."""
    names = (
        "label",
        "language",
        "source",
        "target",
        "channel",
        "frame",
        "route",
        "state",
        "from",
        "to",
        "text",
    )
    made = {
        "filters": dict.fromkeys(names) | {"language": "ur"},
        "options": {name: [("ur", "Urdu", 120), ("ps", "Pashto", 1400)] for name in names[:8]},
        "rows": rows(),
        "total": 1234,
        "page": 2,
        "pages": 25,
        "saved": [Names(id=1, name="Urdu, severe", query="language=ur")],
    }
    return made | other


def history(**query: str) -> dict[str, Any]:
    """The context of the history, under a filter; of one act where none is given."""
    made = [
        Names(
            act=f"act-{number}",
            item_no=100 + number,
            decided_at=NOW - timedelta(minutes=number),
            reviewer="Amina Rahimi",
            flag="Directed hostility: ISKP → TTP",
            judgement=["Confirmed", "Rejected"][number % 2],
            outcome=None,
            reason="quotation" if number % 2 else None,
            note="<b>see the post before</b>" if number == 1 else None,
            purpose=["review", "second"][number % 2],
            model_version="5f0c21aa",
            copies=1 + number,
            undone=number == 2,
            replaces=None,
            undoable=number != 2,
        )
        for number in range(4)
    ]
    return {
        "left_out": {"are gone: their messages were scored anew": 2},
        "rows": made,
        "total": 4,
        "page": 1,
        "pages": 1,
        "reviewers": ["Amina Rahimi", "Bilal"],
        "reviewer": None,
        "judgements": {"confirm": "Confirmed", "reject": "Rejected"},
        "labels": [("hostile", "Directed hostility")],
        "query": query or {"act": "act-0"},
    }


def bulk() -> dict[str, Any]:
    """The context of the preview."""
    return {
        "preview": Names(
            items=212,
            messages=1630,
            flags=240,
            left_out=[("are with another moderator", 3), ("are severe", 12)],
            rows=rows(3),
            ticket="ticket-1",
            only=[("label", "Directed hostility"), ("target", "<b>x</b>")],
            act="act-9",
            reasons=choices().reasons,
        )
    }


def fragments() -> dict[str, dict[str, Any]]:
    """The context of each fragment."""
    chain = [
        Names(
            sent_at=NOW - timedelta(minutes=9 - number),
            message_id=number,
            text=shown(text, [], language="ps"),
            here=number == 1,
            severe=number == 2,
            deleted=number == 2,
        )
        for number, text in enumerate([PASHTO, URDU, HOSTILE])
    ]
    changes = changed("یہ گروہ اچھا ہے", "یہ گروہ ایجنٹ ہے", language="ur")
    decided = Names(
        decided_at=NOW,
        reviewer="Bilal",
        judgement="Rejected",
        outcome="no hostility",
        reason="quotation",
        note="a report",
        purpose="second",
        model_version="5f0c21aa",
        undone=True,
        replaces="Confirmed",
    )
    return {
        "around": {"messages": chain},
        "replies": {"messages": []},
        "revisions": {
            "revisions": [
                Names(state="edited", sent_at=NOW, edited_at=NOW, loaded_at=NOW, changes=changes)
            ]
        },
        "copies": {
            "copies": [
                Names(
                    channel_name="اخبار",
                    message_id=7,
                    sent_at=NOW,
                    deleted=True,
                    exact=True,
                    changes=(),
                    superseded=False,
                    same_item=True,
                    item_no=4711,
                ),
                Names(
                    channel_name="News",
                    message_id=8,
                    sent_at=None,
                    deleted=False,
                    exact=False,
                    changes=changes,
                    superseded=True,
                    same_item=False,
                    item_no=12,
                ),
            ]
        },
        "channel": {
            "channel": Names(
                name="اخبار روز",
                username="sample_channel",
                actor="ISKP",
                type="channel",
                messages=8120,
                deleted=12,
                first_sent_at=NOW,
                last_sent_at=NOW,
                flagged=[("Directed hostility", 120)],
                decided=[],
                snapshots=4,
            )
        },
        "indicators": {
            "indicators": [
                Names(
                    value="1BoatSLRHtKNngkdXEeobR76b53LETtpyT",
                    messages=[Names(channel="اخبار", sent_at=NOW, item_no=12)],
                    more=True,
                )
            ]
        },
        "history": {"history": [decided]},
        "text": {"text": shown(URDU * 90, [], at=4000, language="ur"), "item_no": 4711},
    }
