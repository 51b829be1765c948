"""The table of roles: what each may do. Nothing else decides it."""

from __future__ import annotations

CAPABILITIES: dict[str, frozenset[str]] = {
    "moderator": frozenset({"read", "review"}),
    "lead": frozenset({"read", "review", "adjudicate", "team", "export", "bulk"}),
    "auditor": frozenset({"read", "team", "export"}),
    "admin": frozenset({"read", "review", "adjudicate", "team", "export", "bulk", "administer"}),
}
ROLES = tuple(CAPABILITIES)
KNOWN = frozenset().union(*CAPABILITIES.values())
