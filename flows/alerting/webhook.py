"""Alerts by webhook: a POST of JSON, signed, to one address and no other.

Headers: ``Idempotency-Key`` (the delivery: the same whenever it is sent again), and where the route
has a secret ``X-Channelwatch-Signature: t=SECONDS,v1=HEX``: HMAC-SHA256 with the secret over the
bytes of ``SECONDS.BODY``.
"""

from __future__ import annotations

import hashlib
import hmac
import http.client
import json
import socket
import ssl
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

from flows.alerting import wording
from flows.alerting.routes import Route, RouteError, secret

#: Answers below 500 that may be another one the next time.
_PASSING = frozenset({408, 409, 423, 425, 429})


class NotDelivered(Exception):  # noqa: N818
    """An attempt did not arrive; ``final``: it never will."""

    def __init__(self, why: str, final: bool = False) -> None:
        super().__init__(why)
        self.final = final


def signature(key: str, moment: int, body: bytes) -> str:
    """The value of the header for a body sent at a moment (seconds since 1970).

    >>> signature("k", 1, b"{}")[:12]
    't=1,v1=3dd49'
    """
    mark = hmac.new(key.encode(), f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={moment},v1={mark}"


def verify(key: str, header: str, body: bytes, now: float, tolerance: float = 300) -> bool:
    """Whether a signature is right and not old: what a receiver does.

    >>> verify("k", signature("k", 1, b"{}"), b"{}", now=2), verify("k", "t=1,v1=0", b"{}", now=2)
    (True, False)
    """
    parts = dict(part.partition("=")[::2] for part in header.split(","))
    moment = parts.get("t", "")
    if not moment.isdecimal() or abs(now - int(moment)) > tolerance:
        return False
    return hmac.compare_digest(signature(key, int(moment), body), header)


def body_of(delivery: Mapping[str, Any], route: Route, console: str) -> bytes:
    """What is sent: the same bytes whenever the same delivery is sent."""
    events = [wording.as_json(event, route, console) for event in delivery["events"]]
    told = {"delivery": delivery["delivery_id"], "digest": len(events) > 1, "alerts": events}
    return json.dumps(told, ensure_ascii=False, sort_keys=True).encode()


def send(
    delivery: Mapping[str, Any], route: Route, console: str, clock: Callable[[], float]
) -> str:
    """Send a delivery once; what the receiver answered.

    Raises:
        NotDelivered: it did not arrive, was not taken, or was not answered in time.
        RouteError: the route is not set up.
    """
    body = body_of(delivery, route, console)
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": "channelwatch",
        "Idempotency-Key": str(delivery["delivery_id"]),
    }
    key = secret(route, "secret")
    if key is not None:
        headers["X-Channelwatch-Signature"] = signature(key, int(clock()), body)
    status = _post(str(secret(route, "url")), body, headers, route)
    if 200 <= status < 300:
        return f"HTTP {status}"
    if 300 <= status < 400:
        raise NotDelivered(f"HTTP {status}: it leads elsewhere, which is never followed", True)
    if 400 <= status < 500 and status not in _PASSING:
        raise NotDelivered(f"HTTP {status}: it was refused", True)
    raise NotDelivered(f"HTTP {status}")


def _post(url: str, body: bytes, headers: Mapping[str, str], route: Route) -> int:
    """The status of the answer; its body is not read."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise RouteError(
            f"route {route.name}: its url is no address; give one as https://host/path"
        )
    connection: http.client.HTTPConnection
    if parts.scheme == "https":
        context = ssl.create_default_context(cafile=route.settings.get("ca"))
        connection = http.client.HTTPSConnection(
            parts.hostname, parts.port, timeout=route.timeout, context=context
        )
    else:
        connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=route.timeout)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        connection.connect()
        with deadline(connection.sock, route.timeout):
            connection.request("POST", path, body, dict(headers))
            return connection.getresponse().status
    except TimeoutError as error:
        raise NotDelivered(f"no answer within {route.timeout:g} s") from error
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise NotDelivered(f"{type(error).__name__}: {error}") from error
    finally:
        connection.close()


class deadline:  # noqa: N801 (used as a statement)
    """Cuts a connection after some seconds, whatever trickles in until then."""

    def __init__(self, sock: socket.socket | None, seconds: float) -> None:
        self._timer = threading.Timer(seconds, self._cut)
        self._timer.daemon = True
        self._sock = sock
        self._late = False

    def _cut(self) -> None:
        self._late = True
        if self._sock is not None:
            with suppress(OSError):
                self._sock.shutdown(socket.SHUT_RDWR)

    def __enter__(self) -> None:
        self._timer.start()

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        if self._late:  # what was cut may look like a short answer
            raise TimeoutError


__all__: Sequence[str] = ("NotDelivered", "body_of", "deadline", "send", "signature", "verify")
