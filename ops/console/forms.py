"""The fields of a posted form, as a dependency of handlers."""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import Request


async def fields(request: Request) -> Mapping[str, str]:
    """Each field by name, the last where a name comes twice; files are left out."""
    return {name: value for name, value in (await request.form()).items() if isinstance(value, str)}


async def chosen(request: Request) -> list[int]:
    """The items that were ticked, by number; what is no number is left out."""
    values = (await request.form()).getlist("item")
    return [int(value) for value in values if isinstance(value, str) and value.isdecimal()][:10_000]
