"""Passwords: what one must be, hashing, checking. Argon2id with the parameters of argon2-cffi."""

from __future__ import annotations

import secrets
import threading

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from ops.console.accounts.database import AccountsError

#: Characters; NIST SP 800-63B asks for length and for nothing else.
SHORTEST = 12
#: Longer ones are refused before they cost anything.
LONGEST = 1_000
#: Hashes computed at once: each takes 64 MB, and a flood of sign-ins must not take them all.
AT_ONCE = 2
#: Letters of a one-time password: none that are mistaken for another when read aloud or copied.
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"


def check_password(name: str, password: str) -> None:
    """Whether this may be the password of the user ``name``.

    Raises:
        AccountsError: it may not; the message says why.
    """
    if len(password) < SHORTEST:
        raise AccountsError(f"a password has at least {SHORTEST} characters; use a longer one")
    if len(password) > LONGEST:
        raise AccountsError(f"a password has at most {LONGEST} characters; use a shorter one")
    if password.strip().casefold() == name.casefold():
        raise AccountsError("the password is the user's name; use another one")


def one_time_password() -> str:
    """A password of 79 bits that can be read aloud, as in ``k7mq-2wxd-9fhp-r4tv``."""
    return "-".join("".join(secrets.choice(LETTERS) for _ in range(4)) for _ in range(4))


class Passwords:
    """Makes and checks hashes. May be used from several threads.

    Without a hash to check, as of a user that there is not, it takes the same time to say no.
    """

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._turns = threading.BoundedSemaphore(AT_ONCE)
        self._nobodys = self._hasher.hash(secrets.token_urlsafe(16))

    def hash(self, password: str) -> str:
        """The hash to keep, with its salt and parameters."""
        with self._turns:
            return self._hasher.hash(password)

    def matches(self, kept: str | None, password: str) -> bool:
        """Whether the password is the one that was hashed."""
        if len(password) > LONGEST:
            return False
        with self._turns:
            try:
                self._hasher.verify(kept or self._nobodys, password)
            except (VerificationError, InvalidHashError):
                return False
        return kept is not None

    def outdated(self, kept: str) -> bool:
        """Whether a hash was made with other parameters than today's."""
        return self._hasher.check_needs_rehash(kept)
