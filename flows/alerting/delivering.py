"""Bring deliveries to their receivers: each route in a thread of its own, so that none waits.

At least once: what became of an attempt is noted after it. Killed in between, the same delivery is
sent again under the same id.
"""

from __future__ import annotations

import queue
import random
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from flows.alerting import mail, services, webhook
from flows.alerting.routes import Route, RouteError
from flows.alerting.webhook import NotDelivered

Delivery = Mapping[str, Any]
Attempt = dict[str, str]
#: Sends a delivery once; what the receiver said of it.
Sender = Callable[[Delivery, Route, str], str]

#: Seconds before the second attempt, and how many times longer each further wait is.
PAUSE, GROWS = 1.0, 4.0
#: No run waits longer than so many seconds for its receivers.
LONGEST = 300.0

SENDERS: Mapping[str, Sender] = {
    "webhook": lambda delivery, route, console: webhook.send(delivery, route, console, time.time),
    "email": mail.send,
    "apprise": services.send,
}


@dataclass
class Report:
    """What became of some deliveries: how many arrived, failed for now, or were refused."""

    delivered: int = 0
    failed: int = 0
    refused: int = 0
    problems: list[str] = field(default_factory=list)


def deliver(  # noqa: PLR0913
    deliveries: Iterable[Delivery],
    routes: Sequence[Route],
    console: str,
    note: Callable[[list[Attempt]], object],
    *,
    senders: Mapping[str, Sender] = SENDERS,
    pause: float = PAUSE,
    longest: float = LONGEST,
) -> Report:
    """Send what is due.

    Args:
        note: is told of each attempt as soon as it is over, from this thread.
        senders: by type of route; a route of another type is left for whoever has one.
        pause: seconds before the second attempt.
        longest: seconds after which what is not over counts as failed.
    """
    waiting: dict[str, list[Delivery]] = defaultdict(list)
    for delivery in deliveries:
        waiting[delivery["route"]].append(delivery)
    news: queue.SimpleQueue[tuple[str, Attempt | None]] = queue.SimpleQueue()
    stop = threading.Event()
    running: dict[str, threading.Thread] = {}
    for route in routes:
        if waiting[route.name] and route.type in senders:
            work = _Work(route, waiting[route.name], console, senders[route.type], pause, stop)
            running[route.name] = threading.Thread(target=work.run, args=(news,), daemon=True)
            running[route.name].start()
    report, end = Report(), time.monotonic() + longest
    try:
        while running:
            try:
                name, attempt = news.get(timeout=max(end - time.monotonic(), 0))
            except queue.Empty:
                break
            if attempt is None:
                del running[name]
                continue
            _count(report, name, attempt)
            note([attempt])
    finally:
        stop.set()  # whoever hangs ends with the process, and does not begin another one
    for name in running:
        late = _attempt(waiting[name][0], "failed", f"not over within {longest:g} s")
        _count(report, name, late)
        note([late])
    return report


@dataclass
class _Work:
    """One route's deliveries, in their order."""

    route: Route
    deliveries: Sequence[Delivery]
    console: str
    sender: Sender
    pause: float
    stop: threading.Event

    def run(self, news: queue.SimpleQueue[tuple[str, Attempt | None]]) -> None:
        try:
            for delivery in self.deliveries:
                if self.stop.is_set():
                    return
                attempt = self._try(delivery)
                news.put((self.route.name, attempt))
                if attempt["outcome"] == "failed":
                    return  # it is down: the others would only wait for it
        finally:
            news.put((self.route.name, None))

    def _try(self, delivery: Delivery) -> Attempt:
        """Send a delivery, a few times where the receiver fails."""
        wait, why = self.pause, ""
        for number in range(self.route.attempts):
            if number and self.stop.wait(wait * random.uniform(1, 1.5)):  # noqa: S311 (no secret)
                break
            wait *= GROWS if number else 1
            try:
                said = self.sender(delivery, self.route, self.console)
            except NotDelivered as problem:
                why = str(problem)
                if problem.final:
                    return _attempt(delivery, "refused", why)
            except RouteError as problem:
                return _attempt(delivery, "failed", str(problem))
            except Exception as problem:  # noqa: BLE001 (one receiver must not end the others)
                why = f"{type(problem).__name__}: {problem}"
            else:
                return _attempt(delivery, "delivered", said)
        return _attempt(delivery, "failed", why or "stopped")


def _attempt(delivery: Delivery, outcome: str, detail: str) -> Attempt:
    return {
        "delivery_id": str(delivery["delivery_id"]),
        "tried_at": datetime.now(UTC).isoformat(),
        "outcome": outcome,
        "detail": detail[:300],
    }


def _count(report: Report, route: str, attempt: Attempt) -> None:
    outcome = attempt["outcome"]
    setattr(report, outcome, getattr(report, outcome) + 1)
    if outcome != "delivered":
        report.problems.append(f"route {route}: {outcome}: {attempt['detail']}")
