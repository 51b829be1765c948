"""The pages: one module each, with a router; what stands in ``ROUTERS`` is on the console."""

from __future__ import annotations

from fastapi import APIRouter

from ops.console.pages import (
    agreement,
    alerts,
    beside,
    bulk,
    export,
    history,
    indicators,
    overview,
    queue,
    review,
    settings,
    sign_in,
    team,
    users,
)

ROUTERS: tuple[APIRouter, ...] = (
    review.router,
    beside.router,
    queue.router,
    bulk.router,
    history.router,
    indicators.router,
    sign_in.router,
    users.router,
    settings.router,
    overview.router,
    alerts.router,
    team.router,
    agreement.router,
    export.router,
)
