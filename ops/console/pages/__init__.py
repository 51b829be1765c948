"""The pages: one module each, with a router; what stands in ``ROUTERS`` is on the console."""

from __future__ import annotations

from fastapi import APIRouter

from ops.console.pages import agreement, export, overview, settings, sign_in, team, users

ROUTERS: tuple[APIRouter, ...] = (
    sign_in.router,
    users.router,
    settings.router,
    overview.router,
    team.router,
    agreement.router,
    export.router,
)
