"""What each user prefers, over the organisation's defaults."""

from __future__ import annotations

import sqlite3
from dataclasses import asdict, dataclass, fields, replace
from typing import Literal, get_args

from ops.console.accounts.database import AccountsError, Database

Blur = Literal["off", "severe", "all"]
Theme = Literal["system", "light", "dark"]
TextSize = Literal["normal", "large", "larger"]

BLURS: tuple[str, ...] = get_args(Blur)
THEMES: tuple[str, ...] = get_args(Theme)
TEXT_SIZES: tuple[str, ...] = get_args(TextSize)
#: Bounds of the two numbers: items, and minutes. 0 turns either off.
MOST_IN_A_ROW, MOST_MINUTES = 1_000, 480


@dataclass(frozen=True)
class Preferences:
    """How a user wants the console; None is the organisation's default.

    ``severe_in_a_row``: severe items before a calmer one comes between; ``break_after_minutes``:
    work before a break is proposed. 0 turns either off.
    """

    blur: Blur | None = None
    muted: bool | None = None
    theme: Theme | None = None
    text_size: TextSize | None = None
    severe_in_a_row: int | None = None
    break_after_minutes: int | None = None

    def over(self, defaults: Preferences) -> Preferences:
        """These, and of ``defaults`` what is None in these."""
        unset = {
            field.name: getattr(defaults, field.name)
            for field in fields(self)
            if getattr(self, field.name) is None
        }
        return replace(self, **unset)


#: Where the organisation says nothing.
DEFAULTS = Preferences(
    blur="severe",
    muted=True,
    theme="system",
    text_size="normal",
    severe_in_a_row=5,
    break_after_minutes=50,
)


class AllPreferences:
    """The table of preferences."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of(self, user: str) -> Preferences:
        """What a user set; what he did not is None."""
        row = self._database.row("preferences", user=user)
        return Preferences() if row is None else preferences_from(row)

    def save(self, user: str, preferences: Preferences) -> None:
        """Keep what a user set.

        Raises:
            AccountsError: a value that there is not.
        """
        check_preferences(preferences)
        self._database.change("save_preferences", user=user, **asdict(preferences))


def check_preferences(preferences: Preferences) -> None:
    """Whether each value is one that there is.

    Raises:
        AccountsError: one is not; the message names it.
    """
    for name, known in (("blur", BLURS), ("theme", THEMES), ("text_size", TEXT_SIZES)):
        value = getattr(preferences, name)
        if value is not None and value not in known:
            raise AccountsError(f"{name} is {value!r}; choose one of {', '.join(known)}")
    for name, most in (("severe_in_a_row", MOST_IN_A_ROW), ("break_after_minutes", MOST_MINUTES)):
        value = getattr(preferences, name)
        if value is not None and not 0 <= value <= most:
            raise AccountsError(f"{name} is {value}; choose 0 to {most}")


def preferences_from(row: sqlite3.Row) -> Preferences:
    """The preferences among the columns of a row."""
    return Preferences(
        blur=row["blur"],
        muted=None if row["muted"] is None else bool(row["muted"]),
        theme=row["theme"],
        text_size=row["text_size"],
        severe_in_a_row=row["severe_in_a_row"],
        break_after_minutes=row["break_after_minutes"],
    )
