"""The users, for admins: adding, roles, disabling, new passwords."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import RedirectResponse, Response

from ops.console.accounts import Accounts, AccountsError
from ops.console.accounts.passwords import one_time_password
from ops.console.security.capabilities import CAPABILITIES
from ops.console.security.roles import Viewer, allowed
from ops.console.templating import page

router = APIRouter()
Admin = Annotated[Viewer, Depends(allowed("administer"))]


@router.get("/users")
def users_page(request: Request, viewer: Admin) -> Response:
    """Everybody, with what can be done to each."""
    return _page(request, viewer)


@router.post("/users")
def add(
    request: Request,
    viewer: Admin,
    name: Annotated[str, Form()] = "",
    role: Annotated[str, Form()] = "moderator",
) -> Response:
    """Make a user with a password to be changed; the answer is the only page that shows it."""
    password = one_time_password()
    name = name.strip()
    try:
        user = _accounts(request).users.add(name, role, password, temporary=True)
    except AccountsError as problem:
        return _page(request, viewer, says=str(problem), name=name, role=role)
    return _page(request, viewer, shown=user.name, password=password)


@router.post("/users/{name}/role")
def change_role(
    request: Request, viewer: Admin, name: str, role: Annotated[str, Form()] = ""
) -> Response:
    """Give a user another role."""
    return _done(request, viewer, lambda: _accounts(request).users.set_role(name, role))


@router.post("/users/{name}/disable")
def disable(request: Request, viewer: Admin, name: str) -> Response:
    """Sign a user out and let him in no more."""
    return _done(request, viewer, lambda: _accounts(request).users.disable(name))


@router.post("/users/{name}/enable")
def enable(request: Request, viewer: Admin, name: str) -> Response:
    """Let a user in again."""
    return _done(request, viewer, lambda: _accounts(request).users.enable(name))


@router.post("/users/{name}/password")
def reset_password(request: Request, viewer: Admin, name: str) -> Response:
    """Give a user a password to be changed; the answer is the only page that shows it."""
    users = _accounts(request).users
    password = one_time_password()
    try:
        user = users.get(name)
        if user.name == viewer.name:
            raise AccountsError("your own password is changed under Settings")
        users.set_password(user.name, password, temporary=True)
    except AccountsError as problem:
        return _page(request, viewer, says=str(problem))
    return _page(request, viewer, shown=user.name, password=password)


def _accounts(request: Request) -> Accounts:
    accounts: Accounts = request.app.state.console.accounts
    return accounts


def _done(request: Request, viewer: Viewer, act: Callable[[], None]) -> Response:
    """Do it and show the page anew, or say why not."""
    try:
        act()
    except AccountsError as problem:
        return _page(request, viewer, says=str(problem))
    return RedirectResponse("/users", 303)


def _page(
    request: Request,
    viewer: Viewer,
    *,
    says: str = "",
    name: str = "",
    role: str = "moderator",
    shown: str = "",
    password: str = "",
) -> Response:
    return page(
        request,
        viewer,
        "users.html",
        status_code=422 if says else 200,
        users=_accounts(request).users.all(),
        roles=list(CAPABILITIES),
        says=says,
        name=name,
        role=role,
        shown=shown,
        password=password,
    )
