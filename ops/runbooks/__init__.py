"""Runbooks: one page for each alarm, by its name; what it means, how to see it, what to do.

Findings of ``channelwatch doctor`` and alerts name their page. A test holds that each page is there
and that no page is without a name here.
"""

from __future__ import annotations

from difflib import get_close_matches
from enum import StrEnum
from importlib.resources import files


class Page(StrEnum):
    """The pages: those of the alerts first, then what can be wrong with an installation."""

    BURST = "burst"
    FIRST_SOLICITATION = "first_solicitation"
    INDICATOR_AGAIN = "indicator_again"
    CHANNEL_MOVED = "channel_moved"
    RIVAL_CLAIMS = "rival_claims"
    QUEUE_OLD = "queue_old"
    RUN_FAILED = "run_failed"
    RUN_EMPTY = "run_empty"
    DRIFT = "drift"

    INBOX_GROWING = "inbox_growing"
    OWNER_MISSING = "owner_missing"
    DISK_FULL = "disk_full"
    DISK_READ_ONLY = "disk_read_only"
    DATABASE_LOCKED = "database_locked"
    DATABASE_DAMAGED = "database_damaged"
    REJECTED_FILES = "rejected_files"
    QUARANTINE_GROWING = "quarantine_growing"
    COUNTS_WRONG = "counts_wrong"
    MIGRATION_FAILED = "migration_failed"
    BACKUP_FAILED = "backup_failed"
    KEY_MISSING = "key_missing"
    OUT_OF_MEMORY = "out_of_memory"
    CLOCK_JUMPED = "clock_jumped"
    PREFECT_SERVER_DOWN = "prefect_server_down"
    WORKER_LOST = "worker_lost"

    INSTALLATION = "installation"
    MODEL_DAMAGED = "model_damaged"
    COMPILED_STALE = "compiled_stale"
    SETTINGS_INVALID = "settings_invalid"
    ACCOUNTS_OPEN = "accounts_open"
    PORT_IN_USE = "port_in_use"

    @property
    def path(self) -> str:
        """Where the page lies in the repository.

        >>> Page.DISK_FULL.path
        'ops/runbooks/disk_full.md'
        """
        return f"ops/runbooks/{self.value}.md"


def text(name: str) -> str:
    """The text of a page, Markdown.

    Raises:
        LookupError: there is no such page; the message has the nearest name.
    """
    known = [page.value for page in Page]
    if name not in known:
        near = get_close_matches(name, known, 1)
        hint = f"; did you mean {near[0]!r}?" if near else f"; there are {', '.join(known)}"
        raise LookupError(f"no runbook {name!r}{hint}")
    return (files(__package__) / f"{name}.md").read_text("utf-8")


def index() -> str:
    """The page that lists all of them, Markdown."""
    return (files(__package__) / "README.md").read_text("utf-8")
