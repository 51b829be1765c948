"""What is turned away before anything is read: a wrong host, a body that is too large."""

from __future__ import annotations

from fastapi import HTTPException
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ops.console.security.access import Access

#: Bytes of a request's body.
LARGEST_BODY = 1_000_000


class Gate:
    """ASGI middleware: 421 for a host that is not ours, 413 for more than ``LARGEST_BODY``."""

    def __init__(self, app: ASGIApp, access: Access) -> None:
        self.app = app
        self._access = access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        host = headers.get(b"host", b"").decode("latin-1")
        if not self._access.names_us(host):
            await PlainTextResponse(
                "This console does not go by that name. Use the address that it printed at its "
                "start; other names are allowed with --host-name.\n",
                421,
            )(scope, receive, send)
            return
        declared = headers.get(b"content-length", b"0")
        announced = int(declared) if declared.isdigit() else 0
        taken = 0

        async def receiving() -> Message:
            # Raised where the body is read, inside the application: it answers as other errors.
            nonlocal taken
            if announced > LARGEST_BODY:
                raise too_large()
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > LARGEST_BODY:
                raise too_large()
            return message

        await self.app(scope, receiving, send)


def too_large() -> HTTPException:
    """What is said of a body that is too large."""
    return HTTPException(413, f"At most {LARGEST_BODY // 1000} kB can be sent at once.")
