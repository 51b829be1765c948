"""Who asked the console for what: every request of somebody who is signed in, for the audit log.

What is noted is the name of the page, the numbers in its path, and the filters, never what a
message says: also of a search for words only that there was one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol
from urllib.parse import parse_qsl

from starlette.types import ASGIApp, Message, Receive, Scope, Send

#: Parameters that hold words of messages, or of people.
WORDS = frozenset({"text", "next", "key"})


class Log(Protocol):
    """What notes who did what; :class:`warehouse.audit.Audit` is one."""

    def note(self, who: str, what: str, about: Mapping[str, Any], /) -> None: ...


class Auditing:
    """ASGI middleware: notes requests after they are answered."""

    def __init__(self, app: ASGIApp, audit: Log) -> None:
        self.app = app
        self._audit = audit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        status = 500

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, sending)
        finally:
            self._note(scope, status)

    def _note(self, scope: Scope, status: int) -> None:
        viewer = scope.get("state", {}).get("viewer")
        if viewer is None and scope["method"] == "GET":
            return
        about: dict[str, Any] = {"status": status} | scope.get("path_params", {})
        query = parse_qsl(scope.get("query_string", b"").decode("latin-1"))[:20]
        for name, value in query:
            about[name] = True if name in WORDS else value[:100]
        route = getattr(scope.get("route"), "path", None) or scope["path"][:100]
        who = "(not signed in)" if viewer is None else viewer.name
        self._audit.note(who, f"{scope['method']} {route}", about)
