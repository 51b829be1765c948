"""The console's numbers: each request by its route, and what the warehouse and the process hold.

``/metrics`` answers Prometheus with them. On this machine it asks for nothing; from elsewhere, and
behind a proxy, for a bearer token (``CHANNELWATCH_METRICS_TOKEN_FILE`` or
``CHANNELWATCH_METRICS_TOKEN``), without which there is no such page. Where a token is set, it is
asked for on this machine too.
"""

from __future__ import annotations

import hmac
import os
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from fastapi import HTTPException, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from flows.watching.events import tell
from flows.watching.telemetry import SECONDS, Telemetry, wanted
from ops.console.console import Console, Kept
from ops.console.exposing import exposed
from ops.console.security.access import access_of
from warehouse.alerting.record import open_by_severity
from warehouse.inbox import pending

TOKEN, TOKEN_FILE = "CHANNELWATCH_METRICS_TOKEN", "CHANNELWATCH_METRICS_TOKEN_FILE"
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
#: Seconds that what the warehouse was asked may be old.
FRESH = 5.0
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Watching:
    """The meters of one console, read by ``/metrics`` and exported where a collector is named."""

    def __init__(self, console: Console) -> None:
        from opentelemetry.sdk.metrics.export import InMemoryMetricReader

        self._console = console
        self.reader = InMemoryMetricReader()
        self.telemetry = Telemetry("channelwatch-console", self.reader)
        self._state = Kept(self._look, FRESH)
        meter = self.telemetry.meter
        self._requests = meter.create_histogram(
            "http.server.request.duration",
            unit="s",
            description="Requests, by route, method and status.",
            explicit_bucket_boundaries_advisory=SECONDS[:-3],
        )
        for name, unit, description in GAUGES:
            meter.create_observable_gauge(
                f"channelwatch.{name}", [self._gauge(name)], unit, description
            )

    def _gauge(self, name: str) -> Callable[[Any], Iterable[Any]]:
        from opentelemetry.metrics import Observation

        def observe(_options: Any) -> Iterator[Any]:
            for labels, value in self._state.get().get(name, ()):
                yield Observation(value, labels)

        return observe

    def _look(self) -> dict[str, list[tuple[dict[str, str], float]]]:
        return dict(_looked(self._console))

    def request(self, route: str, method: str, status: int, seconds: float) -> None:
        """Count a request that was answered."""
        labels: dict[str, str | int] = {
            "http.route": route,
            "http.request.method": method if method in METHODS else "other",
            "http.response.status_code": status,
        }
        self._requests.record(seconds, labels)

    @contextmanager
    def traced(self, scope: Scope) -> Iterator[Any]:
        """A span of a request, where there is somebody to export it to."""
        if not wanted():
            yield None
            return
        with self.telemetry.tracer.start_as_current_span("request") as span:
            yield span

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Count what is told meanwhile, and export it where a collector is named."""
        if wanted():
            self.trace_queries()
        self.telemetry.start()
        try:
            yield
        finally:
            self.telemetry.stop()

    def trace_queries(self) -> None:
        """Have every query of the console a span of its own, below its request's."""
        inner, tracer = self._console.store.query, self.telemetry.tracer

        def query(name: str, **values: object) -> Any:
            with tracer.start_as_current_span(f"query {name}"):
                return inner(name, **values)

        setattr(self._console.store, "query", query)  # noqa: B010 (this store's alone)


#: What the warehouse, the queue and the process are asked: name, unit, words.
GAUGES = (
    ("warehouse.messages", "", "Messages by what became of them, by the ledger: of all runs."),
    ("runs", "", "Runs by how they ended."),
    ("last.run.ended", "s", "When a run last ended, seconds since 1970."),
    ("last.run.duration", "s", "How long that run took."),
    ("decisions", "", "Decisions of moderators."),
    ("warehouse.size", "By", "Bytes of the database and its log."),
    ("warehouse.memory", "By", "Bytes that the database holds in memory, its cache among them."),
    ("inbox.files", "", "Files that wait in the inbox."),
    ("inbox.oldest", "s", "How long the oldest has waited."),
    ("inbox.rejected", "", "Files that could not be loaded."),
    ("queue.waiting", "", "Items that wait to be reviewed."),
    ("queue.oldest", "s", "How long the oldest has waited."),
    ("alerts.open", "", "Alerts that nobody acknowledged or silenced, by severity."),
    ("model.info", "", "The model of the latest run; always 1."),
    ("process.memory", "By", "Resident memory of the console."),
    ("process.open.files", "", "Open files of the console."),
)
Samples = list[tuple[dict[str, str], float]]


def _looked(console: Console) -> Iterator[tuple[str, Samples]]:
    """All gauges."""
    found = console.store.rows("watching/totals")[0]
    outcomes = ("read", "scored", "landed", "unchanged", "quarantined")
    yield "warehouse.messages", [({"outcome": each}, found[each]) for each in outcomes]
    states = ("finished", "failed", "open")
    yield "runs", [({"state": each}, found[f"runs_{each}"]) for each in states]
    for name, value in (
        ("last.run.ended", found["last_run_ended"]),
        ("last.run.duration", found["last_run_seconds"]),
        ("decisions", found["decisions"]),
    ):
        if value is not None:
            yield name, [({}, value)]
    if found["model_version"]:
        yield "model.info", [({"version": found["model_version"][:40]}, 1)]
    yield "warehouse.size", [({}, _bytes(console.store.path))]
    yield "warehouse.memory", [({}, console.store.rows("watching/memory")[0]["held"])]
    waiting = console.waiting()
    yield "queue.waiting", [({}, waiting.count)]
    yield "queue.oldest", [({}, waiting.oldest.total_seconds() if waiting.oldest else 0)]
    yield from _inbox(console.store.inbox)
    yield from _process()
    alerts = open_by_severity(console.store, console.now())
    yield "alerts.open", [({"severity": each}, count) for each, count in alerts.items()]


def _inbox(inbox: Path) -> Iterator[tuple[str, Samples]]:
    entries = pending(inbox)[0]
    ages = [0.0]
    for entry in entries:
        try:
            ages.append(time.time() - entry.path.stat().st_mtime)
        except FileNotFoundError:  # just loaded
            continue
    yield "inbox.files", [({}, len(entries))]
    yield "inbox.oldest", [({}, max(ages))]
    rejected = [path for path in (inbox / "rejected").glob("*") if path.suffix != ".txt"]
    yield "inbox.rejected", [({}, len(rejected))]


def _process() -> Iterator[tuple[str, Samples]]:
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        yield "process.memory", [({}, pages * os.sysconf("SC_PAGE_SIZE"))]
        yield "process.open.files", [({}, len(os.listdir("/proc/self/fd")))]  # noqa: PTH208
    except (OSError, ValueError):  # not this kind of system
        return


def _bytes(warehouse: Path) -> int:
    parts = (warehouse, warehouse.with_name(warehouse.name + ".wal"))
    return sum(part.stat().st_size for part in parts if part.is_file())


class Watched:
    """ASGI middleware: measures each request under the template of its route."""

    def __init__(self, app: ASGIApp, watching: Watching) -> None:
        self.app, self._watching = app, watching

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began, status = time.monotonic(), 500

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        with self._watching.traced(scope) as span:
            try:
                await self.app(scope, receive, sending)
            finally:
                route, seconds = template(scope), time.monotonic() - began
                self._watching.request(route, scope["method"], status, seconds)
                if span is not None:
                    span.update_name(f"{scope['method']} {route}")
                    span.set_attribute("http.response.status_code", status)
                if status >= 500:
                    tell("answer_failed", level=40, route=route, status=status, seconds=seconds)


def template(scope: Scope) -> str:
    """The route as the code has it, ``/item/{item_no}``: one label for all items."""
    path = getattr(scope.get("route"), "path", None)
    return str(path) if path else "none"


def metrics(request: Request) -> Response:
    """All numbers, for Prometheus."""
    if not may_read(request):
        raise HTTPException(404)
    watching: Watching = request.app.state.watching
    return Response(exposed(watching.reader), headers={"Content-Type": CONTENT_TYPE})


def may_read(request: Request) -> bool:
    """Whether who asks may read the numbers."""
    token = token_of(os.environ)
    if token:
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        return scheme.lower() == "bearer" and hmac.compare_digest(given.strip().encode(), token)
    if access_of(request).port is None:  # a proxy asks for whomever
        return False
    try:
        return request.client is not None and ip_address(request.client.host).is_loopback
    except ValueError:
        return False


def token_of(environ: Any) -> bytes | None:
    """The token that is asked for; a file that cannot be read lets nobody in."""
    if path := environ.get(TOKEN_FILE):
        try:
            return Path(path).read_bytes().strip() or os.urandom(32)
        except OSError:
            return os.urandom(32)
    told: str = environ.get(TOKEN, "").strip()
    return told.encode() or None
