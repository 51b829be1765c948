"""Signing in and out, with a password or by the one-time link."""

from __future__ import annotations

import getpass
import logging
import secrets
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import RedirectResponse, Response

from flows.watching.events import tell
from ops.console.accounts.accounts import ABSOLUTE
from ops.console.security import csrf
from ops.console.security.access import access_of
from ops.console.security.limits import Limits, TooMany, network
from ops.console.security.next import local_path
from ops.console.security.roles import Viewer, allowed, viewer_of
from ops.console.templating import page

router = APIRouter()

#: Seconds that the sign-in page may stay open.
FORM_LIFE = 3600
LONGEST_NAME = 64


@router.get("/sign-in")
def sign_in_page(request: Request, next: str = "/") -> Response:
    """The form; who is signed in already is led on."""
    if viewer_of(request) is not None:
        return RedirectResponse(local_path(next), 303)
    return _form(request, local_path(next))


@router.post("/sign-in")
def sign_in(
    request: Request,
    token: Annotated[str | None, Depends(csrf.sent)],
    name: Annotated[str, Form()] = "",
    password: Annotated[str, Form()] = "",
    next: Annotated[str, Form()] = "/",
) -> Response:
    """Check name and password and start a session."""
    next_page, name = local_path(next), name.strip()[:LONGEST_NAME]
    secret = request.cookies.get(access_of(request).form_cookie)
    if not secret:
        return _form(
            request,
            next_page,
            name=name,
            says="This page was open for too long, or the browser keeps no cookies. Try again.",
            status_code=403,
        )
    csrf.check(request, token, csrf.token_of(secret))
    limits: Limits = request.app.state.limits
    address = network(request.client.host if request.client else "")
    try:
        limits.addresses.attempt(address)
        limits.names.attempt(name.casefold())
    except TooMany:
        tell("sign_in_locked", level=logging.WARNING, address=address)
        raise
    user = request.app.state.console.accounts.users.checked(name, password)
    if user is None:
        # Not the name: it may be a password that slipped into the wrong field.
        tell("sign_in_failed", level=logging.WARNING, address=address)
        return _form(
            request,
            next_page,
            name=name,
            says="Name and password do not go together, or the account is disabled.",
            status_code=403,
        )
    limits.addresses.take_back(address)
    limits.names.forgive(name.casefold())
    return _signed_in(request, user.name, next_page)


@router.get("/enter")
def enter(request: Request, key: str = "") -> Response:
    """Sign the machine's own user in by the link that was printed at the start."""
    limits: Limits = request.app.state.limits
    address = network(request.client.host if request.client else "")
    limits.addresses.attempt(address)
    expected = access_of(request).key
    if expected is None or not expected.use(key):
        return _form(
            request,
            "/",
            says="This link was used already, or is too old. Start the console again for a new "
            "one, or sign in with a password.",
            status_code=403,
        )
    limits.addresses.take_back(address)
    user = request.app.state.console.accounts.users.operator(getpass.getuser())
    return _signed_in(request, user.name, "/")


@router.post("/sign-out")
def sign_out(request: Request, _viewer: Annotated[Viewer, Depends(allowed("read"))]) -> Response:
    """End this session."""
    access = access_of(request)
    request.app.state.console.accounts.sessions.end(request.cookies[access.cookie])
    answer = RedirectResponse("/sign-in", 303)
    access.drop_cookie(answer, access.cookie)
    return answer


def _form(
    request: Request, next_page: str, *, name: str = "", says: str = "", status_code: int = 200
) -> Response:
    """The sign-in page, with a cookie that its token is made from."""
    access = access_of(request)
    secret = request.cookies.get(access.form_cookie) or secrets.token_urlsafe(32)
    answer = page(
        request,
        None,
        "sign_in.html",
        status_code=status_code,
        csrf=csrf.token_of(secret),
        next=next_page,
        name=name,
        says=says,
    )
    access.set_cookie(answer, access.form_cookie, secret, seconds=FORM_LIFE)
    return answer


def _signed_in(request: Request, user: str, next_page: str) -> Response:
    """Start a session: always a new token, whatever the browser came with."""
    access = access_of(request)
    sessions = request.app.state.console.accounts.sessions
    former = request.cookies.get(access.cookie)
    if former:
        sessions.end(former)
    token = sessions.start(user, request.headers.get("user-agent", ""))
    answer = RedirectResponse(next_page, 303)
    access.set_cookie(answer, access.cookie, token, seconds=int(ABSOLUTE.total_seconds()))
    access.drop_cookie(answer, access.form_cookie)
    return answer
