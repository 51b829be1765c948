"""What the templates of review are shown with in their tests: every branch of them, inert words.

``python -m tests.console.browser.front_samples`` serves the pages at http://127.0.0.1:8799.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace as Names
from typing import Any
from urllib.parse import parse_qs, quote, urlencode, urlsplit

from jinja2 import Environment, PackageLoader, StrictUndefined

from ops.console.text.difference import changed
from ops.console.text.showing import shown

STATIC = Path(__file__).parents[3] / "ops" / "console" / "static"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
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


def url(path: str, /, **query: object) -> str:
    """As ops.console.templating writes addresses."""
    given = {name: value for name, value in query.items() if value not in (None, "", [], ())}
    return quote(path) + ("?" + urlencode(given, doseq=True) if given else "")


def environment() -> Environment:
    """The templates as the console sets them up."""
    made = Environment(
        loader=PackageLoader("ops.console"), autoescape=True, undefined=StrictUndefined
    )
    made.globals.update(url=url, static=lambda name: f"/static/{name}")
    return made


def viewer(
    *, may: tuple[str, ...] = ALL, blur: str = "off", muted: bool = False, theme: str = "system",
    text_size: str = "normal",
) -> Names:  # fmt: skip
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
        "key": "hostile:iskp>ttp", "label": "hostile", "label_name": "Directed hostility",
        "source": "iskp", "source_name": "Islamic State Khorasan Province", "target": "ttp",
        "target_name": "Tehreek-e-Taliban Pakistan", "probability": 0.94, "status": "flagged",
        "severity": 1, "severity_name": "Insult", "frames": ["Foreign puppet", "Fraud"],
        "routes": [], "state": "waiting", "open": True, "focus": True, "mine": None, "shown_outcomes": [],
    }  # fmt: skip
    return Names(**(made | other))


DONATION: dict[str, Any] = {
    "key": "solicits_donation", "label": "solicits_donation", "label_name": "Solicitation for fighters",
    "source": None, "source_name": None, "target": None, "target_name": None, "probability": 0.41,
    "status": "review", "severity": None, "severity_name": None, "frames": [], "routes": ["Crypto"],
    "focus": False,
}  # fmt: skip


def definitions() -> list[Names]:
    """Of the label in question."""
    return [
        Names(
            name="Directed hostility",
            definition="The source, in its own voice, insults, dehumanises, excommunicates, delegitimises, "
            "threatens, calls for harm to, or celebrates harm to the target.",
            excludes=("News and analysis", "Quotation or report, which belongs to the one quoted",
                      "Negation", "Sport and other harmless senses of violent words"),
        )
    ]  # fmt: skip


def work(**other: Any) -> Names:
    """An item with two flags, copies and an indicator; ``item`` and ``text`` change those alone."""
    text = other.pop("text", URDU)
    mine = marks(URDU, target="گروہ", cue="ایجنٹ", claim="جھوٹ") if text == URDU else []
    item = {
        "item_no": 4711, "state": "waiting", "wanted": 1, "copies": 12, "channels": 4,
        "priority": 83.2, "since": NOW - timedelta(hours=3), "purpose": "review",
        "claimed_until": NOW + timedelta(minutes=10), "read_only": None, "severe": True, "golden": False,
    } | other.pop("item", {})  # fmt: skip
    message = {
        "channel_key": "tg:1001", "channel_name": "اخبار روز", "channel_username": "sample_channel",
        "message_id": 90210, "content_id": "9f3a77c1", "sent_at": NOW - timedelta(days=1),
        "edited_at": NOW - timedelta(hours=20), "author": None, "signature": None,
        "forwarded_from": None, "views": 1200, "forwards": 14, "media_type": "photo",
        "media_name": "image_1.jpg", "media_bytes": 215_000, "deleted": True, "file": "result.json",
        "position": 812, "model_version": "5f0c21aa", "kind": "message",
    } | other.pop("message", {})  # fmt: skip
    made = {
        "item": Names(**item), "text": shown(text, mine, language="ur"),
        "language": Names(tag="ur", name="Urdu", probability=0.98), "message": Names(**message),
        "flags": [flag(), flag(**DONATION)], "definition": definitions(),
        "indicators": [Names(type="btc", value="1BoatSLRHtKNngkdXEeobR76b53LETtpyT", valid=True, messages=7, channels=3)],
        "choices": choices(), "reason_required": {"escalate"}, "act": "0b51a7a2-0000-4000-8000-000000000001",
        "shown_at": NOW.isoformat(), "back": "language=ur", "last": None, "note": None, "around": False,
        "empty": "",
    }  # fmt: skip
    return Names(**(made | other))


def choices() -> Names:
    """What there is to choose from."""
    return Names(
        labels=[("hostile", "Directed hostility", True), ("solicits_donation", "Solicitation for fighters", False)],
        actors=[("iskp", "Islamic State Khorasan Province"), ("ttp", "Tehreek-e-Taliban Pakistan")],
        severities=[(1, "Insult", "Delegitimises or insults."), (2, "Excommunication", "Excommunicates or dehumanises.")],
        kinds=["target", "cue", "ask", "route", "beneficiary", "claim", "quote"],
        reasons={"reject": ("News or report", "Quotation", "Other"), "escalate": ("Threat to life", "Legal hold", "Other")},
    )  # fmt: skip


def rows(count: int = 5) -> list[Names]:
    """Rows of the queue."""
    texts = [URDU, PASHTO, "They call it a movement, and it is a project of others.", HOSTILE]
    return [
        Names(
            item_no=100 + number, excerpt=shown(texts[number % 4], [], most=160), severe=number == 1,
            flags=["Directed hostility: ISKP → TTP", "Solicitation for fighters"][: 1 + number % 2],
            language=["Urdu", "Pashto", "English", "English"][number % 4], channel_name="اخبار روز",
            copies=1 + 3 * number, severity=[1, 3, 2, None][number % 4], probability=0.9 - number / 20,
            priority=90.0 - 7 * number, since=NOW - timedelta(hours=number), sent_at=NOW - timedelta(days=number) if number else None,
            state=["waiting", "second", "escalated", "decided"][number % 4], claimed_by="Bilal" if number == 2 else None,
        )
        for number in range(count)
    ]  # fmt: skip


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
        "rows": rows(), "total": 1234, "page": 2, "pages": 25,
        "saved": [Names(id=1, name="Urdu, severe", query="language=ur")],
    }  # fmt: skip
    return made | other


def history() -> dict[str, Any]:
    """The context of the history."""
    made = [
        Names(
            act=f"act-{number}", item_no=100 + number, decided_at=NOW - timedelta(minutes=number), reviewer="Amina Rahimi",
            flag="Directed hostility: ISKP → TTP", judgement=["Confirmed", "Rejected"][number % 2], outcome=None,
            reason="quotation" if number % 2 else None, note="<b>see the post before</b>" if number == 1 else None,
            purpose=["review", "second"][number % 2], model_version="5f0c21aa", copies=1 + number, undone=number == 2,
            replaces=None, undoable=number != 2,
        )
        for number in range(4)
    ]  # fmt: skip
    return {
        "rows": made,
        "total": 4,
        "page": 1,
        "pages": 1,
        "reviewers": ["Amina Rahimi", "Bilal"],
        "reviewer": None,
    }


def bulk() -> dict[str, Any]:
    """The context of the preview."""
    return {
        "preview": Names(
            items=212, messages=1630, flags=240, left_out=[("are with another moderator", 3), ("are severe", 12)],
            rows=rows(3), ticket="ticket-1", act="act-9", reasons=choices().reasons,
        )
    }  # fmt: skip


def fragments() -> dict[str, dict[str, Any]]:
    """The context of each fragment."""
    chain = [
        Names(sent_at=NOW - timedelta(minutes=9 - number), message_id=number, text=shown(text, [], language="ps"), here=number == 1, deleted=number == 2)
        for number, text in enumerate([PASHTO, URDU, HOSTILE])
    ]  # fmt: skip
    changes = changed("یہ گروہ اچھا ہے", "یہ گروہ ایجنٹ ہے", language="ur")
    decided = Names(
        decided_at=NOW, reviewer="Bilal", judgement="Rejected", outcome="no hostility", reason="quotation", note="a report",
        purpose="second", model_version="5f0c21aa", undone=True, replaces="Confirmed",
    )  # fmt: skip
    return {
        "around": {"messages": chain},
        "replies": {"messages": []},
        "revisions": {"revisions": [Names(state="edited", sent_at=NOW, edited_at=NOW, loaded_at=NOW, changes=changes)]},
        "copies": {"copies": [
            Names(channel_name="اخبار", message_id=7, sent_at=NOW, deleted=True, exact=True, changes=()),
            Names(channel_name="News", message_id=8, sent_at=None, deleted=False, exact=False, changes=changes),
        ]},
        "channel": {"channel": Names(
            name="اخبار روز", username="sample_channel", actor="ISKP", type="channel", messages=8120, deleted=12, first_sent_at=NOW,
            last_sent_at=NOW, flagged=[("Directed hostility", 120)], decided=[], snapshots=4,
        )},
        "indicators": {"indicators": [Names(value="1BoatSLRHtKNngkdXEeobR76b53LETtpyT", messages=[Names(channel="اخبار", sent_at=NOW, item_no=12)])]},
        "history": {"history": [decided]},
        "text": {"text": shown(URDU * 90, [], at=4000, language="ur"), "item_no": 4711},
    }  # fmt: skip


def render(template: str, looks: Names | None = None, here: str = "/review", **context: Any) -> str:
    """A template as the console would answer it."""
    waiting = Names(count=1234, oldest=timedelta(hours=7), escalated=3, adjudication=2)
    names = {
        "viewer": looks or viewer(),
        "waiting": waiting,
        "policy": Names(severe_from=3),
        "here": here,
    }
    return environment().get_template(template).render(names | context)


Answer = tuple[int, str] | tuple[int, str, dict[str, str]]
Routes = dict[str, Callable[[dict[str, str]], Answer]]


@contextmanager
def served(routes: Routes, port: int = 0) -> Iterator[str]:
    """Answer ``routes`` (path → function of the form) and the static files; gives the address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.answer(self.command)

        do_POST = do_GET

        def answer(self, _: str) -> None:
            path = urlsplit(self.path).path
            length = int(self.headers.get("Content-Length") or 0)
            form = {name: values[-1] for name, values in parse_qs(self.rfile.read(length).decode(), keep_blank_values=True).items()}  # fmt: skip
            form["token"] = self.headers.get("X-CSRF-Token", "")
            file = STATIC / path.removeprefix("/static/")
            if path.startswith("/static/") and file.is_file():
                self.send(200, file.read_bytes(), {"Content-Type": TYPES[file.suffix]})
                return
            status, body, *headers = routes[path](form) if path in routes else (404, "nothing here")
            self.send(status, body.encode(), *headers)

        def send(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
            self.send_response(status)
            for name, value in (
                {"Content-Type": "text/html; charset=utf-8", "Content-Security-Policy": POLICY}
                | (headers or {})
            ).items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def pages(looks: Names | None = None, **changes: Any) -> Routes:
    """Every page of review by its path."""

    def answer(template: str, **context: Any) -> Callable[[dict[str, str]], Answer]:
        return lambda form: (200, render(template, looks, **context))

    routes = {"/review": answer("item.html", work=work(**changes))}
    nothing = Names(
        **(vars(work()) | {"item": None, "empty": "Everything under this filter is decided."})
    )
    routes["/empty"] = answer("item.html", work=nothing)
    routes["/queue"] = answer("queue.html", here="/queue", **queue())
    routes["/history"] = answer("history.html", here="/history", **history())
    routes["/bulk/preview"] = answer("bulk.html", here="/bulk/preview", **bulk())
    for name, context in fragments().items():
        routes[f"/item/4711/{name}"] = answer(f"fragments/{name}.html", **context)
    return routes


if __name__ == "__main__":
    with served(pages(), 8799) as address:
        print(address)  # noqa: T201
        threading.Event().wait()
