"""``--map FIELD=COLUMN``: the columns of a user's file under names of their own."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from difflib import get_close_matches

from ops.errors import CommandError


def mapping(pairs: Sequence[str], fields: Collection[str]) -> dict[str, str]:
    """Field → column.

    Raises:
        CommandError: a pair has no ``=``, or its field is none of ``fields``.

    >>> mapping(["text=body"], ["text"])
    {'text': 'body'}
    """
    found: dict[str, str] = {}
    for pair in pairs:
        field, equals, column = pair.partition("=")
        if not equals or not column:
            raise CommandError(f"--map {pair}: write FIELD=COLUMN, as in --map text=body")
        if field not in fields:
            near = get_close_matches(field, fields, 1)
            hint = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(fields)}"
            raise CommandError(f"--map {pair}: no field {field!r}; {hint}")
        found[field] = column
    return found
