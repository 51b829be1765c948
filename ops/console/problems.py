"""What is answered when something is wrong: a calm page, or a line where a part was asked for."""

from __future__ import annotations

import errno
import html
import logging
import os
import sqlite3
from http import HTTPStatus
from typing import NamedTuple
from urllib.parse import urlsplit

import duckdb
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, RedirectResponse, Response

from flows.watching.events import tell
from ops.console.security.headers import HEADERS
from ops.console.security.next import local_path
from ops.console.security.roles import PASSWORD_PAGE, MustChange, NoSession
from ops.console.templating import page, url

_SYSTEM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO})
_SQLITE = frozenset(
    {sqlite3.SQLITE_FULL, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN}
)


class Words(NamedTuple):
    """What happened, and what to do."""

    title: str
    advice: str


#: Of a disk that is full or may not be written, where something was sent, and where not.
NOT_SAVED, NOT_SHOWN = 507, 503
DISK = "The disk of this machine is full, or may not be written just now."

WORDS = {
    400: Words("That could not be read", "Go back, load the page again and repeat it."),
    403: Words("This is not open to you", "Go back; a lead or an admin can do it or give access."),
    404: Words("There is no such page", "The address may be mistyped, or what it named is gone."),
    405: Words("This page does not do that", "Go back and use the page's own buttons."),
    409: Words("Something changed meanwhile", "Load the page again to see how it stands."),
    413: Words("That is too large", "Send less at once: a shorter note, fewer items."),
    422: Words("Something in the form is missing or not right", "Go back and look it through."),
    429: Words("Too quick", "Wait a moment, then go on. Nothing was lost."),
    NOT_SAVED: Words(
        "Not saved",
        "Leave this page as it is and tell whoever runs this console; send it again once there is "
        "room. What was confirmed before is kept.",
    ),
    NOT_SHOWN: Words(
        "This cannot be shown now",
        "Tell whoever runs this console, and load the page again once there is room. What was "
        "confirmed is kept.",
    ),
    500: Words(
        "Something went wrong here",
        "It is not your doing, and what was confirmed is kept. Load the page again; if it stays "
        "so, tell whoever runs this console: the cause stands in its log.",
    ),
}


def answer_problems(app: FastAPI) -> None:
    """Have ``app`` answer errors with our own pages."""
    app.add_exception_handler(NoSession, _no_session)
    app.add_exception_handler(MustChange, _must_change)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _invalid)
    for kind in (OSError, sqlite3.Error, duckdb.Error):
        app.add_exception_handler(kind, _disk)
    app.add_exception_handler(Exception, _defect)


def problem(
    request: Request, status: int, says: str = "", headers: dict[str, str] | None = None
) -> Response:
    """The answer for an error: what happened, ``says`` in more detail, what to do."""
    words = WORDS.get(status) or Words(_phrase(status), "Go back and try again.")
    if request.headers.get("HX-Request"):
        answer: HTMLResponse = HTMLResponse(_line(words, says), status)
    else:
        try:
            answer = page(request, None, "error.html", status_code=status, words=words, says=says)
        except Exception:  # noqa: BLE001  a broken template must not hide the error that led here
            answer = HTMLResponse(_line(words, says), status)
    answer.headers.update(headers or {})
    return answer


def _line(words: Words, says: str) -> str:
    title, says, advice = map(html.escape, (words.title, says, words.advice))
    return f"<p><strong>{title}.</strong> {says} {advice}</p>"


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Something is wrong"


def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    says = "" if error.detail == _phrase(error.status_code) else str(error.detail)
    return problem(request, error.status_code, says, dict(error.headers or {}))


def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    # Only names of fields, never what was sent: that may be anything.
    fields = sorted({str(item["loc"][-1]) for item in error.errors() if item.get("loc")})
    if any(item.get("loc", ("",))[0] == "path" for item in error.errors()):
        return problem(request, 404)
    return problem(request, 422, f"It is about: {', '.join(fields)}.")


def _defect(request: Request, _error: Exception) -> Response:
    # The server logs the traceback. This answer is made outside of our middleware.
    return problem(request, 500, headers=HEADERS | {"Cache-Control": "no-store"})


def _disk(request: Request, error: Exception) -> Response:
    """Say that a disk failed; whatever else such an error may be is a defect."""
    if not of_the_disk(error):
        raise error
    tell("disk_failed", level=logging.ERROR, problem=str(error).split("\n", 1)[0])
    saving = request.method not in {"GET", "HEAD"}
    return problem(request, NOT_SAVED if saving else NOT_SHOWN, DISK)


def of_the_disk(error: Exception) -> bool:
    """Whether it says that a disk is full, read-only or broken.

    >>> of_the_disk(OSError(errno.ENOSPC, "No space left on device")), of_the_disk(OSError())
    (True, False)
    """
    if isinstance(error, sqlite3.Error):
        return getattr(error, "sqlite_errorcode", 0) & 0xFF in _SQLITE
    if isinstance(error, OSError):
        return error.errno in _SYSTEM
    # DuckDB gives no number: a failed commit of any cause is a TransactionException.
    said = str(error)
    return isinstance(error, duckdb.IOException) or any(os.strerror(n) in said for n in _SYSTEM)


def _must_change(request: Request, _error: Exception) -> Response:
    if request.headers.get("HX-Request"):
        return Response(headers={"HX-Redirect": PASSWORD_PAGE})
    return RedirectResponse(PASSWORD_PAGE, 303)


def _no_session(request: Request, _error: Exception) -> Response:
    if request.headers.get("HX-Request"):
        # The whole page goes to sign in, and comes back to where it was.
        current = urlsplit(request.headers.get("HX-Current-URL", ""))
        back = local_path(f"{current.path}?{current.query}" if current.query else current.path)
        return Response(headers={"HX-Redirect": url("/sign-in", next=back)})
    back = "/"
    if request.method == "GET":
        query = request.url.query
        back = local_path(f"{request.url.path}?{query}" if query else request.url.path)
    return RedirectResponse(url("/sign-in", next=None if back == "/" else back), 303)
