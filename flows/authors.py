"""Whether a run names authors by a key, and whether it is the warehouse's."""

from __future__ import annotations

from flows.settings import Settings
from warehouse.inbox import inbox_of
from warehouse.pseudonyms import KEY_FILE, author_key, fingerprint
from warehouse.store import Store

#: Lies in the inbox of a warehouse whose authors are named by a key: what runs go by that may not
#: open the warehouse. The warehouse itself refuses what does not fit.
MARK = "authors"


class AuthorsError(ValueError):
    """Authors would be named by two keys, or by one and by none; the message says what to do."""

    exit_code = 2


def key_for(settings: Settings, store: Store | None) -> bytes | None:
    """The key of a run; None: authors stand as the exports have them.

    Raises:
        AuthorsError: the warehouse names them by another key, or by none.
        KeyProblem: the key cannot be used.
    """
    key = author_key(settings.author_key)
    if key is not None and settings.chats == "all":
        raise AuthorsError(
            "private chats name people in every column; with a key of authors leave --chats all out"
        )
    mine = fingerprint(key) if key else None
    mark = inbox_of(settings.warehouse.absolute()) / MARK
    if store is not None:
        (known,) = store.rows("author_key")
        theirs, used = known["fingerprint"], known["used"]
    else:
        theirs = mark.read_text("utf-8").strip() if mark.exists() else None
        used = False  # its owner knows, and refuses what does not fit
    if theirs != mine:
        _refuse(settings, mine, theirs, used)
    if mine is not None and not mark.exists():
        mark.parent.mkdir(parents=True, exist_ok=True)
        mark.write_text(mine + "\n", "utf-8")
    return key


def _refuse(settings: Settings, mine: str | None, theirs: str | None, used: bool) -> None:
    """Say why the two do not fit; a new warehouse takes any key."""
    if mine is None:
        raise AuthorsError(
            f"{settings.warehouse} names authors by a key: give it with --author-key or {KEY_FILE}"
        )
    if theirs is not None:
        raise AuthorsError(
            f"{settings.warehouse} names authors by another key (its fingerprint is {theirs}, this "
            f"one's {mine}): give that one, or another --warehouse"
        )
    if used:
        raise AuthorsError(
            f"the authors in {settings.warehouse} stand as they are, and a key would name only "
            "those to come: begin a new warehouse with the key"
        )
