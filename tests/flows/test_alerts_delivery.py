"""Alerts brought to real servers of this machine: they fail, hang, lead astray, and come back."""

from __future__ import annotations

import json
import smtplib
import socketserver
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import message_from_bytes
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from hypothesis import given
from hypothesis import strategies as st

from flows.alerting import mail, wording
from flows.alerting.delivering import SENDERS, deliver
from flows.alerting.reading import Alerts
from flows.alerting.routes import Route
from flows.alerting.watch import watch
from flows.alerting.webhook import verify
from warehouse.alerting.rule import Rule
from warehouse.batches import run_metadata
from warehouse.inbox import Packed, hand_over
from warehouse.store import open_store

CONSOLE = "http://console.example"
MOMENT = "2026-03-01T12:00:00+00:00"


def event(number: int = 1, **more: Any) -> dict[str, Any]:
    return {
        "event_id": f"00000000-0000-0000-0000-00000000000{number}",
        "alert_id": f"00000000-0000-0000-0000-0000000000a{number}",
        "event": "raised",
        "happened_at": MOMENT,
        "first_seen": MOMENT,
        "rule": "indicator-elsewhere",
        "kind": "indicator_again",
        "severity": "critical",
        "description": "An indicator turned up in another channel.",
        "subject": {
            "type": "btc", "value": "bc1qsecret", "channel": "tg:2", "first_channel": "tg:1",
            "name": "Two\nhttps://evil.example <b>", "first_name": "One",
        },
        "evidence": {"channels": 2, "messages": 3, "known_since": MOMENT},
        "link": "state=all&channel=tg%3A2",
        "count": 3,
        "measure": 2.0,
    } | more  # fmt: skip


def delivery(route: str, number: int = 1, *events: dict[str, Any]) -> dict[str, Any]:
    return {
        "delivery_id": f"00000000-0000-0000-0000-0000000000d{number}",
        "route": route,
        "attempts": 0,
        "events": list(events) or [event(number)],
    }


@dataclass
class Hook:
    """A webhook that answers as it is told, and remembers what came."""

    answers: list[int | str] = field(default_factory=list)
    came: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    url: str = ""
    stop: threading.Event = field(default_factory=threading.Event)

    @property
    def keys(self) -> list[str]:
        return [headers["Idempotency-Key"] for headers, _ in self.came]


@pytest.fixture
def hook() -> Iterator[Callable[..., Hook]]:
    servers: list[tuple[ThreadingHTTPServer, Hook]] = []

    def start(*answers: int | str) -> Hook:
        hook = Hook(list(answers))

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                hook.came.append((dict(self.headers), body))
                answer = hook.answers.pop(0) if len(hook.answers) > 1 else hook.answers[0]
                if answer == "hang":
                    hook.stop.wait(20)
                    return
                if answer == "drip":
                    self.wfile.write(b"HTTP/1.1 200 OK\r\n")
                    with suppress(OSError):
                        while not hook.stop.wait(0.1):
                            self.wfile.write(b"X")
                    return
                self.send_response(int(answer))
                if 300 <= int(answer) < 400:
                    self.send_header("Location", f"{hook.url}/elsewhere")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        hook.url = f"http://127.0.0.1:{server.server_port}/hook"
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        servers.append((server, hook))
        return hook

    yield start
    for server, hook in servers:
        hook.stop.set()
        server.shutdown()
        server.server_close()


def webhook(name: str, hook: Hook, **more: Any) -> Route:
    settings = {"url": hook.url} | more.pop("settings", {})
    return Route(name, "webhook", settings, **({"timeout": 2.0} | more))


def sent(deliveries: Any, routes: Any, **more: Any) -> tuple[Any, list[dict[str, str]]]:
    noted: list[dict[str, str]] = []
    report = deliver(deliveries, routes, CONSOLE, noted.extend, pause=0.01, **more)
    return report, noted


# ---------------------------------------------------------------- webhook


def test_a_webhook_gets_signed_json(
    hook: Callable[..., Hook], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CW_SECRET", "hush")
    there = hook(204)
    route = webhook("team", there, settings={"secret": {"env": "CW_SECRET"}})
    report, noted = sent([delivery("team")], [route])
    assert (report.delivered, noted[0]["detail"]) == (1, "HTTP 204")
    [(headers, body)] = there.came
    assert headers["Idempotency-Key"] == delivery("team")["delivery_id"]
    assert verify("hush", headers["X-Channelwatch-Signature"], body, time.time())
    assert not verify("hush", headers["X-Channelwatch-Signature"], body + b" ", time.time())
    assert not verify("hush", headers["X-Channelwatch-Signature"], body, time.time() + 999)
    [told] = json.loads(body)["alerts"]
    assert told["rows"] == f"{CONSOLE}/queue?state=all&channel=tg%3A2"
    assert told["page"] == f"{CONSOLE}/alerts/{event()['alert_id']}"
    assert told["evidence"]["channels"] == 2
    assert "bc1qsecret" not in body.decode()


def test_only_a_route_with_details_gets_the_whole_subject(hook: Callable[..., Hook]) -> None:
    there = hook(200)
    sent([delivery("team")], [webhook("team", there, details=True)])
    assert json.loads(there.came[0][1])["alerts"][0]["subject"]["value"] == "bc1qsecret"


def test_a_webhook_that_fails_first_gets_the_same_again(hook: Callable[..., Hook]) -> None:
    there = hook(503, 429, 200)
    report, noted = sent([delivery("team")], [webhook("team", there)])
    assert report.delivered == 1
    assert len(noted) == 1
    assert len(set(there.keys)) == 1
    assert len({body for _, body in there.came}) == 1
    assert len(there.came) == 3


def test_a_redirect_is_never_followed(hook: Callable[..., Hook]) -> None:
    there = hook(307)
    report, _ = sent([delivery("team")], [webhook("team", there)])
    assert (report.refused, len(there.came)) == (1, 1)
    assert "never followed" in report.problems[0]


@pytest.mark.parametrize("way", ["hang", "drip"])
def test_a_webhook_that_hangs_holds_nobody_up(hook: Callable[..., Hook], way: str) -> None:
    slow, quick = hook(way), hook(200)
    began = time.monotonic()
    routes = [webhook("slow", slow, timeout=0.5, attempts=1), webhook("quick", quick)]
    pairs = [delivery("slow", 1), delivery("slow", 2), delivery("quick", 3)]
    report, noted = sent(pairs, routes)
    assert time.monotonic() - began < 10
    assert (report.delivered, report.failed) == (1, 1)
    assert noted[0]["outcome"] == "delivered"  # it was not waited for
    assert len(slow.came) == 1  # what comes after waits for the next time
    assert "no answer within 0.5 s" in report.problems[0]


def test_a_sender_that_never_ends_is_left(hook: Callable[..., Hook]) -> None:
    stop = threading.Event()
    senders = {"webhook": lambda *_: str(stop.wait(20))}
    report, noted = sent([delivery("a")], [webhook("a", Hook())], senders=senders, longest=0.3)
    stop.set()
    assert report.failed == 1
    assert "not over within" in noted[0]["detail"]


def test_nobody_listens(hook: Callable[..., Hook]) -> None:
    with socketserver.TCPServer(("127.0.0.1", 0), socketserver.BaseRequestHandler) as closed:
        url = f"http://127.0.0.1:{closed.server_address[1]}/"
    report, _ = sent([delivery("a")], [Route("a", "webhook", {"url": url}, attempts=2)])
    assert report.failed == 1
    assert "refused" in report.problems[0].lower()
    gone = Route("a", "webhook", {"url": {"env": "CW_IS_NOT_SET"}})
    report, _ = sent([delivery("a")], [gone])
    assert "CW_IS_NOT_SET, which is not set" in report.problems[0]


@pytest.mark.parametrize(
    ("status", "outcome"), [(400, "refused"), (408, "failed"), (500, "failed")]
)
def test_what_an_answer_means(hook: Callable[..., Hook], status: int, outcome: str) -> None:
    _, noted = sent([delivery("a")], [webhook("a", hook(status), attempts=1)])
    assert noted[0]["outcome"] == outcome


# ---------------------------------------------------------------- e-mail


class Post:
    """A mail server's handler that keeps what comes, and first refuses as it is told."""

    def __init__(self, refuse: list[str] | None = None) -> None:
        self.refuse, self.came = refuse or [], []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        if self.refuse:
            return self.refuse.pop(0)
        self.came.append((session.auth_data, envelope))
        return "250 taken"


class AnyPort(Controller):
    """Takes a free port; the library itself does not look up which one it was given."""

    def _trigger_server(self) -> None:
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


@pytest.fixture
def post() -> Iterator[Callable[..., tuple[Post, int]]]:
    started: list[Controller] = []

    def start(refuse: list[str] | None = None, **more: Any) -> tuple[Post, int]:
        handler = Post(refuse)
        controller = AnyPort(handler, hostname="127.0.0.1", port=0, **more)
        controller.start()
        started.append(controller)
        return handler, controller.port

    yield start
    for controller in started:
        controller.stop(no_assert=True)


def mailing(port: int, **more: Any) -> Route:
    settings = {
        "host": "127.0.0.1", "port": port, "security": "none",
        "from": "channelwatch@example.org", "to": ["leads@example.org", "night@example.org"],
    } | more  # fmt: skip
    return Route("leads", "email", settings, timeout=3)


def test_an_email_says_numbers_and_addresses(post: Callable[..., tuple[Post, int]]) -> None:
    there, port = post(["451 later"])
    report, noted = sent([delivery("leads")], [mailing(port)])
    assert (report.delivered, noted[0]["detail"]) == (1, "2 of 2 recipients")
    [(_, envelope)] = there.came
    assert envelope.rcpt_tos == ["leads@example.org", "night@example.org"]
    message = message_from_bytes(envelope.content)
    assert message["Message-ID"] == f"<{delivery('leads')['delivery_id']}@channelwatch.invalid>"
    assert message["Subject"] == "[channelwatch] critical: indicator-elsewhere (new)"
    assert message.get_content_type() == "text/plain"


def test_a_password_goes_to_whom_it_is_for(
    post: Callable[..., tuple[Post, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CW_MAIL", "hush")

    def check(_server: Any, _session: Any, _envelope: Any, _way: str, data: Any) -> AuthResult:
        good = data.login == b"bot" and data.password == b"hush"
        return AuthResult(success=good, auth_data="bot", handled=good or False)

    there, port = post(authenticator=check, auth_require_tls=False, auth_required=True)
    secrets = {"user": "bot", "password": {"env": "CW_MAIL"}}
    assert sent([delivery("leads")], [mailing(port, **secrets)])[0].delivered == 1
    assert there.came[0][0] == "bot"
    monkeypatch.setenv("CW_MAIL", "wrong")
    report, noted = sent([delivery("leads", 2)], [mailing(port, **secrets)])
    assert noted[0]["outcome"] == "failed"  # it can be mended
    assert "hush" not in report.problems[0]


def test_without_tls_where_it_should_be_nothing_is_said(
    post: Callable[..., tuple[Post, int]],
) -> None:
    there, port = post()
    report, _ = sent([delivery("leads")], [mailing(port, security="starttls")])
    assert report.failed == 1
    assert there.came == []
    with pytest.raises(smtplib.SMTPNotSupportedError):
        mail._connected(mailing(port, security="starttls"))


def test_mail_that_is_refused_for_good(post: Callable[..., tuple[Post, int]]) -> None:
    _, port = post(["554 no"])
    _, noted = sent([delivery("leads")], [mailing(port)])
    assert noted[0]["outcome"] == "refused"


TEXT = """\
critical: A payment indicator (btc) known from One (tg:1) is shown by Two https:⁄⁄evil․example \
＜b＞ (tg:2); 2 channels have it now.
  Rule      indicator-elsewhere (new): An indicator turned up in another channel.
  Since     2026-03-01 12:00 UTC
  Numbers   channels 2, messages 3
  Rows      http://console.example/queue?state=all&channel=tg%3A2
  Answer    http://console.example/alerts/00000000-0000-0000-0000-0000000000a1

info: iskp and ttp claim what seems to be one attack, from 2026-02-27 on: 4 rare words and \
1 numbers in common.
  Rule      rival-claims (over): Two claims.
  Since     2026-03-01 12:00 UTC
  Numbers   numbers shared 1, words shared 4
  Answer    http://console.example/alerts/00000000-0000-0000-0000-0000000000a2

"""


def test_the_text_of_an_email() -> None:
    rival = event(
        2, kind="rival_claims", rule="rival-claims", severity="info", event="resolved", link=None,
        description="Two claims.", subject={"actors": ["iskp", "ttp"], "day": "2026-02-27"},
        evidence={"words_shared": 4, "numbers_shared": 1, "near_equal": True},
    )  # fmt: skip
    assert wording.plain_text([event(), rival], CONSOLE) == TEXT
    assert wording.title([event(), rival]) == "[channelwatch] critical: 2 alerts"


@given(st.text(max_size=300))
def test_no_name_does_anything(name: str) -> None:
    shown = wording.inert(name)
    assert len(shown) <= wording.MOST_NAME
    assert len(shown.splitlines()) <= 1
    assert not set(shown) & set("<>[]`|@\\\u202e\u202b\u2066\u200b\x00\x1b")
    assert "//" not in shown
    text = wording.plain_text([event(subject={"name": name, "channel": name})], CONSOLE)
    assert len(text.splitlines()) == 7


# ---------------------------------------------------------------- the whole way


RULES = (Rule("failed", "run_failed", "critical", "A run failed.", 7, routes=("a", "b")),)


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    """A warehouse with a run that failed just now."""
    path = tmp_path / "w.duckdb"
    told = run_metadata(run_id="run-1", state="failed", time=datetime.now(UTC))
    with open_store(path) as store:
        hand_over(store.inbox, kind="run", order="1", batches=[Packed("run-1-failed", 0, told)])
        store.load_inbox()
    return path


def test_what_is_down_is_told_later_under_the_same_key_and_blocks_nobody(
    broken: Path, hook: Callable[..., Hook]
) -> None:
    down, up = hook(500), hook(200)
    table = Alerts(RULES, (webhook("a", down, attempts=1), webhook("b", up)), CONSOLE)
    first = watch(broken, table, pause=0.01)
    assert first["events"] == {"raised": 1}
    assert (first["delivery"]["delivered"], first["delivery"]["failed"]) == (1, 1)
    again = watch(broken, table, pause=0.01)
    assert again["delivery"]["failed"] == 0  # not yet due
    with open_store(broken) as store:
        store.connection.execute(
            "UPDATE base.alert_attempts SET tried_at = tried_at - INTERVAL 1 HOUR"
        )
    down.answers = [200]
    last = watch(broken, table, pause=0.01)
    assert last["delivery"]["delivered"] == 1
    assert len(up.came) == 1
    assert len(down.came) == 2
    assert len(set(down.keys)) == 1
    assert down.keys[0] != up.keys[0]
    assert len({body for _, body in down.came}) == 1


def test_killed_before_it_is_noted_it_is_sent_again_under_the_same_key(
    broken: Path, hook: Callable[..., Hook], monkeypatch: pytest.MonkeyPatch
) -> None:
    there = hook(200)
    table = Alerts(RULES, (webhook("a", there),), CONSOLE)
    from flows.alerting import watch as watching

    real = watching.on_warehouse

    def killed(warehouse: Path, duty: str, **more: Any) -> Any:
        if more.get("action") == "attempted":
            raise KeyboardInterrupt
        return real(warehouse, duty, **more)

    with monkeypatch.context() as patched:
        patched.setattr(watching, "on_warehouse", killed)
        with pytest.raises(KeyboardInterrupt):
            watch(broken, table)
    watch(broken, table)
    watch(broken, table)
    assert len(there.keys) == 2
    assert len(set(there.keys)) == 1
    assert there.came[0][1] == there.came[1][1]


def test_without_a_route_no_sender_is_called(broken: Path) -> None:
    def never(*_: Any) -> str:
        raise AssertionError

    table = Alerts(RULES, (), CONSOLE)
    result = watch(broken, table, senders=dict.fromkeys(SENDERS, never))
    assert result["events"] == {"raised": 1}
    assert result["delivery"]["delivered"] == 0
