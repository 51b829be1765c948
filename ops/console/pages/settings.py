"""One's own settings: how the console looks, one's password, where one is signed in."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, cast

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import RedirectResponse, Response

from ops.console.accounts import Accounts, AccountsError, Preferences
from ops.console.accounts.preferences import BLURS, TEXT_SIZES, THEMES, Blur, TextSize, Theme
from ops.console.security.limits import Limits
from ops.console.security.roles import Viewer, allowed
from ops.console.templating import page

router = APIRouter()
Anyone = Annotated[Viewer, Depends(allowed("read"))]
Field = Annotated[str, Form()]


@router.get("/settings")
def settings_page(request: Request, viewer: Anyone, saved: str = "") -> Response:
    """All of it."""
    return _page(request, viewer, saved=saved)


@router.post("/settings")
def save(
    request: Request,
    viewer: Anyone,
    blur: Field = "",
    muted: Field = "",
    theme: Field = "",
    text_size: Field = "",
    severe_in_a_row: Field = "",
    break_after_minutes: Field = "",
) -> Response:
    """Keep the preferences; an empty field is the organisation's default."""
    try:
        preferences = Preferences(
            blur=cast(Blur, blur) or None,
            muted={"yes": True, "no": False}.get(muted),
            theme=cast(Theme, theme) or None,
            text_size=cast(TextSize, text_size) or None,
            severe_in_a_row=_number("severe items in a row", severe_in_a_row),
            break_after_minutes=_number("minutes", break_after_minutes),
        )
        _accounts(request).preferences.save(viewer.name, preferences)
    except AccountsError as problem:
        return _page(request, viewer, says=str(problem))
    return RedirectResponse("/settings?saved=preferences", 303)


@router.get("/settings/password")
def password_page(request: Request, viewer: Anyone) -> Response:
    """The password alone: where a temporary one leads."""
    return page(request, viewer, "password.html", says="", asks=_has_password(request, viewer))


@router.post("/settings/password")
def change_password(
    request: Request,
    viewer: Anyone,
    former: Field = "",
    password: Field = "",
    again: Field = "",
) -> Response:
    """Change one's own password; the other sessions end."""
    users = _accounts(request).users
    asks = _has_password(request, viewer)
    try:
        if asks:
            # Who sits down at an open session may not try passwords quicker than at the door.
            limits: Limits = request.app.state.limits
            limits.names.attempt(viewer.name.casefold())
            if users.checked(viewer.name, former) is None:
                raise AccountsError("the present password is another one; nothing was changed")
            limits.names.forgive(viewer.name.casefold())
            if password == former:
                raise AccountsError("the new password is the present one; choose another")
        if password != again:
            raise AccountsError("the two new passwords differ; nothing was changed")
        users.set_password(viewer.name, password, keep_session=viewer.session_no)
    except AccountsError as problem:
        return page(request, viewer, "password.html", status_code=422, says=str(problem), asks=asks)
    return RedirectResponse("/settings?saved=password", 303)


@router.post("/settings/sessions/end")
def end_others(request: Request, viewer: Anyone) -> Response:
    """Sign out everywhere but here."""
    _accounts(request).sessions.end_all(viewer.name, keep=viewer.session_no)
    return RedirectResponse("/settings?saved=sessions", 303)


@router.post("/settings/sessions/{session_no}/end")
def end_session(request: Request, viewer: Anyone, session_no: int) -> Response:
    """Sign out in one other place."""
    _accounts(request).sessions.end_one(viewer.name, session_no)
    return RedirectResponse("/settings?saved=sessions", 303)


SAVED = {
    "preferences": "Your settings are kept.",
    "password": "Your password is changed; you are signed out everywhere else.",
    "sessions": "Signed out there.",
}


def _accounts(request: Request) -> Accounts:
    accounts: Accounts = request.app.state.console.accounts
    return accounts


def _has_password(request: Request, viewer: Viewer) -> bool:
    return _accounts(request).users.get(viewer.name).has_password


def _number(what: str, text: str) -> int | None:
    """A number from a form; None where it is empty."""
    text = text.strip()
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 6):
        raise AccountsError(f"{what}: a whole number is needed, or nothing for the default")
    return int(text)


def _page(request: Request, viewer: Viewer, *, says: str = "", saved: str = "") -> Response:
    accounts = _accounts(request)
    own = asdict(accounts.preferences.of(viewer.name))
    return page(
        request,
        viewer,
        "settings.html",
        status_code=422 if says else 200,
        own=own | {"muted": {True: "yes", False: "no", None: None}[own["muted"]]},
        defaults=request.app.state.defaults,
        blurs=BLURS,
        themes=THEMES,
        text_sizes=TEXT_SIZES,
        sessions=accounts.sessions.of(viewer.name),
        says=says,
        saved=SAVED.get(saved, ""),
    )
