"""The fields of a posted form, as a dependency of handlers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from fastapi import Path, Request

#: What the databases count to.
MOST = 2**63 - 1
#: A number in the path of a page; what is none, or counts further, is no page.
Number = Annotated[int, Path(ge=0, le=MOST)]


async def fields(request: Request) -> Mapping[str, str]:
    """Each field by name, the last where a name comes twice; files are left out."""
    return {name: value for name, value in (await request.form()).items() if isinstance(value, str)}


async def chosen(request: Request) -> list[int]:
    """The items that were ticked, by number; what is no number is left out."""
    values = (await request.form()).getlist("item")
    return [int(str(value)) for value in values if _is_number(value)][:10_000]


def _is_number(value: object) -> bool:
    """Whether it is the number that something here may have."""
    return isinstance(value, str) and value.isdecimal() and len(value) < len(str(MOST))
