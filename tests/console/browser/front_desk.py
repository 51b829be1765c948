"""A small server for the pages of review in tests, and a desk that takes decisions.

``python -m tests.console.browser.front_desk`` serves the pages at http://127.0.0.1:8799.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace as Names
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, quote, urlencode, urlsplit

import pytest
from jinja2 import Environment, PackageLoader, StrictUndefined

from ops.console.security.headers import POLICY
from tests.console.browser import front_samples as samples

if TYPE_CHECKING:
    from playwright.sync_api import Page

STATIC = Path(__file__).parents[3] / "ops" / "console" / "static"
TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
READY = "#work[data-ready]"


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


def render(template: str, looks: Names | None = None, here: str = "/review", **context: Any) -> str:
    """A template as the console would answer it."""
    waiting = Names(count=1234, oldest=timedelta(hours=7), escalated=3, adjudication=2)
    names = {
        "viewer": looks or samples.viewer(),
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
            self.answer()

        def do_POST(self) -> None:
            self.answer()

        def answer(self) -> None:
            path = urlsplit(self.path).path
            length = int(self.headers.get("Content-Length") or 0)
            sent = parse_qs(self.rfile.read(length).decode(), keep_blank_values=True)
            form = {name: values[-1] for name, values in sent.items()}
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

    routes = {"/review": answer("item.html", work=samples.work(**changes))}
    nothing = Names(
        **(
            vars(samples.work())
            | {"item": None, "empty": "Everything under this filter is decided."}
        )
    )
    routes["/empty"] = answer("item.html", work=nothing)
    routes["/queue"] = answer("queue.html", here="/queue", **samples.queue())
    routes["/history"] = answer("history.html", here="/history", **samples.history())
    narrowed = samples.history(judgement="confirm", channel="tg:1", **{"from": "2026-03-04T09"})
    routes["/history-narrowed"] = answer("history.html", here="/history", **narrowed)
    routes["/bulk/preview"] = answer("bulk.html", here="/bulk/preview", **samples.bulk())
    for name, context in samples.fragments().items():
        routes[f"/item/4711/{name}"] = answer(f"fragments/{name}.html", **context)
    return routes


class Desk:
    """A server that takes decisions and answers each with the next item."""

    def __init__(self, looks: Names | None = None, **changes: Any) -> None:
        self.looks, self.changes = looks, changes
        self.forms: list[dict[str, str]] = []
        self.answer: Answer | None = None
        self.routes = pages(looks, **changes)
        for name in samples.fragments():
            self.routes[f"/item/4712/{name}"] = self.routes[f"/item/4711/{name}"]
        for path in ("/item/4711/decide", "/item/4712/decide", "/item/4711/release", "/undo"):
            self.routes[path] = self.take

    def take(self, form: dict[str, str]) -> Answer:
        """Keep what was sent; the item after 4711 is 4712, and so is the one after that."""
        self.forms.append(form)
        if self.answer is not None:
            return self.answer
        work = samples.work(
            **self.changes | {"item": self.changes.get("item", {}) | {"item_no": 4712}}
        )
        work.act, work.last = "act-2", ("Confirmed: hostile ISKP → TTP", "act-1")
        return 200, render("work.html", self.looks, work=work)


@pytest.fixture
def opened_page(page: Page) -> Iterator[Any]:
    """Opens a page of a desk; at the end its console must have said nothing."""
    said: list[str] = []
    page.on("console", lambda m: said.append(m.text) if m.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    servers = []

    def open_(desk: Desk, path: str = "/review") -> Page:
        server = served(desk.routes)
        servers.append(server)
        page.goto(server.__enter__() + path)
        return page

    open_.said = said  # type: ignore[attr-defined]
    yield open_
    for server in servers:
        server.__exit__(None, None, None)
    assert said == []


def next_item(page: Page) -> None:
    """Wait until the next item is there and takes keys."""
    page.wait_for_selector(f'{READY}[data-item="4712"]')


def until(page: Page, expression: str) -> None:
    """Wait until an expression holds; the policy forbids playwright's own way, which is eval."""
    for _ in range(100):
        if page.evaluate(expression):
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"never came: {expression}")


if __name__ == "__main__":
    with served(pages(), 8799) as address:
        print(address)  # noqa: T201
        threading.Event().wait()
