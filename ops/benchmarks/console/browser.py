"""A browser as small as can be: cookies, pages, and the forms that pages carry."""

from __future__ import annotations

import html
import http.client
import re
import time
from dataclasses import dataclass, field
from urllib.parse import urlencode

from ops.benchmarks.console.server import PASSWORD

_FORM = re.compile(r'<form id="decide".*?</form>', re.DOTALL)
_HIDDEN = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)">')
_FLAG = re.compile(r'<input type="radio" name="flag" value="([^"]*)"( checked)?( disabled)?')
_ITEM = re.compile(r'data-item="(\d+)"')
_UNDO = re.compile(r'<form method="post" action="/undo".*?</form>', re.DOTALL)
_TOKEN = re.compile(r'name="csrf" value="([0-9a-f]{64})"')
_SAVED = re.compile(r'data-saved="([^"]*)"')


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: the text is UTF-8, ``began`` and ``took`` in seconds of the steady clock."""

    status: int
    text: str
    headers: dict[str, str]
    began: float
    took: float


@dataclass(frozen=True, slots=True)
class Work:
    """What a page of an item holds: ``form`` are its fields, None where nothing is to decide."""

    item_no: int | None
    form: dict[str, str] | None
    undo: dict[str, str] | None
    saved: str | None = None


@dataclass
class Browser:
    """One signed-in user on one connection."""

    port: int
    cookies: dict[str, str] = field(default_factory=dict)
    connection: http.client.HTTPConnection | None = None

    def get(self, path: str, *, fragment: bool = False) -> Answer:
        """Ask for a page; a ``fragment`` as htmx does."""
        return self._ask("GET", path, None, fragment)

    def post(self, path: str, form: dict[str, str], *, fragment: bool = True) -> Answer:
        """Send a form, as htmx does unless told otherwise."""
        return self._ask("POST", path, urlencode(form), fragment)

    def sign_in(self, name: str) -> None:
        """Sign in with the password that all users of a benchmark have.

        Raises:
            RuntimeError: the console does not let them in.
        """
        token = _TOKEN.search(self.get("/sign-in").text)
        form = {"csrf": token[1] if token else "", "name": name, "password": PASSWORD}
        answer = self.post("/sign-in", form, fragment=False)
        if answer.status != 303:
            raise RuntimeError(f"{name} could not sign in: {answer.status}")

    def _ask(self, method: str, path: str, body: str | None, fragment: bool) -> Answer:
        headers = {"Cookie": "; ".join(f"{n}={v}" for n, v in self.cookies.items())}
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        if fragment:
            headers["HX-Request"] = "true"
        began = time.perf_counter()
        try:
            if self.connection is None:
                self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
            self.connection.request(method, path, body, headers)
            response = self.connection.getresponse()
            text = response.read().decode()
        except (OSError, http.client.HTTPException):
            self.close()
            raise
        took = time.perf_counter() - began
        for value in response.headers.get_all("Set-Cookie") or []:
            name, _, rest = value.partition("=")
            self.cookies[name] = rest.partition(";")[0]
        given = {name.lower(): value for name, value in response.headers.items()}
        return Answer(response.status, text, given, began, took)

    def close(self) -> None:
        """Close the connection; the next request opens another one."""
        if self.connection is not None:
            self.connection.close()
        self.connection = None


def work_of(text: str) -> Work:
    """What a page or a fragment with an item holds."""
    item, form, undo = _ITEM.search(text), _FORM.search(text), _UNDO.search(text)
    saved = _SAVED.search(text)
    fields = None
    if form is not None:
        fields = _hidden(form[0])
        # The chosen flag, or another where that one is closed.
        flags = [flag for flag in _FLAG.findall(form[0]) if not flag[2]]
        if flags:
            fields["flag"] = html.unescape(max(flags, key=lambda flag: bool(flag[1]))[0])
    return Work(
        int(item[1]) if item else None,
        fields,
        _hidden(undo[0]) if undo else None,
        html.unescape(saved[1]) if saved else None,
    )


def _hidden(form: str) -> dict[str, str]:
    return {name: html.unescape(value) for name, value in _HIDDEN.findall(form)}
