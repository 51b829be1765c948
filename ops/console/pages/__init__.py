"""The pages: one module each, with a router; what stands in ``ROUTERS`` is on the console."""

from __future__ import annotations

from fastapi import APIRouter

from ops.console.pages import settings, sign_in, users

ROUTERS: tuple[APIRouter, ...] = (
    sign_in.router,
    users.router,
    settings.router,
)
