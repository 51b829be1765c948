"""Partitions and results at rest: encrypted wherever a key is named, by the inbox's cipher.

Every process reads the key for itself. What travels to the workers is its fingerprint, by which
one without the key, or with another, refuses.
"""

from __future__ import annotations

from warehouse.encryption import KEY_FILE, KeyProblem, from_environment, is_sealed

#: Ends the names of encrypted files, which are no Parquet until they are opened.
ENDING = ".sealed"


def key_named(clear: bool) -> str | None:
    """The fingerprint of the key to encrypt with; None where there is none, or ``clear``.

    Raises:
        KeyProblem: the key that the environment names cannot be used.
    """
    encryption = None if clear else from_environment()
    return encryption.fingerprint() if encryption else None


def require(key: str | None) -> None:
    """See that this process has the key of a fingerprint.

    Raises:
        KeyProblem: it has none, or another.
    """
    if key is None:
        return
    encryption = from_environment()
    if encryption is None or encryption.fingerprint() != key:
        has = "no key" if encryption is None else "another key"
        raise KeyProblem(
            f"this worker has {has}, and what it writes is to be encrypted: set {KEY_FILE} to the "
            "file of the same key for every worker, where it starts"
        )


def closed(data: bytes, key: str | None) -> bytes:
    """The bytes as they are to be stored: encrypted, where there is a key; raises as require."""
    if key is None:
        return data
    require(key)
    encryption = from_environment()
    assert encryption is not None
    return encryption.seal(data)


def opened(data: bytes, name: str) -> bytes:
    """The bytes of a file called ``name`` as they were before they were encrypted, if they were.

    Raises:
        KeyProblem: there is no key, or another one.
    """
    if not is_sealed(data):
        return data
    encryption = from_environment()
    if encryption is None:
        raise KeyProblem(
            f"{name}: it is encrypted; name the file of its key with {KEY_FILE}, for every worker "
            "too. Without the key nobody can read it: then extract the messages again"
        )
    try:
        return encryption.unseal(data)
    except ValueError as problem:
        raise KeyProblem(
            f"{name}: {problem}; name the file of its key with {KEY_FILE}, or delete it and write "
            "it again"
        ) from problem
