"""Filters of the queue that a user keeps under a name."""

from __future__ import annotations

from dataclasses import dataclass

from ops.console.accounts.database import AccountsError, Database

LONGEST_NAME, LONGEST_QUERY, MOST = 80, 2_000, 100


@dataclass(frozen=True)
class SavedFilter:
    """A filter: ``query`` is a query string without its question mark."""

    filter_id: int
    name: str
    query: str


class Filters:
    """The table of saved filters."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of(self, user: str) -> list[SavedFilter]:
        """A user's filters, by name."""
        return [SavedFilter(**row) for row in map(dict, self._database.rows("filters", user=user))]

    def save(self, user: str, name: str, query: str) -> None:
        """Keep a filter; one of the same name is replaced.

        Raises:
            AccountsError: the name is empty, one of both is too long, or there are too many.
        """
        name, query = " ".join(name.split()), query.removeprefix("?")
        if not 0 < len(name) <= LONGEST_NAME:
            raise AccountsError(f"the name of a filter has 1 to {LONGEST_NAME} characters")
        if len(query) > LONGEST_QUERY:
            raise AccountsError(f"this filter is too long to keep ({len(query)} characters)")
        with self._database.transaction():
            kept = self.of(user)
            if len(kept) >= MOST and name not in {filter_.name for filter_ in kept}:
                raise AccountsError(f"there are {MOST} saved filters already; delete one first")
            self._database.change("save_filter", user=user, name=name, query=query)

    def delete(self, user: str, filter_id: int) -> bool:
        """Forget one of the user's own filters; whether there was such a one."""
        return self._database.change("delete_filter", user=user, filter_id=filter_id) > 0
