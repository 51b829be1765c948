"""Who may use the console: users, sessions, preferences and saved filters, in a SQLite file.

The file lies beside the warehouse and is not part of it: a warehouse can be copied, exported or
thrown away without a password in it, and a user can be added while the console owns the warehouse.
"""

from __future__ import annotations

from ops.console.accounts.accounts import Accounts, accounts_of
from ops.console.accounts.database import AccountsError
from ops.console.accounts.filters import SavedFilter
from ops.console.accounts.preferences import Preferences
from ops.console.accounts.sessions import Known, Session
from ops.console.accounts.users import User

__all__ = [
    "Accounts",
    "AccountsError",
    "Known",
    "Preferences",
    "SavedFilter",
    "Session",
    "User",
    "accounts_of",
]
