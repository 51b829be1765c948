"""How the console is reached: names, port, https, and what follows for its cookies."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import Request, Response

from ops.console.security.onetime import OneTimeKey

LOOPBACK = frozenset({"localhost", "127.0.0.1", "[::1]"})


@dataclass(frozen=True)
class Access:
    """How the console is reached.

    ``names``: hosts that a request may name; another one is a page elsewhere whose name was made
    to point here (DNS rebinding). ``port``: that it may name; None for any. ``secure``: browsers
    come by https, whether it ends here or at a proxy. ``key``: what the one-time link is checked
    against, if there is one.
    """

    names: frozenset[str] = LOOPBACK
    port: int | None = None
    secure: bool = False
    key: OneTimeKey | None = None

    @property
    def cookie(self) -> str:
        """The name of the session's cookie.

        Cookies do not part ports: two consoles on one machine would sign each other out. Under
        https the prefix keeps other hosts of the domain from setting it.
        """
        name = f"channelwatch_{self.port or 0}"
        return f"__Host-{name}" if self.secure else name

    @property
    def form_cookie(self) -> str:
        """The name of the cookie that the sign-in form is checked against."""
        return f"{self.cookie}_form"

    def names_us(self, host: str) -> bool:
        """Whether a Host header names this console.

        >>> Access(port=8765).names_us("localhost:8765"), Access(port=8765).names_us("a.example")
        (True, False)
        """
        name, port = split_host(host.lower())
        if name not in self.names:
            return False
        if self.port is None:
            return True
        return port == str(self.port) if port else self.port in {80, 443}

    def set_cookie(self, response: Response, name: str, value: str, *, seconds: int) -> None:
        """Give the browser a cookie that no script reads and no other site sends."""
        response.set_cookie(
            name,
            value,
            max_age=seconds,
            path="/",
            secure=self.secure,
            httponly=True,
            samesite="strict",
        )

    def drop_cookie(self, response: Response, name: str) -> None:
        """Take a cookie back."""
        response.delete_cookie(name, path="/", secure=self.secure, httponly=True, samesite="strict")


def split_host(host: str) -> tuple[str, str]:
    """Name and port of a Host header; the port is empty where it has none.

    >>> split_host("[::1]:8765"), split_host("localhost")
    (('[::1]', '8765'), ('localhost', ''))
    """
    name, colon, port = host.rpartition(":")
    return (name, port) if colon and port.isdecimal() else (host, "")


def access_of(request: Request) -> Access:
    """How this console is reached."""
    access: Access = request.app.state.access
    return access
